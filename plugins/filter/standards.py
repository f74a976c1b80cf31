# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter host_standards; its documentation is in host_standards.yml."""

from __future__ import annotations

from collections.abc import Mapping

from ansible.errors import AnsibleError

from ansible_collections.linux.audit.plugins.plugin_utils import standards
from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError


def host_standards(value, facts):
    """What puts standards in place on a host with these facts. Raises FilterError."""
    if not isinstance(facts, Mapping):
        raise FilterError("linux.audit.host_standards takes the facts of a host, a dictionary")
    try:
        return standards.on_host(value, facts)
    except AnsibleError as error:
        raise FilterError(str(error)) from error


class FilterModule:
    """The filters of this file."""

    def filters(self):
        """Filters by name."""
        return {"host_standards": host_standards}
