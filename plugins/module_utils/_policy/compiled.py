# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit.rules with lines that rules.d lacks: they are lost when it is compiled, so somebody must know first."""

from typing import List

from .._host.files import Edit, read_text
from .._host.programs import ProgramError
from ..rules.model import canonical
from ..rules.parse import RulesLine, parse_file
from .loading_service import OFF, loaders
from .options import ChangeError
from .rules_d import RulesDirectory

__all__ = ("with_former_text",)

#: A message names at most so many lines.
_NAMED = 3


def with_former_text(compiled: Edit, directory: RulesDirectory) -> List[Edit]:
    """The edit of audit.rules; if lines are lost by it, after one that keeps its former text, as augenrules does.

    Raises ChangeError if the host loads audit.rules at boot as it is, and never compiled it: these lines are its rules.
    """
    lost = _lost(compiled, directory)
    if not lost:
        return [compiled]
    unit = _only_loader_of(compiled.path)
    if unit:
        named = [f"'{line.text}'" for line in lost[:_NAMED]]
        more = [f"{len(lost) - _NAMED} more"] if len(lost) > _NAMED else []
        raise ChangeError(
            f"nothing was changed: {unit} loads {compiled.path} with auditctl -R, and it has lines that no file of "
            f"{directory.path} has, so the next boot would not load them: {', '.join(named + more)}. Copy these lines "
            f"to a file of {directory.path}, or declare them in this task"
        )
    former = f"{compiled.path}.prev"
    return [Edit(former, read_text(former), compiled.before, compiled=True), compiled]


def _lost(compiled: Edit, directory: RulesDirectory) -> List[RulesLine]:
    """The lines of audit.rules that it loses, and that no file had before: rules, and settings that get no new line."""
    now = directory.compiled(())
    if not compiled.before or now is None:
        return []
    texts = [now.after or "", compiled.after or ""]
    kept = [line.statement for text in texts for line in parse_file(text, compiled.path, directory.resolver)]
    rules = {canonical(statement.rule) for statement in kept if statement and statement.rule}
    options = {statement.control[0] for statement in kept if statement and statement.control} | {"-D", "-i", "-c"}
    return [
        line
        for line in parse_file(compiled.before, compiled.path, directory.resolver)
        if line.statement
        and (
            canonical(line.statement.rule) not in rules
            if line.statement.rule
            else line.statement.control[0] not in options
        )
    ]


def _only_loader_of(path: str) -> str:
    """The service that loads the file with auditctl -R at boot; "" if none does, or augenrules runs, too."""
    try:
        found = [loader for loader in loaders() if loader.state not in OFF]
    except ProgramError:
        return ""
    if any("augenrules" in loader.commands for loader in found):
        return ""
    return next((loader.unit for loader in found if path in loader.commands.split()), "")
