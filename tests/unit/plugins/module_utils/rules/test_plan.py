# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans against a model of a filter list of the kernel: what is logged at each step, and how every event ends up."""

import contextlib
import functools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import list_model
from ansible_collections.linux.audit.plugins.module_utils.rules import order
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import LISTS
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule, without_keys
from ansible_collections.linux.audit.plugins.module_utils.rules.overlap import must_keep_order
from ansible_collections.linux.audit.plugins.module_utils.rules.plan import Step, plan, reordered_twin
from ansible_collections.linux.audit.plugins.module_utils.rules.wire import MAX_FIELDS
from list_model import ANSWERS, FilterList, events, rules

EVENTS = {filter_list: events(filter_list) for filter_list in LISTS}


@functools.cache
def answered(rule, answer):
    """The events for which the kernel gives that answer about a rule."""
    return [event for event in EVENTS[rule.list] if ANSWERS[rule.list](rule, event) == answer]


def treatment(rules, filter_list="exit"):
    """Event: the keys that it is logged with, None if it is not logged."""
    # Only some lists keep quiet about what no rule matches.
    otherwise = None if filter_list in ("exit", "io_uring") else frozenset()
    treated = dict.fromkeys(EVENTS[filter_list], otherwise)
    for rule in reversed(rules):
        treated.update(dict.fromkeys(answered(rule, "yes"), list_model.treatment(rule)))
        treated.update(dict.fromkeys(answered(rule, "ends"), otherwise))
    return treated


def logged(rules, filter_list="exit"):
    """The events that are logged."""
    return {event for event, keys in treatment(rules, filter_list).items() if keys is not None}


def assert_same_treatment(one, other, filter_list="exit"):
    """By both lists; an event that touches two watched paths may get the key of either."""
    assert logged(one, filter_list) == logged(other, filter_list)
    treated = treatment(other, filter_list)
    for event, keys in treatment(one, filter_list).items():
        assert len(event.paths) > 1 or treated[event] == keys, event


@st.composite
def changes(draw, filter_list):
    """(current, wanted) in any order; identical rules meet one fate, and what is new matches nothing that is held."""
    base = draw(st.lists(rules(filter_list), min_size=1, max_size=4))
    # Other tools leave copies and other spellings.
    pool = base * 2 + [reordered_twin(rule) for rule in base]
    current = draw(st.lists(st.sampled_from(pool), max_size=7))
    fates = {without_keys(rule): draw(st.sampled_from(["keep", "keep", "remove", "replace"])) for rule in current}
    wanted, known = [], set()
    for place, rule in enumerate(current):
        if fates[without_keys(rule)] == "keep":
            wanted.append((rule, place))
        elif (
            fates[without_keys(rule)] == "replace"
            and filter_list in ("exit", "io_uring", "task")
            and without_keys(rule) not in known
        ):
            wanted.append((rule._replace(keys=("new",)), None))
        known.add(without_keys(rule))
    if draw(st.integers(0, 2)) == 0:
        wanted = draw(st.permutations(wanted))
    for rule in draw(st.lists(rules(filter_list), max_size=3)):
        if without_keys(rule) not in known:
            known.add(without_keys(rule))
            wanted.insert(draw(st.integers(0, len(wanted))), (rule, None))
    return current, wanted


def always(name, *fields, syscalls=None):
    return Rule("exit", "always", tuple(Field(*field) for field in fields), syscalls, (name,) if name else ())


def never(*fields):
    return Rule("exit", "never", tuple(Field(*field) for field in fields))


def check(current, wanted, filter_list="exit"):
    """The promises of plan(), for every event and every step."""
    kernel = FilterList(current)
    end = [rule for rule, held in wanted]
    throughout = logged(current, filter_list) & logged(end, filter_list)
    steps = plan(current, wanted)
    for number, step in enumerate(steps, 1):
        kernel.apply(step)
        lost = throughout - logged(kernel.rules, filter_list)
        assert not lost, f"lost after step {number}, {step}: {lost}"
    assert_same_treatment(kernel.rules, end, filter_list)
    return steps


