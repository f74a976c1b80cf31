# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared rules among the others that a kernel holds: which of them stay, and where."""

from typing import Dict, List, Optional, Sequence, Set, Tuple

from .._kernel.netlink import KernelRule
from ..rules.fields import LISTS
from ..rules.model import Rule, canonical, without_keys
from ..rules.overlap import Scope
from .transition import RulesChange, Steps, plan_list

__all__ = ("merge",)

#: A rule, and its place among those that its list holds; None if it is not held.
_Placed = Tuple[Rule, Optional[int]]


def merge(
    held: Sequence[KernelRule],
    in_files: Sequence[Rule],
    declared: Sequence[Rule],
    dropped: Set[Rule],
    keep_others: bool,
) -> RulesChange:
    """The kernel's change to the declared rules in the order of the files, and the others that it holds.

    ``in_files``: the rules of all files, in the order in which a boot loads them. Of these the kernel gets the declared
    ones, and keeps the others that it holds. ``dropped``: canonical rules that go. ``keep_others``: rules that are in
    no file stay, unless they are dropped, or match what a declared rule matches.
    """
    all_wanted: List[Rule] = []
    all_steps: List = []
    for filter_list in LISTS:
        current = [entry for entry in held if entry.rule.list == filter_list]
        order = _in_file_order(current, [rule for rule in in_files if rule.list == filter_list], declared)
        if keep_others:
            wanted, steps = _among_others(current, order, _others(current, order, declared, dropped))
        else:
            wanted, steps = order, plan_list(current, order)
        all_wanted += [rule for rule, _place in wanted]
        all_steps += steps
    return RulesChange(held, all_wanted, all_steps)


def _in_file_order(current: Sequence[KernelRule], in_files: Sequence[Rule], declared: Sequence[Rule]) -> List[_Placed]:
    """The rules of the files that the kernel is to hold: those that it holds, and the declared ones."""
    ours = set(map(canonical, declared))
    places: Dict[Rule, int] = {}
    for place, entry in enumerate(current):
        places.setdefault(canonical(entry.rule), place)
    order: List[_Placed] = []
    seen: Set[Rule] = set()
    for rule in in_files:
        same = canonical(rule)
        if same in seen:
            continue
        seen.add(same)
        if same in places:
            order.append((current[places[same]].rule, places[same]))
        elif same in ours:
            order.append((rule, None))
    return order


def _others(
    current: Sequence[KernelRule], order: Sequence[_Placed], declared: Sequence[Rule], dropped: Set[Rule]
) -> List[int]:
    """The places of held rules that are in no file and stay."""
    matches = set(map(without_keys, declared))
    used = {place for _rule, place in order}
    return [
        place
        for place, entry in enumerate(current)
        if place not in used and canonical(entry.rule) not in dropped and without_keys(entry.rule) not in matches
    ]


def _among_others(
    current: Sequence[KernelRule], order: Sequence[_Placed], others: Sequence[int]
) -> Tuple[List[_Placed], Steps]:
    wanted = _with_others(order, current, _nearest(order, others))
    steps = plan_list(current, wanted)
    if steps:
        wanted = _with_others(order, current, _where_order_is_kept(order, current, others))
        steps = plan_list(current, wanted)
    return wanted, steps


def _with_others(order: Sequence[_Placed], current: Sequence[KernelRule], after: Dict[int, int]) -> List[_Placed]:
    """The declared rules and the others; ``after``: which declared rule each of the others follows, by its place."""
    following: Dict[int, List[_Placed]] = {}
    for place, index in after.items():
        following.setdefault(index, []).append((current[place].rule, place))
    merged = list(following.get(-1, []))
    for index, entry in enumerate(order):
        merged += [entry, *following.get(index, [])]
    return merged


def _nearest(order: Sequence[_Placed], others: Sequence[int]) -> Dict[int, int]:
    """For each of the others the declared rule that it follows in the kernel, by its index; -1 if it follows none."""
    indices = {held: index for index, (_rule, held) in enumerate(order) if held is not None}
    after: Dict[int, int] = {}
    nearest = -1
    for place in sorted([*indices, *others]):
        if place in indices:
            nearest = indices[place]
        else:
            after[place] = nearest
    return after


def _where_order_is_kept(
    order: Sequence[_Placed], current: Sequence[KernelRule], others: Sequence[int]
) -> Dict[int, int]:
    """Like _nearest(), but never moves a rule ahead of one it must follow, or past the next rule it must precede.

    The answer does not depend on where rules are whose order does not count, so it is the same after the change.
    """
    nearest = _nearest(order, others)
    scopes = [Scope(entry.rule) for entry in current]
    indices = {held: index for index, (_rule, held) in enumerate(order) if held is not None}
    after: Dict[int, int] = {}
    for place in others:
        scope = scopes[place]
        overlapping = {held: index for held, index in indices.items() if scope.overlaps(scopes[held])}
        must_follow = [index for held, index in overlapping.items() if held < place]
        must_follow += [index for other, index in after.items() if scopes[other].overlaps(scope)]
        first = max(must_follow, default=-1)
        last = min((index for index in overlapping.values() if index > first), default=len(order)) - 1
        after[place] = max(first, min(nearest[place], last))
    return after
