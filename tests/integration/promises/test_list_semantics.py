# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each cell of the table of the filter lists, with events on real kernels."""

import json
import random

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.plan import reordered_twin
from lab.kernel import LEGACY_NETFILTER, QUICK, unfit
from list_model import EXT4, TMPFS, USER_LOGIN, USER_START, is_loadable
from paths import ON_GUEST
from releases import releases

B64 = 0xC000003E
GETPRIORITY, OPENAT, MKDIRAT = 140, 257, 37
EINVAL = 22
PYTHON = "/usr/bin/python3.11"


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
        rule("exit", "always", ("path", "=", "/root/x"), ("path", "=", "/root/x")),
        rule("exit", "always", ("exe", "=", PYTHON), ("exe", "=", PYTHON)),
    ],
)
def test_what_the_kernel_refuses_the_model_refuses(observe, made):
    (outcome,) = observe([[made]])
    assert outcome["refused"] == [EINVAL]
    assert not is_loadable(made)


# Conditions of which some are met by the events that are made, some are not, and some end the search of a list.
ANY_LIST = [ANYTHING, ("uid", "=", 0), ("uid", "!=", 0), ("gid", "=", 0), ("auid", "=", 0xFFFFFFFF), ("pid", "<", 2)]
CONDITIONS = {
    "exit": [
        *ANY_LIST, ("exit", "=", -EINVAL & 0xFFFFFFFF), ("success", "=", 0), ("a0", "=", 0x7E57), ("a1", "&", 1),
        ("arch", "=", B64), ("arch", "!=", B64), ("filetype", "=", 0o100000), ("perm", "=", 6), ("devmajor", ">=", 0),
        ("path", "=", "/root/list-events"), ("dir", "=", "/root"), ("exe", "=", PYTHON), ("field_compare", "=", 11),
    ],
    "io_uring": [*ANY_LIST, ("exit", ">=", 0), ("a0", ">=", 0), ("arch", "=", B64), ("euid", "=", 0)],
    "task": [*ANY_LIST, ("euid", "=", 0), ("sessionid", ">=", 0), ("exe", "!=", PYTHON), ("a0", ">=", 0)],
    "user": [*ANY_LIST, ("msgtype", "=", USER_LOGIN), ("msgtype", ">=", USER_START), ("euid", "=", 0)],
    "exclude": [*ANY_LIST, ("msgtype", "=", USER_LOGIN), ("msgtype", "<=", USER_START), ("sessionid", ">=", 0)],
    "filesystem": [("fstype", "=", TMPFS), ("fstype", "!=", TMPFS), ("fstype", "=", EXT4)],
}  # fmt: skip
MASKS = {"exit": [None, {GETPRIORITY}, {OPENAT}, {GETPRIORITY, OPENAT}], "io_uring": [None, {MKDIRAT}]}


def rules_by_chance(seed, count):
    """Loadable rules of all lists, by chance."""
    chance = random.Random(seed)
    while count:
        name = chance.choice([*CONDITIONS, "exit", "exit"])
        fields = chance.choices(CONDITIONS[name], k=chance.choice((0, 1, 1, 1, 2, 2, 3)))
        mask = chance.choice(MASKS.get(name, [None]))
        keys = chance.choice([(), ("k",), ("k", "l")])
        made = rule(name, chance.choice(("always", "never")), *fields, syscalls=mask and frozenset(mask), keys=keys)
        if is_loadable(made):
            count -= 1
            yield made


@pytest.mark.parametrize("seed", releases(1, fleet=(2, 3, 4)))
def test_a_reordered_rule_does_what_the_rule_does(observe, seed):
    """The kernel takes it for another rule, and so holds both; alone, each has the same records as its result."""
    made = list(rules_by_chance(seed, 60))
    twins = [reordered_twin(one) for one in made]
    rest = [CALL, OPEN, URING]
    alone, instead, both, without = (
        observe([[*rules, *rest] for rules in sets])
        for sets in ([[one] for one in made], [[one] for one in twins], zip(made, twins, strict=True), [[]])
    )
    wrong = [
        (one, twin, *outcomes)
        for one, twin, *outcomes in zip(made, twins, alone, instead, both, strict=True)
        if any(map(any, (outcome["refused"] for outcome in outcomes)))
        or outcomes[0]["recorded"] != outcomes[1]["recorded"]
        or outcomes[0]["recorded"] != outcomes[2]["recorded"]
    ]
    assert wrong == []
    # Rules that change nothing would prove nothing.
    assert len([outcome for outcome in alone if outcome["recorded"] != without[0]["recorded"]]) > 12
