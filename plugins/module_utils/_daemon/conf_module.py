# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules for the daemon's files have in common: read, plan, check, write, have it taken, and the result."""

import contextlib
import os
import re
import shutil
import stat
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._ansible import printable
from .._host.files import Edit, FileError, file_diffs, read_text
from .._host.host import Host
from ..rules.errors import AuditError
from .auditd import DaemonError, Done, action_for, find, put_into_effect
from .conf_file import SettingLine, edited, parse, render, values
from .keywords import OLDEST, ConfigFile, Version
from .validation import (
    ConfProblem,
    Target,
    built_with,
    changed_values,
    dotted,
    file_problems,
    line_problems,
    repaired,
    rule_problems,
    same,
    text_of,
)  # fmt: skip

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

__all__ = ("ARGUMENTS", "SETTINGS_ARGUMENTS", "ConfError", "Effect", "Planned", "Request", "asked_settings", "plan",
           "program", "run")  # fmt: skip

#: Parameters of every module for a file of the daemon; documented in the fragment ``daemon``.
ARGUMENTS: Dict[str, Dict[str, Any]] = {
    "version": {"type": "str"},
    "apply": {"type": "str", "choices": ["auto", "reload", "restart", "none"], "default": "auto"},
    "validate": {"type": "bool", "default": True},
    "strict": {"type": "bool", "default": True},
    "repair": {"type": "bool", "default": False},
    "backup": {"type": "bool", "default": False},
}
#: And of those that take any keyword.
SETTINGS_ARGUMENTS: Dict[str, Dict[str, Any]] = {
    "settings": {"type": "dict"},
    "option": {"type": "str"},
    "value": {"type": "raw"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "path": {"type": "path"},
}
Values = Mapping[str, str]
_SEARCH_PATH = "/sbin:/usr/sbin:/bin:/usr/bin:/usr/local/sbin"


class ConfError(AuditError):
    """What is asked for would not be taken by the daemon; the message says what, where and why."""


class Effect(NamedTuple):
    """What changes take: none, reload or restart; plugins that must run afterwards, or have ended, by their paths."""

    need: str
    plugins: Tuple[str, ...] = ()
    ended: Tuple[str, ...] = ()


class Request(NamedTuple):
    """What is asked for: a file and its wanted values, None for a key that is to have no line.

    ``effect``: of the values before and after. ``removed``: the file itself is to go. ``program``: whose build says
    what is taken. ``tolerated``: keys that may be without a value. ``further``: what is wrong with the values after
    that only this file can tell. ``directories``: those that must be there for the values after.
    """

    file: ConfigFile
    path: str
    wanted: Mapping[str, Optional[str]]
    effect: Callable[[Values, Values], Effect]
    removed: bool = False
    program: Optional[str] = "auditd"
    tolerated: Callable[[Values], Sequence[str]] = lambda after: ()
    further: Callable[[Values], List[str]] = lambda after: []
    directories: Callable[[Values], List[str]] = lambda after: []


class Planned(NamedTuple):
    """What is to be done: edits, of them a backup first, the values before and after, and what to warn of."""

    edits: List[Edit]
    before: Dict[str, str]
    after: Dict[str, str]
    warnings: List[str]
    backup: Optional[str] = None


def asked_settings(parameters: Mapping[str, Any]) -> Dict[str, Optional[str]]:
    """The wanted values of settings, or option and value. Raises ConfError."""
    settings, absent = parameters["settings"], parameters["state"] == "absent"
    if settings is None:
        if parameters["value"] is None and not absent:
            raise ConfError("option needs a value, or state: absent")
        settings = {parameters["option"]: parameters["value"]}
    if not settings:
        raise ConfError("settings names no keyword")
    wanted: Dict[str, Optional[str]] = {}
    try:
        for key, value in settings.items():
            name = str(key).strip().lower()
            if not re.match(r"[a-z0-9_]+$", name):
                raise ConfError(f"{key!r} is no keyword: those are words of letters, digits and _")
            wanted[name] = None if absent else text_of(name, value)
    except ValueError as error:
        raise ConfError(str(error)) from error
    return wanted


def program(name: str) -> Optional[str]:
    """The path of a program of audit, None if it is not installed."""
    return shutil.which(name, path=_SEARCH_PATH)


def plan(request: Request, target: Target, options: Mapping[str, Any]) -> Planned:
    """What is to be done to the file; options are those of ARGUMENTS. Raises ConfError or FileError."""
    text = read_text(request.path)
    old = parse(text or "", request.file.unended)
    before = values(old)
    if request.removed:
        edits = [Edit(request.path, text, None, mode=_mode(request.path))] if text is not None else []
        return _with_backup(Planned(edits, before, {}, []), options["backup"])
    info = _lstat(request.path)
    of_file = file_problems(request.file, info, target.version) if info else []
    lines: Sequence[SettingLine] = old
    if options["repair"]:
        found = line_problems(request.file, old, target)
        lines = repaired(old, [problem for problem in found if problem.key not in request.wanted])
    new = edited(lines, changed_values(request.file, lines, request.wanted), request.file.ahead_of)
    warnings = []
    if options["validate"]:
        wrong = [] if options["repair"] else of_file
        warnings = _checked(request, old, new, target, options["strict"], wrong)
    same_text = new == old
    edits = (
        []
        if same_text and not (of_file and options["repair"])
        else [Edit(request.path, text, render(new), mode=_mode(request.path))]
    )
    return _with_backup(Planned(edits, before, values(new), warnings), options["backup"])


def _checked(
    request: Request,
    old: Sequence[SettingLine],
    new: Sequence[SettingLine],
    target: Target,
    strict: bool,
    wrong: List[ConfProblem],
) -> List[str]:
    """What to warn of. Raises ConfError if the daemon would not take the new lines."""
    after = values(new)
    empty = [key for key in request.tolerated(after) if key not in after]
    found = [problem for problem in line_problems(request.file, new, target) if problem.key not in empty]
    unknown = [problem for problem in found if problem.unknown and not strict]
    wrong = wrong + [problem for problem in found if problem not in unknown]
    wrong = wrong or rule_problems(request.file, new, target)
    reasons = [_where(problem, new, old, request) for problem in wrong]
    reasons = reasons or [f"{request.path}: {reason}" for reason in request.further(after)]
    if reasons:
        raise ConfError("; ".join(reasons))
    return [_where(problem, new, old, request) for problem in unknown]


def _where(problem: ConfProblem, new: Sequence[SettingLine], old: Sequence[SettingLine], request: Request) -> str:
    """A problem in words, with the number that its line has in the file now; without one for what is asked for."""
    line = new[problem.number - 1] if problem.number else None
    number = next((number for number, other in enumerate(old, 1) if other is line), 0)
    message = problem._replace(number=number).at(request.path)
    if line is None or (number and problem.key not in request.wanted):
        return f"{message} (this is in the file already; repair: true mends what it can)"
    return message


def _with_backup(planned: Planned, wanted: bool) -> Planned:
    if not wanted or not planned.edits or planned.edits[0].before is None:
        return planned
    edit = planned.edits[0]
    # The daemon's search for plugins passes over names with a second dot.
    path = time.strftime(f"{edit.path}.before-%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    return planned._replace(edits=[Edit(path, None, edit.before, mode=edit.mode), edit], backup=path)


def _lstat(path: str) -> Optional[os.stat_result]:
    try:
        return os.lstat(path)
    except OSError:
        return None


def _stat(path: str) -> Optional[os.stat_result]:
    try:
        return os.stat(path)
    except OSError:
        return None


def _mode(path: str) -> int:
    """The mode of a file, without what the daemon refuses; that of the package for a new one."""
    info = _lstat(path)
    return stat.S_IMODE(info.st_mode) & 0o755 if info and stat.S_ISREG(info.st_mode) else 0o640


def version_of(parameters: Mapping[str, Any], host: Host) -> Version:
    """The release that is asked for, or is installed. Raises ConfError."""
    given = parameters["version"]
    if given is None:
        if host.version is None:
            raise ConfError(
                "audit is not installed on this host, and so it is not known which keywords its daemon will take; "
                "install it first, or say which version it will be"
            )
        return host.version
    if not re.match(r"\d+(\.\d+){1,3}$", given) or tuple(map(int, given.split("."))) < OLDEST:
        raise ConfError(f"version must be a release of audit from 2.8 on, as 3.0.9, not {given!r}")
    return tuple(map(int, given.split(".")))


def run(module: "AnsibleModule", request_of: Callable[[Mapping[str, Any], Version], Request]) -> None:
    """Do what the parameters ask for, and leave the module with its result."""
    try:
        result = _outcome(module, module.params, request_of, Host())
    except (ConfError, DaemonError, FileError) as error:
        module.fail_json(msg=printable(str(error)))
    except OSError as error:
        module.fail_json(msg=printable(f"{error.filename}: {error.strerror}"))
    for warning in result.pop("warned"):
        module.warn(warning)
    module.exit_json(**result)


def _outcome(
    module: "AnsibleModule",
    parameters: Mapping[str, Any],
    request_of: Callable[[Mapping[str, Any], Version], Request],
    host: Host,
) -> Dict[str, Any]:
    version = version_of(parameters, host)
    request = request_of(parameters, version)
    own = program(request.program) if request.program and version == host.version else None
    planned = plan(request, Target(version, built_with(own) if own else None, _stat, host.gid), parameters)
    missing = [path for path in request.directories(planned.after) if not os.path.isdir(path)]
    changed = bool(planned.edits or missing)
    effect = request.effect(planned.before, planned.after) if changed else Effect("none")
    need = _asked(parameters["apply"], effect.need) if changed else "none"
    done = Done("none", 0, 0, True)
    if changed:
        daemon = find(host)
        if module.check_mode:
            done = Done(action_for(bool(daemon.pid), need), daemon.pid, daemon.pid, True)
        else:
            with _made(missing):
                may_restart = parameters["apply"] == "auto"
                done = put_into_effect(
                    daemon, planned.edits, need, effect.plugins, effect.ended, may_restart=may_restart
                )
    left = effect.need if done.pid_before and _weight(effect.need) > _weight(done.action) else "none"
    keys = [
        key
        for key in sorted({**planned.before, **planned.after})
        if not same(request.file, key, planned.before.get(key), planned.after.get(key))
    ]
    result: Dict[str, Any] = {
        "changed": changed,
        "file": request.path,
        "version": dotted(version),
        "before": {key: planned.before.get(key) for key in keys},
        "after": {key: planned.after.get(key) for key in keys},
        "created": missing,
        "action": done.action,
        "pid": done.pid_after,
        "reload_required": left == "reload",
        "restart_required": left == "restart",
        "warned": planned.warnings,
    }
    if planned.backup:
        result["backup_file"] = planned.backup
    if module._diff:
        result["diff"] = file_diffs([edit for edit in planned.edits if edit.path == request.path])
    return printable(result)


def _asked(apply: str, need: str) -> str:
    """The action that the parameter apply leads to, where the changes take ``need``."""
    return {"auto": need, "reload": min(need, "reload", key=_weight), "restart": "restart", "none": "none"}[apply]


def _weight(action: str) -> int:
    return ("none", "reload", "start", "restart").index(action)


@contextmanager
def _made(directories: Sequence[str]) -> Iterator[None]:
    """Make directories of root that nobody else looks into; if what is done meanwhile fails, they go again."""
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
