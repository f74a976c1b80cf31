# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way in which kernel and files are changed: read, plan, check, carry out, prove, or put everything back.

A planner makes a Transition of what a host holds; ``bring_about()`` does the rest, the same for all modules. The order
is that in which least can be lost:

1. Rules are added: an event that the old and the new set both record is recorded throughout.
2. Files are written to drafts, so that a full disk is found while everything can still be undone.
3. Rules are deleted.
4. The drafts take the place of the files: after the kernel, because the old file tells a run that follows a killed one
   which rules must go.
5. Settings change last: after ``enabled 2`` nothing can be undone.
"""

import errno
import os
from collections import Counter
from contextlib import contextmanager
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from .._host.files import Edit, FileError, file_diffs, staged
from .._host.host import Host
from .._kernel.lock import locked
from .._kernel.netlink import IMMUTABLE, Kernel, KernelError, KernelRule, RuleRefused
from .._kernel.settings import SettingsChange, Value, change_settings, read_settings, restore_settings, settings_diff
from ..rules.fields import LISTS
from ..rules.model import Rule, canonical
from ..rules.plan import Step, plan
from ..rules.render import render
from .checks import missing_directory, unsupported
from .options import ChangeError, Options
from .rules_d import DEFAULT_DIRECTORY, Draft, RulesDirectory, RulesFile

__all__ = (
    "HostState",
    "Outcome",
    "Planner",
    "RulesChange",
    "Transition",
    "bring_about",
    "carry_out",
    "exclusive",
    "files_transition",
    "plan_list",
)

Steps = Sequence[Tuple[Step, Optional[KernelRule]]]


class HostState(NamedTuple):
    """What a host holds before a change.

    ``held``, ``settings`` and ``features`` are the kernel's: rules list by list in the order in which it looks at them,
    values by name, AUDIT_FEATURE_BITMAP_*. They are empty, and None, where the kernel is not to be changed, as
    ``directory`` is None where the files are not to be changed.
    """

    held: Sequence[KernelRule]
    settings: Dict[str, Value]
    features: Optional[int]
    directory: Optional[RulesDirectory]

    @property
    def is_immutable(self) -> bool:
        """Whether the kernel takes no change until the next boot."""
        return self.settings.get("enabled") == IMMUTABLE


class RulesChange(NamedTuple):
    """The kernel's rules: those that it holds, those that it is to hold, and the steps from one to the other.

    A step that deletes has the held rule that it deletes.
    """

    held: Sequence[KernelRule] = ()
    wanted: Sequence[Rule] = ()
    steps: Steps = ()

    @property
    def added(self) -> List[Rule]:
        """The rules that the kernel must take."""
        return [step.rule for step, _held in self.steps if step.operation != "delete"]

    @property
    def deleted(self) -> List[Rule]:
        """The rules that the kernel must drop."""
        return [step.rule for step, _held in self.steps if step.operation == "delete"]


class Transition(NamedTuple):
    """What is to change on a host, in full.

    ``edits`` are those of files but for audit.rules, ``files`` what is in rules.d afterwards, ``added`` and ``removed``
    the rules by which the files change.
    """

    rules: RulesChange = RulesChange()
    settings: SettingsChange = SettingsChange()
    edits: Sequence[Edit] = ()
    files: Sequence[RulesFile] = ()
    added: Sequence[Rule] = ()
    removed: Sequence[Rule] = ()


Planner = Callable[[HostState], Transition]


class Outcome(NamedTuple):
    """What was done (in check mode: would be done), in lines of auditctl.

    ``pending``: what the kernel lacks until the next boot. ``settings``: those of the kernel. ``files``
    (of rules.d, afterwards) and ``features`` (of the kernel) are for whoever wants to look for problems.
    """

    changed: bool
    added: List[str]
    removed: List[str]
    pending: List[str]
    diff: List[Dict[str, str]]
    settings: SettingsChange = SettingsChange()
    files: Sequence[RulesFile] = ()
    features: Optional[int] = None

    @property
    def reboot_required(self) -> bool:
        """Whether the kernel will hold what was asked for only after a boot."""
        return bool(self.pending)


def bring_about(planner: Planner, options: Options, host: Host) -> Outcome:
    """Bring kernel and files to what the planner makes of them. Raises AuditError; then everything is as it was."""
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
            carry_out(kernel, doing)
            # Where the kernel had nothing to do, the comparison is the proof.
            if doing.rules.steps:
                _prove(planner, state._replace(held=kernel.rules()), host)
        return _outcome(doing, pending, state, options, host)


@contextmanager
def exclusive(options: Options) -> Iterator[None]:
    """Keep other runs of this collection on the host waiting; a check changes nothing, and so needs no lock."""
    if options.check:
        yield
        return
    # Whatever rules_dir is, there is one kernel. Users other than root could lock /, but not the first of these.
    with locked((DEFAULT_DIRECTORY, options.rules_dir)):
        yield


def files_transition(draft: Draft) -> Transition:
    """The change of files that a draft makes."""
    added, removed = ([s.rule for s in statements] for statements in (draft.added, draft.removed))
    return Transition(edits=draft.edits(), files=draft.in_order(), added=added, removed=removed)


def plan_list(held: Sequence[KernelRule], wanted: Sequence[Tuple[Rule, Optional[int]]]) -> Steps:
    """The steps to the wanted rules of one list; each of them comes with its place among the held ones, or None."""
    steps = plan([entry.rule for entry in held], wanted)
    return [(step, None if step.held is None else held[step.held]) for step in steps]


def carry_out(kernel: Optional[Kernel], transition: Transition) -> None:
    """Make the change; when a part of it fails, undo everything done so far. Raises ChangeError or FileError."""
    steps = transition.rules.steps
    try:
        for step, _held in steps:
            if step.operation != "delete":
                _add(kernel, step)
        with staged(transition.edits) as put_in_place:
            for step, held in steps:
                if step.operation == "delete":
                    _delete(kernel, held)
            put_in_place()
            if transition.settings.now:
                change_settings(kernel, transition.settings)
    except (KernelError, FileError) as error:
        left = _undo(kernel, transition) if kernel else []
        if left:
            raise ChangeError("; ".join([str(error), *left])) from error
        if isinstance(error, FileError):
            raise
        raise ChangeError(f"{error}; everything is as it was before") from error


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
    """What the kernel takes only after a boot, as arguments of auditctl."""
    rules = _step_lines(transition.rules.steps, host) if state.is_immutable else []
    return rules + [transition.settings.after_line(setting) for setting in transition.settings.later]


def _refuse_to_wait(pending: Sequence[str], state: HostState, options: Options) -> None:
    """Raise ChangeError if what waits for a boot must not wait, or would not be there after it."""
    locked_by = " (it is immutable, enabled 2)" if state.is_immutable else ""
    asked = f"the kernel takes this only after a boot{locked_by}: " + "; ".join(pending)
    if not options.stage_when_immutable:
        raise ChangeError(f"{asked}. With immutable: stage it is written to the files for that boot")
    if not options.persistent:
        raise ChangeError(f"{asked}. Nothing would be left of it then without persistent: true")


def _check_rules(rules: Iterable[Rule], features: Optional[int], host: Host) -> None:
    """Find what the kernel would refuse before anything is changed. Raises ChangeError."""
    for rule in rules:
        missing = missing_directory(rule)
        if missing:
            raise ChangeError(
                f"audit rule '{render(rule, host.machine)}': the directory {missing} does not exist, and the "
                "kernel takes no such rule without it; create it first, or set live: false to have the rule in the "
                "files alone"
            )
        unknown = unsupported(rule, features or 0)
        if unknown:
            raise ChangeError(f"audit rule '{render(rule, host.machine)}': this kernel does not know {unknown}")


def _with_compiled(edits: Sequence[Edit], directory: RulesDirectory) -> List[Edit]:
    """The edits, and the one of audit.rules that follows from them."""
    compiled = directory.compiled(edit for edit in edits if os.path.dirname(edit.path) == directory.path)
    return [*edits, *([compiled] if compiled else [])]


def _add(kernel: Kernel, step: Step) -> None:
    (kernel.append if step.operation == "append" else kernel.prepend)(step.rule)


def _delete(kernel: Kernel, held: KernelRule) -> None:
    try:
        kernel.delete(held)
    except RuleRefused as error:
        # The kernel itself drops the rules of a directory that is removed.
        if error.code != errno.ENOENT:
            raise


def _undo(kernel: Kernel, transition: Transition) -> List[str]:
    """Bring the kernel back to what it held before; return what could not be put back, in words.

    The kernel may have done what it did not confirm, so it is asked what it holds instead of trusting the answers.
    """
    left = []
    before, settings = transition.rules.held, transition.settings
    try:
        if transition.rules.steps:
            _restore_rules(kernel, before)
            # A rule that was moved back is another copy of the same rule.
            if _counted(kernel.rules()) != _counted(before):
                left.append("the kernel's rules are not what they were before")
        if settings.now:
            stay = restore_settings(kernel, settings)
            left += [f"{setting.name} stays {setting.word(value)} until the next boot" for setting, value in stay]
    except KernelError as problem:
        left.append(f"and the kernel could not be put back to what it was before: {problem}")
    return left


def _counted(rules: Iterable[KernelRule]) -> Dict[Rule, int]:
    return Counter(canonical(entry.rule) for entry in rules)


def _restore_rules(kernel: Kernel, before: Sequence[KernelRule]) -> None:
    """Bring the kernel's rules back to what they were, in the same order. Raises KernelError."""
    now = kernel.rules()
    for filter_list in LISTS:
        present = [entry for entry in now if entry.rule.list == filter_list]
        for step, held in _steps_back(present, [entry for entry in before if entry.rule.list == filter_list]):
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
        place = data.index(entry.data, start) if entry.data in data[start:] else None
        wanted.append((entry.rule, place))
        start = start if place is None else place + 1
    return plan_list(present, wanted)


