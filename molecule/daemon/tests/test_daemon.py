# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon after it was killed, disabled, changed and repaired, according to the hosts' own tools."""

import re

import pytest


def settings(host, path):
    """The lines `key = value` of a file."""
    return dict(re.findall(r"^(\w+)\s*=\s*(.*?)\s*$", host.check_output(f"cat {path}"), re.MULTILINE))


def test_daemon(host):
    assert host.check_output("systemctl is-active auditd") == "active"
    assert host.check_output("systemctl is-enabled auditd") == "enabled"
    pid = host.check_output("auditctl -s | sed -n 's/^pid //p'")
    assert host.check_output(f"cat /proc/{pid}/comm") == "auditd", "the kernel sends its records to auditd"


def test_settings(host):
    wanted = {"num_logs": "7", "max_log_file": "3", "max_log_file_action": "rotate", "name_format": "hostname"}
    held = settings(host, "/etc/audit/auditd.conf")
    assert {name: held[name].lower() for name in wanted} == wanted
    assert held["log_file"] == "/var/log/audit/audit.log", "a setting that nobody asked for keeps its value"
    remote = settings(host, "/etc/audit/audisp-remote.conf")
    assert (remote["remote_server"], remote["network_failure_action"]) == ("192.0.2.10", "syslog")


@pytest.mark.parametrize("path", ["auditd.conf", "audisp-remote.conf", "plugins.d/af_unix.conf"])
def test_modes(host, path):
    assert host.check_output(f"stat -c '%a %U:%G' /etc/audit/{path}") == "640 root:root"


def test_plugin(host):
    assert settings(host, "/etc/audit/plugins.d/af_unix.conf")["active"] == "yes"
    # The second path is the one since audit 4.1.
    assert host.check_output("stat -c %F /run/audispd_events /run/audit/audispd_events 2>/dev/null || :") == "socket"


def test_events(host, ausearch):
    host.check_output("auditctl -m molecule-was-here")
    name = host.check_output("hostname")
    assert f"node={name} " in ausearch(f"--node {name} --message USER")
