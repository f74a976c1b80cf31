# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where and how to change rules and settings: the parameters that the modules for rules share."""

from typing import Any, Dict, Mapping, NamedTuple

from ..rules.errors import AuditError
from .rules_d import DEFAULT_DIRECTORY

__all__ = ("ARGUMENTS", "ChangeError", "Options", "options_of")

#: Parameters of all modules that change rules or settings; the fragment ``rules`` documents them.
ARGUMENTS: Dict[str, Dict[str, Any]] = {
    "live": {"type": "bool", "default": True},
    "persistent": {"type": "bool", "default": True},
    "rules_dir": {"type": "path", "default": DEFAULT_DIRECTORY},
    "immutable": {"type": "str", "choices": ["stage", "fail"], "default": "stage"},
}


class ChangeError(AuditError):
    """What was asked for cannot be done. The message says what was changed; if it names nothing, nothing was."""


class Options(NamedTuple):
    """Where and how to change.

    ``live``: change the kernel. ``persistent``: change the files of ``rules_dir``; new lines go to ``file``.
    ``prepend``: put new rules before all others. ``stage_when_immutable``: leave to the next boot what a locked kernel
    refuses.
    """

    live: bool = True
    persistent: bool = True
    file: str = "50-linux-audit.rules"
    rules_dir: str = DEFAULT_DIRECTORY
    prepend: bool = False
    stage_when_immutable: bool = True
    check: bool = False
    with_diff: bool = False


def options_of(parameters: Mapping[str, Any], check: bool, with_diff: bool) -> Options:
    """The options in a module's parameters. Raises ChangeError if they leave nothing to do."""
    if not parameters["live"] and not parameters["persistent"]:
        raise ChangeError("live: false and persistent: false together leave nothing to do; set one of them to true")
    return Options(
        live=parameters["live"],
        persistent=parameters["persistent"],
        file=parameters["file"],
        rules_dir=parameters["rules_dir"],
        prepend=parameters.get("position") == "prepend",
        stage_when_immutable=parameters["immutable"] == "stage",
        check=check,
        with_diff=with_diff,
    )
