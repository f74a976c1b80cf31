# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel's audit system holds, what the rules files say, and where the two differ."""

import os
from bisect import bisect
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._ansible import printable
from .._daemon.plugins_d import read_plugins
from .._host.files import FileError
from .._host.host import Host
from .._kernel.netlink import AuditUnavailable, Kernel, KernelError, PermissionDenied, Status
from ..rules.errors import RuleError
from ..rules.fields import LISTS
from ..rules.model import Rule, canonical, without_keys
from ..rules.overlap import must_keep_order
from ..rules.parse import RulesLine, Statement
from ..rules.render import render
from ..rules.structure import to_structure
from .boot import loaded_by
from .checks import RulesProblem, examine, missing_directory
from .control_lines import SETTINGS, Value, current, differing_settings, setting_value
from .rules_d import RulesDirectory, RulesFile, in_augenrules_order

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

__all__ = ("Drift", "compare", "feature_names", "gather", "run_info")

_IMMUTABLE = 2
_WORDS = {setting.name: setting for setting in SETTINGS}
_BY_OPTION = {setting.option: setting for setting in SETTINGS}
# AUDIT_FEATURE_BITMAP_* of linux/audit.h, from bit 0 on
_FEATURES = (
    "backlog_limit",
    "backlog_wait_time",
    "executable_path",
    "exclude_extend",
    "sessionid_filter",
    "lost_reset",
    "filter_fs",
)
# Of audit 3.0 and newer, and of older releases.
_PLUGIN_DIRECTORIES = ("/etc/audit/plugins.d", "/etc/audisp/plugins.d")


class Drift(NamedTuple):
    """How the rules of the kernel differ from those of the files.

    ``other_key``: pairs of the same match, the file's and the kernel's. ``out_of_order``: pairs that the files have
    in this order and the kernel in the other one, and whose order counts; for each rule the first that it is to stand
    behind.
    """

    missing: List[Rule]
    extra: List[Rule]
    other_key: List[Tuple[Rule, Rule]]
    out_of_order: List[Tuple[Rule, Rule]]


def compare(held: Sequence[Rule], wanted: Sequence[Rule]) -> Drift:
    """The drift of the rules that the kernel holds from those that the files lead to."""
    in_kernel = {canonical(rule): rule for rule in reversed(held)}
    in_files = {canonical(rule): rule for rule in reversed(wanted)}
    missing = {same: None for same in map(canonical, wanted) if same not in in_kernel}
    extra: Dict[Rule, List[Rule]] = {}
    for same in dict.fromkeys(map(canonical, held)):
        if same not in in_files:
            extra.setdefault(without_keys(same), []).append(same)
    other_key = []
    for rule in list(missing):
        others = extra.get(without_keys(rule))
        if others:
            other_key.append((rule, others.pop(0)))
            del missing[rule]
    left = [rule for rules in extra.values() for rule in rules]
    return Drift(list(missing), left, other_key, _out_of_order(held, wanted))


def _out_of_order(held: Sequence[Rule], wanted: Sequence[Rule]) -> List[Tuple[Rule, Rule]]:
    pairs = []
    for filter_list in LISTS:
        places: Dict[Rule, int] = {}
        for place, rule in enumerate(held):
            if rule.list == filter_list:
                places.setdefault(canonical(rule), place)
        # Rules that the files have before the one that is looked at, by their place in the kernel.
        seen: List[Tuple[int, int]] = []
        order = [rule for rule in dict.fromkeys(map(canonical, wanted)) if rule in places]
        for number, rule in enumerate(order):
            index = bisect(seen, (places[rule], number))
            before = (order[other] for other in sorted(other for _place, other in seen[index:]))
            first = next((other for other in before if must_keep_order(other, rule)), None)
            if first is not None:
                pairs.append((first, rule))
            seen.insert(index, (places[rule], number))
    return pairs


def feature_names(features: int) -> List[str]:
    """The names of AUDIT_FEATURE_BITMAP_*, in lower case; a bit of a newer kernel as a number."""
    bits = [bit for bit in range(32) if features >> bit & 1]
    return [_FEATURES[bit] if bit < len(_FEATURES) else hex(1 << bit) for bit in bits]


def gather(rules_dir: str, host: Host) -> Dict[str, Any]:
    """All that the module returns. Raises KernelError when the kernel does not answer as it should."""
    version = host.version
    result: Dict[str, Any] = {
        "versions": {"audit": ".".join(map(str, version)) if version else None, "kernel": os.uname().release}
    }
    plugins = _plugins(version)
    if plugins is not None:
        result["plugins"] = plugins
    files: Optional[List[RulesFile]] = None
    lines: List[RulesLine] = []
    try:
        files = RulesDirectory(rules_dir, host).files
        lines = [line for file in files for line in file.lines]
        result["files"] = [_line(line, host.machine) for line in lines if line.statement or line.error]
    except FileError as error:
        result["files"] = [{"path": rules_dir, "line": 0, "text": "", "error": str(error)}]
    try:
        with Kernel() as kernel:
            status = kernel.status()
            values = current(kernel)
            held = [entry.rule for entry in kernel.rules()]
    except (AuditUnavailable, PermissionDenied) as error:
        result.update(available=False, reason=str(error))
        if files is not None:
            result["problems"] = list(map(_problem, examine(files, host)))
        return result
    result.update(
        available=True,
        status=_status(status),
        loginuid_immutable=values["loginuid_immutable"],
        rules=[_rule(canonical(rule), host.machine) for rule in held],
        daemon=_daemon(status.pid),
    )
    if files is not None:
        result["problems"] = list(map(_problem, examine(files, host, status.features)))
        result.update(_compared(held, values, lines, host.machine))
    return result


