# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lint a declaration before it is carried out."""

from typing import Any, Dict, List, NamedTuple, Sequence

from .._host.host import Host
from ..rules.findings import Finding
from ..rules.linter import lint_lines
from ..rules.statements import RulesLine
from .options import ChangeError

__all__ = ("Linted", "lint_declaration")

# What checks.py reports as a problem of the files, and the module warns of without being asked to lint.
_PROBLEMS = (
    "duplicate",
    "key-conflict",
    "never-matches",
    "overridden-setting",
    "same-rule",
    "shadowed",
    "silence",
    "unreadable",
)


class Linted(NamedTuple):
    """The findings as dictionaries, and the warnings about those that no problem of the files repeats."""

    findings: List[Dict[str, Any]]
    warnings: List[str]


def lint_declaration(lines: Sequence[RulesLine], host: Host, fails: bool, examined: bool) -> Linted:
    """The findings of the lines of a declaration. Raises ChangeError if ``fails`` and one is no mere note.

    ``examined``: the files that hold the lines are examined as well.
    """
    findings = lint_lines(lines, host)
    counting = [finding for finding in findings if finding.severity != "note"]
    if counting and fails:
        raise ChangeError("nothing was changed, because of\n" + "\n".join(map(_sentence, counting)))
    known = _PROBLEMS if examined else ()
    warnings = [_sentence(finding) for finding in counting if finding.id not in known]
    return Linted([dict(finding._asdict()) for finding in findings], warnings)


def _sentence(finding: Finding) -> str:
    repair = (
        "" if finding.repair is None else f" Write instead: '{finding.repair}'." if finding.repair else " Remove it."
    )
    return f"{finding.path}:{finding.line}: '{finding.text}': [{finding.id}] {finding.message}" + repair.replace(
        "\n", "' and '"
    )
