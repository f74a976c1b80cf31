# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declared rules among thousands of others."""

import random

import pytest

from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import KernelRule
from ansible_collections.linux.audit.plugins.module_utils._policy.merge import merge
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.plan import reordered_twin
from list_model import FilterList
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


FILES = [*(f"-w /etc/{name} -p wa -k files" for name in "abc"), "-a always,exit -F arch=b64 -S mount -F key=mounts"]
#: In another file.
BESIDE = "-w /etc/hosts -p wa -k hosts"
THEIRS = [f"-a always,exit -F arch=b64 -S acct -F auid={number} -F key=theirs" for number in range(2)]


def merged(kernel, old, new):
    """The steps to the new set, which replaces the old one; and the rules after them."""
    change = merge(
        [KernelRule(rule, wire.encode(rule)) for rule in kernel],
        rules([BESIDE, *new]),
        rules(new),
        set(map(canonical, rules(old))) - set(map(canonical, rules(new))),
        lambda rule: True,
    )
    after = FilterList(kernel)
    for step, _held in change.steps:
        after.apply(step)
    return change.steps, after.rules


@pytest.mark.parametrize("seed", range(60))
def test_a_rule_that_others_add_again_and_again_is_held_at_most_twice(seed):
    """A rule that has moved has other bytes, so that auditctl does not find it: it adds another one, and deletes none.

    A run may be killed after any step. Whatever is held, the next run reaches what it wants.
    """
    chance, kernel, old = random.Random(seed), rules([BESIDE]), []
    for _round in range(12):
        for theirs in rules(chance.sample(THEIRS, chance.randrange(3))):
            if theirs not in kernel:
                kernel.append(theirs)
            elif chance.random() < 0.3:
                kernel.remove(theirs)
        new = chance.sample(FILES, chance.randrange(2, 5))
        held_before = set(map(canonical, kernel))
        if chance.random() < 0.3:
            steps = merged(kernel, old, new)[0]
            halfway = FilterList(kernel)
            for step, _held in steps[: chance.randrange(len(steps) + 1)]:
                halfway.apply(step)
            kernel = halfway.rules
        kernel = merged(kernel, [*old, *FILES], new)[1]
        assert merged(kernel, new, new)[0] == []
        ours = [set(map(canonical, rules(lines))) for lines in (FILES, new)]
        assert set(map(canonical, kernel)) == held_before - ours[0] | ours[1]
        assert len(kernel) <= len(new) + 1 + 2 * len(THEIRS)
        old = new


@pytest.mark.parametrize(("line", "at_once"), [(BESIDE, True), (THEIRS[0], False)])
def test_the_next_run_leaves_one_of_the_copies_that_a_killed_run_has_left(line, at_once):
    """Of a rule that is in no file, only if something changes: its owner may add it again and again."""
    (moved,) = rules([line])
    kernel = [*rules(FILES[:1]), moved, reordered_twin(moved)]
    for new, is_whole in ((FILES[:1], at_once), (FILES[:2], True)):
        steps, after = merged(kernel, FILES[:1], new)
        copies = [] if is_whole else [line]
        assert sorted(map(canonical, after)) == sorted(map(canonical, rules([*new, line, *copies])))
        assert bool(steps) is is_whole
