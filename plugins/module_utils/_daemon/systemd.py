# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd knows of the units of audit, and what it is told."""

from typing import Dict, Tuple

from .._host.programs import find_program, run_program

__all__ = ("AUDITD_UNIT", "RULES_UNIT", "systemctl", "unit_properties")

AUDITD_UNIT, RULES_UNIT = "auditd.service", "audit-rules.service"
_SECONDS = 180.0


def systemctl(*words: str) -> Tuple[int, str]:
    """Exit status and output of systemctl. Raises ProgramError."""
    ended = run_program([find_program("systemctl") or "systemctl", *words], _SECONDS, errors_too=True)
    return ended.status, ended.output.decode("utf-8", "replace").strip()


def unit_properties(unit: str, names: str) -> Dict[str, str]:
    """Properties of a unit by name; ``names`` has commas between them. Raises ProgramError."""
    lines = systemctl("show", "-p", names, unit)[1].splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)
