# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rules are never looked at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules import dead_rules
from ansible_collections.linux.audit.plugins.module_utils.rules.dead_rules import Shadow, shadows
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from strategies import HOST

OPEN = "-a always,exit -F arch=b64 -S open,openat -F key=open"


def found(*lines):
    return shadows([parse_line(line, HOST).rule for line in lines])


@pytest.mark.parametrize(
    ("first", "second", "sameness"),
    [
        (OPEN, OPEN, "identical"),
        (OPEN, "-a exit,always -S all -F exit=1 -k x", None),
        (OPEN, "-a always,exit -F arch=b64 -S openat,open -k open", "identical"),
        ("-a always,exit -S mount -F uid=0 -F gid=0", "-a always,exit -S mount -F gid=0 -F uid=0", "equivalent"),
        (OPEN, OPEN.replace("key=open", "key=other"), "same match"),
        (OPEN, "-a always,exit -F arch=b64 -S openat -F auid>=1000 -k open", ""),
        (OPEN, "-a always,exit -F arch=b64 -S openat,creat -k open", None),
        (OPEN, "-a always,exit -F arch=b32 -S openat -k open", None),
        (OPEN, "-a always,exit -F arch=b64 -S all -k all", None),
        ("-a never,exit -F auid=unset", "-a always,exit -S mount -F auid=unset -k mounts", ""),
        ("-a always,exit -S mount -F auid=unset -k mounts", "-a never,exit -F auid=unset", None),
        ("-w /etc/ -p wa", "-w /etc/passwd -p wa", ""),
        ("-w /etc/ -p wa", "-w /etc/passwd -p w -k passwd", ""),
        ("-w /etc/ -p w", "-w /etc/passwd -p wa", None),
        ("-w /etc/ -p wa", "-w /etcetera -p wa", None),
        ("-w /etc/ -p wa", "-w /etc/ssh/ -p a", ""),
        ("-w /etc/passwd -p wa", "-w /etc/ -p wa", None),
        # A tree has what it begins with, and what is as deep below it as may be.
        ("-a always,exit -F dir=/etc/passwd -F perm=wa", "-w /etc/passwd -p wa", ""),
        ("-w /etc/passwd -p wa", "-a always,exit -F dir=/etc/passwd -F perm=wa", None),
        ("-w /etc/ -p wa", "-w /etc/a/b/c -p wa", ""),
        ("-w /etc/ -p wa", "-a always,exit -F dir=/etc/a/b/c -F perm=wa", ""),
        ("-a always,exit -F dir=/etc/a -F perm=wa", "-w /etc/ -p wa", None),
        ("-a always,exit -F dir=/etc/a -F perm=wa", "-w /etc/b -p wa", None),
        ("-w / -p wa", "-w /etc -p wa", ""),
        # If it is a symbolic link, one of the two is for the link and the other one for the directory.
        ("-a always,exit -F dir=/etc -F perm=wa", "-a always,exit -F dir=/etc/ -F perm=wa", None),
        ("-a always,exit -F dir=/etc/ -F perm=wa", "-a always,exit -F dir=/etc -F perm=wa", None),
        ("-a always,exit -F dir=/etc/ -F perm=wa", "-w /etc/passwd -p wa", ""),
        ("-a always,exit -F dir=/etc/ -F perm=wa", "-a always,exit -F dir=/etc/a/ -F perm=wa", ""),
        ("-a always,exit -F dir=/etc/a/ -F perm=wa", "-a always,exit -F dir=/etc/ -F perm=wa", None),
        # exe is a path as well, and not one that dir looks at.
        ("-a always,exit -F dir=/usr", "-a always,exit -S all -F exe=/usr/bin/su", None),
        ("-w /etc/passwd -p rwxa", "-w /etc/passwd -p r", ""),
        ("-w /etc/passwd -p rwxa", "-w /etc/passwd -p rwxa -k k", "same match"),
        ("-w /etc/passwd -p rwxa", "-w /etc/passwd -p wa", ""),
        ("-w /etc/passwd -p wa", "-w /etc/passwd -p wax", None),
        ("-w /etc/passwd -p r", "-w /etc/passwd -p w", None),
        ("-w /etc/passwd -p r", "-w /etc/passwd -p rx", None),
        # Syscalls.
        ("-a always,exit -S all", "-a always,exit -S open", ""),
        ("-a always,exit -S open", "-a always,exit -S all", None),
        ("-a always,exit -S open,close", "-a always,exit -S open", ""),
        ("-a always,exit -S open,close", "-a always,exit -S open,close -F uid=0", ""),
        ("-a always,exit -S open", "-a always,exit -S open,close", None),
        ("-a always,io_uring", "-a always,io_uring -S openat", ""),
        ("-a always,io_uring", "-a always,exit -S openat", None),
        ("-a always,user -F uid=0", "-a always,user -F uid=0 -F pid=1", ""),
        ("-a always,user -F uid=0 -F pid=1", "-a always,user -F uid=0", None),
        # Numbers are not compared.
        ("-a always,exit -S all -F uid>=1", "-a always,exit -S all -F uid>=5", None),
        ("-a always,exit -F dir=/ -F perm=x", "-w /usr/bin/passwd -p x", ""),
        ("-a always,exclude -F msgtype=CWD", "-a never,exclude -F msgtype=CWD -F uid=0", ""),
        ("-a always,exclude -F msgtype=CWD", "-a always,user -F msgtype=CWD", None),
    ],
)
def test_one_before_the_other(first, second, sameness):
    assert found(first, second) == ([] if sameness is None else [Shadow(1, 0, sameness)])


