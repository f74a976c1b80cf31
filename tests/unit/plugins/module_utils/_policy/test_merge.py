# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared rules among thousands of others."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import KernelRule
from ansible_collections.linux.audit.plugins.module_utils._policy import merge as merging
from ansible_collections.linux.audit.plugins.module_utils._policy.merge import merge
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.overlap import Scope
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from strategies import HOST

OTHERS = [f"-a always,exit -F arch=b64 -S openat -F auid={number} -F key=users" for number in range(30)]
DECLARED = [f"-a always,exit -F arch=b64 -S openat,unlinkat -F auid>={number} -F key=d{number}" for number in range(30)]


def rules(lines):
    return [parse_line(line, HOST).rule for line in lines]


def held(lines):
    return [KernelRule(rule, wire.encode(rule)) for rule in rules(lines)]


@pytest.fixture
def compared(monkeypatch):
    """The pairs that are compared."""
    pairs = []
    overlaps = Scope.overlaps
    monkeypatch.setattr(Scope, "overlaps", lambda one, other: pairs.append(1) or overlaps(one, other))
    return pairs


def changed(kernel, declared):
    change = merge(held(kernel), rules(declared), rules(declared), set(), lambda rule: True)
    return list(change.wanted)


@pytest.mark.parametrize("most", [10**6, 50])
def test_rules_of_others_stay_where_they_are_among_declared_ones(monkeypatch, compared, most):
    """Also if there are too many pairs to compare: then each of the others stays after all that it follows."""
    monkeypatch.setattr(merging, "_MOST_PAIRS", most)
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


def test_as_many_pairs_are_compared_as_a_second_allows(monkeypatch, compared):
    """Five thousand rules among five thousand others took 16 seconds."""
    kernel = [*OTHERS, *DECLARED]
    changed(kernel, [*DECLARED[:-1], DECLARED[-1] + "x"])
    all_pairs = len(compared)
    monkeypatch.setattr(merging, "_MOST_PAIRS", 100)
    compared.clear()
    changed(kernel, [*DECLARED[:-1], DECLARED[-1] + "x"])
    assert len(compared) < all_pairs - 30 * 30
