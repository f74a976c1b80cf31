# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Rules that record nothing because earlier rules leave out all or nearly all of their events.

``-a never,exit -F perm=wa`` switches nothing off by itself, see silence.py: what is executed is still recorded. But the
watches after it, whose events all are writes and changes of attributes, record nothing. For each rule that records,
typical events (_typical.py) that meet its conditions are held against the rules before it that leave events out, all
of these at once (_first_match.py).
"""

from bisect import bisect
from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ._droppers import Droppers
from ._first_match import Budget, TooManyParts, last_needed
from ._typical import TYPICAL_SYSCALLS, meeting, typical_values
from .dead_rules import implied
from .list_semantics import DROPPED, decision, no_effect
from .model import Field, Rule
from .permissions import PERMISSIONS, matchable_syscalls
from .syscalls import names
from .tables import MACHINES

__all__ = ("Overruled", "overruled")


class Overruled(NamedTuple):
    """The place of a rule that leaves events out, and the places of those after it that record nothing for this."""

    place: int
    others: Tuple[int, ...]


#: Values by field that the events of one rule may have.
_Given = Dict[str, FrozenSet]

_OTHER = -1
_REGULAR = frozenset((0o100000,))
# No text of a rule: the conditions of a watch but for the path, which is the same for nearly all.
_TEXTS = ("path", "dir", "exe")
# In the place of a rule that leaves events out: there are too many parts of events to know whether one does.
_UNKNOWN = -1


def overruled(rules: Sequence[Rule]) -> Tuple[List[Overruled], List[int]]:
    """The rules that leave out all events of later ones, or nearly all.

    And the places of the rules of which this cannot be known, because those before them divide their events into too
    many parts. Rules that name a path or a program are not looked at; dead_rules.shadows() knows what they leave out.
    """
    found: Dict[int, List[int]] = {}
    budget = Budget()
    for name in ("exit", "io_uring"):
        some = [(place, rule) for place, rule in enumerate(rules) if rule.list == name and not no_effect(rule)]
        places = [place for place, rule in some if decision(rule) is DROPPED and not _has_text(rule)]
        droppers = Droppers([rules[place] for place in places])
        known: Dict[Tuple[int, Rule], Optional[int]] = {}
        for place, rule in some:
            before = bisect(places, place)
            if not before or decision(rule) is DROPPED:
                continue
            key = (before, _without_names(rule))
            if key not in known:
                number = _overruling(droppers, *key, budget)
                known[key] = number if number is None or number == _UNKNOWN else places[number]
            by = known[key]
            if by is not None:
                found.setdefault(by, []).append(place)
    unknown = found.pop(_UNKNOWN, [])
    return [Overruled(place, tuple(found[place])) for place in sorted(found)], unknown


def _has_text(rule: Rule) -> bool:
    return any(field.name in _TEXTS for field in rule.fields)


def _without_names(rule: Rule) -> Rule:
    """What all rules have in common that are alike but for their keys and texts."""
    fields = tuple(field._replace(value="") if field.name in _TEXTS else field for field in rule.fields)
    return rule._replace(fields=fields, keys=())


def _overruling(droppers: Droppers, before: int, rule: Rule, budget: Budget) -> Optional[int]:
    """Of the first so many rules that leave events out, the one after which no event of the rule is left."""
    given = _given(rule)
    if not all(given.values()):
        # No event that is known here meets the conditions of the rule.
        return None
    dimensions = droppers.dimensions(given, implied(rule.fields))
    unknown: Optional[int] = None
    for arch in (rule.arch,) if rule.arch is not None else (_OTHER, *droppers.archs):
        try:
            found = last_needed(droppers.for_arch(arch) & (1 << before) - 1, dimensions, budget)
        except TooManyParts:
            unknown = _UNKNOWN
            continue
        if found is not None:
            return found
    return unknown


def _given(rule: Rule) -> _Given:
    """The values that events of the rule have: typical ones, and those at the bounds of its conditions."""
    given: _Given = {}
    for field in rule.fields:
        typical = typical_values(field.name)
        if not typical or field.name == "field_compare":
            continue
        if field.name not in given:
            bounds = [number for other in rule.fields if other.name == field.name for number in _bounds(other)]
            given[field.name] = typical.union(bounds)
        given[field.name] = meeting(field, given[field.name])
    if rule.value("path") is not None or rule.value("dir") is not None:
        given.setdefault("filetype", _REGULAR)
    given["syscall"] = _syscalls(rule)
    return given


def _bounds(field: Field) -> Iterable[int]:
    if field.name in ("perm", "filetype"):
        return PERMISSIONS.values() if field.name == "perm" else (field.number,)
    return [number for number in (field.number - 1, field.number, field.number + 1) if 0 <= number <= 0xFFFFFFFF]


def _syscalls(rule: Rule) -> FrozenSet:
    """The numbers of the rule's syscalls; the names of typical ones if it has all."""
    if rule.syscalls is not None:
        return rule.syscalls
    bits = rule.value("perm")
    if not isinstance(bits, int):
        return TYPICAL_SYSCALLS
    numbers = matchable_syscalls(bits, MACHINES["x86_64"].number)
    return frozenset(name for name in TYPICAL_SYSCALLS if names("x86_64")[name] in numbers) or TYPICAL_SYSCALLS
