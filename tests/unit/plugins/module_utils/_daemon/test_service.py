# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What would keep the daemon from starting."""

from ansible_collections.linux.audit.plugins.module_utils._daemon.service import mistakes
from ansible_collections.linux.audit.plugins.module_utils._daemon.target import Target


def test_mistakes_of_a_file_are_those_that_the_daemon_reads():
    text = "num_logs = 5\nspace_left = 75\nadmin_space_left = 50\n"
    target = Target((3, 0, 9))
    assert mistakes(text, target) == mistakes("", target) == []
    (wrong,) = mistakes(text + "nonsense = 1\n", target)
    assert wrong.startswith("/etc/audit/auditd.conf:4: ") and "nonsense" in wrong
    # A last line that is not ended is not read.
    assert mistakes(text + "nonsense = 1", target) == []
