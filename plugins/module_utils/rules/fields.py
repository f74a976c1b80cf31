# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Filter lists, actions, operators and fields: the words and numbers of -a, -F and -C of auditctl(8).

Numbers are those of linux/audit.h. The operators of a field are those that the kernel accepts for it
(audit_field_valid()). The lists of a field are those on which the kernel really evaluates it: on the lists user and
exclude, any other field ends the evaluation of the whole list (audit_filter() in kernel/auditfilter.c), so a rule with
such a field never matches, and it disables all later rules of the list (see list_semantics.py). _conditions.py refuses
a field on a list that does not have it.
"""

from typing import NamedTuple, Tuple

__all__ = ("ACTIONS", "BY_NAME", "BY_NUMBER", "COMPARISONS", "FIELDS", "LISTS", "OPERATORS", "FieldType")

#: AUDIT_FILTER_* by the name of the list.
LISTS = {"user": 0, "task": 1, "exit": 4, "exclude": 5, "filesystem": 6, "io_uring": 7}
#: AUDIT_NEVER and AUDIT_ALWAYS.
ACTIONS = {"never": 0, "always": 2}

#: AUDIT_* of each operator, in the order in which auditctl looks for them in the text of a field: `a>=1` must not be
#: read as `a`, `>`, `=1`.
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

_EQUAL_ONLY = ("=",)
_EQUALITY = ("=", "!=")
_COMPARISON = ("=", "!=", "<", "<=", ">", ">=")
_COMPARISON_AND_BITS = (*_COMPARISON, "&", "&=")

_EVALUATED_EVERYWHERE = ("task", "exit", "user", "exclude", "io_uring")
_SYSCALL = ("task", "exit", "io_uring")
# Fields that look into the audit context, which a process does not have yet when the list task is asked about it.
_CONTEXT = ("exit", "io_uring")
_EXIT = ("exit",)


class FieldType(NamedTuple):
    """One type of filter field.

    ``number`` is that of the kernel, ``kind`` names the syntax of its value (a key of values.KINDS), ``operators`` are
    those that the kernel accepts, and ``lists`` are the filter lists that evaluate the field.
    """

    name: str
    number: int
    kind: str
    operators: Tuple[str, ...]
    lists: Tuple[str, ...]


#: All fields, in the order that they have in a canonical rule (see model.py).
FIELDS = tuple(
    FieldType(*row)
    for row in (
        ("arch", 11, "arch", _EQUALITY, _CONTEXT),
        ("msgtype", 12, "msgtype", _COMPARISON, ("user", "exclude")),
        ("fstype", 26, "fstype", _EQUALITY, ("filesystem",)),
        ("path", 105, "path", _EQUAL_ONLY, _EXIT),
        ("dir", 107, "dir", _EQUAL_ONLY, _EXIT),
        ("exe", 112, "exe", _EQUALITY, _EVALUATED_EVERYWHERE),
        ("perm", 106, "perm", _EQUAL_ONLY, _EXIT),
        ("filetype", 108, "filetype", _EQUALITY, _EXIT),
        ("inode", 102, "number", _EQUALITY, _EXIT),
        ("devmajor", 100, "number", _COMPARISON, _EXIT),
        ("devminor", 101, "number", _COMPARISON_AND_BITS, _EXIT),
        ("success", 104, "success", _COMPARISON, _EXIT),
        ("exit", 103, "exit", _COMPARISON, _EXIT),
        ("a0", 200, "argument", _COMPARISON_AND_BITS, _CONTEXT),
        ("a1", 201, "argument", _COMPARISON_AND_BITS, _CONTEXT),
        ("a2", 202, "argument", _COMPARISON_AND_BITS, _CONTEXT),
        ("a3", 203, "argument", _COMPARISON_AND_BITS, _CONTEXT),
        ("saddr_fam", 113, "saddr_fam", _COMPARISON, _CONTEXT),
        ("pers", 10, "number", _COMPARISON_AND_BITS, _SYSCALL),
        ("pid", 0, "number", _COMPARISON, _EVALUATED_EVERYWHERE),
        ("ppid", 18, "number", _COMPARISON, _EXIT),
        ("auid", 9, "auid", _COMPARISON, _EVALUATED_EVERYWHERE),
        ("uid", 1, "uid", _COMPARISON, _EVALUATED_EVERYWHERE),
        ("euid", 2, "uid", _COMPARISON, _SYSCALL),
        ("suid", 3, "uid", _COMPARISON, _SYSCALL),
        ("fsuid", 4, "uid", _COMPARISON, _SYSCALL),
        ("obj_uid", 109, "uid", _COMPARISON, _EXIT),
        ("gid", 5, "gid", _COMPARISON, _EVALUATED_EVERYWHERE),
        ("egid", 6, "gid", _COMPARISON, _SYSCALL),
        ("sgid", 7, "gid", _COMPARISON, _SYSCALL),
        ("fsgid", 8, "gid", _COMPARISON, _SYSCALL),
        ("obj_gid", 110, "gid", _COMPARISON, _EXIT),
        ("sessionid", 25, "sessionid", _COMPARISON, _EXIT),
        ("subj_user", 13, "string", _EQUALITY, _EVALUATED_EVERYWHERE),
        ("subj_role", 14, "string", _EQUALITY, _EVALUATED_EVERYWHERE),
        ("subj_type", 15, "string", _EQUALITY, _EVALUATED_EVERYWHERE),
        ("subj_sen", 16, "string", _COMPARISON, _EVALUATED_EVERYWHERE),
        ("subj_clr", 17, "string", _COMPARISON, _EVALUATED_EVERYWHERE),
        ("obj_user", 19, "string", _EQUALITY, _EXIT),
        ("obj_role", 20, "string", _EQUALITY, _EXIT),
        ("obj_type", 21, "string", _EQUALITY, _EXIT),
        ("obj_lev_low", 22, "string", _COMPARISON, _EXIT),
        ("obj_lev_high", 23, "string", _COMPARISON, _EXIT),
        ("field_compare", 111, "comparison", _EQUALITY, _EXIT),
        ("key", 210, "key", _EQUAL_ONLY, ("task", "exit", "filesystem", "io_uring")),
    )
)

#: Fields by name; loginuid is another name for auid.
BY_NAME = {field.name: field for field in FIELDS}
BY_NAME["loginuid"] = BY_NAME["auid"]
#: Fields by the number of the kernel.
BY_NUMBER = {field.number: field for field in FIELDS}

#: AUDIT_COMPARE_*: the value of field_compare is the place of the pair in this row, counted from 1. Both orders of a
#: pair are the same comparison; this is the order in which auditctl lists it.
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
