# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel holds after a boot: augenrules(8) joins the lines of the rules files, and auditctl(8) loads them."""

from typing import Dict, Iterable, List, NamedTuple

from .._kernel.netlink import IMMUTABLE
from .._kernel.settings import BY_OPTION, Value, setting_value
from ..rules.model import Rule
from ..rules.parse import RulesLine

__all__ = ("Loaded", "loaded_by")


class Loaded(NamedTuple):
    """What a kernel that had no rules holds after it was given lines: rules in order, settings by name."""

    rules: List[Rule]
    settings: Dict[str, Value]


def loaded_by(lines: Iterable[RulesLine]) -> Loaded:
    """What the kernel holds after ``auditctl -R``, if it accepts every line that is valid."""
    rules: List[Rule] = []
    known = set()
    settings: Dict[str, Value] = {}
    for line in lines:
        statement = line.statement
        if statement is None:
            continue
        if settings.get("enabled") == IMMUTABLE:
            break
        if statement.control:
            option, value = statement.control
            if option == "-D":
                # With -k, auditctl deletes the rules that have a key with that text anywhere in it.
                rules = [rule for rule in rules if value and not any(value in key for key in rule.keys)]
                known = set(rules)
            elif option in BY_OPTION:
                settings[BY_OPTION[option].name] = setting_value(value)
        elif statement.operation == "delete":
            # The kernel deletes the first identical rule.
            if statement.rule in known:
                rules.remove(statement.rule)
                known = set(rules)
        elif statement.operation == "prepend":
            rules.insert(0, statement.rule)
            known.add(statement.rule)
        elif statement.rule not in known:
            rules.append(statement.rule)
            known.add(statement.rule)
    return Loaded(rules, settings)
