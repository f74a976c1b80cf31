# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to change kernel and files: read, plan, check, carry out, then verify; on failure, undo.

A planner turns what a host holds into a Transition; ``bring_about()`` does the rest, in the same way for all modules.
The order of the steps is the one that can lose the least:

1. Add rules, so that an event that both the old and the new set record is recorded throughout.
2. Write the files to drafts, so that a full disk is found while everything can still be undone.
3. Delete rules.
4. Move the drafts over the files. The kernel comes first: if the run is killed, the old file tells the next run which
   rules must go.
5. Ask the kernel which rules it holds, and change settings last: nothing can be undone after ``enabled 2``.
"""

import errno
import os
from collections import Counter
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Set, Tuple, Union

from .._host.files import Edit, FileError, staged
from .._host.host import Host
from .._kernel.lock import locked
from .._kernel.netlink import Kernel, KernelError, KernelRule, RuleRefused
from .._kernel.settings import change_settings, read_settings, restore_settings
from ..rules.fields import LISTS
from ..rules.model import Rule, canonical
from ..rules.plan import Step, plan
from ..rules.render import render
from .checks import missing_directory, unsupported
from .compiled import with_former_text
from .options import ChangeError, Options
from .outcome import HostState, Outcome, Steps, Transition, outcome_of, step_lines
from .rules_d import Draft, RulesDirectory

__all__ = (
    "Planner",
    "bring_about",
    "carry_out",
    "exclusive",
    "files_transition",
    "plan_list",
)

Planner = Callable[[HostState], Transition]


def bring_about(planner: Planner, options: Options, host: Host) -> Outcome:
    """Bring kernel and files to what the planner wants. Raises AuditError, which says what is not as it was before."""
    with exclusive(options), _connection(options) as kernel:
        state = _read_state(kernel, options, host)
        transition = planner(state)
        pending = _pending(transition, state, host)
        if pending:
            _refuse_to_wait(pending, state, options)
        if state.is_immutable:
            doing = transition._replace(rules=transition.rules._replace(steps=()))
        else:
            doing = transition
            _check_rules(doing.rules.added, state.features, host)
        if state.directory:
            doing = doing._replace(edits=_with_compiled(doing.edits, state.directory))
        if not options.check:
            unfinished = carry_out(kernel, doing, lambda: _plan_again(planner, state, kernel).rules.steps)
            if unfinished:
                raise ChangeError(
                    "the kernel accepted every change but does not hold what was asked for; something else changes its "
                    "rules at the same time. It still needs: "
                    + "; ".join([*step_lines(unfinished, host), *doing.settings.lines])
                )
        return outcome_of(doing, pending, state, options, host)


@contextmanager
def exclusive(options: Options) -> Iterator[None]:
    """Make other runs of this collection on the host wait; check mode changes nothing, so it needs no lock."""
    with locked(not options.check):
        yield


def files_transition(draft: Draft) -> Transition:
    """The change that a draft makes to the files."""
    added, removed = ([s.rule for s in statements] for statements in (draft.added, draft.removed))
    return Transition(edits=draft.edits(), files=draft.in_order(), added=added, removed=removed)


def plan_list(held: Sequence[KernelRule], wanted: Sequence[Tuple[Rule, Optional[int]]]) -> Steps:
    """The steps to the wanted rules of one list; each wanted rule comes with its index among the held ones, or None."""
    steps = plan([entry.rule for entry in held], wanted)
    return [(step, None if step.held is None else held[step.held]) for step in steps]


def _plan_again(planner: Planner, state: HostState, kernel: Union[Kernel, Any]) -> Transition:
    """What the planner makes of the rules that the kernel holds now; None for a kernel has nothing to plan."""
    return planner(state._replace(held=kernel.rules())) if kernel else Transition()


def carry_out(kernel: Union[Kernel, Any], transition: Transition, plan_again: Callable[[], Steps] = tuple) -> Steps:
    """Make the change; if a part of it fails, undo everything done so far. Raises ChangeError or FileError.

    ``kernel`` may be None for a change of files alone. ``plan_again``: the steps that the kernel still needs after the
    change. If there are any, settings do not change, because ``enabled 2`` would lock a kernel that lacks rules; the
    steps are returned.
    """
    steps = transition.rules.steps
    unfinished: Steps = ()
    try:
        for step, _held in steps:
            if step.operation != "delete":
                _add(kernel, step)
        with staged(transition.edits) as put_in_place:
            for _step, held in steps:
                if held is not None:
                    _delete(kernel, held)
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


@contextmanager
def _connection(options: Options) -> Iterator[Optional[Kernel]]:
    if not options.live:
        yield None
        return
    with Kernel() as kernel:
        yield kernel


def _read_state(kernel: Optional[Kernel], options: Options, host: Host) -> HostState:
    """Ask the kernel first: to a user who may not, it says what is missing better than a directory does."""
    held, settings, features = (
        (kernel.rules(), read_settings(kernel), kernel.status().features) if kernel else ((), {}, None)
    )
    directory = RulesDirectory(options.rules_dir, host) if options.persistent else None
    return HostState(held, settings, features, directory)


def _pending(transition: Transition, state: HostState, host: Host) -> List[str]:
    """What the kernel takes only after a boot, as auditctl arguments."""
    rules = step_lines(transition.rules.steps, host) if state.is_immutable else []
    return rules + [transition.settings.after_line(setting) for setting in transition.settings.later]


def _refuse_to_wait(pending: Sequence[str], state: HostState, options: Options) -> None:
    """Raise ChangeError if the caller does not want to wait for a boot, or if the change would not survive it."""
    locked_by = " (it is immutable, enabled 2)" if state.is_immutable else ""
    asked = f"the kernel takes this only after a boot{locked_by}: " + "; ".join(pending)
    if not options.stage_when_immutable:
        raise ChangeError(f"{asked}. Set immutable: stage to write the change to the files for that boot")
    if not options.persistent:
        raise ChangeError(f"{asked}. Set persistent: true, because a boot loads only what the files hold")


def _check_rules(rules: Iterable[Rule], features: Optional[int], host: Host) -> None:
    """Find what the kernel would refuse before anything is changed. Raises ChangeError."""
    for rule in rules:
        missing, unknown = missing_directory(rule), unsupported(rule, features or 0)
        if missing:
            reason = (
                f"the directory {missing} does not exist, and the kernel refuses the rule without it; create the "
                "directory first, or leave the rule out (audit_ruleset does this with on_missing: skip)"
            )
        elif unknown:
            reason = f"this kernel does not know {unknown}"
        else:
            continue
        raise ChangeError(f"audit rule '{render(rule, host.machine, host.version)}': {reason}")


def _with_compiled(edits: Sequence[Edit], directory: RulesDirectory) -> List[Edit]:
    """The edits, and the edit of audit.rules that follows from them."""
    compiled = directory.compiled(edit for edit in edits if os.path.dirname(edit.path) == directory.path)
    return [*edits, *(with_former_text(compiled, directory) if compiled else [])]


def _add(kernel: Kernel, step: Step) -> None:
    (kernel.append if step.operation == "append" else kernel.prepend)(step.rule)


def _delete(kernel: Kernel, held: KernelRule) -> None:
    try:
        kernel.delete(held)
    except RuleRefused as error:
        # The kernel itself drops the rules of a directory when the directory is removed.
        if error.code != errno.ENOENT:
            raise


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
        for step, held in _steps_back(there, [entry for entry in wanted if entry.rule.list == filter_list]):
            if held is None:
                _add(kernel, step)
            else:
                _delete(kernel, held)


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
