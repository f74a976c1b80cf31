# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that switch auditing off."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules import _first_match
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.silence import silences
from strategies import HOST

FIRST_CALLS, OTHER_CALLS = (
    f"-a never,exit -F arch=b64 -S {','.join(map(str, numbers))}" for numbers in (range(100), range(100, 460))
)
WATCH = "-w /etc/passwd -p wa -k identity"


def rules(*lines):
    return [parse_line(line, HOST).rule for line in lines]


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        ([], []),
        ([WATCH], []),
        (["-a never,task"], [0]),
        (["-a task,never"], [0]),
        ([WATCH, "-a never,task"], [1]),
        (["-a always,task"], []),
        # The first rule that matches decides.
        (["-a always,task", "-a never,task"], []),
        (["-a never,task -F uid=1000"], []),
        (["-a never,task -F uid>=0"], [0]),
        (["-a never,task -F uid=1000", "-a never,task"], [1]),
        (["-a never,exit -S all"], [0]),
        (["-a never,exit"], [0]),
        (["-a never,exit -S open"], []),
        (["-a never,exit -S all -F pid>=0", WATCH], [0]),
        (["-a never,exit -S all -F a0<=4294967295", WATCH], [0]),
        (["-a never,exit -S all -F a0&=0", WATCH], [0]),
        # The kernel compares unsigned numbers.
        (["-a never,exit -S all -F exit>=0", WATCH], [0]),
        # Calls without a file are recorded, and no other.
        (["-a never,exit -S all -F devmajor>=0", WATCH], [0]),
        (["-a never,exit -S all -F auid>=1", WATCH], []),
        (["-a never,exit -S all -F auid=0", WATCH], []),
        (["-a always,exit -S all", "-a never,exit -S all"], []),
        # Each architecture by itself: a host has programs of one nearly all the time.
        (["-a never,exit -F arch=b64 -S all", "-a never,exit -F arch=b32 -S all"], [0, 1]),
        (["-a never,exit -F arch=b64 -S all -F auid=0"], []),
        # Without a field these lists match nothing.
        (["-a never,user"], []),
        (["-a never,user -F pid>=0"], [0]),
        (["-a always,user -F pid>=0"], []),
        (["-a never,user -F uid=0"], []),
        (["-a always,exclude -F msgtype>=0"], [0]),
        (["-a never,exclude -F pid>=0"], [0]),
        (["-a always,exclude -F msgtype=CWD"], []),
        (["-a never,filesystem -F fstype=tracefs"], []),
        (["-a never,task", "-a never,user -F pid>=0", "-a never,exit -S all"], [0, 1, 2]),
    ],
)
def test_rules_that_switch_auditing_off_are_found(lines, places):
    assert [silence.place for silence in silences(rules(*lines))] == places


def test_the_effect_is_said():
    (silence,) = silences(rules("-a never,task"))
    assert "no system call of any process" in silence.effect
    (silence,) = silences(rules("-a never,exit -F arch=b64 -S all"))
    assert silence.effect.endswith("(arch=0xc000003e)")


