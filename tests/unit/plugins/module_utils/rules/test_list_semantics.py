# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the filter lists against a model of the kernel: same rules, twins, shadows and rules without effect."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import strategies
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.dead_rules import idle, shadows
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import BY_NAME, FIELDS, LISTS, OPERATORS
from ansible_collections.linux.audit.plugins.module_utils.rules.list_semantics import (
    SEMANTICS,
    is_always_met,
    is_never_met,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.model import (
    ANYTHING,
    Field,
    Rule,
    canonical,
    equivalent,
    same_match,
    without_keys,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.plan import reordered_twin
from list_model import decide, events, is_loadable, rules

EVENTS = {filter_list: events(filter_list) for filter_list in LISTS}
LISTS_OF_RULES = pytest.mark.parametrize("filter_list", LISTS)


def rule(filter_list, action, *fields, **more):
    return Rule(filter_list, action, tuple(Field(*field) for field in fields), **more)


def outcome(rules, *, keys=True):
    """What becomes of each event, after these rules and a last one that drops whatever is left."""
    last = rule(rules[0].list, "never", *[("fstype", "!=", 1)] if rules[0].list == "filesystem" else [ANYTHING])
    decided = [decide([*rules, last], event) for event in EVENTS[rules[0].list]]
    return decided if keys else [keys if keys in (None, False) else True for keys in decided]


def test_every_list_has_a_row():
    assert SEMANTICS.keys() == LISTS.keys()


def test_no_field_is_read_for_a_list_that_does_not_evaluate_it():
    for kind in FIELDS:
        for name in kind.lists:
            known = SEMANTICS[name].evaluated | ({"key"} if SEMANTICS[name].key.startswith(("rec", "not")) else set())
            assert kind.name in known, (kind.name, name)


def check_twin(made):
    """The promises of reordered_twin() that need no events."""
    twin = reordered_twin(made)
    assert reordered_twin(twin) == made
    assert canonical(twin) == canonical(made)
    assert wire.encode(twin) != wire.encode(made)
    assert wire.decode(wire.encode(twin)) == twin
    assert is_loadable(twin)
    assert len(twin.fields) <= len(made.fields) + 1


@LISTS_OF_RULES
def test_the_twin_of_a_rule_that_auditctl_makes_is_loadable_and_means_the_same(filter_list):
    random = Random(1)
    for _count in range(3000):
        check_twin(strategies.rule(random, lists=(filter_list,)))


@LISTS_OF_RULES
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_the_twin_does_what_the_rule_does(filter_list, data):
    """Also of rules that auditctl does not make, and another program may have loaded."""
    made = data.draw(rules(filter_list))
    check_twin(made)
    assert outcome([reordered_twin(made)]) == outcome([made])


@LISTS_OF_RULES
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_equal_rules_do_the_same(filter_list, data):
    """Rules that differ a little: in the order of their fields, by a repetition, a field that is always met, ..."""
    one = data.draw(rules(filter_list))
    fields = data.draw(st.permutations(one.fields))
    if filter_list != "filesystem":
        fields = data.draw(st.sampled_from([fields, [*fields, ANYTHING], [ANYTHING, *fields]]))
    fields = data.draw(st.sampled_from([fields, [*fields, *fields[:1]], fields[1:]]))
    other = one._replace(
        fields=tuple(fields),
        action=data.draw(st.sampled_from(["always", "never"])),
        keys=data.draw(st.sampled_from([(), one.keys, ("k",)])),
    )
    if same_match(one, other):
        assert outcome([one], keys=False) == outcome([other], keys=False)
    if equivalent(one, other):
        assert outcome([one]) == outcome([other])


@LISTS_OF_RULES
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_shadowed_rule_can_go(filter_list, data):
    held = data.draw(st.lists(rules(filter_list), min_size=1, max_size=6))
    shadowed = {shadow.place for shadow in shadows(held)}
    left = [held[place] for place in range(len(held)) if place not in shadowed]
    assert outcome(left) == outcome(held)


@LISTS_OF_RULES
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_rule_without_effect_can_go(filter_list, data):
    held = data.draw(st.lists(rules(filter_list), min_size=1, max_size=6))
    left = [one for one in held if not idle(one)]
    if left:
        assert outcome(left) == outcome(held)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # A field turns a rule that matches nothing into one that matches everything.
        (rule("user", "never"), rule("user", "never", ANYTHING)),
        (rule("exclude", "always"), rule("exclude", "always", ANYTHING)),
        # A key ends the search, so the record is logged.
        (
            rule("exclude", "never", ("msgtype", "=", 1307)),
            rule("exclude", "never", ("msgtype", "=", 1307), keys=("k",)),
        ),
        # A label that no security module understands keeps the result of the field before it.
        (
            rule("user", "never", ("uid", "=", 0), ("subj_user", "=", "x")),
            rule("user", "never", ("subj_user", "=", "x"), ("uid", "=", 0)),
        ),
        # A field that the list does not evaluate counts only if it is reached.
        (
            rule("exclude", "never", ("uid", "=", 0), ("euid", "=", 0)),
            rule("exclude", "never", ("euid", "=", 0), ("uid", "=", 0)),
        ),
        (rule("filesystem", "never", ("fstype", "=", 1)), rule("filesystem", "always", ("fstype", "=", 1))),
        (rule("filesystem", "never", ("fstype", "=", 1)), rule("filesystem", "never")),
        (
            rule("filesystem", "never", ("fstype", "=", 1)),
            rule("filesystem", "never", ("fstype", "=", 1), ("fstype", "=", 2)),
        ),
    ],
)
def test_these_are_two_rules(one, other):
    assert without_keys(one) != without_keys(other)
    assert not same_match(reordered_twin(one), reordered_twin(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (rule("user", "never"), rule("user", "always")),
        (rule("exclude", "never", ("uid", "=", 0)), rule("exclude", "always", ("uid", "=", 0), ANYTHING)),
        (rule("exclude", "never", keys=("a",)), rule("exclude", "never", ANYTHING, keys=("b",))),
        (
            rule("user", "never", ("subj_user", "=", "x")),
            rule("user", "never", ("subj_user", "=", "x"), ANYTHING, ANYTHING),
        ),
        (rule("user", "never", ANYTHING), rule("user", "never", ANYTHING, ANYTHING)),
        (rule("task", "never"), rule("task", "never", ANYTHING)),
        (rule("filesystem", "never", ("fstype", "=", 1)), rule("filesystem", "never", *[("fstype", "=", 1)] * 2)),
    ],
)
def test_these_match_the_same(one, other):
    assert same_match(one, other)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (rule("user", "never"), "without a field matches nothing on the list user"),
        (rule("exclude", "always"), "without a field matches nothing on the list exclude"),
        (rule("filesystem", "never"), "without a field matches nothing on the list filesystem"),
        (rule("filesystem", "always", ("fstype", "=", 1)), "the action always does nothing on the list filesystem"),
        (rule("task", "never", ("arch", "=", 1)), "arch= never matches on the list task"),
        (rule("task", "never", ("a0", ">=", 0)), "a0>= never matches on the list task"),
        (rule("task", "never", ("perm", "=", 1)), "perm= never matches on the list task"),
        (rule("task", "never", ("perm", "!=", 1)), ""),
        (rule("exit", "never", ("exit", "<", 0)), "exit<0 never matches"),
        (rule("exit", "never", ("devmajor", "<", 0)), ""),
        (rule("exit", "always", syscalls=frozenset()), "has no syscall"),
        (rule("exclude", "never", ("msgtype", "=", 1300), ("msgtype", "=", 1302)), "all must be met"),
        (rule("exclude", "never", ("msgtype", ">=", 1300), ("msgtype", "<=", 1302)), ""),
        (rule("exclude", "never", ("euid", "=", 0), ("uid", "<", 0)), ""),
        (rule("user", "never", ("subj_user", "=", "a"), ("subj_user", "=", "b")), ""),
        (rule("exit", "never", ("subj_user", "=", "a"), ("subj_user", "=", "b")), "all must be met"),
        (rule("filesystem", "never", ("fstype", "=", 1), ("fstype", "=", 2)), ""),
        (rule("exit", "never"), ""),
    ],
)
def test_why_a_rule_has_no_effect(made, reason):
    assert reason in idle(made)
    assert bool(reason) is bool(idle(made))


