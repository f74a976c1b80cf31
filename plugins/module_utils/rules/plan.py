# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The steps from the rules that a filter list holds to the rules that are wanted, without losing an event on the way.

The kernel can append a rule to a list, prepend one and delete one; it cannot insert, move or replace. The first rule
that matches an event decides, so the order of two rules matters if both can match one event and would treat it
differently (see overlap.py; list_semantics.py says what a rule does on each list). The plan establishes the wanted
order of such rules, and moves no other rule. A deletion costs the kernel a thousand times as much as an addition, so
the plan is the one with the fewest (see order.py).

Additions come first. Then the rules that keep events out of the log are deleted, and then the others. So an event that
both the old and the new rules log is logged after every single step, provided that no rule that drops events is
prepended before a rule that must come before it.
"""

from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from .list_semantics import DROPPED, SEMANTICS, decision, field_order_counts, no_effect
from .model import ANYTHING, Field, Rule, without_keys
from .order import Order
from .wire import MAX_FIELDS

__all__ = ("Step", "plan", "reordered_twin")


class Step(NamedTuple):
    """One request to the kernel. ``operation`` is "append", "prepend" or "delete".

    For a deletion, ``held`` is the place that the rule had in the list before the first step.
    """

    operation: str
    rule: Rule
    held: Optional[int] = None


def plan(current: Sequence[Rule], wanted: Sequence[Tuple[Rule, Optional[int]]]) -> List[Step]:
    """The steps that lead from one filter list to another.

    ``current`` are the rules of one list, as the kernel holds them. ``wanted`` has each wanted rule with its place in
    ``current``, or with None if it is not there. Rules of ``current`` that ``wanted`` does not name are deleted.
    """
    wanted = _last_copies(current, wanted)
    # A rule without an effect can be anywhere.
    idle = {place for place, (rule, _held) in enumerate(wanted) if no_effect(rule)}
    alive, dead = _first_of_each_match([rule for rule, held in wanted], idle)
    front, back = Order([wanted[place][0] for place in alive], [wanted[place][1] for place in alive]).ends()
    front, back = {alive[place] for place in front}, {alive[place] for place in back}
    for place, first in dead.items():
        held, before = wanted[place][1], wanted[first][1]
        if held is None or first in back or (first not in front and before is not None and held < before):
            back.add(place)
    back.update(place for place in idle if wanted[place][1] is None)
    taken = set(current)
    steps = [Step("prepend", _copy(*wanted[place], taken)) for place in sorted(front, reverse=True)]
    steps += [Step("append", _copy(*wanted[place], taken)) for place in sorted(back)]
    kept = {held for place, (rule, held) in enumerate(wanted) if place not in front and place not in back}
    deleted = [place for place in range(len(current)) if place not in kept]
    deleted.sort(key=lambda place: decision(current[place]) is not DROPPED)
    return steps + [Step("delete", current[place], place) for place in deleted]


def _last_copies(
    current: Sequence[Rule], wanted: Sequence[Tuple[Rule, Optional[int]]]
) -> Sequence[Tuple[Rule, Optional[int]]]:
    """``wanted``, naming the last copies of a rule that is held several times, because the kernel deletes the first."""
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


def _first_of_each_match(rules: Sequence[Rule], idle: Set[int]) -> Tuple[List[int], Dict[int, int]]:
    """The places of the rules that are the first with their match, and for each other rule the place of that first one.

    The other rules never take effect, so they can be anywhere after the first. The places in ``idle`` are left out.
    """
    alive: List[int] = []
    dead: Dict[int, int] = {}
    first: Dict[Rule, int] = {}
    for place, rule in enumerate(rules):
        if place in idle:
            continue
        found = first.setdefault(without_keys(rule), place)
        if found == place:
            alive.append(place)
        else:
            dead[place] = found
    return alive, dead


def reordered_twin(rule: Rule) -> Rule:
    """An equivalent rule with other bytes, so that the kernel can hold both at the same time.

    The twin of the twin is the rule, so a rule does not grow each time that it moves. If the last two fields may change
    places, they do; otherwise the twin has one redundant field more or less.
    """
    row = SEMANTICS[rule.list]
    if not rule.fields and (row.alternatives or not (row.without_fields or rule.keys)):
        # The rule has no effect, and a field would give it one.
        return rule._replace(action="always" if rule.action == "never" else "never")
    if row.alternatives:
        return _one_more_or_less(rule, rule.fields, rule.fields[-1], 1)
    if not field_order_counts(rule):
        base = rule.fields[: len(rule.fields) - _copies_at_end(rule.fields, ANYTHING)]
        copies = _copies_at_end(base, *base[-1:])
        pair = base[max(0, len(base) - copies - 1) : len(base) - copies + 1]
        may_change_places = len(pair) == 2 and not any(f.name in _NOT_MOVED or f == ANYTHING for f in pair)
        if may_change_places and copies == 1:
            return rule._replace(fields=(*base[:-2], *reversed(pair), *rule.fields[len(base) :]))
        if base and not may_change_places and base[-1].name not in _NOT_REPEATED:
            return _one_more_or_less(rule, base, base[-1], 1)
    is_needed = not row.without_fields and not rule.keys and set(rule.fields) <= {ANYTHING}
    return _one_more_or_less(rule, rule.fields, ANYTHING, int(is_needed))


# auditctl -l shows a path and its perm as a watch, and garbles a rule that has its perm before its path.
_NOT_MOVED = ("path", "dir", "perm")
# The kernel refuses a second one (audit_to_watch(), audit_make_tree(), audit_to_inode(), audit_data_to_entry()).
_NOT_REPEATED = ("path", "dir", "inode", "exe")


def _redundant_field(rule: Rule) -> Field:
    """A field that changes nothing at the end of a rule."""
    last = rule.fields[-1] if rule.fields else ANYTHING
    is_repeated = SEMANTICS[rule.list].alternatives or not (field_order_counts(rule) or last.name in _NOT_REPEATED)
    return last if is_repeated else ANYTHING


def _copies_at_end(fields: Sequence[Field], *field: Field) -> int:
    """How often a field stands at the end, one time after the other."""
    return next((number for number, other in enumerate(reversed(fields)) if (other,) != field), len(fields))


def _one_more_or_less(rule: Rule, base: Tuple[Field, ...], field: Field, needed: int) -> Rule:
    """The rule with one copy of a field more or less at the end of ``base``, the first of its fields.

    ``needed``: how many of the copies there change what the rule matches.
    """
    rest = rule.fields[len(base) :]
    if (_copies_at_end(base, field) - needed) % 2:
        return rule._replace(fields=(*base[:-1], *rest))
    if len(rule.fields) + bool(rule.keys) < MAX_FIELDS:
        return rule._replace(fields=(*base, field, *rest))
    return rule._replace(fields=_exchanged(rule))


def _exchanged(rule: Rule) -> Tuple[Field, ...]:
    """The fields of a rule that has no room for another one: in another order, or without the last if that is not free.

    auditctl never makes a rule that is so full.
    """
    fields = rule.fields
    for place in range(0, len(fields) - 1, 2):
        if fields[place] != fields[place + 1] and not field_order_counts(rule):
            return (*fields[:place], fields[place + 1], fields[place], *fields[place + 2 :])
    return fields[:-1]


def _copy(rule: Rule, held: Optional[int], taken: Set[Rule]) -> Rule:
    """The rule to add for a wanted rule: itself, or a twin if it has to move, or if the list holds one like it.

    The kernel appends no rule that is there. It may hold several all the same, because it prepends them.
    """
    if held is None and rule not in taken:
        taken.add(rule)
        return rule
    copy = reordered_twin(rule)
    while copy in taken:
        copy = copy._replace(fields=(*copy.fields, _redundant_field(copy)))
    taken.add(copy)
    return copy
