# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters optimise_rules and rule_cost; each has its documentation in a file of its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible.utils.display import Display

from ansible_collections.linux.audit.plugins.module_utils.rules.cost import described
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.optimise import optimise
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError
from ansible_collections.linux.audit.plugins.plugin_utils.rules import read_item, read_machine, read_version


def optimise_rules(value, machine="x86_64", version=None, guard=False, reasons=False):
    """Cheaper rules as lines, or the reasons for them. Raises FilterError."""
    rules, release = _read("optimise_rules", value, machine, version)
    found = optimise(rules, machine, with_guard=bool(guard))
    if not found.is_complete:
        Display().warning(
            "linux.audit.optimise_rules: there are so many rules that not all were compared; fewer rules may do"
        )
    if not reasons:
        return [render(item.rule, machine, release) for item in found.rules]
    texts = [render(rule, machine, release) for rule in rules]
    return [
        {
            "rule": texts[reason.place],
            "reason": reason.text.replace("{by}", " and ".join(f"'{texts[place]}'" for place in reason.by)),
        }
        for reason in found.reasons
    ]


def rule_cost(value, machine="x86_64", version=None):
    """What rules cost each system call. Raises FilterError."""
    rules, _release = _read("rule_cost", value, machine, version)
    return described(rules, machine)


def _read(name, value, machine, version):
    """The rules of a text, of lines or of structures, and the release; all that is wrong in one error."""
    lines = value.split("\n") if isinstance(value, str) else [value] if isinstance(value, Mapping) else value
    if not isinstance(lines, Iterable):
        raise FilterError(f"linux.audit.{name} takes a text or a list of rules, not {value!r}")
    rules, problems = [], []
    try:
        read_machine(machine)
        release = read_version(version)
    except RuleError as error:
        raise FilterError(f"linux.audit.{name}: {error}") from error
    for number, item in enumerate(lines, 1):
        if isinstance(item, str) and (
            not item.strip(" ") or item.lstrip(" ").startswith(("#", "-D", "-b", "-e", "-f"))
        ):
            continue
        try:
            rules += [_meant(statement) for statement in read_item(item, machine, release)]
        except RuleError as error:
            problems.append(str(error.of("", f"rule {number}")))
    if problems:
        raise FilterError(f"linux.audit.{name}: {problems[0]}", *problems[1:])
    return rules, release


def _meant(statement):
    """The rule; without the syscalls that only one release of auditctl adds for a permission."""
    return statement.rule._replace(syscalls=None) if statement.named_syscalls == frozenset() else statement.rule


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Filters by name."""
        return {"optimise_rules": optimise_rules, "rule_cost": rule_cost}
