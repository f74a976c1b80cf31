# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of the filter lists, and the model that the planner is tested with, against events on real kernels."""

import json
import random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import strategies
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import LISTS
from ansible_collections.linux.audit.plugins.module_utils.rules.lint import idle
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.plan import reordered_twin
from lab.kernel import LEGACY_NETFILTER, QUICK, unfit
from list_model import EXT4, TMPFS, USER_LOGIN, USER_START, Event, decide, is_loadable, rules
from paths import ON_GUEST

B64 = 0xC000003E
GETPRIORITY, OPENAT, MKDIRAT = 140, 257, 37
EINVAL, EOPNOTSUPP = 22, 95
PYTHON = "/usr/bin/python3.11"
LABELS = ("subj_", "obj_user", "obj_role", "obj_type", "obj_lev")


@pytest.fixture(scope="module", params=[QUICK, LEGACY_NETFILTER])
def observe(request, lab):
    """observe(cases): what a kernel recorded of each case; see list_events.py."""
    if reason := unfit(request.param):
        pytest.skip(reason)
    guest = lab.boot("bookworm", name=f"lists-{request.param}", kernel=request.param)
    guest.put(ON_GUEST / "list_events.py", "/root/list_events.py")
    guest.run("systemctl stop auditd; dmesg -n 1")

    def observe(cases):
        hexadecimal = json.dumps([[wire.encode(rule).hex() for rule in case] for case in cases])
        return json.loads(guest.run("python3 /root/list_events.py", input=hexadecimal, timeout=600).stdout)

    yield observe
    guest.stop()


def rule(filter_list, action, *fields, syscalls=None, keys=()):
    return Rule(filter_list, action, tuple(Field(*field) for field in fields), syscalls, keys)


ANYTHING = ("pid", ">=", 0)
CALL = rule("exit", "always", syscalls=frozenset([GETPRIORITY]), keys=("call",))
OPEN = rule("exit", "always", syscalls=frozenset([OPENAT]), keys=("open",))
URING = rule("io_uring", "always", keys=("uring",))
# What is recorded of CALL, OPEN and URING, and without any rule.
START, LOGIN = f"user {USER_START}", f"user {USER_LOGIN}"
USERS = {START, LOGIN}
ALL = {"call", "tmpfs", "root", "uring", *USERS}
FILES = {"tmpfs", "root"}

