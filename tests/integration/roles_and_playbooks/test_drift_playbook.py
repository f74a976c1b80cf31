# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of a fleet: hosts that hold what their files say, one that does not, and one without a daemon."""

import json

import pytest

from daemon_host import DaemonHost
from remote_logging import plays

HOSTS = ("bookworm", "sid")
RULE = (
    "echo '-w /etc/hosts -p wa -k hosts' >/etc/audit/rules.d/50-hosts.rules; augenrules --load >/dev/null;"
    "auditctl -e 1 >/dev/null"
)


@pytest.fixture(scope="module")
def guests(boot):
    guests = [boot(name) for name in HOSTS]
    for guest in guests:
        guest.run(f"auditctl -D >/dev/null; rm -f /etc/audit/rules.d/[4-9]*; {RULE}; auditctl --reset-lost >/dev/null")
        # Another test may have written auditd.conf, which drift would tell.
        guest.run("systemctl kill -s HUP auditd")
    yield guests
    for guest in guests:
        guest.run("rm /etc/audit/rules.d/50-hosts.rules; augenrules --load >/dev/null; auditctl -D >/dev/null")


@pytest.fixture
def drift(guests, playbook):
    """drift(extra variables) runs the playbook; it returns the rows of the table, all lines, and who has failed."""

    def run(limit=HOSTS, **extra):
        lines = playbook("linux.audit.drift", limit=",".join(limit), extra=extra)
        report = next(
            line["result"]["msg"] for line in lines if line["task"] == "The fleet" and "msg" in line["result"]
        )
        assert report[1].split()[:2] == ["HOST", "STATE"]
        rows = dict(row.split(maxsplit=1) for row in report[2 : 2 + len(limit)])
        failed = [
            line["result"]["msg"] for line in lines if line["task"].startswith("Fail if") and "msg" in line["result"]
        ]
        return rows, report, [said for said in failed if said != "All assertions passed"]

    return run


def test_a_fleet(guests, drift):
    limits = [guest.run("auditctl -s | sed -n 's/^backlog_limit //p'").stdout.strip() for guest in guests]
    in_sync = {
        host: ["in", "sync", "enabled", "0", f"0/{limit}", "auditd"] for host, limit in zip(HOSTS, limits, strict=True)
    }
    rows, report, failed = drift()
    assert ({host: row.split() for host, row in rows.items()}, failed) == (in_sync, [])
    assert report[0] == "2 hosts: 2 in sync."

    # A rule is lost, one is too many, and a setting is another. The host that differs comes first.
    guests[1].run("auditctl -W /etc/hosts -p wa -k hosts; auditctl -w /etc/motd -p wa -k motd; auditctl -f 0")
    rows, report, failed = drift(drift_fail=False)
    assert list(rows) == ["sid", "bookworm"]
    assert rows["bookworm"].split() == in_sync["bookworm"]
    assert rows["sid"].startswith("drift: 3 ")
    assert report[0] == "2 hosts: 1 drift, 1 in sync."
    assert report[4:] == [
        "sid: not loaded: -a always,exit -F path=/etc/hosts -F perm=wa -F key=hosts",
        "sid: in no file: -a always,exit -F path=/etc/motd -F perm=wa -F key=motd",
        "sid: another value in the kernel: failure",
    ]
    assert failed == []
    assert drift()[2] == ["sid: drift: 3"]
    guests[1].run("augenrules --load >/dev/null; auditctl -f 1")


# What is provoked, what the row says of it, a reason, and how it is undone.
CONF, PLUGINS = "/etc/audit/auditd.conf", "/etc/audit/plugins.d"
PLUGIN = f"""
printf '#!/bin/sh\\nwhile read -r line; do :; done\\n' >/usr/local/sbin/site; chmod 750 /usr/local/sbin/site
cd {PLUGINS}
printf '%s\\n' 'active = yes' 'direction = out' 'path = /usr/local/sbin/site' >site.conf
printf '%s\\n' 'type = always' 'format = string' >>site.conf
chmod 640 site.conf
"""
# A reload does not do: a daemon that has had plugins, and then had none, may leave the next one without records.
RUN_PLUGIN = (
    f"{PLUGIN} pkill -TERM -x auditd; while pidof auditd; do sleep 0.1; done; systemctl reset-failed auditd;"
    "systemctl start auditd; until pgrep -x site >/dev/null; do auditctl -m x; sleep 0.2; done;"
)
NO_PLUGIN = f"rm -f {PLUGINS}/site.conf; pkill -KILL -x site"
FULL = "admin_space_left_action = suspend\\nspace_left = 9999999\\nadmin_space_left = 9999998"
STATES = {
    "stopped": ("kill -STOP $(pidof auditd)", "daemon: ", "is stopped by SIGSTOP", "kill -CONT $(pidof auditd)"),
    "dead": ("kill $(pidof auditd); while pidof auditd; do sleep 0.1; done", "daemon: 1", "auditd is not running",
             "systemctl start auditd"),
    "suspended": (
        f"cp -p {CONF} /root/conf; sed -i '/space_left/d' {CONF}; printf '{FULL}\\n' >>{CONF};"
        "sleep 1.1; pkill -HUP -x auditd; sleep 1; auditctl -m x; sleep 1",
        "daemon: ", "auditd has suspended logging",
        f"mv /root/conf {CONF}; pkill -HUP -x auditd; sleep 1; pkill -USR2 -x auditd",
    ),
    "not reloaded": (f"cp -p {CONF} /root/conf; sleep 1.1; printf 'freq = 51\\n' >>{CONF}", "daemon: 1",
                     "has not read /etc/audit/auditd.conf", f"mv /root/conf {CONF}; pkill -HUP -x auditd"),
    "broken": (f"cp -p {CONF} /root/conf; printf 'nonsense = 1\\n' >>{CONF}", "daemon: ",
               "nonsense is not a keyword of auditd.conf", f"mv /root/conf {CONF}; pkill -HUP -x auditd"),
    "plugin not started": (PLUGIN, "daemon: 1", "the plugin site is active, but auditd does not run", NO_PLUGIN),
    "plugin stopped": (f"{RUN_PLUGIN} kill -STOP $(pgrep -x site)", "daemon: 1", "is stopped by SIGSTOP",
                       f"kill -CONT $(pgrep -x site); {NO_PLUGIN}"),
    "plugin removed": (f"{RUN_PLUGIN} rm /usr/local/sbin/site", "daemon: ", "there is no such file", NO_PLUGIN),
    "plugin goes on": (f"{RUN_PLUGIN} sed -i 's/yes/no/' {PLUGINS}/site.conf", "daemon: 1", "auditd still runs",
                       NO_PLUGIN),
    "silent": ("auditctl -a never,task", "not recording: 1", "kernel: '-a never,task' switches auditing off",
               "auditctl -d never,task"),
    "off": ("auditctl -e 0", "not recording: 1", "'enabled 0' switches auditing off", "auditctl -e 1"),
}  # fmt: skip


