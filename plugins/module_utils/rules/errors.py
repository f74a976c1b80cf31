# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The error of this library, the base class of all errors that the collection raises on purpose, and their words."""

__all__ = ("AuditError", "MisreadError", "RuleError", "counted", "shown")

_SINGULAR = {"are": "is", "have": "has", "were": "was"}


class AuditError(Exception):
    """A request cannot be carried out. The message says what was asked, why it failed, and what to do."""


class RuleError(AuditError, ValueError):
    """A rule that auditctl or the kernel would refuse, or that would not do what it says.

    ``reason`` says what is wrong with ``part``, a piece of ``rule``, and what is allowed instead. ``origin`` is where
    the rule was written, as "file:line". All but the reason may be empty, if they are not known.
    """

    def __init__(self, reason: str, part: str = "", rule: str = "", origin: str = "") -> None:
        super().__init__(reason)
        self.reason = _escaped(reason)
        self.part = part
        self.rule = rule
        self.origin = origin

    def of(self, rule: str, origin: str = "") -> "RuleError":
        """A copy of the error that names the whole rule and its origin; what the error already names stays."""
        return type(self)(self.reason, self.part, self.rule or rule, self.origin or origin)

    def __str__(self) -> str:
        where = f"{_escaped(self.origin)}: " if self.origin else ""
        rule = f"audit rule '{shown(self.rule)}': " if self.rule else ""
        part = f"'{shown(self.part)}': " if self.part and self.part != self.rule else ""
        return f"{where}{rule}{part}{self.reason}"


class MisreadError(RuleError):
    """A line that auditctl of some release loads as something other than what it says, or may load so.

    After such a line, ``auditctl -R`` goes on with the next one. After any other RuleError it stops, in every release.
    """


def counted(number: int, noun: str, verb: str = "") -> str:
    """The number with its noun, as in "1 host" and "2 hosts", and with the verb of several, as in "1 host lacks"."""
    one = number == 1
    words = [str(number), noun if one else noun + "s", _SINGULAR.get(verb, verb and verb + "s") if one else verb]
    return " ".join(filter(None, words))


def shown(text: str) -> str:
    """A text as errors show it: shortened to 300 characters, with control characters escaped."""
    return _escaped(text if len(text) <= 300 else text[:300] + "...")


def _escaped(text: str) -> str:
    # Rules are untrusted input, and errors end up in terminals and logs.
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
