# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The plan has the fewest deletions that keep the order: compared with trying every way, on small lists."""

import functools
import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules import order
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule, without_keys
from ansible_collections.linux.audit.plugins.module_utils.rules.overlap import must_keep_order
from ansible_collections.linux.audit.plugins.module_utils.rules.plan import Step, plan

# A syscall, a uid, and a path that it is about.
EVENTS = list(itertools.product(range(4), range(3), (None, "/a", "/a/b", "/a0")))
WATCHES = [(), *((Field(*field),) for field in (
    ("path", "=", "/a"), ("dir", "=", "/a"), ("path", "=", "/a/b"), ("path", "=", "/a0"), ("dir", "=", "/"),
))]  # fmt: skip

RULES = st.builds(
    lambda action, watch, uid, numbers, key: Rule(
        "exit", action, watch + (() if uid is None else (Field("uid", "=", uid),)), frozenset(numbers), (key,)
    ),
    st.sampled_from(["always", "always", "always", "never"]),
    st.sampled_from(WATCHES),
    st.one_of(st.none(), st.integers(0, 2)),
    st.sets(st.integers(0, 3), min_size=1, max_size=2),
    st.sampled_from("abcd"),
)


@st.composite
def changes(draw):
    """A list, and another one that keeps, drops, moves and adds rules."""
    # Of rules of the same match the kernel looks at one, so that the others have no order to keep.
    rules = draw(st.lists(RULES, max_size=9, unique_by=without_keys))
    current = rules[: draw(st.integers(0, min(7, len(rules))))]
    kept = [place for place in range(len(current)) if draw(st.booleans()) or draw(st.booleans())]
    wanted = [(current[place], place) for place in draw(st.permutations(kept))]
    for rule in rules[len(current) :]:
        wanted.insert(draw(st.integers(0, len(wanted))), (rule, None))
    return current, wanted


def result(rules, event):
    """How the kernel treats an event: the first rule that matches decides."""
    for rule in rules:
        if event[0] in rule.syscalls and all(matches(field, event) for field in rule.fields):
            return rule.keys if rule.action == "always" else None
    return None


def matches(field, event):
    """Of a copy that is told apart by a field that fits every event, that field as well."""
    _number, uid, path = event
    if field.name == "dir":
        return path is not None and (path + "/").startswith(field.value.rstrip("/") + "/")
    return {"uid": uid, "path": path}.get(field.name, field.value) == field.value


@functools.cache
def keep_order(one, other):
    """must_keep_order() of pairs that come again and again."""
    return must_keep_order(one, other)


def allowed(parts, wanted, part):
    """Whether the next rule may be in front (0), kept (1) or at the back (2), as the kernel's requests permit."""
    rule, held = wanted[len(parts)]
    for before, (other, also_held) in zip(parts, wanted, strict=False):
        in_order = before < part or (before == part and (part != 1 or also_held < held))
        hides_other = part == 0 and rule.action == "never" and other.action != "never"
        if (hides_other or not in_order) and keep_order(other, rule):
            return False
    return True


def fewest_moves(wanted, parts=(), best=None):
    """By trying every way, as long as it may be better than the best so far."""
    moved = sum(part != 1 for part, (rule, held) in zip(parts, wanted, strict=False) if held is not None)
    if best is not None and moved >= best:
        return best
    if len(parts) == len(wanted):
        return moved
    for part in (0, 2) if wanted[len(parts)][1] is None else (1, 0, 2):
        if allowed(parts, wanted, part):
            best = fewest_moves(wanted, (*parts, part), best)
    return best


def moves(current, wanted):
    """How many of the rules that are to stay the plan deletes."""
    dropped = len(current) - sum(place is not None for rule, place in wanted)
    return sum(step.operation == "delete" for step in plan(current, wanted)) - dropped


@given(changes())
@settings(max_examples=600, deadline=None)
def test_fewest_deletions_right_order_and_nothing_lost_on_the_way(change):
    current, wanted = change
    rules = [rule for rule, held in wanted]
    logged_by_both = [event for event in EVENTS if result(current, event) and result(rules, event)]
    held = list(current)
    steps = plan(current, wanted)
    for step in steps:
        if step.operation == "append":
            assert step.rule not in held, "the kernel would answer that the rule exists"
            held.append(step.rule)
        elif step.operation == "prepend":
            held.insert(0, step.rule)
        else:
            held.remove(step.rule)
        assert all(result(held, event) for event in logged_by_both)
    assert len(held) == len(rules)
    assert [result(held, event) for event in EVENTS] == [result(rules, event) for event in EVENTS]
    assert moves(current, wanted) == fewest_moves(wanted)


def shuffled(random):
    """A list in which some rules change places, and one with which new ones are mixed."""
    pool = {}
    for _count in range(random.randint(6, 9)):
        numbers = frozenset(random.sample(range(6), random.randint(1, 3)))
        pool[numbers] = Rule("exit", "always", (), numbers, (random.choice("abcdefgh"),))
    rules = list(pool.values())
    new = random.randint(1, min(3, len(rules)))
    current = rules[new:]
    wanted = [(rule, place) for place, rule in enumerate(current)]
    for _count in range(random.randint(0, 3) if current else 0):
        one, other = random.randrange(len(current)), random.randrange(len(current))
        wanted[one], wanted[other] = wanted[other], wanted[one]
    for rule in rules[:new]:
        wanted.insert(random.randint(0, len(wanted)), (rule, None))
    return current, wanted


