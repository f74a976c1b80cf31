# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd knows of the units of audit, and what it is told."""

import re
from typing import Dict, Optional, Tuple

from .._host.programs import find_program, run_program

__all__ = ("AUDITD_UNIT", "RULES_UNIT", "rules_unit", "starts_at_boot", "systemctl", "unit_properties")

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


def starts_at_boot(unit: str) -> Optional[bool]:
    """Whether a boot starts a unit; None if systemd does not know it. Raises ProgramError."""
    # `systemctl show` says what systemd has seen when it last read the unit, and a boot goes by what is there.
    lines = systemctl("is-enabled", unit)[1].split("\n")
    # Warnings, before or after the state, are sentences; what is enabled-runtime is gone after a boot.
    states = [line for line in lines if line and " " not in line]
    return states[-1] == "enabled" if states and states[-1] != "not-found" else None


def rules_unit(names: str) -> Optional[str]:
    """The one of these units that loads the rules, by its name in audit 4 or by what it starts."""
    units = [name for name in names.split() if name.endswith(".service")]
    if RULES_UNIT in units:
        return RULES_UNIT
    loads = re.compile(r"\baugenrules\b|\bauditctl\b")
    return next((name for name in units if loads.search(unit_properties(name, "ExecStart").get("ExecStart", ""))), None)
