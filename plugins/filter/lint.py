# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter lint_rules; its documentation is in the file of its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError
from ansible_collections.linux.audit.plugins.plugin_utils.lint_sets import described, lint_directories, make_fleet


def lint_rules(value, machines=("x86_64",), version=None, users=None, groups=None, ignore=(), directory=None):
    """The findings of rules files as dictionaries. Raises FilterError."""
    try:
        fleet = make_fleet(
            _names("machines", machines), version or None, _maybe("users", users), _maybe("groups", groups)
        )
        texts = _texts(value)
        # Lines that come from no file are no directory, and lack nothing that only a whole directory has.
        joined = isinstance(value, Mapping) if directory is None else bool(directory)
        return [described(finding) for finding in lint_directories(texts, fleet, joined, _names("ignore", ignore))]
    except RuleError as error:
        raise FilterError(f"linux.audit.lint_rules: {error}") from error


def _texts(value):
    """The text of each file by path. Raises FilterError."""
    if isinstance(value, Mapping) and all(isinstance(text, str) for pair in value.items() for text in pair):
        return dict(value)
    if isinstance(value, str):
        return {"rules": value}
    if isinstance(value, Iterable) and not isinstance(value, (Mapping, bytes)):
        lines = list(value)
        if all(isinstance(line, str) for line in lines):
            return {"rules": "".join(line + "\n" for line in lines)}
    raise FilterError(
        "linux.audit.lint_rules takes the text of a rules file, a list of its lines, or a dictionary of texts by path, "
        f"not {value!r}"
    )


def _names(name, value):
    items = [value] if isinstance(value, str) else list(value) if isinstance(value, Iterable) else [value]
    if not all(isinstance(item, str) for item in items):
        raise FilterError(f"linux.audit.lint_rules: {name} must be a list of texts, not {value!r}")
    return items


def _maybe(name, value):
    return None if value is None else _names(name, value)


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Filters by name."""
        return {"lint_rules": lint_rules}
