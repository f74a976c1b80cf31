# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the rules that the kernel holds differ from the rules that the files would load."""

from bisect import bisect
from typing import Dict, List, NamedTuple, Sequence, Tuple

from ..rules.fields import LISTS
from ..rules.model import Rule, canonical, without_keys
from ..rules.overlap import must_keep_order

__all__ = ("Drift", "compare")


class Drift(NamedTuple):
    """How the rules of the kernel differ from the rules of the files.

    ``other_key``: pairs of rules that match the same events, the file's and the kernel's. ``out_of_order``: pairs of
    rules whose order counts, in the order of the files, while the kernel has the other order; for each rule only the
    first rule that it must follow.
    """

    missing: List[Rule]
    extra: List[Rule]
    other_key: List[Tuple[Rule, Rule]]
    out_of_order: List[Tuple[Rule, Rule]]


def compare(held: Sequence[Rule], wanted: Sequence[Rule]) -> Drift:
    """The drift of the rules that the kernel holds from the rules that the files would load."""
    in_kernel = {canonical(rule): rule for rule in reversed(held)}
    in_files = {canonical(rule): rule for rule in reversed(wanted)}
    missing = {same: None for same in map(canonical, wanted) if same not in in_kernel}
    extra: Dict[Rule, List[Rule]] = {}
    for same in dict.fromkeys(map(canonical, held)):
        if same not in in_files:
            extra.setdefault(without_keys(same), []).append(same)
    other_key = []
    for rule in list(missing):
        others = extra.get(without_keys(rule))
        if others:
            other_key.append((rule, others.pop(0)))
            del missing[rule]
    left = [rule for rules in extra.values() for rule in rules]
    return Drift(list(missing), left, other_key, _out_of_order(held, wanted))


def _out_of_order(held: Sequence[Rule], wanted: Sequence[Rule]) -> List[Tuple[Rule, Rule]]:
    pairs = []
    for filter_list in LISTS:
        positions: Dict[Rule, int] = {}
        for position, rule in enumerate(held):
            if rule.list == filter_list:
                positions.setdefault(canonical(rule), position)
        # Rules that come earlier in the files, sorted by their position in the kernel.
        seen: List[Tuple[int, int]] = []
        order = [rule for rule in dict.fromkeys(map(canonical, wanted)) if rule in positions]
        for number, rule in enumerate(order):
            index = bisect(seen, (positions[rule], number))
            before = (order[other] for other in sorted(other for _position, other in seen[index:]))
            first = next((other for other in before if must_keep_order(other, rule)), None)
            if first is not None:
                pairs.append((first, rule))
            seen.insert(index, (positions[rule], number))
    return pairs
