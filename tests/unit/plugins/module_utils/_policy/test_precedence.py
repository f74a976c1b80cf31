# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that must come first, in a file that is read after others: a boot orders them as the kernel does now."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils._policy.boot import loaded_by
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import (
    HEADER,
    RulesDirectory,
    in_augenrules_order,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.overlap import must_keep_order
from changing import System, present
from kernel_double import KernelDouble
from strategies import HOST

MOUNTS = "-a always,exit -S mount -F key=mounts"
NEVER = ["-a never,exit -S mount -F uid=1", "-a never,exit -S mount -F uid=2"]
PASSWD, ETC = "-w /etc/passwd -p wa -k passwd", "-a never,exit -F dir=/etc -F uid=3"


def first(line):
    """The line with -A."""
    return f"-A{line[2:]}"


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel without rules and an empty rules.d."""
    return System(monkeypatch, tmp_path)


def after_boot(host):
    """The rules in the order of a boot."""
    files = RulesDirectory(str(host.directory), HOST).files
    rules = loaded_by(in_augenrules_order(line for file in files for line in file.lines)).rules
    return list(map(canonical, rules))


def assert_same_order(host):
    """What the kernel holds now is in the order of the next boot, wherever the order counts."""
    now, then = host.kernel.canonical, after_boot(host)
    assert set(now) == set(then)
    wrong = [
        (one, other)
        for place, one in enumerate(now)
        for other in now[place + 1 :]
        if one.list == other.list and must_keep_order(one, other) and then.index(one) > then.index(other)
    ]
    assert wrong == []


def test_a_rule_that_earlier_files_would_overtake_keeps_its_option(host):
    host.kernel = KernelDouble(MOUNTS, PASSWD)
    host.write("10-base.rules", "-D", MOUNTS, PASSWD)
    host.apply(present(*NEVER), prepend=True)
    assert host.lines_of(host.file.name) == [HEADER, "-i", first(NEVER[1]), first(NEVER[0])]
    assert_same_order(host)
    assert not host.apply(present(*NEVER), prepend=True).changed
    # A later one comes before those that are there.
    host.apply(present(MOUNTS.replace("-F key", "-F uid=1 -F key")), prepend=True)
    assert host.lines_of(host.file.name)[2:] == [
        *map(first, reversed(NEVER)), first(MOUNTS.replace("-F key", "-F uid=1 -F key")),
    ]  # fmt: skip
    assert_same_order(host)


def test_a_watch_that_earlier_files_would_overtake(host):
    """The option -w has no form that goes first."""
    host.kernel = KernelDouble(ETC)
    host.write("10-base.rules", "-D", ETC)
    host.apply(present(PASSWD), prepend=True)
    expected = "-A always,exit -F path=/etc/passwd -F perm=wa -F key=passwd"
    assert host.lines_of(host.file.name) == [HEADER, "-i", expected]
    assert_same_order(host)
    assert not host.apply(present(PASSWD), prepend=True).changed


def test_where_the_order_does_not_count_each_release_can_read_the_line(host):
    host.write("10-base.rules", "-D", "-a always,exit -S open -F key=opened")
    host.apply(present(first(NEVER[0])))
    host.write("90-late.rules", MOUNTS)
    host.apply(present(first(NEVER[1])))
    assert host.lines_of(host.file.name) == [HEADER, "-i", NEVER[1], NEVER[0]]


def test_a_rule_that_another_one_with_the_option_would_overtake(host):
    """In the same file there is a line after it; a later file needs a name."""
    host.kernel = KernelDouble(first(NEVER[0]))
    always = MOUNTS.replace("-F key", "-F uid=1 -F key")
    path = host.write(host.file.name, first(NEVER[0]))
    host.apply(present(always), prepend=True)
    assert host.lines_of(host.file.name) == [first(NEVER[0]), "-i", first(always)]
    assert_same_order(host)
    host.kernel = KernelDouble(first(NEVER[0]))
    path.unlink()
    host.write("90-late.rules", first(NEVER[0]))
    before = host.state()
    with pytest.raises(ChangeError, match=r"90-late.rules:1\) before it; name a file that sorts after that one"):
        host.apply(present(always), prepend=True)
    assert host.state() == before


@pytest.mark.parametrize("version", [(4, 0, 4), (4, 0, 5), (4, 1), (4, 1, 0)])
def test_releases_that_take_the_option_for_another_need_an_earlier_file(host, monkeypatch, version):
    monkeypatch.setattr(HOST, "version", version)
    host.kernel = KernelDouble(MOUNTS)
    host.write("10-base.rules", "-D", MOUNTS)
    before = host.state()
    for change in (
        lambda: host.apply(present(NEVER[0]), prepend=True),
        lambda: host.declare([first(NEVER[0])]),
        lambda: host.declare([first(NEVER[0])], "none"),
    ):
        with pytest.raises(ChangeError, match=r"takes -A for -d, so name a file that sorts first \(file: 00-"):
            change()
        assert host.state() == before
    host.apply(present(NEVER[0]), prepend=True, file="00-first.rules")
    assert host.lines_of("00-first.rules") == [HEADER, "-i", NEVER[0]]
    assert_same_order(host)


def test_a_declared_rule_comes_before_those_of_earlier_files(host):
    host.kernel = KernelDouble(MOUNTS)
    host.write("10-base.rules", "-D", MOUNTS)
    declared = ["-b 100", PASSWD, *map(first, NEVER)]
    host.declare(declared)
    assert host.lines_of(host.file.name) == [HEADER, "-i", "-b 100", *map(first, NEVER), PASSWD]
    assert_same_order(host)
    assert not host.declare(declared).outcome.changed
    # Alone, the file needs no such line.
    host.declare(declared, "all")
    assert host.lines_of(host.file.name)[-3:] == [NEVER[1], NEVER[0], PASSWD]
    assert_same_order(host)


def test_another_key_leaves_a_rule_first(host):
    host.kernel = KernelDouble(f"{NEVER[0]} -F key=old", MOUNTS)
    host.write("10-base.rules", "-D", MOUNTS, first(f"{NEVER[0]} -F key=old"))
    host.apply(present(f"{NEVER[0]} -F key=new"))
    assert host.lines_of("10-base.rules") == ["-D", MOUNTS, first(f"{NEVER[0]} -F key=new")]
    assert_same_order(host)


RULES = [MOUNTS, *NEVER, PASSWD, ETC, MOUNTS.replace("-F key", "-F uid=1 -F key"), "-a never,exit -S all -F auid=0"]


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(RULES), st.integers(0, 4), st.integers(1, 3))
def test_a_boot_orders_prepended_rules_as_the_kernel_does(host, rules, there, new):
    for path in host.directory.iterdir():
        path.unlink()
    held = rules[:there]
    host.kernel = KernelDouble(*held)
    host.write("10-base.rules", "-D", *held)
    for line in rules[there : there + new]:
        host.apply(present(line), prepend=True)
        assert_same_order(host)
    host.apply(present(*rules[there + new :]), prepend=True)
    assert_same_order(host)
