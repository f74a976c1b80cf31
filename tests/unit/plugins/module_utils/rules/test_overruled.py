# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that record nothing because of earlier ones; tests/integration/promises/test_silence.py asks a kernel."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules import _first_match
from ansible_collections.linux.audit.plugins.module_utils.rules import overruled as module
from ansible_collections.linux.audit.plugins.module_utils.rules._droppers import Droppers
from ansible_collections.linux.audit.plugins.module_utils.rules._typical import TYPICAL_SYSCALLS, meeting
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.overruled import Overruled, overruled
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from strategies import HOST

WATCH, READ, EXECUTE = "-w /etc/passwd -p wa -k x", "-w /etc/shadow -p r", "-w /usr/bin/su -p x"
TREE = "-a always,exit -F arch=b64 -F dir=/etc/ssh -F perm=wa"
CALLS = "-a always,exit -F arch=b64 -S mount,umount2"
NEVER = "-a never,exit"


def found(*lines):
    by, unknown = overruled([parse_line(line, HOST).rule for line in lines])
    assert unknown == []
    return [tuple(one) for one in by]


@pytest.mark.parametrize(
    ("lines", "places"),
    [
        ([f"{NEVER} -F perm=wa", WATCH], [(0, (1,))]),
        ([f"{NEVER} -F perm=rwxa", WATCH, READ, EXECUTE, TREE], [(0, (1, 2, 3, 4))]),
        ([f"{NEVER} -F perm=wa", WATCH, READ, EXECUTE, TREE, CALLS], [(0, (1, 4))]),
        ([f"{NEVER} -F perm=w", WATCH], []),
        ([f"{NEVER} -F perm=w", f"{NEVER} -F perm=a", WATCH], [(1, (2,))]),
        ([f"{NEVER} -F filetype=file", WATCH, READ, TREE], [(0, (1, 2, 3))]),
        ([f"{NEVER} -F filetype=dir", WATCH], []),
        ([f"{NEVER} -F filetype=file", CALLS], []),
        ([f"{NEVER} -F filetype!=dir -F uid>=0", WATCH], [(0, (1,))]),
        ([f"{NEVER} -F success=1", WATCH], [(0, (1,))]),
        ([f"{NEVER} -S execve,execveat", EXECUTE], [(0, (1,))]),
        ([f"{NEVER} -S execve", WATCH], []),
        ([f"{NEVER} -F arch=b64 -S mount,umount2,openat", CALLS], [(0, (1,))]),
        ([f"{NEVER} -F arch=b64 -S mount", CALLS], []),
        ([f"{NEVER} -F arch=b32 -F perm=wa", TREE], []),
        ([f"{NEVER} -F arch=b64 -F perm=wa", TREE, WATCH], [(0, (1, 2))]),
        ([f"{NEVER} -F auid!=unset", f"{CALLS} -F auid>=1000 -F auid!=unset"], [(0, (1,))]),
        ([f"{NEVER} -F auid>=1001", f"{CALLS} -F auid>=1000 -F auid!=unset"], []),
        ([f"{NEVER} -F auid=unset", f"{CALLS} -F auid>=1000 -F auid!=unset"], []),
        ([f"{NEVER} -F exe!=/usr/bin/id", WATCH], []),
        ([f"{NEVER} -F subj_type!=x_t -F perm=wa", WATCH], [(0, (1,))]),
        ([f"{NEVER} -F subj_type=x_t -F perm=wa", WATCH], []),
        # dead_rules.shadows() has these.
        ([f"{NEVER} -F path=/etc/passwd", WATCH], []),
        # The first rule that matches decides.
        ([WATCH, f"{NEVER} -F perm=wa"], []),
        ([f"{NEVER} -F uid=0", f"{NEVER} -F uid!=0", WATCH], [(1, (2,))]),
        ([f"{NEVER} -F uid=1000", WATCH, f"{NEVER} -F uid!=1000", TREE], [(2, (3,))]),
        # Other lists, and rules that have no effect.
        (["-a never,task -F uid=0", WATCH], []),
        ([f"{NEVER} -F exit<0", WATCH], []),
        ([f"{NEVER} -F perm=wa"], []),
    ],
)
def test_rules_whose_events_others_leave_out(lines, places):
    assert found(*lines) == places


def test_exceptions_that_people_write_overrule_nothing():
    lines = [
        f"{NEVER} -F exe=/usr/sbin/chronyd",
        f"{NEVER} -F auid=unset -S adjtimex",
        f"{NEVER} -F dir=/var/lib/docker -F perm=rwxa",
        f"{NEVER} -F arch=b64 -S fork -F success=0",
        f"{NEVER} -F subj_type=crond_t",
        WATCH, READ, EXECUTE, TREE, CALLS,
    ]  # fmt: skip
    assert found(*lines) == []


