# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Checks of linter.py that compare rules with each other, in the order in which they are loaded."""

from typing import Callable, Dict, FrozenSet, Iterator, List, Optional, Sequence, Set, Tuple

from . import syscalls, tables
from ._lint_lines import TWINS
from ._recorded_before import RecordedBefore
from .dead_rules import idle, shadow_reason, shadowed_lines
from .errors import shown
from .findings import Found
from .model import Field, Rule, canonical
from .resolver import Resolver
from .silence import silences
from .statements import RulesLine

__all__ = ("CHECKS",)

Located = Tuple[RulesLine, Found]

_SHADOWED_IDS = {"identical": "duplicate", "equivalent": "same-rule", "same match": "key-conflict", "": "shadowed"}
_EVERY: FrozenSet[str] = frozenset(("all",))


def _rules(lines: Sequence[RulesLine]) -> List[Tuple[RulesLine, Rule]]:
    return [(line, line.statement.rule) for line in lines
            if line.statement and line.statement.rule and line.statement.operation != "delete"]  # fmt: skip


def _shadowed(lines: Sequence[RulesLine], host: Resolver) -> Iterator[Located]:
    for shadow in shadowed_lines(lines, host):
        line, by = lines[shadow.place], lines[shadow.by]
        message = f"The rule {shadow_reason(shadow)} ({by.origin}: '{shown(by.text)}')."
        yield line, (_SHADOWED_IDS[shadow.sameness], message, None if shadow.sameness == "same match" else "")


def _silent(lines: Sequence[RulesLine], _host: Resolver) -> Iterator[Located]:
    some = _rules(lines)
    for silence in silences([rule for _line, rule in some]):
        yield some[silence.place][0], ("silence", f"Because of this line, {silence.effect}.", None)
    switches = [line for line in lines if line.statement and (line.statement.control or ("",))[0] == "-e"]
    if switches and switches[-1].statement.control[1] == "0":
        yield switches[-1], ("silence", "-e 0 switches auditing off.", None)


def _late_exclusions(lines: Sequence[RulesLine], _host: Resolver) -> Iterator[Located]:
    some = [(line, rule) for line, rule in _rules(lines) if rule.list == "exit" and not idle(rule)]
    recording = [(line, rule) for line, rule in some if rule.action == "always"]
    before = RecordedBefore([rule for _line, rule in recording])
    count = 0
    for line, rule in some:
        if rule.action == "always":
            count += 1
            continue
        number = before.first(rule, count)
        if number is not None:
            first = recording[number][0]
            where = f"{first.origin}: '{shown(first.text)}'"
            yield line, ("late-exclusion", f"An earlier rule records some of what this one leaves out ({where}).", None)


def _without(rule: Rule, *names: str) -> Tuple[Field, ...]:
    return tuple(field for field in canonical(rule).fields if field.name not in names)


class _Twins:
    """The system calls that rules for 32-bit programs have, by list, action and conditions other than the arch."""

    def __init__(self, rules: Sequence[Tuple[RulesLine, Rule]], machine: str) -> None:
        self.machine, self.twin = machine, tables.MACHINES[machine].b32 or machine
        self._calls: Dict[Tuple[str, Tuple[Field, ...]], Set[int]] = {}
        self._all: Set[Tuple[str, Tuple[Field, ...]]] = set()
        for _line, rule in rules:
            if rule.list == "exit" and rule.arch == tables.MACHINES[self.twin].number:
                key = rule.action, _without(rule, "arch")
                # A rule for all calls without a condition decides about every 32-bit program.
                key = ("", ()) if rule.syscalls is None and not key[1] else key
                self._calls.setdefault(key, set()).update(rule.syscalls or ())
                if rule.syscalls is None:
                    self._all.add(key)

    def missing(self, rule: Rule) -> Optional[List[str]]:
        """The names of calls that the twins of a rule lack; None if nothing is missing."""
        key = rule.action, _without(rule, "arch")
        if key in self._all or ("", ()) in self._all:
            return None
        if rule.syscalls is None:
            return ["all"]
        known, held = syscalls.names(self.twin), self._calls.get(key, set())
        names = [syscalls.name(self.machine, number) or "" for number in sorted(rule.syscalls)]
        return [name for name in names if name in known and known[name] not in held] or None


