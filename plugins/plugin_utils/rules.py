# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that filters and tests read on the controller, without the host that the rules are for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.linux.audit.plugins.module_utils.rules import tables
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import Statement, parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver
from ansible_collections.linux.audit.plugins.module_utils.rules.structure import parse_structure

__all__ = ("read_item", "read_line", "read_machine", "read_version")


class _Elsewhere(Resolver):
    """Names of users and groups on a host that is not there to resolve them."""

    def __init__(self, machine: str, version: tuple[int, ...] | None) -> None:
        self.machine = machine
        self.version = version

    def uid(self, name: str) -> int | None:
        return super().uid(name) if name == "root" else self._refuse("user", name)

    def gid(self, name: str) -> int | None:
        return super().gid(name) if name == "root" else self._refuse("group", name)

    def _refuse(self, kind, name):
        raise RuleError(
            f"is the name of a {kind}, which only the managed host can resolve, and this runs on the controller; "
            "write the number, or pass the line to a module unchanged",
            name,
        )


def read_machine(machine: object) -> str:
    """The machine, if it is one that `uname -m` prints. Raises RuleError for an unknown one."""
    if not isinstance(machine, str) or tables.machine(machine) is None:
        raise RuleError("is an unknown machine; write what uname -m prints on the host", str(machine))
    return machine


def read_version(version: object) -> tuple[int, ...] | None:
    """The release of audit that a text such as 4.0.2 names; None for None. Raises RuleError for anything else."""
    if version is None:
        return None
    if not isinstance(version, str) or re.fullmatch(r"\d{1,4}(\.\d{1,4}){1,3}", version) is None:
        raise RuleError("is not a release of audit; write what auditctl -v prints, such as 4.0.2", str(version))
    return tuple(map(int, version.split(".")))


def read_line(text: str, machine: str, version: tuple[int, ...] | None = None) -> Statement:
    """The statement of one line. Raises RuleError for a wrong line, and for a line that deletes a rule."""
    statement = parse_line(text, _Elsewhere(machine, version))
    if statement.operation == "delete":
        raise RuleError("deletes a rule, which has no meaning on the controller", rule=text)
    return statement


def read_item(item: object, machine: str, version: tuple[int, ...] | None = None) -> list[Statement]:
    """The statements of a rule that is a line or a structure, one for each arch. Raises RuleError."""
    if isinstance(item, Mapping):
        return parse_structure(item, _Elsewhere(machine, version))
    if not isinstance(item, str):
        raise RuleError(f"must be a line of auditctl or a structure, not {item!r}")
    statement = read_line(item, machine, version)
    if statement.rule is None:
        raise RuleError("is a setting, not a rule", rule=item)
    return [statement]
