# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""For each rule of a list, all rules whose order with it matters, without a look at each pair.

Pair by pair, Scope.overlaps() of overlap.py says the same.
"""

from typing import Any, Dict, FrozenSet, List, Optional, Sequence, Tuple

from ._bits import bits
from ._bounds import Bounds
from ._call_sets import CallSets
from .overlap import Scope, WatchIndex

__all__ = ("Overlaps",)

_Limits = Tuple[Any, Any]
# As many bytes of answers are kept.
_MOST_BYTES = 1 << 25


class Overlaps:
    """The rules by their places, and sets of places as bits."""

    def __init__(self, scopes: Sequence[Scope]) -> None:
        self._scopes = scopes
        self._effective = bits(place for place, scope in enumerate(scopes) if scope.has_effect)
        self._everywhere = bits(place for place, scope in enumerate(scopes) if scope.is_everywhere)
        self._watches = WatchIndex(scopes)
        self._by_result: Dict[Optional[FrozenSet[str]], List[int]] = {}
        self._by_limits: Dict[str, Dict[_Limits, List[int]]] = {}
        for place, scope in enumerate(scopes):
            self._by_result.setdefault(scope.result, []).append(place)
            for name, limits in scope.ranges.items():
                self._by_limits.setdefault(name, {}).setdefault(limits, []).append(place)
        self._bounds: Dict[str, Bounds] = {}
        self._of_result: Dict[Optional[FrozenSet[str]], int] = {}
        self._calls: Optional[CallSets] = None
        self._of: Dict[int, int] = {}
        self._room = _MOST_BYTES

    def of(self, place: int) -> int:
        """The rules whose order with this one matters."""
        known = self._of.get(place)
        if known is not None:
            return known
        scope = self._scopes[place]
        found = self._found(scope) if scope.has_effect else 0
        self._room -= found.bit_length() // 8
        if self._room > 0:
            self._of[place] = found
        return found

    def _found(self, scope: Scope) -> int:
        found = self._effective
        if not scope.is_everywhere:
            found &= self._everywhere | bits(self._watches.watching(scope))
        if scope.syscalls is not None:
            found &= self._sharing(scope.syscalls)
        for name, (least, most) in scope.ranges.items():
            found &= ~self._bounds_of(name).apart(least, most)
        if scope.result not in self._of_result:
            self._of_result[scope.result] = bits(self._by_result[scope.result])
        return found & ~self._of_result[scope.result]

    def _sharing(self, calls: FrozenSet[int]) -> int:
        """The rules that have some of these calls, or that are for all calls."""
        if self._calls is None:
            by_calls: Dict[Optional[FrozenSet[int]], List[int]] = {}
            for place, scope in enumerate(self._scopes):
                by_calls.setdefault(scope.syscalls, []).append(place)
            self._calls = CallSets(by_calls)
        return self._calls.sharing(calls)

    def _bounds_of(self, name: str) -> Bounds:
        if name not in self._bounds:
            self._bounds[name] = Bounds.of_limits(self._by_limits[name])
        return self._bounds[name]