def test_a_text_is_no_condition_that_is_always_true():
    assert silences(rules("-a never,exit -S all -F exe=/bin/ls", "-a never,exit -S all -F subj_type=x")) == []


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        # One value that hardly any event has is left.
        (["-a never,exit -S all -F auid!=4294967294"], [0]),
        (["-a never,exit -S all -F pid!=0"], [0]),
        (["-a never,task -F pid>1"], [0]),
        (["-a never,task -F auid!=1000"], [0]),
        (["-a never,exit -S all -F exit!=-EPERM"], [0]),
        (["-a never,exit -S all -F success=1"], [0]),
        (["-a never,exit -S all -F success=0"], []),
        (["-a never,exit -S all -F pers=0"], [0]),
        (["-a never,exit -S all -F a0!=110"], [0]),
        (["-a never,exit -S all -F exe!=/usr/bin/id"], [0]),
        (["-a never,exit -S all -F dir=/"], [0]),
        (["-a never,exit -S all -F dir=/srv"], []),
        (["-a never,exit -S all -F perm=rwxa"], [0]),
        (["-a never,exit -S all -F perm=wa"], []),
        (["-a never,exit -S all -C uid=euid"], [0]),
        (["-a never,exit -S all -C uid!=euid"], []),
        (["-a never,exit -S all -C auid!=uid"], []),
        (["-a never,exit -S all -F uid=0"], []),
        (["-a never,exit -S all -F auid=unset"], []),
        (["-a never,exit -S all -F auid>=1000 -F auid!=unset"], []),
        # Several rules together.
        (["-a never,exit -S all -F success=0", "-a never,exit -S all -F success=1"], [1]),
        (["-a never,exit -S all -F uid=0", "-a never,exit -S all -F uid!=0"], [1]),
        (["-a never,exit -S all -F uid<1000", "-a never,exit -S all -F uid>=1000"], [1]),
        (["-a never,task -F uid=0", "-a never,task -F uid!=0"], [1]),
        (["-a never,exit -S all -F uid!=0", "-a never,exit -S all -F auid!=unset"], []),
        (
            [
                "-a never,exit -S all -F uid!=0",
                "-a never,exit -S all -F auid!=unset",
                "-a never,exit -S all -F auid=unset",
            ],
            [2],
        ),
        (["-a never,exit -S all -C auid!=uid", "-a never,exit -S all -C auid=uid"], [1]),
        (["-a never,exit -S all -F perm=wa", "-a never,exit -S all -F perm=rx"], [1]),
        (["-a never,exit -F arch=b64 -S all -F uid=0", "-a never,exit -F arch=b64 -S all -F uid!=0"], [1]),
        ([FIRST_CALLS, OTHER_CALLS], [1]),
        ([FIRST_CALLS], []),
        # The rest is recorded, because the first rule that matches decides.
        (["-a never,exit -S all -F uid=0", "-a always,exit -S all", "-a never,exit -S all"], []),
        (["-a never,exit -S all -F uid=0", "-a always,exit -S all -F uid!=0"], []),
        # The records without which an event cannot be found.
        (["-a always,exclude -F msgtype=SYSCALL"], [0]),
        (["-a always,exclude -F msgtype=PATH", "-a always,exclude -F msgtype>=SYSCALL"], [1]),
        (["-a always,exclude -F msgtype!=CWD"], [0]),
        (["-a always,exclude -F uid=0", "-a always,exclude -F uid!=0"], [1]),
        (["-a always,exclude -F auid=unset"], []),
        (["-a never,user -F msgtype>=USER_AUTH"], [0]),
        (["-a never,user -F msgtype=USER_AUTH"], []),
        # On this list neither the order counts nor what is always recorded.
        (["-a never,filesystem -F fstype=0xef53"], [0]),
        (["-a never,filesystem -F fstype!=tracefs"], [0]),
        (["-a always,filesystem -F fstype=0xef53", "-a never,filesystem -F fstype=0xef53"], [1]),
        (["-a always,filesystem -F fstype=0xef53"], []),
        (["-a never,filesystem -F fstype=cgroup2"], []),
    ],
)
def test_rules_that_leave_out_nearly_everything_are_found(lines, places):
    assert [silence.place for silence in silences(rules(*lines))] == places


def test_the_effect_of_a_rule_with_conditions_does_not_claim_everything():
    (silence,) = silences(rules("-a never,exit -S all -F pid!=0"))
    assert silence.effect.startswith("for all or nearly all events, ")
    (silence,) = silences(rules("-a always,exclude -F msgtype=SYSCALL"))
    assert "records of system calls" in silence.effect


def test_no_rule_of_many_takes_long():
    """Rules that divide the events into ever more parts end the search, and nothing is claimed."""
    many = [
        f"-a never,exit -S all -F a0={a} -F a1={b} -F uid={c} -F sessionid={d}"
        for a in (0, 3) for b in (0, 3) for c in (0, 61, 1037) for d in (7, 1039)
    ]  # fmt: skip
    assert silences(rules(*many)) == []


def test_what_divides_the_events_into_too_many_parts_is_not_certain(monkeypatch):
    some = rules("-a never,exit -F uid<61 -F pid<647", "-a never,exit -F uid>=61", WATCH)
    assert silences(some) == []
    monkeypatch.setattr(_first_match, "_MOST_PARTS", 0)
    ((place, effect, is_certain),) = silences(some)
    assert (place, is_certain) == (1, False)
    assert "not known whether" in effect


def test_what_is_certain_of_one_arch_is_not_hidden_by_what_is_not_of_another(monkeypatch):
    monkeypatch.setattr(_first_match, "_MOST_PARTS", 0)
    b32 = ["-a never,exit -F arch=b32 -F uid<61 -F pid<647", "-a never,exit -F arch=b32 -F uid>=61"]
    recording = [f"-a always,exit -F arch=b32 -S openat -F uid<{number}" for number in (5, 61)]
    some = rules(*b32, *recording, "-a never,exit -F arch=b64", WATCH)
    assert [(one.place, one.is_certain) for one in silences(some)] == [(1, False), (4, True)]


def test_records_of_calls_that_are_certainly_dropped_are_said_to_be(monkeypatch):
    """Even if it is not known whether all others are, too."""
    monkeypatch.setattr(_first_match, "_MOST_PARTS", 0)
    (found,) = silences(rules("-a always,exclude -F msgtype=SYSCALL"))
    assert found.is_certain
    assert "the records of system calls" in found.effect
