# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of one file of the daemon: planned, checked, written, put into effect, and its result."""

import contextlib
import os
import stat
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._host.files import Edit, backup_path, configuration_mode, file_diffs, is_too_open, read_text
from .._host.host import Host
from .._kernel.lock import locked
from .apply import Effect, action_for, put_into_effect
from .auditd import Daemon, Done, find_daemon
from .conf_file import SettingLine, edited, parse, render, values
from .errors import ConfError, OtherDaemon
from .kept_rules import rules_kept
from .meaning import changed_values, same
from .schema import ConfigFile, Version, dotted
from .target import Target, target_on
from .validation import ConfProblem, file_problems, line_problems, repaired, rule_problems

__all__ = ("ConfOptions", "ConfPlan", "ConfRequest", "Values", "change_conf", "plan")

Values = Mapping[str, str]
_ACTIONS = ("none", "reload", "start", "restart")
# A file that the daemon does not know may be wrong in every line.
_MOST_REASONS = 20

#: The file whose mode benchmarks look at.
_OF_BENCHMARKS = "/etc/audit/auditd.conf"


class ConfOptions(NamedTuple):
    """How a file is checked, written and put into effect: the parameters of these names."""

    apply: str = "auto"
    validate: bool = True
    strict: bool = True
    repair: bool = False
    backup: bool = False


class ConfRequest:
    """What a module asks of one file: values, None for a keyword without a line; or that the file be ``removed``.

    Each file has a class of its own for what is particular about it. Values are those of the file, by key.
    """

    #: The program that reads the file, and whose build decides what it accepts.
    program = "auditd"

    def __init__(
        self,
        file: ConfigFile,
        path: str,
        wanted: Mapping[str, Optional[str]],
        version: Version,
        removed: bool = False,
    ) -> None:
        self.file = file
        self.path = path
        self.wanted = wanted
        self.version = version
        self.removed = removed

    def effect(self, before: Values, after: Values) -> Effect:
        """What the change needs to take effect."""
        return Effect("none")

    def missing(self, before: Values, after: Values, pid: int) -> Effect:
        """What the daemon that runs (pid) still needs, whatever is changed, before it does what its files say."""
        return Effect("none")

    def done(self, action: str, need: str, after: Values, pid: int) -> None:
        """Hear what was done with the daemon that runs, and what would be needed for it to do what its files say."""

    def may_lack_value(self) -> Sequence[str]:
        """Keywords whose line may be without a value."""
        return ()

    def problems(self, after: Values) -> List[str]:
        """What is wrong with the new values that only this file can tell."""
        return []

    def directories(self, after: Values) -> List[str]:
        """Directories that the new values need, and that are made if they are missing."""
        return []


class ConfPlan(NamedTuple):
    """What is to be done: the edits, first that of a backup; the values before and after; warnings."""

    edits: List[Edit]
    before: Dict[str, str]
    after: Dict[str, str]
    warnings: List[str]
    backup: Optional[str] = None


def plan(request: ConfRequest, target: Target, options: ConfOptions) -> ConfPlan:
    """What is to be done to the file. Raises ConfError or FileError."""
    text = read_text(request.path)
    old = parse(text or "", request.file.unended)
    before = values(old)
    if request.removed:
        edits = [Edit(request.path, text, None, mode=_mode(request.path))] if text is not None else []
        return _with_backup(ConfPlan(edits, before, {}, []), options.backup)
    info = _link_status(request.path)
    of_file = file_problems(request.file, info, target.version) if info else []
    lines: Sequence[SettingLine] = old
    if options.repair:
        found = line_problems(request.file, old, target)
        lines = repaired(old, [problem for problem in found if problem.key not in request.wanted])
    new = edited(lines, changed_values(request.file, lines, request.wanted), request.file.ahead_of)
    warnings = []
    if options.validate:
        wrong = [] if options.repair else of_file
        warnings = _Check(request, target, old, lines, new).warnings(wrong, options.strict)
    edits = []
    if new != old or (of_file and options.repair) or _is_too_open(request.path):
        edits = [Edit(request.path, text, render(new), mode=_mode(request.path))]
    return _with_backup(ConfPlan(edits, before, values(new), warnings), options.backup)


