# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which of many rules is the last that some event needs, if the first rule that matches an event decides.

Events are told apart by their values in dimensions (fields, the call). Rules are numbered in their order, and sets of
them are bits, so a step looks at thousands of rules at once.
"""

from typing import Iterable, List, NamedTuple, Optional, Sequence

from ._bits import lowest

__all__ = ("Budget", "Dimension", "TooManyParts", "dimension", "last_needed")

# More parts than rules that people write divide the events into: those of one question, and of all that are asked about
# a set. Ten thousand rules of all kinds need a quarter of the latter, and all of them take a few seconds.
_MOST_PARTS, _MOST_OF_ALL = 20000, 500000


class TooManyParts(Exception):
    """The rules divide the events into more parts than are looked at, so that there is no answer."""


class Budget:
    """How many more parts are looked at for the questions about a set."""

    def __init__(self) -> None:
        self.left = _MOST_OF_ALL


class Dimension(NamedTuple):
    """For each of the values that events may have, the rules that it suits; and the rules that some value does not."""

    suited: Sequence[int]
    limited: int


def dimension(suited: Iterable[int]) -> Dimension:
    """The dimension in which the values suit these sets of rules."""
    found = list(dict.fromkeys(suited))
    everywhere = -1
    for rules in found:
        everywhere &= rules
    return Dimension(found, ~everywhere)


def last_needed(rules: int, dimensions: Sequence[Dimension], budget: Budget) -> Optional[int]:
    """The greatest number of a rule that is the first to match some event; None if an event matches none.

    Raises TooManyParts.
    """
    return _Search(dimensions, budget).last(rules, 0)


class _Search:
    def __init__(self, dimensions: Sequence[Dimension], budget: Budget) -> None:
        self._dimensions, self._budget = dimensions, budget
        # By place in the dimensions, the rules that this one or a later one limits.
        self._limited = [0] * (len(dimensions) + 1)
        for place in reversed(range(len(dimensions))):
            self._limited[place] = self._limited[place + 1] | dimensions[place].limited
        self._least = max(0, budget.left - _MOST_PARTS)

    def last(self, rules: int, place: int) -> Optional[int]:
        """The answer for the events that so far suit these rules, of which the dimensions from a place on are left."""
        certain = rules & ~self._limited[place]
        if certain:
            first = lowest(certain)
            rules &= (2 << first) - 1
            if rules == 1 << first:
                return first
        if not rules:
            return None
        last = -1
        for branch in self._branches(rules, place):
            found = self.last(branch, place + 1)
            if found is None:
                return None
            last = max(last, found)
        return last

    def _branches(self, rules: int, place: int) -> List[int]:
        """The sets of rules that remain with the values of a dimension; supersets of others cannot change an answer."""
        if not rules & self._dimensions[place].limited:
            return [rules]
        found = sorted({rules & some for some in self._dimensions[place].suited}, key=_size)
        self._budget.left -= len(found)
        if self._budget.left < self._least:
            raise TooManyParts
        least: List[int] = []
        for some in found:
            if not any(other & some == other for other in least):
                least.append(some)
        return least


def _size(rules: int) -> int:
    return bin(rules).count("1")
