# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Whether a rule has all conditions of another one, so that each event that it matches meets them.

A watched directory does not stand for the files below it here: a watch of a file also sees the file through a hard link
from elsewhere, and on a file system that is mounted later, where the watch of the directory sees nothing.
"""

from typing import Any, FrozenSet, Mapping, Tuple

from .list_semantics import is_always_met, single_valued
from .model import Field, Rule, normalized
from .ranges import ranges

__all__ = ("Conditions",)


class Conditions:
    """The conditions of a rule, prepared to be compared with those of many others."""

    __slots__ = ("_fields", "_list", "_permissions", "_ranges")

    def __init__(self, rule: Rule) -> None:
        self._list = rule.list
        self._fields: FrozenSet[Field] = frozenset(map(normalized, rule.fields))
        self._ranges: Mapping[str, Tuple[Any, Any]] = ranges(rule.fields, single_valued(rule.list))
        self._permissions = [field.number for field in rule.fields if field.name == "perm" and field.operator == "="]

    def include(self, other: Rule) -> bool:
        """Whether each event that meets these conditions meets those of the other rule, too."""
        return self._list == other.list and all(map(self._imply, other.fields))

    def _imply(self, field: Field) -> bool:
        if normalized(field) in self._fields or is_always_met(self._list, *field):
            return True
        if field.name == "perm":
            return any(field.number & held == held for held in self._permissions)
        found = self._ranges.get(field.name)
        return found is not None and _is_met_within(field, *found)


def _is_met_within(field: Field, least: Any, most: Any) -> bool:
    """Whether all numbers from ``least`` to ``most`` meet the condition."""
    if field.operator == "!=":
        return not least <= field.value <= most
    bounds = {
        "=": least == most == field.value,
        ">=": least >= field.value,
        ">": least > field.value,
        "<=": most <= field.value,
        "<": most < field.value,
    }
    return bounds.get(field.operator, False)
