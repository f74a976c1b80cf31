# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel's audit system holds, what the rules files say, and what would fail at the next boot."""

import os
from typing import Any, Dict, List, Mapping, Optional, Tuple

from .._host.files import Edit, FileError
from .._host.host import Host
from .._host.processes import process_name
from .._host.programs import ProgramError
from .._kernel.netlink import IMMUTABLE, AuditUnavailable, Kernel, PermissionDenied, Status, feature_names
from .._kernel.settings import BY_OPTION, SETTINGS, Value, read_settings, setting_value, settings_change
from ..rules.cost import described
from ..rules.errors import RuleError
from ..rules.model import Rule, canonical
from ..rules.parse import RulesLine, Statement
from ..rules.render import render
from ..rules.structure import to_structure
from ..rules.values import decimal
from .boot import loaded_by
from .checks import examine, missing_directory
from .command_line import boot_loader_problems
from .drift import Drift, compare
from .loading_service import hidden_rules, loaders, stale_rules, why_nothing_loads
from .problem import RulesProblem
from .recording import kernel_problems
from .rules_d import DEFAULT_DIRECTORY, RulesDirectory, RulesFile, in_augenrules_order

__all__ = ("described_problem", "gather")

_WORDS = {setting.name: setting for setting in SETTINGS}


def gather(rules_dir: str, host: Host) -> Dict[str, Any]:
    """The result of audit_info. Raises KernelError if the kernel does not answer as it should."""
    version = host.version
    result: Dict[str, Any] = {
        "versions": {"audit": ".".join(map(str, version)) if version else None, "kernel": os.uname().release}
    }
    files: Optional[List[RulesFile]] = None
    stale: Optional[Edit] = None
    lines: List[RulesLine] = []
    try:
        directory = RulesDirectory(rules_dir, host)
        files = directory.files
        lines = [line for file in files for line in file.lines]
        stale = directory.compiled(())
        result["files"] = [_line(line, host) for line in lines if line.statement or line.error]
    except FileError as error:
        result["files"] = [{"path": rules_dir, "line": 0, "text": "", "error": str(error)}]
    try:
        with Kernel() as kernel:
            status = kernel.status()
            values = read_settings(kernel)
            held = [entry.rule for entry in kernel.rules()]
    except (AuditUnavailable, PermissionDenied) as error:
        result.update(available=False, reason=str(error))
        if files is not None:
            result.update(_problems(examine(files, host)))
        return result
    result.update(
        available=True,
        status=_status(status),
        loginuid_immutable=values["loginuid_immutable"],
        rules=[_rule(canonical(rule), host) for rule in held],
        cost=described(held, host.machine),
        daemon=_daemon(status.pid),
    )
    silent = kernel_problems(held, values, host)
    examined = examine(files, host, status.features) if files is not None else []
    result.update(_problems([*silent, *_of_loading(rules_dir, lines, stale), *examined]))
    result.update(recording=not silent, loading_drop_ins=_drop_ins(rules_dir, lines))
    if files is not None:
        result.update(_compared(held, values, lines, host))
    return result


def _compared(held: List[Rule], values: Dict[str, Value], lines: List[RulesLine], host: Host) -> Dict[str, Any]:
    """The part of the result that compares the kernel with the files."""
    wanted = loaded_by(in_augenrules_order(lines))
    drift = compare(held, wanted.rules)
    differing = [name for name in _WORDS if name in wanted.settings and wanted.settings[name] != values[name]]
    pending: List[str] = []

    def text(rule: Rule) -> str:
        return render(rule, host.machine, host.release)

    if values["enabled"] == IMMUTABLE:
        # A rule that no boot can load is not pending.
        new = [rule for rule in drift.missing if not missing_directory(rule)]
        pending += ["-d" + text(rule)[2:] for rule in drift.extra + [pair[1] for pair in drift.other_key]]
        pending += [text(rule) for rule in new + [pair[0] for pair in drift.other_key]]
        settings = settings_change(values, wanted.settings)
        pending += [settings.after_line(setting) for setting in settings.later]
    described = {
        "missing": [text(rule) for rule in drift.missing],
        "extra": [text(rule) for rule in drift.extra],
        "other_key": [{"file": text(ours), "kernel": text(theirs)} for ours, theirs in drift.other_key],
        "out_of_order": [{"first": text(first), "second": text(second)} for first, second in drift.out_of_order],
        "settings": [
            {
                "name": name,
                "file": _WORDS[name].word(wanted.settings[name]),
                "kernel": _WORDS[name].word(values[name]),
            }
            for name in differing
        ],
    }
    return {
        "drift": described,
        "origins": _origins(drift, differing, lines, host),
        "in_sync": not any(described.values()) and not any(line.error for line in lines),
        "pending": pending,
        "reboot_required": bool(pending) or (values["enabled"] == IMMUTABLE and bool(drift.out_of_order)),
    }


