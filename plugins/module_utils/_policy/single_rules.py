# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From wanted rules to a kernel and files that hold them: compare, plan, check, apply, prove, or put all back."""

import errno
import fcntl
import os
import time
from contextlib import contextmanager
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from .._host.files import Edit, FileError, file_diffs, written
from .._host.host import Host
from .._kernel.netlink import Kernel, KernelError, KernelRule, RuleRefused
from ..rules.errors import AuditError
from ..rules.fields import LISTS
from ..rules.model import Rule, canonical, without_keys
from ..rules.parse import RulesLine, Statement
from ..rules.plan import Step, plan
from ..rules.render import render
from .checks import examine, missing_directory, not_for_files, unsupported
from .rules_d import DEFAULT_DIRECTORY, RulesDirectory, RulesFile, add_lines, version_key

__all__ = ("ApplyError", "Change", "Options", "Outcome", "apply", "both_types", "locked")

_IMMUTABLE = 2
_LOCK_SECONDS = 120.0


class ApplyError(AuditError):
    """What was asked for cannot be done; nothing was changed, or all of it was put back."""


class Change(NamedTuple):
    """What is asked for.

    ``present`` rules are to be held, under their keys; where none of them is held and all of ``instead`` are matched
    by held rules, those are what is wanted (another way to write the same). ``absent`` rules are to go; one without a
    key goes whatever its key. ``absent_keys``: rules with one of these keys are to go.
    """

    present: Tuple[Statement, ...] = ()
    instead: Tuple[Statement, ...] = ()
    absent: Tuple[Statement, ...] = ()
    absent_keys: Tuple[str, ...] = ()


class Options(NamedTuple):
    """Where and how: the parameters that all rule modules share."""

    live: bool = True
    persistent: bool = True
    file: str = "50-linux-audit.rules"
    rules_dir: str = DEFAULT_DIRECTORY
    prepend: bool = False
    stage_when_immutable: bool = True
    check: bool = False
    with_diff: bool = False


class Outcome(NamedTuple):
    """What was done (in check mode: would be done), in lines of auditctl.

    ``pending``: what an immutable kernel lacks until the next boot. ``problems``: what would keep auditctl from loading
    all of the files then.
    """

    changed: bool
    added: List[str]
    removed: List[str]
    pending: List[str]
    diff: List[Dict[str, str]]
    problems: Tuple[str, ...] = ()

    def joined_with(self, other: "Outcome") -> "Outcome":
        """The outcome of this and then of another change."""
        return Outcome(
            self.changed or other.changed,
            self.added + other.added,
            self.removed + other.removed,
            self.pending + other.pending,
            self.diff + other.diff,
            tuple(dict.fromkeys(self.problems + other.problems)),
        )

    @property
    def reboot_required(self) -> bool:
        """Whether the kernel will hold what was asked for only after a boot."""
        return bool(self.pending)


class _Arrangement(NamedTuple):
    """How a sequence of rules is to change: by place what takes its place, the places that go, what is new."""

    replaced: Dict[int, Statement]
    removed: Set[int]
    added: List[Statement]


class Live(NamedTuple):
    """The kernel's side: what it holds, list by list, and the steps to what it is to hold."""

    held: List[KernelRule]
    wanted: List[Rule]
    steps: List[Tuple[Step, Optional[KernelRule]]]


def apply(change: Change, options: Options, host: Host) -> Outcome:
    """Bring the kernel and the files to what the change asks for.

    Raises ApplyError, KernelError or FileError; then nothing is changed.
    """
    with locked(options):
        kernel = Kernel() if options.live else None
        try:
            return _apply(change, options, host, kernel)
        finally:
            if kernel:
                kernel.close()


