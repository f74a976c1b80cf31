# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A problem of a line of a rules file, or of a rule of the kernel."""

from typing import NamedTuple

from ..rules.errors import shown

__all__ = ("RulesProblem",)


class RulesProblem(NamedTuple):
    """What is wrong with a line: its position (``file:line``), its text, and the reason.

    ``stops``: auditctl -R loads none of the lines after it. ``dead``: the rule is loaded, but never has an effect.
    ``silent``: because of the line, the kernel does not record what its rules say. ``lost``: the next boot does not
    load what the line says, or may not. ``partial``: the rule records less than its path seems to say. The origin
    "kernel" is the running kernel.
    """

    origin: str
    text: str
    reason: str
    stops: bool = False
    dead: bool = False
    silent: bool = False
    lost: bool = False
    partial: bool = False

    def __str__(self) -> str:
        consequence = "; auditctl would load no line after it" if self.stops else ""
        text = f"'{shown(self.text)}' " if self.text else ""
        return f"{self.origin}: {text}{self.reason}{consequence}"
