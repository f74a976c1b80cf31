# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rule as a value, and the canonical rule of all that mean the same."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules.model import (
    ANYTHING,
    Field,
    Rule,
    canonical,
    equivalent,
    same_match,
    without_keys,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.permissions import (
    matchable_syscalls,
    permission_syscalls,
)

X86_64, I386 = 0xC000003E, 0x40000003


def rule(*fields, **more):
    return Rule(**{"list": "exit", "action": "always", "fields": tuple(Field(*field) for field in fields), **more})


def test_the_first_value():
    one = rule(("arch", "=", X86_64), ("uid", "=", 1), ("uid", "=", 2), ("gid", "=", 0))
    assert one.value("uid") == 1
    assert one.value("gid") == 0
    assert one.value("euid") is None


@pytest.mark.parametrize(
    ("archs", "found"),
    [
        ([("=", X86_64)], X86_64),
        ([("=", X86_64), ("=", X86_64)], X86_64),
        ([("=", X86_64), ("!=", I386)], X86_64),
        ([("!=", I386), ("=", X86_64)], X86_64),
        ([("!=", X86_64)], None),
        ([("=", X86_64), ("=", I386)], None),
        ([], None),
    ],
)
def test_the_arch_that_every_event_has(archs, found):
    assert rule(*(("arch", *arch) for arch in archs), ("uid", "=", 1)).arch == found


@pytest.mark.parametrize(
    ("keys", "canonical_keys"), [((), ()), (("b", "a", "b"), ("a", "b")), (("",), ()), (("", "k", ""), ("k",))]
)
def test_keys(keys, canonical_keys):
    assert canonical(rule(keys=keys)).keys == canonical_keys
    assert without_keys(rule(keys=keys)).keys == ()


@pytest.mark.parametrize(
    ("fields", "plain"),
    [
        # If /etc were a symbolic link, the kernel would follow it because of the slash.
        ([("dir", "=", "/etc/")], [("dir", "=", "/etc/")]),
        ([("dir", "=", "/etc//")], [("dir", "=", "/etc/")]),
        ([("dir", "=", "/")], [("dir", "=", "/")]),
        ([("dir", "=", "//")], [("dir", "=", "/")]),
        ([("dir", "=", "/a")], [("dir", "=", "/a")]),
        # Of a path the kernel takes a slash at the end for a part of it.
        ([("path", "=", "/etc/")], [("path", "=", "/etc/")]),
        ([("exe", "=", "/etc/")], [("exe", "=", "/etc/")]),
        ([("success", "=", 7)], [("success", "=", 1)]),
        ([("success", "!=", 0xFFFFFFFF)], [("success", "!=", 1)]),
        ([("success", "=", 1)], [("success", "=", 1)]),
        ([("success", "=", 0)], [("success", "=", 0)]),
        ([("uid", "=", 7)], [("uid", "=", 7)]),
        ([("uid", "=", 1), ("uid", "=", 1)], [("uid", "=", 1)]),
        ([("pid", ">=", 0)], []),
        ([("pid", ">=", 0), ("uid", "=", 1), ("pid", ">=", 0)], [("uid", "=", 1)]),
        ([("pid", ">=", 1)], [("pid", ">=", 1)]),
        ([("pid", ">", 0)], [("pid", ">", 0)]),
        ([("pid", "=", 0)], [("pid", "=", 0)]),
        ([("ppid", ">=", 0)], [("ppid", ">=", 0)]),
        # The order of the table of fields, then that of operators and values as texts; what has no name comes last.
        (
            [("f999", "=", 1), ("key", "=", "x"), ("uid", "=", 2), ("uid", "=", 10), ("uid", "!=", 3), ("f9", "=", 1)]
            + [("arch", "=", X86_64), ("path", "=", "/b")],
            [("arch", "=", X86_64), ("path", "=", "/b"), ("uid", "!=", 3), ("uid", "=", 10), ("uid", "=", 2)]
            + [("key", "=", "x"), ("f9", "=", 1), ("f999", "=", 1)],
        ),
    ],
)
def test_fields(fields, plain):
    assert without_keys(rule(*fields)) == rule(*plain)


def test_what_matches_anything_is_no_condition():
    assert ANYTHING == ("pid", ">=", 0)
    assert equivalent(rule(ANYTHING), rule())


def test_the_action_counts_but_on_the_list_exclude():
    for name in ("exit", "user", "task", "filesystem", "io_uring"):
        assert without_keys(rule(("uid", "=", 1), list=name, action="never")).action == "never"
        assert not same_match(rule(("uid", "=", 1), list=name, action="never"), rule(("uid", "=", 1), list=name))
    excluded = rule(("uid", "=", 1), list="exclude")
    assert without_keys(excluded._replace(action="never")) == without_keys(excluded) == excluded


READ_X86 = matchable_syscalls(4, X86_64)
B64, READ = ("arch", "=", X86_64), ("perm", "=", 4)


@pytest.mark.parametrize(
    ("fields", "syscalls", "counts"),
    [
        # All that a kernel may match, or more: they decide nothing.
        ([B64, READ], READ_X86, False),
        ([B64, READ], READ_X86 | {999}, False),
        ([B64, READ], READ_X86 - {min(READ_X86)}, True),
        ([B64, READ], frozenset(), True),
        # What a release of auditctl adds is less, but for the newest one.
        ([B64, READ], permission_syscalls("r", "x86_64", (4, 1, 4)), True),
        ([B64, READ], permission_syscalls("r", "x86_64", (4, 2)), False),
        ([B64, ("perm", "=", 1)], frozenset({59}), True),
        ([B64, ("perm", "=", 1)], frozenset({59, 322}), False),
        # An arch that a rule excludes says nothing about the syscalls of its events, nor do two of which none has both.
        ([("arch", "!=", X86_64), READ], READ_X86, True),
        ([("arch", "!=", I386), READ], READ_X86, True),
        ([B64, ("arch", "!=", I386), READ], READ_X86, False),
        ([B64, B64, READ], READ_X86, False),
        ([("arch", "=", I386), B64, READ], READ_X86, True),
        ([B64, ("arch", "=", I386), READ], READ_X86, True),
        ([B64, ("perm", "=", 6)], READ_X86, True),
        ([READ], READ_X86, True),
        ([B64], READ_X86, True),
        ([], READ_X86, True),
        # No table of syscalls; no permission.
        ([("arch", "=", 0xDEADBEEF), READ], READ_X86, True),
        ([B64, ("perm", "=", 0)], READ_X86, True),
    ],
)
def test_syscalls_that_count(fields, syscalls, counts):
    one = rule(*fields, syscalls=syscalls)
    assert without_keys(one).syscalls == (syscalls if counts else None)
    assert without_keys(one._replace(list="io_uring")).syscalls == syscalls
    assert without_keys(one._replace(syscalls=None)).syscalls is None
