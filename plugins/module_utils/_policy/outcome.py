# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host holds, what must change on it, and what was done: the data of transition.py."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from .._host.files import Edit, file_diffs
from .._host.host import Host
from .._kernel.netlink import IMMUTABLE, KernelRule
from .._kernel.settings import SettingsChange, Value, settings_diff
from ..rules.errors import AuditError
from ..rules.model import Rule, canonical
from ..rules.render import render
from .options import ChangeError, Options
from .problem import RulesProblem
from .recording import kernel_problems
from .rules_d import RulesDirectory, RulesFile

if TYPE_CHECKING:
    from ..rules.plan import Step

__all__ = ("HostState", "Outcome", "RulesChange", "Steps", "Transition", "outcome_of", "plan_list", "step_lines")

Steps = Sequence["Tuple[Step, Optional[KernelRule]]"]


class HostState(NamedTuple):
    """What a host holds before a change.

    ``held``, ``settings`` and ``features`` describe the kernel: its rules, list by list in the order in which it
    evaluates them; its settings by name; its AUDIT_FEATURE_BITMAP_*. If the kernel must not change, the first two are
    empty and ``features`` is None. If the files must not change, ``directory`` is None.
    """

    held: Sequence[KernelRule]
    settings: Dict[str, Value]
    features: Optional[int]
    directory: Optional[RulesDirectory]

    @property
    def is_immutable(self) -> bool:
        """Whether the kernel refuses all changes until the next boot."""
        return self.settings.get("enabled") == IMMUTABLE


class RulesChange(NamedTuple):
    """The rules that the kernel holds, the rules that it must hold, and the steps from the first to the second.

    A step that deletes comes with the held rule that it deletes.
    """

    held: Sequence[KernelRule] = ()
    wanted: Sequence[Rule] = ()
    steps: Steps = ()

    @property
    def added(self) -> List[Rule]:
        """The rules to add to the kernel."""
        return [step.rule for step, _held in self.steps if step.operation != "delete"]

    @property
    def deleted(self) -> List[Rule]:
        """The rules to delete from the kernel."""
        return [step.rule for step, _held in self.steps if step.operation == "delete"]


class Transition(NamedTuple):
    """Everything that must change on a host.

    ``edits``: of all files except audit.rules. ``files``: what rules.d holds afterwards. ``added`` and ``removed``: the
    rules that the edits add to and remove from the files.
    """

    rules: RulesChange = RulesChange()
    settings: SettingsChange = SettingsChange()
    edits: Sequence[Edit] = ()
    files: Sequence[RulesFile] = ()
    added: Sequence[Rule] = ()
    removed: Sequence[Rule] = ()

    @property
    def has_changes(self) -> bool:
        """Whether anything changes now."""
        return bool(self.rules.steps or self.edits or self.settings.now)


class Outcome(NamedTuple):
    """What was done (in check mode: what would be done), as lines of auditctl.

    ``pending``: what the kernel lacks until the next boot. ``settings``: the kernel's. ``files`` (of rules.d,
    afterwards) and ``features`` (of the kernel): for callers that look for problems. ``silent``: why the kernel records
    nothing, or not all that its rules say. ``edited``: the paths of files that have changed.
    """

    changed: bool
    added: List[str]
    removed: List[str]
    pending: List[str]
    diff: List[Dict[str, str]]
    settings: SettingsChange = SettingsChange()
    files: Sequence[RulesFile] = ()
    features: Optional[int] = None
    silent: Sequence[RulesProblem] = ()
    edited: Sequence[str] = ()

    @contextmanager
    def kept_in_mind(self, options: Options) -> Iterator[None]:
        """Let an error of what comes after the change say that the change was made. Raises ChangeError."""
        try:
            yield
        except (AuditError, OSError) as error:
            if options.check or not self.changed:
                raise
            made = [*self.edited, *(["the kernel's rules"] if options.live and (self.added or self.removed) else [])]
            made += [f"the kernel's {setting.name}" for setting in self.settings.now]
            raise ChangeError(
                f"{error}; before that, all that was asked for was made, and is in place: {', '.join(made)}"
            ) from error

    @property
    def reboot_required(self) -> bool:
        """Whether the kernel needs a boot before it holds what was asked for."""
        return bool(self.pending)

    @property
    def waiting(self) -> List[str]:
        """A warning of what waits for the next boot, if anything does."""
        if not self.pending:
            return []
        return ["the changes in pending take effect only after a reboot, because the kernel is locked"]


def outcome_of(transition: Transition, pending: List[str], state: HostState, options: Options, host: Host) -> Outcome:
    """What the transition has done to the host, whose state was that; in check mode: what it would do."""
    rules, settings = transition.rules, transition.settings
    # A rule that only moves is neither added nor removed.
    moved = set(map(canonical, rules.added)) & set(map(canonical, rules.deleted))
    return Outcome(
        changed=transition.has_changes,
        added=_texts([*rules.added, *transition.added], moved, host),
        removed=_texts([*rules.deleted, *transition.removed], moved, host),
        pending=pending,
        diff=_diff(transition, host) if options.with_diff else [],
        settings=settings,
        files=transition.files,
        features=state.features,
        silent=_silent(transition, state, host),
        edited=[edit.path for edit in transition.edits],
    )


def _silent(transition: Transition, state: HostState, host: Host) -> List[RulesProblem]:
    """Why the kernel does not record, after the change."""
    steps = transition.rules.steps
    rules = transition.rules.wanted if steps else [entry.rule for entry in state.held]
    now = {setting.name: transition.settings.after[setting.name] for setting in transition.settings.now}
    return kernel_problems(rules, {**state.settings, **now}, host)


def _diff(transition: Transition, host: Host) -> List[Dict[str, str]]:
    diff = file_diffs(transition.edits)
    if transition.rules.steps:
        diff.append(_rules_diff(transition.rules, host))
    if transition.settings.now:
        diff.append(settings_diff(transition.settings))
    return diff


def _rules_diff(change: RulesChange, host: Host) -> Dict[str, str]:
    def text(rules: Iterable[Rule]) -> str:
        return "".join(render(rule, host.machine, host.release) + "\n" for rule in rules)

    return {
        "before_header": "kernel",
        "after_header": "kernel",
        "before": text(entry.rule for entry in change.held),
        "after": text(change.wanted),
    }


def _texts(rules: Iterable[Rule], without: Set[Rule], host: Host) -> List[str]:
    found = {canonical(rule): None for rule in rules}
    return [render(rule, host.machine, host.release) for rule in found if rule not in without]


def plan_list(held: Sequence[KernelRule], wanted: Sequence[Tuple[Rule, Optional[int]]]) -> Steps:
    """The steps to the wanted rules of one list; each wanted rule comes with its index among the held ones, or None."""
    if [index for _rule, index in wanted] == list(range(len(held))):
        return []
    from ..rules.plan import plan

    steps = plan([entry.rule for entry in held], wanted)
    return [(step, None if step.held is None else held[step.held]) for step in steps]


def step_lines(steps: Steps, host: Host) -> List[str]:
    """Steps as auditctl arguments."""
    options = {"append": "-a", "prepend": "-A", "delete": "-d"}
    return [options[step.operation] + render(step.rule, host.machine, host.release)[2:] for step, _held in steps]
