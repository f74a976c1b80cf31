# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Checks of linter.py that look at files as a whole: their names, their ends, their settings, and locks."""

from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple

from .augenrules import continues
from .errors import counted
from .findings import Found
from .resolver import Resolver
from .statements import RulesLine

__all__ = ("CHECKS", "of_end", "of_locks", "of_names", "without_delete")

Located = Tuple[RulesLine, Found]

# Settings that a file sets once; what is done by the other control options is done each time.
_SETTINGS = ("-b", "-e", "-f", "-r", "--backlog_wait_time")


def _control(line: RulesLine) -> Tuple[str, str]:
    return (line.statement and line.statement.control) or ("", "")


def of_names(files: Sequence[Any], joined: bool) -> Iterator[Tuple[Any, Found]]:
    """What is wrong with the names of files, which are in the order of augenrules if they are ``joined``."""
    names = [file.path.rpartition("/")[2] for file in files]
    for file, name in zip(files, names):
        if " " in name:
            yield (
                file,
                ("ignored-file", "The name of the file contains a space; augenrules before 4.2 ignores it.", None),
            )
    if not joined:
        return
    numbered = [name for name in names if _digits(name)]
    before = ""
    for file, name in zip(files, names):
        if numbered and not _digits(name):
            where = f"after {before}" if before else f"before {numbered[0]}"
            yield file, ("file-order", f"The name does not begin with a number, so the file is read {where}.", None)
        elif before and _digits(before) > _digits(name):
            # 99 is before 100 by value, and after it letter by letter.
            message = f"The file is read after {before}, because augenrules sorts by the value of numbers."
            yield file, ("file-order", message, None)
        before = name


def _digits(name: str) -> str:
    return name[: len(name) - len(name.lstrip("0123456789"))]


def of_end(text: str) -> Iterator[Found]:
    """What is wrong with the end of a file."""
    if text and not text.endswith("\n"):
        yield "no-final-newline", "The file has no newline at its end.", text.rpartition("\n")[2]


def of_locks(lines: Sequence[RulesLine], joined: bool) -> List[Located]:
    """Locks that are before other lines; augenrules moves a lock to the end, unless it is indented and awk is mawk."""
    found: List[Located] = []
    places = [place for place, line in enumerate(lines) if line.statement or line.error]
    for place, line in enumerate(lines):
        if _control(line) != ("-e", "2") or place == places[-1]:
            continue
        if not joined:
            found.append((line, ("early-lock", "The kernel refuses everything after -e 2; move it to the end.", None)))
        elif line.text.startswith(" "):
            message = "The line is indented, so augenrules does not move it to the end where awk is mawk."
            found.append((line, ("early-lock", message, line.text.lstrip(" "))))
    return found


def without_delete(lines: Sequence[RulesLine]) -> List[Located]:
    """The finding that no line deletes what the kernel holds, at the first rule."""
    rules = [line for line in lines if line.statement and line.statement.rule]
    if not rules or any(_control(line) == ("-D", "") for line in lines):
        return []
    return [(rules[0], ("no-delete", "No file has the line -D before its rules.", None))]


def _unguarded_lock(lines: Sequence[RulesLine], _host: Resolver) -> Iterator[Located]:
    goes_on = ""
    for line in lines:
        if continues(line):
            goes_on = f"{line.text.strip(' ')} ({line.origin})"
        elif _control(line) == ("-e", "2") and goes_on:
            yield (
                line,
                (
                    "unguarded-lock",
                    f"Because of {goes_on}, auditctl locks the kernel even if it could not load a rule.",
                    None,
                ),
            )


def _late_delete(lines: Sequence[RulesLine], _host: Resolver) -> Iterator[Located]:
    rules = 0
    for line in lines:
        if line.statement and line.statement.rule:
            rules += 1
        elif _control(line) == ("-D", "") and rules:
            yield line, ("late-delete", f"-D deletes {counted(rules, 'rule')} before it.", None)


def _overridden(lines: Sequence[RulesLine], _host: Resolver) -> Iterator[Located]:
    last: Dict[str, RulesLine] = {}
    for line in lines:
        option, value = _control(line)
        if option not in _SETTINGS:
            continue
        before = last.get(option)
        if before is not None and _control(before)[1] != value:
            message = f"A later line sets another value ({line.origin}: '{line.text.strip(' ')}')."
            yield before, ("overridden-setting", message, None)
        last[option] = line


#: The checks of the lines in the order in which they are loaded.
CHECKS: Tuple[Callable[[Sequence[RulesLine], Resolver], Iterator[Located]], ...] = (
    _unguarded_lock,
    _late_delete,
    _overridden,
)
