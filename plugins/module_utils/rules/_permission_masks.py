# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The smallest mask of syscalls for a rule with a permission.

The kernel looks at the mask of a rule before anything else, so a call that no permission of the rule means costs next
to nothing. Which calls a permission means depends on the kernel (audit_match_perm()). A mask must not lack a call that
some kernel means, so it has the most of what any known release of the kernel and of audit means (permissions.py), the
calls that a later kernel may come to mean (_MAY_COME), and all numbers that a later kernel may give to a new call.
"""

from functools import lru_cache
from typing import FrozenSet, Iterable, Optional, Set

from . import syscalls, tables
from .model import Rule
from .permissions import format_permissions, matchable_syscalls

__all__ = ("archs_of", "narrowed", "permission_mask")

# Numbers of calls that nobody knows yet: up to this one. All machines number new calls alike, about seven a year.
_LAST_NUMBER = 511
# Calls that exist, act on files, and belong to no class of the kernel today: those that a later kernel is most likely
# to add to the class of a permission.
_MAY_COME = {
    "x": "uselib",
    "w": "open_by_handle_at mq_open mq_unlink swapoff",
    "r": "access faccessat faccessat2 statfs statfs64 fstatfs fstatfs64 stat64 lstat64 fstat64 fstatat64 "
    "open_by_handle_at name_to_handle_at inotify_add_watch",
    "a": "utime utimes futimesat utimensat utimensat_time64",
}


def archs_of(machine: str) -> FrozenSet[int]:
    """The archs of all system calls on a host of that machine; empty if they are not known for certain.

    A kernel of 64 bits may call itself one of 32 bits (setarch), so nothing is certain of a machine without b64.
    """
    native = tables.arch_number("b64", machine)
    if native is None:
        return frozenset()
    compatible = tables.arch_number("b32", machine)
    return frozenset((native,) if compatible is None else (native, compatible))


@lru_cache(maxsize=None)
def permission_mask(permissions: int, archs: FrozenSet[int]) -> Optional[FrozenSet[int]]:
    """The numbers of all calls of these archs that a kernel of any release may match with a permission.

    ``permissions`` are bits of AUDIT_PERM_*. None if the calls of an arch are not known.
    """
    numbers: Set[int] = set()
    for arch in archs:
        machine = tables.arch_machine(arch)
        if machine is None or not matchable_syscalls(permissions, arch):
            return None
        known = syscalls.names(machine)
        names = " ".join(_MAY_COME[letter] for letter in format_permissions(permissions)).split()
        numbers.update(matchable_syscalls(permissions, arch))
        numbers.update(known[name] for name in names if name in known)
        numbers.update(range(max(known.values()) + 1, _LAST_NUMBER + 1))
    return frozenset(numbers) if archs else None


def narrowed(rule: Rule, archs: Iterable[int]) -> Rule:
    """The rule with the smallest mask with which it records the same events; the same rule if it has none smaller.

    ``archs``: those of the host.
    """
    mask = _mask_of(rule, frozenset(archs))
    if mask is None:
        return rule
    return rule._replace(syscalls=mask if rule.syscalls is None else rule.syscalls & mask)


def _mask_of(rule: Rule, archs: FrozenSet[int]) -> Optional[FrozenSet[int]]:
    permissions = [field.number for field in rule.fields if field.name == "perm" and field.operator == "="]
    if rule.list != "exit" or len(permissions) != 1:
        return None
    if any(field.name == "arch" for field in rule.fields):
        return None if rule.arch is None else permission_mask(permissions[0], frozenset((rule.arch,)))
    return permission_mask(permissions[0], archs)
