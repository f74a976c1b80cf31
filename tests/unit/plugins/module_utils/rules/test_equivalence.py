# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which lines are the same rule, which differ by their keys alone, and which are two rules."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from ansible_collections.linux.audit.plugins.module_utils.rules import syscalls, tables
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import COMPARISONS
from ansible_collections.linux.audit.plugins.module_utils.rules.list_semantics import field_order_counts
from ansible_collections.linux.audit.plugins.module_utils.rules.model import (
    Rule,
    canonical,
    equivalent,
    same_match,
    without_keys,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.permissions import (
    matchable_syscalls,
    permission_syscalls,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from strategies import HOST, Host

R = "-a always,exit -F arch=b64 -S openat"
WA = "-F path=/etc/passwd -F perm=wa"


def rule(line, host=HOST):
    return parse_line(line, host).rule


# Lines of each row are one rule: what one may write, and first what auditctl -l shows of it.
SAME = [
    (
        R,
        "-a exit,always -F arch=b64 -S openat",
        "-a always,EXIT -F arch=b64 -S openat",
        "-a  always,exit -Farch=b64  -Sopenat ",
    ),
    (
        R,
        *(
            f"-a always,exit -F arch={word} -S openat"
            for word in ("x86_64", "X86_64", "B64", "0xC000003E", "3221225534", "c000003e")
        ),
    ),
    (
        "-a always,exit -F arch=b32 -S open",
        *(
            f"-a always,exit -F arch={word} -S open"
            for word in ("i386", "i486", "i586", "i686", "I686", "0x40000003", "1073741827")
        ),
    ),
    (
        "-a always,exit -F arch=b64 -S open,openat",
        "-a always,exit -F arch=b64 -S openat,open",
        "-a always,exit -F arch=b64 -S openat -S open -S openat",
        "-a always,exit -F arch=b64 -S 257 -S 0x2",
        "-a always,exit -F arch=b64 -S OPEN,,0401,",
    ),
    ("-a always,exit -S all", "-a always,exit", "-a always,exit -S all -S open", "-a always,exit -S open,all"),
    (
        f"{R} -F key=a -F key=b",
        f"{R} -k a -k b",
        f"{R} -F key=a -k b",
        f"{R} -k b -k a",
        f"{R} -k a -k b -k a",
        f"{R} -k a -F key= -k b",
    ),
    (
        f"{R} -F auid=1 -F key=x",
        f"{R} -k x -F auid=1",
        f"{R} -F key=x -F auid=1",
        "-a always,exit -F key=x -F auid=1 -F arch=b64 -S openat",
    ),
    (R, f"{R} -F key="),
    (
        f"{R} -F auid=-1",
        f"{R} -F auid=unset",
        f"{R} -F auid=4294967295",
        f"{R} -F loginuid=0xFFFFFFFF",
        f"{R} -F AUID=037777777777",
    ),
    (f"{R} -F auid>=1000", f"{R} -F auid>=0x3e8", f"{R} -F auid>=01750", f"{R} -F loginuid>=1000"),
    (f"{R} -F uid=0", f"{R} -F uid=root", f"{R} -F UID=00", f"{R} -F uid=0x0"),
    (f"{R} -F gid=42", f"{R} -F gid=shadow"),
    (f"{R} -F obj_uid=-2", f"{R} -F obj_uid=4294967294"),
    (f"{R} -F sessionid=-1", f"{R} -F sessionid=unset", f"{R} -F sessionid=4294967295"),
    (f"{R} -F exit=-EPERM", f"{R} -F exit=-1", f"{R} -F exit=-eperm", f"{R} -F exit=4294967295"),
    (f"{R} -F exit=13", f"{R} -F exit=EACCES"),
    (f"{R} -F exit=-EAGAIN", f"{R} -F exit=-EWOULDBLOCK", f"{R} -F exit=-11"),
    (f"{R} -F exit=-EDEADLK", f"{R} -F exit=-EDEADLOCK", f"{R} -F exit=-35"),
    (f"{R} -F success=1", f"{R} -F success=yes", f"{R} -F success=5", f"{R} -F Success=0x1"),
    (f"{R} -F success=0", f"{R} -F success=no"),
    (f"{R} -F a2&0x40", f"{R} -F a2&0100", f"{R} -F A2&64"),
    (f"{R} -F a0=0xFFFFFFFF", f"{R} -F a0=-1", f"{R} -F a0=4294967295"),
    *[
        (f"{R} -F filetype={name}", f"{R} -F filetype={number}", f"{R} -F FileType={name.upper()}")
        for name, number in tables.FILE_TYPES.items()
    ],
    (f"{R} -C uid!=auid", f"{R} -C auid!=uid", f"{R} -C LoginUID!=UID", f"{R} -F field_compare!=10"),
    (
        "-a always,exclude -F msgtype=CWD",
        "-a exclude,always -F msgtype=cwd",
        "-a always,exclude -F msgtype=1307",
        "-a always,exclude -F msgtype=UNKNOWN[1307]",
    ),
    # The kernel does not look at the action of the list exclude.
    ("-a always,exclude -F msgtype=CWD", "-a never,exclude -F msgtype=CWD"),
    (
        "-a never,filesystem -F fstype=tracefs",
        "-a never,filesystem -F fstype=0x74726163",
        "-a never,filesystem -F FSTYPE=TraceFS",
    ),
    (
        "-a never,filesystem -F fstype=2613483",
        "-a never,filesystem -F fstype=cgroup",
        "-a never,filesystem -F fstype=0x27e0eb",
    ),
    ("-a always,io_uring -S openat", "-a io_uring,always -S 18"),
    (
        "-w /etc/passwd -p rwxa",
        "-w /etc/passwd",
        "-w /etc/passwd -p AXWR",
        "-a always,exit -S all -F path=/etc/passwd -F perm=rwxa",
    ),
    (
        "-w /etc/passwd -p wa -k k",
        "-w /etc/passwd -p wwaa -k k",
        "-a always,exit -F path=/etc/passwd -F perm=aw -F key=k",
        "-a always,exit -F perm=wa -F path=/etc/passwd -k k",
        "-a always,exit -F path=/etc/passwd -p wa -k k",
    ),
    (
        "-w /etc -p wa",
        "-w /etc/ -p aw",
        "-w /etc// -p wa",
        "-a always,exit -F dir=/etc -F perm=wa",
    ),
    ("-a always,exit -F dir=/etc/ -F perm=wa", "-a always,exit -F dir=/etc// -F perm=aw"),
    ("-w / -p x", "-a always,exit -F dir=/ -F perm=x"),
    (
        "-a always,exit -S all -F path=/etc/passwd -F perm=wa -F auid>=1000 -F key=k",
        "-w /etc/passwd -p wa -F auid>=1000 -k k",
    ),
    ("-w /tmp/with\\ space -p r", "-a always,exit -F path=/tmp/with\\ space -F perm=r"),
    (
        f"{R} -F uid=1 -F gid=2",
        f"{R} -F gid=2 -F uid=1",
        f"{R} -F uid=1 -F gid=2 -F uid=1",
        "-a always,exit -F uid=1 -F arch=b64 -F gid=2 -S openat",
    ),
    ("-A always,exit -S open", "-a always,exit -S open", "-d always,exit -S open"),
]


@pytest.mark.parametrize("lines", SAME, ids=lambda lines: lines[0])
def test_one_rule_in_many_words(lines):
    first, *others = (rule(line) for line in lines)
    for other in others:
        assert equivalent(first, other)
        assert same_match(first, other)
        assert canonical(first) == canonical(other)


DIFFERENT = [
    R,
    R.replace("always", "never"),
    R.replace("b64", "b32"),
    R.replace("arch=", "arch!="),
    R.replace("openat", "open"),
    "-a always,exit -S openat",
    "-a always,exit -F arch=b64",
    f"{R} -k a",
    f"{R} -k a -k b",
    f"{R} -k A",
    f"{R} -F a0=1",
    f"{R} -F a1=1",
    f"{R} -F a0=2",
    f"{R} -F a0>1",
    f"{R} -F a0=1 -F a1=1",
    f"{R} -F uid=1",
    f"{R} -F auid=1",
    f"{R} -F auid=unset",
    f"{R} -F auid!=unset",
    f"{R} -C uid!=euid",
    f"{R} -C uid=euid",
    f"{R} -C uid!=suid",
    f"{R} -F exit=-EPERM",
    f"{R} -F exit=EPERM",
    f"{R} -F success=0",
    f"{R} -F success=1",
    f"{R} -F success!=1",
    f"{R} -F exe=/usr/bin/su",
    f"{R} -F exe!=/usr/bin/su",
    f"{R} {WA}",
    f"-a always,exit {WA}",
    f"-a never,exit {WA}",
    f"-a always,exit {WA} -F uid=0",
    "-w /etc/passwd -p w",
    "-w /etc/passwd -p wa -k a",
    "-a always,exit -F path=/etc -F perm=wa",
    "-a always,exit -F dir=/etc -F perm=wa",
    # The kernel follows a symbolic link only with the slash.
    "-a always,exit -F dir=/etc/ -F perm=wa",
    "-a always,exit -F path=/etc//passwd -F perm=wa",
    "-a always,exit -F exe=/etc/passwd -F perm=wa",
    "-a always,task -F uid=0",
    "-a always,user -F uid=0",
    "-a always,exclude -F uid=0",
    "-a always,io_uring -F uid=0",
    "-a always,io_uring -S openat",
    "-a always,filesystem -F fstype=tracefs",
    "-a always,filesystem -F fstype=debugfs",
]


def test_different_rules_are_not_equivalent():
    for one, other in itertools.combinations(DIFFERENT, 2):
        assert not equivalent(rule(one), rule(other)), f"{one}\n{other}"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (f"{R} -k a", f"{R} -k b", True),
        (f"{R} -k a", R, True),
        (f"{R} -k a -k b", f"{R} -F key=c", True),
        ("-w /etc/passwd -p wa -k a", f"-a always,exit {WA} -k b", True),
        (f"{R} -k a", f"{R} -F uid=0 -k a", False),
        (f"{R} -k a", R.replace("always", "never") + " -k a", False),
    ],
)
def test_same_match_ignores_keys_alone(one, other, expected):
    assert same_match(rule(one), rule(other)) is expected
    assert not equivalent(rule(one), rule(other))


