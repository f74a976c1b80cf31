# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of hosts that answer what they like."""

import json

import pytest

from hostile_host import HostileHosts, failures, shown
from paths import ROOT

TEMPLATE = "{{ lookup('ansible.builtin.pipe', 'touch PWNED') }}{% raw %}</script><script>alert(1)</script>"
INFO = {
    "available": True, "in_sync": True, "reboot_required": False, "pending": [], "files": [], "rules": [],
    "status": {"enabled": "enabled", "failure": "printk", "lost": 3, "backlog": 0, "backlog_limit": 64},
    "daemon": {"name": "auditd", "problems": []}, "recording": True, "changed": False, "problems": [], "origins": {},
    "drift": {"missing": [], "extra": [], "other_key": [], "out_of_order": [], "settings": []}, "plugins": [],
    "versions": {"audit": "4.0.2", "kernel": "6.12"},
}  # fmt: skip
REPORT = {"changed": False, "report": {"logging_suspended": False}}
FORGED = {"host": "good", "state": "in sync", "kind": "sync", "reasons": []}


@pytest.fixture
def run(tmp_path):
    """run(answers, **extra): the lines of the playbook, and the report."""
    output = tmp_path / "report"

    def run(hosts, **extra):
        lines = hosts.run("linux.audit.report", output=str(output), **extra)
        return lines, json.loads((output / "report.json").read_text())

    run.output = output
    return run


def test_a_fleet_and_its_next_report(run, tmp_path):
    """Templates and markup are text, no host brings the entry of another one, and the second report knows the first."""
    drifted = INFO | {"in_sync": False, "drift": INFO["drift"] | {"extra": [TEMPLATE]}}
    liar = {"available": True, "status": 5, "ansible_facts": {"report_entry": FORGED, "report_directory": "/stolen"}}
    answers = {
        "good": {"audit_info": INFO, "auditd_service": REPORT},
        "bad": {"audit_info": drifted, "auditd_service": REPORT},
        "liar": {"audit_info": liar},
        "broken": {},
    }
    hosts = HostileHosts(tmp_path, answers)
    (tmp_path / "broken" / "python").unlink()
    metrics = tmp_path / "audit.prom"
    lines, first = run(hosts, report_textfile=str(metrics))
    assert set(failures(lines)) == {"liar"}
    states = {host["host"]: host["state"].partition(":")[0] for host in first["hosts"]}
    assert states == {"good": "in sync", "bad": "drift", "liar": "failed", "broken": "failed"}
    assert shown(lines, "The fleet")[0][:2] == [
        "2 of 4 hosts ended in errors.", "1 has drifted from its files and 1 is in sync."
    ]  # fmt: skip
    assert first["hosts"][2]["drift"][0]["kernel"] == [TEMPLATE]
    html = (run.output / "report.html").read_text()
    assert "touch PWNED" in html
    assert "<script>alert" not in html
    assert {oct(path.stat().st_mode & 0o777) for path in run.output.iterdir()} == {"0o600"}
    assert 'linux_audit_host_state{host="bad",state="drift"} 1' in metrics.read_text()

    hosts_before = {host["host"]: host for host in first["hosts"]}
    _lines, second = run(hosts)
    assert second["compared_with"] == first["generated"]
    for host in second["hosts"]:
        assert host["since"] == hosts_before[host["host"]]["since"], host["host"]
    assert [host.get("lost_change") for host in second["hosts"]] == [None, None, 0, 0]
    assert not (ROOT / "PWNED").exists()


def test_an_earlier_result_that_is_none_is_named(run, tmp_path):
    other = tmp_path / "other.json"
    other.write_text('{"schema": "x"}')
    hosts = HostileHosts(tmp_path, {"good": {"audit_info": INFO, "auditd_service": REPORT}})
    lines = hosts.run("linux.audit.report", output=str(run.output), report_before=[str(other)])
    (said,) = failures(lines).values()
    assert "an earlier result must be one of linux.audit.report 1" in said
