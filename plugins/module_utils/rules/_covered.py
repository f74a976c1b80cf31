# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Rules and syscalls that other rules of their list make superfluous."""

from typing import Dict, FrozenSet, Iterator, List, Optional, Set, Tuple

from ._conditions_met import Conditions
from ._entries import Entries
from .list_semantics import decision
from .model import Rule, normalized, path_fields

__all__ = ("drop_covered_earlier", "drop_covered_later")

# At most this many pairs of rules are compared, which takes a few tenths of a second. Then the other rules stay.
_MOST_PAIRS = 200000

# Rules with at most so many syscalls are found by these, the others by what they are for alone.
_FEW = 40

# The file, directory or program of a rule: one that covers another rule has the same, or none.
_Object = Optional[Tuple[str, str]]


def drop_covered_later(entries: Entries) -> None:
    """Drop each rule, and each syscall of a rule, that never takes effect, because earlier rules match first."""
    index = _Index(entries)
    for place in entries.places:
        entry = entries.at(place)
        if not entry.fixed:
            conditions = Conditions(entry.rule)
            for other in index.candidates(entry.rule):
                first = entries.at(other).rule
                if conditions.include(first) and _takes_from(entries, place, other):
                    break
        if place in entries:
            index.add(place, entries.at(place).rule)


def drop_covered_earlier(entries: Entries) -> None:
    """Drop each rule whose events a later and wider rule records under the same keys."""
    index = _Index(entries)
    for place in reversed(entries.places):
        entry = entries.at(place)
        if not entry.fixed:
            conditions = Conditions(entry.rule)
            for other in index.candidates(entry.rule):
                wider = entries.at(other).rule
                if (
                    decision(wider) == decision(entry.rule)
                    and conditions.include(wider)
                    and _remaining(entry.rule, wider) == frozenset()
                    and entries.may_pass(place, place, other)
                ):
                    entries.drop(place, other, "{by} records the same events under the same keys, and more")
                    break
        if place in entries:
            index.add(place, entries.at(place).rule)


def _takes_from(entries: Entries, place: int, first: int) -> bool:
    """Drop what an earlier rule matches of a rule that has all its conditions; whether nothing is left."""
    rule, earlier = entries.at(place).rule, entries.at(first).rule
    remaining = _remaining(rule, earlier)
    if remaining is not None and not remaining:
        entries.drop(place, first, "it is never evaluated, because {by} matches first")
        return True
    # A mask that follows from a permission stays whole, so that the rules of both archs can become one.
    if remaining != rule.syscalls and rule.value("perm") is None:
        entries.replace(place, rule._replace(syscalls=remaining), "{by} matches its other syscalls first", first)
    return False


def _remaining(rule: Rule, other: Rule) -> Optional[FrozenSet[int]]:
    """The syscalls of a rule that another one does not have; None for nearly all of them."""
    if other.syscalls is None:
        return frozenset()
    return None if rule.syscalls is None else rule.syscalls - other.syscalls


class _Index:
    """Finds the rules that may cover another one, without comparing it with every rule."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._wide: Dict[_Object, List[int]] = {}
        self._by_number: Dict[_Object, Dict[int, List[int]]] = {}
        self._left = _MOST_PAIRS

    def add(self, place: int, rule: Rule) -> None:
        """Add a rule."""
        found = _object(rule)
        if rule.syscalls is None or len(rule.syscalls) > _FEW:
            self._wide.setdefault(found, []).append(place)
        else:
            by_number = self._by_number.setdefault(found, {})
            for number in rule.syscalls:
                by_number.setdefault(number, []).append(place)

    def candidates(self, rule: Rule) -> Iterator[int]:
        """The places of rules that may have no condition that this one lacks, as they were added."""
        places: Set[int] = set()
        for found in dict.fromkeys((None, _object(rule))):
            places.update(self._wide.get(found, ()))
            by_number = self._by_number.get(found, {})
            for number in by_number.keys() & (rule.syscalls or ()):
                places.update(by_number[number])
        self._left -= len(places)
        if self._left <= 0:
            self._entries.give_up()
            return iter(())
        return iter(sorted(places))


def _object(rule: Rule) -> _Object:
    for field in path_fields(rule):
        if field.operator == "=":
            return field.name, normalized(field).text
    return None
