# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that the role auditd manages is upgraded by packages, from audit 4.0 to the newest: all stays as it was."""

import pytest

from audited import Audited
from lab.packages import install

pytestmark = pytest.mark.fleet

ROLE = {
    "role": "linux.audit.auditd",
    "auditd_rule_packs": ["file_integrity", "time_changes", "process_kills"],
    "auditd_rules": ["-a always,exit -F arch=b64 -S getpriority -F a0=77 -F key=own"],
    "auditd_settings": {"freq": 20},
    "auditd_plugins": [{"name": "syslog", "active": True, "args": ["LOG_INFO"]}, {"name": "af_unix", "active": True}],
    "auditd_purge": "all",
}


def test_nothing_drifts_over_an_upgrade(lab, playbook, changes, tmp_path):
    guest = lab.boot("trixie", name="upgraded")
    host = Audited(guest, playbook, tmp_path)

    def version():
        return guest.run("auditctl -v").stdout.split()[-1]

    def in_sync():
        (info,) = host.tasks({"linux.audit.audit_info": {}})
        assert info["in_sync"], info["drift"]
        # Releases load a watch with other system calls, or with all.
        assert len(guest.run("auditctl -l").stdout.splitlines()) == len(rules)
        assert guest.run("systemctl is-active auditd").stdout == "active\n"
        plugins = guest.run("ps -o comm= --ppid $(pidof auditd)").stdout.split()
        assert sorted(plugins) == ["audisp-af_unix", "audisp-syslog"]

    assert changes(guest, ROLE)
    assert changes(guest, ROLE) == []
    rules = guest.run("auditctl -l").stdout.splitlines()
    assert any("getpriority" in rule for rule in rules)
    assert version() == "4.0.2"
    in_sync()

    install(guest, "auditd", "audispd-plugins", release="sid")
    assert version() > "4.2"
    in_sync()
    assert changes(guest, ROLE) == []
    guest.reboot()
    in_sync()
    assert changes(guest, ROLE) == []
    guest.stop()
