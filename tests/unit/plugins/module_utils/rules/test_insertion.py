# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Where rules go among others: what sets of bits say, against a look at each pair of rules."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules import _overlaps
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import LISTS
from ansible_collections.linux.audit.plugins.module_utils.rules.insertion import insertion
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.overlap import must_keep_order
from list_model import rules


def by_pairs(order, others):
    places = {held: place for place, (_rule, held) in enumerate(order) if held is not None}
    after = {}
    for rule, held in others:
        overlapping = {
            place for place, (other, in_kernel) in enumerate(order)
            if in_kernel is not None and must_keep_order(rule, other)
        }  # fmt: skip
        passed = {place for earlier, place in places.items() if earlier < held}
        before = {after[earlier] for other, earlier in others if earlier < held and must_keep_order(rule, other)}
        first = max((overlapping & passed) | before, default=-1)
        last = min((place for place in overlapping if place > first), default=len(order)) - 1
        nearest = places[max(earlier for earlier in places if earlier < held)] if passed else -1
        after[held] = max(first, min(nearest, last))
    return after


@pytest.mark.parametrize("filter_list", sorted(LISTS))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_rules_go_where_a_look_at_each_pair_puts_them(filter_list, data):
    kernel = data.draw(st.lists(rules(filter_list), max_size=9))
    kinds = data.draw(st.lists(st.sampled_from(["ours", "other", "dropped"]), min_size=9, max_size=9))
    order = data.draw(st.permutations([(rule, held) for held, rule in enumerate(kernel) if kinds[held] == "ours"]))
    for rule in data.draw(st.lists(rules(filter_list), max_size=2)):
        order.insert(data.draw(st.integers(0, len(order))), (rule, None))
    others = [(rule, held) for held, rule in enumerate(kernel) if kinds[held] == "other"]
    assert insertion(order, others) == by_pairs(order, others)


def test_the_rules_of_one_result_are_made_a_set_once(monkeypatch):
    """And not for each rule that is asked about: thousands have the same key."""
    made, bits = [], _overlaps.bits
    monkeypatch.setattr(_overlaps, "bits", lambda places: bits([made.append(place) or place for place in places]))
    some = [Rule("exit", "always", (Field("path", "=", f"/etc/{number}"),), None, ("k",)) for number in range(500)]
    found = insertion([(rule, held) for held, rule in enumerate(some[::2])],
                      [(rule, len(some) + held) for held, rule in enumerate(some[1::2])])  # fmt: skip
    assert found == {len(some) + held: 249 for held in range(250)}
    assert len(made) < 10 * len(some)
