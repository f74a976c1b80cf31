# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel holds after a boot with given lines of rules files."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._policy.boot import loaded_by
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import in_augenrules_order
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file, parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from strategies import HOST

A = "-a always,exit -F path=/etc/passwd -F perm=wa -F key=a"
B = "-a always,exit -F path=/etc/shadow -F perm=wa -F key=b"
C = "-a always,exit -F path=/etc/group -F perm=wa -F key=c"
A_AS_X = A.replace("key=a", "key=x")
NEVER = "-a never,exit -S all -F auid=0"
EXCLUDE = "-a always,exclude -F msgtype=CWD"


def lines(*texts):
    return parse_file("\n".join(texts), "/x.rules", HOST)


def rules(*texts):
    return [parse_line(text, HOST).rule for text in texts]


def texts(found):
    return [render(rule, HOST.machine) for rule in found]


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ([], []),
        ([A, "# comment", "", B], [A, B]),
        ([A, A], [A]),
        ([A, A_AS_X], [A, A_AS_X]),
        ([A, "-A always,exit -F path=/etc/shadow -F perm=wa -F key=b"], [B, A]),
        # If -A adds a rule that the kernel already has, the kernel holds it twice.
        ([A, A.replace("-a", "-A")], [A, A]),
        ([A, A.replace("-a", "-A"), A.replace("-a", "-d")], [A]),
        ([A, B, A.replace("-a", "-d")], [B]),
        ([A, B, A.replace("-a", "-d"), A], [B, A]),
        ([A, "-W /etc/passwd -p wa -k a"], []),
        # Only an identical rule, including its key.
        ([A, "-W /etc/passwd -p wa"], [A]),
        ([A, A_AS_X.replace("-a", "-d")], [A]),
        ([A.replace("-a", "-d"), A], [A]),
        ([A, B, "-D", C], [C]),
        ([A, B, "-D -k a", C], [B, C]),
        ([A + " -F key=none", A.replace("=a", "=once"), B, "-D -k on"], [B]),
        ([A, "-w nonsense", B], [A, B]),
        (["-e 2", A], []),
        ([A, "-e 1", B], [A, B]),
    ],
)
def test_rules_after_a_boot(given, held):
    assert texts(loaded_by(lines(*given)).rules) == held


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ([], {}),
        ([A, "-D", "-i", "-c", "-s"], {}),
        (["-b 8192", "-b 0x10"], {"backlog_limit": 16}),
        (["-f 2", "-f 1", "-e 0", "-e 1"], {"failure": 1, "enabled": 1}),
        (["-r 5", "--backlog_wait_time 60000"], {"rate_limit": 5, "backlog_wait_time": 60000}),
        (["--loginuid-immutable"], {"loginuid_immutable": True}),
        (["-b 5", "-D"], {"backlog_limit": 5}),
        (["-b 5", "-e 2", "-b 6"], {"backlog_limit": 5, "enabled": 2}),
        (["-b lots"], {}),
    ],
)
def test_settings_after_a_boot(given, settings):
    assert loaded_by(lines(*given)).settings == settings


def test_the_order_of_augenrules():
    given = lines(A, "-e 2", B, "-D", "-b 5", "-D -k b", "# end")
    assert [line.text for line in in_augenrules_order(given)] == ["-D", "-b 5", A, B, "-D -k b", "# end", "-e 2"]
