# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out a transition; if a part of it fails, undo what was done.

The order of the steps is the one that can lose the least:

1. Add rules, so that an event that both the old and the new set record is recorded throughout.
2. Write the files to drafts, so that a full disk is found while everything can still be undone.
3. Delete rules.
4. Move the drafts over the files. The kernel comes first: if the run is killed, the old file tells the next run which
   rules must go.
5. Ask the kernel which rules it holds, and change settings last: nothing can be undone after ``enabled 2``.
"""

import errno
from collections import Counter
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Set, Tuple, Union

# What says what was done, or why it failed, is read before anything is done: after a failure, reading may fail, too.
from .._host.files import FileError
from .._host.replacing import staged
from .._kernel.netlink import Kernel, KernelError, KernelRule
from .._kernel.rule_changes import appended, change_rules, deleted, prepended
from .._kernel.settings import change_settings, restore_settings
from ..rules import silence  # noqa: F401  # pylint: disable=unused-import
from ..rules.fields import LISTS
from ..rules.model import Rule, canonical
from .options import ChangeError
from .outcome import Steps, Transition, plan_list

__all__ = ("carry_out",)


def carry_out(kernel: Union[Kernel, Any], transition: Transition, plan_again: Callable[[], Steps] = tuple) -> Steps:
    """Make the change; if a part of it fails, undo everything done so far. Raises ChangeError or FileError.

    ``kernel`` may be None for a change of files alone. ``plan_again``: the steps that the kernel still needs after the
    change. If there are any, settings do not change, because ``enabled 2`` would lock a kernel that lacks rules; the
    steps are returned.
    """
    steps = transition.rules.steps
    unfinished: Steps = ()
    try:
        _add(kernel, steps)
        with staged(transition.edits) as put_in_place:
            _delete(kernel, steps)
            put_in_place()
            # Without steps, the plan itself was the comparison.
            unfinished = plan_again() if steps else ()
            if transition.settings.now and not unfinished:
                change_settings(kernel, transition.settings)
    except FileError as error:
        # The error tells what has become of the files.
        undone = ["the kernel is as it was before"] if steps or transition.settings.now else []
        raise FileError("; ".join([str(error), *(_undo(kernel, transition) or undone)])) from error
    except KernelError as error:
        left = _undo(kernel, transition) or ["everything is as it was before"]
        raise ChangeError("; ".join([str(error), *left])) from error
    return unfinished


def _add(kernel: Kernel, steps: Steps) -> None:
    added = [step for step, held in steps if held is None]
    change_rules(kernel, [(appended if step.operation == "append" else prepended)(step.rule) for step in added])


def _delete(kernel: Kernel, steps: Steps) -> None:
    gone = [held for _step, held in steps if held is not None]
    # The kernel itself drops the rules of a directory when the directory is removed.
    change_rules(kernel, list(map(deleted, gone)), ignored=(errno.ENOENT,))


def _undo(kernel: Union[Kernel, Any], transition: Transition) -> List[str]:
    """Bring the kernel back to what it held before; return, in words, what is not as it was.

    The kernel may have done what it did not confirm. So ask what it holds, and do not trust its answers.
    """
    left: List[str] = []
    # Settings were changed last, so they are restored first: a kernel that is immutable again refuses the rest.
    for restore, is_changed in (
        (_restore_settings, transition.settings.now),
        (_restore_rules, transition.rules.steps),
    ):
        try:
            left += restore(kernel, transition) if is_changed else []
        except KernelError as problem:
            left.append(f"the kernel could not be put back to what it was before: {problem}")
    return left


def _restore_settings(kernel: Kernel, transition: Transition) -> List[str]:
    """Restore the kernel's settings; return, in words, which of them only a boot restores. Raises KernelError."""
    locked_settings = restore_settings(kernel, transition.settings)
    return [
        f"{setting.name} stays {str(setting.word(value)).lower()} until the next boot"
        for setting, value in locked_settings
    ]


def _restore_rules(kernel: Kernel, transition: Transition) -> List[str]:
    """Restore the rules that the steps concern; return, in words, whether they differ from before. Raises KernelError.

    What something else has added or deleted meanwhile stays as that has left it.
    """
    touched = {canonical(step.rule) for step, _held in transition.rules.steps}
    reason = ""
    try:
        _change_back(kernel, transition.rules.held, touched)
    except KernelError as problem:
        reason = f": {problem}"
    # A rule that was moved back is another copy of the same rule.
    if _counted(kernel.rules(), touched) == _counted(transition.rules.held, touched):
        return []
    return [f"the kernel's rules could not be put back to what they were before{reason}"]


def _counted(rules: Iterable[KernelRule], touched: Set[Rule]) -> Dict[Rule, int]:
    return Counter(rule for rule in (canonical(entry.rule) for entry in rules) if rule in touched)


def _change_back(kernel: Kernel, before: Sequence[KernelRule], touched: Set[Rule]) -> None:
    """Bring the kernel's rules back to the rules before, in the same order. Raises KernelError."""
    now, known = kernel.rules(), touched.union(canonical(entry.rule) for entry in before)
    present = [entry for entry in now if canonical(entry.rule) in known]
    known = touched.union(canonical(entry.rule) for entry in present)
    wanted = [entry for entry in before if canonical(entry.rule) in known]
    for filter_list in LISTS:
        there = [entry for entry in present if entry.rule.list == filter_list]
        steps = _steps_back(there, [entry for entry in wanted if entry.rule.list == filter_list])
        _add(kernel, steps)
        _delete(kernel, steps)


def _steps_back(present: Sequence[KernelRule], before: Sequence[KernelRule]) -> Steps:
    """The steps from what one list holds now to exactly what it held before."""
    data = [entry.data for entry in present]
    wanted: List[Tuple[Rule, Optional[int]]] = []
    start = 0
    for entry in before:
        index = data.index(entry.data, start) if entry.data in data[start:] else None
        wanted.append((entry.rule, index))
        start = start if index is None else index + 1
    return plan_list(present, wanted)
