# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Names and numbers that rules are written with: machines, errors, record types, file types, file systems.

Names are read in any case, as auditctl does. Syscalls have their own module, because they are many; what ``-F perm=``
makes of them when a rule is loaded stands here.
"""

from functools import lru_cache
from typing import Dict, FrozenSet, Iterator, NamedTuple, Optional, Tuple

from . import syscalls
from ._generated_tables import ERRORS, RECORD_TYPES

__all__ = (
    "ERRNO_ALIASES",
    "FILE_SYSTEMS",
    "FILE_SYSTEMS_SINCE",
    "FILE_TYPES",
    "MACHINES",
    "MACHINE_WORDS",
    "Machine",
    "arch_machine",
    "arch_name",
    "arch_number",
    "errno_name",
    "errno_number",
    "least_permission_syscalls",
    "machine",
    "permission_syscalls",
    "permission_syscalls_refused",
    "record_type_name",
    "record_type_number",
    "record_type_since",
    "record_types",
)


class Machine(NamedTuple):
    """A machine by auditctl's word for it.

    ``number`` is AUDIT_ARCH_* of linux/audit.h. ``b32`` and ``b64`` are the machines that these words of ``-F arch=``
    mean on it, None where auditctl refuses the word. ``since``: the first release of audit that knows the machine.
    """

    name: str
    number: int
    b32: Optional[str]
    b64: Optional[str]
    since: Tuple[int, ...] = (2, 8)


#: Machine by name
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

#: Words that auditctl knows beside the names themselves (armv8l since 3.0.6); uname -m says the same ones.
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

_BY_ARCH = {row.number: row.name for row in MACHINES.values()}

#: S_IF* of stat(2), the values of ``-F filetype=``
FILE_TYPES = {
    "file": 0x8000,
    "dir": 0x4000,
    "socket": 0xC000,
    "link": 0xA000,
    "character": 0x2000,
    "block": 0x6000,
    "fifo": 0x1000,
}

#: Magic numbers of linux/magic.h, the values of ``-F fstype=``
FILE_SYSTEMS = {
    "debugfs": 0x64626720,
    "tracefs": 0x74726163,
    "cgroup": 0x0027E0EB,
    "cgroup2": 0x63677270,
}

#: First release of audit that knows the name; every release knows the others, and any number.
FILE_SYSTEMS_SINCE = {"cgroup": (4, 2), "cgroup2": (4, 2)}

#: Names that auditctl reads and never prints. On PowerPC EDEADLOCK is an error of its own.
ERRNO_ALIASES = {"EWOULDBLOCK": "EAGAIN", "EDEADLOCK": "EDEADLK"}
_ERRNO_POWERPC = {"EDEADLOCK": 58}

# First release of audit that knows the names; every release knows the others.
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

# The syscalls that auditctl adds to a rule for a letter of ``-F perm=`` that follows ``-F arch=``, by first release.
_PERMISSION_SYSCALLS = {
    "x": (
        ((3, 1, 3), "execve"),
        ((4, 2), "execveat"),
    ),
    "w": (
        (
            (3, 1, 3),
            "rename mkdir rmdir creat link unlink symlink mknod mkdirat mknodat unlinkat renameat linkat symlinkat "
            "renameat2 acct swapon quotactl truncate ftruncate bind fallocate open openat openat2",
        ),
        ((4, 1, 2), "quotactl_fd"),
    ),
    "r": (
        (
            (3, 1, 3),
            "readlink quotactl listxattr llistxattr flistxattr getxattr lgetxattr fgetxattr readlinkat open openat "
            "openat2",
        ),
        ((4, 0, 4), "listxattrat getxattrat"),
        ((4, 1, 2), "file_getattr"),
        ((4, 2), "quotactl_fd stat lstat fstat newfstatat statx"),
    ),
    "a": (
        (
            (3, 1, 3),
            "chmod fchmod chown lchown fchown setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr "
            "fchownat fchmodat link linkat",
        ),
        ((4, 0, 4), "setxattrat removexattrat"),
        ((4, 1, 2), "fchmodat2 file_setattr"),
    ),
}
_EXPANSION_SINCE = (3, 1, 3)
# Older releases refuse a rule where a letter stands for a syscall that the machine lacks.
_EXPANSION_FITS_MACHINE_SINCE = (4, 0, 4)
# AUDIT_PERM_* of linux/audit.h
_PERMISSION_BITS = {"x": 1, "w": 2, "r": 4, "a": 8}


def machine(word: str) -> Optional[str]:
    """The machine that auditctl or ``uname -m`` calls so, None for one that auditctl does not know."""
    word = word.lower()
    word = MACHINE_WORDS.get(word, word)
    return word if word in MACHINES else None


def arch_number(text: str, native: str) -> Optional[int]:
    """AUDIT_ARCH_* for a value of ``-F arch=`` on a host whose ``uname -m`` is ``native``.

    b32, b64, the word for a machine, or the number of one in decimal, 0x, 0 octal or bare hexadecimal. None where
    auditctl refuses it.
    """
    text = text.lower()
    if text in ("b32", "b64"):
        host = machine(native)
        partner = getattr(MACHINES[host], text) if host else None
    else:
        partner = machine(text) or _BY_ARCH.get(_arch_digits(text))
    return MACHINES[partner].number if partner else None


def arch_machine(number: int) -> Optional[str]:
    """The machine of an AUDIT_ARCH_* number, whose table of syscalls is the one to use; None for an unknown number."""
    return _BY_ARCH.get(number)


def arch_name(number: int) -> Optional[str]:
    """A word for an AUDIT_ARCH_* number that ``-F arch=`` takes on every host: that of the machine."""
    return arch_machine(number)


def errno_number(name: str, machine: str = "x86_64") -> Optional[int]:
    """The (positive) number of an error by its name, as in EPERM; the host's machine matters for EDEADLOCK alone."""
    name = name.upper()
    if machine.startswith("ppc") and name in _ERRNO_POWERPC:
        return _ERRNO_POWERPC[name]
    return _numbers("errno").get(ERRNO_ALIASES.get(name, name))