@pytest.fixture
def healthy(guests, playbook, tmp_path):
    """The first guest with the files of the packages, whose daemon runs with them, and the rule of the file."""

    def heal():
        DaemonHost(guests[0], playbook, tmp_path)
        guests[0].run(RULE)

    heal()
    yield guests[0]
    heal()


@pytest.mark.parametrize("state", STATES)
def test_each_state_is_named(healthy, drift, state):
    """On a real host, in the row and in a reason."""
    provoke, row, reason, undo = STATES[state]
    healthy.run(f"({provoke}) >/dev/null")
    try:
        rows, report, failed = drift(HOSTS[:1])
    finally:
        healthy.run(f"({undo}) >/dev/null", check=False)
    assert rows["bookworm"].startswith(row), report
    assert any(reason in line for line in report[3:]), report
    assert failed[0].startswith(f"bookworm: {row}")


def test_the_declaration_is_compared(guests, drift):
    """Where the inventory declares rules, those are named that the host lacks; nothing is changed."""
    before = guests[0].run("auditctl -l; cat /etc/audit/rules.d/* /etc/audit/auditd.conf").stdout
    declared = {"auditd_rule_packs": [], "auditd_rules": ["-w /etc/motd -p wa -k motd"], "auditd_log_space": 320}
    rows, report, failed = drift(HOSTS[:1], **declared)
    assert rows["bookworm"].startswith("not as declared: ")
    rule = "-a always,exit -F path=/etc/motd -F perm=wa -F key=motd"
    assert f"bookworm: declared, and not held: {rule}" in report
    assert "bookworm: declared, and not in /etc/audit/auditd.conf: num_logs = 10" in report
    assert len(failed) == 1
    assert guests[0].run("auditctl -l; cat /etc/audit/rules.d/* /etc/audit/auditd.conf").stdout == before


def test_a_host_without_python_has_failed(guests, drift):
    rows, _report, failed = drift(HOSTS[:1], ansible_python_interpreter="/nowhere/python3")
    assert rows["bookworm"].startswith("failed: ")
    assert failed[0].startswith("bookworm: failed: ")


@pytest.mark.fleet
def test_a_client_whose_records_do_not_arrive(lab, drift, playbook, tmp_path):
    """On two guests that the role has set up: unplugged, refused by a server that writes nothing, and well again."""
    server, client = (lab.boot("bookworm", name=f"drift-{part}") for part in ("server", "client"))
    for guest in (server, client):
        guest.run("auditctl -e 1 >/dev/null")
    path = tmp_path / "remote.yml"
    path.write_text(json.dumps(plays(server, [client])))
    lines = playbook(path, limit=f"{server.name},{client.name}")
    assert not any(line["result"].get("failed") for line in lines), lines[-1]
    asked = {
        "remote_logging_mode": "client",
        "remote_logging_servers": [server.address],
        "remote_logging_server_hosts": [server.name],
        "remote_logging_prove_seconds": 8,
    }

    def said():
        rows, report, _failed = drift([client.name], **asked)
        return rows[client.name], [line for line in report if "remote logging" in line]

    row, reasons = said()
    assert (row.startswith("in sync"), reasons) == (True, []), row
    client.cut()
    row, reasons = said()
    assert row.startswith("daemon: "), row
    assert [line.startswith(f"{client.name}: remote logging is not confirmed: ") for line in reasons] == [True]
    client.join()
    server.run(f"cp -p {CONF} /root/conf; sed -i '/space_left/d' {CONF}; printf '{FULL}\n' >>{CONF}")
    server.run("sleep 1.1; pkill -HUP -x auditd; sleep 1; auditctl -m x; sleep 1")
    row, reasons = said()
    assert (row.startswith("daemon: "), len(reasons)) == (True, 1), row
    server.run(f"mv /root/conf {CONF}; pkill -HUP -x auditd; sleep 1; pkill -USR2 -x auditd")
    row, reasons = said()
    assert (row.startswith("in sync"), reasons) == (True, []), row
    for guest in (server, client):
        guest.stop()
