# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Several rules united into one: rules that differ in their arch, in their syscalls, or in one number."""

from typing import Callable, Dict, FrozenSet, Hashable, List, Optional, Sequence, Tuple

from ._entries import Entries
from ._permission_masks import permission_mask
from .model import Field, Rule, canonical
from .wire import MAX_FIELDS

__all__ = ("unite_archs", "unite_numbers", "unite_syscalls")

# Fields that compare one unsigned number of 32 bits, of which a rule can leave out some values of a range.
_NUMBERS = ("exit", "auid", "uid", "euid", "suid", "fsuid", "a0", "a1", "a2", "a3")
# At most so many values are left out of a range: each costs a comparison of the calls within it.
_MOST_GAPS = 16
_MOST = 0xFFFFFFFF

_Key = Optional[Hashable]
_Join = Callable[[Rule, Rule], Optional[Rule]]


def unite_archs(entries: Entries, archs: FrozenSet[int]) -> None:
    """Write the rules of both archs of a host as one rule without arch, where a permission tells their calls apart."""

    def key(rule: Rule) -> _Key:
        permissions = [field for field in rule.fields if field.name == "perm"]
        named = [field for field in rule.fields if field.name == "arch"]
        if rule.list != "exit" or len(archs) != 2 or len(permissions) != 1 or len(named) != 1 or rule.arch not in archs:
            return None
        return canonical(_without(rule, "arch")._replace(syscalls=None))

    def join(one: Rule, other: Rule) -> Optional[Rule]:
        # What has been united before has no arch any more.
        if one.arch == other.arch or one.arch is None:
            return None
        found = None if one.syscalls is None or other.syscalls is None else one.syscalls | other.syscalls
        for rule in (one, other):
            mask = permission_mask(rule.value("perm"), frozenset((rule.arch,)))
            if mask is None or not _means_the_same(mask, rule.syscalls, found):
                return None
        return _without(one, "arch")._replace(syscalls=found)

    _unite(entries, key, join, "united with {by}: the kernel knows by the arch of a call which permission it needs")


def _means_the_same(mask: FrozenSet[int], one: Optional[FrozenSet[int]], other: Optional[FrozenSet[int]]) -> bool:
    """Whether two masks have the same of the calls that a permission can mean."""
    return (mask if one is None else one & mask) == (mask if other is None else other & mask)


def unite_syscalls(entries: Entries) -> None:
    """Write rules that differ in nothing but their syscalls as one rule."""

    def key(rule: Rule) -> _Key:
        return None if rule.syscalls is None else canonical(rule._replace(syscalls=None))

    def join(one: Rule, other: Rule) -> Rule:
        return one._replace(syscalls=(one.syscalls or frozenset()) | (other.syscalls or frozenset()))

    _unite(entries, key, join, "united with {by}, which differs only in its syscalls")


def unite_numbers(entries: Entries) -> None:
    """Write rules that differ in one number as one rule, which has a range and leaves out what is between them."""
    for name in _NUMBERS:

        def key(rule: Rule, name: str = name) -> _Key:
            if not any(field.name == name and field.operator in ("=", ">=") for field in rule.fields):
                return None
            return None if _values(rule, name) is None else canonical(_without(rule, name))

        def join(one: Rule, other: Rule, name: str = name) -> Optional[Rule]:
            values = [*(_values(one, name) or ()), *(_values(other, name) or ())]
            return _with_values(one, name, sorted(set(values)))

        _unite(entries, key, join, f"united with {{by}}, which differs only in its {name}")


def _unite(entries: Entries, key: Callable[[Rule], _Key], join: _Join, reason: str) -> None:
    last: Dict[Hashable, int] = {}
    for place in entries.places:
        entry = entries.at(place)
        found = None if entry.fixed else key(entry.rule)
        if found is None:
            continue
        first = last.get(found)
        joined = None if first is None else join(entries.at(first).rule, entry.rule)
        if first is None or joined is None:
            last[found] = place
        elif entries.may_pass(place, first, place):
            entries.unite(first, place, joined, reason)
        elif entries.may_pass(first, first, place):
            entries.unite(place, first, joined, reason)
            last[found] = place
        else:
            last[found] = place


def _without(rule: Rule, name: str) -> Rule:
    return rule._replace(fields=tuple(field for field in rule.fields if field.name != name))


def _values(rule: Rule, name: str) -> Optional[Sequence[int]]:
    """The few values that a rule takes of a number; None if they are many, or written in a way that is not read."""
    least, most, gaps = 0, _MOST, set()
    for field in rule.fields:
        if field.name != name:
            continue
        if field.operator == "!=":
            gaps.add(field.number)
        elif field.operator in ("=", ">=", "<="):
            least = max(least, field.number if field.operator != "<=" else 0)
            most = min(most, field.number if field.operator != ">=" else _MOST)
        else:
            return None
    if most - least > 4 * _MOST_GAPS:
        return None
    return [number for number in range(least, most + 1) if number not in gaps]


def _with_values(rule: Rule, name: str, values: List[int]) -> Optional[Rule]:
    """The rule with a range that has exactly these values, in the place of its own; None if that takes too much."""
    if not values or values[-1] - values[0] > 4 * _MOST_GAPS or (name == "auid" and values[-1] == _MOST):
        return None
    gaps = [number for number in range(values[0], values[-1]) if number not in set(values)]
    if len(values) == 1:
        range_fields: Tuple[Field, ...] = (Field(name, "=", values[0]),)
    else:
        range_fields = (Field(name, ">=", values[0]),)
        # Nothing is greater than the greatest number.
        range_fields += (Field(name, "<=", values[-1]),) if values[-1] != _MOST else ()
        range_fields += tuple(Field(name, "!=", number) for number in gaps)
    first = next(place for place, field in enumerate(rule.fields) if field.name == name)
    rest = [field for field in rule.fields if field.name != name]
    fields = (*rest[:first], *range_fields, *rest[first:])
    if len(gaps) > _MOST_GAPS or len(fields) + bool(rule.keys) > MAX_FIELDS:
        return None
    return rule._replace(fields=fields)
