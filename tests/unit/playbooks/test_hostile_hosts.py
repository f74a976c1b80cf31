# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host on which root answers what it likes can do to the controller, to the terminal and to other hosts."""

import csv
import json

import pytest

from hostile_host import HostileHosts, failures, shown
from paths import ROOT

TEMPLATE = "{{ lookup('ansible.builtin.pipe', 'touch PWNED') }}{% raw %}"
ESCAPES = "\x1b[2J\x9b31m\u202egpj.exe\u200b"
ESCAPED = r"\x1b[2J\x9b31m\u202egpj.exe\u200b"


def event(exe, **more):
    """An event of audit_search that all question playbooks select."""
    return {
        "time": "2026-01-29T12:34:56.123Z", "id": 7, "node": None, "types": ["SYSCALL"], "kind": None, "action": "x",
        "object": None, "success": True, "subject": {"exe": exe, "auid": {"id": 1000, "name": "joe"}},
        "syscall": {"name": "kill", "arguments": []}, "command": ["a"], "keys": [], "paths": [],
        "addresses": [{"address": "192.0.2.1", "port": 80}], "targets": [{"pid": 1, "comm": exe}],
        "records": [{"type": "SYSCALL", "fields": {"exe": exe}}],
    } | more  # fmt: skip


def found(*events):
    return {"audit_search": {"changed": False, "events": list(events), "warnings": []}}