@pytest.mark.parametrize("pair", COMPARISONS, ids="=".join)
@pytest.mark.parametrize("operator", ["=", "!="])
def test_every_comparison_in_both_orders(pair, operator):
    number = COMPARISONS.index(pair) + 1
    lines = [f"-a always,exit -C {operator.join(names)}" for names in (pair, pair[::-1])]
    rules = {rule(line) for line in [*lines, f"-a always,exit -F field_compare{operator}{number}"]}
    (one,) = rules
    assert one.fields == (("field_compare", operator, number),)
    assert render(one, "x86_64") == f"-a always,exit -S all -C {operator.join(pair)}"


def test_there_are_25_comparisons():
    users = {"auid", "uid", "euid", "suid", "fsuid", "obj_uid"}
    groups = {"gid", "egid", "sgid", "fsgid", "obj_gid"}
    every = {frozenset(pair) for names in (users, groups) for pair in itertools.combinations(names, 2)}
    assert {frozenset(pair) for pair in COMPARISONS} == every
    assert len(COMPARISONS) == len(every) == 25


RELEASES = [None, (3, 0, 9), (3, 1, 2), (3, 1, 3), (3, 1, 5), (4, 0, 2), (4, 0, 4), (4, 1, 2), (4, 2, 1)]


@pytest.mark.parametrize("permissions", ["r", "w", "x", "a", "wa", "rwxa"])
@pytest.mark.parametrize("arch", ["b64", "b32"])
def test_what_a_release_makes_of_perm_is_that_rule_and_no_other(permissions, arch):
    """Without -S, each release loads the syscalls that it adds; the same rule records the same syscalls."""
    line = f"-a always,exit -F arch={arch} -F path=/etc/passwd -F perm={permissions}"
    every = rule(line)
    machine = tables.arch_machine(every.arch)
    matchable = matchable_syscalls(every.value("perm"), every.arch)
    for release in RELEASES:
        added = permission_syscalls(permissions, machine, release)
        loaded = rule(line, Host(version=release))
        assert loaded == every._replace(syscalls=added or None)
        assert equivalent(loaded, every) is (not added or added >= matchable)


