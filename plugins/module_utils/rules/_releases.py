# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which parts of a rule the auditctl of a host cannot read, because it is of another release.

The same holds for a few numbers on machines of 32 bits, with every release. Such a part is named in
``Statement.unread`` and, where the same can be written another way, rewritten in
``Statement.text``. Nothing here applies to a host whose release is not known (``Resolver.version`` is None).
"""

from typing import List, Optional, Tuple

from . import tables
from .fields import BY_NAME, FIELDS
from .model import Field
from .resolver import Resolver
from .values import KINDS
from .words import is_digit, lower, upper

__all__ = ("DEPENDENT", "is_dependent", "is_known", "is_newer", "is_unknown", "readable_value", "unread_list_option")

# The tables date names that every release knows to this one: for these a host need not be asked for its release.
_OLDEST = (2, 8)
# auditctl reads the numbers of most fields with strtol(3). On a machine of 32 bits, this is the greatest number that it
# returns, and what it returns for every greater one.
_LONG_MAX = 0x7FFFFFFF
# The kinds of such fields that take no negative number either; of the fields of these kinds, inode alone is read with
# strtoul(3).
_UNSIGNED_BY_STRTOL = ("gid", "number")
#: The fields that is_unknown() and readable_value() look at; all others are read alike everywhere.
DEPENDENT = frozenset(field.name for field in FIELDS if field.kind in _UNSIGNED_BY_STRTOL) | frozenset(
    ("arch", "exit", "filetype", "fstype", "msgtype", "saddr_fam", "success")
)


def is_newer(since: Tuple[int, ...], resolver: Resolver) -> bool:
    """Whether a name that auditctl knows since that release is too new for the host."""
    # Asking a host for its release takes time, and most names do not depend on it.
    return is_dependent(since) and not is_known(since, resolver.version)


def is_dependent(since: Tuple[int, ...]) -> bool:
    """Whether some release does not know a name that is known since that one."""
    return since > _OLDEST


def is_known(since: Tuple[int, ...], version: Optional[Tuple[int, ...]]) -> bool:
    """Whether auditctl of that release knows a name that is known since another; if the release is not known, yes."""
    return version is None or since <= version


def unread_list_option(option: str, value: str, filter_list: str, resolver: Resolver) -> List[str]:
    """The part of ``-a LIST,ACTION`` (or -A, -d) that the host's auditctl refuses or misunderstands; at most one.

    Releases before 3.1 know neither the list io_uring nor names of lists in upper case. Releases 4.0.4 to 4.1.0 delete
    the rule that -A should add.
    """
    is_lower = value == lower(value)
    # Asking a host for its release takes time, and most rules do not depend on it.
    if option != "-A" and is_lower and filter_list != "io_uring":
        return []
    version = resolver.version
    if version is None:
        return []
    if version < (3, 1) and (filter_list == "io_uring" or not is_lower):
        return [f"{option} {value}"]
    return [option] if option == "-A" and (4, 0, 4) <= version < (4, 1, 1) else []


def is_unknown(field: Field, resolver: Resolver) -> bool:
    """Whether the host's auditctl refuses a machine or an address family, however it is written.

    A number that is too great for a machine of 32 bits is read as another one. The C library that auditctl is built
    with says how many families there are; 45 (MCTP) is in those of 3.0.8 and later. Debian's 4.0.2 knows riscv64, other
    builds of it do not: on a host of that machine, it must be Debian's.
    """
    if field.name == "arch":
        machine = tables.MACHINES.get(tables.arch_machine(field.number) or "")
        if machine is None or not is_newer(machine.since, resolver):
            return False
        return not (resolver.machine == "riscv64" and resolver.version == (4, 0, 2))
    if BY_NAME[field.name].kind in _UNSIGNED_BY_STRTOL and field.name != "inode":
        return _is_capped(field, resolver)
    return field.name == "saddr_fam" and field.value == 45 and is_newer((3, 0, 8), resolver)


def _is_capped(field: Field, resolver: Resolver) -> bool:
    """Whether strtol(3) of the host reads another number than the field has."""
    if field.number <= _LONG_MAX or not tables.is_narrow(resolver.machine):
        return False
    return resolver.version is not None


def readable_value(field: Field, text: str, resolver: Resolver) -> str:
    """The value of a field as the host's auditctl reads it, where auditctl refuses ``text``, which this library reads.

    That is: success=yes and no, the numbers of file types, and names that are newer than the host's auditctl. A great
    number of a field that takes negative ones is written as one of these on a machine of 32 bits.
    """
    if field.name in ("exit", "success") and is_digit(text) and _is_capped(field, resolver):
        return KINDS["exit"].format(field.value) if field.name == "exit" else "1"
    if (
        field.name == "arch"
        and lower(text) in tables.WORDS_SINCE
        and is_newer(tables.WORDS_SINCE[lower(text)], resolver)
    ):
        return tables.arch_name(field.number) or text
    if field.name == "success" and text in ("yes", "no"):
        return str(field.value)
    since = tables.FILE_SYSTEMS_SINCE.get(lower(text)) if field.name == "fstype" else None
    if since and resolver.version and since <= resolver.version:
        return text
    if (field.name == "filetype" and is_digit(text)) or (field.name == "fstype" and not is_digit(text)):
        return KINDS[field.name].format(field.value)
    if field.name == "msgtype" and not is_digit(text):
        known = tables.record_type_name(field.number) == upper(text)
        return text if known and not is_newer(tables.record_type_since(text), resolver) else str(field.value)
    return text
