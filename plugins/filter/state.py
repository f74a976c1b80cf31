# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters auditing_off, differences and host_state; each has its documentation in a file of its name."""

from __future__ import annotations

from collections.abc import Mapping

from ansible_collections.linux.audit.plugins.plugin_utils import host_state as states
from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError


def differences(value, ignore_settings=(), ignore_keys=()):
    """Sentences on where kernel and files differ. Raises FilterError."""
    if isinstance(ignore_settings, str):
        ignore_settings = ignore_settings.split(",")
    return _said("differences", states.differences, value, ignore_settings, ignore_keys)


def auditing_off(value):
    """Sentences on what switches auditing off. Raises FilterError."""
    return _said("auditing_off", states.auditing_off, value)


def host_state(value):
    """The state of a host as a text. Raises FilterError."""
    return _said("host_state", states.host_state, value)


def _said(name, function, value, *options):
    """What a function says of a result. Raises FilterError for one that audit_info does not return."""
    if not isinstance(value, Mapping):
        raise FilterError(f"linux.audit.{name} takes a result of audit_info, a dictionary, not {value!r}")
    try:
        return function(value, *options)
    # Root on a host decides what its result is, so each part of it may be anything.
    except (AttributeError, KeyError, TypeError) as error:
        raise FilterError(
            f"linux.audit.{name} takes a result of audit_info, and a part of this one is wrong: {error!r}"
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Filters by name."""
        return {"auditing_off": auditing_off, "differences": differences, "host_state": host_state}
