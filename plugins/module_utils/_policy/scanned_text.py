# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of rules as scanners compare them: the words in their order, with what all scanners take for the same.

Any key will do. Syscalls may have any order, and may be spread over options and lines. After ``auid>=`` there may be
4294967295 instead of ``unset``, and a watch of changes may have more permissions. All else is compared to the letter. A
scanner may take more than that: what is found here passes, and what is not found may fail.
"""

import re
from typing import Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Tuple

__all__ = ("ScannedLines",)

_PERMISSION = re.compile(r"(perm=|)([rwxa]+)$")
_UNSET = "auid!=unset"
#: A watch of changes has the permissions w and a.
_CHANGES = frozenset("wa")


class _Line(NamedTuple):
    """A line without what may differ: its other words, its syscalls, and the permissions of a watch of changes."""

    words: Tuple[str, ...]
    calls: FrozenSet[str]
    permissions: FrozenSet[str]


class ScannedLines:
    """The lines of files, by what scanners compare of them."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        """``texts``: lines with their places."""
        self._plain = {" ".join(text.split()): place for text, place in texts.items()}
        self._found: Dict[Tuple[str, ...], List[Tuple[_Line, str]]] = {}
        for text, place in texts.items():
            line = _read(text)
            self._found.setdefault(line.words, []).append((line, place))

    def place(self, wanted: str) -> Optional[str]:
        """The place of the line, or of the first of several, that a scanner takes for the wanted one."""
        exactly = self._plain.get(" ".join(wanted.split()))
        if exactly:
            return exactly
        line = _read(wanted)
        similar = [
            (held, place) for held, place in self._found.get(line.words, []) if line.permissions <= held.permissions
        ]
        lacking = line.calls.difference(*(held.calls for held, _place in similar))
        return similar[0][1] if similar and not lacking else None


def _read(text: str) -> _Line:
    words = text.split()
    kept: List[str] = words[:2]
    calls: List[str] = []
    permissions: FrozenSet[str] = frozenset()
    for option, word in zip(words[2::2], words[3::2]):
        permission = _PERMISSION.match(word)
        if option == "-k" or (words[0] == "-a" and word.startswith("key=")):
            option, word = "-k", "KEY"
        elif option == "-S":
            if not calls:
                kept.append(option)
            calls += word.split(",")
            continue
        elif permission and option in ("-p", "-F") and set(permission.group(2)) >= _CHANGES:
            permissions = frozenset(permission.group(2))
            word = f"{permission.group(1)}CHANGES"
        # ComplianceAsCode takes the number only in the pair that most rules have.
        kept += [option, _UNSET if word == "auid!=4294967295" and kept[-1].startswith("auid>=") else word]
    if len(words) % 2:
        kept.append(words[-1])
    return _Line(tuple(kept), frozenset(calls), permissions)