def _origins(drift: Drift, settings: List[str], lines: List[RulesLine], host: Host) -> Dict[str, str]:
    """Where the files have the rules and settings in which the kernel differs, by the text of the rule or the name."""
    of_rules: Dict[Rule, str] = {}
    found: Dict[str, str] = {}
    for line in in_augenrules_order(lines):
        statement = line.statement
        if statement and statement.rule and statement.operation != "delete":
            of_rules.setdefault(canonical(statement.rule), line.origin)
        elif statement and statement.control and statement.control[0] in BY_OPTION:
            name = BY_OPTION[statement.control[0]].name
            found.update({name: line.origin} if name in settings else {})
    rules = [
        *drift.missing,
        *(pair[0] for pair in drift.other_key),
        *(one for pair in drift.out_of_order for one in pair),
    ]
    texts = {render(rule, host.machine, host.release): of_rules.get(canonical(rule), "") for rule in rules}
    return {**found, **{text: origin for text, origin in texts.items() if origin}}


def _of_loading(rules_dir: str, lines: List[RulesLine], stale: Optional[Edit]) -> List[RulesProblem]:
    """What at a boot keeps the rules from being loaded, or from recording. ``stale``: how audit.rules must change."""
    if rules_dir.rstrip("/") != DEFAULT_DIRECTORY:
        return []
    why = why_nothing_loads()
    found = [*([RulesProblem(rules_dir, "", why, silent=True)] if why else []), *boot_loader_problems()]
    try:
        units = loaders()
        return found + hidden_rules(lines, units) + (stale_rules(stale.path, units) if stale else [])
    except ProgramError:
        return found


def _drop_ins(rules_dir: str, lines: List[RulesLine]) -> List[Dict[str, str]]:
    """What lets the services that load the rules see the paths of all of them."""
    if rules_dir.rstrip("/") != DEFAULT_DIRECTORY:
        return []
    try:
        found = loaders()
    except ProgramError:
        return []
    hiding = [loader for loader in found if loader.drop_in and hidden_rules(lines, [loader])]
    return [{"unit": loader.unit, "text": loader.drop_in} for loader in hiding]


def _problems(problems: List[RulesProblem]) -> Dict[str, Any]:
    """All problems; a host that does not record is also worth a warning."""
    warnings = [str(problem) for problem in problems if problem.silent]
    return {"problems": list(map(described_problem, problems)), **({"warnings": warnings} if warnings else {})}


def described_problem(problem: RulesProblem) -> Dict[str, Any]:
    """An entry of audit_info's ``problems``."""
    path, number = _place(problem.origin)
    return {
        "path": path,
        "line": number,
        "text": problem.text,
        "reason": problem.reason,
        "stops_loading": problem.stops,
        "lost_at_boot": problem.lost,
        "stops_recording": problem.silent,
    }


def _place(origin: str) -> Tuple[str, int]:
    path, colon, number = origin.rpartition(":")
    return (path, int(number)) if colon and decimal(number) is not None else (origin, 0)


def _line(line: RulesLine, host: Host) -> Dict[str, Any]:
    path, number = _place(line.origin)
    entry: Dict[str, Any] = {"path": path, "line": number, "text": line.text}
    if line.error:
        entry["error"] = str(RuleError(line.error.reason, line.error.part))
    else:
        entry.update(_meaning(line.statement, host))
    return entry


def _meaning(statement: Statement, host: Host) -> Dict[str, Any]:
    if statement.control is None:
        return {"operation": statement.operation, "rule": to_structure(statement.rule, host.machine, host.release)}
    option, value = statement.control
    setting = BY_OPTION.get(option)
    if setting is None:
        return {"operation": "control", "setting": {"option": option, "value": value}}
    return {
        "operation": "control",
        "setting": {"option": option, "name": setting.name, "value": setting.word(setting_value(value))},
    }


def _rule(rule: Rule, host: Host) -> Dict[str, Any]:
    return {
        "text": render(rule, host.machine, host.release),
        "rule": to_structure(rule, host.machine, host.release),
    }


def _status(status: Status) -> Mapping[str, Any]:
    words = {name: _WORDS[name].word(getattr(status, name)) for name in ("enabled", "failure")}
    return dict(status._asdict(), features=feature_names(status.features), **words)


def _daemon(pid: int) -> Dict[str, Any]:
    """The process that the kernel sends its records to."""
    name = process_name(pid) if pid else None
    return {"pid": pid, "running": name is not None, "name": name}
