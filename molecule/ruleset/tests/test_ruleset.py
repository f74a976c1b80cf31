# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts hold after the rule set was changed by hand and repaired, according to their own tools."""

RULES = [
    "-a never,exit -F arch=b64 -S adjtimex -F auid=-1",
    "-a always,exit -F arch=b64 -S adjtimex,settimeofday,clock_settime -F key=time-change",
    "-w /etc/localtime -p wa -k time-change",
    "-w /etc/passwd -p wa -k identity",
    "-w /etc/shadow -p wa -k identity",
    "-a always,exit -F arch=b64 -S init_module,delete_module,finit_module -F key=modules",
]


def test_rules_in_order(host):
    assert host.check_output("auditctl -l").splitlines() == RULES


def test_settings(host):
    assert "backlog_limit 8192" in host.check_output("auditctl -s").splitlines()


def test_files(host):
    assert host.check_output("augenrules --check").endswith(": No change")
    assert host.check_output("ls /etc/audit/rules.d") == "40-linux-audit-ruleset.rules"
    modes = host.check_output("stat -c '%a %U:%G' /etc/audit/audit.rules /etc/audit/rules.d/*").splitlines()
    assert modes == ["640 root:root", "600 root:root"]
    kept = host.check_output("cat /etc/audit/rules.d.before-*/60-by-hand.rules")
    assert kept == "-w /etc/group -k by-hand", "files of others are moved away, and not lost"


def test_events(host, ausearch):
    host.check_output("usermod --comment repaired root")
    assert "type=SYSCALL" in ausearch("--key identity --comm usermod --file /etc/passwd")