INFO = {
    "available": True, "in_sync": True, "reboot_required": False, "pending": [], "files": [], "rules": [],
    "status": {"enabled": "enabled", "lost": 0, "backlog": 0, "backlog_limit": 64}, "daemon": {"name": "auditd"},
    "drift": {"missing": [], "extra": [], "other_key": [], "out_of_order": [], "settings": []}, "changed": False,
    "problems": [],
}  # fmt: skip
REPORT = {"changed": False, "report": {"logging_suspended": False}}
QUESTIONS = {
    "who_touched": {"path": "/etc/passwd"},
    "who_changed_the_firewall": {},
    "who_connects_where": {},
    "who_killed_it": {"process": "x"},
    "investigate": {"event_id": "7"},
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_name_of_a_process_is_no_template_and_no_escape_sequence(tmp_path, question):
    """It is printed as it is written, and what a terminal would obey or hide is an escape."""
    hosts = HostileHosts(tmp_path, {"web1": found(event(TEMPLATE), event(ESCAPES))})
    lines = hosts.run(f"linux.audit.{question}", columns="time,program", **QUESTIONS[question])
    assert failures(lines) == {}
    (table,) = shown(lines, "Answer")
    assert table[0].endswith("2 events on 1 host.")
    assert {row.split("  ", 1)[1] for row in table[2:]} == {TEMPLATE, ESCAPED}
    assert not (ROOT / "PWNED").exists()
    if question == "investigate":
        (records,) = shown(lines, "Show all records of the event")
        assert {one[0]["fields"]["exe"] for one in records} == {TEMPLATE, ESCAPED}


@pytest.mark.parametrize("text", [TEMPLATE, ESCAPES])
def test_drift_prints_what_a_host_says_literally(tmp_path, text):
    """Also in the message of a failure."""
    hosts = HostileHosts(tmp_path, {"web1": {"audit_info": {"available": False, "reason": text}}})
    lines = hosts.run("linux.audit.drift", drift_fail=True)
    said = text if text == TEMPLATE else ESCAPED
    assert failures(lines) == {"web1": f"web1: no audit: {said}"}
    report = shown(lines, "The fleet")[0]
    assert report[2].startswith(f"web1  no audit: {said[:40]}")
    assert report[-1] == f"web1: no audit: {said}"


def test_the_rows_of_drift_are_exact_in_json_and_no_formula_in_csv(tmp_path):
    """A reason of a host is text, whatever it begins with."""
    rule = "=cmd|' /C calc'!A0"
    found = INFO | {"in_sync": False, "drift": INFO["drift"] | {"extra": [rule]}, "daemon": {"name": "=1+1"}}
    hosts = HostileHosts(
        tmp_path, {"web1": {"audit_info": found}, "web2": {"audit_info": INFO, "auditd_service": REPORT}}
    )
    files = {name: tmp_path / f"fleet.{name}" for name in ("json", "csv")}
    for path in files.values():
        assert set(failures(hosts.run("linux.audit.drift", output=str(path)))) == {"web1"}
    document = json.loads(files["json"].read_text())
    assert (document["schema"], document["schema_version"]) == ("linux.audit.drift", 1)
    rows = {row["host"]: row for row in document["hosts"]}
    assert (rows["web1"]["state"], rows["web1"]["reasons"]) == ("drift: 1", [f"in no file: {rule}"])
    assert (rows["web1"]["daemon"], rows["web2"]["reasons"]) == ("=1+1", [])
    with files["csv"].open() as file:
        cells = {row["host"]: row for row in csv.DictReader(file)}
    assert cells["web1"]["daemon"] == "'=1+1"
    assert cells["web1"]["reasons"] == f"in no file: {rule}"


def test_drift_fails_for_a_host_on_which_no_module_runs(tmp_path):
    """A host without a Python is an error, and the others are compared."""
    hosts = HostileHosts(tmp_path, {"web1": {}, "web2": {"audit_info": INFO, "auditd_service": REPORT}})
    (tmp_path / "web1" / "python").unlink()
    lines = hosts.run("linux.audit.drift")
    (said,) = failures(lines).values()
    assert said.startswith("web1: failed: ")
    (report,) = shown(lines, "The fleet")
    assert report[0] == "2 hosts: 1 failed, 1 in sync."
    assert report[2].startswith("web1")


def test_files_hold_exact_json_and_csv_without_formulas(tmp_path):
    """A cell that starts like a formula starts with an apostrophe."""
    names = ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", ESCAPES, "x=1"]
    hosts = HostileHosts(tmp_path, {"web1": found(*map(event, names))})
    files = {name: tmp_path / f"answer.{name}" for name in ("json", "csv")}
    for path in files.values():
        assert failures(hosts.run("linux.audit.who_connects_where", columns="program", output=str(path))) == {}
    assert sorted(row["program"] for row in json.loads(files["json"].read_text())) == sorted(names)
    with files["csv"].open() as file:
        cells = {row["program"] for row in csv.DictReader(file)}
    assert cells == {"'=HYPERLINK(1)", "'+1", "'-1", "'@x", r"'\tx", ESCAPED, "x=1"}


def test_columns_without_the_time_are_sorted_by_time(tmp_path):
    """Of all hosts together."""
    times = [f"2026-01-29T12:00:0{number}.000Z" for number in range(4)]
    answers = {
        host: found(*(event(f"p{number}", time=times[number]) for number in numbers))
        for host, numbers in {"web1": (3, 1), "web2": (0, 2)}.items()
    }
    lines = HostileHosts(tmp_path, answers).run("linux.audit.who_connects_where", columns="program")
    assert shown(lines, "Answer") == [["Who connects where? 4 events on 2 hosts.", "PROGRAM", "p0", "p1", "p2", "p3"]]


@pytest.mark.parametrize(
    ("columns", "message"),
    [("time,colour", "unknown column: colour"), ("", "unknown column: ''"), ([], "no column is given"),
     (5, "columns must be a list or a text with commas, not 5"), ([["x"]], "unknown column: ['x']")],
)  # fmt: skip
def test_wrong_columns_are_refused_before_a_host_is_asked(tmp_path, columns, message):
    """The message says which columns there are."""
    hosts = HostileHosts(tmp_path, {"web1": found(event("x"))})
    (said,) = failures(hosts.run("linux.audit.who_connects_where", columns=columns)).values()
    assert f"linux.audit.event_rows: {message}" in said
    assert "Traceback" not in said
    assert hosts.asked("web1") == []


def test_a_time_that_is_no_text_breaks_only_its_own_host(tmp_path):
    """The others are shown."""
    hosts = HostileHosts(tmp_path, {"web1": found(event("liar", time={"a": 1})), "web2": found(event("good"))})
    (table,) = shown(hosts.run("linux.audit.who_connects_where", columns="host,program"), "Answer")
    assert "web2  good" in table


def test_a_host_does_not_choose_the_file_that_the_controller_writes(tmp_path):
    """Not by a fact of the variable's name, which a result may hold."""
    stolen = tmp_path / "stolen"
    facts = {"output": str(stolen), "answer_file": str(stolen), "columns": "key", "answer_question": "?"}
    answers = found(event("x"))
    answers["audit_search"]["ansible_facts"] = facts
    lines = HostileHosts(tmp_path, {"web1": answers, "web2": found(event("y"))}).run("linux.audit.who_connects_where")
    assert not stolen.exists()
    assert shown(lines, "Answer")[0][0] == "Who connects where? 2 events on 2 hosts."
    assert shown(lines, "Answer")[0][1].split()[:3] == ["TIME", "HOST", "USER"]


def test_a_host_has_no_row_under_the_name_of_another(tmp_path):
    """A result that audit_info cannot have returned fails, and the row that came with it as a fact is left out."""
    forged = {"host": "web2", "state": "in sync", "lock": "immutable"}
    answers = {
        "web1": {"audit_info": {"available": True, "status": 5, "ansible_facts": {"drift_row": forged}}},
        "web2": {"audit_info": INFO, "auditd_service": REPORT},
    }
    (report,) = shown(HostileHosts(tmp_path, answers).run("linux.audit.drift"), "The fleet")
    assert report[0] == "2 hosts: 1 failed, 1 in sync."
    assert [row.split()[:2] for row in report[2:]] == [["web1", "failed"], ["web2", "in"]]


@pytest.mark.parametrize("role", ["auditd", "remote_logging", "immutable"])
def test_facts_with_names_of_our_variables_are_refused(tmp_path, role):
    """Of each host that has some; also if it tries to hide them with a fact that has the name of all facts."""
    facts = {
        "files": {"auditd_rule_files": ["/etc/hostname"]},
        "hidden": {"auditd_rule_files": ["/etc/hostname"], "ansible_facts": {"os_family": "Debian", "cmdline": {}}},
        "keytab": {"remote_logging_krb5_client_keytab_src": "/etc/hostname"},
        "tasks": {"immutable_drain_tasks": "/etc/hostname"},
        "src": {"src": ["/etc/hostname"]},
    }
    hosts = HostileHosts(tmp_path, {host: {"setup": {"ansible_facts": own}} for host, own in facts.items()})
    said = failures(hosts.run([{"hosts": "all", "gather_facts": True, "roles": [{"role": f"linux.audit.{role}"}]}]))
    for host, own in facts.items():
        assert "must not set" in said[host]
        assert next(iter(own)) in said[host]
        assert set(hosts.asked(host)) == {"setup"}


@pytest.mark.parametrize("playbook", ["compliance", "drift", "immutable", "report", "trial", *QUESTIONS])
def test_each_playbook_refuses_facts_with_names_of_its_variables(tmp_path, playbook):
    """Those that an earlier play has taken from the host, before the host is asked anything."""
    hosts = HostileHosts(tmp_path, {"web1": {"setup": {"ansible_facts": {"output": "/etc/stolen"}}}})
    plays = [{"hosts": "all", "gather_facts": True, "tasks": []}, {"import_playbook": f"linux.audit.{playbook}"}]
    failed = failures(hosts.run(plays, path="/etc/passwd", event_id="7"))
    assert "(output), which a managed host must not set" in failed["web1"]
    assert set(hosts.asked("web1")) == {"setup"}


def test_a_host_does_not_choose_the_question_that_all_are_said_to_answer(tmp_path):
    """A fact overrides what the inventory says."""
    facts = {"setup": {"ansible_facts": {"path": "/etc/motd"}}}
    hosts = HostileHosts(tmp_path, {"web1": facts | found(event("x")), "web2": found(event("y"))})
    hosts.inventory["all"]["vars"] = {"path": "/etc/shadow"}
    plays = [{"hosts": "all", "gather_facts": True, "tasks": []}, {"import_playbook": "linux.audit.who_touched"}]
    lines = hosts.run(plays)
    assert "(path), which a managed host must not set" in failures(lines)["web1"]
    (table,) = shown(lines, "Answer")
    assert table[0].startswith("Who touched /etc/shadow?")


def test_a_host_does_not_choose_which_file_of_the_controller_is_tried_on_it(tmp_path):
    """By a fact that an earlier play has taken from it."""
    hosts = HostileHosts(tmp_path, {"web1": {"setup": {"ansible_facts": {"src": ["/etc/hostname"]}}}})
    plays = [
        {"hosts": "all", "gather_facts": True, "tasks": []},
        {"import_playbook": "linux.audit.trial"},
    ]
    (said,) = failures(hosts.run(plays)).values()
    assert "(src), which a managed host must not set" in said
    assert hosts.asked("web1") == ["setup"]


def test_a_number_that_is_too_large_is_not_counted_and_the_other_hosts_are(tmp_path):
    """JSON has numbers of any size."""

    def tried(events):
        counts = {"events": events, "records": 1, "bytes": 1, "megabytes_per_day": 1.0, "share": 1.0}
        rules = [{"rule": "-w /etc/passwd -p wa", "exclusion": None, **counts}]
        return {"audit_trial": {"changed": False, "rules": rules, "set": counts, "seconds": 1.0, "stopped": None}}

    hosts = HostileHosts(tmp_path, {"web1": tried(10**400), "web2": tried(3)})
    lines = hosts.run("linux.audit.trial", trial_rules=["-w /etc/passwd -p wa"])
    (report,) = shown(lines, "What the rules would record")
    assert report[0].startswith("1 host of 2 tried rules")
    assert "web1: nothing was tried: the host answered what the module does not return" in report
