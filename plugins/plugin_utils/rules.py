# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules on the controller, which filters and tests read without the host that the rules are for."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.linux.audit.plugins.module_utils.rules import tables
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import Statement, parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver
from ansible_collections.linux.audit.plugins.module_utils.rules.structure import parse_structure

__all__ = ("read_item", "read_line", "read_machine")


class _Elsewhere(Resolver):
    """A host that cannot be asked."""

    def __init__(self, machine: str) -> None:
        self.machine = machine

    def uid(self, name: str) -> int:
        return super().uid(name) if name == "root" else self._refuse("user", name)

    def gid(self, name: str) -> int:
        return super().gid(name) if name == "root" else self._refuse("group", name)

    def _refuse(self, kind, name):
        raise RuleError(
            f"is the name of a {kind}, which only the host can resolve that the rule is for, and this runs on the "
            "controller; write the number, or give the line to a module as it is",
            name,
        )


def read_machine(machine: object) -> str:
    """The name of a machine, as of uname -m. Raises RuleError."""
    if not isinstance(machine, str) or tables.machine(machine) is None:
        raise RuleError("is no machine that is known here; write what uname -m prints on the host", str(machine))
    return machine


def read_line(text: str, machine: str) -> Statement:
    """The statement of one line. Raises RuleError, also for a line that deletes a rule."""
    statement = parse_line(text, _Elsewhere(machine))
    if statement.operation == "delete":
        raise RuleError("deletes a rule, which has no meaning here", rule=text)
    return statement


def read_item(item: object, machine: str) -> list[Statement]:
    """The statements of one rule given as a line or as a structure, several for several archs. Raises RuleError."""
    if isinstance(item, Mapping):
        return parse_structure(item, _Elsewhere(machine))
    if not isinstance(item, str):
        raise RuleError(f"must be a line of auditctl or a structure, not {item!r}")
    statement = read_line(item, machine)
    if statement.rule is None:
        raise RuleError("is a setting, not a rule", rule=item)
    return [statement]
