# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The values that the conditions of a rule leave to the events that it matches."""

from typing import AbstractSet, Any, Dict, Iterable, Sequence, Tuple

from .model import Field

__all__ = ("ranges",)

_GREATEST = 0xFFFFFFFF


def _comparable(fields: Iterable[Field]) -> Iterable[Tuple[str, str, Any]]:
    """The fields with values of any type: all of one name are either numbers or strings, and are compared as such."""
    return fields


def ranges(fields: Sequence[Field], single: AbstractSet[str]) -> Dict[str, Tuple[Any, Any]]:
    """The least and the greatest value that an event may have, for each of the ``single`` fields that limits it."""
    found: Dict[str, Tuple[Any, Any]] = {}
    for name, operator, value in _comparable(fields):
        if name not in single or operator not in ("=", "<", "<=", ">", ">="):
            continue
        if operator == "=":
            least, most = value, value
        elif operator[0] == ">":
            least, most = value + (operator == ">"), _GREATEST
        else:
            least, most = 0, value - (operator == "<")
        if name in found and type(found[name][0]) is type(least):
            least, most = max(least, found[name][0]), min(most, found[name][1])
        found[name] = (least, most)
    return found