def _apply(change: Change, options: Options, host: Host, kernel: Optional[Kernel]) -> Outcome:
    immutable = kernel is not None and kernel.status().enabled == _IMMUTABLE
    live = _compare_kernel(change, options, kernel.rules()) if kernel else Live([], [], [])
    if options.persistent:
        for statement in change.present:
            reason = not_for_files(statement, host)
            if reason:
                raise ApplyError(f"audit rule '{statement.text}': {reason}")
    edits, file_changes, files = _compare_files(change, options, host) if options.persistent else ([], ([], []), [])
    if immutable and live.steps:
        if not options.stage_when_immutable:
            raise ApplyError(
                "the audit system is immutable until the next boot (enabled 2) and does not hold what was asked for: "
                + "; ".join(step_lines(live.steps, host))
            )
        if not options.persistent:
            raise ApplyError(
                "the audit system is immutable until the next boot (enabled 2), and without persistent: true nothing "
                "would be left of the change after it"
            )
    elif kernel:
        added = [step.rule for step, held in live.steps if step.operation != "delete"]
        check_rules(added, kernel.status().features, host)
    outcome = make_outcome(live, edits, file_changes, immutable, options, host)
    outcome = outcome._replace(problems=tuple(str(problem) for problem in examine(files, host) if problem.stops))
    if not options.check:
        steps = [] if immutable else live.steps
        execute(kernel, live.held, steps, edits)
        # Where there was nothing to do, the comparison is the proof.
        if steps:
            _prove(kernel, change, host)
    return outcome


def _arrange(change: Change, current: Sequence[Rule]) -> _Arrangement:
    """How these rules are to change, in the sense that a rule is its match."""
    by_match: Dict[Rule, List[int]] = {}
    for place, rule in enumerate(current):
        by_match.setdefault(without_keys(rule), []).append(place)
    replaced: Dict[int, Statement] = {}
    removed: Set[int] = set()
    added: List[Statement] = []
    for statement in _wanted_form(change, by_match):
        places = by_match.get(without_keys(statement.rule), [])
        keys = set(statement.rule.keys)
        same = [place for place in places if set(current[place].keys) == keys]
        if same:
            removed.update(place for place in places if place not in same)
        elif places:
            replaced[places[0]] = statement
            removed.update(places[1:])
        else:
            added.append(statement)
    for statement in change.absent:
        for rule in both_types(statement):
            keys = set(rule.keys)
            removed.update(
                place for place in by_match.get(without_keys(rule), []) if not keys or set(current[place].keys) == keys
            )
    if change.absent_keys:
        wanted = set(change.absent_keys)
        removed.update(place for place, rule in enumerate(current) if wanted.intersection(rule.keys))
    return _Arrangement(replaced, removed, added)


def _wanted_form(change: Change, by_match: Dict[Rule, List[int]]) -> Tuple[Statement, ...]:
    def held(statement: Statement) -> bool:
        return without_keys(statement.rule) in by_match

    if change.instead and all(map(held, change.instead)) and not any(map(held, change.present)):
        return change.instead
    return change.present


def both_types(statement: Statement) -> Iterator[Rule]:
    """The rule, and for -w also what it was if the path was no directory, or one, when it was loaded."""
    yield statement.rule
    if statement.watch:
        first = statement.rule.fields[0]
        other = first._replace(name="dir" if first.name == "path" else "path")
        yield statement.rule._replace(fields=(other, *statement.rule.fields[1:]))


def _compare_kernel(change: Change, options: Options, held: List[KernelRule]) -> Live:
    wanted_rules: List[Rule] = []
    steps: List[Tuple[Step, Optional[KernelRule]]] = []
    arrangement = _arrange(change, [entry.rule for entry in held])
    for filter_list in LISTS:
        places = [place for place, entry in enumerate(held) if entry.rule.list == filter_list]
        current = [held[place] for place in places]
        wanted: List[Tuple[Rule, Optional[int]]] = []
        for index, place in enumerate(places):
            if place in arrangement.replaced:
                wanted.append((arrangement.replaced[place].rule, None))
            elif place not in arrangement.removed:
                wanted.append((held[place].rule, index))
        for at_front in (True, False):
            added = [
                (statement.rule, None)
                for statement in arrangement.added
                if statement.rule.list == filter_list
                and (options.prepend or statement.operation == "prepend") is at_front
            ]
            wanted = added + wanted if at_front else wanted + added
        wanted_rules += [rule for rule, index in wanted]
        if len(wanted) != len(current) or any(index is None for rule, index in wanted):
            for step in plan([entry.rule for entry in current], wanted):
                steps.append((step, None if step.held is None else current[step.held]))
    return Live(held, wanted_rules, steps)


