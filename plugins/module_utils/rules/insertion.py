# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Where rules go among others of their list, so that order is kept wherever it matters."""

from typing import Dict, List, Optional, Sequence, Tuple

from ._bits import bits, lowest
from ._overlaps import Overlaps
from .model import Rule
from .overlap import Scope

__all__ = ("insertion",)


def insertion(order: Sequence[Tuple[Rule, Optional[int]]], others: Sequence[Tuple[Rule, int]]) -> Dict[int, int]:
    """For each of the others, by its place in the kernel, the place in ``order`` of the rule to put it after, or -1.

    All rules come with their places in the kernel; None if it does not hold the rule. ``others``: in their order. They
    stay where they are, but never ahead of a rule that they must follow, or past the next rule that they must precede.
    So the result does not depend on the place of a rule whose order does not matter, and is the same after the change.
    """
    overlaps = Overlaps([Scope(rule) for rule, _held in (*order, *others)])
    places = {held: place for place, (_rule, held) in enumerate(order) if held is not None}
    numbers = {held: number for number, (_rule, held) in enumerate(others)}
    in_kernel, passed = bits(places.values()), 0
    nearest, put, after = -1, _PlacesByLevel(len(order)), {}
    for held in sorted([*places, *numbers]):
        if held in places:
            nearest = places[held]
            passed |= 1 << nearest
            continue
        number = numbers[held]
        overlapping = overlaps.of(len(order) + number)
        first = max((overlapping & passed).bit_length() - 1, put.greatest(overlapping >> len(order)))
        later = (overlapping & in_kernel) >> (first + 1)
        last = first + lowest(later) if later else len(order) - 1
        after[held] = max(first, min(nearest, last))
        put.add(number, after[held])
    return after


class _PlacesByLevel:
    """The places of rules, of which the greatest of any set of rules is found without a look at each rule."""

    def __init__(self, count: int) -> None:
        # Which rules have a place, then which have one of two neighbouring places, of four, and so on up to all.
        self._levels: List[Dict[int, int]] = [{} for _level in range(count.bit_length() + 1)]

    def add(self, rule: int, place: int) -> None:
        """Add a rule; -1 is before all places."""
        for level, groups in enumerate(self._levels if place >= 0 else ()):
            groups[place >> level] = groups.get(place >> level, 0) | 1 << rule

    def greatest(self, rules: int) -> int:
        """The greatest place that one of these rules has; -1 if no rule of them has a place."""
        group = 0 if self._levels[-1].get(0, 0) & rules else -1
        for groups in reversed(self._levels[:-1] if group == 0 else ()):
            group = 2 * group + 1
            if not groups.get(group, 0) & rules:
                group -= 1
        return group
