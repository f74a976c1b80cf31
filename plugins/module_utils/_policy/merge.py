# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merge declared rules with the other rules that a kernel holds: which of them stay, and in which order."""

from typing import Callable, Dict, List, Optional, Sequence, Set, Tuple

from .._kernel.netlink import KernelRule
from ..rules.fields import LISTS
from ..rules.model import Rule, canonical, without_keys
from .outcome import RulesChange, Steps, plan_list

__all__ = ("merge",)

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
        from ..rules.insertion import insertion

        after = insertion(order, [(current[index].rule, index) for index in _firsts(current, others)])
        wanted = _with_others(order, current, after)
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
