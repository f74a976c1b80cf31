# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Words of a line of a rules file: spaces separate them, and a backslash makes a space part of a word."""

import string
from functools import lru_cache
from typing import List

__all__ = ("has_control_character", "is_digit", "lower", "quote", "split", "upper")

# auditctl compares bytes, so no other letters are letters of its words: not U+212A, which str.lower() makes a k.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def split(text: str) -> List[str]:
    r"""The words of a line. Only spaces separate words; ``\ `` is a space and ``\\`` a backslash inside a word."""
    if "\\" not in text:
        return list(filter(None, text.split(" ")))
    words, word, escaped = [], "", False
    for char in text:
        if escaped:
            word += char if char in " \\" else "\\" + char
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == " ":
            words.append(word)
            word = ""
        else:
            word += char
    words.append(word + "\\" if escaped else word)
    return [word for word in words if word]


def quote(word: str) -> str:
    """One word as it has to be written in a rules file: split(quote(word)) is [word], unless the word is empty."""
    return word.replace("\\", "\\\\").replace(" ", "\\ ") if "\\" in word or " " in word else word


# Rules are written with few words, which are asked about again and again.
@lru_cache(maxsize=4096)
def lower(text: str) -> str:
    """The text with the letters of ASCII in lower case."""
    return text.translate(_LOWER)


def upper(text: str) -> str:
    """The text with the letters of ASCII in upper case."""
    return text.translate(_UPPER)


def is_digit(text: str) -> bool:
    """Whether the text starts with a digit of ASCII."""
    return "0" <= text[:1] <= "9"


def has_control_character(text: str) -> bool:
    """Whether a text contains an ASCII control character, such as a tab, a line end or DEL."""
    return not text.isprintable() and any(ord(char) < 32 or ord(char) == 127 for char in text)
