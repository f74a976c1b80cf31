# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks that answer questions: each thing is done on two guests, asked for, and told by whom it was."""

import csv
import json

import pytest

from legacy_netfilter import KERNEL, UNFIT, needs_legacy_netfilter

PROVOKE = r"""
id joe >/dev/null 2>&1 || useradd -m joe
as_joe() { python3 - "$@" <<'PYTHON'
import os, pwd, sys
joe = pwd.getpwnam("joe")
open("/proc/self/loginuid", "w").write(str(joe.pw_uid))
if sys.argv[1] == "-u":
    os.setgid(joe.pw_gid); os.setuid(joe.pw_uid)
os.execvp(sys.argv[2], sys.argv[2:])
PYTHON
}
"""
# By what changes the firewall, what is told of it.
FIREWALLS = {"nft add table bridge asked": {"program": "/nft", "command": "nft add table bridge asked"}}
if not UNFIT:
    FIREWALLS["iptables-legacy -A INPUT -p tcp --dport 4711 -j ACCEPT"] = {
        "program": "xtables-legacy-multi",
        "firewall": "xt_replace filter",
        "command": "--dport 4711",
    }
DO = {
    "who_touched": "echo x >/srv/payroll; chmod 644 /srv/payroll; as_joe -u cat /srv/payroll",
    "who_changed_the_firewall": "\n".join(f"as_joe -r {command}" for command in FIREWALLS),
    "who_connects_where": "as_joe -u python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 22))'",
    "who_killed_it": """cp /bin/sleep /tmp/victim; /tmp/victim 60 >/dev/null 2>&1 &
        sleep 0.5; as_joe -r kill -9 $!""",
}
ASK = {"who_touched": {"path": "/srv/payroll"}, "who_killed_it": {"process": "victim"}}
RELEASES = ("bookworm", "sid")
HOSTS = tuple(f"{release}-asked" for release in RELEASES)


@pytest.fixture(scope="module")
def guests(lab):
    guests = lab.boot_all([(f"{release}-asked", release) for release in RELEASES], kernel=KERNEL)
    for guest in guests:
        guest.run("echo x >/srv/payroll")
    yield guests
    for guest in guests:
        guest.stop()


@pytest.fixture(scope="module")
def answers(guests, playbook, tmp_path_factory):
    """Rows of each question by its name, and what was shown."""
    directory = tmp_path_factory.mktemp("answers")
    hosts = ",".join(HOSTS)
    for name in DO:
        installed = playbook(f"linux.audit.{name}", limit=hosts, extra={"install": True, **ASK.get(name, {})})
        assert not any(line["result"].get("failed") for line in installed), installed
    for guest in guests:
        guest.run(PROVOKE + "\n".join(DO.values()) + "\nsleep 1")
    found = {}
    for name in DO:
        output = directory / f"{name}.json"
        lines = playbook(f"linux.audit.{name}", limit=hosts, extra={"output": str(output), **ASK.get(name, {})})
        assert not any(line["result"].get("failed") for line in lines), lines
        shown = next(line["result"]["msg"] for line in lines if line["task"] == "Answer" and "msg" in line["result"])
        found[name] = (json.loads(output.read_text()), shown)
        assert output.stat().st_mode & 0o777 == 0o600
    return found


def by_joe(rows, **values):
    """The hosts on which joe did it."""
    return {row["host"] for row in rows if row["user"] == "joe" and all(values[name] in row[name] for name in values)}


def test_who_touched(answers):
    rows, shown = answers["who_touched"]
    assert by_joe(rows, path="/srv/payroll", command="cat /srv/payroll", result="success", program="/cat") == set(HOSTS)
    assert all("/srv/payroll" in row["path"] for row in rows)
    assert shown[0].startswith("Who touched /srv/payroll? ")
    assert shown[1].split()[:3] == ["TIME", "HOST", "USER"]


@pytest.mark.parametrize("program", ["nft", pytest.param("iptables-legacy", marks=needs_legacy_netfilter)])
def test_who_changed_the_firewall(answers, program):
    rows, _shown = answers["who_changed_the_firewall"]
    (told,) = (told for command, told in FIREWALLS.items() if command.startswith(program))
    assert by_joe(rows, **told) == set(HOSTS)


