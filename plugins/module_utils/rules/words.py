# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The words of a line of a rules file (auditctl(8)): what separates them, and how a space is written in one."""

from typing import List

__all__ = ("quote", "split")


def split(text: str) -> List[str]:
    r"""The words of a line of a rules file: only spaces separate, ``\ `` is a space and ``\\`` a backslash."""
    if "\\" not in text:
        return [word for word in text.split(" ") if word]
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
    """One word as it is written in a rules file."""
    return word.replace("\\", "\\\\").replace(" ", "\\ ") if "\\" in word or " " in word else word
