# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the audit daemon did not start or rotate: from its own words, its configuration, and what manages it.

Why it did not read its files again is said by auditd.py, in words of messages.py.
"""

import re
from typing import Dict, Optional, Tuple

from ..rules.values import decimal
from .conf_file import read_settings
from .keywords import AUDITD_CONF, AUDITD_CONF_PATH
from .meaning import effective
from .messages import SystemLog, with_words
from .systemd import AUDITD_UNIT, rules_unit, unit_properties

__all__ = ("why_not_rotated", "why_not_started")

_RULES_PROGRAMS = ("augenrules", "auditctl")
# What auditctl says when a rules file sets something.
_RULES_ROUTINE = re.compile(r"No rules$|(\S+: )?No change$|[a-z_]+ \d+( (un)?locked)?$")
_EXIT_CODES = {
    1: "it could not be initialized",
    2: "it does not know an argument of its command line",
    4: "it lacks privileges",
    6: "its configuration has a mistake",
}


def why_not_started(log: SystemLog, unit: Optional[Dict[str, str]], status: int, output: str) -> str:
    """Why the daemon was not started, as a sentence.

    ``unit``: the properties of its unit, None if systemd does not manage it. ``status`` and ``output``: those of the
    command that should have started it.
    """
    loader = rules_unit(unit.get("Requires", "")) if unit else None
    if loader and unit_properties(loader, "Result").get("Result") != "success":
        what = f"auditd is not started because {loader}, which loads the rules, fails"
        words = [line for line in log.synced().words(_RULES_PROGRAMS) if not _RULES_ROUTINE.match(line)]
        return with_words(what, words or [output])
    words = log.synced().complaints()
    if not words and unit is not None:
        code = unit_properties(AUDITD_UNIT, "ExecMainStatus").get("ExecMainStatus", "")
        status = decimal(code) or 0
    return with_words("auditd does not start", words or [_EXIT_CODES.get(status, ""), output])


def why_not_rotated(version: Optional[Tuple[int, ...]]) -> str:
    """What in its configuration keeps the daemon from rotating its logs, if anything does; to end a sentence."""
    held = effective(AUDITD_CONF, read_settings(AUDITD_CONF_PATH), version or (4,))
    if held["write_logs"] == "no" or held["log_format"] == "nolog":
        key = "write_logs" if held["write_logs"] == "no" else "log_format"
        return f": it writes none, because {AUDITD_CONF_PATH} has {key} = {held[key]}"
    number = held["num_logs"] or "0"
    if number in ("0", "1") and held["max_log_file_action"] != "keep_logs":
        return f": that needs num_logs = 2 or more in {AUDITD_CONF_PATH}, where it is {number}"
    return ""
