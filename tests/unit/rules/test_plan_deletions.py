# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The plan has the fewest deletions that keep the order: compared with trying every way, on small lists."""

import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule, match
from ansible_collections.linux.audit.plugins.module_utils.rules.plan import Step, must_keep_order, plan

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
    rules = draw(st.lists(RULES, max_size=9, unique_by=match))
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


def allowed(parts, wanted):
    """Whether rules may be in front (0), kept (1) or at the back (2), as the kernel's requests permit."""
    for (first, (one, held)), (second, (other, also_held)) in itertools.combinations(
        zip(parts, wanted, strict=True), 2
    ):
        if not must_keep_order(one, other):
            continue
        if first > second or (first == second == 1 and held > also_held):
            return False
        if second == 0 and other.action == "never" and one.action != "never":
            return False
    return True


def fewest_moves(wanted):
    """By trying every way."""
    choices = [(0, 2) if held is None else (0, 1, 2) for rule, held in wanted]
    return min(
        sum(part != 1 for part, (rule, held) in zip(parts, wanted, strict=True) if held is not None)
        for parts in itertools.product(*choices)
        if allowed(parts, wanted)
    )


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
    dropped = len(current) - sum(place is not None for rule, place in wanted)
    assert sum(step.operation == "delete" for step in steps) - dropped == fewest_moves(wanted)


def test_a_list_of_thousands_is_reversed_in_time():
    """Too many pairs to look at one by one: right, if not with the fewest deletions."""
    numbers = list(range(3000))
    random.Random(1).shuffle(numbers)
    current = [Rule("exit", "always", (), frozenset([7]), (str(number),)) for number in numbers]
    wanted = [(rule, place) for place, rule in reversed(list(enumerate(current)))]
    steps = plan(current, wanted)
    assert sum(step.operation == "delete" for step in steps) == len(current) - 1
    assert [step.operation for step in steps[: len(current) - 1]] == ["append"] * (len(current) - 1)


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
