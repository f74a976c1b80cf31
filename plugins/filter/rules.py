# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters parse_rules and render_rules; each has its documentation in a file of its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.structure import to_structure
from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError
from ansible_collections.linux.audit.plugins.plugin_utils.rules import read_item, read_line, read_machine, read_version


def parse_rules(value, machine="x86_64", version=None):
    """The rules of a rules file as structures. Raises FilterError."""
    lines = value.split("\n") if isinstance(value, str) else _items("parse_rules", value, "a text or a list of lines")

    def read(line, release):
        if not isinstance(line, str):
            raise RuleError(f"must be a line of auditctl, not {line!r}")
        if not line.strip(" ") or line.lstrip(" ").startswith("#"):
            return None
        statement = read_line(line, machine, release)
        return (statement.operation, _structure(statement, machine, release)) if statement.rule else None

    rules: list[dict] = []
    for found in _each("parse_rules", "line", lines, read, machine, version):
        if found:
            operation, structure = found
            rules.insert(0 if operation == "prepend" else len(rules), structure)
    return rules


def _structure(statement, machine, release):
    """The structure of a rule. If the host's release decides which syscalls it has, the structure leaves this open."""
    structure = to_structure(statement.rule, machine, release)
    if statement.named_syscalls is not None and release is None:
        if statement.named_syscalls:
            raise RuleError(
                "has both -S and -F perm=, so auditctl 3.1.3 and newer adds syscalls, different ones in each release; "
                "pass the release of the hosts (version), or write -p in the place of -F perm="
            )
        structure["syscalls"] = []
    return structure


def render_rules(value, machine="x86_64", version=None):
    """Rules as lines. Raises FilterError."""
    items = _items("render_rules", [value] if isinstance(value, Mapping) else value, "a list of structures")
    found = _each(
        "render_rules", "rule", items, lambda item, release: read_item(item, machine, release), machine, version
    )
    return [statement.text for statements in found for statement in statements]


def _items(name, value, expected):
    if isinstance(value, (str, Mapping)) or not isinstance(value, Iterable):
        raise FilterError(f"linux.audit.{name} takes {expected}, not {value!r}")
    return list(value)


def _each(name, kind, items, read, machine, version):
    """What ``read`` makes of each item for the release; all that is wrong in one error."""
    results, problems = [], []
    try:
        read_machine(machine)
    except RuleError as error:
        raise FilterError(f"linux.audit.{name}: machine {error}") from error
    try:
        release = read_version(version)
    except RuleError as error:
        raise FilterError(f"linux.audit.{name}: version {error}") from error
    for number, item in enumerate(items, 1):
        try:
            results.append(read(item, release))
        except RuleError as error:
            problems.append(str(error.of("", f"{kind} {number}")))
    if problems:
        raise FilterError(f"linux.audit.{name}: {problems[0]}", *problems[1:])
    return results


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Filters by name."""
        return {"parse_rules": parse_rules, "render_rules": render_rules}
