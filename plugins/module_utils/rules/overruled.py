# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Rules that record nothing because earlier rules leave out all or nearly all of their events.

``-a never,exit -F perm=wa`` switches nothing off by itself, see silence.py: what is executed is still recorded. But the
watches after it, whose events all are writes and changes of attributes, record nothing. For each rule that records,
typical events (_typical.py) that meet its conditions are held against the rules before it that leave events out.
"""

from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from ._typical import TYPICAL_SYSCALLS, comparison, meeting, text_is_met, typical_syscalls, typical_values
from .dead_rules import implied
from .list_semantics import DROPPED, decision, no_effect
from .model import Field, Rule
from .permissions import PERMISSIONS, matchable_syscalls
from .silence import is_for, without
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
# More parts than rules that people write can divide the events into; after that, nothing more is claimed.
_MOST_PARTS = 500
# More pairs of rules that leave events out and rules that differ by more than names than people write (about a second).
_MOST_PAIRS = 500000


def overruled(rules: Sequence[Rule]) -> List[Overruled]:
    """The rules that leave out all events of later ones, or nearly all.

    Rules that name a path or a program are not among them: dead_rules.shadows() knows what such rules leave out.
    """
    found: Dict[int, List[int]] = {}
    pairs = 0
    for name in ("exit", "io_uring"):
        droppers: List[Tuple[int, Rule]] = []
        known: Dict[Tuple[int, Rule], Optional[int]] = {}
        for place, rule in enumerate(rules):
            if rule.list != name or no_effect(rule):
                continue
            if decision(rule) is DROPPED:
                if not any(field.name in _TEXTS for field in rule.fields):
                    droppers.append((place, rule))
                continue
            if not droppers:
                continue
            key = (len(droppers), _without_names(rule))
            if key not in known and pairs < _MOST_PAIRS:
                pairs += len(droppers)
                known[key] = _overruling(droppers, rule)
            by = known.get(key)
            if by is not None:
                found.setdefault(by, []).append(place)
    return [Overruled(place, tuple(found[place])) for place in sorted(found)]


def _without_names(rule: Rule) -> Rule:
    """What all rules have in common that are alike but for their keys and texts."""
    fields = tuple(field._replace(value="") if field.name in _TEXTS else field for field in rule.fields)
    return rule._replace(fields=fields, keys=())


def _overruling(droppers: Sequence[Tuple[int, Rule]], rule: Rule) -> Optional[int]:
    """The place of the rule after which no event of the rule is left; None if some are."""
    archs = {field.number for _place, one in droppers for field in one.fields if field.name == "arch"}
    for arch in (rule.arch,) if rule.arch is not None else (_OTHER, *sorted(archs)):
        given = _given(rule, arch)
        if not all(given.values()):
            # No event that is known here meets the conditions of the rule.
            return None
        left, facts = [given], implied(rule.fields)
        for place, dropper in droppers:
            matched = _matched(dropper, given, facts) if is_for(dropper, arch) else None
            if matched is not None:
                left = [part for some in left for part in without(some, matched)]
            if not left:
                return place
            if len(left) > _MOST_PARTS:
                break
    return None


def _given(rule: Rule, arch: int) -> _Given:
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
    given["syscall"] = _syscalls(rule, arch)
    return given


def _bounds(field: Field) -> Iterable[int]:
    if field.name in ("perm", "filetype"):
        return PERMISSIONS.values() if field.name == "perm" else (field.number,)
    return [number for number in (field.number - 1, field.number, field.number + 1) if 0 <= number <= 0xFFFFFFFF]


def _syscalls(rule: Rule, arch: int) -> FrozenSet:
    """The numbers of the rule's syscalls; the names of typical ones if it has all."""
    if rule.syscalls is not None:
        return rule.syscalls
    bits = rule.value("perm")
    if not isinstance(bits, int):
        return TYPICAL_SYSCALLS
    numbers = matchable_syscalls(bits, MACHINES["x86_64"].number)
    return frozenset(name for name in TYPICAL_SYSCALLS if names("x86_64")[name] in numbers) or TYPICAL_SYSCALLS


def _matched(rule: Rule, given: _Given, facts: Set[Field]) -> Optional[Dict[str, Tuple[FrozenSet, FrozenSet]]]:
    """By field, which of the given values the rule matches, and all of them; None if it matches none of a field."""
    found: Dict[str, Tuple[FrozenSet, FrozenSet]] = {}
    for field in rule.fields:
        if field.name == "arch" or field in facts:
            continue
        if field.name == "field_compare":
            name, values, everything = comparison(field)
        elif typical_values(field.name):
            name, everything = field.name, given.get(field.name, typical_values(field.name))
            values = meeting(field, found.get(name, (everything,))[0])
        else:
            name, everything = field.name, frozenset((True,))
            values = everything if text_is_met(field) else frozenset()
        if not values:
            return None
        found[name] = (values, everything)
    calls = given["syscall"]
    if rule.syscalls is not None:
        by_name = calls <= TYPICAL_SYSCALLS
        calls = calls & (typical_syscalls(rule) if by_name else rule.syscalls)
    if not calls:
        return None
    found["syscall"] = (calls, given["syscall"])
    return found