@pytest.mark.parametrize(
    ("names", "watched", "lost"),
    [
        ("execve", "-F path=/usr/bin/id -p x", "execveat"),
        ("chmod,fchmod,chown,lchown,fchown,fchownat,fchmodat,link,linkat", "-F path=/etc/passwd -p a", "fchmodat2"),
    ],
)
def test_syscalls_that_lose_events_make_another_rule(names, watched, lost):
    one, every = (rule(f"-a always,exit -F arch=b64 {given} {watched}") for given in (f"-S {names}", "-S all"))
    assert not same_match(one, every)
    assert syscalls.number("x86_64", lost) in matchable_syscalls(one.value("perm"), one.arch) - one.syscalls


def test_with_syscalls_perm_is_another_rule_on_a_release_that_adds_some():
    line = f"{R} {WA}"
    old, new = (rule(line, Host(version=release)) for release in ((3, 0, 9), (4, 0, 2)))
    assert old.syscalls == {257}
    assert new.syscalls > old.syscalls
    assert not equivalent(old, new)
    # -p adds nothing in any release, nor does -F perm= before -F arch=.
    assert rule(f"{R} -F path=/etc/passwd -p wa", Host(version=(4, 2, 1))).syscalls == {257}
    assert rule(f"-a always,exit {WA} -S openat", Host(version=(4, 2, 1))).syscalls == {257}


