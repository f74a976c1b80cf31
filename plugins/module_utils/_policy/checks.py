# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks before anything is changed: what the kernel would refuse, and what would fail at the next boot."""

import os
import stat
from typing import Iterable, List, Optional, Sequence

from .._host.files import file_status
from .._host.host import Host
from .._kernel.netlink import feature_names
from ..rules.dead_rules import idle, shadow_reason, shadowed_lines
from ..rules.errors import MisreadError, RuleError, shown
from ..rules.model import Rule, path_fields
from ..rules.parse import RulesLine, Statement, parse_line
from .named_paths import misnamed
from .places import covered_later, is_directory, may_be_missing_at_boot, places_read_once
from .problem import RulesProblem
from .recording import files_problems
from .rules_d import RulesFile, awk_knows_white_space, continues, in_augenrules_order, is_masked

__all__ = ("examine", "missing_directory", "not_for_files", "unsupported")

# What only kernels with a feature know: the feature, and the part of a rule as errors name it.
_OF_LISTS = {"filesystem": ("filter_fs", "the list filesystem")}
_OF_FIELDS = {
    "exe": ("executable_path", "the field exe"),
    "sessionid": ("sessionid_filter", "the field sessionid"),
}


@places_read_once()
def examine(files: Sequence[RulesFile], host: Host, features: Optional[int] = None) -> List[RulesProblem]:
    """The problems of files, in their order. ``features``: what the kernel can do, None if that is not known."""
    lines = in_augenrules_order(line for file in files for line in file.lines)
    # auditctl continues after an error only from this line on, in this file and in all later ones.
    begin = next((number for number, line in enumerate(lines) if continues(line)), len(lines))
    found = [problem for path in {os.path.dirname(file.path): None for file in files} for problem in _of_owner(path)]
    found += _of_compiled({os.path.dirname(os.path.dirname(file.path)) for file in files})
    found += [problem for file in files for problem in _of_file(file, file is files[-1])]
    found += _of_shadowed_rules(lines, begin, host)
    found += _of_deletions(lines, begin)
    for number, line in enumerate(lines):
        # augenrules writes a line -e after all others.
        found += _of_line(line, host, features, number > begin or line.text.strip(" ").startswith("-e"))
    # Of several lines -b, -f or -e, augenrules takes the last alone.
    loaded = set(map(id, lines))
    for line in (line for file in files for line in file.lines if id(line) not in loaded):
        found += _of_line(line, host, features, True)
    found += _of_locks(line for file in files for line in file.lines)
    found += files_problems(files, host)
    order = {line.origin: number for number, line in enumerate(line for file in files for line in file.lines)}
    return sorted(found, key=lambda problem: order.get(problem.origin, -1))


def missing_directory(rule: Rule) -> Optional[str]:
    """The missing directory without which the kernel refuses the rule; None if all of them exist."""
    return next((directory for directory in _needed_directories(rule) if not is_directory(directory)), None)


def _needed_directories(rule: Rule) -> List[str]:
    """The directories that must exist when the kernel is given the rule."""
    return [field.text if field.name == "dir" else os.path.dirname(field.text) for field in path_fields(rule)]


def not_for_files(statement: Statement, host: Host) -> Optional[str]:
    """Why a rule must not go into a file: this host's auditctl cannot read it, however it is written."""
    if not statement.unread or not parse_line(statement.text, host).unread:
        return None
    return (
        f"auditctl {_release(host)} of this host cannot read '{statement.unread[0]}', and would load no line after it "
        "at the next boot; set persistent: false to add the rule to the kernel alone"
    )


def unsupported(rule: Rule, features: int) -> Optional[str]:
    """Which part of a rule this kernel does not support, according to its feature bits."""
    needed = [_OF_LISTS[rule.list]] if rule.list in _OF_LISTS else []
    names = {field.name for field in rule.fields}
    needed += [_OF_FIELDS[name] for name in _OF_FIELDS if name in names]
    if rule.list == "exclude" and names - {"msgtype"}:
        needed.append(("exclude_extend", "exclude with fields other than msgtype"))
    # Most rules need none of them.
    known = feature_names(features) if needed else []
    return next((part for feature, part in needed if feature not in known), None)


def _of_file(file: RulesFile, is_last: bool) -> Iterable[RulesProblem]:
    name = os.path.basename(file.path)
    if " " in name:
        yield RulesProblem(file.path, name, "contains a space: augenrules before 4.2 ignores the file")
    if is_masked(file.path):
        reason = "is a symbolic link to /dev/null, so it holds no rule; no task changes or removes it"
        yield RulesProblem(file.path, name, reason)
        return
    if os.path.islink(file.path):
        end = "" if os.path.exists(file.path) else ", and leads nowhere"
        yield RulesProblem(file.path, name, f"is a symbolic link{end}; a task that changes the file replaces the link")
    yield from _of_owner(file.path)
    if file.text and not file.text.endswith("\n") and not is_last:
        last = file.lines[-1]
        yield RulesProblem(
            last.origin or file.path, last.text, "has no newline, so the first line of the next file is appended to it"
        )


def _of_owner(path: str) -> Iterable[RulesProblem]:
    """A file or directory that others than root can change: they set the rules of the next boot."""
    status = file_status(path)
    if status is None:
        return
    name = os.path.basename(path)
    if status.st_uid not in (0, os.geteuid()):
        yield RulesProblem(path, name, f"belongs to uid {status.st_uid}, who can change the rules, and not to root")
    if status.st_mode & stat.S_IWOTH:
        yield RulesProblem(path, name, "is world-writable, so every user can change the rules")


def _of_compiled(directories: Iterable[str]) -> Iterable[RulesProblem]:
    """An audit.rules of which augenrules keeps the owner; auditctl reads nothing in a file that is not root's."""
    for directory in directories:
        for problem in _of_owner(os.path.join(directory, "audit.rules")):
            if "belongs to" in problem.reason:
                yield problem._replace(stops=True)