def _compare_files(
    change: Change, options: Options, host: Host
) -> Tuple[List[Edit], Tuple[List[Statement], List[Statement]], List[RulesFile]]:
    """The edits of files, the statements that they add and remove, and the files as they are then."""
    directory = RulesDirectory(options.rules_dir, host)
    if not os.path.isdir(options.rules_dir):
        raise ApplyError(
            f"the directory {options.rules_dir} does not exist: install the audit package (auditd), name another "
            "rules_dir, or set persistent: false"
        )
    target = directory.file(options.file)
    files = [target] + [file for file in directory.files if file.path != target.path]
    held = [
        (file.path, number, line.statement)
        for file in files
        for number, line in enumerate(file.lines)
        if line.statement and line.statement.operation in ("append", "prepend")
    ]
    arrangement = _arrange(change, [statement.rule for path, number, statement in held])
    added, removed = list(arrangement.added), []
    new_lines = {file.path: list(file.lines) for file in files}
    for place in sorted(arrangement.replaced.keys() | arrangement.removed, reverse=True):
        path, number, statement = held[place]
        removed.append(statement)
        if place in arrangement.replaced:
            statement = arrangement.replaced[place]
            added.append(statement)
            new_lines[path][number : number + 1] = [RulesLine(statement.text, path, statement)]
        else:
            del new_lines[path][number]
    changed = {file.path: file._replace(lines=tuple(new_lines[file.path])) for file in files}
    for at_front in (True, False):
        texts = [
            statement.text
            for statement in arrangement.added
            if (options.prepend or statement.operation == "prepend") is at_front
        ]
        if texts:
            changed[target.path] = add_lines(changed[target.path], texts, at_front)
    touched = [file for file in changed.values() if file.lines != _lines_of(file.path, files)]
    edits = directory.edits(touched)
    compiled = directory.compiled(edits)
    after = sorted(changed.values(), key=lambda file: version_key(os.path.basename(file.path)))
    return edits + ([compiled] if compiled else []), (added, removed), after


def _lines_of(path: str, files: Sequence[RulesFile]) -> Tuple[RulesLine, ...]:
    return next(file.lines for file in files if file.path == path)


def check_rules(rules: Iterable[Rule], features: int, host: Host) -> None:
    """What the kernel would refuse, found before anything is changed."""
    for rule in rules:
        missing = missing_directory(rule)
        if missing:
            raise ApplyError(
                f"audit rule '{render(rule, host.machine)}': the directory {missing} does not exist, and the "
                "kernel takes no such rule without it; create it first, or set live: false to have the rule in the "
                "files alone"
            )
        unknown = unsupported(rule, features)
        if unknown:
            raise ApplyError(f"audit rule '{render(rule, host.machine)}': this kernel does not know {unknown}")


def make_outcome(
    live: Live,
    edits: List[Edit],
    file_changes: Tuple[List[Statement], List[Statement]],
    immutable: bool,
    options: Options,
    host: Host,
) -> Outcome:
    steps = [] if immutable else live.steps
    kernel_added = [step.rule for step, held in steps if step.operation != "delete"]
    kernel_removed = [step.rule for step, held in steps if step.operation == "delete"]
    # A rule that only moves is neither added nor removed.
    moved = set(map(canonical, kernel_added)) & set(map(canonical, kernel_removed))
    added = _texts(kernel_added + [statement.rule for statement in file_changes[0]], moved, host)
    removed = _texts(kernel_removed + [statement.rule for statement in file_changes[1]], moved, host)
    diff: List[Dict[str, str]] = []
    if options.with_diff:
        diff = file_diffs(edits)
        if steps:
            diff.append(_kernel_diff(live, host))
    pending = step_lines(live.steps, host) if immutable else []
    return Outcome(bool(steps or edits), added, removed, pending, diff)


def _texts(rules: Iterable[Rule], without: Set[Rule], host: Host) -> List[str]:
    found = {canonical(rule): None for rule in rules}
    return [render(rule, host.machine) for rule in found if rule not in without]


