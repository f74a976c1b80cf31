# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The error of this library, and the base of all errors that the collection raises on purpose."""

__all__ = ("AuditError", "RuleError", "shown")


class AuditError(Exception):
    """What was asked for cannot be done; the message says what, why, and what to do. It is never a bug of this code."""


class RuleError(AuditError, ValueError):
    """A rule that cannot be understood, or must not be: which one, which part of it, and what is allowed.

    ``part`` is the offending piece of ``rule``, ``origin`` where the rule was written (``file:line``), if known.
    """

    def __init__(self, reason: str, part: str = "", rule: str = "", origin: str = "") -> None:
        super().__init__(reason)
        self.reason = _visible(reason)
        self.part = part
        self.rule = rule
        self.origin = origin

    def of(self, rule: str, origin: str = "") -> "RuleError":
        """The same error, said of a whole rule."""
        return type(self)(self.reason, self.part, self.rule or rule, self.origin or origin)

    def __str__(self) -> str:
        where = f"{_visible(self.origin)}: " if self.origin else ""
        rule = f"audit rule '{shown(self.rule)}': " if self.rule else ""
        part = f"'{shown(self.part)}': " if self.part and self.part != self.rule else ""
        return f"{where}{rule}{part}{self.reason}"


def shown(text: str) -> str:
    """The text as errors show it: of bearable length, and with control characters made visible."""
    return _visible(text if len(text) <= 300 else text[:300] + "...")


def _visible(text: str) -> str:
    # Rules are hostile input, and errors end in terminals and logs.
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
