# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to change kernel and files: read, plan, check, carry out, then verify; on failure, undo.

A planner turns what a host holds into a Transition; ``bring_about()`` does the rest, in the same way for all modules,
with the help of carrying_out.py if there is something to do.
"""

import os
from contextlib import contextmanager
from typing import Any, Callable, Iterable, Iterator, List, Optional, Sequence, Union

from .._host.files import Edit
from .._host.host import Host
from .._kernel.lock import locked
from .._kernel.netlink import Kernel
from .._kernel.settings import read_settings
from ..rules.model import Rule
from ..rules.render import render
from .checks import missing_directory, unsupported
from .options import ChangeError, Options
from .outcome import HostState, Outcome, Transition, outcome_of, step_lines
from .places import places_read_once
from .rules_d import Draft, RulesDirectory

__all__ = (
    "Planner",
    "bring_about",
    "exclusive",
    "files_transition",
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
            with places_read_once():
                _check_rules(doing.rules.added, state.features, host)
        if state.directory:
            doing = doing._replace(edits=_with_compiled(doing.edits, state.directory))
        # What is told is made up beforehand, because a reading that fails must find everything as it was.
        outcome = outcome_of(doing, pending, state, options, host)
        if not options.check and doing.has_changes:
            from .carrying_out import carry_out

            unfinished = carry_out(kernel, doing, lambda: _plan_again(planner, state, kernel).rules.steps)
            if unfinished:
                raise ChangeError(
                    "the kernel accepted every change but does not hold what was asked for; something else changes its "
                    "rules at the same time. It still needs: "
                    + "; ".join([*step_lines(unfinished, host), *doing.settings.lines])
                )
        return outcome


@contextmanager
def exclusive(options: Options) -> Iterator[None]:
    """Make other runs of this collection on the host wait; check mode changes nothing, so it needs no lock."""
    with locked(not options.check):
        yield


def files_transition(draft: Draft) -> Transition:
    """The change that a draft makes to the files."""
    added, removed = ([s.rule for s in statements] for statements in (draft.added, draft.removed))
    return Transition(edits=draft.edits(), files=draft.in_order(), added=added, removed=removed)


def _plan_again(planner: Planner, state: HostState, kernel: Union[Kernel, Any]) -> Transition:
    """What the planner makes of the rules that the kernel holds now; None for a kernel has nothing to plan."""
    return planner(state._replace(held=kernel.rules())) if kernel else Transition()


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
        raise ChangeError(f"audit rule '{render(rule, host.machine, host.release)}': {reason}")


def _with_compiled(edits: Sequence[Edit], directory: RulesDirectory) -> List[Edit]:
    """The edits, and the edit of audit.rules that follows from them."""
    compiled = directory.compiled(edit for edit in edits if os.path.dirname(edit.path) == directory.path)
    if compiled is None:
        return list(edits)
    from .compiled import with_former_text

    return [*edits, *with_former_text(compiled, directory)]
