# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's rules, kept over a restart of the daemon.

Before audit 4 the unit of auditd, and the scripts of many packages, delete all rules after each start and load those of
the files. They stop at the first line that the kernel refuses, and the start succeeds all the same.

A rule that is missing then is put back, unless somebody has removed it from the files: audit.rules had it before the
restart, or the file that augenrules keeps of the time before, and does not have it any more.
"""

from collections import Counter
from contextlib import contextmanager
from typing import Iterator, List, NamedTuple, Sequence, Set

from .._host.files import FileError, read_text
from .._host.host import Host
from .._kernel.netlink import Kernel, KernelError, KernelRule
from .._kernel.rule_changes import RuleRefused, appended, change_rules
from ..rules.errors import AuditError, counted
from ..rules.model import Rule, canonical, without_keys
from ..rules.parse import parse_file
from ..rules.render import render
from .errors import DaemonError

__all__ = ("rules_kept",)

# What augenrules compiles from rules.d and loads, and its former text.
_COMPILED = "/etc/audit/audit.rules"
_FORMER = "/etc/audit/audit.rules.prev"
#: A warning names at most so many rules.
_NAMED = 5


class _Held(NamedTuple):
    """Before the restart: the rules of the kernel, and the texts that they were loaded from."""

    rules: List[KernelRule]
    texts: List[str]


@contextmanager
def rules_kept(needed: bool = True) -> Iterator[List[str]]:
    """Put rules back that the kernel has lost in the block, if that is needed.

    Warnings of that are added to the list that is yielded. If the block fails, DaemonError has the warnings.
    """
    warnings: List[str] = []
    before = _Held(_held(), [_text(_FORMER), _text(_COMPILED)]) if needed else _Held([], [])
    try:
        yield warnings
    except AuditError as error:
        _put_back(before, warnings)
        if warnings:
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


def _text(path: str) -> str:
    try:
        return read_text(path) or ""
    except FileError:
        return ""


def _put_back(before: _Held, warnings: List[str]) -> None:
    """Add the rules that are missing, in their order, unless the files no longer have them; say so in warnings."""
    after = _held() if before.rules else []
    missing = _missing(before.rules, after)
    if not missing:
        return
    host = Host()
    now = _rules(_text(_COMPILED), host)
    given_up = set().union(*(_rules(text, host) for text in before.texts)) - now
    gone = [held for held in missing if canonical(held.rule) in given_up]
    lost = [held for held in missing if canonical(held.rule) not in given_up]
    if lost:
        without_file = sum(canonical(held.rule) not in now for held in lost)
        warnings.append(_loaded_again(lost, without_file, before.rules, after, gone))
    if gone:
        named = [f"'{render(held.rule, host.machine, host.release)}'" for held in gone[:_NAMED]]
        more = [f"{len(gone) - _NAMED} more"] if len(gone) > _NAMED else []
        warnings.append(
            f"the restart of auditd dropped {counted(len(gone), 'rule')} from the kernel, which the rules files no "
            f"longer have: {', '.join(named + more)}"
        )


def _missing(before: Sequence[KernelRule], after: Sequence[KernelRule]) -> List[KernelRule]:
    """The rules of before that are missing after; a rule that has got other keys is not."""
    there = Counter(canonical(held.rule) for held in after)
    matches = {without_keys(held.rule) for held in after}
    missing = []
    left = there.copy()
    for held in before:
        same = canonical(held.rule)
        left[same] -= 1
        if left[same] < 0 and (same in there or without_keys(held.rule) not in matches):
            missing.append(held)
    return missing


def _rules(text: str, host: Host) -> Set[Rule]:
    """The rules that auditctl -R would load from a text without errors."""
    rules: Set[Rule] = set()
    for line in parse_file(text, _COMPILED, host):
        if line.statement and line.statement.rule and line.statement.operation == "delete":
            rules.discard(canonical(line.statement.rule))
        elif line.statement and line.statement.rule:
            rules.add(canonical(line.statement.rule))
    return rules


def _loaded_again(
    lost: Sequence[KernelRule],
    without_file: int,
    before: Sequence[KernelRule],
    after: Sequence[KernelRule],
    gone: Sequence[KernelRule],
) -> str:
    """Add lost rules; the warning. ``without_file``: how many of them no file has."""
    refused: List[str] = []
    with Kernel() as kernel:
        for held in lost:
            try:
                change_rules(kernel, [appended(held.rule)])
            except RuleRefused as error:
                refused.append(str(error))
    what = (
        f"the start of auditd, which loads the rules files, left {len(after)} of {counted(len(before), 'rule')} in the "
        "kernel; "
        f"{counted(len(lost) - len(refused), 'rule', 'were')} put back"
    )
    if without_file:
        what += f", of which no file has {without_file}, so a boot will load fewer"
    if without_file < len(lost):
        what += ". Look in the rules files for a line that this kernel refuses"
    dropped = {canonical(held.rule) for held in gone}
    order = [canonical(held.rule) for held in before if canonical(held.rule) not in dropped]
    known = set(order)
    if [same for same in (canonical(held.rule) for held in _held()) if same in known] != order:
        refused.append("the kernel does not hold them in the order that they had; mend the files and load them again")
    return "; ".join([what, *refused])
