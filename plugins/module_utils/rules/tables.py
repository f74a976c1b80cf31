# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Names and numbers that rules are written with: machines, errors, record types, file types, file systems.

Names are read in any case, as auditctl reads them. Syscalls have a module of their own (syscalls.py), and so have
permissions (permissions.py).
"""

from functools import lru_cache
from typing import Dict, Iterator, NamedTuple, Optional, Tuple

from . import syscalls
from .words import is_digit, lower, upper

__all__ = (
    "ERRNO_ALIASES",
    "FILE_SYSTEMS",
    "FILE_SYSTEMS_SINCE",
    "FILE_TYPES",
    "MACHINES",
    "MACHINE_WORDS",
    "WORDS_SINCE",
    "Machine",
    "arch_machine",
    "arch_name",
    "arch_number",
    "errno_name",
    "errno_names",
    "errno_number",
    "is_narrow",
    "machine",
    "record_type_name",
    "record_type_number",
    "record_type_since",
    "record_types",
)


class Machine(NamedTuple):
    """A machine, by auditctl's name for it.

    ``number`` is its AUDIT_ARCH_* of linux/audit.h. ``b32`` and ``b64`` are the machines that these two words mean in
    ``-F arch=`` on a host of this machine, or None if auditctl refuses the word. ``since`` is the first release of
    audit that knows the machine; (2, 8) stands for 2.8 and all older releases.
    """

    name: str
    number: int
    b32: Optional[str]
    b64: Optional[str]
    since: Tuple[int, ...] = (2, 8)


#: Machines by name.
MACHINES: Dict[str, Machine] = {
    row[0]: Machine(*row)
    for row in (
        ("x86_64", 0xC000003E, "i386", "x86_64"),
        ("i386", 0x40000003, "i386", None),
        ("aarch64", 0xC00000B7, "arm", "aarch64"),
        ("arm", 0x40000028, "arm", None),
        ("ppc64le", 0xC0000015, None, "ppc64le"),
        ("ppc64", 0x80000015, "ppc", "ppc64"),
        ("ppc", 0x00000014, "ppc", None),
        ("s390x", 0x80000016, "s390", "s390x"),
        ("s390", 0x00000016, "s390", None),
        ("riscv64", 0xC00000F3, "riscv32", "riscv64", (4, 0, 3)),
        ("riscv32", 0x400000F3, "riscv32", None, (4, 0, 3)),
    )
}

#: Other words for machines that auditctl knows (armv8l since 3.0.6); they are what ``uname -m`` prints.
MACHINE_WORDS = {
    "i486": "i386",
    "i586": "i386",
    "i686": "i386",
    "armeb": "arm",
    "armv5tejl": "arm",
    "armv5tel": "arm",
    "armv6l": "arm",
    "armv7l": "arm",
    "armv8l": "aarch64",
}

#: The first release of audit that knows such a word. Every release knows the others.
WORDS_SINCE = {"armv8l": (3, 0, 6)}

_DIGITS = frozenset("0123456789")
_BY_ARCH = {row.number: row.name for row in MACHINES.values()}

#: S_IF* of inode(7), the values of ``-F filetype=``.
FILE_TYPES = {
    "file": 0x8000,
    "dir": 0x4000,
    "socket": 0xC000,
    "link": 0xA000,
    "character": 0x2000,
    "block": 0x6000,
    "fifo": 0x1000,
}

#: Magic numbers of linux/magic.h, the values of ``-F fstype=``.
FILE_SYSTEMS = {
    "debugfs": 0x64626720,
    "tracefs": 0x74726163,
    "cgroup": 0x0027E0EB,
    "cgroup2": 0x63677270,
}

#: The first release of audit that knows the name. Every release knows the other names, and accepts any number.
FILE_SYSTEMS_SINCE = {"cgroup": (4, 2), "cgroup2": (4, 2)}

#: Names of errors that auditctl reads but never prints. On PowerPC, EDEADLOCK is an error of its own.
ERRNO_ALIASES = {"EWOULDBLOCK": "EAGAIN", "EDEADLOCK": "EDEADLK"}
_ERRNO_POWERPC = {"EDEADLOCK": 58}

# The first release of audit that knows the names after it. Every release knows the other names.
_RECORD_TYPES_SINCE = """
    2.8.2: SOFTWARE_UPDATE
    2.8.3: ANOM_LOGIN_SERVICE RESP_ORIGIN_BLOCK RESP_ORIGIN_BLOCK_TIMED
    2.8.5: MAC_CALIPSO_ADD MAC_CALIPSO_DEL
    3.0: ANOM_CREAT BPF EVENT_LISTENER INTEGRITY_EVM_XATTR TIME_ADJNTPVAL TIME_INJOFFSET USER_MAC_STATUS
    3.0.2: APPARMOR_KILL INTEGRITY_POLICY_RULE
    3.0.3: ANOM_LOGIN_ROOT ANOM_ORIGIN_FAILURES ANOM_SESSION RESP_ORIGIN_UNBLOCK_TIMED
    3.0.7: OPENAT2 URINGOP
    3.1: DM_CTRL DM_EVENT
    """


def machine(word: str) -> Optional[str]:
    """The machine that auditctl or ``uname -m`` calls by this word (in any case), None if auditctl does not know it."""
    word = lower(word)
    word = MACHINE_WORDS.get(word, word)
    return word if word in MACHINES else None


def arch_number(text: str, native: str) -> Optional[int]:
    """The AUDIT_ARCH_* number for a value of ``-F arch=`` on a host whose ``uname -m`` is ``native``.

    The value is b32, b64, a word for a machine, or an AUDIT_ARCH_* number in decimal, in octal after 0, in hexadecimal
    after 0x, or in hexadecimal that starts with a letter. None if auditctl refuses it.
    """
    text = lower(text)
    if text in ("b32", "b64"):
        host = machine(native)
        partner = getattr(MACHINES[host], text) if host else None
    else:
        digits = _arch_digits(text)
        partner = machine(text) or (None if digits is None else _BY_ARCH.get(digits))
    return MACHINES[partner].number if partner else None


def is_narrow(native: str) -> bool:
    """Whether a long of the machine that ``uname -m`` calls by this word has 32 bits; no, if the word is unknown."""
    name = machine(native)
    return name is not None and MACHINES[name].b64 is None


def arch_machine(number: int) -> Optional[str]:
    """The machine of an AUDIT_ARCH_* number, whose syscalls a rule with that arch has; None for an unknown number."""
    return _BY_ARCH.get(number)


def arch_name(number: int) -> Optional[str]:
    """The word for an AUDIT_ARCH_* number that ``-F arch=`` accepts on every host: the name of the machine."""
    return arch_machine(number)


def errno_number(name: str, machine: str = "x86_64") -> Optional[int]:
    """The (positive) number of an error by its name, such as EPERM; None for an unknown name.

    The machine of the host matters for EDEADLOCK only.
    """
    name = upper(name)
    if machine.startswith("ppc") and name in _ERRNO_POWERPC:
        return _ERRNO_POWERPC[name]
    return _numbers("errno").get(ERRNO_ALIASES.get(name, name))


def errno_name(number: int, machine: str = "x86_64") -> Optional[str]:
    """The name that auditctl prints for the (positive) number of an error, None for an unknown number."""
    for name, value in _ERRNO_POWERPC.items():
        if machine.startswith("ppc") and number == value:
            return name
    return _by_number("errno").get(number)


def errno_names() -> Iterator[str]:
    """The names of all errors that auditctl prints."""
    return iter(_numbers("errno"))


def record_type_number(name: str) -> Optional[int]:
    """The number of a record type by its name, such as CWD or ``UNKNOWN[1307]``; None for an unknown name."""
    name = upper(name)
    digits = name[8:-1] if name.startswith("UNKNOWN[") and name.endswith("]") else ""
    if digits and _DIGITS.issuperset(digits):
        return int(digits)
    return _numbers("record type").get(name)


def record_type_name(number: int) -> Optional[str]:
    """The name that auditctl prints for the number of a record type, None for an unknown number."""
    return _by_number("record type").get(number)


def record_types() -> Iterator[Tuple[str, int]]:
    """The names and numbers of all record types, sorted by number."""
    return iter(_numbers("record type").items())


def record_type_since(name: str) -> Tuple[int, ...]:
    """The first release of audit that knows the name of a record type; (2, 8) stands for 2.8 and all older releases."""
    return _record_types_since().get(upper(name), (2, 8))


def _arch_digits(text: str) -> Optional[int]:
    # If it starts with a digit it is a number of C, if with a letter it is hexadecimal.
    base = 16 if text[:2] == "0x" or not is_digit(text) else 8 if text[0] == "0" else 10
    try:
        return int(text, base)
    except ValueError:
        return None


@lru_cache(maxsize=None)
def _numbers(table: str) -> Dict[str, int]:
    # Imported when it is first needed, because few rules have names of errors or of record types.
    from ._generated_tables import ERRORS, RECORD_TYPES

    return dict(syscalls.decode(ERRORS if table == "errno" else RECORD_TYPES))


@lru_cache(maxsize=None)
def _by_number(table: str) -> Dict[int, str]:
    return {number: name for name, number in _numbers(table).items()}


@lru_cache(maxsize=None)
def _record_types_since() -> Dict[str, Tuple[int, ...]]:
    releases: Dict[str, Tuple[int, ...]] = {}
    for line in _RECORD_TYPES_SINCE.strip().splitlines():
        release, _colon, names = line.partition(":")
        releases.update(dict.fromkeys(names.split(), tuple(map(int, release.split(".")))))
    return releases
