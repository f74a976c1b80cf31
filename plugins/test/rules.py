# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test equivalent; its documentation is in the file of its name."""

from __future__ import annotations

from ansible_collections.linux.audit.plugins.module_utils.rules import model
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError, counted
from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError
from ansible_collections.linux.audit.plugins.plugin_utils.rules import read_item, read_machine, read_version


def equivalent(value, other, machine="x86_64", version=None):
    """Whether two rules mean the same. Raises FilterError for anything but two rules."""
    try:
        host = read_machine(machine), read_version(version)
        return model.equivalent(_rule(value, *host), _rule(other, *host))
    except RuleError as error:
        raise FilterError(f"linux.audit.equivalent: {error}") from error


def _rule(item, machine, version):
    statements = read_item(item, machine, version)
    if len(statements) > 1:
        raise RuleError(
            f"stands for {counted(len(statements), 'rule')}, one for each arch; compare one at a time", rule=str(item)
        )
    return statements[0].rule


class TestModule:
    """The tests of this file."""

    def tests(self):
        """Tests by name."""
        return {"equivalent": equivalent}
