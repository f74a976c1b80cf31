# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared rules among thousands of others."""

from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import KernelRule
from ansible_collections.linux.audit.plugins.module_utils._policy.merge import merge
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from strategies import HOST

OTHERS = [f"-a always,exit -F arch=b64 -S openat -F auid={number} -F key=users" for number in range(30)]
DECLARED = [f"-a always,exit -F arch=b64 -S openat,unlinkat -F auid>={number} -F key=d{number}" for number in range(30)]


def rules(lines):
    return [parse_line(line, HOST).rule for line in lines]


def held(lines):
    return [KernelRule(rule, wire.encode(rule)) for rule in rules(lines)]


def changed(kernel, declared):
    change = merge(held(kernel), rules(declared), rules(declared), set(), lambda rule: True)
    return list(change.wanted)


def test_rules_of_others_stay_where_they_are_among_declared_ones():
    kernel = [line for pair in zip(OTHERS, DECLARED, strict=True) for line in pair]
    new = "-a always,exit -F arch=b64 -S openat -F auid=99 -F key=new"
    wanted = changed(kernel, [new, *DECLARED])
    assert [rule for rule in wanted if rule in rules(OTHERS)] == rules(OTHERS)
    assert [rule for rule in wanted if rule in rules([new, *DECLARED])] == rules([new, *DECLARED])
    for number, line in enumerate(DECLARED):
        after = wanted[wanted.index(*rules([line])) :]
        assert [rule for rule in after if rule in rules(OTHERS)] == rules(OTHERS[number + 1 :])
    again = merge(
        [KernelRule(rule, wire.encode(rule)) for rule in wanted],
        *[rules([new, *DECLARED])] * 2,
        set(),
        lambda rule: True,
    )
    assert list(again.steps) == []


def test_of_thousands_of_rules_none_moves_but_the_one_that_has_to():
    """Each of the others overlaps with each declared rule but one, which the kernel holds first and must hold last."""
    others = [f"-a always,exit -F arch=b64 -S openat -F auid={number} -F key=users" for number in range(750)]
    declared = [f"-a always,exit -F arch=b64 -S openat -F auid>={number} -F key=d{number}" for number in range(750)]
    last = "-a always,exit -F arch=b64 -S mount,openat -F auid<5000 -F auid>4000 -F key=last"
    kernel = [last, *(line for pair in zip(others, declared, strict=True) for line in pair)]
    assert changed(kernel, [*declared, last]) == rules([*kernel[1:], last])
