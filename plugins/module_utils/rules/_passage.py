# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which rules of a list may move past which others, with every event still treated the same.

overlap.py answers this for the planner, for which an event that touches two watched paths may get the key of either.
Here such an event has to keep its key, so paths do not set rules apart, only what each call has one value of.
"""

from bisect import bisect, insort
from typing import Any, Dict, FrozenSet, List, Optional, Sequence, Tuple

from .list_semantics import decision, no_effect, single_valued
from .model import Rule
from .ranges import ranges

__all__ = ("Passage",)

# At most this many kinds of rules are compared, which takes half a second. Then rules stay where they are.
_MOST_COMPARISONS = 2000000

# What decides whether two rules may change places: rules of one kind are all the same in this.
_Kind = Tuple[Any, Optional[FrozenSet[int]], Tuple[Tuple[str, Tuple[Any, Any]], ...]]


class Passage:
    """The rules of one list by their places; a place without a rule is free to pass."""

    def __init__(self, rules: Sequence[Optional[Rule]]) -> None:
        self._numbers: Dict[_Kind, int] = {}
        self._kinds: List[_Kind] = []
        self._at: List[Optional[int]] = []
        self._places: List[List[int]] = []
        self._conflicts: Dict[Tuple[int, int], bool] = {}
        self._left = _MOST_COMPARISONS
        for place, rule in enumerate(rules):
            self._at.append(None)
            self.put(place, rule)

    def put(self, place: int, rule: Optional[Rule]) -> None:
        """Put a rule in the place of another one, or of none."""
        old = self._at[place]
        if old is not None:
            self._places[old].remove(place)
        new = None if rule is None or no_effect(rule) else self._kind(rule)
        self._at[place] = new
        if new is not None:
            insort(self._places[new], place)

    def is_free(self, rule: Rule, first: int, last: int) -> bool:
        """Whether the rule may pass all rules between two places."""
        if last - first < 2:
            return True
        kind = self._kind(rule)
        if last - first < len(self._kinds):
            self._left -= last - first
            between = {at for at in self._at[first + 1 : last] if at is not None}
            return self.is_complete and not any(self._conflict(kind, other) for other in between)
        others = [other for other in range(len(self._kinds)) if self._conflict(kind, other)]
        self._left -= len(self._kinds)
        return self.is_complete and not any(self._has_one(other, first, last) for other in others)

    @property
    def is_complete(self) -> bool:
        """Whether every question was answered; if not, rules have stayed that may be free."""
        return self._left > 0

    def may_change(self, one: Rule, other: Rule) -> bool:
        """Whether two rules may change their order."""
        if no_effect(one) or no_effect(other):
            return True
        return not self._conflict(self._kind(one), self._kind(other))

    def _has_one(self, kind: int, first: int, last: int) -> bool:
        places = self._places[kind]
        found = bisect(places, first)
        return found < len(places) and places[found] < last

    def _kind(self, rule: Rule) -> int:
        limits = ranges(rule.fields, single_valued(rule.list))
        kind = (decision(rule), rule.syscalls, tuple(sorted(limits.items())))
        number = self._numbers.setdefault(kind, len(self._kinds))
        if number == len(self._kinds):
            self._kinds.append(kind)
            self._places.append([])
        return number

    def _conflict(self, one: int, other: int) -> bool:
        pair = (one, other)
        if pair not in self._conflicts:
            self._conflicts[pair] = _may_meet(self._kinds[one], self._kinds[other])
        return self._conflicts[pair]


def _may_meet(one: _Kind, other: _Kind) -> bool:
    """Whether an event may match rules of both kinds, which would treat it differently."""
    if one[0] == other[0]:
        return False
    if one[1] is not None and other[1] is not None and one[1].isdisjoint(other[1]):
        return False
    limits = dict(other[2])
    return not any(
        name in limits and (limits[name][0] > most or limits[name][1] < least) for name, (least, most) in one[2]
    )
