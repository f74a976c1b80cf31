# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""What one line of a rules file says: a statement, or an error."""

from typing import Any, FrozenSet, NamedTuple, Optional, Tuple, Union

from .errors import RuleError
from .model import Rule

__all__ = ("RulesLine", "Statement")


class Statement(NamedTuple):
    """What one line tells auditctl to do.

    ``operation`` is "append", "prepend" or "delete" (these have a ``rule``), or "control" (this has ``control``, the
    option and its value). ``text`` is the line to write into a rules file: auditctl of the host reads it. ``watch`` is
    true for a rule written with -w or -W; for such a rule, auditctl decides when it loads the rule whether the path is
    a file or a directory. ``unread`` holds the parts of the original line that auditctl of the host refuses, or
    understands differently. ``named_syscalls`` are the syscalls that the line itself names, if auditctl adds others
    because of ``-F perm=``: another release adds others, and so loads another rule from the text (see permissions.py).
    It is None for every other line.
    """

    operation: str
    text: str
    # None or not: `operation` decides, which type checkers cannot follow.
    rule: Union[Rule, Any] = None
    control: Union[Tuple[str, str], Any] = None
    watch: bool = False
    unread: Tuple[str, ...] = ()
    named_syscalls: Optional[FrozenSet[int]] = None


class RulesLine(NamedTuple):
    """One line of a rules file. A comment or a blank line has neither a statement nor an error.

    ``origin`` is where the line was found, as "name:number".
    """

    text: str
    origin: str
    # None for many lines, which callers rule out once.
    statement: Union[Statement, Any] = None
    error: Optional[RuleError] = None
