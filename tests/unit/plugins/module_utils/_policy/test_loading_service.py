# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which states of the units mean that no service loads the rules at boot."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._policy.loading_service import unit_states_problem


@pytest.mark.parametrize(
    ("rules", "auditd", "reason"),
    [
        ("", "enabled", None),
        ("not-found", "enabled", None),
        ("", "disabled", "are not loaded at boot: auditd.service is disabled"),
        ("not-found", "masked", "are not loaded at boot: auditd.service is masked"),
        ("enabled", "disabled", None),
        # auditd.service requires audit-rules.service, which then loads the rules.
        ("disabled", "enabled", None),
        ("disabled", "disabled", "are not loaded at boot: auditd.service is disabled"),
        ("masked", "enabled", "are not loaded at boot: audit-rules.service is masked"),
        # Without auditd, the host does not tell what loads them.
        ("", "", None),
    ],
)
def test_states_of_the_units(rules, auditd, reason):
    assert unit_states_problem(rules, auditd) == reason
