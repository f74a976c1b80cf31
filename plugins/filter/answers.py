# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters event_rows, table and csv; each has its documentation in a file of its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible.errors import AnsibleFilterError

from ansible_collections.linux.audit.plugins.plugin_utils.answers import COLUMNS, as_csv, as_table, row


def event_rows(value, columns):
    """Rows of events, as dictionaries of texts. Raises AnsibleFilterError."""
    columns = columns.split(",") if isinstance(columns, str) else list(columns)
    columns = [column.strip() for column in columns]
    unknown = [column for column in columns if column not in COLUMNS]
    if unknown or not columns:
        raise AnsibleFilterError(
            f"linux.audit.event_rows: unknown column: {', '.join(unknown)}; the columns are {', '.join(COLUMNS)}"
        )
    try:
        return [row(event, columns) for event in _dictionaries("event_rows", value)]
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(
            f"linux.audit.event_rows takes events of audit_search, and one of these is not an event: {error}"
        ) from error


def table(value):
    """Lines of a table. Raises AnsibleFilterError."""
    return as_table(_dictionaries("table", value))


def csv(value):
    """Rows as CSV. Raises AnsibleFilterError."""
    return as_csv(_dictionaries("csv", value))


def _dictionaries(name, value):
    items = value if isinstance(value, Iterable) and not isinstance(value, (str, Mapping)) else [None]
    items = list(items)
    if not all(isinstance(item, Mapping) for item in items):
        raise AnsibleFilterError(f"linux.audit.{name} takes a list of dictionaries")
    return items


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Filters by name."""
        return {"event_rows": event_rows, "table": table, "csv": csv}
