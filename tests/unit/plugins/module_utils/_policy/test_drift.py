# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the rules of the kernel differ from the rules of the files."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._policy.drift import compare
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from strategies import HOST

A = "-a always,exit -F path=/etc/passwd -F perm=wa -F key=a"
B = "-a always,exit -F path=/etc/shadow -F perm=wa -F key=b"
C = "-a always,exit -F path=/etc/group -F perm=wa -F key=c"
A_AS_X = A.replace("key=a", "key=x")
NEVER = "-a never,exit -S all -F auid=0"
EXCLUDE = "-a always,exclude -F msgtype=CWD"


def rules(*texts):
    return [parse_line(text, HOST).rule for text in texts]


def texts(found):
    return [render(rule, HOST.machine) for rule in found]


@pytest.mark.parametrize(
    ("held", "wanted", "missing", "extra", "other_key", "out_of_order"),
    [
        ([], [], [], [], [], []),
        ([A, B], [A, B], [], [], [], []),
        (["-w /etc/passwd -p aw -k a"], [A], [], [], [], []),
        ([A], [A, B], [B], [], [], []),
        ([A, B], [B], [], [A], [], []),
        ([A], [B], [B], [A], [], []),
        ([A_AS_X, B], [A, B], [], [], [(A, A_AS_X)], []),
        ([A_AS_X, A.replace("=a", "=y")], [A], [], [A.replace("=a", "=y")], [(A, A_AS_X)], []),
        ([A, A_AS_X], [A], [], [A_AS_X], [], []),
        # Other paths under other keys: the order does not matter.
        ([B, A], [A, B], [], [], [], []),
        ([A, NEVER], [NEVER, A], [], [], [], [(NEVER, A)]),
        ([NEVER, A], [NEVER, A], [], [], [], []),
        # One pair for each rule: with the first rule that it must follow.
        ([A, B, NEVER], [NEVER, A, B], [], [], [], [(NEVER, A), (NEVER, B)]),
        ([A, NEVER + " -F uid=5", NEVER], [NEVER, NEVER + " -F uid=5", A], [], [], [], [(NEVER, A)]),
        # Each list has its own order.
        ([EXCLUDE, A], [A, EXCLUDE], [], [], [], []),
        # A moved rule and a new rule together.
        ([A, C, NEVER], [NEVER, B, A], [B], [C], [], [(NEVER, A)]),
        # If a rule is held twice, the first copy decides.
        ([NEVER, A, NEVER], [NEVER, A], [], [], [], []),
        ([A, NEVER, A], [NEVER, A], [], [], [], [(NEVER, A)]),
    ],
)
def test_drift(held, wanted, missing, extra, other_key, out_of_order):
    drift = compare(rules(*held), rules(*wanted))
    assert texts(drift.missing) == missing
    assert texts(drift.extra) == extra
    assert [tuple(texts(pair)) for pair in drift.other_key] == other_key
    assert [tuple(texts(pair)) for pair in drift.out_of_order] == out_of_order