@contextlib.contextmanager
def at_most(looks):
    """The planner looks so often at a rule beside others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(order, "_MOST_LOOKS", looks)
        yield


# Where too many looks would be needed, more is moved, and all that is promised is kept nevertheless.
LOOKS = [order._MOST_LOOKS, 0]


@pytest.mark.parametrize("looks", LOOKS)
@settings(max_examples=500, deadline=None)
@given(change=changes("exit"))
def test_no_event_is_lost_and_all_are_treated_as_wanted(looks, change):
    with at_most(looks):
        check(*change)


@pytest.mark.parametrize("looks", LOOKS)
@pytest.mark.parametrize("filter_list", sorted(LISTS.keys() - {"exit"}))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_other_lists(looks, filter_list, data):
    current, wanted = data.draw(changes(filter_list))
    with at_most(looks):
        check(current, wanted, filter_list)


@settings(max_examples=150, deadline=None)
@given(changes("exit"), changes("exit"))
def test_changes_one_after_another_do_not_get_into_each_others_way(one, other):
    kernel = FilterList(one[0])
    for step in plan(*one):
        kernel.apply(step)
    current = kernel.rules
    held = set(map(without_keys, current))
    wanted = [(rule, place) for place, rule in enumerate(current)]
    for rule, place in other[1]:
        if without_keys(rule) not in held and place is None:
            wanted.insert(len(wanted) // 2, (rule, None))
    check(current, wanted)


WATCHES = [always(f"k{number}", ("path", "=", f"/etc/{number}"), ("perm", "=", 10)) for number in range(9)]


def held(rules):
    return [(rule, place) for place, rule in enumerate(rules)]


@pytest.mark.parametrize(
    ("current", "wanted", "steps"),
    [
        ([], [(WATCHES[0], None), (WATCHES[1], None)], [("append", WATCHES[0]), ("append", WATCHES[1])]),
        (WATCHES, held(WATCHES), []),
        (WATCHES[:2], [(WATCHES[1], 1)], [("delete", WATCHES[0])]),
        # A watch may stand anywhere among watches of other paths.
        (WATCHES[:2], [(WATCHES[2], None), *held(WATCHES[:2])], [("append", WATCHES[2])]),
        # A change of key moves nothing else.
        (
            WATCHES[:3],
            [(WATCHES[0], 0), (WATCHES[1]._replace(keys=("new",)), None), (WATCHES[2], 2)],
            [("append", WATCHES[1]._replace(keys=("new",))), ("delete", WATCHES[1])],
        ),
        # An exception has to stand before what it is an exception from.
        (
            WATCHES,
            [(never(("auid", "=", 5)), None), *held(WATCHES)],
            [("prepend", never(("auid", "=", 5)))],
        ),
        # What no longer excludes anything goes first.
        (
            [WATCHES[0], never(("uid", "=", 1)), WATCHES[1]],
            [],
            [("delete", never(("uid", "=", 1))), ("delete", WATCHES[0]), ("delete", WATCHES[1])],
        ),
        # Of two ends the one with less to move.
        (
            [never(), WATCHES[0], WATCHES[1]],
            [(never(), 0), (always("n", ("uid", "=", 1)), None), (WATCHES[0], 1), (WATCHES[1], 2)],
            [
                ("prepend", always("n", ("uid", "=", 1))),
                ("prepend", reordered_twin(never())),
                ("delete", never()),
            ],
        ),
    ],
)
def test_steps(current, wanted, steps):
    assert [(step.operation, step.rule) for step in check(current, wanted)] == steps


A, B, C = WATCHES[:3]
ROOT_A, ROOT_B = (always(name, ("uid", "!=", number)) for number, name in enumerate("ab"))


@pytest.mark.parametrize(
    ("current", "wanted", "steps"),
    [
        # The kernel deletes the first of several copies, so the last ones stay, whichever were named.
        ([A, B, A], [(A, 0), (B, 1)], [Step("delete", A, 0)]),
        ([A, B, A], [(B, 1), (A, 2)], [Step("delete", A, 0)]),
        ([A, A, A, B], [(A, 0), (A, 1), (B, 3)], [Step("delete", A, 0)]),
        ([A, A, A, B], [(A, 0), (B, 3)], [Step("delete", A, 0), Step("delete", A, 1)]),
        ([A, A, B, B, C], [(A, 0), (B, 2), (C, 4)], [Step("delete", A, 0), Step("delete", B, 2)]),
        ([A, A, B], [(A, 0), (A, 1), (B, 2)], []),
        ([A, A], [], [Step("delete", A, 0), Step("delete", A, 1)]),
        # What stays is after the other rule, so it has to be moved where the order matters.
        (
            [ROOT_A, ROOT_B, ROOT_A],
            [(ROOT_A, 0), (ROOT_B, 1)],
            [Step("append", reordered_twin(ROOT_B)), Step("delete", ROOT_A, 0), Step("delete", ROOT_B, 1)],
        ),
        ([ROOT_A, ROOT_B, ROOT_A], [(ROOT_B, 1), (ROOT_A, 2)], [Step("delete", ROOT_A, 0)]),
        # A copy that was not held yet is added as it is.
        ([A, A, B], [(A, 0), (C, None)], [Step("append", C), Step("delete", A, 0), Step("delete", B, 2)]),
        # The kernel appends no rule that is there, so another copy of it is one with other bytes.
        ([A], [(A, 0), (A, None)], [Step("append", reordered_twin(A))]),
        ([], [(A, None), (A, None)], [Step("append", A), Step("append", reordered_twin(A))]),
        ([A, B], [(A, None), (B, 1)], [Step("append", reordered_twin(A)), Step("delete", A, 0)]),
    ],
)
def test_which_of_several_copies_is_kept(current, wanted, steps):
    assert check(current, wanted) == steps


def test_a_step_names_the_place_of_what_it_deletes():
    assert plan(WATCHES[:2], [(WATCHES[0], 0)]) == [Step("delete", WATCHES[1], 1)]


@pytest.mark.parametrize(
    ("fields", "twin"),
    [
        ("", "pid"),
        ("pid", ""),
        ("uid", "uid uid"),
        ("arch uid", "uid arch"),
        ("perm arch uid", "perm uid arch"),
        ("arch uid pid", "uid arch pid"),
        ("arch uid uid", "arch uid uid pid"),
        ("uid pid", "uid uid pid"),
        ("pid uid", "pid uid uid"),
        ("arch path", "arch path pid"),
        ("path perm", "path perm perm"),
        ("path perm pid", "path perm perm pid"),
        ("path uid", "path uid uid"),
    ],
)
def test_fields_of_a_twin(fields, twin):
    """The last two fields change places, or one is repeated; a path stays before its perm, as auditctl -l shows it."""
    values = {
        "arch": ("=", 0xC000003E), "path": ("=", "/a"), "dir": ("=", "/a"), "perm": ("=", 2), "uid": ("=", 0),
        "pid": (">=", 0),
    }  # fmt: skip
    rule, other = (always("k", *((name, *values[name]) for name in names.split())) for names in (fields, twin))
    assert reordered_twin(rule) == other
    assert reordered_twin(other) == rule


def test_the_twin_of_a_rule_that_has_no_room_for_another_field():
    """Two of its fields change places, the others stay; the twin of the twin is the rule."""
    same = [("uid", "!=", 1)] * 2
    rule = always("k", *same, *(("auid", "!=", number) for number in range(MAX_FIELDS - 6)), ("arch", "=", 1), *same)
    twin = reordered_twin(rule)
    assert sorted(twin.fields) == sorted(rule.fields)
    assert [place for place, pair in enumerate(zip(twin.fields, rule.fields, strict=True)) if pair[0] != pair[1]] == [
        2,
        3,
    ]
    assert reordered_twin(twin) == rule


@pytest.mark.parametrize("filter_list", LISTS)
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_rules_whose_order_does_not_count(filter_list, data):
    one, other = data.draw(rules(filter_list)), data.draw(rules(filter_list))
    if not must_keep_order(one, other):
        assert_same_treatment([one, other], [other, one], filter_list)


@pytest.mark.parametrize(
    ("one", "other", "counts"),
    [
        (always("a", ("uid", "=", 1)), always("b", ("uid", "=", 2)), False),
        (always("a", ("uid", "<", 1000)), always("b", ("uid", ">=", 1000)), False),
        (always("a", ("uid", "<=", 1000)), always("b", ("uid", ">=", 1000)), True),
        (always("a", ("uid", ">", 1000)), always("b", ("uid", "=", 1000)), False),
        (always("a", ("uid", ">", 999)), always("b", ("uid", "=", 1000)), True),
        # One of the two has no effect: nothing matches a rule of this list without a field.
        (Rule("user", "always"), Rule("user", "never", (Field("uid", "=", 1),)), False),
        (always("a", ("uid", ">", 5), ("uid", "<", 9)), always("b", ("uid", "=", 9)), False),
        (always("a", ("uid", "=", 1)), always("b", ("euid", "=", 2)), True),
        (always("a", ("arch", "=", 0xC000003E)), always("b", ("arch", "=", 0x40000003)), False),
        (always("a", syscalls=frozenset([1])), always("b", syscalls=frozenset([2])), False),
        (always("a", syscalls=frozenset([1])), always("b", syscalls=frozenset([1, 2])), True),
        (always("a", syscalls=frozenset([1])), always("a", syscalls=frozenset([1, 2])), False),
        (never(("uid", "=", 1)), never(("gid", "=", 1)), False),
        (never(("uid", "=", 1)), always("a", ("path", "=", "/a")), True),
        (never(("path", "=", "/b")), always("a", ("path", "=", "/a")), True),
        (always("b", ("path", "=", "/b")), always("a", ("path", "=", "/a")), False),
        (always("b", ("path", "=", "/a/b")), always("a", ("dir", "=", "/a/")), True),
        (always("b", ("path", "=", "/ab")), always("a", ("dir", "=", "/a")), False),
        (always("b", ("dir", "=", "/")), always("a", ("dir", "=", "/a")), True),
        # A process has several groups, a file several paths.
        (always("a", ("gid", "=", 1)), always("b", ("gid", "=", 2)), True),
        (always("a", ("egid", "=", 1)), always("b", ("egid", "=", 2)), True),
        (always("a", ("exe", "=", "/bin/su")), always("b", ("exe", "=", "/usr/bin/su")), True),
    ],
)
def test_whether_the_order_of_two_rules_counts(one, other, counts):
    for pair in ((one, other), (other, one)):
        assert must_keep_order(*pair) is counts
