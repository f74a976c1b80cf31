# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which rules of a filter list have to move to reach a wanted order with the fewest deletions.

The kernel cannot move a rule: it can only append or prepend a copy and delete the old one. See plan.py, which makes the
steps out of the answer, and overlap.py, which decides for which pairs of rules the order matters.
"""

from typing import Dict, List, Optional, Sequence, Set, Tuple

from ._bits import bits, lowest, numbers
from ._overlaps import Overlaps
from .model import Rule
from .overlap import Scope

__all__ = ("Order",)

# So often a rule is looked at beside all others, which takes a few seconds; a deletion takes the kernel a hundredth of
# one. After that a quicker way is taken, and more rules may move than have to.
_MOST_LOOKS = 1000000
# The same way is taken before so many bytes are needed for what has changed places, which takes tens of thousands of
# rules that all overlap.
_MOST_BYTES = 1 << 26


class _TooManyLooks(Exception):
    """There is no answer after _MOST_LOOKS, or with _MOST_BYTES."""


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
        self._overlaps = Overlaps(())
        self._looks = 0
        # What follows are sets of places as bits. By place, the rules before (after) it that the kernel holds after
        # (before) it, where this order matters:
        self._swapped_before: Dict[int, int] = {}
        self._swapped_after: Dict[int, int] = {}
        self._before = self._after = self._new = self._drops = 0

    def ends(self) -> Tuple[Set[int], Set[int]]:
        """The places (in ``rules``) of the rules to prepend, and of the rules to append."""
        held = [place for place in self._held if place is not None]
        if self._held[: len(held)] == sorted(held):
            # What is there keeps its order, and all that is new comes after it, which no pair of rules can change.
            return set(), set(range(len(held), len(self._held)))
        try:
            return self._fewest_moves()
        except _TooManyLooks:
            return self._around_longest_run()

    def _fewest_moves(self) -> Tuple[Set[int], Set[int]]:
        self._scopes = [Scope(rule) for rule in self._rules]
        self._overlaps = Overlaps(self._scopes)
        self._new = bits(place for place, held in enumerate(self._held) if held is None)
        self._drops = bits(place for place, scope in enumerate(self._scopes) if scope.drops)
        self._find_swapped()
        if not self._new and not self._swapped_after:
            return set(), set()
        self._before = self._closure(self._new | bits(self._swapped_after), -1)
        self._after = self._closure(self._new | bits(self._swapped_before), +1)
        given = bits(place for place in numbers(self._before) if not self._may_be_prepended(place))
        costs_to_deny, costs_to_affirm = self._before & ~self._new, (self._after & ~self._new) << self._size
        from ._minimum_cut import minimum_cut

        denied = minimum_cut(self._implied_by, self._implying, given, costs_to_deny, costs_to_affirm)
        return set(numbers(self._before & denied)), set(numbers(self._after & ~(denied >> self._size)))

    @property
    def _size(self) -> int:
        return len(self._held)

    def _implied_by(self, answer: int) -> int:
        """The answers that must be affirmed if this one is: 0 to n-1 are the first question, n to 2n-1 the second."""
        is_second, place = divmod(answer, self._size)
        later = self._bound_rules(place, +1)
        if is_second:
            return (later & self._after) << self._size | (self._before & 1 << place)
        second = self._swapped_after.get(place, 0) | (self._new & 1 << place)
        return second << self._size | (later & self._before)

    def _implying(self, answer: int) -> int:
        """The answers that imply this one."""
        is_second, place = divmod(answer, self._size)
        earlier = self._bound_rules(place, -1)
        if is_second:
            first = self._swapped_before.get(place, 0) | (self._new & 1 << place)
            return (earlier & self._after) << self._size | first
        return (self._after & 1 << place) << self._size | (earlier & self._before)

    def _bound_rules(self, place: int, direction: int) -> int:
        """The places of the rules that must stay after (+1) or before (-1) this one."""
        found = self._look_at(place)
        return found >> place << place if direction > 0 else found & (1 << place) - 1

    def _look_at(self, place: int) -> int:
        """The places of the rules whose order with this one matters."""
        self._looks += 1
        if self._looks > _MOST_LOOKS:
            raise _TooManyLooks
        return self._overlaps.of(place)

    def _may_be_prepended(self, place: int) -> bool:
        """Whether no event is lost if this rule is prepended before the rules that must come before it.

        A rule that drops events would keep them out of the log until the other rules follow.
        """
        return not self._drops >> place & 1 or not self._bound_rules(place, -1) & ~self._drops

    def _find_swapped(self) -> None:
        """Find the pairs of held rules whose order matters and is not the wanted one."""
        held = sorted((held, place) for place, held in enumerate(self._held) if held is not None)
        passed, left, room = 0, bits(place for _held, place in held), _MOST_BYTES
        for _held, place in held:
            left ^= 1 << place
            # A rule that the kernel holds in the wanted order, as nearly all rules, needs no look at others.
            after, before = passed >> place << place, left & (1 << place) - 1
            if after or before:
                found = self._look_at(place)
                for part, swapped in ((after, self._swapped_after), (before, self._swapped_before)):
                    if found & part:
                        swapped[place] = found & part
                        room -= part.bit_length() // 8
                if room < 0:
                    raise _TooManyLooks
            passed |= 1 << place

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

    def _closure(self, places: int, direction: int) -> int:
        """These places, and all that are bound to be before (-1) or after (+1) them, or others of them."""
        found = todo = places
        while todo:
            place = lowest(todo)
            more = self._bound_rules(place, direction) & ~found
            found |= more
            todo = (todo ^ 1 << place) | more
        return found