def step_lines(steps: Sequence[Tuple[Step, Optional[KernelRule]]], host: Host) -> List[str]:
    """Steps as arguments of auditctl."""
    options = {"append": "-a", "prepend": "-A", "delete": "-d"}
    return [options[step.operation] + render(step.rule, host.machine)[2:] for step, held in steps]


def _kernel_diff(live: Live, host: Host) -> Dict[str, str]:
    def text(rules: Iterable[Rule]) -> str:
        return "".join(render(rule, host.machine) + "\n" for rule in rules)

    return {
        "before_header": "kernel",
        "after_header": "kernel",
        "before": text(entry.rule for entry in live.held),
        "after": text(live.wanted),
    }


def execute(
    kernel: Optional[Kernel],
    before: Sequence[KernelRule],
    steps: Sequence[Tuple[Step, Optional[KernelRule]]],
    edits: Sequence[Edit],
    last: Callable[[], None] = lambda: None,
) -> None:
    """Additions, then files, then deletions, then ``last``; when one fails, everything done so far is undone."""
    try:
        for step, _held in steps:
            if step.operation != "delete":
                (kernel.append if step.operation == "append" else kernel.prepend)(step.rule)
        with written(edits):
            for step, held in steps:
                if step.operation == "delete":
                    _delete(kernel, held)
            last()
    except (KernelError, FileError) as error:
        try:
            if steps:
                _restore(kernel, before)
        except KernelError as problem:
            raise ApplyError(f"{error}; and the kernel's rules could not be put back: {problem}") from error
        if isinstance(error, FileError):
            raise
        raise ApplyError(f"{error}; everything is as it was before") from error


def _restore(kernel: Kernel, before: Sequence[KernelRule]) -> None:
    """Bring the kernel back to what it held before, in the same order."""
    now = kernel.rules()
    for filter_list in LISTS:
        present = [entry for entry in now if entry.rule.list == filter_list]
        data = [entry.data for entry in present]
        wanted: List[Tuple[Rule, Optional[int]]] = []
        start = 0
        for entry in before:
            if entry.rule.list == filter_list:
                place = data.index(entry.data, start) if entry.data in data[start:] else None
                wanted.append((entry.rule, place))
                start = start if place is None else place + 1
        for step in plan([entry.rule for entry in present], wanted):
            if step.held is None:
                (kernel.append if step.operation == "append" else kernel.prepend)(step.rule)
            else:
                _delete(kernel, present[step.held])


def _delete(kernel: Kernel, held: KernelRule) -> None:
    try:
        kernel.delete(held)
    except RuleRefused as error:
        # The kernel itself drops the rules of a directory that is removed.
        if error.code != errno.ENOENT:
            raise


def _prove(kernel: Kernel, change: Change, host: Host) -> None:
    """List the kernel's rules again, and compare them with what was asked for."""
    arrangement = _arrange(change, [entry.rule for entry in kernel.rules()])
    missing = [statement.rule for statement in arrangement.added + list(arrangement.replaced.values())]
    if missing or arrangement.removed:
        raise ApplyError(
            "the kernel took every change and does not hold what was asked for; something else changes its rules at "
            "the same time. Missing: "
            + ("; ".join(render(rule, host.machine) for rule in missing) or "nothing")
            + f"; too many: {len(arrangement.removed)}"
        )


@contextmanager
def locked(options: Options) -> Iterator[None]:
    """One run at a time on a host; the lock is on a directory, so that nothing is left behind."""
    if options.check:
        yield
        return
    # Whatever the rules_dir, the kernel is one. Users who are not root could lock /, but not the first of these.
    directory = next(filter(os.path.isdir, (DEFAULT_DIRECTORY, options.rules_dir)), "/")
    handle = os.open(directory, os.O_RDONLY)
    try:
        until = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES) or time.monotonic() > until:
                    raise ApplyError(
                        f"another run changes audit rules on this host since {_LOCK_SECONDS:.0f} seconds (it holds a "
                        f"lock on {directory}); try again when it has ended"
                    ) from error
                time.sleep(0.1)
        yield
    finally:
        os.close(handle)
