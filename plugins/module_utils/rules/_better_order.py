# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Another order of the rules of a list, in which most calls are done with sooner: exceptions first, and guards.

A guard is a rule ``never`` that matches most calls and none that a rule after it matches. It belongs to the whole list:
a rule that is appended to the list later never sees the calls that the guard matches.
"""

from typing import Dict, List, Optional, Sequence, Tuple

from ._entries import Entries
from .cost import is_by_inode
from .list_semantics import is_never_met, single_valued
from .model import Field, Rule
from .ranges import ranges

__all__ = ("GUARDED", "guard", "in_better_order")

_UNSET = 0xFFFFFFFF
#: What most calls of a server have: no session of a user. The value of a field that guards may match.
GUARDED: Dict[str, int] = {"auid": _UNSET}
# A guard costs what six rules cost that a call does not get into (see cost.py), so it has to spare it more.
_PAYS_FROM = 10


def in_better_order(entries: Entries) -> List[int]:
    """The places of the rules with each exception as far forward as it may be."""
    order: List[int] = []
    for place in entries.places:
        entry = entries.at(place)
        target = len(order)
        if entry.rule.action == "never" and not entry.fixed and not is_by_inode(entry.rule):
            target = _foremost(entries, place, order)
            passed = [other for other in order[target:] if not is_by_inode(entries.at(other).rule)]
            # Rules that are kept by inode cost the same wherever they are.
            if passed and entries.at(passed[-1]).rule.action != "never":
                entries.explain_move(place, passed[0])
            else:
                target = len(order)
        order.insert(target, place)
    return order


def _foremost(entries: Entries, place: int, order: Sequence[int]) -> int:
    """How far forward a rule may go in an order of the places before its own."""
    target = len(order)
    while target and entries.may_change(place, order[target - 1]):
        target -= 1
    return target


def guard(entries: Entries, order: Sequence[int]) -> Tuple[List[int], List[int], Optional[Rule]]:
    """The places before a guard, those after it, and the guard; None for a guard that would not pay.

    A rule goes after the guard if it never matches what the guard matches, and may pass all rules that stay before.
    """
    for name, value in GUARDED.items():
        before: List[int] = []
        after: List[int] = []
        for place in reversed(order):
            entry = entries.at(place)
            is_apart = entry.rule.list == "exit" and not entry.fixed and _excludes(entry.rule, name, value)
            if is_apart and all(entries.may_change(place, other) for other in before):
                after.insert(0, place)
            else:
                before.insert(0, place)
        spared = [place for place in after if not is_by_inode(entries.at(place).rule)]
        if len(spared) >= _PAYS_FROM:
            return before, after, Rule("exit", "never", (Field(name, "=", value),))
    return list(order), [], None


def _excludes(rule: Rule, name: str, value: int) -> bool:
    """Whether no event that the rule matches has that value."""
    if Field(name, "!=", value) in rule.fields or any(is_never_met(rule.list, *field) for field in rule.fields):
        return True
    least, most = ranges(rule.fields, single_valued(rule.list)).get(name, (value, value))
    return not least <= value <= most
