# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that the kernel holds only while a module runs, and that are removed however it ends.

Their keys name the process that added them. So the rules of a process that was killed are recognised by the next run.
"""

import os
import re
import signal
from contextlib import contextmanager
from typing import Any, Callable, Iterator, List, Sequence

from .._host.processes import start_time
from .._kernel.netlink import Kernel, KernelError
from .._policy.carrying_out import carry_out
from .._policy.options import ChangeError
from .._policy.outcome import RulesChange, Transition
from ..rules.errors import AuditError
from ..rules.model import Rule
from ..rules.plan import Step

__all__ = ("ENDING_SIGNALS", "has_ended", "own_key", "remove_rules", "rules_in_place")

ENDING_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def own_key(prefix: str) -> str:
    """The key of the rules that this process adds."""
    return f"{prefix}.{os.getpid()}.{start_time(os.getpid())}"


def has_ended(prefix: str, keys: Sequence[str], suffix: str = "") -> bool:
    """Whether a rule with these keys belongs to a process that has ended; ``suffix`` is what follows in the key."""
    found = [re.fullmatch(re.escape(prefix) + r"\.(\d+)\.(\d+)" + suffix, key) for key in keys]
    return any(match is not None and start_time(int(match.group(1))) != match.group(2) for match in found)


def remove_rules(kernel: Kernel, is_ours: Callable[[Sequence[str]], bool]) -> List[str]:
    """Delete the rules whose keys are ours; return these keys."""
    held = kernel.rules()
    ours = [entry for entry in held if is_ours(entry.rule.keys)]
    carry_out(kernel, Transition(RulesChange(held, (), [(Step("delete", entry.rule), entry) for entry in ours])))
    return [key for entry in ours for key in entry.rule.keys]


@contextmanager
def rules_in_place(
    kernel: Kernel,
    rules: Sequence[Rule],
    operation: str,
    is_ours: Callable[[Sequence[str]], bool],
    connect: Callable[[], Kernel],
    failed: Callable[[Exception], AuditError],
) -> Iterator[None]:
    """Prepend or append rules during the block; also remove them if a signal ends the process.

    If they cannot be removed, not even over a new connection, the error that ``failed`` makes is raised.
    """
    before = {number: signal.signal(number, _end) for number in ENDING_SIGNALS}
    try:
        steps = [(Step(operation, rule), None) for rule in rules]
        carry_out(kernel, Transition(RulesChange(kernel.rules(), (), steps)))
        yield
    finally:
        for number in ENDING_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        try:
            _remove_own(kernel, is_ours, connect, failed)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _end(number: int, _frame: Any) -> None:
    raise SystemExit(128 + number)


def _remove_own(
    kernel: Kernel,
    is_ours: Callable[[Sequence[str]], bool],
    connect: Callable[[], Kernel],
    failed: Callable[[Exception], AuditError],
) -> None:
    """Delete our rules; after an error, ask again over a new connection."""
    try:
        remove_rules(kernel, is_ours)
    except (KernelError, ChangeError):
        try:
            with connect() as other:
                remove_rules(other, is_ours)
        except (KernelError, ChangeError) as error:
            raise failed(error) from error