@pytest.mark.parametrize(
    ("filter_list", "condition", "always", "never"),
    [
        ("exit", ("exit", ">=", 0), True, False),
        ("exit", ("exit", "<", 0), False, True),
        ("exit", ("a0", "&=", 0), True, False),
        ("exit", ("a0", "&", 0), False, True),
        ("exit", ("a0", "<=", 0xFFFFFFFF), True, False),
        ("exit", ("a0", ">", 0xFFFFFFFF), False, True),
        ("exit", ("devmajor", ">=", 0), False, False),
        ("exit", ("saddr_fam", ">=", 0), False, False),
        ("exit", ("f999", ">=", 0), False, False),
        ("task", ("a0", ">=", 0), False, True),
        ("task", ("f999", ">=", 0), False, False),
        ("task", ("filetype", "=", 0), False, True),
        ("task", ("filetype", "!=", 0), False, False),
        ("user", ("euid", ">=", 0), False, False),
        ("user", ("msgtype", ">=", 0), True, False),
        ("exit", ("uid", ">=", 1), False, False),
    ],
)
def test_conditions_that_every_event_meets_or_none(filter_list, condition, always, never):
    assert is_always_met(filter_list, *condition) is always
    assert is_never_met(filter_list, *condition) is never


def test_a_full_rule_has_a_twin_that_fits():
    full = rule("exit", "always", *(("uid", "!=", number) for number in range(63)), keys=("k",))
    twin = reordered_twin(full)
    assert len(twin.fields) == len(full.fields)
    assert reordered_twin(twin) == full
    assert canonical(twin) == canonical(full)
    same = rule("exit", "always", *[("uid", "=", 0)] * 64)
    assert canonical(reordered_twin(same)) == canonical(same)
    assert len(reordered_twin(same).fields) == 63


def test_the_operators_of_the_table_are_those_of_auditctl():
    assert {operator for operator in OPERATORS if is_always_met("exit", "a0", operator, 0)} == {">=", "&="}
    assert BY_NAME["pid"].name == ANYTHING.name
