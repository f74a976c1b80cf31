# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts hold after a reboot, according to their own tools."""

import re

RULES = [
    "-a always,exit -F arch=b64 -S all -F path=/etc/passwd -F perm=wa -F key=identity",
    "-a always,exit -F arch=b32 -S all -F path=/etc/passwd -F perm=wa -F key=identity",
    "-a always,exit -F arch=b64 -S all -F dir=/etc/ssh -F perm=wa -F key=sshd",
    "-a always,exit -F arch=b32 -S all -F dir=/etc/ssh -F perm=wa -F key=sshd",
    "-a always,exit -F arch=b64 -S clock_settime -F key=time-change",
    "-a always,exit -F arch=b64 -S mount,umount2 -F auid!=-1 -F key=mounts",
    "-a always,exit -F arch=b32 -S mount,umount2 -F auid!=-1 -F key=mounts",
    "-a always,exclude -F msgtype=CRYPTO_KEY_USER",
]


def test_rules(host):
    # At boot auditctl 4 lists the syscalls that a permission stands for.
    listed = re.sub("-S [a-z0-9_,]+ (?=.* -F perm=)", "-S all ", host.check_output("auditctl -l"))
    assert listed.splitlines() == RULES


def test_settings(host):
    status = dict(line.split(maxsplit=1) for line in host.check_output("auditctl -s").splitlines())
    assert (status["enabled"], status["failure"], status["backlog_limit"]) == ("1", "1", "4096")


def test_files(host):
    assert host.check_output("augenrules --check").endswith(": No change")
    paths = host.check_output("stat -c '%a %U:%G %n' /etc/audit/audit.rules /etc/audit/rules.d/*.rules").splitlines()
    assert paths == [
        "640 root:root /etc/audit/audit.rules",
        "600 root:root /etc/audit/rules.d/50-linux-audit.rules",
        "600 root:root /etc/audit/rules.d/99-linux-audit-control.rules",
        "600 root:root /etc/audit/rules.d/audit.rules",
    ]


def test_daemon(host):
    assert host.check_output("systemctl is-active auditd") == "active"
    assert host.check_output("systemctl is-system-running") == "running"


def test_events(host, ausearch):
    host.check_output("usermod --comment audited root")
    assert "type=SYSCALL" in ausearch("--key identity --comm usermod")
    host.check_output("touch /etc/ssh/audited && rm /etc/ssh/audited")
    assert "type=SYSCALL" in ausearch("--key sshd --comm touch")
    host.check_output("date --set now")
    assert "type=SYSCALL" in ausearch("--key time-change --comm date")
