# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes to single rules, with a kernel in memory and real files: their results, and the order of their steps."""

import errno
import fcntl
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils._host.files import FileError
from ansible_collections.linux.audit.plugins.module_utils._kernel import lock
from ansible_collections.linux.audit.plugins.module_utils._kernel.lock import LockError
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import HEADER
from ansible_collections.linux.audit.plugins.module_utils._policy.single_rules import Change
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.overlap import must_keep_order
from changing import System, absent, present
from kernel_double import Fault, KernelDouble, rendered, statements

PASSWD, SHADOW, GROUP = (f"-w /etc/{name} -p wa -k {name}" for name in ("passwd", "shadow", "group"))
ROOT = "-a never,exit -S all -F auid=0"
MOUNTS = "-a always,exit -S mount -F key=mounts"


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel without rules and an empty rules.d."""
    return System(monkeypatch, tmp_path)


def test_additions_then_drafts_then_deletions_then_files(host):
    """A full disk is found while all rules are held; a kill leaves the old file until the kernel has changed."""
    host.apply(present(PASSWD, SHADOW))
    log = host.record()
    host.apply(Change(present=statements(GROUP), absent=statements(PASSWD)))
    assert log == [
        ("append", *rendered(GROUP)),
        *[("sync", "temporary"), ("sync", "temporary")],
        ("delete", *rendered(PASSWD)),
        *[("write", "rules.d/50-linux-audit.rules"), ("sync", "rules.d")],
        *[("write", "audit.rules"), ("sync", ".")],
    ]
    assert host.kernel.lines == rendered(SHADOW, GROUP)


HELD = [ROOT, MOUNTS, PASSWD, SHADOW]
CHANGE = Change(present=statements(GROUP, PASSWD.replace("-k passwd", "-k new")), absent=statements(ROOT, SHADOW))
REQUESTS = 5
"""How many requests the change to these rules takes."""


def changed_kernel(host, number=None, fault=None):
    """Give the host the rules of HELD and a file; one of the next requests fails."""
    host.kernel = KernelDouble(*HELD)
    host.file.write_text(f"# ours\n{PASSWD}\n")
    host.kernel.faults = {number: fault}
    return host.kernel.lines, host.files()


@pytest.mark.parametrize("fault", [errno.EINVAL, errno.ENOMEM, *Fault])
@pytest.mark.parametrize("number", range(REQUESTS))
def test_whichever_request_fails_everything_is_restored(host, fault, number):
    before, files = changed_kernel(host, number, fault)
    if fault is Fault.NOT_DONE:
        # The kernel does not report the fault; the comparison finds it.
        with pytest.raises(ChangeError, match="accepted every change but does not hold what was asked for"):
            host.apply(CHANGE)
        return
    with pytest.raises(ChangeError, match="everything is as it was before"):
        host.apply(CHANGE)
    assert host.files() == files
    # A deleted rule is added again, possibly after rules whose order does not matter to it.
    assert sorted(host.kernel.lines) == sorted(before)
    assert host.kernel.lines.index(before[0]) < min(host.kernel.lines.index(line) for line in before[1:])
    assert host.kernel.connections == 0


def test_every_request_of_the_change_is_made_to_fail(host):
    changed_kernel(host)
    host.apply(CHANGE)
    assert host.kernel.requests == REQUESTS
    assert sorted(host.kernel.lines) == sorted(rendered(MOUNTS, GROUP, PASSWD.replace("-k passwd", "-k new")))
    assert host.kernel.connections == 0


RULES = st.sampled_from(
    statements(
        *(ROOT, MOUNTS, PASSWD, SHADOW, "-a never,task", "-a never,exclude -F msgtype=CWD"),
        *(
            "-a never,exit -S mount -F uid=1",
            "-a always,exit -S open -F uid=1 -F key=u",
            "-a always,exit -S open,mount",
        ),
    )
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(RULES, unique=True), st.sets(RULES, max_size=3), st.integers(0, 8), st.booleans())
def test_order_is_restored_where_it_counts(host, held, gone, number, prepend):
    host.file.unlink(missing_ok=True)
    host.kernel = KernelDouble()
    host.kernel.hold(statement.rule for statement in held)
    before = [entry.rule for entry in host.kernel.rules()]
    host.kernel.faults = {number: errno.ENOMEM}
    change = Change(present=statements(GROUP, MOUNTS.replace("mounts", "new")), absent=tuple(gone))
    try:
        host.apply(change, prepend=prepend)
    except ChangeError:
        after = [canonical(entry.rule) for entry in host.kernel.rules()]
        assert sorted(after) == sorted(map(canonical, before))
        for place, one in enumerate(before):
            for other in before[place + 1 :]:
                if one.list == other.list and must_keep_order(one, other):
                    assert after.index(canonical(one)) < after.index(canonical(other))
    else:
        assert len(host.kernel.log) <= number


def test_a_kernel_that_cannot_be_restored_is_reported(host):
    host.kernel = KernelDouble(PASSWD)
    host.kernel.faults = {1: errno.EINVAL, 2: errno.EPERM}
    with pytest.raises(ChangeError, match="could not be put back") as error:
        host.apply(present(SHADOW, GROUP))
    assert "as it was" not in str(error.value)


@pytest.mark.parametrize("number", range(2))
def test_a_file_that_cannot_be_written(host, monkeypatch, number):
    """The first file, or the second after the first was replaced."""
    host.apply(present(PASSWD))
    state = host.state()
    real, done = os.rename, []

    def rename(source, target):
        done.append(target)
        if len(done) == number + 1:
            raise OSError(errno.ENOSPC, "No space left on device", target)
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(FileError) as error:
        host.apply(present(SHADOW))
    assert str(error.value).endswith("No space left on device; no file has changed; the kernel is as it was before")
    assert host.state() == state
    assert len(done) == 1 + number * 2


def test_a_file_that_cannot_be_put_back_is_named(host, monkeypatch):
    host.apply(present(PASSWD))
    lines, path = host.kernel.lines, host.root / "audit.rules"
    real, done = os.rename, []

    def rename(source, target):
        done.append(target)
        if len(done) > 1:
            raise OSError(errno.ENOSPC, "No space left on device", target)
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    with pytest.raises(FileError, match=f"No space left.*and {host.file} could not be put back") as error:
        host.apply(present(SHADOW))
    assert "no file has changed" not in str(error.value)
    assert str(error.value).endswith("; the kernel is as it was before")
    assert str(path) not in str(error.value).partition("; and ")[2]
    assert host.kernel.lines == lines


@pytest.mark.parametrize("change", [present(PASSWD, SHADOW), absent(GROUP, MOUNTS)])
@pytest.mark.parametrize("number", range(2))
def test_a_rule_that_the_kernel_did_not_apply_is_found(host, change, number):
    host.kernel = KernelDouble(GROUP, MOUNTS)
    host.kernel.faults = {number: Fault.NOT_DONE}
    with pytest.raises(ChangeError, match="does not hold what was asked for") as error:
        host.apply(change)
    left = rendered(PASSWD, SHADOW)[number] if change.present else "-d" + rendered(GROUP, MOUNTS)[number][2:]
    assert str(error.value).endswith(f"It still needs: {left}")


def test_a_rule_that_the_kernel_dropped_itself_is_no_error(host):
    """The kernel drops the rules of a directory when the directory is removed."""
    host.apply(present(PASSWD, SHADOW))
    host.kernel.forget()
    host.kernel.before = {0: lambda: host.kernel.held.pop(0)}
    assert host.apply(absent(PASSWD)).changed
    assert host.kernel.lines == rendered(SHADOW)
    assert host.kernel.operations == ["delete"]


def test_check_mode_changes_nothing(host):
    host.kernel = KernelDouble(PASSWD)
    outcome = host.apply(Change(present=statements(SHADOW), absent=statements(PASSWD)), check=True, with_diff=True)
    assert (outcome.changed, outcome.added, outcome.removed) == (True, rendered(SHADOW), rendered(PASSWD))
    assert host.kernel.log == []
    assert host.files() == {}
    assert [entry["before_header"] for entry in outcome.diff] == [str(host.file), "kernel"]
    assert outcome.diff[1]["after"] == rendered(SHADOW)[0] + "\n"


def test_a_rule_that_only_moves_is_neither_added_nor_removed(host):
    host.kernel = KernelDouble(MOUNTS, "-a never,exit -S mount -F uid=2", "-a always,exit -F key=all -S all")
    outcome = host.apply(present("-a always,exit -S mount -F uid=2 -F key=two"), live=True, prepend=True)
    assert outcome.added == rendered("-a always,exit -S mount -F uid=2 -F key=two")
    outcome = host.apply(present(MOUNTS.replace("mounts", "new")), persistent=False)
    assert (outcome.added, outcome.removed) == (rendered(MOUNTS.replace("mounts", "new")), rendered(MOUNTS))
    assert not host.apply(present(MOUNTS.replace("mounts", "new")), persistent=False).changed


def test_a_watch_is_removed_after_its_path_changed_type(host):
    host.kernel = KernelDouble("-a always,exit -F dir=/etc/gone -F perm=wa -F key=k", "-w /etc/gone -p wa -k k")
    assert host.kernel.rules()[1].rule.fields[0].name == "path"
    outcome = host.apply(absent("-w /etc/gone -p wa"))
    assert len(outcome.removed) == 2
    assert host.kernel.held == []


def test_another_form_of_the_same_watch_is_kept(host):
    modern = [f"-a always,exit -F arch={arch} -F path=/etc/passwd -F perm=wa -F key=new" for arch in ("b64", "b32")]
    host.kernel = KernelDouble(PASSWD)
    change = Change(present=statements(*modern), instead=statements("-w /etc/passwd -p wa -k new"))
    outcome = host.apply(change)
    assert host.kernel.lines == rendered("-w /etc/passwd -p wa -k new")
    # Kernel and file each keep the form that they have.
    assert host.file.read_text() == "\n".join([HEADER, "-i", *modern, ""])
    assert outcome.changed
    assert not host.apply(change).changed
    host.kernel.load(modern[0])
    assert host.apply(change, persistent=False).added == rendered(modern[1])


def test_rules_for_an_immutable_kernel_are_staged(host):
    host.kernel = KernelDouble(PASSWD)
    host.kernel.enabled = 2
    change = Change(present=statements(SHADOW), absent=statements(PASSWD))
    pending = ["-a" + rendered(SHADOW)[0][2:], "-d" + rendered(PASSWD)[0][2:]]
    first = host.apply(change)
    again = host.apply(change)
    assert (first.changed, first.pending, first.reboot_required) == (True, pending, True)
    assert (again.changed, again.pending, again.reboot_required) == (False, pending, True)
    assert host.apply(change, check=True) == again
    assert host.kernel.log == []
    assert not host.apply(present(PASSWD), persistent=False).reboot_required
    with pytest.raises(ChangeError, match="immutable.*etc/shadow"):
        host.apply(change, stage_when_immutable=False)


def test_one_run_at_a_time(host, monkeypatch):
    monkeypatch.setattr(lock, "_LOCK_SECONDS", 0.2)
    with lock.locked():
        with pytest.raises(LockError, match="another run .* is changing the audit system"):
            host.apply(present(PASSWD))
        assert host.apply(present(PASSWD), check=True).changed
        # Another directory does not mean another kernel.
        with pytest.raises(LockError, match="another run .* is changing the audit system"):
            host.apply(present(PASSWD), rules_dir="/")
    assert host.apply(present(PASSWD)).changed


def test_nobody_who_can_read_rules_d_keeps_runs_waiting(host, monkeypatch):
    """Whoever can open a directory can lock it."""
    monkeypatch.setattr(lock, "_LOCK_SECONDS", 0.2)
    handle = os.open(host.directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert host.apply(present(PASSWD)).changed
    finally:
        os.close(handle)


def test_a_change_of_files_needs_no_kernel(host):
    host.kernel.unreachable = errno.ECONNREFUSED
    # The directory of a path does not have to exist either.
    assert host.apply(present("-w /no/such/file -p wa -k x"), live=False).changed
    assert host.file.read_text() == f"{HEADER}\n-i\n-w /no/such/file -p wa -k x\n"


@pytest.mark.parametrize(
    "line", ["-w /no/such/file -k x", "-a always,exit -F dir=/no/such -F perm=wa", "-a always,exit -F exe=/no/such/x"]
)
def test_a_missing_directory_is_found_before_any_change(host, line):
    with pytest.raises(ChangeError, match="/no/such does not exist"):
        host.apply(present(PASSWD, line))
    assert host.kernel.log == []
    assert host.files() == {}
