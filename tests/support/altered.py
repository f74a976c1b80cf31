# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of rules as hosts have them that do not follow a standard to the letter: the same words altered in one way each.

test_scanner_verdicts.py asks scanners about them, and test_scanned_text.py compares what they said with our verdicts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

__all__ = ("ALTERATIONS",)

Change = Callable[[Sequence[str]], list[str]]


def _each(change: Callable[[str], list[str]]) -> Change:
    """Each rule changed, with settings (-b, -e and so on) as they are."""
    return lambda lines: [one for line in lines for one in (change(line) if line[:3] in ("-a ", "-w ") else [line])]


def _replaced(pattern: str, text: str | Callable[[re.Match[str]], str]) -> Change:
    return _each(lambda line: [re.sub(pattern, text, line)])


def _split(line: str) -> list[str]:
    found = re.search(r"-S (\S+)", line)
    if not found:
        return [line]
    return [line.replace(found.group(0), f"-S {name}") for name in found.group(1).split(",")]


def _every(number: int) -> Change:
    """Without every rule of some."""
    return lambda lines: [line for place, line in enumerate(lines) if place % number or not line.startswith("-")]


#: What is done to the rules of a standard, by name.
ALTERATIONS: Mapping[str, Change] = {
    "nothing": list,
    "every second rule is missing": _every(2),
    "every fifth rule is missing": _every(5),
    "all rules are comments": _each(lambda line: [f"# {line}"]),
    "rules for b32 are missing": _each(lambda line: [] if "arch=b32" in line else [line]),
    "the first of several syscalls is missing": _replaced(r"-S [^\s,]+,", "-S "),
    "users do not matter": _replaced(r" -F auid(>=|!=)\S+", ""),
    "all permissions": _replaced(r"(-p |perm=)(wa|x)\b", r"\1rwxa"),
    "another key": _replaced(r"(-k |key=)\S+$", r"\1other"),
    "no key": _replaced(r" (-k |-F key=)\S+$", ""),
    "-F key= for -k": _replaced(r"^(-a .*) -k (\S+)$", r"\1 -F key=\2"),
    "-k for -F key=": _replaced(r" -F key=(\S+)$", r" -k \1"),
    "syscalls in reverse": _replaced(r"-S (\S+)", lambda found: "-S " + ",".join(reversed(found.group(1).split(",")))),
    "a rule for each syscall": _each(_split),
    "an option for each syscall": _replaced(r"-S (\S+)", lambda found: "-S " + found.group(1).replace(",", " -S ")),
    "a number for unset": _replaced(r"\bunset\b", "4294967295"),
    "-1 for unset": _replaced(r"\bunset\b", "-1"),
    "exit,always": _replaced(r"^-a always,exit", "-a exit,always"),
    "more blanks": _replaced(" ", "  "),
    "a rule above leaves everything out": lambda lines: ["-a never,exit -F auid>=0", *lines],
}