# A cell of the table: the rules before CALL, OPEN and URING, and what is not recorded because of them.
CELLS = {
    # No field.
    "task without fields": ([rule("task", "never")], ALL - USERS),
    "exit without fields": ([rule("exit", "never")], {"call", *FILES}),
    "io_uring without fields": ([rule("io_uring", "never")], {"uring"}),
    "user without fields": ([rule("user", "never")], set()),
    "exclude without fields": ([rule("exclude", "always"), rule("exclude", "never")], set()),
    "filesystem without fields": ([rule("filesystem", "never")], set()),
    # A field that is always met, and one that never is.
    "task, always met": ([rule("task", "never", ANYTHING)], ALL - USERS),
    "exit, always met": ([rule("exit", "never", ANYTHING)], {"call", *FILES}),
    "io_uring, always met": ([rule("io_uring", "never", ANYTHING)], {"uring"}),
    "user, always met": ([rule("user", "never", ANYTHING)], USERS),
    "exclude, always met": ([rule("exclude", "never", ANYTHING)], ALL),
    "exit>=0": ([rule("exit", "never", ("exit", ">=", 0))], {"call", *FILES}),
    "exit<0": ([rule("exit", "never", ("exit", "<", 0))], set()),
    "devmajor>=0": ([rule("exit", "never", ("devmajor", ">=", 0))], FILES),
    "saddr_fam>=0": ([rule("exit", "never", ("saddr_fam", ">=", 0))], set()),
    # The action.
    "user, always is an exception": (
        [rule("user", "always", ("msgtype", "=", USER_LOGIN)), rule("user", "never", ANYTHING)],
        {START},
    ),
    "exclude, always drops": ([rule("exclude", "always", ("msgtype", "=", USER_LOGIN))], {LOGIN}),
    "exclude, never drops": ([rule("exclude", "never", ("msgtype", "=", USER_LOGIN))], {LOGIN}),
    "filesystem, always does nothing": (
        [rule("filesystem", "always", ("fstype", "=", TMPFS)), rule("filesystem", "never", ("fstype", "=", TMPFS))],
        {"tmpfs"},
    ),
    # The order.
    "task, the first decides": ([rule("task", "always", ANYTHING), rule("task", "never")], set()),
    "io_uring, the first decides": ([URING._replace(fields=(Field(*ANYTHING),)), rule("io_uring", "never")], set()),
    "exclude, any decides": (
        [
            rule("exclude", "always", ("msgtype", "=", USER_START)),
            rule("exclude", "never", ("msgtype", ">", USER_START)),
        ],
        ALL,
    ),
    # Repeated fields.
    "user, all must match": (
        [rule("user", "never", ("msgtype", "=", USER_LOGIN), ("msgtype", "=", USER_START))], set(),
    ),
    "exclude, all must match": (
        [rule("exclude", "never", ("msgtype", "=", USER_LOGIN), ("msgtype", "=", USER_START))], set(),
    ),
    "filesystem, any must match": (
        [rule("filesystem", "never", ("fstype", "=", TMPFS), ("fstype", "=", EXT4))], FILES,
    ),
    # Fields that a list does not evaluate, and keys.
    "user, another field ends the search": (
        [rule("user", "never", ("euid", "=", 0)), rule("user", "never", ANYTHING)], set(),
    ),
    "user, a field that is not reached does not": (
        [rule("user", "never", ("uid", "=", 1), ("euid", "=", 0)), rule("user", "never", ANYTHING)], USERS,
    ),
    "exclude, another field ends the search": (
        [rule("exclude", "never", ("sessionid", ">=", 0)), rule("exclude", "never", ANYTHING)], set(),
    ),
    "user, a key ends the search": ([rule("user", "never", ANYTHING, keys=("k",))], set()),
    "exclude, a key ends the search": (
        [rule("exclude", "never", ("msgtype", "=", USER_LOGIN), keys=("k",)), rule("exclude", "never", ANYTHING)],
        ALL - {LOGIN},
    ),
    "filesystem, a key does nothing": ([rule("filesystem", "never", ("fstype", "=", TMPFS), keys=("k",))], {"tmpfs"}),
    **{
        f"task does not know {name}": ([rule("task", "never", (name, operator, value))], set())
        for name, operator, value in [
            ("arch", "=", B64), ("ppid", ">=", 0), ("a0", ">=", 0), ("saddr_fam", ">=", 0), ("exit", ">=", 0),
            ("success", ">=", 0), ("perm", "=", 15), ("filetype", "=", 0o100000), ("obj_uid", ">=", 0),
            ("devmajor", ">=", 0),
        ]
    },
    **{
        f"task knows {name}": ([rule("task", "never", (name, operator, value))], ALL - USERS)
        for name, operator, value in [
            ("sessionid", ">=", 0), ("euid", "=", 0), ("pers", ">=", 0), ("field_compare", "=", 11), ("perm", "!=", 15),
            # audit_exe_compare() answers for the running process alone.
            ("exe", "!=", PYTHON),
        ]
    },
    "task does not know exe": ([rule("task", "never", ("exe", "=", PYTHON))], set()),
    "io_uring, of a worker, has no arch": ([rule("io_uring", "never", ("arch", "=", B64))], set()),
    "io_uring has arguments": ([rule("io_uring", "never", ("a0", ">=", 0))], {"uring"}),
    "io_uring has a result": ([rule("io_uring", "never", ("exit", ">=", 0))], {"uring"}),
    # Masks.
    "the mask of io_uring has operations": ([rule("io_uring", "never", syscalls=frozenset([MKDIRAT]))], {"uring"}),
    "another operation": ([rule("io_uring", "never", syscalls=frozenset([MKDIRAT - 1]))], set()),
}  # fmt: skip


