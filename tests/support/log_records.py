# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines of a log with nothing but the time and the number of an event."""

from ansible_collections.linux.audit.plugins.module_utils._log.files import event_id


def record(seconds, serial, kind="SYSCALL", node=""):
    """A line of the log, at 123 milliseconds of a second."""
    return f"{node}type={kind} msg=audit({seconds}.123:{serial}): arch=c000003e\n"


def events(log, start=None, end=None):
    """Serial numbers of the records of a log that are read for a period."""
    lines = b"".join(block for part in log.parts(start) for block in part.blocks(start, end)).splitlines()
    return [event_id(line).serial for line in lines]
