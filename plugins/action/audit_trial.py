# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The part of audit_trial that runs on the controller: it reads rule packs and the files in `src`."""

from __future__ import annotations

from ansible_collections.linux.audit.plugins.plugin_utils.rules_action import RulesAction


class ActionModule(RulesAction):
    """Runs audit_trial with the texts of rule packs and files."""

    MODULE = "linux.audit.audit_trial"
