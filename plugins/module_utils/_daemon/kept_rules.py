# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's rules, kept over a restart of the daemon.

Before audit 4 the unit of auditd, and the scripts of many packages, delete all rules after each start and load those of
the files. They stop at the first line that the kernel refuses, and the start succeeds all the same.
"""

from collections import Counter
from contextlib import contextmanager
from typing import Iterator, List, Sequence

from .._kernel.netlink import Kernel, KernelError, KernelRule, RuleRefused
from ..rules.errors import AuditError
from .errors import DaemonError

__all__ = ("rules_kept",)


@contextmanager
def rules_kept(needed: bool = True) -> Iterator[List[str]]:
    """Put rules back that the kernel has lost in the block, if that is needed.

    A warning of that is added to the list that is yielded. If the block fails, DaemonError has the warning.
    """
    warnings: List[str] = []
    before = _held() if needed else []
    try:
        yield warnings
    except AuditError as error:
        if _put_back(before, warnings):
            raise DaemonError("; ".join([str(error), *warnings])) from error
        raise
    _put_back(before, warnings)


def _held() -> List[KernelRule]:
    """The kernel's rules; none if it does not tell, as in a container."""
    try:
        with Kernel() as kernel:
            return kernel.rules()
    except KernelError:
        return []


def _put_back(before: Sequence[KernelRule], warnings: List[str]) -> bool:
    """Add the rules that are missing, in their order, if there are fewer than before; whether there were."""
    after = _held() if before else []
    if len(after) >= len(before):
        return False
    there = Counter(held.data for held in after)
    refused: List[str] = []
    lost = 0
    with Kernel() as kernel:
        for held in before:
            there[held.data] -= 1
            if there[held.data] < 0:
                lost += 1
                try:
                    kernel.append(held.rule)
                except RuleRefused as error:
                    refused.append(str(error))
    what = (
        f"the start of auditd, which loads the rules files, left {len(after)} of {len(before)} rules in the kernel; "
        f"{lost - len(refused)} were put back. Look in the rules files for a line that this kernel refuses"
    )
    if [held.data for held in _held()] != [held.data for held in before]:
        refused.append("the kernel does not hold them in the order that they had; mend the files and load them again")
    warnings.append("; ".join([what, *refused]))
    return True
