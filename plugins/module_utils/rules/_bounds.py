# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which of many ranges of values lie apart from a given one, as a set of bits."""

from bisect import bisect_left, bisect_right
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from ._bits import bits

__all__ = ("Bounds",)


class Bounds:
    """The bounds of one field, with the sets of rules that have them.

    ``greatest``: rules by the greatest value that they allow, ``least``: by the least one.
    """

    @classmethod
    def of_limits(cls, by_limits: Mapping[Tuple[Any, Any], Sequence[int]]) -> "Bounds":
        """Of rules by both, the least value and the greatest."""
        least: Dict[Any, int] = {}
        greatest: Dict[Any, int] = {}
        for (first, last), numbers in by_limits.items():
            found = bits(numbers)
            least[first] = least.get(first, 0) | found
            greatest[last] = greatest.get(last, 0) | found
        return cls(least, greatest)

    def __init__(self, least: Dict[Any, int], greatest: Dict[Any, int]) -> None:
        self._greatest, self._whose_greatest = _swept(sorted(greatest.items(), key=_bound))
        falling, self._whose_least = _swept(sorted(least.items(), key=_bound, reverse=True))
        self._least = falling[::-1]

    def apart(self, least: Any, greatest: Any) -> int:
        """The rules that allow no value from ``least`` to ``greatest``, because of one of their bounds."""
        below = self._whose_greatest[bisect_left(self._greatest, least)]
        return below | self._whose_least[len(self._least) - bisect_right(self._least, greatest)]


def _bound(pair: Tuple[Any, int]) -> Any:
    return pair[0]


def _swept(pairs: List[Tuple[Any, int]]) -> Tuple[List[Any], List[int]]:
    """The bounds, and for each number of them the rules of the first so many."""
    passed, found = 0, [0]
    for _value, rules in pairs:
        passed |= rules
        found.append(passed)
    return [value for value, _rules in pairs], found
