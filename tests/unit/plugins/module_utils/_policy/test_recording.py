# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that hold their rules and record nothing."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._policy.boot import loaded_by
from ansible_collections.linux.audit.plugins.module_utils._policy.recording import files_problems, kernel_problems
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import (
    RulesFile,
    compile_rules,
    in_augenrules_order,
)
from ansible_collections.linux.audit.plugins.module_utils.rules import _first_match
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file
from ansible_collections.linux.audit.plugins.modules import (
    audit_control,
    audit_info,
    audit_rule,
    audit_ruleset,
    audit_watch,
)
from changing import System
from kernel_double import rules_of
from running import run_module
from strategies import HOST

PASSWD = "-w /etc/passwd -p wa -k passwd"
NO_TASKS = "-a never,task"
MODULES = {
    "audit_rule": (audit_rule.main, {"rule": PASSWD}),
    "audit_watch": (audit_watch.main, {"path": "/etc/passwd", "permissions": "wa"}),
    "audit_ruleset": (audit_ruleset.main, {"rules": [PASSWD]}),
    "audit_ruleset that adds": (audit_ruleset.main, {"rules": [PASSWD], "purge": "none"}),
    "audit_control": (audit_control.main, {"backlog_limit": 100}),
    "audit_info": (audit_info.main, {}),
}


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel without rules and an empty rules.d."""
    return System(monkeypatch, tmp_path)


@pytest.fixture
def warnings(host):
    """warnings(name): the warnings of a module on the host."""

    def warnings(name, **parameters):
        main, usual = MODULES[name]
        return run_module(main, {"rules_dir": str(host.directory), **usual, **parameters}).get("warnings", [])

    return warnings


def in_files(*texts):
    """The problems of files 1.rules, 2.rules, ..."""
    files = []
    for number, text in enumerate(texts, 1):
        name = f"{number}.rules"
        files.append(RulesFile(name, text, tuple(parse_file(text, name, HOST))))
    return [(problem.origin, problem.reason) for problem in files_problems(files, HOST) if problem.silent]


@pytest.mark.parametrize("name", MODULES)
def test_a_rule_of_the_kernel_that_switches_auditing_off_is_a_warning(host, warnings, name):
    host.kernel.load(NO_TASKS)
    warning, *others = warnings(name)
    assert not any("switches auditing off" in other for other in others)
    assert warning.startswith("kernel: '-a never,task' switches auditing off: the kernel records no system call of any")


@pytest.mark.parametrize("name", MODULES)
def test_a_line_of_another_file_that_switches_auditing_off_is_a_warning(host, warnings, name):
    other = host.write("10-distribution.rules", "-D", NO_TASKS)
    origins = [warning.partition(": ")[0] for warning in warnings(name)]
    assert f"{other}:2" in origins


@pytest.mark.parametrize("name", [name for name in MODULES if name != "audit_control"])
def test_a_kernel_that_is_switched_off_is_a_warning(host, warnings, name):
    host.kernel.enabled = 0
    warning, *others = warnings(name)
    assert not any("switches auditing off" in other for other in others)
    assert warning == "kernel: 'enabled 0' switches auditing off: the kernel records no event of any rule"


def test_a_task_that_switches_auditing_on_again_has_no_warning(host, warnings):
    host.kernel.enabled = 0
    assert warnings("audit_control", enabled="enabled") == []
    assert warnings("audit_control", enabled="disabled")


@pytest.mark.parametrize(("held", "recording"), [([PASSWD], True), ([PASSWD, NO_TASKS], False)])
def test_audit_info_says_whether_the_kernel_records(host, held, recording):
    host.kernel.load(*held)
    host.write("10-all.rules", *held)
    info = run_module(audit_info.main, {"rules_dir": str(host.directory)})
    assert (info["in_sync"], info["recording"]) == (True, recording)
    paths = [problem["path"] for problem in info["problems"]]
    assert paths == ([] if recording else ["kernel", str(host.directory / "10-all.rules")])


def test_files_that_switch_auditing_off():
    assert in_files(f"{PASSWD}\n", "-e 0\n") == [
        ("2.rules:1", "switches auditing off: the kernel records no event of any rule")
    ]
    assert in_files("-e 0\n", "-e 1\n") == []
    assert [origin for origin, _reason in in_files(f"{NO_TASKS}\n{PASSWD}\n")] == ["1.rules:1"]
    # The line -D comes first, whichever file it is in; a deleted rule does not count.
    assert [origin for origin, _reason in in_files(f"{NO_TASKS}\n", "-D\n")] == ["1.rules:1"]
    assert in_files(f"{NO_TASKS}\n", "-d never,task\n") == []


def test_a_lock_that_a_later_line_undoes():
    assert in_files("-e 2\n", "-e 1\n") == [
        ("1.rules:1", "does not lock the kernel, because the last line -e counts (2.rules:1: '-e 1')")
    ]
    assert in_files("-e 1\n", "-e 2\n") == []


def test_the_last_switch_alone_is_what_augenrules_writes():
    text = f"-e 2\n{PASSWD}\n-e 1\n"
    assert compile_rules([text], lambda: True).splitlines()[-2:] == [PASSWD, "-e 1"]
    ordered = in_augenrules_order(parse_file(text, "1.rules", HOST))
    assert [line.text for line in ordered] == [PASSWD, "-e 1"]
    assert loaded_by(ordered).settings == {"enabled": 1}


def test_a_rule_after_which_nothing_is_asked_for_switches_nothing_off():
    never = "-a never,exit"
    assert kernel_problems(rules_of([PASSWD, never]), {"enabled": 1}, HOST) == []
    assert len(kernel_problems(rules_of([never, PASSWD]), {"enabled": 1}, HOST)) == 1


def test_what_is_too_involved_to_be_known_is_said(host, warnings, monkeypatch):
    """Nobody writes such rules; nothing is claimed of them, and nothing is left out in silence."""
    monkeypatch.setattr(_first_match, "_MOST_PARTS", 0)
    host.kernel.load("-a never,exit -F uid<61 -F pid<647", PASSWD, "-w /etc/shadow -p wa")
    rule = "kernel: '-a never,exit -S all -F uid<61 -F pid<{}' "
    assert warnings("audit_rule")[0] == (
        rule.format(647)
        + "may, together with those before it, leave out all events of 2 rules after it, such as '-a always,exit "
        "-F path=/etc/passwd -F perm=wa -F key=passwd'; these rules divide events into too many parts to be sure"
    )
    host.kernel.held.clear()
    host.kernel.load("-a never,exit -F uid<61 -F pid<648")
    assert warnings("audit_control") == [
        rule.format(648)
        + "it is not known whether anything is recorded: the rules up to it divide the events into too many parts"
    ]
    info = run_module(audit_info.main, {"rules_dir": str(host.directory)})
    assert [problem["stops_recording"] for problem in info["problems"]] == [False]