class _Check:
    """The check of new lines, and whose fault a problem is: that of the task, or of the file as it was.

    ``old``: the lines of the file; ``lines``: the same, repaired if the task asks for that; ``new``: with the values of
    the task.
    """

    def __init__(
        self,
        request: ConfRequest,
        target: Target,
        old: Sequence[SettingLine],
        lines: Sequence[SettingLine],
        new: Sequence[SettingLine],
    ) -> None:
        self._request, self._target = request, target
        self._new = new
        self._numbers: Dict[int, int] = {}
        for number, line in enumerate(old, 1):
            self._numbers.setdefault(id(line), number)
        # What the file has already. A file may have thousands of wrong lines, so it is looked at once.
        found = line_problems(request.file, lines, target) + rule_problems(request.file, lines, target)
        self._before = {problem[1:] for problem in found}

    def warnings(self, of_file: List[ConfProblem], strict: bool) -> List[str]:
        """What to warn of; ``of_file``: problems of owner and mode. Raises ConfError if the daemon rejects anything."""
        file, target, after = self._request.file, self._target, values(self._new)
        empty = [key for key in self._request.may_lack_value() if key not in after]
        found = [problem for problem in line_problems(file, self._new, target) if problem.key not in empty]
        unknown = [problem for problem in found if problem.unknown and not strict]
        wrong = of_file + [problem for problem in found if problem not in unknown]
        reasons = [self._in_words(problem, "repair: true mends what it can") for problem in wrong]
        if not reasons:
            rules = rule_problems(file, self._new, target)
            reasons = [self._in_words(problem, "set one of these keywords in the task") for problem in rules]
        if not reasons:
            reasons = [f"{self._request.path}: {reason}" for reason in self._request.problems(after)]
        if reasons:
            raise ConfError("; ".join(_first(reasons)))
        return _first([self._in_words(problem, "repair: true makes it a comment") for problem in unknown])

    def _in_words(self, problem: ConfProblem, advice: str) -> str:
        """A problem with the number that its line has in the file now, and with advice if the file had it before."""
        number = self._numbers.get(id(self._new[problem.number - 1]), 0) if problem.number else 0
        message = problem._replace(number=number).at(self._request.path)
        return f"{message} (this is in the file already; {advice})" if self._was_there(problem) else message

    def _was_there(self, problem: ConfProblem) -> bool:
        """Whether the file has the problem already, and the task sets none of the keywords that have to do with it."""
        if any(key in self._request.wanted for key in problem.keys):
            return False
        # Problems of owner and mode have no keyword, and only a file that is there has them.
        return not problem.keys or problem[1:] in self._before


def _first(reasons: List[str]) -> List[str]:
    """As many reasons as a person reads, and how many more there are."""
    more = len(reasons) - _MOST_REASONS
    return [*reasons[:_MOST_REASONS], f"and {more} more"] if more > 1 else reasons


def _with_backup(planned: ConfPlan, wanted: bool) -> ConfPlan:
    if not wanted or not planned.edits or planned.edits[0].before is None:
        return planned
    edit = planned.edits[0]
    # The daemon takes no file for that of a plugin whose name has a second dot.
    path = backup_path(edit.path)
    return planned._replace(edits=[Edit(path, None, edit.before, mode=edit.mode), edit], backup=path)


def _link_status(path: str) -> Optional[os.stat_result]:
    """What lstat(2) says of a file: the daemon does not follow links."""
    try:
        return os.lstat(path)
    except OSError:
        return None


def _mode(path: str) -> int:
    """The mode that a file is to have: its own, without what the daemon rejects; that of the package for a new file."""
    info = _link_status(path)
    if info and stat.S_ISREG(info.st_mode):
        return stat.S_IMODE(info.st_mode) & (configuration_mode() if _is_too_open(path) else 0o755)
    return configuration_mode()


def _is_too_open(path: str) -> bool:
    """Whether the file has a mode that benchmarks for this distribution refuse."""
    mode = configuration_mode()
    return path == _OF_BENCHMARKS and mode == 0o600 and is_too_open(path, mode)


def change_conf(
    asked: Callable[[], ConfRequest], options: ConfOptions, host: Host, check: bool, with_diff: bool
) -> Dict[str, Any]:
    """Do what is asked for; the result of the module. Raises AuditError.

    ``asked`` makes the request, for which it may read files. No other run of this collection changes the host from that
    moment to the proof that the change has taken effect.
    """
    with locked(not check):
        return _changed(asked(), options, host, check, with_diff)


