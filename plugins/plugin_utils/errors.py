# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of filters. ansible-core prints them as they are, and most of them show a part of what a host has sent."""

from __future__ import annotations

from ansible.errors import AnsibleFilterError

from ansible_collections.linux.audit.plugins.plugin_utils.printable import printable

__all__ = ("FilterError",)


class FilterError(AnsibleFilterError):
    """What a filter refuses, in lines that a terminal shows and does not obey."""

    # ansible-core appends the message of the cause otherwise, as it is.
    _include_cause_message = False

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(map(printable, lines)))
