# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that switch auditing off."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.silence import silences
from strategies import HOST

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
        (["-a never,exit -S all -F devmajor>=0", WATCH], []),
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
