# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which of thousands of rules that leave events out suit a value: a look at sets of bits, and not at each rule."""

from typing import AbstractSet, Dict, FrozenSet, Iterable, List, Mapping, Optional, Sequence, Tuple

from ._bits import bits, numbers
from ._bounds import Bounds
from ._call_sets import CallSets
from ._first_match import Dimension, dimension
from ._typical import comparison, text_is_met, typical_syscalls, typical_values
from .model import Field, Rule
from .silence import is_for

__all__ = ("Droppers",)


class Droppers:
    """Rules by their numbers, in their order."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        by_field: Dict[Field, List[int]] = {}
        by_calls: Dict[Optional[FrozenSet], List[int]] = {}
        for number, rule in enumerate(rules):
            for field in rule.fields:
                by_field.setdefault(field, []).append(number)
            # Events have numbers of calls, or the names of typical ones.
            calls = None if rule.syscalls is None else typical_syscalls(rule) | rule.syscalls
            by_calls.setdefault(calls, []).append(number)
        self._calls = CallSets(by_calls)
        by_name: Dict[str, Dict[Field, int]] = {}
        for field, places in by_field.items():
            by_name.setdefault(field.name, {})[field] = bits(places)
        self.archs = sorted({field.number for field in by_name.pop("arch", ())})
        self._comparisons = by_name.pop("field_compare", {})
        self._texts = _Texts([by_name.pop(name) for name in list(by_name) if not typical_values(name)])
        self._conditions = {name: _Conditions(fields) for name, fields in by_name.items()}
        self._typical = {name: self._conditions[name].dimension(typical_values(name)) for name in by_name}
        self._of_calls: Dict[FrozenSet, Dimension] = {}
        self._of_arch: Dict[int, int] = {}

    def for_arch(self, arch: int) -> int:
        """The rules for the events of an architecture."""
        if arch not in self._of_arch:
            self._of_arch[arch] = bits(number for number, rule in enumerate(self._rules) if is_for(rule, arch))
        return self._of_arch[arch]

    def dimensions(self, given: Mapping[str, FrozenSet], facts: AbstractSet[Field]) -> List[Dimension]:
        """What the rules ask of events that meet the ``facts``, with the ``given`` values by field, or typical ones."""
        found = [self._dimension_of(given["syscall"]), self._texts.dimension(facts), *self._compared(facts)]
        for name, typical in self._typical.items():
            found.append(self._conditions[name].dimension(given[name]) if name in given else typical)
        return found

    def _dimension_of(self, calls: FrozenSet) -> Dimension:
        if calls not in self._of_calls:
            self._of_calls[calls] = dimension(map(self._calls.having, calls))
        return self._of_calls[calls]

    def _compared(self, facts: AbstractSet[Field]) -> Iterable[Dimension]:
        """The dimensions of comparisons of fields, which have outcomes."""
        unsuited: Dict[str, Dict[bool, int]] = {}
        for field, rules in self._comparisons.items():
            name, met, outcomes = comparison(field)
            of_name = unsuited.setdefault(name, dict.fromkeys(outcomes, 0))
            for outcome in outcomes if field not in facts else ():
                of_name[outcome] |= 0 if outcome in met else rules
        return [dimension(~rules for rules in of_name.values()) for of_name in unsuited.values()]


class _Texts:
    """The conditions with a text that hardly an event meets, unless it is known to, with the rules that have them."""

    def __init__(self, by_name: Iterable[Mapping[Field, int]]) -> None:
        self._unmet = {field: rules for some in by_name for field, rules in some.items() if not text_is_met(field)}
        self._with_one = self._with_several = 0
        for rules in self._unmet.values():
            self._with_several |= self._with_one & rules
            self._with_one |= rules

    def dimension(self, facts: AbstractSet[Field]) -> Dimension:
        """Which rules suit events that meet the facts."""
        known = 0
        for field in self._unmet.keys() & facts:
            known |= self._unmet[field]
        unsuited = self._with_one & ~known
        if known & self._with_several:
            for field, rules in self._unmet.items():
                unsuited |= rules & self._with_several if field not in facts else 0
        return dimension([~unsuited])


class _Conditions:
    """The conditions of one field that compares numbers, with the rules that have them."""

    def __init__(self, fields: Mapping[Field, int]) -> None:
        least: Dict[int, int] = {}
        greatest: Dict[int, int] = {}
        self._without: Dict[int, int] = {}
        self._masks = _Masks()
        for field, rules in fields.items():
            operator, number = field.operator, field.number
            if field.name == "perm":
                self._masks.add(number, rules, asks_all=False)
            elif operator in ("&", "&="):
                self._masks.add(number, rules, asks_all=operator == "&=")
            elif operator == "!=":
                self._without[number] = rules
            if field.name != "perm" and operator in ("=", "<=", "<"):
                most = number - (operator == "<")
                greatest[most] = greatest.get(most, 0) | rules
            if field.name != "perm" and operator in ("=", ">=", ">"):
                first = number + (operator == ">")
                least[first] = least.get(first, 0) | rules
        self._bounds = Bounds(least, greatest)

    def dimension(self, values: Iterable[int]) -> Dimension:
        """Which rules these values suit."""
        return dimension(~self._unsuited(value) for value in values)

    def _unsuited(self, value: int) -> int:
        return self._without.get(value, 0) | self._bounds.apart(value, value) | self._masks.unmet(value)


class _Masks:
    """The conditions of one field that ask for some bits of a number, or for all of them."""

    def __init__(self) -> None:
        self._asking_all: Dict[int, int] = {}
        # For each condition of a rule that asks for some: the rules that have one, and those by each bit.
        self._asking_some: List[Tuple[int, Dict[int, int]]] = []

    def add(self, mask: int, rules: int, asks_all: bool) -> None:
        """Add a condition of these rules."""
        if asks_all:
            _note(self._asking_all, mask, rules)
            return
        for place, (having, by_bit) in enumerate(self._asking_some):
            _note(by_bit, mask, rules & ~having)
            self._asking_some[place] = (having | rules, by_bit)
            rules &= having
        if rules:
            self._asking_some.append((rules, {}))
            _note(self._asking_some[-1][1], mask, rules)

    def unmet(self, value: int) -> int:
        """The rules with a condition that a value does not meet."""
        found = 0
        for bit, rules in self._asking_all.items():
            found |= 0 if value & bit else rules
        for having, by_bit in self._asking_some:
            for bit, rules in by_bit.items():
                having &= ~rules if value & bit else -1
            found |= having
        return found


def _note(by_bit: Dict[int, int], mask: int, rules: int) -> None:
    for place in numbers(mask & 0xFFFFFFFF):
        by_bit[1 << place] = by_bit.get(1 << place, 0) | rules
