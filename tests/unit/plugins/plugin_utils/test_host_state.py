# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a host in words, from what audit_info returns."""

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.linux.audit.plugins.filter.state import FilterModule
from ansible_collections.linux.audit.plugins.module_utils._policy.recording import files_problems, kernel_problems
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import RulesFile
from ansible_collections.linux.audit.plugins.module_utils._policy.survey import described_problem
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file, parse_line
from paths import PLUGINS
from strategies import HOST

FILTERS = FilterModule().filters()
differences, host_state = FILTERS["differences"], FILTERS["host_state"]
auditing_off = FILTERS["auditing_off"]

NOTHING = {"missing": [], "extra": [], "other_key": [], "out_of_order": [], "settings": []}
IN_SYNC = {
    "available": True, "in_sync": True, "reboot_required": False, "pending": [], "drift": NOTHING,
    "files": [{"path": "a.rules", "line": 1, "text": "-b 8192"}],
}  # fmt: skip
OF_ALL_KINDS = IN_SYNC | {
    "in_sync": False,
    "files": [{"path": "a.rules", "line": 1, "text": "-x", "error": "unknown option -x"}],
    "drift": {
        "missing": ["-w /a"],
        "extra": ["-w /b"],
        "other_key": [{"file": "-w /c -k file", "kernel": "-w /c -k kernel"}],
        "out_of_order": [{"first": "-w /d", "second": "-w /e"}],
        "settings": [{"name": "backlog_limit", "file": 8192, "kernel": 64}],
    },
}


def test_every_kind_of_difference_has_a_line():
    assert differences(OF_ALL_KINDS) == [
        "unknown option -x",
        "not loaded: -w /a",
        "in no file: -w /b",
        "loaded under another key: -w /c -k file",
        "loaded in another place: -w /e",
        "another value in the kernel: backlog_limit",
    ]
    assert differences(IN_SYNC) == []


def test_every_kind_of_difference_that_the_module_documents_is_counted():
    """A kind that audit_info learns about must get a line, too."""
    text = (PLUGINS / "modules" / "audit_info.py").read_text().partition('RETURN = r"""')[2].partition('"""')[0]
    assert set(yaml.safe_load(text)["drift"]["contains"]) == set(NOTHING)


@pytest.mark.parametrize("ignored", [["backlog_limit"], "enabled,backlog_limit"])
def test_settings_can_be_ignored(ignored):
    assert differences(OF_ALL_KINDS, ignore_settings=ignored) == differences(OF_ALL_KINDS)[:-1]


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ([], ["-a always,exit -F path=/a -F key=wazuh_fim", "-a always,exit -S open"]),
        (["wazuh_*"], ["-a always,exit -S open"]),
        ([""], ["-a always,exit -F path=/a -F key=wazuh_fim"]),
        (["other"], ["-a always,exit -F path=/a -F key=wazuh_fim", "-a always,exit -S open"]),
    ],
)
def test_rules_of_other_agents_can_be_ignored(patterns, left):
    """By keys in the canonical form, which is what audit_info returns; only if no file has them."""
    extra = ["-a always,exit -F path=/a -F key=wazuh_fim", "-a always,exit -S open"]
    found = IN_SYNC | {"drift": NOTHING | {"extra": extra, "missing": ["-a always,exit -F key=wazuh_fim"]}}
    expected = ["not loaded: -a always,exit -F key=wazuh_fim", *(f"in no file: {rule}" for rule in left)]
    assert differences(found, ignore_keys=patterns) == expected


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (IN_SYNC, "in sync"),
        (OF_ALL_KINDS, "drift: 6"),
        (OF_ALL_KINDS | {"reboot_required": True, "pending": ["-b 1", "-w /a"]}, "waiting for reboot: 2"),
        ({"available": False, "reason": "this is a container"}, "no audit: this is a container"),
        ({"failed": True, "msg": "no Python"}, "failed: no Python"),
        ({"failed": False, "failed_when_result": False, "msg": "no Python"}, "failed: no Python"),
        ({}, "failed: unknown"),
        ({"unreachable": True, "msg": "no route"}, "unreachable"),
    ],
)
def test_state(result, state):
    assert host_state(result) == state


@pytest.mark.parametrize("name", FILTERS)
def test_anything_but_a_result_is_refused(name):
    with pytest.raises(AnsibleFilterError, match=f"linux.audit.{name} takes a result of audit_info"):
        FILTERS[name](["in sync"])


LIVE = "-a always,exit -S open"


def result(held=(), *files, **settings):
    """What audit_info says of a kernel and of a file, by the code of the module."""
    rules = [parse_line(line, HOST).rule for line in held]
    text = "".join(line + "\n" for line in files)
    parsed = RulesFile("a.rules", text, tuple(parse_file(text, "a.rules", HOST)))
    problems = kernel_problems(rules, {"enabled": 1, **settings}, HOST) + files_problems([parsed], HOST)
    return IN_SYNC | {"problems": [described_problem(problem) for problem in problems]}


@pytest.mark.parametrize(
    ("lines", "silent"),
    [
        (["-a never,task"], True),
        ([LIVE, "-a never,task"], True),
        (["-a never,task -F auid=1000"], False),
        (["-a never,exit -S all"], True),
        (["-a never,exit -F arch=b64 -S all"], True),
        ([LIVE, "-a never,exit -S all"], False),
        (["-w /etc/passwd -p wa", "-a never,exit -S all"], False),
        (["-a never,exit -S open"], False),
        (["-a never,exit -S all -F auid=unset"], False),
        (["-a never,exit -C uid!=euid -S all"], False),
        (["-a always,exclude -F msgtype=CWD"], False),
        ([LIVE], False),
        ([], False),
    ],
)
def test_rules_that_switch_auditing_off(lines, silent):
    """In the kernel as in the files."""
    assert bool(auditing_off(result(lines))) == silent
    assert bool(auditing_off(result([], *lines))) == silent


def test_a_rule_that_is_put_first_counts_as_first():
    assert auditing_off(result([], LIVE, "-A never,exit -S all")) == [
        "a.rules:2: '-A never,exit -S all' switches auditing off: the kernel records no system call that no rule "
        "before this one records"
    ]


def test_settings_that_switch_auditing_off():
    off = "switches auditing off: the kernel records no event of any rule"
    assert auditing_off(result([], "-e 0")) == [f"a.rules:1: '-e 0' {off}"]
    assert auditing_off(result([], "-e 1")) == []
    assert auditing_off(result(enabled=0)) == [f"kernel: 'enabled 0' {off}"]
    (said,) = auditing_off(result([], "-r 1", "-b 0"))
    assert said.startswith("a.rules:1: '-r 1' leaves hardly an event whole, because the kernel drops what exceeds")
    assert auditing_off(result(backlog_limit=1, backlog_wait_time=15000)) == []
    (said,) = auditing_off(result(rate_limit=0, backlog_limit=1, backlog_wait_time=0))
    assert said.startswith("kernel: 'backlog_limit 1' leaves hardly an event whole, because no more records than these")
    assert auditing_off({"available": False}) == []
