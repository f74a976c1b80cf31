# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which rules of a filter list have to move to reach a wanted order with the fewest deletions.

The kernel cannot move a rule: it can only append or prepend a copy and delete the old one. See plan.py, which makes the
steps out of the answer, and overlap.py, which decides for which pairs of rules the order matters.
"""

from bisect import bisect
from collections import deque
from typing import Dict, Iterable, List, Optional, Sequence, Set, Tuple

from .model import Rule
from .overlap import Scope, WatchIndex

__all__ = ("Order", "minimum_cut")

# At most this many pairs of rules are compared, which takes a few tenths of a second. If there are more, a quicker way
# is taken, and more rules may move than have to.
_MOST_PAIRS = 500000

# The place of a rule and a question about it: 0, is it kept or at the back? 1, is it at the back?
_Answer = Tuple[int, int]
# For each answer, how much flows into it from each answer that implies it.
_Flow = Dict[_Answer, Dict[_Answer, int]]


class _TooManyPairs(Exception):
    """There are more than _MOST_PAIRS pairs of rules to compare."""


class Order:
    """Which rules of a wanted list stay where they are, which have to be prepended, and which appended.

    ``rules`` are the wanted rules in their order; ``held`` has for each the place at which the kernel holds it now, or
    None for a new rule.

    Each rule ends up in one of three parts: at the front, kept, or at the back. If the order of two rules matters, the
    first must not end up in a later part than the second. A new rule cannot be kept, and of two rules that have to
    change places at most one can be kept. Each rule that is held and not kept costs a deletion. Finding the fewest
    deletions is a minimum cut: ask of each rule "is it kept or at the back?" and "is it at the back?". Then each of
    these conditions is an implication between two answers, and each deletion is an answer that costs 1.
    """

    def __init__(self, rules: Sequence[Rule], held: Sequence[Optional[int]]) -> None:
        self._held = held
        self._rules = rules
        self._scopes: List[Scope] = []
        self._watches = WatchIndex(())
        self._known: Dict[Tuple[int, int], List[int]] = {}
        # By direction and place, the rules whose order with it matters and is not the wanted one, see _swapped().
        self._inverted: Dict[int, Dict[int, List[int]]] = {-1: {}, +1: {}}
        self._pairs = 0

    def ends(self) -> Tuple[Set[int], Set[int]]:
        """The places (in ``rules``) of the rules to prepend, and of the rules to append."""
        held = [place for place in self._held if place is not None]
        if self._held[: len(held)] == sorted(held):
            # What is there keeps its order, and all that is new comes after it, which no pair of rules can change.
            return set(), set(range(len(held), len(self._held)))
        try:
            return self._fewest_moves()
        except _TooManyPairs:
            return self._around_longest_run()

    def _fewest_moves(self) -> Tuple[Set[int], Set[int]]:
        self._scopes = [Scope(rule) for rule in self._rules]
        self._watches = WatchIndex(self._scopes)
        new = [place for place, held in enumerate(self._held) if held is None]
        swapped = self._swapped()
        if not new and not swapped:
            return set(), set()
        before = self._closure(new + [first for first, second in swapped], -1)
        after = self._closure(new + [second for first, second in swapped], +1)
        implied: Dict[_Answer, List[_Answer]] = {}
        for place in before:
            implied[place, 0] = [(other, 0) for other in self._bound_rules(place, +1) if other in before]
        for place in after:
            implied[place, 1] = [(other, 1) for other in self._bound_rules(place, +1)]
            if place in before:
                implied[place, 1].append((place, 0))
        for place in new:
            implied[place, 0].append((place, 1))
        for first, second in swapped:
            implied[first, 0].append((second, 1))
        costs_to_deny = {(place, 0) for place in before if self._held[place] is not None}
        costs_to_affirm = {(place, 1) for place in after if self._held[place] is not None}
        given = {(place, 0) for place in before if not self._may_be_prepended(place)}
        denied = minimum_cut(implied, given, costs_to_deny, costs_to_affirm)
        front = {place for place in before if (place, 0) in denied}
        return front, {place for place in after if (place, 1) not in denied}

    def _bound_rules(self, place: int, direction: int) -> List[int]:
        """The places of the rules that must stay after (+1) or before (-1) this one."""
        if (place, direction) not in self._known:
            scope = self._scopes[place]
            others = [other for other in self._watches.candidates(scope) if (other - place) * direction > 0]
            self._count_pairs(len(others))
            scopes, helds, held = self._scopes, self._held, self._held[place]
            if held is not None:
                # _swapped() has compared the others.
                pairs = [(other, helds[other]) for other in others]
                others = [other for other, its in pairs if its is None or (its - held) * direction >= 0]
            found = self._inverted[direction].get(place, []) + [one for one in others if scope.overlaps(scopes[one])]
            self._known[place, direction] = sorted(found)
        return self._known[place, direction]

    def _count_pairs(self, pairs: int) -> None:
        self._pairs += pairs
        if self._pairs > _MOST_PAIRS:
            raise _TooManyPairs

    def _may_be_prepended(self, place: int) -> bool:
        """Whether no event is lost if this rule is prepended before the rules that must come before it.

        A rule that drops events would keep them out of the log until the other rules follow.
        """
        return not self._scopes[place].drops or all(self._scopes[other].drops for other in self._bound_rules(place, -1))

    def _swapped(self) -> List[Tuple[int, int]]:
        """Pairs of places (in ``rules``) of held rules whose order matters and is not the wanted one."""
        pairs: List[Tuple[int, int]] = []
        seen: List[Tuple[int, int]] = []
        for second, held in enumerate(self._held):
            if held is None:
                continue
            place = bisect(seen, (held, second))
            scope = self._scopes[second]
            # A rule that the kernel holds in the wanted order, as nearly all rules, needs no comparison.
            if place < len(seen):
                candidates = self._watches.candidates(scope)
                if len(candidates) < len(seen) - place:
                    later = [first for first in candidates if first < second and (self._held[first] or 0) > held]
                else:
                    later = [first for _held, first in seen[place:]]
                self._count_pairs(len(later))
                later = [first for first in later if scope.overlaps(self._scopes[first])]
                self._inverted[-1][second] = later
                pairs += [(first, second) for first in later]
            seen.insert(place, (held, second))
        after = self._inverted[+1]
        for first, second in pairs:
            if first in after:
                after[first].append(second)
            else:
                after[first] = [second]
        return pairs

    def _around_longest_run(self) -> Tuple[Set[int], Set[int]]:
        """Keep the longest run of rules that already follow each other, and move all others; this compares no pairs."""
        best, start = (0, 0), 0
        # A rule that keeps events out of the log must not be prepended.
        most = next((place for place, scope in enumerate(self._scopes) if scope.drops), len(self._scopes))
        for place, held in enumerate(self._held):
            before = self._held[place - 1] if place else None
            in_order = held is not None and before is not None and held > before
            if not in_order:
                start = place if held is not None else place + 1
            if place + 1 - start > best[1] - best[0] and start <= most:
                best = (start, place + 1)
        return set(range(best[0])), set(range(best[1], len(self._scopes)))

    def _closure(self, places: Iterable[int], direction: int) -> Set[int]:
        found = set(places)
        todo = list(found)
        while todo:
            for other in self._bound_rules(todo.pop(), direction):
                if other not in found:
                    found.add(other)
                    todo.append(other)
        return found


def minimum_cut(
    implied: Dict[_Answer, List[_Answer]], given: Set[_Answer], sources: Set[_Answer], sinks: Set[_Answer]
) -> Set[_Answer]:
    """The answers to deny at the least cost; if there is a choice, as few answers as possible are denied.

    ``implied`` has for each answer those that it implies: if it is affirmed, so are they. The answers in ``given`` are
    affirmed. It costs 1 to deny one of ``sources``, and 1 to affirm one of ``sinks``. (The method is that of Ford and
    Fulkerson: the flow grows along shortest paths.)
    """
    flow: _Flow = {node: {} for node in implied}
    sources, sinks = set(sources), set(sinks)
    while True:
        path = _shortest_path(implied, flow, sources | given, sinks)
        if not path:
            return _reaching(implied, flow, sinks)
        sources.discard(path[0])
        sinks.remove(path[-1])
        for before, node in zip(path, path[1:]):
            if flow[before].get(node):
                flow[before][node] -= 1
            else:
                flow[node][before] = flow[node].get(before, 0) + 1


def _shortest_path(
    implied: Dict[_Answer, List[_Answer]], flow: _Flow, starts: Set[_Answer], sinks: Set[_Answer]
) -> List[_Answer]:
    """A shortest path from one of ``starts`` to one of ``sinks`` on which the flow can grow; empty if there is none."""
    came_from: Dict[_Answer, Optional[_Answer]] = dict.fromkeys(starts)
    todo = deque(came_from)
    end = next((node for node in todo if node in sinks), None)
    while todo and end is None:
        node = todo.popleft()
        # Along an implication the flow has no limit; against one it can take back what flows.
        for other in implied[node] + [before for before, amount in flow[node].items() if amount]:
            if other not in came_from:
                came_from[other] = node
                todo.append(other)
                if other in sinks:
                    end = other
                    break
    path: List[_Answer] = []
    while end is not None:
        path.append(end)
        end = came_from[end]
    return path[::-1]


def _reaching(implied: Dict[_Answer, List[_Answer]], flow: _Flow, sinks: Set[_Answer]) -> Set[_Answer]:
    """The answers from which the flow can still grow to one of ``sinks``.

    These are the answers to deny. All others are affirmed, so that a rule is appended where it may be.
    """
    if not sinks:
        return set()
    backward: Dict[_Answer, List[_Answer]] = {node: [] for node in implied}
    for node, others in implied.items():
        for other in others:
            backward[other].append(node)
        for before, amount in flow[node].items():
            if amount:
                backward[before].append(node)
    reaching, todo = set(sinks), list(sinks)
    while todo:
        for other in backward[todo.pop()]:
            if other not in reaching:
                reaching.add(other)
                todo.append(other)
    return reaching
