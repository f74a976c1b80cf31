# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which rules have to move: what sets of bits say, against a look at each pair of rules and a flow along each edge."""

import itertools
import random
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules import _overlaps, order
from ansible_collections.linux.audit.plugins.module_utils.rules._bits import bits, lowest, numbers
from ansible_collections.linux.audit.plugins.module_utils.rules._minimum_cut import minimum_cut
from ansible_collections.linux.audit.plugins.module_utils.rules._overlaps import Overlaps
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import LISTS
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule, without_keys
from ansible_collections.linux.audit.plugins.module_utils.rules.order import Order
from ansible_collections.linux.audit.plugins.module_utils.rules.overlap import Scope
from list_model import rules

NUMBERS = st.integers(0, 12)
LIMITS = st.builds(
    Field, st.sampled_from(["auid", "uid", "a0"]), st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "&"]), NUMBERS
)
LABELS = st.builds(Field, st.just("subj_user"), st.sampled_from(["=", "!="]), st.sampled_from(["a", "b"]))
PLACES = st.builds(Field, st.sampled_from(["path", "dir"]), st.just("="), st.sampled_from(["/", "/a", "/a/b", "/a0"]))
RULES = st.builds(
    lambda action, fields, place, calls, key: Rule(
        "exit", action, (*fields, *place), None if calls is None else frozenset(calls), key
    ),
    st.sampled_from(["always", "always", "never"]),
    st.lists(st.one_of(LIMITS, LIMITS, LABELS), max_size=4),
    st.lists(PLACES, max_size=1),
    st.none() | st.sets(st.integers(0, 5), max_size=3),
    st.sampled_from([(), ("a",), ("b",), ("a", "b")]),
)


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(0, 3000), max_size=40))
def test_bits(some):
    found = bits(iter(some))
    assert found == sum(1 << number for number in some)
    assert numbers(found) == sorted(some)
    assert not some or lowest(found) == min(some)


def overlaps_by_pairs(scopes):
    return [
        bits(place for place, other in enumerate(scopes) if place != own and scope.overlaps(other))
        for own, scope in enumerate(scopes)
    ]


@settings(max_examples=600, deadline=None)
@given(st.lists(RULES, max_size=12))
def test_overlaps_are_those_of_each_pair(some):
    scopes = [Scope(rule) for rule in some]
    found = Overlaps(scopes)
    assert [found.of(place) for place in range(len(some))] == overlaps_by_pairs(scopes)


@pytest.mark.parametrize("filter_list", sorted(LISTS))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_overlaps_on_each_list(filter_list, data):
    scopes = [Scope(rule) for rule in data.draw(st.lists(rules(filter_list), max_size=12))]
    found = Overlaps(scopes)
    assert [found.of(place) for place in reversed(range(len(scopes)))] == overlaps_by_pairs(scopes)[::-1]


def cut_by_shortest_paths(implied, given_answers, sources, sinks):
    """The plain method: along shortest paths, one edge at a time; sets instead of bits."""
    flow, left = {}, set(sinks)
    sources = set(sources)
    while True:
        came, todo, end = dict.fromkeys([*sources, *given_answers]), deque([*sources, *given_answers]), None
        while todo and end is None:
            node = todo.popleft()
            if node in left:
                end = node
                break
            for other in implied[node] | {before for (before, into), amount in flow.items() if into == node and amount}:
                if other not in came:
                    came[other] = node
                    todo.append(other)
        if end is None:
            break
        left.remove(end)
        while came[end] is not None:
            before = came[end]
            if flow.get((end, before)):
                flow[end, before] -= 1
            else:
                flow[before, end] = flow.get((before, end), 0) + 1
            end = came[end]
        sources.discard(end)
    reaching, grown = set(left), True
    while grown:
        into = {node for node, others in implied.items() if others & reaching}
        into |= {after for (before, after), amount in flow.items() if amount and before in reaching}
        grown = bool(into - reaching)
        reaching |= into
    return reaching


@st.composite
def networks(draw):
    """Answers, some of which imply others; some are given, and some cost something to deny or to affirm."""
    size = draw(st.integers(1, 9))
    some = st.sets(st.integers(0, size - 1), max_size=size)
    implied = {node: draw(some) - {node} for node in range(size)}
    given_answers, sources, sinks = draw(some), draw(some), draw(some)
    # What is given must not cost more than there is to pay.
    return implied, given_answers, sources - sinks, sinks - given_answers


@settings(max_examples=1500, deadline=None)
@given(networks())
def test_the_cut_is_that_of_the_plain_method(network):
    implied, given_answers, sources, sinks = network
    implying = {node: bits(other for other in implied if node in implied[other]) for node in implied}
    following = {node: bits(others) for node, others in implied.items()}
    found = minimum_cut(following.__getitem__, implying.__getitem__, *map(bits, (given_answers, sources, sinks)))
    assert set(numbers(found)) == cut_by_shortest_paths(*network)


