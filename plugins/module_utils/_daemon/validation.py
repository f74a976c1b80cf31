# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the audit daemon accepts a file of its configuration.

There is no ``auditd --check``, and one keyword that a release does not know keeps its auditd from starting.
"""

import os
import stat
import textwrap
from typing import List, NamedTuple, Optional, Sequence, Tuple

from .conf_file import SettingLine, respaced, values
from .kinds import KINDS, mail_account, this_is
from .meaning import effective
from .schema import ConfigFile, Version, dotted, in_release
from .target import Target

__all__ = ("ConfProblem", "check", "file_problems", "line_problems", "repaired", "rule_problems")


class ConfProblem(NamedTuple):
    """What the daemon would reject: the number of the line, 0 if there is none, and why.

    ``keys``: all keys that have to do with it, first that of the line. ``unknown``: the release does not know the
    keyword, which is all that is wrong.
    """

    number: int
    keys: Tuple[str, ...]
    reason: str
    unknown: bool = False

    @property
    def key(self) -> str:
        """The key of the line, empty if there is none."""
        return self.keys[0] if self.keys else ""

    def at(self, path: str) -> str:
        """In words, with the place."""
        where = f"{path}:{self.number}" if self.number else path
        return f"{where}: {self.reason}"


def file_problems(file: ConfigFile, info: os.stat_result, version: Version) -> List[ConfProblem]:
    """What the daemon rejects about a file whatever is in it; ``info`` is what lstat(2) says of the file."""
    if not stat.S_ISREG(info.st_mode):
        return [ConfProblem(0, (), "is not a regular file; the daemon does not follow links")]
    problems = []
    if info.st_uid != 0:
        problems.append(ConfProblem(0, (), f"must be owned by root, not by user {info.st_uid}"))
    closed = in_release(file.closed, version)
    if info.st_mode & closed:
        mode, who = stat.S_IMODE(info.st_mode), "group or others" if closed & 0o020 else "others"
        problems.append(ConfProblem(0, (), f"must not be writable by {who}, and has mode {mode:04o}"))
    return problems


def repaired(lines: Sequence[SettingLine], problems: Sequence[ConfProblem]) -> List[SettingLine]:
    """Lines that the daemon reads: those with a problem get other spaces or, if that does not help, become comments."""
    wrong = {problem.number for problem in problems if problem.number}
    result = []
    for number, line in enumerate(lines, 1):
        if number in wrong:
            better = respaced(line)
            usable = line.error and better.key and not better.error
            result += (
                [better]
                if usable
                else [SettingLine(f"# {part}") for part in textwrap.wrap(line.text.lstrip("# "), 100)]
            )
        else:
            result.append(line)
    return result


def check(file: ConfigFile, lines: Sequence[SettingLine], target: Target) -> List[ConfProblem]:
    """What a release rejects about single lines or, if that is nothing, about lines together."""
    return line_problems(file, lines, target) or rule_problems(file, lines, target)


def line_problems(file: ConfigFile, lines: Sequence[SettingLine], target: Target) -> List[ConfProblem]:
    """What a release rejects about single lines."""
    problems = []
    verified = True
    for number, line in enumerate(lines, 1):
        reason, unknown = _line_problem(file, line, target)
        keys: Tuple[str, ...] = (line.key,) if line.key else ()
        if line.key == "verify_email":
            verified = line.value.lower() == "yes"
        if line.key == "action_mail_acct" and verified and not reason:
            # Lines after this one do not change how auditd checks it.
            reason = _said(line, mail_account(line.value, target.version))
            keys = ("action_mail_acct", "verify_email")
        if reason:
            problems.append(ConfProblem(number, keys, reason, unknown))
    return problems


def rule_problems(file: ConfigFile, lines: Sequence[SettingLine], target: Target) -> List[ConfProblem]:
    """What a release rejects about several lines together. No single line is wrong."""
    if not lines:
        # The daemon accepts an empty file, and uses its defaults.
        return []
    last = {line.key: number for number, line in enumerate(lines, 1) if line.key}
    held = effective(file, values(lines), target.version)
    problems = []
    for rule in file.rules:
        if target.version >= rule.since and not rule.holds(held):
            said = [f"{key} is not set" if held[key] is None else f"{key} is {held[key]}" for key in rule.keys]
            number = max(last.get(key, 0) for key in rule.keys)
            problems.append(ConfProblem(number, rule.keys, f"{rule.reason} ({', '.join(said)})"))
    return problems


def _line_problem(file: ConfigFile, line: SettingLine, target: Target) -> Tuple[Optional[str], bool]:
    """What is wrong with a line, and whether the release just does not know its keyword."""
    longest = file.longest(target.version)
    counts = bool(line.key or line.error)
    if (counts or file.splits) and len(line.text.encode("utf-8", "surrogateescape")) > longest:
        return f"'{line.text[:40]}...' is longer than the {longest} bytes that the daemon reads of a line", False
    if not counts:
        return None, False
    if line.error:
        return f"'{line.text.strip()}' {line.error}", False
    keyword = file.keywords.get(line.key)
    if keyword is None:
        return f"{line.key} is not a keyword of {file.name}", True
    if target.version < keyword.since:
        return f"audit {dotted(keyword.since)} added {line.key} to {file.name}{this_is(target)}", True
    if keyword.until and target.version >= keyword.until:
        return f"audit {dotted(keyword.until)} removed {line.key} from {file.name}{this_is(target)}", True
    return _said(line, KINDS[keyword.kind](keyword, line.value, target)), False


def _said(line: SettingLine, reason: Optional[str]) -> Optional[str]:
    return f"{line.key} = {line.value}: {reason}" if reason else None
