# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The rules that are held, so that those which may decide about the events of a rule are found without trying all."""

from typing import Dict, List, Sequence

from .list_semantics import SEMANTICS
from .model import Rule
from .overlap import Scope, WatchIndex

__all__ = ("HeldRules",)


class HeldRules:
    """Rules in the order of the kernel, read once for many questions."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._places: Dict[str, List[int]] = {}
        for place, rule in enumerate(self.rules):
            self._places.setdefault(rule.list, []).append(place)
        self._scopes: Dict[str, List[Scope]] = {}
        self._watches: Dict[str, WatchIndex] = {}

    def of(self, filter_list: str) -> List[Rule]:
        """The rules of one list."""
        return [self.rules[place] for place in self._places.get(filter_list, ())]

    def about(self, wanted: Rule) -> List[Rule]:
        """The rules of the wanted rule's list, without those that certainly match none of its events.

        What these ask for paths is not looked at, because one event may name several of them.
        """
        return self._matching(wanted, range(len(self._places.get(wanted.list, ()))))

    def near(self, wanted: Rule) -> List[Rule]:
        """Of about(), those for the wanted path, one above or below it, or no path, and those that leave events out.

        For a rule that leaves events out: about(), because of any path an event may have been recorded before.
        """
        self._read(wanted.list)
        scope = Scope(wanted)
        return self.about(wanted) if scope.drops else self._matching(wanted, self._watches[wanted.list].near(scope))

    def _read(self, filter_list: str) -> None:
        if filter_list not in self._scopes:
            self._scopes[filter_list] = [Scope(rule) for rule in self.of(filter_list)]
            self._watches[filter_list] = WatchIndex(self._scopes[filter_list])

    def _matching(self, wanted: Rule, places: Sequence[int]) -> List[Rule]:
        self._read(wanted.list)
        scope, scopes, rules = Scope(wanted), self._scopes[wanted.list], self._places.get(wanted.list, ())
        if not SEMANTICS[wanted.list].alternatives:
            places = [place for place in places if scope.has_events_of(scopes[place])]
        return [self.rules[rules[place]] for place in sorted(places)]