def test_the_first_one_is_named():
    assert found(OPEN, "-w /etc/passwd", OPEN, OPEN) == [Shadow(2, 0, "identical"), Shadow(3, 0, "identical")]


@pytest.mark.parametrize(
    ("lines", "shadow"),
    [
        # Whatever field it is that they have in common with the rule.
        (["-a never,exit -F uid=0", "-a never,exit -F gid=0", "-a always,exit -S open -F uid=0 -F gid=0"], (2, 0)),
        (["-a never,exit -F gid=0", "-a never,exit -F uid=0", "-a always,exit -S open -F uid=0 -F gid=0"], (2, 0)),
        (["-a never,exit -F uid=0", "-a always,exit -S all", "-a always,exit -S all -F uid=0"], (2, 0)),
        (["-a never,exit -F uid=1", "-a always,exit -S all", "-a always,exit -S all -F uid=0"], (2, 1)),
        (["-w /etc/ssh/ -p wa", "-w /etc -p wa", "-w /etc/ssh/a -p w"], (2, 0)),
        (["-w /etc/ssh/a -p wa", "-w /etc -p wa", "-w /etc/ssh/a -p w"], (2, 0)),
    ],
)
def test_the_first_one_is_named_of_several_that_match_more(lines, shadow):
    assert [(one.place, one.by) for one in found(*lines)] == [shadow]


def test_a_rule_that_is_never_looked_at_is_named_as_well():
    lines = ["-a always,exit -S open -k a", "-a always,exit -S open -k b", "-a always,exit -S open -k b"]
    assert found(*lines) == [Shadow(1, 0, "same match"), Shadow(2, 0, "same match")]


FIELDS = st.lists(
    st.sampled_from(["uid=0", "uid>=5", "gid=1", "path=/a/b", "perm=wa", "perm=w", "success=0"]), max_size=3
)


@given(st.lists(st.tuples(st.sampled_from(["always", "never"]), FIELDS), max_size=8))
def test_the_index_finds_what_comparing_all_pairs_finds(rows):
    lines = []
    for action, fields in rows:
        named = {field.partition("=")[0].rstrip(">") for field in fields}
        if len(named) == len(fields):
            lines.append(f"-a {action},exit -S all" + "".join(f" -F {field}" for field in fields))
    rules = [parse_line(line, HOST).rule for line in lines]
    pairs = [
        next((first for first in range(place) if shadows([rules[first], rules[place]])), None)
        for place in range(len(rules))
    ]
    assert [(shadow.place, shadow.by) for shadow in shadows(rules)] == [
        (place, first) for place, first in enumerate(pairs) if first is not None
    ]


def test_thousands_of_rules_are_not_compared_in_pairs(monkeypatch):
    """Each with a field of its own, besides one that all of them have."""
    rules = [parse_line(f"-w /etc/{number} -p wa -k k{number}", HOST).rule for number in range(2000)]
    compared = []
    includes = dead_rules.includes
    monkeypatch.setattr(dead_rules, "includes", lambda *arguments: compared.append(1) or includes(*arguments))
    assert shadows(rules) == []
    assert len(compared) < 10 * len(rules)
    # Those that are compared are counted.
    assert len(shadows([*rules, *rules])) == len(rules)
    assert len(compared) >= len(rules)
