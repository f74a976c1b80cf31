# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merge declared rules with the other rules that a kernel holds: which of them stay, and in which order."""

from typing import Callable, Dict, List, Optional, Sequence, Set, Tuple

from .._kernel.netlink import KernelRule
from ..rules.fields import LISTS
from ..rules.model import Rule, canonical, without_keys
from ..rules.overlap import Scope, WatchIndex
from .outcome import RulesChange, Steps, plan_list

__all__ = ("merge",)

# At most this many pairs of rules are compared, which takes about a second. If there are more, more rules may move than
# have to.
_MOST_PAIRS = 1000000

#: A rule, and its index among the rules that its list holds; None if the kernel does not hold it.
_Indexed = Tuple[Rule, Optional[int]]


def merge(
    held: Sequence[KernelRule],
    in_files: Sequence[Rule],
    declared: Sequence[Rule],
    dropped: Set[Rule],
    kept: Callable[[Rule], bool],
) -> RulesChange:
    """The change that brings the kernel to the declared rules in the order of the files, merged with its other rules.

    ``in_files``: the rules of all files, in the order in which a boot loads them; of these rules the kernel gets the
    declared ones, and keeps the others that it holds. ``dropped``: canonical rules to delete. ``kept``: whether a rule
    that is in no file stays, unless it is dropped, or matches the same events as a declared rule.
    """
    all_wanted: List[Rule] = []
    all_steps: List = []
    ours, matches = set(map(canonical, declared)), set(map(without_keys, declared))
    for filter_list in LISTS:
        current = [entry for entry in held if entry.rule.list == filter_list]
        order = _in_file_order(current, [rule for rule in in_files if rule.list == filter_list], ours)
        others = [index for index in _others(current, order, matches, dropped) if kept(current[index].rule)]
        if others:
            wanted, steps = _among_others(current, order, others)
        else:
            wanted, steps = order, plan_list(current, order)
        all_wanted += [rule for rule, _index in wanted]
        all_steps += steps
    return RulesChange(held, all_wanted, all_steps)


def _in_file_order(current: Sequence[KernelRule], in_files: Sequence[Rule], ours: Set[Rule]) -> List[_Indexed]:
    """The rules of the files that the kernel must hold: those that it holds already, and ours, which are canonical."""
    indices: Dict[Rule, int] = {}
    for index, entry in enumerate(current):
        indices.setdefault(canonical(entry.rule), index)
    order: List[_Indexed] = []
    seen: Set[Rule] = set()
    for rule in in_files:
        same = canonical(rule)
        if same in seen:
            continue
        seen.add(same)
        if same in indices:
            order.append((current[indices[same]].rule, indices[same]))
        elif same in ours:
            order.append((rule, None))
    return order


def _others(
    current: Sequence[KernelRule], order: Sequence[_Indexed], matches: Set[Rule], dropped: Set[Rule]
) -> List[int]:
    """The indices of held rules that are in no file and stay.

    Those with the match of a declared rule do not, nor do further copies of rules of the files.
    """
    gone = dropped.union(canonical(rule) for rule, _index in order)
    return [
        index
        for index, entry in enumerate(current)
        if canonical(entry.rule) not in gone and without_keys(entry.rule) not in matches
    ]


def _among_others(
    current: Sequence[KernelRule], order: Sequence[_Indexed], others: Sequence[int]
) -> Tuple[List[_Indexed], Steps]:
    wanted = _with_others(order, current, _nearest(order, others))
    steps = plan_list(current, wanted)
    if steps:
        wanted = _with_others(order, current, _where_order_is_kept(order, current, _firsts(current, others)))
        steps = plan_list(current, wanted)
    return wanted, steps


def _firsts(current: Sequence[KernelRule], others: Sequence[int]) -> List[int]:
    """Of equivalent rules the first, which is the one that takes effect.

    A rule that moves is another copy of it, which its owner does not recognise, and may add once more; and a run that
    was killed leaves both. If all of them moved, there would be one more each time.
    """
    found: Dict[Rule, int] = {}
    for index in others:
        found.setdefault(canonical(current[index].rule), index)
    return list(found.values())


def _with_others(order: Sequence[_Indexed], current: Sequence[KernelRule], after: Dict[int, int]) -> List[_Indexed]:
    """Both kinds of rules in one sequence; ``after``: the position in ``order`` that each of the others follows."""
    following: Dict[int, List[_Indexed]] = {}
    for index, position in after.items():
        following.setdefault(position, []).append((current[index].rule, index))
    merged = list(following.get(-1, []))
    for position, entry in enumerate(order):
        merged += [entry, *following.get(position, [])]
    return merged


def _nearest(order: Sequence[_Indexed], others: Sequence[int]) -> Dict[int, int]:
    """For each of the others, the position in ``order`` of the rule that it follows in the kernel, or -1."""
    positions = {held: position for position, (_rule, held) in enumerate(order) if held is not None}
    after: Dict[int, int] = {}
    nearest = -1
    for index in sorted([*positions, *others]):
        if index in positions:
            nearest = positions[index]
        else:
            after[index] = nearest
    return after


def _where_order_is_kept(
    order: Sequence[_Indexed], current: Sequence[KernelRule], others: Sequence[int]
) -> Dict[int, int]:
    """Like _nearest(), but never moves a rule ahead of one it must follow, or past the next rule it must precede.

    The result does not depend on the position of rules whose order does not count, so it is the same after the change.
    """
    nearest = _nearest(order, others)
    scopes = [Scope(entry.rule) for entry in current]
    watches = WatchIndex(scopes)
    positions = {held: position for position, (_rule, held) in enumerate(order) if held is not None}
    after: Dict[int, int] = {}
    pairs = 0
    for index in others:
        scope = scopes[index]
        candidates = watches.candidates(scope)
        pairs += len(candidates)
        if pairs > _MOST_PAIRS:
            return _after_all(order, others)
        overlapping = [other for other in candidates if other != index and scope.overlaps(scopes[other])]
        held = [positions[other] for other in overlapping if other in positions]
        must_follow = [positions[other] for other in overlapping if other < index and other in positions]
        must_follow += [after[other] for other in overlapping if other in after]
        first = max(must_follow, default=-1)
        last = min((position for position in held if position > first), default=len(order)) - 1
        after[index] = max(first, min(nearest[index], last))
    return after


def _after_all(order: Sequence[_Indexed], others: Sequence[int]) -> Dict[int, int]:
    """Like _where_order_is_kept(), as if the order of all pairs counted; this compares no pairs."""
    positions = {held: position for position, (_rule, held) in enumerate(order) if held is not None}
    after: Dict[int, int] = {}
    last = -1
    for index in sorted([*positions, *others]):
        if index in positions:
            last = max(last, positions[index])
        else:
            after[index] = last
    return after
