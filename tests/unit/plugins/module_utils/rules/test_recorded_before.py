# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which rules record something that an exclusion leaves out: sets of rules, against a look at each pair."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules._recorded_before import RecordedBefore
from ansible_collections.linux.audit.plugins.module_utils.rules.list_semantics import single_valued
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.permissions import matchable_syscalls
from ansible_collections.linux.audit.plugins.module_utils.rules.ranges import ranges

B64, B32, OPENAT, MOUNT = 0xC000003E, 0x40000003, 257, 165
SINGLE = single_valued("exit")


def field(name, operators, *values):
    return st.builds(Field, st.just(name), st.sampled_from(operators), st.sampled_from(values))


CONDITIONS = st.one_of(
    field("auid", ["=", "!=", "<", "<=", ">", ">="], 1, 2, 3),
    field("subj_user", ["=", "!="], "a", "b"),
    field("exe", ["=", "!="], "/a", "/b"),
    field("arch", ["="], B64, B32),
    field("perm", ["="], 1, 2, 8),
    field("path", ["="], "/a", "/a/b", "/a0", "/"),
    field("dir", ["="], "/a", "/a/b", "/"),
)
RULES = st.builds(
    lambda fields, calls: Rule("exit", "always", tuple(fields), None if calls is None else frozenset(calls), ()),
    st.lists(CONDITIONS, max_size=4),
    st.none() | st.sets(st.sampled_from([OPENAT, MOUNT, 1, 2]), min_size=1, max_size=2),
)


def calls(rule, arch):
    permissions = rule.value("perm")
    if permissions is None and (rule.value("path") or rule.value("dir")):
        permissions = 15
    if permissions is None or arch is None:
        return rule.syscalls
    matchable = matchable_syscalls(permissions, arch)
    return matchable if rule.syscalls is None else rule.syscalls & matchable


def may_meet(one, other):
    tree, other_tree = one.value("dir"), other.value("dir")
    path, other_path = tree or one.value("path"), other_tree or other.value("path")
    if path and other_path and path != other_path:
        above = tree and other_path.startswith(f"{path.rstrip('/')}/")
        below = other_tree and path.startswith(f"{other_path.rstrip('/')}/")
        if not (above or below):
            return False
    limits, others = ranges(one.fields, SINGLE), ranges(other.fields, SINGLE)
    if any(limits[name][0] > others[name][1] or limits[name][1] < others[name][0] for name in limits.keys() & others):
        return False
    if any(each.operator == "=" and each._replace(operator="!=") in one.fields for each in other.fields):
        return False
    programs = {each.text for each in (*one.fields, *other.fields) if each.name == "exe" and each.operator == "="}
    arch = one.arch or other.arch
    mine, its = calls(one, arch), calls(other, arch)
    return len(programs) < 2 and (mine is None or its is None or not mine.isdisjoint(its))


@settings(max_examples=600, deadline=None)
@given(st.lists(RULES, max_size=8), RULES, st.integers(0, 8))
def test_the_first_rule_is_that_of_a_look_at_each_pair(rules, exclusion, count):
    count = min(count, len(rules))
    found = RecordedBefore(rules).first(exclusion, count)
    assert found == next((number for number, rule in enumerate(rules[:count]) if may_meet(rule, exclusion)), None)


def test_of_thousands_of_watches_only_those_near_an_exclusion_are_looked_at(monkeypatch):
    looks, value = [], Rule.value
    monkeypatch.setattr(Rule, "value", lambda rule, name: looks.append(name) or value(rule, name))
    watched = [Rule("exit", "always", (Field("path", "=", f"/etc/{number}"),), None, ()) for number in range(2000)]
    before = RecordedBefore(watched)
    for number, rule in enumerate(watched):
        assert before.first(rule._replace(action="never"), len(watched)) == number
    assert len(looks) <= 20 * len(watched)
