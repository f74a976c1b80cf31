# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The rules that decide about the events of a wanted rule, in the order in which the kernel reaches them."""

from typing import Iterable, List, NamedTuple, Optional, Sequence

from ._event_space import COMPARE, Box, EventSpace, Variable, is_file_condition
from .list_semantics import DROPPED, SEMANTICS, decision, ends_search, field_order_counts, no_effect
from .model import Field, Rule

__all__ = (
    "AS_WANTED",
    "OTHERWISE",
    "UNKNOWN",
    "DecidingRule",
    "deciding_rules",
    "doubt",
    "exclusions",
    "is_beside",
    "is_dropped",
    "switching_off",
)

#: What becomes of the events that a rule matches.
AS_WANTED, OTHERWISE, UNKNOWN = "as wanted", "otherwise", "unknown"
# The record that says who did what under which key, by list.
_RECORDS = {"exit": 1300, "task": 1300, "io_uring": 1336}
# File systems that hold nothing but what the kernel shows at one place, by their magic numbers: debugfs and tracefs.
_OF_THE_KERNEL = {0x64626720: "/sys/kernel/debug", 0x74726163: "/sys/kernel"}


class DecidingRule(NamedTuple):
    """A rule that is held: the events that it matches, and what becomes of them."""

    rule: Rule
    boxes: List[Box]
    effect: str


def is_dropped(rule: Rule) -> bool:
    """Whether a rule keeps the events that it matches out of the log."""
    return decision(rule) is DROPPED


def exclusions(wanted: Rule, rules: Iterable[Rule]) -> List[Rule]:
    """Of rules of the list exclude, those that may drop the record of a wanted event, whatever recorded it."""
    if is_dropped(wanted):
        return []
    number = _RECORDS.get(wanted.list)
    return [rule for rule in rules if not (ends_search(rule) or no_effect(rule)) and _may_be_of(rule, number)]


def _may_be_of(rule: Rule, record_type: Optional[int]) -> bool:
    types = [field for field in rule.fields if field.name == "msgtype"]
    return record_type is None or all(COMPARE[field.operator](record_type, field.number) for field in types)


def deciding_rules(
    space: EventSpace, wanted: Rule, excluded: Iterable[Rule], rules: Iterable[Rule]
) -> List[DecidingRule]:
    """The rules of the wanted rule's list that decide, after its exclusions()."""
    found = [one for rule in excluded for one in _exclusion(space, wanted, rule)]
    for rule in rules:
        if no_effect(rule) and not ends_search(rule):
            continue
        effect = AS_WANTED if is_dropped(rule) == is_dropped(wanted) else OTHERWISE
        if field_order_counts(rule):
            # Such a rule may match less than its fields say, and may keep the kernel from reading the next ones.
            if effect != AS_WANTED or ends_search(rule):
                found.append(DecidingRule(rule, [{}], UNKNOWN if is_dropped(rule) or is_dropped(wanted) else effect))
            continue
        parts = [rule]
        if SEMANTICS[rule.list].alternatives:
            parts = [rule._replace(fields=(field,)) for field in rule.fields]
        boxes = [box for part in parts for box in [space.box(part)] if box is not None]
        if boxes:
            found.append(DecidingRule(rule, boxes, effect))
    return found


def _exclusion(space: EventSpace, wanted: Rule, rule: Rule) -> List[DecidingRule]:
    """A rule of the list exclude, as far as it drops the record of a wanted event."""
    has_type = wanted.list in _RECORDS

    def is_left_out(field: Field) -> bool:
        return (has_type and field.name == "msgtype") or _is_vague(field)

    box = space.box(rule, is_left_out)
    vague = any(_is_vague(field) for field in rule.fields)
    return [] if box is None else [DecidingRule(rule, [box], UNKNOWN if vague else OTHERWISE)]


def _is_vague(field: Field) -> bool:
    """Whether this list reads a field in another way than others: one group of a process, and labels."""
    return field.name == "gid" or field.name.startswith("subj_")


def is_beside(space: EventSpace, one: DecidingRule, known: Iterable[Variable]) -> bool:
    """Whether a rule asks for a path that the wanted rule does not have: it is not needed to cover the wanted rule.

    It matches some of its events nevertheless, those that name several files (rename, link).
    """
    variables = set(known)
    trees = [variable for variable in variables if variable[0] == "dir"]
    return any(
        variable[0] in ("path", "dir")
        and variable not in variables
        and not any(space.is_below(variable, tree) for tree in trees)
        for box in one.boxes
        for variable in box
    )


def switching_off(wanted: Rule, rules: Sequence[Rule]) -> Optional[Rule]:
    """The rule with which the kernel records no call of any process that starts; None without such a rule."""
    if wanted.list in ("exit", "io_uring") and not is_dropped(wanted):
        for rule in rules:
            if rule.list == "task" and not no_effect(rule) and _matches_all(rule):
                return rule if is_dropped(rule) else None
    return None


def _matches_all(rule: Rule) -> bool:
    return EventSpace("task", None, [rule]).box(rule) in ({}, None) or all(
        (field.operator, field.value) == (">=", 0) for field in rule.fields
    )


def doubt(wanted: Rule, by: Iterable[Rule], rules: Sequence[Rule]) -> str:
    """Why it is not known whether events of the wanted rule reach the rules that record them; empty if they do."""
    if wanted.list not in ("exit", "io_uring") or is_dropped(wanted):
        return ""
    if any(rule.list == "task" and is_dropped(rule) and not no_effect(rule) for rule in rules):
        return "a rule of the list task keeps some processes from being recorded at all"
    about_files = [rule for rule in (wanted, *by) if any(map(is_file_condition, rule.fields))]
    for rule in rules:
        acts = rule.list == "filesystem" and is_dropped(rule) and not no_effect(rule)
        if acts and any(_may_be_on(one, field) for one in about_files for field in rule.fields):
            return "a rule of the list filesystem keeps the kernel from seeing paths, perhaps the wanted ones"
    return ""


def _may_be_on(rule: Rule, field: Field) -> bool:
    place = _OF_THE_KERNEL.get(field.number) if field.operator == "=" else None
    path = rule.value("path") or rule.value("dir")
    if place is None or path is None:
        return True
    above, below = f"{place}/", str(path).rstrip("/") + "/"
    return below.startswith(above) or (rule.value("dir") is not None and above.startswith(below))