def _missing_b32(lines: Sequence[RulesLine], host: Resolver) -> Iterator[Located]:
    machine = tables.machine(host.machine)
    if machine not in TWINS:
        return
    some = _rules(lines)
    twins = _Twins(some, machine)
    for line, rule in some:
        if rule.list != "exit" or rule.arch != tables.MACHINES[machine].number:
            continue
        missing = twins.missing(rule)
        if missing and rule.action == "always":
            what = "no rule" if missing == ["all"] else f"no rule for {', '.join(missing[:5])}"
            certain = rule.syscalls is None or len(missing) == len(rule.syscalls)
            # The line as auditctl reads it, which differs from one that it cannot read.
            repair = _twin(line.statement.text if line.statement.unread else line.text) if certain else None
            yield line, ("missing-b32", f"There is {what} with arch=b32 and the same conditions.", repair)


def _twin(text: str) -> Optional[str]:
    return f"{text}\n{text.replace('arch=b64', 'arch=b32')}" if text.count("arch=b64") == 1 else None


def _b32_numbers(lines: Sequence[RulesLine], host: Resolver) -> Iterator[Located]:
    """Numbers that were copied from a rule for 64 bits to its twin."""
    machine = tables.machine(host.machine)
    if machine not in TWINS:
        return
    some, twin = _rules(lines), tables.MACHINES[machine].b32 or machine
    native: Dict[Tuple[str, Tuple[Field, ...]], Set[int]] = {}
    for _line, rule in some:
        if rule.arch == tables.MACHINES[machine].number and rule.syscalls:
            native.setdefault((rule.action, _without(rule, "arch")), set()).update(rule.syscalls)
    for line, rule in some:
        if rule.arch != tables.MACHINES[twin].number or not rule.syscalls:
            continue
        copied = rule.syscalls & native.get((rule.action, _without(rule, "arch")), set())
        for number in sorted(copied):
            meant, made = syscalls.name(machine, number), syscalls.name(twin, number)
            if meant != made and str(number) in line.text.replace(",", " ").split():
                message = f"For 32-bit programs, {number} is {made or 'no call'}; {meant} is its name with arch=b64."
                yield line, ("b32-number", message, None)


def _keys(lines: Sequence[RulesLine], _host: Resolver) -> Iterator[Located]:
    first: Dict[str, RulesLine] = {}
    by_spelling: Dict[str, str] = {}
    for line, rule in _rules(lines):
        for key in rule.keys:
            if key in first:
                continue
            first[key] = line
            other = by_spelling.setdefault(key.lower().replace("-", "").replace("_", ""), key)
            if other != key:
                where = first[other].origin
                yield line, ("similar-keys", f"The key {shown(key)} is nearly the key {shown(other)} of {where}.", None)


def _shared_keys(lines: Sequence[RulesLine], _host: Resolver) -> Iterator[Located]:
    """Keys of rules of several files that have no call, path or condition in common."""
    seen: Dict[str, Dict[str, Tuple[RulesLine, Set[str]]]] = {}
    for line, rule in _rules(lines):
        for key in rule.keys:
            file = line.origin.rpartition(":")[0]
            _first, subjects = seen.setdefault(key, {}).setdefault(file, (line, set()))
            subjects.update(_subjects(rule))
    for key, files in seen.items():
        (first, subjects), *others = files.values()
        for line, more in others:
            if subjects.isdisjoint(more):
                message = f"The key {shown(key)} is also that of {first.origin}, which is about something else."
                yield line, ("shared-key", message, None)
                break
            subjects = subjects | more


def _subjects(rule: Rule) -> Iterator[str]:
    """What a rule is about: calls, paths and the directories of paths, programs, and its other conditions."""
    for field in rule.fields:
        if field.name in ("path", "dir", "exe"):
            yield field.text
            yield field.text.rpartition("/")[0]
        elif field.name in ("perm", "exit", "success", "field_compare", "a0", "a1", "a2", "a3", "saddr_fam"):
            yield f"{field.name}{field.operator}{field.value}"
    machine = tables.arch_machine(rule.arch or 0)
    for number in rule.syscalls or ():
        name = syscalls.name(machine, number) if machine in syscalls.MACHINES else None
        yield name or str(number)


#: The checks of all rules together.
CHECKS: Tuple[Callable[[Sequence[RulesLine], Resolver], Iterator[Located]], ...] = (
    _shadowed,
    _silent,
    _late_exclusions,
    _missing_b32,
    _b32_numbers,
    _keys,
    _shared_keys,
)