def test_the_fewest_deletions_of_ten_thousand_plans():
    """One in 700 of them needs a flow that takes back what an earlier path took."""
    generator = random.Random(1)
    for _count in range(10000):
        current, wanted = shuffled(generator)
        assert moves(current, wanted) == fewest_moves(wanted), (current, wanted)


def longest_run(wanted):
    """The most rules that stand side by side as they are held, with no rule before them that keeps events out."""
    first_never = next((place for place, (rule, held) in enumerate(wanted) if rule.action == "never"), len(wanted))
    runs = [
        [held for rule, held in wanted[start:end]]
        for start in range(min(first_never + 1, len(wanted)))
        for end in range(start + 1, len(wanted) + 1)
    ]
    return max((len(run) for run in runs if None not in run and run == sorted(run)), default=0)


def test_after_too_many_looks_the_longest_run_is_kept(monkeypatch):
    """On small lists that are looked at as if they were too long."""
    monkeypatch.setattr(order, "_MOST_LOOKS", -1)
    generator = random.Random(2)
    runs = set()
    for _count in range(3000):
        current, wanted = shuffled(generator)
        wanted = [
            (rule._replace(action="never") if held is None and generator.random() < 0.2 else rule, held)
            for rule, held in wanted
        ]
        kept = longest_run(wanted)
        runs.add(kept)
        # The looks begin where something new comes before what is there, or something has to change places.
        places = [held for rule, held in wanted]
        if None in places[: len(current)]:
            assert moves(current, wanted) == len(current) - kept, (current, wanted)
    assert len(runs) > 5


@given(changes())
@settings(max_examples=400, deadline=None)
def test_what_is_new_and_comes_last_is_appended_without_a_look(change):
    """Which is what a look at all rules finds, too."""
    _current, wanted = change
    wanted = sorted(wanted, key=lambda pair: (pair[1] is None, pair[1] or 0))
    rules, places = [rule for rule, held in wanted], [held for rule, held in wanted]
    new = set(range(len([place for place in places if place is not None]), len(places)))
    assert order.Order(rules, places).ends() == order.Order(rules, places)._fewest_moves() == (set(), new)


def test_a_list_of_thousands_is_reversed_in_time():
    """One rule stays, whichever it is: all others have to move."""
    numbers = list(range(3000))
    random.Random(1).shuffle(numbers)
    # Each rule meets each other one, and none matches the same.
    current = [
        Rule("exit", "always", (Field("uid", "!=", number),), frozenset([7]), (str(number),)) for number in numbers
    ]
    wanted = [(rule, place) for place, rule in reversed(list(enumerate(current)))]
    steps = plan(current, wanted)
    moved = [rule for rule, place in wanted[1:]]
    assert [(step.operation, without_keys(step.rule)) for step in steps[: len(moved)]] == [
        ("append", without_keys(rule)) for rule in moved
    ]
    assert [(step.operation, step.rule) for step in steps[len(moved) :]] == [("delete", rule) for rule in current[:-1]]


@pytest.mark.parametrize(("most", "moved"), [(2, 0), (1, 1), (0, 1)])
def test_as_many_looks_as_may_be_are_taken(monkeypatch, most, moved):
    """A rule between two others is replaced: it has no order to keep with either, which two looks tell."""
    monkeypatch.setattr(order, "_MOST_LOOKS", most)
    one, two, three = (Rule("exit", "always", (), frozenset([number]), ("old",)) for number in range(3))
    assert moves([one, two, three], [(one, 0), (two._replace(keys=("new",)), None), (three, 2)]) == moved


def test_changes_of_place_are_looked_at(monkeypatch):
    """One look for each rule that was after another one and has to come before it, or the other way round."""
    current = [Rule("exit", "always", (), frozenset([number]), (str(number),)) for number in range(4)]
    wanted = [(rule, place) for place, rule in reversed(list(enumerate(current)))]
    monkeypatch.setattr(order, "_MOST_LOOKS", 4)
    assert moves(current, wanted) == 0
    monkeypatch.setattr(order, "_MOST_LOOKS", 3)
    assert moves(current, wanted) == 3


def test_thousands_of_watches_are_reversed_without_a_deletion():
    """Only what watches the same path, or above or below it, has an order to keep."""
    current = [
        Rule("exit", "always", (Field("path", "=", f"/etc/{number}"),), frozenset([7]), (str(number),))
        for number in range(3000)
    ]
    above = Rule("exit", "always", (Field("dir", "=", "/etc/7"),), frozenset([7]), ("above",))
    wanted = [(rule, place) for place, rule in reversed(list(enumerate(current)))]
    assert plan(current, wanted) == []
    assert plan(current, [*wanted, (above, None)]) == [Step("append", above)]
    assert plan(current, [(above, None), *wanted]) == [Step("prepend", above)]