@pytest.mark.parametrize("release", RELEASES)
def test_rendered_perm_is_the_same_rule_on_every_release(release):
    host = Host(version=release)
    for line in (
        f"{R} {WA}",
        f"-a always,exit -S openat {WA}",
        "-a always,exit -S openat -F perm=wa",
        f"-a never,exit -F arch=b64 {WA}",
        f"-a never,exit -F arch=b64 -F arch!=b32 {WA}",
        "-a always,exit -F perm=wa -F arch=b64 -S openat",
    ):
        for held in (rule(line), rule(line, host)):
            for version in (None, release):
                assert rule(render(held, "x86_64", version), host) == held
                same = canonical(held)
                assert equivalent(rule(render(same, "x86_64", version), host), held)


def test_syscalls_that_the_release_adds_are_left_out():
    line = f"-a always,exit -F arch=b64 {WA}"
    for release in RELEASES[1:]:
        held = rule(line, Host(version=release))
        assert render(held, "x86_64", release) == line
        for other in RELEASES[1:]:
            written = render(held, "x86_64", other)
            assert (written == line) is (held == rule(line, Host(version=other)))
            assert rule(written, Host(version=other)) == held


@given(strategies.spelled_rules())
def test_any_spelling_is_equivalent(pair):
    made, line = pair
    parsed = rule(line)
    # Of some rules the order of the fields counts, which a line may change.
    assert equivalent(parsed, made) or field_order_counts(made), line
    # On the other lists, a key ends the search.
    ends = made.list in ("user", "exclude")
    assert same_match(parsed, made._replace(keys=("another",))) != ends or field_order_counts(made)


@given(strategies.rules())
def test_canonical(one):
    final = canonical(one)
    assert isinstance(final, Rule)
    assert canonical(final) == final
    assert without_keys(final) == without_keys(one) == final._replace(keys=())


@given(strategies.rules(), st.randoms(use_true_random=False))
def test_order_does_not_matter(one, random):
    shuffled = one._replace(
        fields=tuple(random.sample(one.fields, len(one.fields))), keys=tuple(random.sample(one.keys, len(one.keys)))
    )
    assert equivalent(shuffled, one) or field_order_counts(one)


@given(strategies.rules(), strategies.rules())
def test_keys_make_another_rule_of_the_same_match(one, other):
    changed = one._replace(keys=other.keys)
    assert same_match(changed, one) == (one.list not in ("user", "exclude") or not other.keys)
    assert equivalent(changed, one) is (set(one.keys) == set(other.keys))
