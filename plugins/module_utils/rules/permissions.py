# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Permissions of -F perm= and -p: their letters, and the syscalls that auditctl adds to a rule because of them.

Since 3.1.3, auditctl adds syscalls to a rule with ``-F arch=`` and a later ``-F perm=``, so that the kernel need not
check the rule for every other syscall. What it adds differs between releases, and it adds nothing for ``-p``. The
kernel checks the permission as well, by its own classes of syscalls (audit_match_perm()), and most releases add less
than these have: before 4.2, a rule with ``-F perm=x`` records no ``execveat``, and no release adds ``chown32`` of 32
bit programs. So such a rule records less than one for every syscall, unless nothing is missing.
"""

from functools import lru_cache
from types import MappingProxyType
from typing import Dict, FrozenSet, Iterator, Mapping, Optional, Set, Tuple

from . import syscalls, tables
from .words import lower

__all__ = (
    "PERMISSIONS",
    "certain_permissions",
    "format_permissions",
    "matchable_syscalls",
    "permission_syscalls",
    "permission_syscalls_refused",
    "permission_variants",
)

#: Bit (AUDIT_PERM_* of linux/audit.h) by letter, in the order in which auditctl lists the letters.
PERMISSIONS = {"r": 4, "w": 2, "x": 1, "a": 8}

# The syscalls that auditctl adds for each letter, with the first release that adds them (permtab.h of libaudit).
_SYSCALLS = {
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
# What newer releases or kernels than those above have in addition: the classes of Linux (include/asm-generic/audit_*.h,
# and audit_classify_syscall() of each machine), in which 32 bit machines have calls with names of their own.
_NEWEST = (99,)
_ONLY_IN_KERNEL = {
    "x": "",
    "w": "truncate64 ftruncate64 socketcall",
    "r": "",
    "a": "chown32 fchown32 lchown32",
}
# Calls that every kernel counts to these permissions, whatever their arguments are (audit_match_perm()); open and its
# like have the permission that their flags say.
_CERTAIN = {
    "x": "execve",
    "w": "rename mkdir rmdir creat link unlink symlink mknod mkdirat mknodat unlinkat renameat linkat symlinkat",
    "a": "chmod fchmod chown lchown fchown fchownat fchmodat setxattr lsetxattr fsetxattr removexattr lremovexattr "
    "fremovexattr",
}
# Before this release, auditctl refuses a rule if one of the syscalls to add does not exist on the machine.
_ADAPTED_TO_MACHINE_SINCE = (4, 0, 4)


def format_permissions(bits: int) -> str:
    """The letters of the bits of AUDIT_PERM_*, in the order in which auditctl lists them."""
    return "".join(letter for letter, bit in PERMISSIONS.items() if bits & bit)


def permission_syscalls(permissions: str, machine: str, version: Optional[Tuple[int, ...]]) -> FrozenSet[int]:
    """The numbers of the syscalls that auditctl adds to a rule with ``-F arch=`` and a later ``-F perm=``.

    ``permissions`` are letters of rwxa, ``machine`` is that of the arch, ``version`` is the release of auditctl. None
    stands for a release that adds nothing, which is every release before 3.1.3.
    """
    known = syscalls.names(machine)
    return frozenset(known[name] for name in _names(permissions, version or ()) if name in known)


def permission_syscalls_refused(permissions: str, machine: str, version: Optional[Tuple[int, ...]]) -> FrozenSet[str]:
    """The names of the syscalls because of which auditctl refuses such a rule: the machine does not have them.

    Empty if auditctl accepts the rule. Releases 3.1.3 to 4.0.3 refuse it on aarch64, riscv64 and riscv32. All releases
    accept ``-p`` instead of ``-F perm=``.
    """
    if version is None or version >= _ADAPTED_TO_MACHINE_SINCE:
        return frozenset()
    return frozenset(_names(permissions, version)) - frozenset(syscalls.names(machine))


def permission_variants(permissions: str, machine: str) -> Set[FrozenSet[int]]:
    """What permission_syscalls() returns for each release, the empty set for releases that add nothing among them."""
    changes = {since for letter in permissions.lower() for since, _names in _SYSCALLS[letter]}
    return {permission_syscalls(permissions, machine, version) for version in (None, *changes)}


@lru_cache(maxsize=None)
def matchable_syscalls(permissions: int, arch: int) -> FrozenSet[int]:
    """Every syscall that a kernel may match with a permission; which of them a kernel matches depends on its release.

    A rule with these syscalls records what a rule for every syscall records. ``permissions`` are bits of AUDIT_PERM_*,
    ``arch`` is an AUDIT_ARCH_* number; empty for an unknown arch.
    """
    machine = tables.arch_machine(arch)
    if machine is None:
        return frozenset()
    letters = format_permissions(permissions)
    known = syscalls.names(machine)
    more = " ".join(_ONLY_IN_KERNEL[letter] for letter in letters).split()
    return permission_syscalls(letters, machine, _NEWEST) | {known[name] for name in more if name in known}


@lru_cache(maxsize=None)
def certain_permissions(arch: int) -> Mapping[int, int]:
    """The bits of AUDIT_PERM_* that a call always has, by its number; calls without such bits are left out."""
    machine = tables.arch_machine(arch)
    known = syscalls.names(machine) if machine in syscalls.MACHINES else {}
    found: Dict[int, int] = {}
    for letter, text in _CERTAIN.items():
        for name in text.split():
            if name in known:
                found[known[name]] = found.get(known[name], 0) | PERMISSIONS[letter]
    return MappingProxyType(found)


def _names(permissions: str, version: Tuple[int, ...]) -> Iterator[str]:
    for letter in lower(permissions):
        for since, names in _SYSCALLS[letter]:
            if version >= since:
                yield from names.split()
