# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text that a host sends is a template, a path and an escape sequence, and every playbook takes it as a text.

Hosts spoil all texts of their results, or a part of them each, beside a good host. What a module returns is as the
documentation has it otherwise, so that playbooks run on to their ends.
"""

import csv
import itertools
import json
import re

import pytest

import matrix
from fuzz.targets import CALLS
from hostile_host import HostileHosts, failures
from paths import ROOT

# What each of them does that is not a text: it is evaluated, leaves the directory, ends the line, obeys the terminal.
PRODUCT = str(7331 * 7331)
SPOILED = (
    "{{ 7331 * 7331 }}{{ lookup('ansible.builtin.pipe', 'touch PWNED') }}{% if 7331 * 7331 %}<script>alert(1)</script>"
    "{% endif %}${7331 * 7331}\n../../../../PWNED\n=cmd|' /C calc'!A0\x1b[2J\x9b31m\u202e\x00\u2028"
)
OBEYED = re.compile("[\0-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]")
# Ways to say in JSON that a text is a template that may be evaluated, or is to be decrypted.
TAGGED = {
    "tag": {"__ansible_type": "TrustedAsTemplate", "value": SPOILED},
    "tagged": {
        "__ansible_type": "_AnsibleTaggedStr", "value": SPOILED, "tags": [{"__ansible_type": "TrustedAsTemplate"}],
    },
    "unsafe": {"__ansible_unsafe": SPOILED},
    "vault": {"__ansible_vault": "$ANSIBLE_VAULT;1.1;AES256\n00"},
}  # fmt: skip
PARTS = 4


def _call(name):
    return json.loads((CALLS / f"{name}.json").read_text())


def _results():
    """What modules return, by their names, with a text wherever a text can be."""
    info = _call("report_host")[1]
    problem = _call("drift_row")[0]["problems"][0] | {"lost_at_boot": True, "stops_recording": False}
    event = {
        "time": "2026-01-29T12:34:56.123Z", "id": 7, "node": "web1", "types": ["SYSCALL"], "kind": "k", "action": "x",
        "object": {"type": "file", "primary": "o"}, "success": True, "terminal": "pts0", "session": "3",
        "subject": {"exe": "/x", "comm": "c", "auid": {"id": 1000, "name": "joe"}, "uid": {"id": 0, "name": "root"}},
        "syscall": {"name": "kill", "arguments": ["1"]}, "command": ["a", "b"], "keys": ["k"],
        "paths": [{"name": "/f", "path": "/f"}], "addresses": [{"address": "192.0.2.1", "port": 80, "direction": "to"}],
        "targets": [{"pid": 1, "comm": "t"}], "records": [{"type": "SYSCALL", "fields": {"exe": "/x"}}],
    }  # fmt: skip
    changed = {"changed": True, "pending": ["-w /p -p wa"], "left_out": ["-w /l -p wa"], "reboot_required": True}
    changed |= {"removed": ["-a never,task"], "rules": ["-w /a -p wa"], "warnings": ["careful"]}
    program = {"changed": False, "rc": 0, "stdout": "first\nsecond", "stderr": "third", "stdout_lines": ["first"]}
    return {
        "audit_info": info | {
            "changed": False, "pending": ["-w /p -p wa"], "problems": [problem], "reboot_required": True,
            "loading_drop_ins": [{"unit": "auditd.service", "text": "[Service]"}], "warnings": ["careful"],
        },
        "auditd_service": {"changed": False, "report": {"logging_suspended": False, "log": "/l"}, "action": "started"},
        "audit_compliance": _call("compliance_host")[0],
        "audit_trial": _call("trial_report")[0]["web1"],
        "audit_search": {"changed": False, "events": [event], "gaps": ["since when"], "truncated": True, "count": 9},
        "audit_ruleset": changed, "audit_rule": changed, "audit_control": changed, "audit_watch": changed,
        "auditd_conf": {"changed": True, "warnings": ["careful"], "unconfirmed": "u"},
        "audisp_plugin": {"changed": True, "warnings": ["careful"]}, "command": program,
        "stat": {"changed": False, "stat": {"exists": False}},
        "find": {"changed": False, "files": [{"path": "/usr/sbin/grubby"}], "matched": 1},
        "setup": {"changed": False, "ansible_facts": {
            "ansible_os_family": "RedHat", "ansible_distribution": "Rocky", "ansible_distribution_version": "9",
            "ansible_cmdline": {"quiet": "1"},
        }},
    }  # fmt: skip


def _spoiled(node, chosen, key=False):
    """The structure with something appended to each text for which `chosen` returns that; keys too, if `key`."""
    if isinstance(node, dict):
        return {f"{name}{SPOILED}" if key else name: _spoiled(item, chosen, key) for name, item in node.items()}
    if isinstance(node, list):
        return [_spoiled(item, chosen, key) for item in node]
    if not isinstance(node, str):
        return node
    more = chosen()
    return f"{node}{more}" if isinstance(more, str) else more


def _in_sync(results):
    """The results of a host that may be locked."""
    files = [{"path": "/etc/audit/rules.d/zz-finalize.rules", "line": 1, "text": "-e 2"}]
    drift = {name: [] for name in results["audit_info"]["drift"]}
    return results | {"audit_info": results["audit_info"] | {
        "in_sync": True, "drift": drift, "files": files, "problems": [], "pending": [], "reboot_required": False,
    }}  # fmt: skip


def _answers():
    """A good host; some with all texts spoiled, and names; some with tags; and some with a part of the texts each."""
    results = _results()
    answers = {"good": _in_sync(results)}
    for name, given in (("drifted", results), ("synced", _in_sync(results))):
        answers[name] = _spoiled(given, lambda: SPOILED)
        for part in range(PARTS):
            turns = itertools.cycle(SPOILED if part == turn else "" for turn in range(PARTS))
            answers[f"{name}{part}"] = _spoiled(given, lambda turns=turns: next(turns))
    answers["names"] = {name: _spoiled(result, lambda: SPOILED, key=True) for name, result in results.items()}
    for name, tag in TAGGED.items():
        answers[name] = _spoiled(results, lambda tag=tag: tag)
    # It tells what a host has sent from what a play says.
    return {
        host: {name: dict(result, is_sent=True) for name, result in given.items()} for host, given in answers.items()
    }


def _hosts(directory, answers):
    hosts = HostileHosts(directory, answers)
    others = {host: {} for host in answers if host != "good"}
    hosts.inventory["all"]["children"] = {"audit_servers": {"hosts": {"good": {}}}, "audit_clients": {"hosts": others}}
    hosts.inventory["all"]["children"]["audit_locked"] = {"hosts": {host: {} for host in answers}}
    return hosts


PLAYBOOKS = {
    "compliance": {"compliance_standard": "stig_rhel9"},
    "drift": {"drift_fail": False, "remote_logging_prove_seconds": 4},
    "report": {"report_standard": "stig_rhel9", "report_textfile": "OUTPUT/fleet.prom", "report_prove": False},
    "trial": {"trial_rules": ["-w /etc/passwd -p wa"]},
    "investigate": {"event_id": "7", "install": True},
    "who_touched": {"path": "/f", "install": True},
    "who_killed_it": {"install": True},
    "immutable": {},
    "site": {
        "auditd_rule_packs": ["stig_rhel9"], "auditd_manage_packages": False, "remote_logging_manage_packages": False,
        "auditd_kernel_arguments": ["audit=1"], "auditd_standards": ["stig"], "remote_logging_prove_seconds": 4,
    },
}  # fmt: skip
FILES = {
    "drift": "fleet.csv",
    "trial": "rows.csv",
    "investigate": "events.csv",
    "compliance": "evidence",
    "report": "r",
}


@pytest.mark.parametrize("hosts", ["good,drifted,synced0,unsafe"])
def test_what_some_hosts_send_is_text(tmp_path, hosts):
    _run_and_look(tmp_path, "report", "--limit", hosts)


@pytest.mark.fleet
@pytest.mark.parametrize("core", [None, matrix.CORES[0]], ids=["own", "oldest"])
@pytest.mark.parametrize("name", PLAYBOOKS)
def test_what_hosts_send_is_text(tmp_path, name, core):
    """Before ansible-core 2.19 other code tells a template from a text."""
    _run_and_look(tmp_path, name, "--forks=16", commands=core and matrix.controller(core).commands)


def _run_and_look(directory, name, *words, commands=None):
    output = directory / "written" / FILES.get(name, "none")
    output.parent.mkdir()
    extra = {
        key: value.replace("OUTPUT", str(output.parent)) if isinstance(value, str) else value
        for key, value in PLAYBOOKS[name].items()
    }
    lines = _hosts(directory, _answers()).run(
        f"linux.audit.{name}", *words, commands=commands, **extra, output=str(output)
    )
    written = {path: path.read_text() for path in output.parent.rglob("*") if path.is_file()}

    assert not _marks(directory)
    assert [line for line in lines if PRODUCT in json.dumps(line)] == []
    assert [path.name for path, text in written.items() if PRODUCT in text] == []
    assert [text for line in lines for text in _said(line) if OBEYED.search(text)] == []
    assert [path.name for path, text in written.items() if OBEYED.search(re.sub("[\n\t\r]", "", text))] == []
    assert [path.name for path, text in written.items() if _is_markup(path) and "<script>alert" in text] == []
    assert [cell for path, text in written.items() if path.suffix == ".csv" for cell in _formulas(text)] == []
    assert "good" not in failures(lines)
    assert any("good" in text for text in [*written.values(), *(text for line in lines for text in _said(line))])
    assert written or name not in FILES


def _is_markup(path):
    return path.suffix in (".html", ".xml")


def _marks(directory):
    """What a template has made, or a path that was followed."""
    near = [ROOT, ROOT / "playbooks", *directory.parents[:4], directory]
    return [path for place in near for path in place.glob("PWNED*")] + list(directory.rglob("PWNED*"))


def _said(line):
    """The texts that a task shows on the controller by itself, not by what a host has sent."""
    result = line["result"]
    if result.get("is_sent"):
        return
    for one in [result, *result.get("results", [])]:
        if not one.get("is_sent"):
            said = one.get("msg", "")
            yield from _texts(said.splitlines() if isinstance(said, str) else said)


def _texts(node):
    if isinstance(node, dict):
        for name, item in node.items():
            yield name
            yield from _texts(item)
    elif isinstance(node, list):
        for item in node:
            yield from _texts(item)
    elif isinstance(node, str):
        yield node


def _formulas(text):
    return [cell for row in csv.reader(text.splitlines()) for cell in row if cell[:1] in tuple("=+-@\t\r") and cell]
