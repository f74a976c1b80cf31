# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The last rule that some event needs: sets of rules, against a look at each event and at each rule."""

import itertools

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules import _first_match
from ansible_collections.linux.audit.plugins.module_utils.rules._bits import bits
from ansible_collections.linux.audit.plugins.module_utils.rules._droppers import Droppers
from ansible_collections.linux.audit.plugins.module_utils.rules._first_match import (
    Budget,
    TooManyParts,
    dimension,
    last_needed,
)
from ansible_collections.linux.audit.plugins.module_utils.rules._typical import meeting, typical_values
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule

RULES = 6
SETS = st.integers(0, (1 << RULES) - 1) | st.just(-1)


def of_each_event(rules, dimensions):
    last = -1
    for suited in itertools.product(*dimensions):
        first = next(
            (rule for rule in range(RULES) if rules >> rule & 1 and all(some >> rule & 1 for some in suited)), None
        )
        if first is None:
            return None
        last = max(last, first)
    return last


@settings(max_examples=400, deadline=None)
@given(st.integers(0, (1 << RULES) - 1), st.lists(st.lists(SETS, min_size=1, max_size=4), max_size=4))
@example((1 << RULES) - 1, [[0b110001, 0b110010], [0b110100, 0b111000]])
def test_the_last_rule_is_that_of_a_look_at_each_event(rules, dimensions):
    assert last_needed(rules, list(map(dimension, dimensions)), Budget()) == of_each_event(rules, dimensions)


def test_too_many_parts_are_no_answer(monkeypatch):
    monkeypatch.setattr(_first_match, "_MOST_PARTS", 3)
    assert last_needed(0b11, [dimension([0b01, 0b10])], Budget()) == 1
    with pytest.raises(TooManyParts):
        last_needed(0b11111, [dimension([0b10001, 0b10010]), dimension([0b10100, 0b11000])], Budget())


CONDITIONS = st.builds(
    Field,
    st.sampled_from(["pid", "a0"]),
    st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "&", "&="]),
    st.sampled_from([0, 1, 2, 3, 646, 647, 648, 0x7FFD3A10, 0xFFFFFFFF]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(CONDITIONS, max_size=3), min_size=1, max_size=RULES), st.sets(st.integers(0, 4)))
def test_a_rule_suits_the_values_that_meet_its_conditions(several, more):
    rules = [Rule("exit", "never", tuple(fields), None, ()) for fields in several]
    values = {"pid": typical_values("pid") | more, "syscall": frozenset({59})}
    found = Droppers(rules).dimensions(values, set())
    for name in {field.name for rule in rules for field in rule.fields}:
        suited = {
            bits(
                number
                for number, rule in enumerate(rules)
                if all(meeting(field, frozenset({value})) for field in rule.fields if field.name == name)
            )
            for value in values.get(name, typical_values(name))
        }
        assert suited in [{some & (1 << len(rules)) - 1 for some in one.suited} for one in found]
