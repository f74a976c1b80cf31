# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""From a sequence of rules to a cheaper one that records the same events under the same keys.

What a set of rules costs each system call is above all how many rules the list exit has, because the kernel looks at
each of them (cost.py). So there should be few, with small masks. The steps, each in a file of its own:

_permission_masks.py
    A rule with a permission gets the mask of the calls that the permission can mean.
_covered.py
    Rules and syscalls are dropped that earlier rules match first, or that later rules record under the same keys.
_unions.py
    Rules are united that differ in their arch (if they have a permission), in their syscalls, or in one number.
_better_order.py
    Exceptions go forward; on request, a guard is put before rules that most calls cannot match.

A rule moves only past rules that cannot match the same event, or treat it in the same way (_passage.py). This is no
equivalence of single rules (model.py): it is the list as a whole that treats each event as before.
"""

from typing import AbstractSet, Dict, List, NamedTuple, Optional, Sequence, Tuple

from . import _better_order
from ._covered import drop_covered_earlier, drop_covered_later
from ._entries import Entries, Entry, Reason
from ._permission_masks import archs_of, narrowed
from ._unions import unite_archs, unite_numbers, unite_syscalls
from .dead_rules import idle
from .model import Rule

__all__ = ("Optimised", "Reason", "Result", "optimise")

# Of the other lists, user, exclude and filesystem have few rules, and semantics of their own.
_LISTS = ("exit", "io_uring", "task")


class Optimised(NamedTuple):
    """A rule of the result, with the places (in the input) of the rules that it has the events of.

    ``place``: that of the rule that it was made of; None for a guard.
    """

    rule: Rule
    place: Optional[int]
    places: Tuple[int, ...] = ()


class Result(NamedTuple):
    """The rules in their new order, and a reason for each change.

    ``is_complete``: whether all rules were compared. If there are too many, a cheaper sequence may exist.
    """

    rules: List[Optimised]
    reasons: List[Reason]
    is_complete: bool


def optimise(
    rules: Sequence[Rule], machine: str, fixed: AbstractSet[int] = frozenset(), with_guard: bool = False
) -> Result:
    """The cheapest sequence that is known to treat every event as ``rules`` do.

    ``machine``: that of the host, as ``uname -m`` prints it. ``fixed``: the places of rules that must stay as they are,
    in their order. ``with_guard``: whether to add a guard, see _better_order.py. A rule of the input that auditctl gave
    some syscalls because of its permission keeps to those; pass it with None to get all that the permission means.
    """
    lists: Dict[str, Dict[int, Entry]] = {}
    for place, rule in enumerate(rules):
        lists.setdefault(rule.list, {})[place] = Entry(rule, place in fixed, (place,))
    made: List[Optimised] = []
    reasons: List[Reason] = []
    is_complete = True
    for name, found in lists.items():
        if name in _LISTS:
            entries = Entries(found, archs_of(machine))
            made += _optimised_list(entries, machine, with_guard)
            reasons += entries.reasons
            is_complete = is_complete and entries.is_complete
        else:
            made += [Optimised(entry.rule, place, (place,)) for place, entry in found.items()]
    return Result(_in_order_of_lines(made), sorted(reasons, key=lambda reason: reason.place), is_complete)


def _optimised_list(entries: Entries, machine: str, with_guard: bool) -> List[Optimised]:
    archs = archs_of(machine)
    for place in entries.places:
        entry = entries.at(place)
        rule = narrowed(entry.rule, archs)
        reason = "" if entry.fixed else idle(rule)
        if reason:
            entries.drop(place, place, reason)
        elif not entry.fixed and rule.syscalls != entry.rule.syscalls:
            entries.replace(place, rule, "only calls that its permission can mean")
    # What is united may cover others, and what others cover need not be united.
    drop_covered_later(entries)
    unite_archs(entries, archs)
    drop_covered_later(entries)
    unite_syscalls(entries)
    unite_numbers(entries)
    unite_syscalls(entries)
    drop_covered_earlier(entries)
    order = _better_order.in_better_order(entries)
    before, after, barrier = _better_order.guard(entries, order) if with_guard else (order, [], None)
    made = [_optimised(entries, place) for place in before]
    made += [Optimised(barrier, None)] if barrier else []
    return made + [_optimised(entries, place) for place in after]


def _optimised(entries: Entries, place: int) -> Optimised:
    entry = entries.at(place)
    return Optimised(entry.rule, place, tuple(entry.places))


def _in_order_of_lines(made: Sequence[Optimised]) -> List[Optimised]:
    """The rules of all lists in one sequence: as before, as far as the order within each list allows."""
    keyed = []
    last: Dict[str, int] = {}
    for number, item in enumerate(made):
        place = last.get(item.rule.list, -1)
        place = place if item.place is None else max(place, item.place)
        last[item.rule.list] = place
        keyed.append((place, number, item))
    return [item for _place, _number, item in sorted(keyed, key=lambda row: row[:2])]
