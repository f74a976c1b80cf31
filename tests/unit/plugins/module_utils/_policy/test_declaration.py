# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole sets, with a kernel in memory and real files: from any state to any other, and back if a step fails."""

import errno

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.overlap import must_keep_order
from changing import System
from kernel_double import Fault, KernelDouble, rules_of, statements

PASSWD, SHADOW = "-w /etc/passwd -p wa -k passwd", "-w /etc/shadow -p wa -k shadow"
POOL = [
    PASSWD, SHADOW, "-a never,exit -S all -F auid=0", "-a always,exit -S mount -F key=mounts",
    "-a never,exit -S mount -F uid=1", "-a always,exit -S open -F uid=1 -F key=u",
    "-a always,exit -S open,mount -F key=o", "-a always,exclude -F msgtype=CWD", "-a never,task",
]  # fmt: skip


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel without rules and an empty rules.d."""
    return System(monkeypatch, tmp_path)


SETS = st.lists(st.sampled_from(POOL), unique=True)
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


def in_order(rules, wanted):
    """Whether rules have the wanted order wherever the order counts."""
    return all(
        rules.index(canonical(one)) < rules.index(canonical(other))
        for place, one in enumerate(wanted)
        for other in wanted[place + 1 :]
        if one.list == other.list and must_keep_order(one, other)
    )


@settings(max_examples=60, **QUIET)
@given(SETS, SETS, SETS, st.sampled_from(["file", "all"]))
def test_from_any_set_to_any_other(host, foreign, old, new, purge):
    host.kernel = KernelDouble(*foreign)
    host.file.unlink(missing_ok=True)
    host.declare(["-b 100", *old])
    before = host.state()
    said = host.declare(["-b 200", *new], purge, check=True, with_diff=True)
    assert host.state() == before
    done = host.declare(["-b 200", *new], purge, with_diff=True)
    # The name of a backup directory contains the time.
    assert said._replace(backup=None) == done._replace(backup=None)
    held = host.kernel.canonical
    wanted = set(map(canonical, rules_of(new)))
    kept = set() if purge == "all" else set(map(canonical, rules_of(foreign))) - set(map(canonical, rules_of(old)))
    assert set(held) == wanted | kept
    assert len(held) == len(wanted | kept)
    assert in_order(held, rules_of(new))
    assert host.kernel.backlog_limit == 200
    after = host.state()
    again = host.declare(["-b 200", *new], purge)
    assert (again.outcome.changed, again.outcome.added, again.outcome.removed) == (False, [], [])
    assert host.state() == after


@settings(max_examples=100, **QUIET)
@given(SETS, SETS, st.integers(0, 12), st.sampled_from([errno.ENOMEM, Fault.NOT_HEARD, Fault.ANSWER_LOST]))
def test_whichever_request_fails_everything_is_restored(host, old, new, number, fault):
    host.kernel = KernelDouble()
    host.file.unlink(missing_ok=True)
    host.declare(old)
    files, held, values = host.files(), host.kernel.canonical, host.kernel.settings
    host.kernel.forget()
    host.kernel.fail(number, fault)
    try:
        host.declare(["-b 100", "-r 7", *new])
    except ChangeError as error:
        assert "as it was before" in str(error)
        assert host.files() == files
        assert sorted(host.kernel.canonical) == sorted(held)
        assert in_order(host.kernel.canonical, rules_of(old))
        assert host.kernel.settings == values
    else:
        assert host.kernel.requests <= number
        assert (host.kernel.backlog_limit, host.kernel.rate_limit) == (100, 7)
    assert host.kernel.connections == 0


@pytest.mark.parametrize("number", range(2))
def test_a_setting_that_was_not_applied_restores_everything(host, number):
    host.declare([PASSWD])
    state = host.state()
    # An addition and a deletion come before the settings.
    host.kernel.fail(2 + number, Fault.NOT_DONE)
    with pytest.raises(ChangeError, match="did not apply (backlog|rate)_limit; everything is as it was before"):
        host.declare(["-b 100", SHADOW, "-r 13"])
    assert host.state() == state


def test_a_refused_setting_restores_everything(host):
    host.declare([PASSWD])
    state = host.state()
    with pytest.raises(ChangeError, match="backlog_wait_time to 999999.*everything is as it was before"):
        host.declare(["-b 100", SHADOW, "--backlog_wait_time 999999"])
    assert host.state() == state


def test_rules_stay_pending_until_the_boot(host):
    host.declare([PASSWD, SHADOW])
    host.kernel.enabled = 2
    first, check, again = host.declare([PASSWD]), host.declare([PASSWD], check=True), host.declare([PASSWD])
    assert (first.outcome.changed, check.outcome.changed, again.outcome.changed) == (True, False, False)
    # The file no longer has the rule, but the rule is still pending.
    pending = ["-d always,exit -F path=/etc/shadow -F perm=wa -F key=shadow"]
    assert first.outcome.pending == check.outcome.pending == again.outcome.pending == pending
    with pytest.raises(ChangeError, match="only after a boot"):
        host.declare(["-b 100", PASSWD], stage_when_immutable=False)


def test_a_setting_that_a_later_file_overrides(host):
    (host.directory / "90-other.rules").write_text("-D\n# later\n-b 8192\n-f 1\n")
    outcome = host.declare(["-b 100", "-f 1", PASSWD])
    assert outcome.problems == [
        f"{host.directory}/90-other.rules:3: '-b 8192' is read after the set, so it wins at the next boot"
    ]
    (host.directory / "90-other.rules").rename(host.directory / "10-other.rules")
    assert host.declare(["-b 100", "-f 1", PASSWD]).problems == []


def test_a_watch_is_removed_after_its_path_changed_type(host):
    line = "-w /etc -p wa -k etc"
    (statement,) = statements(line)
    first = statement.rule.fields[0]
    other = "path" if first.name == "dir" else "dir"
    host.kernel.hold([statement.rule._replace(fields=(first._replace(name=other), *statement.rule.fields[1:]))])
    host.declare([line])
    assert host.kernel.canonical == [canonical(statement.rule)]


def test_all_shadowed_rules_are_one_warning(host):
    wide, narrow = "-w /etc -p wa -k etc", "-w /etc/hosts -p wa -k hosts"
    outcome = host.declare([wide, narrow, PASSWD, "-D"])
    assert ["every event that it matches" in problem for problem in outcome.problems] == [True, True]
    assert outcome.warnings == ["2 rules never take effect; see problems"]
