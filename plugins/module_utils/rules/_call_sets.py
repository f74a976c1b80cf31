# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which of many rules have some of these calls, as a set of bits."""

from typing import Any, Dict, FrozenSet, Hashable, Mapping, Optional, Sequence

from ._bits import bits

__all__ = ("CallSets",)

_Calls = FrozenSet[Any]


class CallSets:
    """Rules by their calls, which are numbers or names; None for the rules that have all calls."""

    def __init__(self, by_calls: Mapping[Optional[_Calls], Sequence[int]]) -> None:
        self._with_all = bits(by_calls.get(None, ()))
        self._with_call: Dict[Hashable, int] = {}
        self._sharing: Dict[_Calls, int] = {}
        for calls, numbers in by_calls.items():
            found = bits(numbers)
            for call in calls or ():
                self._with_call[call] = self._with_call.get(call, 0) | found

    def having(self, call: Hashable) -> int:
        """The rules that have a call."""
        return self._with_all | self._with_call.get(call, 0)

    def sharing(self, calls: _Calls) -> int:
        """The rules that have some of the calls; for no calls, those that have all."""
        if calls not in self._sharing:
            found = self._with_all
            for call in calls:
                found |= self._with_call.get(call, 0)
            self._sharing[calls] = found
        return self._sharing[calls]
