# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a service loads the rules files at boot: auditd.service, since audit 4.0 with audit-rules.service."""

import os
from typing import Optional

from .._host.programs import ProgramError, find_program, run_program

__all__ = ("unit_states_problem", "why_nothing_loads")

_LOADERS = ("audit-rules.service", "auditd.service")
_OFF = ("disabled", "masked", "masked-runtime")


def why_nothing_loads() -> Optional[str]:
    """Why no service loads the rules at boot; None if one does, or the host does not tell."""
    systemctl = find_program("systemctl")
    if systemctl is None or not os.path.isdir("/run/systemd/system"):
        return None
    try:
        rules, auditd = (_state(systemctl, unit) for unit in _LOADERS)
    except ProgramError:
        return None
    return unit_states_problem(rules, auditd)


def _state(systemctl: str, unit: str) -> str:
    return run_program([systemctl, "is-enabled", unit], 10).output.decode("utf-8", "replace").strip()


def unit_states_problem(rules: str, auditd: str) -> Optional[str]:
    """The same, from what ``systemctl is-enabled`` prints for both units; for a missing unit, nothing or not-found."""
    if rules.startswith("masked"):
        return f"are not loaded at boot: {_LOADERS[0]} is {rules}"
    if rules.startswith("enabled") or auditd not in _OFF:
        return None
    return f"are not loaded at boot: {_LOADERS[1]} is {auditd}"