def _changed(request: ConfRequest, options: ConfOptions, host: Host, check: bool, with_diff: bool) -> Dict[str, Any]:
    planned = plan(request, target_on(host, request.version, request.program), options)
    missing = [path for path in request.directories(planned.after) if not os.path.isdir(path)]
    daemon = find_daemon(host)
    pid = _known_pid(daemon)
    lacks = request.missing(planned.before, planned.after, pid) if pid else Effect("none")
    effect, done = lacks, Done("none", 0, 0, True)
    if planned.edits or missing or lacks.need != "none":
        effect = lacks
        if planned.edits or missing:
            effect = _together(request.effect(planned.before, planned.after), lacks)
        done, said = _carried_out(planned, missing, effect, options.apply, daemon, check)
        planned.warnings.extend(said)
        if pid and not check:
            request.done(done.action, effect.need, planned.after, pid)
    warnings = [*planned.warnings, *_unconfirmed(daemon, done, pid, effect.need != "none" and options.apply != "none")]
    left = effect.need if done.pid_before and _weight(effect.need) > _weight(done.action) else "none"
    keys = [
        key
        for key in sorted({**planned.before, **planned.after})
        if not same(request.file, key, planned.before.get(key), planned.after.get(key))
    ]
    result: Dict[str, Any] = {
        "changed": bool(planned.edits or missing or done.action != "none"),
        "file": request.path,
        "version": dotted(request.version),
        "before": {key: planned.before.get(key) for key in keys},
        "after": {key: planned.after.get(key) for key in keys},
        "created": missing,
        "action": done.action,
        "confirmed": done.confirmed,
        "pid": done.pid_after,
        "reload_required": left == "reload",
        "restart_required": left == "restart",
        "warnings": warnings,
    }
    if planned.backup:
        result["backup_file"] = planned.backup
    if with_diff:
        result["diff"] = file_diffs([edit for edit in planned.edits if edit.path == request.path])
    return result


def _unconfirmed(daemon: Daemon, done: Done, pid: int, tells: bool) -> Iterator[str]:
    """What is not known of the daemon afterwards; ``tells``: the change needs it to be told."""
    if not done.confirmed:
        yield f"auditd (pid {pid}) was told to read its files again, but has not said that it did"
    if daemon.may_run and tells:
        yield f"it is not known whether auditd runs, so it was not told of the change: {daemon.unavailable}"


def _known_pid(daemon: Daemon) -> int:
    """The daemon that runs, 0 if none does. Another program in its place matters only to who talks to the daemon."""
    try:
        return daemon.pid
    except OtherDaemon:
        return 0


def _carried_out(
    planned: ConfPlan, missing: Sequence[str], effect: Effect, apply: str, daemon: Daemon, check: bool
) -> Tuple[Done, List[str]]:
    """Make the directories and the edits, and put them into effect; what was done, and warnings.

    In check mode: what would be done.
    """
    need = _asked_need(apply, effect)
    if check:
        pid = daemon.pid
        if need != "none":
            daemon.refuse_stopped(pid)
        return Done(action_for(bool(pid), need), pid, pid, True), []
    with _made(missing), rules_kept(need != "none") as said:
        done = put_into_effect(daemon, planned.edits, need, effect.plugins, effect.ended, may_restart=apply == "auto")
    return done, said


def _together(one: Effect, other: Effect) -> Effect:
    """What both effects need."""
    need = max(one.need, other.need, key=_weight)
    plugins, ended = (tuple(dict.fromkeys(a + b)) for a, b in zip(one[1:3], other[1:3]))
    return Effect(need, plugins, ended, any(effect.reloads and effect.need != "none" for effect in (one, other)))


def _asked_need(apply: str, effect: Effect) -> str:
    """The action that the parameter apply leads to where a change has this effect."""
    at_most = min(effect.need, "reload" if effect.reloads else "none", key=_weight)
    return {"auto": effect.need, "reload": at_most, "restart": "restart", "none": "none"}[apply]


def _weight(action: str) -> int:
    return _ACTIONS.index(action)


@contextmanager
def _made(directories: Sequence[str]) -> Iterator[None]:
    """Make directories that only root can look into; remove them again if the block fails."""
    made: List[str] = []
    try:
        for path in directories:
            os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
            os.mkdir(path, 0o700)
            made.append(path)
        yield
    except BaseException:
        for path in reversed(made):
            with contextlib.suppress(OSError):
                os.rmdir(path)
        raise
