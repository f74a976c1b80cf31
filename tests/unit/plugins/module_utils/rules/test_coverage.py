# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What coverage() says, against a model of what the kernel records."""

import collections

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import coverage_model
import list_model
from ansible_collections.linux.audit.plugins.module_utils.rules.coverage import (
    COVERED,
    NOT_COVERED,
    PARTLY,
    SWITCHED_OFF,
    UNDECIDED,
    HeldRules,
    coverage,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver


@pytest.mark.parametrize("number", [300, pytest.param(5500, marks=pytest.mark.fleet)])
def test_nothing_is_called_covered_that_the_model_does_not_record_and_nearly_all_is_that_it_records(number):
    """Prints how many cases are covered, and of how many that is said."""
    counts = collections.Counter()

    @settings(
        max_examples=number,
        phases=[Phase.generate],
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(coverage_model.cases())
    def compare(case):
        wanted, held = case
        events = [event for event in coverage_model.events([wanted, *held]) if coverage_model.matches(wanted, event)]
        recorded = sum(coverage_model.is_recorded(held, event) for event in events)
        answer = coverage(wanted, held)
        counts["cases"] += 1
        if not events:
            return
        truly = recorded == len(events)
        assert truly or answer.status != COVERED, case
        assert not truly or answer.status in (COVERED, UNDECIDED), case
        assert recorded or answer.status != PARTLY, case
        counts["truly"] += truly
        counts["said"] += truly and answer.status == COVERED
        counts[answer.status] += 1

    compare()
    share = counts["said"] / counts["truly"]
    print(f"\n{dict(counts)}: {share:.1%} of the covered ones are said to be covered")
    assert counts["cases"] == number
    assert counts["truly"] >= number // 5
    assert share >= 0.95


@pytest.mark.parametrize("filter_list", list_model.ANSWERS)
def test_no_list_makes_it_say_covered_of_what_is_not(filter_list):
    """Each list by its own function of the kernel, with rules that end the search, and with drops as what is wanted."""

    @settings(max_examples=400, phases=[Phase.generate], deadline=None, database=None, derandomize=True)
    @given(list_model.rules(filter_list), st.lists(list_model.rules(filter_list), max_size=4), st.booleans())
    def compare(wanted, others, is_held):
        held = [*others, wanted] if is_held else others
        drops = wanted.action == "never" or filter_list == "exclude"
        by_itself = "recorded" if filter_list in ("user", "exclude", "filesystem") else "dropped"
        answer = coverage(wanted, held)
        for event in list_model.events(filter_list):
            if answer.status != COVERED or list_model.ANSWERS[filter_list](wanted, event) != "yes":
                continue
            decided = list_model.decide(held, event)
            became = by_itself if decided is False else ("dropped" if decided is None else "recorded")
            assert (became == "dropped") is drops, (wanted, held, event)

    compare()


class Redhat(Resolver):
    """A host with auditctl 3.1.5, which adds syscalls to rules with a permission."""

    version = (3, 1, 5)

    def is_directory(self, path):
        return path in ("/etc", "/etc/sudoers.d")


HOST = Redhat()
B64, B32 = "-a always,exit -F arch=b64 ", "-a always,exit -F arch=b32 "
USERS = "-F auid>=1000 -F auid!=unset "
ANSWERS = {
    "a directory for a file": ("-w /etc/passwd -p wa", ["-w /etc -p wa"], COVERED, []),
    "a file for a directory": ("-w /etc -p wa", ["-w /etc/passwd -p wa"], PARTLY, ["other than /etc/passwd"]),
    "another file, which a rename names as well": ("-w /etc/passwd -p wa", ["-w /etc/shadow -p wa"], NOT_COVERED, []),
    "a permission more": ("-w /etc/passwd -p w", ["-w /etc/passwd -p wa"], COVERED, []),
    "a permission less": ("-w /etc/passwd -p wa", ["-w /etc/passwd -p w"], PARTLY, ["a"]),
    "an architecture less": ("-w /etc/passwd -p x", [B64 + "-F path=/etc/passwd -S all"], PARTLY, ["i386"]),
    "calls less": (B64 + "-S unlink,rename", [B64 + "-S rename"], PARTLY, ["x86_64: unlink"]),
    "calls in two rules": (B64 + "-S unlink,rename", [B64 + "-S rename", B64 + "-S unlink,rmdir"], COVERED, []),
    "users less": (
        B64 + "-S unlink " + USERS, [B64 + "-S unlink -F auid>=2000"], PARTLY, ["auid 1000-1999"],
    ),
    "users in two rules": (
        B64 + "-S unlink " + USERS, [B64 + "-S unlink -F auid<5000", B64 + "-S all -F auid>4999"], COVERED, [],
    ),
    "a permission that a call always has": (B64 + "-S chmod,fchown", [B64 + "-F perm=a"], COVERED, []),
    "calls that a permission needs": (
        B64 + "-p x -F path=/bin/su", [B64 + "-S execve"], PARTLY, ["x86_64: execveat"],
    ),
    "all failures for two errors": (B64 + "-S openat -F exit=-EACCES", [B64 + "-S openat -F success=0"], COVERED, []),
    "a comparison less": (B64 + "-S execve", [B64 + "-S execve -C uid!=euid"], PARTLY, ["uid=euid"]),
    "programs that are left out": (
        "-w /etc/passwd -p wa", ["-a never,exit -F exe=/bin/x", "-w /etc -p wa"], PARTLY, ["exe=/bin/x"],
    ),
    "an earlier never": (
        "-w /etc/passwd -p wa", ["-a never,exit -F dir=/etc", "-w /etc/passwd -p wa"], SWITCHED_OFF, [],
    ),
    "a later never": ("-w /etc/passwd -p wa", ["-w /etc/passwd -p wa", "-a never,exit -F dir=/etc"], COVERED, []),
    "no process": ("-w /etc/passwd -p wa", ["-w /etc/passwd -p wa", "-a never,task"], SWITCHED_OFF, []),
    "some processes": ("-w /etc/passwd -p wa", ["-w /etc/passwd -p wa", "-a never,task -F uid=7"], UNDECIDED, []),
    "no record": ("-w /etc/passwd -p wa", ["-w /etc -p wa", "-a always,exclude -F msgtype=SYSCALL"], SWITCHED_OFF, []),
    "other records": ("-w /etc/passwd -p wa", ["-w /etc -p wa", "-a always,exclude -F msgtype=CWD"], COVERED, []),
    "no files of a kind": (
        "-w /etc/passwd -p wa", ["-w /etc -p wa", "-a never,filesystem -F fstype=0xef53"], UNDECIDED, [],
    ),
    "no files of the kernel": (
        "-w /etc/passwd -p wa", ["-w /etc -p wa", "-a never,filesystem -F fstype=tracefs"], COVERED, [],
    ),
    "nothing": ("-w /etc/passwd -p wa", [], NOT_COVERED, []),
    "what cannot happen": (B64 + "-S openat -F uid=5 -F uid=6", [], UNDECIDED, []),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_what_covers_and_what_is_missing(name):
    wanted, held, status, missing = ANSWERS[name]
    answer = coverage(parse_line(wanted, HOST).rule, [parse_line(line, HOST).rule for line in held])
    assert (answer.status, [gap.text for gap in answer.gaps]) == (status, missing)
    assert bool(answer.reason) is (status == UNDECIDED)


def test_the_rules_and_keys_are_those_that_come_first():
    """A rule of the same words after a wider one is never reached, and its key is not recorded."""
    lines = ["-w /etc -p wa -k etc", "-w /etc/passwd -p wa -k identity"]
    held = [parse_line(line, HOST).rule for line in lines]
    answer = coverage(held[1], held)
    assert (answer.status, answer.by, answer.keys) == (COVERED, (held[0],), ("etc",))


def test_a_file_system_that_may_have_been_mounted_later_is_not_below_the_directory():
    wanted = parse_line("-w /srv/data/x -p wa", HOST).rule
    held = [Rule("exit", "always", (wanted.fields[0]._replace(name="dir", value="/srv"),))]
    assert coverage(wanted, held).status == COVERED
    assert coverage(wanted, held, mount_points=["/srv", "/mnt"]).status == COVERED
    assert coverage(wanted, held, mount_points=["/srv/data"]).status == NOT_COVERED


def test_hundreds_of_rules_are_compared():
    """A rule that each of many others could match beside its own path."""
    held = [parse_line(f"-w /srv/{number} -p wa -k a", HOST).rule for number in range(300)]
    held += [parse_line(B64 + f"-S openat -F path=/opt/{number} {USERS}", HOST).rule for number in range(300)]
    wanted = parse_line("-w /etc/passwd -p wa -k id", HOST).rule
    assert coverage(wanted, held).status == NOT_COVERED
    assert coverage(wanted, [*held, parse_line("-w /etc -p wa", HOST).rule]).status == COVERED


def test_of_ten_thousand_rules_only_those_are_compared_that_may_decide():
    lines = [f"-w /srv/{number % 90}/{number} -p wa -k a" for number in range(5000)]
    lines += [f"{B64} -S openat -F auid={number}" for number in range(5000)]
    lines += ["-w /etc -p wa -k etc", f"{B64} -S execve"]
    rules = [parse_line(line, HOST).rule for line in lines]
    watch, of_user = (parse_line(line, HOST).rule for line in ("-w /etc/passwd -p wa", B64 + "-S openat -F auid=7"))
    assert HeldRules(rules).near(of_user) == [rules[5007]]
    assert coverage(of_user, rules).by == (rules[5007],)
    assert coverage(watch._replace(syscalls=frozenset((90,))), rules).keys == ("etc",)
    # Each of the watches may record an event that is left out because of /opt: a rename names two files.
    answer = coverage(watch, [parse_line("-a never,exit -F dir=/opt", HOST).rule, *rules])
    assert (answer.status, answer.reason) == (UNDECIDED, "more than 1000 rules may decide about its events")


def test_rules_after_one_that_matches_all_events_are_not_counted():
    line = "-w /etc -p wa -k etc"
    wanted = parse_line(line, HOST).rule
    below = [parse_line(f"-w /etc/{number} -p wa -k a", HOST).rule for number in range(1001)]
    assert coverage(wanted, [wanted, *below]).keys == ("etc",)
    assert coverage(wanted, below).status == UNDECIDED


def test_what_is_missing_of_all_calls_is_said_by_what_is_not():
    wanted, held = (parse_line(f"{B64}{calls} -F uid=7", HOST).rule for calls in ("-S all", "-S rename,unlink"))
    assert [gap.text for gap in coverage(wanted, [held]).gaps] == ["x86_64: all but rename,unlink"]
