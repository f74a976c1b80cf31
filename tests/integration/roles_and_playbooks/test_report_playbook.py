# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of real hosts: one in sync, one that has drifted, one that records nothing, and one that is not there."""

import json

import pytest

from remote_logging import plays

pytestmark = pytest.mark.fleet

HOSTS = ("bookworm", "trixie", "sid")
PROVED = "linux_audit_host_remote_proved{"
RULE = (
    "auditctl -D >/dev/null; rm -f /etc/audit/rules.d/[4-9]*; echo '-w /etc/hosts -p wa -k hosts' >"
    "/etc/audit/rules.d/50-hosts.rules; augenrules --load >/dev/null; auditctl -e 1 >/dev/null; auditctl --reset-lost;"
    "systemctl kill -s HUP auditd"
)
SITE = """
name: site
title: Our baseline
release: "1"
requirements:
  - {id: SITE-1, title: Names of hosts, severity: high, rules: [-w /etc/hosts -p wa -k hosts]}
"""


@pytest.fixture(scope="module")
def guests(boot):
    guests = dict(zip(HOSTS, map(boot, HOSTS), strict=True))
    for guest in guests.values():
        guest.run(f"({RULE}) >/dev/null")
    yield guests
    for guest in guests.values():
        guest.run("rm /etc/audit/rules.d/50-hosts.rules; augenrules --load >/dev/null; auditctl -D; auditctl -f 1")


def test_the_report_says_what_the_hosts_are(guests, playbook, tmp_path):
    """And the next one says since when."""
    guests["trixie"].run("auditctl -W /etc/hosts -p wa -k hosts; auditctl -w /etc/motd -p wa -k motd; auditctl -f 0")
    guests["sid"].run("auditctl -a never,task")
    output, standard = tmp_path / "report", tmp_path / "site.yml"
    standard.write_text(SITE)
    extra = {"output": str(output), "report_src": str(standard)}

    def report():
        gone = {"name": "gone", "ansible_host": "192.0.2.1", "ansible_timeout": 3}
        add = {"hosts": "localhost", "gather_facts": False, "tasks": [{"ansible.builtin.add_host": gone}]}
        book = tmp_path / "report.yml"
        book.write_text(json.dumps([add, {"ansible.builtin.import_playbook": "linux.audit.report"}]))
        lines = playbook(book, limit="all,localhost", extra=extra | {"target": ",".join((*HOSTS, "gone"))})
        assert (output / "report.html").exists(), lines[-1]
        return json.loads((output / "report.json").read_text())

    first = report()
    hosts = {host["host"]: host for host in first["hosts"]}
    kinds = [(host["host"], host["kind"]) for host in first["hosts"]]
    assert kinds == [("sid", "silent"), ("gone", "unreachable"), ("trixie", "drift"), ("bookworm", "sync")]
    assert first["headline"] == "1 of 4 hosts records nothing."
    place = guests["trixie"].run("grep -n '^-f' /etc/audit/rules.d/audit.rules").stdout.partition(":")[0]
    rule = "-a always,exit -F path={} -F perm=wa -F key={}"
    assert [(row["what"], row["file"], row["kernel"], row["origin"]) for row in hosts["trixie"]["drift"]] == [
        ("not loaded", [rule.format("/etc/hosts", "hosts")], [], "/etc/audit/rules.d/50-hosts.rules:1"),
        ("in no file", [], [rule.format("/etc/motd", "motd")], ""),
        ("another value", ["failure printk"], ["failure silent"], f"/etc/audit/rules.d/audit.rules:{place}"),
    ]
    verdicts = {
        name: host["verdicts"]["site"]["SITE-1"]["verdict"] for name, host in hosts.items() if host.get("verdicts")
    }
    assert verdicts == {"bookworm": "met", "trixie": "not met", "sid": "not met"}
    for name, guest in guests.items():
        status = dict(line.split(maxsplit=1) for line in guest.run("auditctl -s").stdout.splitlines() if " " in line)
        host = hosts[name]
        assert (host["backlog_limit"], host["rate_limit"]) == (int(status["backlog_limit"]), int(status["rate_limit"]))
        assert host["releases"]["kernel"] == guest.run("uname -r").stdout.strip()
        assert (host["daemon"]["name"], host["rules"] > 0, host["lock"]) == ("auditd", True, "enabled")
        size = int(guest.run("cat /var/log/audit/audit.log* | wc -c").stdout)
        assert 0 < host["log"]["bytes"] <= size
        assert host["log"]["disk"] == int(
            guest.run("stat -f -c '%b*%S' /var/log/audit").stdout.strip().split("*")[0]
        ) * int(guest.run("stat -f -c %S /var/log/audit").stdout)
    guests["trixie"].run("augenrules --load >/dev/null; auditctl -f 1")
    later = {host["host"]: host for host in report()["hosts"]}
    assert later["trixie"]["kind"] == "sync"
    assert later["trixie"]["since"] > first["generated"] == later["sid"]["since"]
    assert later["trixie"]["verdicts"]["site"]["SITE-1"]["verdict"] == "met"
    assert "gone" in later


def test_the_report_proves_remote_logging_and_keeps_when_it_was_last_proved(lab, playbook, tmp_path):
    """On a client that the role has set up, which is unplugged and plugged in again."""
    server, client = lab.boot_all([(f"report-{part}", "bookworm") for part in ("server", "client")])
    book = tmp_path / "remote.yml"
    book.write_text(json.dumps(plays(server, [client])))
    lines = playbook(book, limit=f"{server.name},{client.name}")
    assert not any(line["result"].get("failed") for line in lines), lines[-1]
    output, metrics = tmp_path / "report", tmp_path / "audit.prom"
    asked = {
        "target": client.name,
        "output": str(output),
        "report_textfile": str(metrics),
        "remote_logging_mode": "client",
        "remote_logging_servers": [server.address],
        "remote_logging_server_hosts": [server.name],
        "remote_logging_prove_seconds": 8,
    }
    report_book = tmp_path / "report.yml"
    report_book.write_text(json.dumps([{"ansible.builtin.import_playbook": "linux.audit.report"}]))

    def report():
        playbook(report_book, limit=f"{client.name},localhost", extra=asked)
        document = json.loads((output / "report.json").read_text())
        (host,) = document["hosts"]
        (proved,) = [line for line in metrics.read_text().splitlines() if line.startswith(PROVED)]
        return document, host, proved.rpartition(" ")[2]

    arrived, host, proved = report()
    assert (host["remote"], host["kind"], proved) == ({"state": "arrived", "reason": ""}, "sync", "1"), host
    assert host["proved"] == arrived["generated"]
    client.cut()
    cut, host, proved = report()
    assert (host["remote"]["state"], host["kind"], proved) == ("not confirmed", "daemon", "0"), host
    assert f"no record of {client.name}" in host["remote"]["reason"]
    assert (host["proved"], host["since"]) == (arrived["generated"], cut["generated"])
    assert "1 host cannot prove that records arrive at the log server." in cut["notes"]
    still, host, _proved = report()
    assert (host["proved"], host["since"]) == (arrived["generated"], cut["generated"])
    client.join()
    again, host, proved = report()
    assert (host["remote"]["state"], host["kind"], proved) == ("arrived", "sync", "1"), host
    assert (host["proved"], host["since"]) == (again["generated"], again["generated"])
    assert [one["kind"] for one in host["trend"]] == ["sync", "daemon", "daemon", "sync"]
    assert [one["time"] for one in again["history"]] == [one["generated"] for one in (arrived, cut, still, again)]
    for guest in (server, client):
        guest.stop()