def different(count):
    """As many rules that leave events out, each before a rule of which it leaves out all events, and no other does."""
    for number in range(1000, 1000 + count):
        yield f"{NEVER} -F auid={number} -F subj_type=t{number} -S openat"
        yield f"-a always,exit -F arch=b64 -S openat -F auid={number} -F subj_type=t{number}"


def test_thousands_of_watches_are_judged_once(monkeypatch):
    judged = []
    judge = module._overruling
    monkeypatch.setattr(module, "_overruling", lambda *given: judged.append(given) or judge(*given))
    rules = [parse_line(f"{NEVER} -F uid={number} -F perm=wa", HOST).rule for number in range(50)]
    watch = parse_line(WATCH, HOST).rule
    path, perm = watch.fields
    watches = [watch._replace(fields=(path._replace(value=f"/srv/{number}"), perm)) for number in range(5000)]
    last = parse_line(f"{NEVER} -F perm=wa", HOST).rule
    assert overruled([*rules, *watches, last, *watches])[0] == [Overruled(5050, tuple(range(5051, 10051)))]
    assert len(judged) == 2


@pytest.mark.parametrize("apart", [False, True])
def test_thousands_of_rules_that_differ_are_judged_all(apart):
    lines = list(different(2000))
    lines = [*lines[::2], *lines[1::2]] if apart else lines
    by, of = (range(2000), range(2000, 4000)) if apart else (range(0, 4000, 2), range(1, 4000, 2))
    assert found(*lines) == [(place, (other,)) for place, other in zip(by, of, strict=True)]


def test_rules_whose_events_are_divided_into_too_many_parts_are_named(monkeypatch):
    monkeypatch.setattr(_first_match, "_MOST_PARTS", 0)
    lines = [f"{NEVER} -F uid{operator}61 -F pid{operator}647" for operator in ("<", ">")]
    assert overruled([parse_line(line, HOST).rule for line in [*lines, CALLS, WATCH]]) == ([], [2, 3])


def test_what_is_certain_of_one_arch_is_not_hidden_by_what_is_not_of_another(monkeypatch):
    monkeypatch.setattr(_first_match, "_MOST_PARTS", 0)
    b32 = [f"{NEVER} -F arch=b32 -F uid{operator}61 -F pid{operator}647" for operator in ("<", ">")]
    assert found(*b32, f"{NEVER} -F arch=b64 -F perm=wa", WATCH) == [(2, (3,))]


def test_all_rules_together_have_a_limit_too(monkeypatch):
    """Each of them needs a look at three parts of events, the uids that events typically have."""
    lines = [f"{NEVER} -F uid<61", *(f"{CALLS} -F a0={number}" for number in range(10))]
    monkeypatch.setattr(_first_match, "_MOST_OF_ALL", 10)
    by, unknown = overruled([parse_line(line, HOST).rule for line in lines])
    assert by == []
    assert unknown and unknown == list(range(unknown[0], 11)) and unknown[0] > 1


CONDITIONS = st.builds(
    Field, st.just("a0"), st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "&", "&="]), st.integers(0, 9)
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(CONDITIONS, max_size=4), max_size=6), st.integers(0, 9) | st.just(0xFFFFFFFF))
def test_a_value_suits_the_rules_whose_conditions_it_meets(rules, value):
    droppers = Droppers([Rule("exit", "never", tuple(fields), None, ()) for fields in rules])
    *_others, (suited, _limited) = droppers.dimensions({"syscall": TYPICAL_SYSCALLS, "a0": frozenset((value,))}, set())
    for number, fields in enumerate(rules):
        assert suited[0] >> number & 1 == all(meeting(field, frozenset((value,))) for field in fields)


def test_conditions_with_masks_are_not_looked_at_one_by_one():
    """Of twice as many rules, each has as many calls of functions as before."""
    calls = {}
    for count in (200, 400):
        of_kind = {action: [f"-a {action},exit -F arch=b64 -S openat -F a0&{number + 1} -F a1&={number}"
                            for number in range(count)] for action in ("never", "always")}  # fmt: skip
        rules = [parse_line(line, HOST).rule for lines in of_kind.values() for line in lines]
        seen = []
        sys.setprofile(lambda _frame, event, _argument, seen=seen: seen.append(event))
        overruled(rules)
        sys.setprofile(None)
        calls[count] = len(seen)
    assert calls[400] < 2.5 * calls[200]
