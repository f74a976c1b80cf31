# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report that the daemon writes about its state when it is sent SIGCONT."""

import re
from typing import Any, Dict, Mapping, Optional

from ..rules.values import decimal
from .messages import Stamp, file_stamp

__all__ = ("REPORT_FILES", "is_suspended", "parse_report", "report_stamps")

#: Where audit 4.1.2 and newer write it, and where older releases do.
REPORT_FILES = ("/run/audit/auditd.state", "/run/auditd.state", "/var/run/auditd.state")


def report_stamps() -> Dict[str, Optional[Stamp]]:
    """The state of each file in which a report may be."""
    return {path: file_stamp(path) for path in REPORT_FILES}


def parse_report(text: str) -> Dict[str, Any]:
    """A report: values by name, in lower case with underscores; yes and no as booleans, and integers."""
    report: Dict[str, Any] = {}
    for line in text.splitlines():
        # One line of audit 3 lacks the sign.
        found = re.match(r"(.*?\S)(?:\s*=\s*|\s+(?=\d+ [KMG]B$))(.*)$", line)
        if found:
            name = re.sub(r"[^a-z0-9]+", "_", found.group(1).lower()).strip("_")
            report[name] = _value(found.group(2).strip())
    return report


def is_suspended(report: Mapping[str, Any]) -> bool:
    """Whether the daemon reports that it has suspended logging, or its queue for plugins."""
    return bool(report.get("logging_suspended") or report.get("plugin_queueing_suspended"))


def _value(text: str) -> Any:
    if text in ("yes", "no"):
        return text == "yes"
    number = decimal(text[text.startswith("-") :])
    return text if number is None else -number if text.startswith("-") else number
