# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The values that the conditions of a rule leave to the events that it matches."""

from functools import lru_cache
from typing import Any, Dict, FrozenSet, Iterable, Mapping, Tuple

from .model import Field

__all__ = ("ranges",)

_GREATEST = 0xFFFFFFFF
_ORDERING = frozenset(("=", "<", "<=", ">", ">="))


def _comparable(fields: Iterable[Field]) -> Iterable[Tuple[str, str, Any]]:
    """The fields with values of any type: all of one name are either numbers or strings, and are compared as such."""
    return fields


@lru_cache(maxsize=1 << 16)
def ranges(fields: Tuple[Field, ...], single: FrozenSet[str]) -> Mapping[str, Tuple[Any, Any]]:
    """The least and the greatest value that an event may have, for each of the ``single`` fields that limits it.

    Several questions about a rule start from this, so it is remembered: leave the result as it is.
    """
    found: Dict[str, Tuple[Any, Any]] = {}
    for name, operator, value in _comparable(fields):
        if operator not in _ORDERING or name not in single:
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
