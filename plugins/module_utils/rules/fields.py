# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The table of filter fields: what auditctl(8) calls -F and -C.

Numbers are those of linux/audit.h. Operators are those that the kernel accepts for the field, lists are those on which
the kernel really evaluates it: on the lists user and exclude any other field ends the evaluation of the whole list
(audit_filter() in kernel/auditfilter.c), so such a rule would be dead and switch off the rules behind it.
"""

from typing import NamedTuple, Tuple

__all__ = ("ACTIONS", "BY_NAME", "BY_NUMBER", "COMPARISONS", "FIELDS", "LISTS", "OPERATORS", "FieldType")

# AUDIT_FILTER_* and AUDIT_NEVER/AUDIT_ALWAYS
LISTS = {"user": 0, "task": 1, "exit": 4, "exclude": 5, "filesystem": 6, "io_uring": 7}
ACTIONS = {"never": 0, "always": 2}

# In the order in which auditctl looks for them in the text of a field: `a>=1` must not be read as `a>` `=1`.
OPERATORS = {
    "!=": 0x30000000,
    ">=": 0x60000000,
    "<=": 0x50000000,
    "&=": 0x48000000,
    "=": 0x40000000,
    ">": 0x20000000,
    "<": 0x10000000,
    "&": 0x08000000,
}

_EQUAL = ("=",)
_EITHER = ("=", "!=")
_ORDERED = ("=", "!=", "<", "<=", ">", ">=")
_ANY = (*_ORDERED, "&", "&=")

_EVALUATED_EVERYWHERE = ("task", "exit", "user", "exclude", "io_uring")
_SYSCALL = ("task", "exit", "io_uring")
_EXIT = ("exit",)


class FieldType(NamedTuple):
    """One kind of filter field.

    ``kind`` names the syntax of its value (see values.py), ``lists`` the filter lists that evaluate it.
    """

    name: str
    number: int
    kind: str
    operators: Tuple[str, ...]
    lists: Tuple[str, ...]


# The order of this table is the order of fields in canonical text.
FIELDS = tuple(
    FieldType(*row)
    for row in (
        ("arch", 11, "arch", _EITHER, _SYSCALL),
        ("msgtype", 12, "msgtype", _ORDERED, ("user", "exclude")),
        ("fstype", 26, "fstype", _EITHER, ("filesystem",)),
        ("path", 105, "path", _EQUAL, _EXIT),
        ("dir", 107, "dir", _EQUAL, _EXIT),
        ("exe", 112, "exe", _EITHER, _EVALUATED_EVERYWHERE),
        ("perm", 106, "perm", _EQUAL, _EXIT),
        ("filetype", 108, "filetype", _EITHER, _EXIT),
        ("inode", 102, "number", _EITHER, _EXIT),
        ("devmajor", 100, "number", _ORDERED, _EXIT),
        ("devminor", 101, "number", _ANY, _EXIT),
        ("success", 104, "success", _ORDERED, _EXIT),
        ("exit", 103, "exit", _ORDERED, _EXIT),
        ("a0", 200, "argument", _ANY, _SYSCALL),
        ("a1", 201, "argument", _ANY, _SYSCALL),
        ("a2", 202, "argument", _ANY, _SYSCALL),
        ("a3", 203, "argument", _ANY, _SYSCALL),
        ("saddr_fam", 113, "saddr_fam", _ORDERED, _SYSCALL),
        ("pers", 10, "number", _ANY, _SYSCALL),
        ("pid", 0, "number", _ORDERED, _EVALUATED_EVERYWHERE),
        ("ppid", 18, "number", _ORDERED, _EXIT),
        ("auid", 9, "auid", _ORDERED, _EVALUATED_EVERYWHERE),
        ("uid", 1, "uid", _ORDERED, _EVALUATED_EVERYWHERE),
        ("euid", 2, "uid", _ORDERED, _SYSCALL),
        ("suid", 3, "uid", _ORDERED, _SYSCALL),
        ("fsuid", 4, "uid", _ORDERED, _SYSCALL),
        ("obj_uid", 109, "uid", _ORDERED, _EXIT),
        ("gid", 5, "gid", _ORDERED, _EVALUATED_EVERYWHERE),
        ("egid", 6, "gid", _ORDERED, _SYSCALL),
        ("sgid", 7, "gid", _ORDERED, _SYSCALL),
        ("fsgid", 8, "gid", _ORDERED, _SYSCALL),
        ("obj_gid", 110, "gid", _ORDERED, _EXIT),
        ("sessionid", 25, "sessionid", _ORDERED, _EXIT),
        ("subj_user", 13, "string", _EITHER, _EVALUATED_EVERYWHERE),
        ("subj_role", 14, "string", _EITHER, _EVALUATED_EVERYWHERE),
        ("subj_type", 15, "string", _EITHER, _EVALUATED_EVERYWHERE),
        ("subj_sen", 16, "string", _ORDERED, _EVALUATED_EVERYWHERE),
        ("subj_clr", 17, "string", _ORDERED, _EVALUATED_EVERYWHERE),
        ("obj_user", 19, "string", _EITHER, _EXIT),
        ("obj_role", 20, "string", _EITHER, _EXIT),
        ("obj_type", 21, "string", _EITHER, _EXIT),
        ("obj_lev_low", 22, "string", _ORDERED, _EXIT),
        ("obj_lev_high", 23, "string", _ORDERED, _EXIT),
        ("field_compare", 111, "comparison", _EITHER, _EXIT),
        ("key", 210, "key", _EQUAL, ("task", "exit", "filesystem", "io_uring")),
    )
)

BY_NAME = {field.name: field for field in FIELDS}
BY_NAME["loginuid"] = BY_NAME["auid"]
BY_NUMBER = {field.number: field for field in FIELDS}

# AUDIT_COMPARE_*: the value of field_compare is the place in this row, counted from 1. Either order of a pair is the
# same comparison; this is the order in which auditctl lists it.
COMPARISONS = tuple(
    tuple(pair.split("="))
    for pair in [
        "uid=obj_uid",
        "gid=obj_gid",
        "euid=obj_uid",
        "egid=obj_gid",
        "auid=obj_uid",
        "suid=obj_uid",
        "sgid=obj_gid",
        "fsuid=obj_uid",
        "fsgid=obj_gid",
        "uid=auid",
        "uid=euid",
        "uid=fsuid",
        "uid=suid",
        "auid=fsuid",
        "auid=suid",
        "auid=euid",
        "euid=suid",
        "euid=fsuid",
        "suid=fsuid",
        "gid=egid",
        "gid=fsgid",
        "gid=sgid",
        "egid=fsgid",
        "egid=sgid",
        "sgid=fsgid",
    ]
)
