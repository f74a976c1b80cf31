# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""From the rules that a filter list holds to the rules that are wanted, without a moment in which events are lost.

The kernel can append a rule to a list, prepend one and delete one; it cannot insert, move or replace. The first rule
that matches an event decides, so the order of two rules counts where both can match one event and would treat it
differently. Such an order is kept; of what does not depend on order, nothing is moved. A deletion costs the kernel a
thousand times what an addition does, so the plan is the one with the fewest.

Additions come first, then rules that keep events out of the log are deleted, then the others: an event that both the
old and the new rules log is logged after every single step. It is safe as long as no rule with the action never is
prepended before a rule that has to stand before it.
"""

from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from .model import ANYTHING, Rule, without_keys
from .order import Order

__all__ = ("Step", "plan", "reordered_twin")


class Step(NamedTuple):
    """One request to the kernel: ``operation`` is append, prepend or delete.

    ``held`` is the place of the rule in the list as it was at the beginning, for the deletion of what stood there.
    """

    operation: str
    rule: Rule
    held: Optional[int] = None


def plan(current: Sequence[Rule], wanted: Sequence[Tuple[Rule, Optional[int]]]) -> List[Step]:
    """The steps that lead from one filter list to another.

    ``wanted`` has each rule with its place in ``current``, None for a rule that is not there. What ``current`` has and
    ``wanted`` does not name is deleted.
    """
    wanted = _last_copies(current, wanted)
    alive, dead = _first_of_each_match([rule for rule, held in wanted])
    front, back = Order([wanted[place][0] for place in alive], [wanted[place][1] for place in alive]).ends()
    front, back = {alive[place] for place in front}, {alive[place] for place in back}
    for place, first in dead.items():
        held, before = wanted[place][1], wanted[first][1]
        if held is None or first in back or (first not in front and held < before):
            back.add(place)
    taken = set(current)
    steps = [Step("prepend", _copy(*wanted[place], taken)) for place in sorted(front, reverse=True)]
    steps += [Step("append", _copy(*wanted[place], taken)) for place in sorted(back)]
    kept = {held for place, (rule, held) in enumerate(wanted) if place not in front and place not in back}
    deleted = [place for place in range(len(current)) if place not in kept]
    deleted.sort(key=lambda place: current[place].action != "never")
    return steps + [Step("delete", current[place], place) for place in deleted]


def _last_copies(
    current: Sequence[Rule], wanted: Sequence[Tuple[Rule, Optional[int]]]
) -> Sequence[Tuple[Rule, Optional[int]]]:
    """Of several copies of a rule the last ones are kept, since the kernel deletes the first."""
    if len(set(current)) == len(current):
        return wanted
    places: Dict[Rule, List[int]] = {}
    for place, rule in enumerate(current):
        places.setdefault(rule, []).append(place)
    named: Dict[Rule, int] = {}
    for _rule, held in wanted:
        if held is not None:
            named[current[held]] = named.get(current[held], 0) + 1
    left = {rule: iter(places[rule][-count:]) for rule, count in named.items()}
    return [(rule, None if held is None else next(left[current[held]])) for rule, held in wanted]


def _first_of_each_match(rules: Sequence[Rule]) -> Tuple[List[int], Dict[int, int]]:
    """The places of the rules that the kernel looks at; of each other, the place of the first that matches the same.

    The others need no place in an order, as long as they are behind the first.
    """
    alive: List[int] = []
    dead: Dict[int, int] = {}
    first: Dict[Rule, int] = {}
    for place, rule in enumerate(rules):
        found = first.setdefault(without_keys(rule), place)
        if found == place:
            alive.append(place)
        else:
            dead[place] = found
    return alive, dead


def reordered_twin(rule: Rule) -> Rule:
    """The same rule to us and another one to the kernel, so that both can be held at a time.

    The first fields stay, as people look for arch and path there. The variant of a variant is the rule itself.
    """
    if rule.fields in ((), (ANYTHING,)):
        return rule._replace(fields=() if rule.fields else (ANYTHING,))
    before, last = rule.fields[:-1], rule.fields[-1:]
    if before[-1:] == last:
        return rule._replace(fields=before)
    # Listings of auditctl garble a perm before a path.
    if not before or before[-1].name in ("path", "dir"):
        return rule._replace(fields=before + last + last)
    return rule._replace(fields=before[:-1] + last + before[-1:])


def _copy(rule: Rule, held: Optional[int], taken: Set[Rule]) -> Rule:
    """What to add for a wanted rule: itself if it is new, a copy that the kernel tells from it if it has to move."""
    if held is None:
        return rule
    copy = reordered_twin(rule)
    while copy in taken:
        copy = copy._replace(fields=copy.fields + (copy.fields or (ANYTHING,))[-1:])
    taken.add(copy)
    return copy
