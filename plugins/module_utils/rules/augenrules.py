# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The order in which augenrules(8) and auditctl -R read the lines of rules files, and what makes auditctl go on."""

import re
from typing import Iterable, List

from .statements import RulesLine

__all__ = ("continues", "in_augenrules_order", "version_key")


def continues(line: RulesLine) -> bool:
    """Whether auditctl goes on after errors in the lines after this one."""
    return bool(line.statement and line.statement.control in (("-i", ""), ("-c", "")))


def in_augenrules_order(lines: Iterable[RulesLine]) -> List[RulesLine]:
    """The lines of all files in the order of augenrules(8): -D comes first, and the last -e comes last, alone."""

    def rank(line: RulesLine) -> int:
        option, value = (line.statement and line.statement.control) or ("", "")
        return {"-D": 0 if not value else 1, "-e": 2}.get(option, 1)

    ordered = sorted(lines, key=rank)
    switches = [number for number, line in enumerate(ordered) if rank(line) == 2]
    return ordered[: switches[0]] + ordered[-1:] if switches else ordered


def version_key(name: str) -> tuple:
    """The sort key of ls -v and sort -V: numbers by value, ~ before the end, letters before other characters.

    A suffix counts only between names that are otherwise equal.
    """
    return _versions(re.sub(r"(?:\.[A-Za-z~][A-Za-z0-9~]*)*$", "", name)), _versions(name), name


def _versions(text: str) -> tuple:
    parts = []
    for letters, digits in re.findall(r"([^0-9]*)([0-9]*)", text):
        order = tuple(-1 if char == "~" else ord(char) + (0 if char.isalpha() else 256) for char in letters)
        parts.append(((*order, 0), int(digits or 0)))
    return tuple(parts)
