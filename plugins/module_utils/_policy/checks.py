# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kernel would refuse, and what would go wrong with rules files at the next boot: before anything is changed."""

import os
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence

from .._host.host import Host
from .._kernel.netlink import feature_names
from ..rules.errors import RuleError, shown
from ..rules.fields import LISTS
from ..rules.lint import shadows
from ..rules.model import Rule
from ..rules.parse import RulesLine, Statement, parse_line
from .rules_d import RulesFile, awk_knows_white_space, in_augenrules_order

__all__ = ("RulesProblem", "examine", "missing_directory", "not_for_files", "unsupported")


class RulesProblem(NamedTuple):
    """What is wrong with a line: where it stands (``file:line``), what it says, and why that is wrong.

    ``stops``: auditctl -R loads nothing of what is behind it. ``dead``: it is loaded, and never looked at.
    """

    origin: str
    text: str
    reason: str
    stops: bool = False
    dead: bool = False

    def __str__(self) -> str:
        consequence = "; auditctl would load no line behind it" if self.stops else ""
        return f"{self.origin}: '{shown(self.text)}' {self.reason}{consequence}"


def examine(files: Sequence[RulesFile], host: Host, features: Optional[int] = None) -> List[RulesProblem]:
    """The problems of files, in their order. ``features``: what the kernel can do, None if it is not to be asked."""
    lines = in_augenrules_order(line for file in files for line in file.lines)
    goes_on = any(line.statement and line.statement.control in (("-i", ""), ("-c", "")) for line in lines)
    found = [problem for file in files for problem in _of_file(file, file is files[-1])]
    found += _of_shadows(lines, goes_on)
    for line in lines:
        found += _of_line(line, host, features, goes_on)
    found += _of_locks(lines)
    order = {line.origin: number for number, line in enumerate(line for file in files for line in file.lines)}
    return sorted(found, key=lambda problem: order.get(problem.origin, -1))


def missing_directory(rule: Rule) -> Optional[str]:
    """The directory that is not there and has to be for the kernel to take the rule."""
    for name in ("path", "dir", "exe"):
        value = rule.value(name)
        if isinstance(value, str):
            needed = value if name == "dir" else os.path.dirname(value)
            if not os.path.isdir(needed):
                return needed
    return None


def not_for_files(statement: Statement, host: Host) -> Optional[str]:
    """Why a rule must not stand in a file: this host's auditctl would not read it, however it is written."""
    if not statement.unread or not parse_line(statement.text, host).unread:
        return None
    return (
        f"auditctl {_release(host)} of this host does not read '{statement.unread[0]}', and would load nothing of what "
        "is behind it at the next boot; set persistent: false to have it in the kernel alone"
    )


def unsupported(rule: Rule, features: int) -> Optional[str]:
    """What of a rule this kernel does not know, by its feature bits."""
    fields = {field.name for field in rule.fields}
    known = feature_names(features)
    for feature, used, name in (
        ("filter_fs", rule.list == "filesystem", "the list filesystem"),
        ("executable_path", "exe" in fields, "the field exe"),
        ("sessionid_filter", "sessionid" in fields, "the field sessionid"),
        ("exclude_extend", rule.list == "exclude" and fields - {"msgtype"}, "exclude with fields other than msgtype"),
    ):
        if used and feature not in known:
            return name
    return None


def _of_file(file: RulesFile, is_last: bool) -> Iterable[RulesProblem]:
    name = os.path.basename(file.path)
    if " " in name:
        yield RulesProblem(file.path, name, "has a space in it: releases of augenrules before 4.2 leave the file out")
    if file.text and not file.text.endswith("\n") and not is_last:
        last = file.lines[-1]
        yield RulesProblem(
            last.origin or file.path, last.text, "has no line end, and becomes one line with the first of the next file"
        )


def _of_line(line: RulesLine, host: Host, features: Optional[int], goes_on: bool) -> Iterable[RulesProblem]:
    if line.error:
        yield RulesProblem(line.origin, line.text, f"is wrong: {RuleError(line.error.reason, line.error.part)}")
        return
    statement = line.statement
    if statement is None or statement.rule is None or statement.operation == "delete":
        return
    if statement.unread:
        parts = ", ".join(f"'{shown(part)}'" for part in statement.unread)
        reason = f"is not read by auditctl {_release(host)}, because of {parts}"
        yield RulesProblem(
            line.origin,
            line.text,
            reason + (f"; write '{shown(statement.text)}'" if statement.text != line.text else ""),
            not goes_on,
        )
    missing = missing_directory(statement.rule)
    if missing:
        yield RulesProblem(
            line.origin, line.text, f"is refused by the kernel, as {missing} does not exist", not goes_on
        )
    unknown = unsupported(statement.rule, features) if features is not None else None
    if unknown:
        yield RulesProblem(
            line.origin, line.text, f"is refused by the kernel, which does not know {unknown}", not goes_on
        )


def _of_shadows(lines: Sequence[RulesLine], goes_on: bool) -> Iterable[RulesProblem]:
    by_list: Dict[str, List[RulesLine]] = {name: [] for name in LISTS}
    for line in lines:
        if line.statement and line.statement.operation == "append":
            by_list[line.statement.rule.list].append(line)
        elif line.statement and (line.statement.operation == "delete" or (line.statement.control or ("",))[0] == "-D"):
            # What stood before may be gone.
            by_list = {name: [] for name in LISTS}
    reasons = {
        "identical": "is there already",
        "equivalent": "is the same rule as one before it",
        "same match": "is never looked at: a rule before it matches the same events under another key",
        "": "is never looked at: a rule before it matches all that it matches",
    }
    for some in by_list.values():
        for shadow in shadows([line.statement.rule for line in some]):
            line, by = some[shadow.place], some[shadow.by]
            reason = f"{reasons[shadow.sameness]} ({by.origin}: '{shown(by.text)}')"
            refused = shadow.sameness == "identical"
            yield RulesProblem(line.origin, line.text, reason, refused and not goes_on, not refused)


def _of_locks(lines: Sequence[RulesLine]) -> Iterable[RulesProblem]:
    """Lines ``-e 2`` that stay in their place: augenrules takes none that is indented if the host's awk is mawk."""
    for line in lines:
        locks = line.statement and line.statement.control == ("-e", "2")
        if locks and line.text.startswith(" ") and not awk_knows_white_space():
            reason = "is indented, and so is not moved to the end, where it has to be: it locks the kernel"
            yield RulesProblem(line.origin, line.text, reason, True)


def _release(host: Host) -> str:
    return ".".join(map(str, host.version)) if host.version else "of any release"
