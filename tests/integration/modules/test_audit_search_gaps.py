# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a log on a guest lacks what is looked for: each reason is made, and said; without it nothing is said."""

import pytest

from direct import Direct

RELEASES = ("bookworm", "sid")
WATCH = "auditctl -w /srv/asked -p rwa -k asked 2>/dev/null"
ASKED = {"file": "/srv/asked", "key": "asked", "syscall": "openat"}
NO_RULE = ["no rule watches /srv/asked", "no rule has the key asked", "no rule records the system call openat"]


@pytest.fixture(scope="module", params=RELEASES)
def library(request, boot):
    """The library on a guest without rules, whose kernel has lost no record."""
    guest = boot(request.param)
    guest.run("find /etc/audit/rules.d -name '*.rules' ! -name audit.rules -delete")
    guest.run("touch /srv/asked; auditctl -D; auditctl --reset-lost")
    yield Direct(guest)
    guest.run("auditctl -D; rm -f /etc/audit/rules.d/asked.rules")


def gaps(library, prepare="true", restore="true", **asked):
    """What is said between two commands."""
    (result,) = library.search(f"{{ {prepare}; }} >/dev/null", asked or ASKED, f"{{ {restore}; }} >/dev/null")
    assert result["events"] or result["warnings"] == [
        f"that no event was found may mean nothing: {gap}" for gap in result["gaps"]
    ]
    return result["gaps"]


def test_no_rule(library):
    """For neither the file, nor the key, nor the call; a rule that can record them is no gap."""
    assert gaps(library) == NO_RULE
    assert gaps(library, WATCH, "auditctl -D") == []
    everything = "auditctl -a always,exit -F arch=b64 -S openat -F key=asked"
    assert gaps(library, everything, "auditctl -D") == []
    assert gaps(library, "auditctl -w /srv -p wa -k asked 2>/dev/null", "auditctl -D", file="/srv/asked") == []
    assert gaps(library, "auditctl -w /srv/other -p wa 2>/dev/null", "auditctl -D", file="/srv/asked") == NO_RULE[:1]


def test_a_rule_that_is_not_loaded(library):
    """It is in rules.d alone."""
    line = "echo '-w /srv/asked -p rwa -k asked' >/etc/audit/rules.d/asked.rules"
    found = gaps(library, line, "rm /etc/audit/rules.d/asked.rules", file="/srv/asked", key="asked")
    assert found == [
        "no rule of the kernel watches /srv/asked; the rule in rules.d that does is not loaded",
        "no rule of the kernel has the key asked; the rule in rules.d that does is not loaded",
    ]


def test_auditing_that_is_off(library):
    """By a setting, and by a rule."""
    (gap,) = gaps(library, f"{WATCH}; auditctl -e 0", "auditctl -e 1; auditctl -D")
    assert gap.startswith("kernel: 'enabled 0' switches auditing off")
    (gap,) = gaps(library, f"{WATCH}; auditctl -a never,task", "auditctl -D")
    assert gap.startswith("kernel: '-a never,task' switches auditing off")


def test_no_daemon_and_no_log(library):
    """A daemon that is stopped, and one that writes nothing."""
    start = "systemctl start auditd; auditctl -D; auditctl --reset-lost"
    assert "no audit daemon runs, so nothing is written to the log" in gaps(
        library, f"{WATCH}; systemctl kill -s TERM auditd; while pidof auditd; do sleep 0.1; done", start
    )
    edit = (
        "cp -p /etc/audit/auditd.conf /root/kept.conf; sed -i 's/^write_logs.*/write_logs = no/' /etc/audit/auditd.conf"
    )
    back = "cp -p /root/kept.conf /etc/audit/auditd.conf; auditctl -D"
    assert gaps(library, f"{WATCH}; {edit}", back) == ["auditd writes no log: write_logs = no"]


def test_a_log_that_does_not_reach_back(library):
    """Nothing before its first record can be found."""
    (gap,) = gaps(library, WATCH, "auditctl -D", file="/srv/asked", start="2001-01-01T00:00:00Z")
    assert gap.startswith("the log begins at 20")