def _prove(planner: Planner, state: HostState, host: Host) -> None:
    """Plan again from what the kernel holds now: nothing must be left to do. Raises ChangeError."""
    steps = planner(state).rules.steps
    if steps:
        raise ChangeError(
            "the kernel took every change and does not hold what was asked for; something else changes its rules at "
            "the same time. It still needs: " + "; ".join(_step_lines(steps, host))
        )


def _outcome(transition: Transition, pending: List[str], state: HostState, options: Options, host: Host) -> Outcome:
    rules, settings, edits = transition.rules, transition.settings, transition.edits
    # A rule that only moves is neither added nor removed.
    moved = set(map(canonical, rules.added)) & set(map(canonical, rules.deleted))
    return Outcome(
        changed=bool(rules.steps or edits or settings.now),
        added=_texts([*rules.added, *transition.added], moved, host),
        removed=_texts([*rules.deleted, *transition.removed], moved, host),
        pending=pending,
        diff=_diff(transition, host) if options.with_diff else [],
        settings=settings,
        files=transition.files,
        features=state.features,
    )


def _diff(transition: Transition, host: Host) -> List[Dict[str, str]]:
    diff = file_diffs(transition.edits)
    if transition.rules.steps:
        diff.append(_rules_diff(transition.rules, host))
    if transition.settings.now:
        diff.append(settings_diff(transition.settings))
    return diff


def _rules_diff(change: RulesChange, host: Host) -> Dict[str, str]:
    def text(rules: Iterable[Rule]) -> str:
        return "".join(render(rule, host.machine) + "\n" for rule in rules)

    return {
        "before_header": "kernel",
        "after_header": "kernel",
        "before": text(entry.rule for entry in change.held),
        "after": text(change.wanted),
    }


def _texts(rules: Iterable[Rule], without: Set[Rule], host: Host) -> List[str]:
    found = {canonical(rule): None for rule in rules}
    return [render(rule, host.machine) for rule in found if rule not in without]


def _step_lines(steps: Steps, host: Host) -> List[str]:
    """Steps as arguments of auditctl."""
    options = {"append": "-a", "prepend": "-A", "delete": "-d"}
    return [options[step.operation] + render(step.rule, host.machine)[2:] for step, _held in steps]
