# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Rules that switch auditing off, for everything or nearly everything, though all other rules are in place.

A host with such a rule looks in sync and records nothing. Distributions ship one: ``-a never,task`` (also written
``-a task,never``), with which the kernel gives no new process an audit context (audit_alloc(), audit_filter_task()).
What a rule without conditions does differs from list to list, see list_semantics.py.
"""

from typing import Dict, List, NamedTuple, Optional, Sequence

from .list_semantics import DROPPED, SEMANTICS, decision, is_always_met
from .model import Field, Rule

__all__ = ("Silence", "silences")


class Silence(NamedTuple):
    """The place of a rule in a sequence, and what is not recorded because of it, as a clause for a message."""

    place: int
    effect: str


_EFFECTS: Dict[str, str] = {
    "task": "the kernel records no system call of any process that starts from now on",
    "exit": "the kernel records no system call that no rule before this one records",
    "io_uring": "the kernel records no io_uring operation that no rule before this one records",
    "user": "the kernel drops the records of programs (logins, sudo, package managers)",
    "exclude": "the kernel drops every record",
}


def silences(rules: Sequence[Rule]) -> List[Silence]:
    """The rules that switch off all records of their list, or of all system calls of one architecture.

    ``rules`` are in the order in which the kernel looks at them; of each list only the first is named, because the
    kernel looks at none after it.
    """
    found: List[Silence] = []
    decided = set()
    for place, rule in enumerate(rules):
        if rule.list in decided or rule.list not in _EFFECTS or not _matches_everything(rule):
            continue
        arch = _arch_condition(rule)
        if arch is None:
            decided.add(rule.list)
        if decision(rule) is DROPPED:
            effect = _EFFECTS[rule.list]
            found.append(Silence(place, effect if arch is None else f"{effect} (arch{arch.operator}{arch.value:#x})"))
    return found


def _arch_condition(rule: Rule) -> Optional[Field]:
    return next((field for field in rule.fields if field.name == "arch"), None)


def _matches_everything(rule: Rule) -> bool:
    """Whether a rule matches all that its list is asked about, on one architecture at least."""
    row = SEMANTICS[rule.list]
    if rule.syscalls is not None and row.syscalls:
        return False
    conditions = [field for field in rule.fields if field.name != "arch"]
    if not all(is_always_met(rule.list, *field) for field in conditions):
        return False
    return row.without_fields or bool(conditions)
