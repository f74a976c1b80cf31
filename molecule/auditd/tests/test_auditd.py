# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role auditd has set up, according to the hosts' own tools."""

import re


def test_daemon(host):
    assert host.check_output("systemctl is-enabled auditd") == "enabled"
    assert host.check_output("systemctl is-active auditd") == "active"
    conf = dict(re.findall(r"^(\w+) = (.*)$", host.file("/etc/audit/auditd.conf").content_string, re.MULTILINE))
    assert (conf["max_log_file"], conf["num_logs"], conf["max_log_file_action"].lower()) == ("8", "5", "rotate")
    assert conf["freq"] == "20"
    assert conf["admin_space_left_action"].lower() == "suspend"


def test_plugin(host):
    assert host.check_output("pgrep -x audisp-syslog")


def test_kernel(host):
    status = dict(line.split(maxsplit=1) for line in host.check_output("auditctl -s").splitlines())
    assert (status["enabled"], status["failure"], status["backlog_limit"]) == ("1", "1", "8192")
    assert host.file("/boot/command-line").content_string.split() == ["audit=1", "audit_backlog_limit=8192"]


def test_journal(host):
    assert host.run("systemctl is-enabled systemd-journald-audit.socket").stdout.strip() == "masked"


def test_rules(host):
    assert host.check_output("augenrules --check").endswith(": No change")
    listed = host.check_output("auditctl -l")
    keys = [*dict.fromkeys(re.findall(r"(?:key=|-k )(\S+)", listed))]
    assert keys[:3] == ["site", "conf", "own"]
    (optimised,) = [line for line in listed.splitlines() if line.endswith("key=conf")]
    assert "chmod" in optimised
    assert {"time_changes", "kernel_modules", "firewall_changes", "power_abuse", "logins_and_sessions"} < set(keys)


def test_files(host):
    """With `auditd_purge: all` settings and rules share a file, and the lock stays in its own file."""
    assert host.file("/etc/audit/rules.d").listdir() == ["40-linux-audit-ruleset.rules", "zz-finalize.rules"]
    lines = host.file("/etc/audit/audit.rules").content_string.splitlines()
    assert [line for line in lines if line[:2] in ("-D", "-b", "-f", "-e")] == ["-D", "-b 8192", "-f 1", "-e 1"]


def test_events(host, ausearch):
    host.check_output("date --set now")
    assert "type=SYSCALL" in ausearch("--key time_changes --comm date")
    host.check_output("python3 -c 'import ctypes; ctypes.CDLL(None).syscall(140, 78, 0)'")
    assert "type=SYSCALL" in ausearch("--key site --comm python3")
    host.check_output("chmod g-w /etc/audit/auditd.conf")
    assert "type=SYSCALL" in ausearch("--key conf --comm chmod")
