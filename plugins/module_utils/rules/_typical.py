# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Values that the events of a host typically have, by field, and which of them a rule matches.

The values are such as nobody writes into a rule, unless that value is what most events have. So ``auid!=1000``, which
leaves out nearly everything, matches all values here, and ``auid=1000`` matches none.
"""

from typing import Callable, Dict, FrozenSet, Optional, Tuple

from . import syscalls
from .fields import COMPARISONS
from .model import Field, Rule, without_keys
from .tables import arch_machine

__all__ = (
    "DISK_FILE_SYSTEMS",
    "RECORD_TYPES",
    "SYSCALL_RECORD",
    "TYPICAL_SYSCALLS",
    "USER_RECORDS",
    "comparison",
    "matched_values",
    "meeting",
    "text_is_met",
    "typical_syscalls",
    "typical_values",
)

#: Magic numbers of file systems with programs and data: ext4, xfs, btrfs, f2fs, overlay, tmpfs, zfs, nfs, bcachefs.
DISK_FILE_SYSTEMS = (
    0xEF53, 0x58465342, 0x9123683E, 0xF2F52010, 0x794C7630, 0x01021994, 0x2FC12FC1, 0x6969, 0xCA451A4E,
)  # fmt: skip
SYSCALL_RECORD = 1300
#: USER_AUTH, USER_START, USER_LOGIN and USER_CMD, which programs write.
USER_RECORDS = frozenset((1100, 1105, 1112, 1123))
#: SYSCALL, PATH, CWD, EXECVE, PROCTITLE, CONFIG_CHANGE, and those of programs.
RECORD_TYPES = USER_RECORDS | {SYSCALL_RECORD, 1302, 1307, 1309, 1327, 1305}

_UNSET = 0xFFFFFFFF
_USERS = (0, 61, 1037)
_PROCESSES = (647, 41347)
_ARGUMENTS = (0, 3, 0x7FFD3A10, 0xFFFFFF9C)
_VALUES: Dict[str, Tuple[int, ...]] = {
    **dict.fromkeys(("uid", "euid", "suid", "fsuid", "obj_uid", "gid", "egid", "sgid", "fsgid", "obj_gid"), _USERS),
    **dict.fromkeys(("pid", "ppid"), _PROCESSES),
    **dict.fromkeys(("a0", "a1", "a2", "a3"), _ARGUMENTS),
    "auid": (_UNSET, *_USERS[::2]),
    "sessionid": (_UNSET, 7, 1039),
    # Nearly every call succeeds, and every program has the personality of Linux.
    "success": (1,),
    "exit": (0, 3, 4096),
    "pers": (0,),
    "msgtype": tuple(RECORD_TYPES),
    "inode": (131081, 7340039),
    "devmajor": (8, 98, 253, 254, 259),
    "devminor": (0, 1, 2, 3, 17),
    "filetype": (0o100000, 0o040000),
    "perm": (1, 2, 4, 8),
}
#: System calls by name.
TYPICAL_SYSCALLS = frozenset(
    ("execve", "openat", "unlinkat", "renameat2", "fchmodat", "fchownat", "connect", "kill", "setuid", "mount")
)
# Of these pairs, both are nearly always the same: only a setuid program changes one of them.
_SAME = ({"uid", "euid", "suid", "fsuid"}, {"gid", "egid", "sgid", "fsgid"})

_OPERATORS: Dict[str, Callable[[int, int], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "&": lambda left, right: bool(left & right),
    "&=": lambda left, right: left & right == right,
}


def matched_values(rule: Rule) -> Optional[Dict[str, Tuple[FrozenSet, FrozenSet]]]:
    """By field, the typical values that a rule matches, and all typical values; None if it matches none of a field."""
    found: Dict[str, Tuple[FrozenSet, FrozenSet]] = {}
    conditions = [_condition(field) for field in rule.fields if field.name != "arch"]
    for name, values, everything in [*conditions, _syscall_condition(rule)]:
        values &= found.get(name, (everything,))[0]
        if not values:
            return None
        found[name] = (values, everything)
    return found


def _syscall_condition(rule: Rule) -> Tuple[str, FrozenSet, FrozenSet]:
    numbers = without_keys(rule).syscalls if rule.list in ("exit", "io_uring") else None
    if numbers is None:
        return "syscall", TYPICAL_SYSCALLS, TYPICAL_SYSCALLS
    machine = arch_machine(rule.arch) if rule.arch is not None else "x86_64"
    if rule.list == "io_uring" or machine not in syscalls.MACHINES:
        return "syscall", frozenset(), TYPICAL_SYSCALLS
    known = syscalls.names(machine)
    # What a machine does not have, no event has.
    return (
        "syscall",
        frozenset(name for name in TYPICAL_SYSCALLS if known.get(name) in (None, *numbers)),
        TYPICAL_SYSCALLS,
    )


def _condition(field: Field) -> Tuple[str, FrozenSet, FrozenSet]:
    """The name of a condition, the values that meet it, and all values. What is not known is met by no event."""
    name = field.name
    if name == "field_compare":
        return comparison(field)
    if name not in _VALUES:
        return name, _yes(text_is_met(field)), _yes(True)
    return name, meeting(field, typical_values(name)), typical_values(name)


def typical_values(name: str) -> FrozenSet:
    """The typical values of a field that compares numbers; empty for others."""
    return frozenset(_VALUES.get(name, ()))


def typical_syscalls(rule: Rule) -> FrozenSet:
    """The names of the typical syscalls that a rule is for."""
    return _syscall_condition(rule)[1]


def meeting(field: Field, values: FrozenSet) -> FrozenSet:
    """Those of some values that meet a condition."""
    if field.name == "perm":
        return frozenset(bit for bit in values if bit & field.number)
    return frozenset(number for number in values if _OPERATORS[field.operator](number, field.number))


def text_is_met(field: Field) -> bool:
    """Whether nearly every event meets a condition with a text."""
    if field.name == "dir":
        return field.text.rstrip("/") == ""
    return field.operator == "!=" and (field.name == "exe" or field.name.startswith("subj_"))


def comparison(field: Field) -> Tuple[str, FrozenSet, FrozenSet]:
    """A name for the comparison of two fields, the outcomes with which the condition is met, and all outcomes."""
    operator, number = field.operator, field.number
    pair = set(COMPARISONS[number - 1]) if 0 < number <= len(COMPARISONS) else set()
    name, both = f"field_compare {number}", frozenset((True, False))
    if any(pair and pair <= same for same in _SAME):
        return name, _yes(operator == "="), _yes(True)
    return name, frozenset((operator == "=",)), both


def _yes(met: bool) -> FrozenSet:
    return frozenset((True,)) if met else frozenset()
