# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters event_rows, host_answer, fleet_answer, table, csv and printable; a file for each documents it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible_collections.linux.audit.plugins.plugin_utils.answers import COLUMNS, as_csv, as_table, row
from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError
from ansible_collections.linux.audit.plugins.plugin_utils.fleet_answer import answer_of_fleet, answer_of_host
from ansible_collections.linux.audit.plugins.plugin_utils.printable import printable


def event_rows(value, columns, escape=True):
    """Rows of events, as dictionaries of texts. Raises FilterError."""
    columns = _columns(columns)
    try:
        return [row(event, columns, escape) for event in _dictionaries("event_rows", value)]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FilterError(
            f"linux.audit.event_rows takes events of audit_search, and one of these is not an event: {error!r}"
        ) from error


def host_answer(results, events, columns, host, notes=()):
    """What a host tells, for fleet_answer. Raises FilterError."""
    columns = _columns(columns)
    results, events = _dictionaries("host_answer", results), _dictionaries("host_answer", events)
    try:
        return answer_of_host(results, events, columns, host, notes)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FilterError(f"linux.audit.host_answer takes results of audit_search: {error!r}") from error


def fleet_answer(parts, question, asked, inventory):
    """The rows and the lines above them. Raises FilterError."""
    try:
        return answer_of_fleet(parts, question, asked, inventory)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FilterError(f"linux.audit.fleet_answer takes what host_answer returns: {error!r}") from error


def _columns(value):
    """The names of columns, from a list or a text with commas. Raises FilterError for an unknown one."""
    columns = value.split(",") if isinstance(value, str) else value
    if not isinstance(columns, Iterable) or isinstance(columns, Mapping):
        raise FilterError(f"linux.audit.event_rows: columns must be a list or a text with commas, not {value!r}")
    columns = [column.strip() if isinstance(column, str) else column for column in columns]
    unknown = [column if isinstance(column, str) else repr(column) for column in columns if column not in list(COLUMNS)]
    if unknown or not columns:
        names = ", ".join(name or repr(name) for name in unknown)
        problem = f"unknown column: {names}" if unknown else "no column is given"
        raise FilterError(f"linux.audit.event_rows: {problem}; the columns are {', '.join(COLUMNS)}")
    return columns


def table(value):
    """Lines of a table. Raises FilterError."""
    return as_table(_dictionaries("table", value))


def csv(value):
    """Rows as CSV. Raises FilterError."""
    return as_csv(_dictionaries("csv", value))


def _dictionaries(name, value):
    items = value if isinstance(value, Iterable) and not isinstance(value, (str, Mapping)) else [None]
    items = list(items)
    if not all(isinstance(item, Mapping) for item in items):
        raise FilterError(f"linux.audit.{name} takes a list of dictionaries")
    return items


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Filters by name."""
        return {
            "event_rows": event_rows,
            "host_answer": host_answer,
            "fleet_answer": fleet_answer,
            "table": table,
            "csv": csv,
            "printable": printable,
        }
