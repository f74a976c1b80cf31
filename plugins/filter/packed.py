# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters packed and unpacked; each has its documentation in a file of its name."""

from __future__ import annotations

from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError
from ansible_collections.linux.audit.plugins.plugin_utils.packed import pack, unpack


def packed(value):
    """A structure as a text. Raises FilterError."""
    try:
        return pack(value)
    except (RecursionError, TypeError, ValueError) as error:
        raise FilterError(f"linux.audit.packed takes what JSON has: {error!r}") from error


def unpacked(value):
    """The structure of a text. Raises FilterError."""
    try:
        return unpack(value)
    except (RecursionError, ValueError) as error:
        raise FilterError(f"linux.audit.unpacked takes what packed returns: {error!r}") from error


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Filters by name."""
        return {"packed": packed, "unpacked": unpacked}