def _of_line(line: RulesLine, host: Host, features: Optional[int], goes_on: bool) -> Iterable[RulesProblem]:
    if line.error:
        reason = f"is wrong: {RuleError(line.error.reason, line.error.part)}"
        refused = not isinstance(line.error, MisreadError)
        yield RulesProblem(line.origin, line.text, reason, refused and not goes_on, lost=refused)
        return
    statement = line.statement
    if statement is None or statement.rule is None or statement.operation == "delete":
        return
    if statement.unread:
        parts = ", ".join(f"'{shown(part)}'" for part in statement.unread)
        reason = f"cannot be read by auditctl {_release(host)}, because of {parts}"
        if statement.operation == "prepend":
            reason += f"; write '{shown(statement.text)}' before all other rules of the list {statement.rule.list}"
        elif statement.text != line.text:
            reason += f"; write '{shown(statement.text)}'"
        yield RulesProblem(line.origin, line.text, reason, not goes_on, lost=True)
    reason = idle(statement.rule)
    if reason:
        yield RulesProblem(line.origin, line.text, f"has no effect: {reason}", dead=True)
    found = misnamed(statement.rule)
    if found:
        dead, partial = found.nothing and not found.tree, not found.nothing
        yield RulesProblem(line.origin, line.text, found.reason, dead=dead, silent=found.tree, partial=partial)
    needed = _needed_directories(statement.rule)
    missing = next((directory for directory in needed if not is_directory(directory)), None)
    if missing:
        reason = f"is refused by the kernel, because {missing} does not exist"
        yield RulesProblem(line.origin, line.text, reason, not goes_on, lost=True)
    elif needed:
        yield from _of_places(line, needed, goes_on)
    unknown = unsupported(statement.rule, features) if features is not None else None
    if unknown:
        reason = f"is refused by the kernel, which does not know {unknown}"
        yield RulesProblem(line.origin, line.text, reason, not goes_on, lost=True)


def _of_places(line: RulesLine, needed: Iterable[str], goes_on: bool) -> Iterable[RulesProblem]:
    """Needed directories that may be missing at the next boot, without which the kernel refuses the rule then."""
    statement = line.statement
    for directory in needed:
        why = may_be_missing_at_boot(directory)
        if not why:
            yield from _of_later_mounts(line, directory)
            continue
        if statement.watch and statement.rule.value("dir") and not may_be_missing_at_boot(os.path.dirname(directory)):
            # For auditctl, -w PATH is the watch of a file if there is no such directory when it loads the line.
            reason = f"may watch a file after a boot, and record nothing in {directory}, because it {why}"
            yield RulesProblem(line.origin, line.text, reason, silent=True, lost=True)
        else:
            reason = f"may be refused by the kernel at a boot, because {directory} {why}"
            yield RulesProblem(line.origin, line.text, reason, not goes_on, lost=True)


def _of_later_mounts(line: RulesLine, directory: str) -> Iterable[RulesProblem]:
    """File systems on which the rule records nothing after a boot, because they are mounted after it is loaded."""
    rule = line.statement.rule
    points = covered_later(directory, rule.value("dir") == directory)
    if points:
        is_there = points[0].startswith(f"{os.path.realpath(directory)} (")
        reason = (
            f"may record nothing on {', '.join(points)} after a boot, which may load the rules before it is mounted"
        )
        yield RulesProblem(line.origin, line.text, reason, silent=is_there, lost=is_there, partial=not is_there)


def _of_shadowed_rules(lines: Sequence[RulesLine], begin: int, host: Host) -> Iterable[RulesProblem]:
    for shadow in shadowed_lines(lines, host):
        line, by = lines[shadow.place], lines[shadow.by]
        if shadow.sameness == "same match" and set(line.statement.rule.keys) < set(by.statement.rule.keys):
            # It costs no event a key, and may be there because scanners compare text; see sources.py.
            continue
        # The kernel refuses a rule that it holds, unless it is to go first (-A).
        refused = shadow.sameness == "identical" and line.statement.operation == "append" and shadow.by < shadow.place
        reason = f"{shadow_reason(shadow)} ({by.origin}: '{shown(by.text)}')"
        yield RulesProblem(line.origin, line.text, reason, refused and shadow.place <= begin, not refused)


def _of_deletions(lines: Sequence[RulesLine], begin: int) -> Iterable[RulesProblem]:
    """Lines that delete a rule which the lines before them do not add."""
    held: List[Rule] = []
    for number, line in enumerate(lines):
        statement = line.statement
        if statement is None:
            continue
        if statement.operation == "delete" and statement.rule in held:
            held.remove(statement.rule)
        elif statement.operation == "delete":
            reason = "deletes a rule that no line before it adds, which the kernel refuses"
            yield RulesProblem(line.origin, line.text, reason, number <= begin)
        elif statement.rule:
            held.append(statement.rule)
        elif statement.control[0] == "-D":
            key = statement.control[1]
            held = [rule for rule in held if key and not any(key in other for other in rule.keys)]


def _of_locks(lines: Iterable[RulesLine]) -> Iterable[RulesProblem]:
    """Lines ``-e 2`` that augenrules does not move to the end: if the host's awk is mawk, the indented ones."""
    for line in lines:
        locks = line.statement and line.statement.control == ("-e", "2")
        if locks and line.text.startswith(" ") and not awk_knows_white_space():
            reason = "is indented, so augenrules does not move it to the end, and it locks the kernel too early"
            yield RulesProblem(line.origin, line.text, reason, True)


def _release(host: Host) -> str:
    return ".".join(map(str, host.version)) if host.version else "of any release"
