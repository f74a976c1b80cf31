# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a daemon that is told to rotate its logs does not."""

from typing import Optional, Tuple

from .conf_file import read_settings
from .keywords import AUDITD_CONF, AUDITD_CONF_PATH
from .meaning import effective

__all__ = ("why_not_rotated",)


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
