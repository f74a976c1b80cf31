# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters drift_row and fleet_report; each has its documentation in a file of its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible_collections.linux.audit.plugins.plugin_utils import fleet
from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError


def drift_row(value, report=None, declared=(), remote="", keep_keys=()):
    """The row of a host. Raises FilterError."""
    if not isinstance(value, Mapping):
        raise FilterError(f"linux.audit.drift_row takes a result of audit_info, a dictionary, not {value!r}")
    try:
        results = [result for result in declared if isinstance(result, Mapping)]
        return fleet.drift_row(value, report, results, remote, keep_keys)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FilterError(
            f"linux.audit.drift_row takes results of modules, and got a value that no module returns: {error!r}"
        ) from error


def fleet_report(value):
    """Lines on all hosts. Raises FilterError."""
    rows: list = list(value) if isinstance(value, Iterable) and not isinstance(value, (str, Mapping)) else [None]
    if not all(isinstance(row, Mapping) and {"host", "state"} <= row.keys() for row in rows):
        raise FilterError("linux.audit.fleet_report takes a list of rows, with host and state")
    try:
        return fleet.fleet_report(rows)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise FilterError(f"linux.audit.fleet_report takes rows of drift_row: {error!r}") from error


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Filters by name."""
        return {"drift_row": drift_row, "fleet_report": fleet_report}
