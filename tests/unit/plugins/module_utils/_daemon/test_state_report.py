# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report that the daemon writes about its state."""

from ansible_collections.linux.audit.plugins.module_utils._daemon.state_report import is_suspended, parse_report

# As audit 3.0.9 and 4.1.2 write it.
REPORTS = (
    """audit version = 3.0.9
current time = 11/25/26 02:11:59
process priority = -4
writing to logs = yes
current log size = 6 KB
logs detected last rotate/shift = 0
Logging partition free space 2620 MB
logging suspended = no
""",
    """audit version = 4.1.2
current log size = 16 KiB
Logging partition free space = 2695 MiB
plugin queueing suspended = yes
""",
)


def test_a_report_is_read():
    assert parse_report(REPORTS[0]) == {
        "audit_version": "3.0.9",
        "current_time": "11/25/26 02:11:59",
        "process_priority": -4,
        "writing_to_logs": True,
        "current_log_size": "6 KB",
        "logs_detected_last_rotate_shift": 0,
        "logging_partition_free_space": "2620 MB",
        "logging_suspended": False,
    }
    assert parse_report(REPORTS[1])["logging_partition_free_space"] == "2695 MiB"
    assert [is_suspended(parse_report(report)) for report in REPORTS] == [False, True]
    assert parse_report("") == {}