def test_who_connects_where(answers):
    rows, _shown = answers["who_connects_where"]
    assert by_joe(rows, program="python3", action="connect", address="127.0.0.1", port="22", result="success") == set(
        HOSTS
    )


def test_who_killed_it(answers):
    rows, _shown = answers["who_killed_it"]
    assert by_joe(rows, target="victim", signal="SIGKILL", command="kill -9", **{"as": "root"}) == set(HOSTS)
    assert all(row["target"] == "victim" for row in rows)


def test_investigate(answers, playbook, tmp_path):
    rows, _shown = answers["who_killed_it"]
    event = next(row for row in rows if row["host"] == HOSTS[0])
    output = tmp_path / "answer.csv"

    def investigate(**extra):
        lines = playbook("linux.audit.investigate", limit=HOSTS[0], extra={"output": str(output), **extra})
        with output.open() as file:
            return lines, list(csv.DictReader(file))

    lines, found = investigate(event_id=event["event"], start=event["time"])
    assert [(row["event"], row["target"], row["user"]) for row in found] == [(event["event"], "victim", "joe")]
    records = next(line["result"]["msg"] for line in lines if line["task"] == "Show all records of the event")
    assert "OBJ_PID" in [record["type"] for record in records[0]]
    _lines, session = investigate(session=found[0]["session"])
    assert event["event"] in [row["event"] for row in session]
    assert {row["user"] for row in session} == {"joe"}
    _lines, user = investigate(user="joe")
    assert {row["key"] for row in user} >= {"process_kills", "network_connections", "who_touched", "firewall_changes"}


# What the name of a program must not do to a terminal, to a spreadsheet and to the controller.
NAMES = {
    "=1+1": "'=1+1",
    "\u202egpj.exe": r"\u202egpj.exe",
    "\x1b[31m": r"\x1b[31m",
    "\u009b2J": r"\x9b2J",
    "{{ 7*6 }}": "{{ 7*6 }}",
    "{% if %}": "{% if %}",
}


def test_names_of_programs_are_shown_and_not_obeyed(guests, playbook, tmp_path):
    """The audit system really records them; the program is started by its bare name, and touches the watched file."""
    guest = guests[0]
    script = "\n".join(
        f"os.symlink('/bin/cat', {name!r}); subprocess.run([{name!r}, '/srv/payroll'], executable='./' + {name!r})"
        for name in NAMES
    )
    start = "mkdir /tmp/names && cd /tmp/names && LC_ALL=C.UTF-8 python3 -"
    guest.run(start, input=f"import os, subprocess\n{script}\n")
    guest.run("sleep 1; rm -r /tmp/names")
    output = tmp_path / "answer.csv"
    extra = {"path": "/srv/payroll", "columns": "command,program", "output": str(output)}
    lines = playbook("linux.audit.who_touched", limit=HOSTS[0], extra=extra)
    (shown,) = [line["result"]["msg"] for line in lines if line["task"] == "Answer" and "msg" in line["result"]]
    with output.open() as file:
        cells = {row["command"] for row in csv.DictReader(file)}
    for name, cell in NAMES.items():
        assert any(row.startswith((cell.removeprefix("'"), f"'{cell}")) for row in shown), (name, shown)
        assert any(text.startswith((cell, f"'{cell}")) for text in cells), (name, cells)


def test_questions_that_are_none(guests, playbook):
    for name in ("who_touched", "investigate"):
        lines = playbook(f"linux.audit.{name}", limit=HOSTS[0])
        assert lines[-1]["result"]["failed"]
        assert "-e " in lines[-1]["result"]["msg"]


def test_nothing_is_found(guests, playbook):
    lines = playbook("linux.audit.who_touched", limit=HOSTS[0], extra={"path": "/no/such/path"})
    assert lines[-1]["result"]["msg"] == [
        "Who touched /no/such/path? 0 events on 1 host.",
        f"{HOSTS[0]}: no rule watches /no/such/path",
    ]