def errno_name(number: int, machine: str = "x86_64") -> Optional[str]:
    """The name that auditctl prints for the (positive) number of an error, None for an unknown one."""
    for name, value in _ERRNO_POWERPC.items():
        if machine.startswith("ppc") and number == value:
            return name
    return _by_number("errno").get(number)


def record_type_number(name: str) -> Optional[int]:
    """The number of a record type: of its name as in CWD, or of ``UNKNOWN[1307]``. None for an unknown one."""
    name = name.upper()
    if name.startswith("UNKNOWN[") and name.endswith("]") and name[8:-1].isdigit():
        return int(name[8:-1])
    return _numbers("record type").get(name)


def record_type_name(number: int) -> Optional[str]:
    """The name that auditctl prints for the number of a record type, None for an unknown one."""
    return _by_number("record type").get(number)


def record_types() -> Iterator[Tuple[str, int]]:
    """Names and numbers of all record types, by number."""
    return iter(_numbers("record type").items())


def record_type_since(name: str) -> Tuple[int, ...]:
    """The first release of audit that knows the name, (2, 8) for it and for older ones."""
    return _record_types_since().get(name.upper(), (2, 8))


def permission_syscalls(permissions: str, machine: str, version: Optional[Tuple[int, ...]]) -> FrozenSet[int]:
    """Numbers of the syscalls that auditctl adds to a rule with ``-F arch=`` and, behind it, ``-F perm=``.

    ``permissions`` are letters of rwxa, ``machine`` that of the arch, ``version`` the release of auditctl, None for one
    that adds nothing, as all before 3.1.3. ``-p`` adds nothing in any release.
    """
    known = syscalls.names(machine)
    return frozenset(known[name] for name in _permission_names(permissions, version or ()) if name in known)


def permission_syscalls_refused(permissions: str, machine: str, version: Optional[Tuple[int, ...]]) -> FrozenSet[str]:
    """The syscalls because of which auditctl refuses such a rule: the machine lacks them. Empty: it takes the rule.

    Releases 3.1.3 to 4.0.3 do so on aarch64, riscv64 and riscv32; ``-p`` instead of ``-F perm=`` is taken by all.
    """
    if version is None or version >= _EXPANSION_FITS_MACHINE_SINCE:
        return frozenset()
    return frozenset(_permission_names(permissions, version)) - frozenset(syscalls.names(machine))


@lru_cache(maxsize=None)
def least_permission_syscalls(permissions: int, arch: int) -> FrozenSet[int]:
    """The part of permission_syscalls() that every release adds that adds any.

    ``permissions`` are bits of AUDIT_PERM_*, ``arch`` an AUDIT_ARCH_* number; empty for an unknown one.
    """
    name = arch_name(arch)
    letters = "".join(letter for letter, bit in _PERMISSION_BITS.items() if permissions & bit)
    return permission_syscalls(letters, name, _EXPANSION_SINCE) if name else frozenset()


def _permission_names(permissions: str, version: Tuple[int, ...]) -> Iterator[str]:
    for letter in permissions.lower():
        for since, names in _PERMISSION_SYSCALLS[letter]:
            if version >= since:
                yield from names.split()


def _arch_digits(text: str) -> Optional[int]:
    # A first digit makes it a C literal, a first letter bare hexadecimal.
    base = 16 if text[:2] == "0x" or not text[:1].isdigit() else 8 if text[0] == "0" else 10
    try:
        return int(text, base)
    except ValueError:
        return None


@lru_cache(maxsize=None)
def _numbers(table: str) -> Dict[str, int]:
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
