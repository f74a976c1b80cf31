# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A model of what the kernel makes of a system call on the list exit, written after its functions.

audit_filter_syscall() walks the list and stops at the first rule that matches; audit_filter_inodes() walks, for each
file that the call touched, the rules that are kept under a hash of its inode. Of the rules found, the one that comes
first in the whole sequence decides (``prio``). A watch of a file knows it by its inode, whatever path leads to it.
"""

import itertools
import random
import typing

from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules import tables
from ansible_collections.linux.audit.plugins.module_utils.rules._permission_masks import permission_mask
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule

MACHINE = "x86_64"
B64, B32 = (tables.arch_number(word, MACHINE) for word in ("b64", "b32"))
UNSET = 0xFFFFFFFF
EPERM, ENOENT, EACCES = (2**32 - number for number in (1, 2, 13))
# open, 32 bit open, execve, 32 bit execve, chmod, 32 bit chmod, a call of a later kernel, getppid.
NUMBERS = (2, 5, 59, 11, 90, 15, 500, 110)
BITS = (1, 2, 4, 8)
COMPARE = {
    "=": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__
}  # fmt: skip


class Call(typing.NamedTuple):
    """A system call. ``means``: the permissions that this kernel says it needs. ``inodes``: the watched files that it
    touches; ``trees``: the directories that it touches something below. A link may lead to a file from elsewhere.
    """

    arch: int
    number: int
    means: int
    auid: int
    uid: int
    exit: int
    inodes: tuple
    trees: tuple


def _meanings(arch, number):
    """The permissions that a kernel of some release may say a call needs: none, one, or all that are known."""
    known = [bit for bit in BITS if number in permission_mask(bit, frozenset((arch,)))]
    return {0, *known, sum(known)}


CALLS = [
    Call(arch, number, means, *rest)
    for arch, number in itertools.product((B64, B32), NUMBERS)
    for means in _meanings(arch, number)
    for rest in itertools.product(
        (0, 1000, UNSET),
        (0, 1),
        (0, EPERM, ENOENT, EACCES),
        ((), ("/a/b",), ("/c",), ("/c", "/a/b")),
        ((), ("/a",), ("/a", "/d")),
    )
]


def some_calls(seed, count=200):
    """Some of the calls that the rules below tell apart."""
    return random.Random(seed).sample(CALLS, count)


def treatment(rules, call):
    """The keys that a call is recorded with, None if it is not recorded."""
    found = [
        next((place for place in bucket if _matches(rules[place], call, name)), None)
        for name, bucket in _buckets(rules, call)
    ]
    first = min((place for place in found if place is not None), default=None)
    if first is None or rules[first].action == "never":
        return None
    return frozenset(rules[first].keys)


def _buckets(rules, call):
    """The rules that are looked at together, by place, with the file for which they are."""
    watches = [place for place, rule in enumerate(rules) if rule.value("path") is not None]
    yield None, [place for place, rule in enumerate(rules) if rule.value("path") is None]
    for name in call.inodes:
        yield name, [place for place in watches if len(rules[place].value("path")) % 2 == len(name) % 2]


def _matches(rule, call, name):
    if rule.syscalls is not None and call.number not in rule.syscalls:
        return False
    return all(_holds(field, call, name) for field in rule.fields)


def _holds(field, call, name):
    if field.name == "path":
        return field.value == name
    if field.name == "dir":
        return field.value in call.trees
    if field.name == "perm":
        return bool(field.value & call.means)
    return COMPARE[field.operator](getattr(call, field.name), field.value)


def _field(name, operator, *values):
    return st.builds(Field, st.just(name), st.just(operator), st.sampled_from(values))


_CONDITIONS = {
    "arch": _field("arch", "=", B64, B32),
    "object": _field("path", "=", "/a/b", "/c") | _field("dir", "=", "/a", "/d"),
    "perm": _field("perm", "=", 1, 2, 4, 8, 10, 15),
    "auid": _field("auid", ">=", 1000) | _field("auid", "=", 0, 1000, UNSET) | _field("auid", "!=", UNSET),
    "uid": _field("uid", "=", 0, 1) | _field("uid", ">=", 0, 1),
    "exit": _field("exit", "=", EPERM, ENOENT, EACCES, 0) | _field("exit", "!=", 0) | _field("exit", ">=", EACCES),
}


@st.composite
def rules(draw):
    """Hypothesis strategy: rules that have much in common, as those of real sets have."""
    made = []
    for _base in range(draw(st.integers(1, 4))):
        names = draw(st.lists(st.sampled_from(sorted(_CONDITIONS)), max_size=4, unique=True))
        base = {name: draw(_CONDITIONS[name]) for name in names}
        action = draw(st.sampled_from(["always", "always", "always", "never"]))
        keys = draw(st.sampled_from([("k",), ("k",), ("l",), ()]))
        for _twin in range(draw(st.integers(1, 4))):
            other = dict(base)
            for name in draw(st.lists(st.sampled_from(["arch", "arch", "exit", "auid", "perm"]), max_size=2)):
                other[name] = draw(_CONDITIONS[name])
            numbers = draw(st.none() | st.frozensets(st.sampled_from(NUMBERS), min_size=1, max_size=4))
            made.append(Rule("exit", action, tuple(other.values()), numbers, keys))
    return draw(st.permutations(made)) if draw(st.booleans()) else made
