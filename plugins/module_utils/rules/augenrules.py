# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The order in which augenrules(8) and auditctl -R read the lines of rules files, and what makes auditctl go on."""

import re
from typing import Dict, Iterable, List

from .statements import RulesLine

__all__ = ("continues", "in_augenrules_order", "version_key")

_MOVED = frozenset(("-D", "-b", "-f", "-e"))


def continues(line: RulesLine) -> bool:
    """Whether auditctl goes on after errors in the lines after this one."""
    return bool(line.statement and line.statement.control in (("-i", ""), ("-c", "")))


def in_augenrules_order(lines: Iterable[RulesLine]) -> List[RulesLine]:
    """The lines of all files in the order of augenrules(8): the last -D, -b and -f come first, the last -e comes last.

    The other lines of these options are left out. augenrules looks at the beginning of a line, whatever follows.
    """
    special: Dict[str, RulesLine] = {}
    rules = []
    for line in lines:
        # Most lines are rules.
        option = "" if line.text[:2] in ("-a", "-w") else _moved_option(line.text)
        if option:
            special[option] = line
        else:
            rules.append(line)
    head = [special[option] for option in ("-D", "-b", "-f") if option in special]
    return [*head, *rules, *([special["-e"]] if "-e" in special else [])]


def _moved_option(text: str) -> str:
    """The option of a line that augenrules moves; empty for others."""
    option = text.lstrip(" ")[:2]
    if option not in _MOVED:
        return ""
    return option if option != "-D" or text.strip(" ") == "-D" else ""


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
