# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The rules of one list while they are optimised: each has the place of the rule that it came from."""

from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence

from ._passage import Passage
from ._permission_masks import narrowed
from .model import Rule

__all__ = ("Entries", "Entry", "Reason")


class Entry(NamedTuple):
    """A rule, and whether it has to stay as it is. ``places``: of the rules that it has the events of."""

    rule: Rule
    fixed: bool
    places: Sequence[int]


class Reason(NamedTuple):
    """Why the rule at a place was changed, moved or dropped, as a clause. ``by``: the places of the rules it names."""

    place: int
    text: str
    by: Sequence[int] = ()


class Entries:
    """The rules by place, and the reasons for all that has been done to them. ``archs``: those of the host."""

    def __init__(self, rules: Dict[int, Entry], archs: FrozenSet[int]) -> None:
        self._at = dict(rules)
        self._archs = archs
        self.reasons: List[Reason] = []
        self._compared_all = True
        last = max(self._at, default=-1)
        self._passage = Passage([self._narrow(self._at.get(place)) for place in range(last + 1)])

    def __contains__(self, place: int) -> bool:
        return place in self._at

    @property
    def places(self) -> List[int]:
        """The places that have a rule, in order."""
        return sorted(self._at)

    def at(self, place: int) -> Entry:
        """The entry at a place."""
        return self._at[place]

    def may_pass(self, place: int, first: int, last: int) -> bool:
        """Whether the rule of a place may move past all rules between two places."""
        return self._passage.is_free(narrowed(self._at[place].rule, self._archs), first, last)

    def may_change(self, place: int, other: int) -> bool:
        """Whether the rules of two places may change their order."""
        one, two = (narrowed(self._at[number].rule, self._archs) for number in (place, other))
        return self._passage.may_change(one, two)

    @property
    def is_complete(self) -> bool:
        """Whether all rules were compared."""
        return self._compared_all and self._passage.is_complete

    def give_up(self) -> None:
        """Note that there are too many rules to compare all of them."""
        self._compared_all = False

    def explain_move(self, place: int, before: int) -> None:
        """Note that a rule is moved before another one."""
        self._explain(place, "moved before {by}, which matches none of its events", before)

    def drop(self, place: int, by: int, reason: str) -> None:
        """Drop a rule, because of the rule ``by``; the reason may name it as {by}."""
        self._explain(place, f"dropped: {reason}", by)
        dropped = self._at.pop(place)
        if by in self._at:
            kept = self._at[by]
            self._at[by] = kept._replace(places=sorted({*kept.places, *dropped.places}))
        self._passage.put(place, None)

    def replace(self, place: int, rule: Rule, reason: str, by: int = -1) -> None:
        """Put a rule in the place of another one."""
        self._explain(place, f"changed: {reason}", by)
        self._put(place, rule)

    def unite(self, kept: int, dropped: int, rule: Rule, reason: str) -> None:
        """Put one rule in the place of two."""
        self.drop(dropped, kept, reason)
        self._put(kept, rule)

    def _put(self, place: int, rule: Rule) -> None:
        self._at[place] = self._at[place]._replace(rule=rule)
        self._passage.put(place, self._narrow(self._at[place]))

    def _narrow(self, entry: Optional[Entry]) -> Optional[Rule]:
        """What decides which rules may pass: a permission limits the calls, whatever the mask says."""
        return narrowed(entry.rule, self._archs) if entry else None

    def _explain(self, place: int, text: str, by: int) -> None:
        self.reasons.append(Reason(place, text, () if by < 0 else (by,)))