def test_each_cell_of_the_table(observe):
    outcomes = observe([[*made, CALL, OPEN, URING] for made, _dropped in CELLS.values()])
    wrong = {
        cell: sorted(outcome["recorded"])
        for (cell, (_made, dropped)), outcome in zip(CELLS.items(), outcomes, strict=True)
        if any(outcome["refused"]) or set(outcome["recorded"]) != ALL - dropped
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "made",
    [
        rule("filesystem", "never", ("fstype", "=", TMPFS), ANYTHING),
        rule("exit", "always", ("msgtype", "=", USER_LOGIN)),
        rule("exit", "always", ("fstype", "=", TMPFS)),
        rule("io_uring", "always", ("perm", "=", 1)),
        rule("user", "never", ("path", "=", "/root/x")),
        rule("io_uring", "always", ("inode", "!=", 1)),
        rule("exit", "always", ("path", "=", "/root/x"), ("path", "=", "/root/x")),
        rule("exit", "always", ("exe", "=", PYTHON), ("exe", "=", PYTHON)),
    ],
)
def test_what_the_kernel_refuses_the_model_refuses(observe, made):
    (outcome,) = observe([[made]])
    assert outcome["refused"] == [EINVAL]
    assert not is_loadable(made)


def drawn(filter_list, count):
    """Lists of rules, the same ones each time."""
    found = []

    @seed(17)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(rules(filter_list), min_size=1, max_size=4, unique=True))
    def draw(made):
        if not any(field.name in ("path", "dir") for one in made for field in one.fields):
            found.append(made)

    draw()
    return found


# The event of each list that the guest makes, and what of it the model sees.
EVENTS = {
    "exit": [("call", Event(syscall=GETPRIORITY))],
    "task": [("call", Event())],
    "io_uring": [("uring", Event(syscall=MKDIRAT))],
    "user": [(f"user {kind}", Event(msgtype=kind)) for kind in (USER_START, USER_LOGIN)],
    "exclude": [(f"user {kind}", Event(msgtype=kind)) for kind in (USER_START, USER_LOGIN)],
    "filesystem": [("tmpfs", Event(fstype=TMPFS)), ("root", Event(fstype=EXT4))],
}
# Masks of the model are those of calls 0 and 1.
NUMBERS = {"exit": {0: GETPRIORITY, 1: 1}, "io_uring": {0: MKDIRAT, 1: 1}}


def real(one):
    if one.syscalls is None:
        return one
    return one._replace(syscalls=frozenset(NUMBERS[one.list][number] for number in one.syscalls))


@pytest.mark.parametrize("filter_list", LISTS)
def test_the_model_decides_as_the_kernel_does(observe, filter_list):
    """So does each list in which every rule was replaced by its twin."""
    cases = [[real(one) for one in made] for made in drawn(filter_list, 150)]
    after = {"task": [CALL], "filesystem": [OPEN]}.get(filter_list, [])
    twins = [[reordered_twin(one) for one in made] for made in cases]
    outcomes = observe([[*made, *after] for made in cases + twins])
    for made, outcome in zip(cases + twins, outcomes, strict=True):
        assert not any(outcome["refused"]), made
        for label, event in EVENTS[filter_list]:
            decided = decide(made, event)
            if decided is False:
                decided = None if filter_list in ("exit", "io_uring") else "as no rule says"
            assert (label in outcome["recorded"]) is (decided is not None), (made, label, outcome)
            if decided and decided != "as no rule says":
                assert outcome["recorded"][label] == "".join(decided), made


@pytest.mark.parametrize("filter_list", LISTS)
def test_the_kernel_takes_the_twin_of_every_rule_that_it_holds(observe, filter_list):
    """Together with the rule; labels are refused because this kernel has no security module."""
    numbers = random.Random(17)
    made = {strategies.rule(numbers, lists=(filter_list,)) for _count in range(500)}
    cases = [
        [one, reordered_twin(one)] for one in made if not any(field.name.startswith(LABELS) for field in one.fields)
    ]
    # A rule without an effect does not keep the records of its own loading from us.
    cases = [case for case in cases if filter_list != "exclude" or idle(case[0]) or len(case[0].fields) < 9]
    outcomes = observe(cases)
    refused = {
        case[0]: outcome["refused"] for case, outcome in zip(cases, outcomes, strict=True) if outcome["refused"][1]
    }
    assert not {one: codes for one, codes in refused.items() if not codes[0]}
    assert len(refused) < len(cases) / 10
