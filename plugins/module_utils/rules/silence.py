# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Rules that switch auditing off, for everything or nearly everything, though all other rules are in place.

A host with such rules looks in sync and records nothing. Distributions ship one: ``-a never,task`` (also written
``-a task,never``), with which the kernel gives no new process an audit context (audit_alloc(), audit_filter_task()).
What a rule does differs from list to list, see list_semantics.py.

Rules are held against typical events (_typical.py): if no typical event gets past the rules that leave events out, no
real one does either, or hardly any. So several rules together, ranges and ``!=`` need no code of their own.
"""

from typing import Dict, FrozenSet, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ._bits import bits
from ._first_match import Budget, Dimension, TooManyParts, dimension, last_needed
from ._typical import DISK_FILE_SYSTEMS, RECORD_TYPES, SYSCALL_RECORD, USER_RECORDS, matched_values
from .list_semantics import DROPPED, decision, ends_search, no_effect
from .model import Rule

__all__ = ("Silence", "is_for", "silences")


class Silence(NamedTuple):
    """The place of a rule in a sequence, and what is not recorded because of it, as a clause for a message.

    If that cannot be known, it is not ``is_certain``, and the clause says why.
    """

    place: int
    effect: str
    is_certain: bool = True


#: Typical values by field that an event may have; all of them of a field that is not there.
_Events = Dict[str, FrozenSet]
#: Of a field, the values that a rule matches, and all values.
_Matched = Tuple[FrozenSet, FrozenSet]

_EFFECTS: Dict[str, str] = {
    "task": "the kernel records no system call of any process that starts from now on",
    "exit": "the kernel records no system call that no rule before this one records",
    "io_uring": "the kernel records no io_uring operation that no rule before this one records",
    "user": "the kernel drops the records of programs (logins, sudo, package managers)",
    "exclude": "the kernel drops every record",
}
_NO_SYSCALL_RECORDS = "the kernel drops the records of system calls, which say who did what under which key"
_NO_FILES = "no rule for a path, a directory or a permission matches on this type of file system"
# An architecture that no rule names.
_OTHER = -1
_UNKNOWN = "it is not known whether anything is recorded: the rules up to it divide the events into too many parts"


def silences(rules: Sequence[Rule]) -> List[Silence]:
    """The rules with which all records of their list are switched off, or those of one architecture, or nearly all.

    ``rules`` are in the order in which the kernel looks at them. Of several rules that do so together, the last is
    named.
    """
    found: Dict[int, str] = {}
    for name in _EFFECTS:
        numbered = [(place, rule) for place, rule in enumerate(rules) if rule.list == name]
        if name != "exclude":
            events = {"msgtype": USER_RECORDS} if name == "user" else {}
            found.update(_silent_places(numbered, events, _EFFECTS[name]))
            continue
        # A list that drops every record drops those of system calls, too.
        found.update(_silent_places(numbered, {"msgtype": frozenset((SYSCALL_RECORD,))}, _NO_SYSCALL_RECORDS))
        everything = _silent_places(numbered, {"msgtype": RECORD_TYPES}, _EFFECTS[name])
        if set(everything.values()) - {_UNKNOWN}:
            found = {place: effect for place, effect in found.items() if rules[place].list != name}
        found = {**everything, **found}
    found.update((place, _NO_FILES) for place, rule in enumerate(rules) if _leaves_out_disks(rule))
    return [Silence(place, found[place], found[place] != _UNKNOWN) for place in sorted(found)]


def _silent_places(rules: Iterable[Tuple[int, Rule]], events: _Events, effect: str) -> Dict[int, str]:
    """Places of the rules after which no event of an architecture is left, if they leave it out; with the effect."""
    rules = _up_to_last_dropping((place, rule) for place, rule in rules if not no_effect(rule))
    archs = {field.number for _place, rule in rules for field in rule.fields if field.name == "arch"}
    found: Dict[int, str] = {}
    budget = Budget()
    unknown: Set[int] = set()
    for arch in (_OTHER, *sorted(archs)):
        some = _up_to_last_dropping((place, rule) for place, rule in rules if is_for(rule, arch))
        try:
            decided = _deciding_rule(some, events, budget)
        except TooManyParts:
            unknown.add(some[-1][0])
            continue
        if decided and decision(decided[1]) is DROPPED:
            found.setdefault(decided[0], _described(decided[1], effect))
    return {**dict.fromkeys(unknown, _UNKNOWN), **found}


def _up_to_last_dropping(rules: Iterable[Tuple[int, Rule]]) -> List[Tuple[int, Rule]]:
    """The rules up to the last that leaves events out; one that records is never named, so the rest does not matter."""
    found = list(rules)
    while found and decision(found[-1][1]) is not DROPPED:
        found.pop()
    return found


def is_for(rule: Rule, arch: int) -> bool:
    """Whether a rule is for the events of an architecture, as far as its fields arch tell."""
    return all((arch == field.value) is (field.operator == "=") for field in rule.fields if field.name == "arch")


def _described(rule: Rule, effect: str) -> str:
    archs = [f" (arch{field.operator}{field.value:#x})" for field in rule.fields if field.name == "arch"]
    most = "for all or nearly all events, " if any(field.name != "arch" for field in rule.fields) else ""
    return most + effect + "".join(archs)


def _deciding_rule(rules: Iterable[Tuple[int, Rule]], events: _Events, budget: Budget) -> Optional[Tuple[int, Rule]]:
    """The rule that matches the last of the typical events that no earlier rule matches; None if some are left."""
    matching: List[Tuple[int, Rule]] = []
    by_name: Dict[str, Dict[_Matched, List[int]]] = {}
    for place, rule in rules:
        if ends_search(rule):
            # What reaches this rule is recorded.
            break
        found = matched_values(rule)
        if found is not None:
            for name, matched in found.items():
                by_name.setdefault(name, {}).setdefault(matched, []).append(len(matching))
            matching.append((place, rule))
    every = (1 << len(matching)) - 1
    last = last_needed(every, [_dimension(by_name[name], events.get(name), every) for name in by_name], budget)
    return None if last is None else matching[last]


def _dimension(by_matched: Mapping[_Matched, List[int]], given: Optional[FrozenSet], every: int) -> Dimension:
    """The dimension of a field. ``by_matched``: rules by the values that they match, and all values there are."""
    unsuited = {value: 0 for _values, everything in by_matched for value in given or everything}
    for (values, _everything), numbers in by_matched.items():
        rules = bits(numbers)
        for value in unsuited.keys() - values:
            unsuited[value] |= rules
    return dimension(every & ~rules for rules in unsuited.values())


def _leaves_out_disks(rule: Rule) -> bool:
    """Whether a rule keeps the kernel from seeing paths on a type of file system that holds programs and data."""
    return (
        rule.list == "filesystem"
        and rule.action == "never"
        and any(
            (magic == field.value) is (field.operator == "=")
            for field in rule.fields
            if field.name == "fstype"
            for magic in DISK_FILE_SYSTEMS
        )
    )
