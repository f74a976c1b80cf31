# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Shadowed rules: rules that never take effect, because an earlier rule of their list matches all that they match."""

from collections import Counter
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Set

from .model import Field, Rule, canonical, without_keys

__all__ = ("Shadow", "shadows")


class Shadow(NamedTuple):
    """A rule that the kernel never reaches: the rule at ``place`` in a sequence, shadowed by the earlier one at ``by``.

    ``sameness`` says how the two compare (see model.py): "identical" (the kernel would answer EEXIST), "equivalent",
    "same match", or "" if the rule at ``by`` matches more.
    """

    place: int
    by: int
    sameness: str


def shadows(rules: Sequence[Rule]) -> List[Shadow]:
    """Every shadowed rule of a sequence, each with the first rule that shadows it.

    A rule shadows a later one of the same list if the later rule has all its conditions: each field, and no syscall
    that the first rule does not have. A watched directory includes the paths below it, and permissions include any
    subset of them. Ranges of numbers are not compared. So each shadow found is certain, but some may not be found.
    """
    matches = [without_keys(rule) for rule in rules]
    common = Counter(field for rule in matches for field in rule.fields)
    # Places of rules by the rarest field of each, so that a rule is compared only with few others.
    candidates: Dict[Optional[Field], List[int]] = {}
    found = []
    for place, rule in enumerate(matches):
        implied = _implied(rule.fields)
        others = sorted(other for field in [None, *implied] for other in candidates.get(field, ()))
        first = next((other for other in others if _includes(matches[other], rule, implied)), None)
        if first is not None:
            found.append(Shadow(place, first, _sameness(rules[first], rules[place])))
        rarest = min(rule.fields, key=lambda field: common[field], default=None)
        candidates.setdefault(rarest, []).append(place)
    return found


def _includes(first: Rule, second: Rule, implied: Set[Field]) -> bool:
    return (
        first.list == second.list
        and implied.issuperset(first.fields)
        and (first.syscalls is None or _is_subset(second.syscalls, first.syscalls))
    )


def _is_subset(some: Optional[FrozenSet[int]], more: FrozenSet[int]) -> bool:
    return some is not None and some <= more


def _implied(fields: Sequence[Field]) -> Set[Field]:
    """All conditions that every event meets which meets these ones, as far as each follows from one of them alone."""
    implied = set(fields)
    for field in fields:
        if field.name in ("path", "dir") and field.operator == "=":
            directory = field.text
            while directory != "/":
                directory = directory.rpartition("/")[0] or "/"
                implied.add(Field("dir", "=", directory))
            if field.name == "path":
                implied.add(Field("dir", "=", field.text))
        elif field.name == "perm":
            held = field.number
            implied.update(Field("perm", "=", bits) for bits in range(16) if bits & held == held)
    return implied


def _sameness(first: Rule, second: Rule) -> str:
    if first == second:
        return "identical"
    if canonical(first) == canonical(second):
        return "equivalent"
    return "same match" if without_keys(first) == without_keys(second) else ""
