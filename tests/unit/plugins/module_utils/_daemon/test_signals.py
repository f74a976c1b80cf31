# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What else the daemon does on a signal, on a host that is played: rotate its logs, resume, report."""

import time

import pytest

from acted_host import CONF, found, wait_for
from ansible_collections.linux.audit.plugins.module_utils._daemon.errors import DaemonError


def test_logs_are_rotated(host):
    daemon = found()
    daemon.rotate()
    assert (host.received, host.log.with_name("audit.log.1").exists()) == (["SIGUSR1"], True)
    host.play(rotates=False)
    host.constant("_ANSWER_SECONDS", 0.3)
    for line, reason in (
        ("", f": that needs num_logs = 2 or more in {host.conf}, where it is 0"),
        ("num_logs = 1\n", f": that needs num_logs = 2 or more in {host.conf}, where it is 1"),
        ("write_logs = no\nnum_logs = 5\n", f": it writes none, because {host.conf} has write_logs = no"),
        ("write_logs = NO\n", f": it writes none, because {host.conf} has write_logs = no"),
        ("log_format = NOLOG\n", f": it writes none, because {host.conf} has log_format = nolog"),
        ("num_logs = 1\nmax_log_file_action = keep_logs\n", ""),
        ("num_logs = 2\n", ""),
    ):
        host.conf.write_text(CONF + line)
        with pytest.raises(DaemonError) as caught:
            daemon.rotate()
        assert str(caught.value) == f"auditd (pid {host.pid}) does not rotate its logs{reason}"


def test_the_log_that_is_rotated_is_that_of_the_configuration(host):
    """A rotation of any other log is not enough."""
    other = host.root / "log" / "other.log"
    host.conf.write_text(f"{CONF}log_file = {other}\n")
    other.touch()
    host.constant("_ANSWER_SECONDS", 0.3)
    with pytest.raises(DaemonError, match="does not rotate"):
        found().rotate()
    # Without a log there is no rotation either.
    other.unlink()
    with pytest.raises(DaemonError, match="does not rotate"):
        found().rotate()


def test_logging_is_resumed_and_reported(host):
    daemon = found()
    (host.root / "suspended").touch()
    assert daemon.report() == {"audit_version": "4.1.2", "current_log_size": "6 KB", "logging_suspended": True}
    daemon.resume()
    wait_for(lambda: not (host.root / "suspended").exists())
    # A report is read when it is complete, and not that of before.
    host.constant("time", time)
    host.play(report_seconds=0.003)
    assert daemon.report()["logging_suspended"] is False
    assert host.received == ["SIGCONT", "SIGUSR2", "SIGCONT"]


def test_a_report_is_read_where_older_releases_write_it(host):
    (host.root / "old.state").symlink_to(host.root / "auditd.state")
    assert found().report()["audit_version"] == "4.1.2"


def test_a_report_that_is_not_written(host):
    """That of before is not taken for it."""
    found().report()
    host.play(reports=False)
    host.constant("_ANSWER_SECONDS", 0.3)
    with pytest.raises(DaemonError, match="was asked for a report of its state, but has not written .*auditd.state"):
        found().report()


def test_a_process_that_no_longer_exists(host):
    """It has ended, but the kernel has not noticed yet."""
    daemon = found()
    gone = host.pid
    daemon.stop()
    with pytest.raises(DaemonError, match=rf"cannot send a signal to auditd \(pid {gone}\): No such process"):
        daemon._tell_to_reload(gone, None)
