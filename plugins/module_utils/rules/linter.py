# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Find what is wrong with rules files before a host reads them: lint() and what it needs to know of the hosts.

The checks and their severities are in findings.py, the code of each is in one of ``_lint_lines``, ``_lint_rules`` and
``_lint_files``. A comment ``# lint: ignore ID...`` keeps the line after it from being found by these checks.
"""

import re
from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from . import _lint_files, _lint_lines, _lint_rules
from .augenrules import in_augenrules_order, version_key
from .errors import RuleError
from .findings import CHECKS, Finding, Found
from .parse import RulesLine, parse_file, parse_line
from .resolver import Resolver
from .values import decimal

__all__ = ("ANY_FLEET", "Fleet", "RulesText", "lint", "lint_lines")

_IGNORE = re.compile(r"#+ *lint: *ignore +(.*)$")


class RulesText(NamedTuple):
    """A rules file: its path or name, and its text."""

    path: str
    text: str


class Fleet(NamedTuple):
    """What is known of the hosts: their machines (``uname -m``), the oldest release of audit, their users and groups.

    None means that it is not known: then every name of a user is taken for one that may exist.
    """

    machines: Tuple[str, ...] = ("x86_64",)
    version: Optional[Tuple[int, ...]] = None
    users: Optional[FrozenSet[str]] = None
    groups: Optional[FrozenSet[str]] = None


class _Guessed(Resolver):
    """A host that is not there: each user and group has a number that no rule has otherwise."""

    def __init__(self, fleet: Fleet, machine: str, numbers: Dict[str, int]) -> None:
        self.machine = machine
        self.version = fleet.version
        self._fleet = fleet
        self._numbers = numbers

    def uid(self, name: str) -> Optional[int]:
        return self._number(name, self._fleet.users, "user")

    def gid(self, name: str) -> Optional[int]:
        return self._number(name, self._fleet.groups, "group")

    def _number(self, name: str, known: Optional[FrozenSet[str]], kind: str) -> Optional[int]:
        if name == "root":
            return 0
        if known is not None and name not in known:
            return None
        return self._numbers.setdefault(f"{kind} {name}", _lint_lines.FIRST_GUESSED + len(self._numbers))


#: Hosts of which nothing is known.
ANY_FLEET = Fleet()


def lint(files: Sequence[RulesText], fleet: Fleet = ANY_FLEET, joined: bool = True) -> List[Finding]:
    """The findings of files, in the order of their lines.

    ``joined``: the files are a directory that augenrules reads, in its own order; otherwise auditctl -R reads each of
    them as it is, in the given order.
    """
    if joined:
        files = sorted(files, key=lambda file: version_key(file.path.rpartition("/")[2]))
    numbers: Dict[str, int] = {}
    resolvers = [_Guessed(fleet, machine, numbers) for machine in fleet.machines]
    lines = [line for file in files for line in parse_file(file.text, file.path, resolvers[0])]
    names = {number: name for name, number in numbers.items()}
    found = [(line, one) for line in lines for one in _of_machines(line, resolvers)]
    if fleet.users is None:
        found += [(line, one) for line in lines for one in _lint_lines.named_users(line, names)]
    found += _of_lines(lines, resolvers[0], joined)
    found += [(RulesLine("", f"{file.path}:1"), one) for file, one in _lint_files.of_names(files, joined)]
    found += [(_last_line(file), one) for file in files for one in _lint_files.of_end(file.text)]
    return _findings(lines, found)


def lint_lines(lines: Sequence[RulesLine], host: Resolver) -> List[Finding]:
    """The findings of lines that a host has read, and so resolved."""
    return _findings(lines, _of_lines(lines, host, False))


def _of_lines(lines: Sequence[RulesLine], host: Resolver, joined: bool) -> List[Tuple[RulesLine, Found]]:
    found = [(line, one) for line in lines for check in _lint_lines.CHECKS for one in check(line, host)]
    # A file with an indented -e 2 is not what augenrules makes of it everywhere, so the lock is looked at as written.
    found += _lint_files.of_locks(lines, joined)
    loaded = in_augenrules_order(lines) if joined else list(lines)
    for check in (*_lint_rules.CHECKS, *_lint_files.CHECKS):
        found += check(loaded, host)
    return found + (_lint_files.without_delete(lines) if joined else [])


def _of_machines(line: RulesLine, resolvers: Sequence[Resolver]) -> Iterable[Found]:
    """What is wrong with a line, on all of the machines or on some of them."""
    first, others = line.error, resolvers[1:]
    if first and not (others and _lint_lines.depends_on_machine(first)):
        return [_lint_lines.of_error(first, resolvers[0])]
    if not first and not (line.statement and line.statement.rule):
        return []
    errors = [error for error in [first, *(_error(line.text, resolver) for resolver in others)] if error]
    if first and len(errors) == len(resolvers):
        return [_lint_lines.of_error(first, resolvers[0])]
    return [
        ("missing-on-machine", f"Not every machine of the fleet has this: {_lint_lines.reason(error)}.", None)
        for error in errors
    ]


def _error(text: str, resolver: Resolver) -> Optional[RuleError]:
    try:
        parse_line(text, resolver)
    except RuleError as error:
        return error
    return None


def _last_line(file: RulesText) -> RulesLine:
    lines = file.text.split("\n")
    return RulesLine(lines[-1], f"{file.path}:{len(lines)}")


def _findings(lines: Sequence[RulesLine], found: Iterable[Tuple[RulesLine, Found]]) -> List[Finding]:
    """The findings in the order of the lines, without those that comments ignore."""
    order = {line.origin: number for number, line in enumerate(lines)}
    ignored: Dict[str, FrozenSet[str]] = {}
    for before, line in zip(lines, lines[1:]):
        comment = _IGNORE.match(before.text.strip(" ")) if before.text.lstrip(" ").startswith("#") else None
        if comment:
            ignored[line.origin] = frozenset(comment.group(1).replace(",", " ").split())
    findings = []
    for line, (check, message, repair) in found:
        if check not in ignored.get(line.origin, ()):
            path, _colon, number = line.origin.rpartition(":")
            findings.append(Finding(check, CHECKS[check].severity, message, path, _number(number), line.text, repair))
    places = {id(finding): order.get(f"{finding.path}:{finding.line}", -1) for finding in findings}
    return sorted(findings, key=lambda finding: places[id(finding)])


def _number(text: str) -> int:
    return decimal(text) or 1
