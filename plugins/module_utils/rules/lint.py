# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Rules of a list that are never looked at, as another one before them takes all that they match."""

from collections import Counter
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Sequence, Set

from .model import Field, Rule, canonical, without_keys

__all__ = ("Shadow", "shadows")


class Shadow(NamedTuple):
    """Two places in a sequence of rules: the kernel never looks at ``place``, as ``by`` comes first.

    ``sameness`` is identical (the kernel answers EEXIST), equivalent, same match (see model.py), or none of these: the
    rule at ``by`` matches more.
    """

    place: int
    by: int
    sameness: str


def shadows(rules: Sequence[Rule]) -> List[Shadow]:
    """Every rule that is never looked at, with the first one before it that takes what it matches.

    A rule takes all that another matches if it has no condition that the other lacks: no field, no syscall missing. A
    directory stands for what is below it, permissions for those among them. Ranges of numbers are not compared, so
    what is found is certain, and not all there is.
    """
    plain = [without_keys(rule) for rule in rules]
    common = Counter(field for rule in plain for field in rule.fields)
    # Each rule that may take others by its rarest field, so that few have to be compared.
    candidates: Dict[Optional[Field], List[int]] = {}
    found = []
    for place, rule in enumerate(plain):
        implied = _implied(rule.fields)
        others = sorted(other for field in [None, *implied] for other in candidates.get(field, ()))
        first = next((other for other in others if _takes(plain[other], rule, implied)), None)
        if first is not None:
            found.append(Shadow(place, first, _sameness(rules[first], rules[place])))
        rarest = min(rule.fields, key=lambda field: common[field], default=None)
        candidates.setdefault(rarest, []).append(place)
    return found


def _takes(first: Rule, second: Rule, implied: Set[Field]) -> bool:
    return (
        first.list == second.list
        and implied.issuperset(first.fields)
        and (first.syscalls is None or _within(second.syscalls, first.syscalls))
    )


def _within(some: Optional[FrozenSet[int]], more: FrozenSet[int]) -> bool:
    return some is not None and some <= more


def _implied(fields: Sequence[Field]) -> Set[Field]:
    """The conditions that hold for every event which meets those of a rule, as far as they follow one by one."""
    implied = set(fields)
    for name, operator, value in fields:
        if name in ("path", "dir") and operator == "=":
            directory = value
            while directory != "/":
                directory = directory.rpartition("/")[0] or "/"
                implied.add(Field("dir", "=", directory))
            if name == "path":
                implied.add(Field("dir", "=", value))
        elif name == "perm":
            implied.update(Field("perm", "=", more) for more in range(16) if more & value == value)
    return implied


def _sameness(first: Rule, second: Rule) -> str:
    if first == second:
        return "identical"
    if canonical(first) == canonical(second):
        return "equivalent"
    return "same match" if without_keys(first) == without_keys(second) else ""
