# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters trial_rows and trial_report; each has its documentation in a file of its name."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.linux.audit.plugins.plugin_utils import trials
from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError


def trial_rows(value):
    """A row for each host and rule. Raises FilterError."""
    return _of("trial_rows", value, trials.trial_rows)


def trial_report(value):
    """Lines on all hosts. Raises FilterError."""
    return _of("trial_report", value, trials.trial_report)


def _of(name, value, function):
    if not isinstance(value, Mapping) or not all(isinstance(result, Mapping) for result in value.values()):
        raise FilterError(f"linux.audit.{name} takes results of audit_trial by the names of hosts, not {value!r}")
    return function(value)


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Filters by name."""
        return {"trial_rows": trial_rows, "trial_report": trial_report}
