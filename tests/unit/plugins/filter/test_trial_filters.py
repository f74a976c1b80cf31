# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trials of a fleet as rows and as a report; one host can answer what it likes."""

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.linux.audit.plugins.filter.trial import FilterModule, trial_report, trial_rows
from hostile_host import HostileHosts, failures, shown
from paths import PLUGINS, ROOT

OPEN, MOUNT = "-a always,exit -S openat -k a", "-a always,exit -S mount -k m"
ESCAPES = "\x1b[2J\u202egpj.exe"
TEMPLATE = "{{ lookup('ansible.builtin.pipe', 'touch PWNED') }}"


def rule(line, megabytes, **more):
    return {
        "rule": line, "events": 10, "records": 20, "bytes": 3000, "megabytes_per_day": megabytes, "share": 0.5,
        "exclusion": {"sentence": "81% of them: exe=/usr/sbin/chronyd, auid unset"},
    } | more  # fmt: skip


def result(*rules, **more):
    return {
        "changed": False, "rules": list(rules), "set": {}, "seconds": 30.0, "stopped": None,
        "retention": {"days_without": 20.0, "days_with": 2.5},
    } | more  # fmt: skip


def test_the_noisiest_rule_of_the_fleet_comes_first_and_the_sum_last():
    lines = trial_report({
        "web1": result(rule(MOUNT, 1.0), rule(OPEN, 2.0)), "web2": result(rule(OPEN, 5.25)),
        "db1": {"failed": True, "msg": "the audit system is immutable"},
    })  # fmt: skip
    assert lines[0] == "2 hosts of 3 tried rules, which would log 8.25 MB a day together."
    assert lines[1] == "The logs would reach back 2.5 days instead of 20 on web1, the shortest of 2 hosts."
    table = [line.split() for line in lines[2:6]]
    assert table[0][:6] == ["MB", "A", "DAY", "EVENTS", "HOSTS", "NOISIEST"]
    assert [row[:3] for row in table[1:]] == [["7.25", "20", "2"], ["1.00", "10", "1"], ["8.25", "30", "2"]]
    assert table[1][3] == "web2"
    assert lines[5].endswith("all rules")
    assert lines[6:] == ["db1: nothing was tried: the audit system is immutable"]


def test_the_host_whose_logs_would_reach_back_least_is_named():
    retention = {"days_without": None, "days_with": 0.14}
    fleet = {"web1": result(rule(OPEN, 1.0)), "web2": result(rule(OPEN, 2.0), retention=retention)}
    assert trial_report(fleet)[1] == "The logs would reach back 0.14 days on web2, the shortest of 2 hosts."
    assert trial_report({"web2": fleet["web2"]})[1] == "The logs would reach back 0.14 days on web2."
    unknown = result(rule(OPEN, 1.0), retention={"days_without": None, "days_with": None})
    assert "reach back" not in " ".join(trial_report({"web1": unknown}))


def test_a_host_that_stopped_and_one_without_a_rule_are_named():
    lines = trial_report({"a": result(rule(OPEN, 1.0), stopped="rate_limit", seconds=1.5), "b": {"tried": []}})
    assert "a: the trial ended after 1.5 s (rate_limit)" in lines
    assert "b: nothing was tried: no rule is left to try" in lines
    assert trial_report({}) == ["0 hosts of 0 tried rules, which would log 0.00 MB a day together."]


def test_rows_have_what_a_spreadsheet_needs():
    (row,) = trial_rows({"web1": result(rule(OPEN, 1.0)), "db1": {"msg": "no"}})
    assert row == {
        "host": "web1", "rule": OPEN, "events": 10, "records": 20, "bytes": 3000, "megabytes_per_day": 1.0,
        "share": 0.5, "most": "81% of them: exe=/usr/sbin/chronyd, auid unset", "seconds": 30.0, "stopped": "",
        "days_without": 20.0, "days_with": 2.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    "lie",
    [
        {"rules": 7}, {"rules": ["x"]}, {"rules": [{}]}, {"seconds": "long"},
        {"rules": [rule(OPEN, "much")]}, {"rules": [rule(OPEN, float("nan"))]}, {"rules": [rule(OPEN, True)]},
        {"rules": [rule(OPEN, 1.0, exclusion=7)]}, {"retention": {"days_with": "{{ 7 }}"}}, {"retention": 7},
    ],
)  # fmt: skip
def test_a_host_that_answers_what_no_module_returns_counts_as_failed(lie):
    fleet = {"good": result(rule(OPEN, 1.0)), "bad": result() | lie}
    assert "bad: nothing was tried: the host answered what the module does not return" in trial_report(fleet)
    assert {row["host"] for row in trial_rows(fleet)} == {"good"}


def test_text_of_a_host_is_escaped_in_the_report():
    lines = trial_report({"web1": result(rule(ESCAPES, 1.0), stopped=ESCAPES), "db1": {"msg": ESCAPES}})
    assert not set("".join(lines)) & {"\x1b", "\u202e"}


@pytest.mark.parametrize("value", [None, [], "x", {"web1": 7}])
@pytest.mark.parametrize("name", ["trial_rows", "trial_report"])
def test_what_is_refused(name, value):
    with pytest.raises(AnsibleFilterError, match=f"linux.audit.{name} takes results of audit_trial"):
        FilterModule().filters()[name](value)
    assert yaml.safe_load((PLUGINS / "filter" / f"{name}.yml").read_text())["DOCUMENTATION"]["name"] == name


def test_the_playbook_shows_and_writes_what_hosts_answer(tmp_path):
    answers = {
        "web1": {"audit_trial": result(rule(OPEN, 2.0))},
        "web2": {"audit_trial": result(rule(TEMPLATE, 1.0), rule(ESCAPES, 0.5))},
        "web3": {"audit_trial": {"failed": True, "msg": TEMPLATE}},
        "web4": {"audit_trial": result(rule(OPEN, "much"), ansible_facts={"trial_file": str(tmp_path / "stolen")})},
    }
    hosts = HostileHosts(tmp_path, answers)
    lines = hosts.run("linux.audit.trial", trial_rules=[OPEN], output=str(tmp_path / "rows.csv"))
    assert failures(lines) == {}
    (report,) = shown(lines, "What the rules would record")
    assert report[0] == "2 hosts of 4 tried rules, which would log 3.50 MB a day together."
    assert f"web3: nothing was tried: {TEMPLATE}" in report
    assert "web4: nothing was tried: the host answered what the module does not return" in report
    rows = (tmp_path / "rows.csv").read_text().splitlines()
    assert len(rows) == 4
    assert rows[1].startswith(f'web1,"\'{OPEN}",10,20,3000,2.0,')
    assert not (tmp_path / "stolen").exists()
    assert not (ROOT / "PWNED").exists()
