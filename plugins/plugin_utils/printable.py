# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text for people; that of managed hosts and their logs is made harmless for a terminal and for a spreadsheet."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ("for_spreadsheet", "printable", "shortened", "width")

# Letters and marks that Unicode counts as printable and that nevertheless show nothing (Default_Ignorable_Code_Point).
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# What makes a spreadsheet take a cell for a formula, and the wide forms of these characters, which some take as well.
# Where the decimal sign is a comma, a semicolon in a text begins a new cell; and some leave out spaces before it.
_FORMULA = re.compile("(?:^|(?<=;)) *(?=[=+@\\-\t\r\uff1d\uff0b\uff20\uff0d])")


def printable(value: Any) -> Any:
    r"""The value with every character escaped that is not shown as itself, as \x1b or \u202e; also in lists and dicts.

    These are the categories Cc, Cf, Cs, Co, Cn, Zl and Zp of Unicode, every space but the plain one, and what is
    invisible.
    """
    if isinstance(value, Mapping):
        return {printable(key): printable(item) for key, item in value.items()}
    if isinstance(value, str):
        # Nearly every text is printable, and reports have millions of characters.
        if value.isprintable() and not _INVISIBLE.search(value):
            return value
        return "".join(
            character if character.isprintable() and not _INVISIBLE.match(character) else _escape(character)
            for character in value
        )
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [printable(item) for item in value]
    return value


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def for_spreadsheet(value: object) -> object:
    """The value as a cell that no spreadsheet takes for a formula: what could be one has an apostrophe before it."""
    if not isinstance(value, str):
        return printable(value)
    return printable(_FORMULA.sub(lambda found: found.group() + "'", value))


def width(text: str) -> int:
    """How many columns of a terminal a printable text takes."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def shortened(text: str, widest: int) -> str:
    """The text, or as much of its beginning as fits into that many columns with three dots."""
    if width(text) <= widest:
        return text
    kept, taken = [], 0
    for character in text:
        taken += _columns(character)
        if taken > widest - 3:
            break
        kept.append(character)
    return "".join(kept) + "..."