def _compared(held: List[Rule], values: Dict[str, Value], lines: List[RulesLine], machine: str) -> Dict[str, Any]:
    """The part of the result that needs both the kernel and the files."""
    wanted = loaded_by(in_augenrules_order(lines))
    drift = compare(held, wanted.rules)
    differing = [name for name in _WORDS if name in wanted.settings and wanted.settings[name] != values[name]]
    pending: List[str] = []
    if values["enabled"] == _IMMUTABLE:
        # What no boot can bring does not wait for one.
        new = [rule for rule in drift.missing if not missing_directory(rule)]
        pending += ["-d" + render(rule, machine)[2:] for rule in drift.extra + [pair[1] for pair in drift.other_key]]
        pending += [render(rule, machine) for rule in new + [pair[0] for pair in drift.other_key]]
        later = differing_settings(values, wanted.settings)[1]
        pending += [setting.line(wanted.settings[setting.name]) for setting in later]
    described = {
        "missing": [render(rule, machine) for rule in drift.missing],
        "extra": [render(rule, machine) for rule in drift.extra],
        "other_key": [
            {"file": render(ours, machine), "kernel": render(theirs, machine)} for ours, theirs in drift.other_key
        ],
        "out_of_order": [
            {"first": render(first, machine), "second": render(second, machine)} for first, second in drift.out_of_order
        ],
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
        "in_sync": not any(described.values()) and not any(line.error for line in lines),
        "pending": pending,
        "reboot_required": bool(pending) or (values["enabled"] == _IMMUTABLE and bool(drift.out_of_order)),
    }


def _problem(problem: RulesProblem) -> Dict[str, Any]:
    path, number = _place(problem.origin)
    return {
        "path": path,
        "line": number,
        "text": problem.text,
        "reason": problem.reason,
        "stops_loading": problem.stops,
    }


def _place(origin: str) -> Tuple[str, int]:
    path, colon, number = origin.rpartition(":")
    return (path, int(number)) if colon and number.isdigit() else (origin, 0)


def _line(line: RulesLine, machine: str) -> Dict[str, Any]:
    path, number = _place(line.origin)
    entry: Dict[str, Any] = {"path": path, "line": number, "text": line.text}
    if line.error:
        entry["error"] = str(RuleError(line.error.reason, line.error.part))
    else:
        entry.update(_meaning(line.statement, machine))
    return entry


def _meaning(statement: Statement, machine: str) -> Dict[str, Any]:
    if statement.control is None:
        return {"operation": statement.operation, "rule": to_structure(statement.rule, machine)}
    option, value = statement.control
    setting = _BY_OPTION.get(option)
    if setting is None:
        return {"operation": "control", "setting": {"option": option, "value": value}}
    return {
        "operation": "control",
        "setting": {"option": option, "name": setting.name, "value": setting.word(setting_value(value))},
    }


def _rule(rule: Rule, machine: str) -> Dict[str, Any]:
    return {"text": render(rule, machine), "rule": to_structure(rule, machine)}


def _status(status: Status) -> Mapping[str, Any]:
    words = {name: _WORDS[name].word(getattr(status, name)) for name in ("enabled", "failure")}
    return dict(status._asdict(), features=feature_names(status.features), **words)


def _daemon(pid: int) -> Dict[str, Any]:
    """The process that the kernel sends its records to."""
    name = None
    if pid:
        try:
            with open(f"/proc/{pid}/comm", encoding="utf-8", errors="surrogateescape") as file:
                name = file.read().rstrip("\n")
        except OSError:
            pass
    return {"pid": pid, "running": name is not None, "name": name}


def _plugins(version: Optional[Tuple[int, ...]]) -> Optional[List[Dict[str, Any]]]:
    """The plugins of the daemon; None if they cannot be read."""
    try:
        found = [plugin for directory in _PLUGIN_DIRECTORIES for plugin in read_plugins(directory, version)]
    except FileError:
        return None
    return [{"name": plugin.name, "path": plugin.path, "active": plugin.active} for plugin in found]


def run_info(module: "AnsibleModule") -> None:
    """Leave the module audit_info with its result."""
    try:
        result = gather(module.params["rules_dir"], Host())
    except KernelError as error:
        module.fail_json(msg=str(error))
    module.exit_json(changed=False, **printable(result))