def ends_by_pairs(some, held):
    """Which rules go to the front, and which to the back: the conditions of Order's docstring, pair by pair."""
    scopes = [Scope(rule) for rule in some]
    places = range(len(some))
    bound = {(one, two) for two in places for one in range(two) if scopes[one].overlaps(scopes[two])}
    # Each rule has two answers: "is it kept or at the back?" and "is it at the back?".
    implied = {(place, question): set() for place in places for question in (0, 1)}
    for place in places:
        implied[place, 1].add((place, 0))
        if held[place] is None:
            implied[place, 0].add((place, 1))
    for one, two in bound:
        implied[one, 0].add((two, 0))
        implied[one, 1].add((two, 1))
        if None not in (held[one], held[two]) and held[one] > held[two]:
            implied[one, 0].add((two, 1))
    hiding = {two for one, two in bound if scopes[two].drops and not scopes[one].drops}
    there = {place for place in places if held[place] is not None}
    # Without a reason to move, a rule is kept: nothing is known of rules that are bound to no new or swapped rule.
    given_answers = {(place, 0) for place in hiding}
    denied = cut_by_shortest_paths(
        implied, given_answers, {(place, 0) for place in there}, {(place, 1) for place in there}
    )
    return {place for place in places if (place, 0) in denied}, {place for place in places if (place, 1) not in denied}


@st.composite
def wishes(draw):
    """Wanted rules, and the places at which some of them are held."""
    some = draw(st.lists(RULES, max_size=9, unique_by=without_keys))
    held = draw(st.permutations(range(len(some))))
    if draw(st.booleans()):
        held = sorted(held)
    new = draw(st.sets(st.integers(0, 8), max_size=3))
    return some, [None if place in new else at for place, at in enumerate(held)]


@settings(max_examples=1500, deadline=None)
@given(wishes())
def test_what_moves_is_what_pairs_and_the_plain_method_say(wish):
    some, held = wish
    front, back = Order(some, held)._fewest_moves()
    assert (front, back) == ends_by_pairs(some, held)


def overlapping(count):
    """Each overlaps with each other one, and treats an event in its own way."""
    return [Rule("exit", "always", (Field("auid", ">=", number),), None, (str(number),)) for number in range(count)]


@pytest.mark.parametrize("count", [300, 2000])
def test_thousands_in_any_order_are_moved_as_few_as_can_be(count):
    """Of rules that all overlap, those can be kept that are held in a row, and wanted in a row."""
    some = overlapping(count)
    generator = random.Random(count)
    for held in (list(range(count))[::-1], generator.sample(range(count), count), [*range(1, count), 0]):
        front, back = Order(some, held)._fewest_moves()
        kept = [place for place in range(count) if place not in front and place not in back]
        run = longest = 1
        for one, two in itertools.pairwise(held):
            run = run + 1 if one < two else 1
            longest = max(longest, run)
        assert len(kept) == longest
        assert kept == list(range(kept[0], kept[-1] + 1))
        assert [held[place] for place in kept] == sorted(held[place] for place in kept)


def test_ten_thousand_are_reversed_with_the_fewest_looks(monkeypatch):
    """Each rule is looked at beside the others a few times, however many there are."""
    for count in (1000, 10000):
        monkeypatch.setattr(order, "_MOST_LOOKS", 5 * count)
        wanted = Order(overlapping(count), list(range(count))[::-1])
        assert wanted._fewest_moves() == (set(), set(range(1, count)))


def test_so_many_looks_and_bytes_and_no_more(monkeypatch):
    """After that, the longest run is kept. Where all rules overlap, that is as much as can be kept."""
    apart = [Rule("exit", "always", (Field("auid", "=", number),), None, (str(number),)) for number in range(9)]
    for some, kept in ((overlapping(9), 1), (apart, 9)):
        assert len(set(range(9)).difference(*Order(some, list(range(9))[::-1]).ends())) == kept
    monkeypatch.setattr(order, "_MOST_BYTES", 0)
    assert len(set(range(9)).difference(*Order(apart, list(range(9))[::-1]).ends())) == 9
    monkeypatch.setattr(order, "_MOST_LOOKS", 8)
    assert len(set(range(9)).difference(*Order(apart, list(range(9))[::-1]).ends())) == 1
    monkeypatch.undo()
    monkeypatch.setattr(order, "_MOST_BYTES", 0)
    with pytest.raises(order._TooManyLooks):
        Order(overlapping(9), list(range(9))[::-1])._fewest_moves()


def test_answers_that_are_not_kept_are_found_again(monkeypatch):
    monkeypatch.setattr(_overlaps, "_MOST_BYTES", 0)
    found = Overlaps([Scope(rule) for rule in overlapping(20)])
    assert [found.of(7), found.of(7), found.of(0)] == [2**20 - 1 - 2**7, 2**20 - 1 - 2**7, 2**20 - 2]
