# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which rules of a list must move so that it comes into the wanted order with the fewest deletions."""

from bisect import bisect
from collections import deque
from typing import Dict, Iterable, List, Optional, Sequence, Set, Tuple

from .model import Rule
from .overlap import Scope, WatchIndex

__all__ = ("Order", "minimum_cut")

# More pairs of rules than this are not compared (a few tenths of a second); then more may move than has to.
_MOST_PAIRS = 500000

# The place of a rule, and the question: 0, whether it is kept or at the back; 1, whether it is at the back.
_Answer = Tuple[int, int]


class _TooManyPairs(Exception):
    pass


class Order:
    """Which rules of a wanted list stay where they are, which have to be prepended and which appended.

    Each rule is in front, kept or at the back. Of two rules that must keep their order the first must not come to a
    later part than the second; a new rule cannot be kept, nor can both of two rules that have to change places. Every
    rule that is held and not kept is a deletion. The fewest deletions are a minimum cut: for each rule ask "is it
    kept or at the back?" and "is it at the back?"; every condition above is an implication between two such answers,
    and every deletion an answer that costs 1.
    """

    def __init__(self, rules: Sequence[Rule], held: Sequence[Optional[int]]) -> None:
        self._rules = rules
        self._held = held
        self._scopes = [Scope(rule) for rule in rules]
        self._watches = WatchIndex(self._scopes)
        self._known: Dict[Tuple[int, int], List[int]] = {}
        self._pairs = 0

    def ends(self) -> Tuple[Set[int], Set[int]]:
        """The places of the rules to prepend, and of those to append."""
        try:
            return self._fewest_moves()
        except _TooManyPairs:
            return self._around_longest_run()

    def _fewest_moves(self) -> Tuple[Set[int], Set[int]]:
        new = [place for place, held in enumerate(self._held) if held is None]
        swapped = self._swapped()
        if not new and not swapped:
            return set(), set()
        before = self._closure(new + [first for first, second in swapped], -1)
        behind = self._closure(new + [second for first, second in swapped], +1)
        implied: Dict[_Answer, List[_Answer]] = {}
        for place in before:
            implied[place, 0] = [(other, 0) for other in self._next(place, +1) if other in before]
        for place in behind:
            implied[place, 1] = [(other, 1) for other in self._next(place, +1)]
            if place in before:
                implied[place, 1].append((place, 0))
        for place in new:
            implied[place, 0].append((place, 1))
        for first, second in swapped:
            implied[first, 0].append((second, 1))
        costs_to_deny = {(place, 0) for place in before if self._held[place] is not None}
        costs_to_affirm = {(place, 1) for place in behind if self._held[place] is not None}
        given = {(place, 0) for place in before if not self._may_be_prepended(place)}
        denied = minimum_cut(implied, given, costs_to_deny, costs_to_affirm)
        front = {place for place in before if (place, 0) in denied}
        return front, {place for place in behind if (place, 1) not in denied}

    def _next(self, place: int, direction: int) -> List[int]:
        """The rules behind (+1) or before (-1) one that must stay there."""
        if (place, direction) not in self._known:
            scope = self._scopes[place]
            others = [other for other in self._watches.near(scope) if (other - place) * direction > 0]
            self._look_at(len(others))
            self._known[place, direction] = [other for other in others if scope.overlaps(self._scopes[other])]
        return self._known[place, direction]

    def _look_at(self, pairs: int) -> None:
        self._pairs += pairs
        if self._pairs > _MOST_PAIRS:
            raise _TooManyPairs

    def _may_be_prepended(self, place: int) -> bool:
        """Not if it kept events out of the log until a rule is prepended that has to stand before it."""
        return self._rules[place].action != "never" or all(
            self._rules[other].action == "never" for other in self._next(place, -1)
        )

    def _swapped(self) -> List[Tuple[int, int]]:
        """Pairs of places whose rules have to change their order."""
        pairs: List[Tuple[int, int]] = []
        seen: List[Tuple[int, int]] = []
        for second, held in enumerate(self._held):
            if held is None:
                continue
            place = bisect(seen, (held, second))
            scope = self._scopes[second]
            # What is held in the wanted order, and that is nearly always all, costs no look.
            if place < len(seen):
                near = self._watches.near(scope)
                if len(near) < len(seen) - place:
                    later = [first for first in near if first < second and (self._held[first] or 0) > held]
                else:
                    later = [first for _held, first in seen[place:]]
                self._look_at(len(later))
                pairs += [(first, second) for first in later if scope.overlaps(self._scopes[first])]
            seen.insert(place, (held, second))
        return pairs

    def _around_longest_run(self) -> Tuple[Set[int], Set[int]]:
        """Without looking at pairs: keep the longest part of the list that stands as it is, move all other rules."""
        best, start = (0, 0), 0
        # Nothing that keeps events out of the log is prepended.
        most = next((place for place, rule in enumerate(self._rules) if rule.action == "never"), len(self._rules))
        for place, held in enumerate(self._held):
            in_order = held is not None and place and self._held[place - 1] is not None and held > self._held[place - 1]
            if not in_order:
                start = place if held is not None else place + 1
            if place + 1 - start > best[1] - best[0] and start <= most:
                best = (start, place + 1)
        return set(range(best[0])), set(range(best[1], len(self._rules)))

    def _closure(self, places: Iterable[int], direction: int) -> Set[int]:
        found = set(places)
        todo = list(found)
        while todo:
            for other in self._next(todo.pop(), direction):
                if other not in found:
                    found.add(other)
                    todo.append(other)
        return found


def minimum_cut(
    implied: Dict[_Answer, List[_Answer]], given: Set[_Answer], sources: Set[_Answer], sinks: Set[_Answer]
) -> Set[_Answer]:
    """The answers to deny at the least cost, as few as can be affirmed are denied.

    ``given`` are affirmed. An affirmed answer affirms what it implies. To deny one of ``sources`` costs 1, and so does
    to affirm one of ``sinks``. (Ford and Fulkerson: the flow is grown along shortest paths.)
    """
    flow: Dict[_Answer, Dict[_Answer, int]] = {node: {} for node in implied}
    sources, sinks = set(sources), set(sinks)
    while True:
        came_from: Dict[_Answer, Optional[_Answer]] = dict.fromkeys(sources | given)
        todo = deque(came_from)
        end = next((node for node in todo if node in sinks), None)
        while todo and end is None:
            node = todo.popleft()
            # Forward without a limit, backward as far as something flows.
            for other in implied[node] + [before for before, amount in flow[node].items() if amount]:
                if other not in came_from:
                    came_from[other] = node
                    todo.append(other)
                    if other in sinks:
                        end = other
                        break
        if end is None:
            break
        sinks.remove(end)
        node = end
        while came_from[node] is not None:
            before = came_from[node]
            if flow[before].get(node):
                flow[before][node] -= 1
            else:
                flow[node][before] = flow[node].get(before, 0) + 1
            node = before
        sources.discard(node)
    # What can still reach a sink is denied; the rest is affirmed, so that what may be appended is.
    reaching, todo = set(sinks), list(sinks)
    backward: Dict[_Answer, List[_Answer]] = {node: [] for node in implied}
    for node, others in implied.items():
        for other in others:
            backward[other].append(node)
        for before, amount in flow[node].items():
            if amount:
                backward[before].append(node)
    while todo:
        for other in backward[todo.pop()]:
            if other not in reaching:
                reaching.add(other)
                todo.append(other)
    return reaching
