# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applies against a kernel that does what a test tells it to, for what a real one can hardly be made to do."""

import errno
import fcntl
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils import apply as apply_module
from ansible_collections.linux.audit.plugins.module_utils import files as files_module
from ansible_collections.linux.audit.plugins.module_utils.apply import ApplyError, Change, Options, apply
from ansible_collections.linux.audit.plugins.module_utils.files import FileError
from ansible_collections.linux.audit.plugins.module_utils.kernel import KernelError, KernelRule, RuleRefused
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import LISTS
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.plan import must_keep_order
from ansible_collections.linux.audit.plugins.module_utils.rules.syntax import parse_line, render
from ansible_collections.linux.audit.plugins.module_utils.rules_d import HEADER
from strategies import HOST

PASSWD, SHADOW, GROUP = (f"-w /etc/{name} -p wa -k {name}" for name in ("passwd", "shadow", "group"))
ROOT = "-a never,exit -S all -F auid=0"
MOUNTS = "-a always,exit -S mount -F key=mounts"


def statements(*lines):
    return tuple(parse_line(line, HOST) for line in lines)


class FakeKernel:
    """Holds rules as audit_add_rule() and audit_del_rule() do. ``refuse``: number of a change: errno, or an error."""

    def __init__(self, *lines):
        self.held = [statement.rule for statement in statements(*lines)]
        self.refuse = {}
        self.enabled = 1
        self.features = 0x7F
        self.log = []

    def status(self):
        return self

    def rules(self):
        ordered = sorted(self.held, key=lambda rule: LISTS[rule.list])
        return [KernelRule(rule, wire.encode(rule)) for rule in ordered]

    def append(self, rule):
        self._change("append", rule)
        if any(wire.encode(held) == wire.encode(rule) for held in self.held):
            raise RuleRefused(rule, errno.EEXIST, "the rule exists", "add")
        self.held.append(rule)

    def prepend(self, rule):
        self._change("prepend", rule)
        self.held.insert(0, rule)

    def delete(self, entry):
        self._change("delete", entry.rule)
        same = [place for place, rule in enumerate(self.held) if wire.encode(rule) == entry.data]
        if not same:
            raise RuleRefused(entry.rule, errno.ENOENT, "there is no such rule", "delete")
        del self.held[same[0]]

    def close(self):
        pass

    @property
    def lines(self):
        return [render(rule, HOST.machine) for rule in self.held]

    def _change(self, operation, rule):
        problem = self.refuse.get(len(self.log))
        self.log.append(operation)
        if isinstance(problem, Exception):
            raise problem
        if problem:
            raise RuleRefused(rule, problem, os.strerror(problem), operation)


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A FakeKernel and an empty rules.d; host(change, **options) applies."""
    directory = tmp_path / "rules.d"
    directory.mkdir()

    class Applier:
        def __init__(self):
            self.kernel = FakeKernel()
            self.directory = directory
            self.file = directory / "50-linux-audit.rules"

        def __call__(self, change, **options):
            return apply(change, Options(rules_dir=str(directory))._replace(**options), HOST)

        def files(self):
            return {path.name: path.read_text() for path in tmp_path.rglob("*") if path.is_file()}

    host = Applier()
    monkeypatch.setattr(apply_module, "Kernel", lambda: host.kernel)
    monkeypatch.setattr(apply_module, "DEFAULT_DIRECTORY", str(directory))
    return host


def present(*lines):
    return Change(present=statements(*lines))


def absent(*lines):
    return Change(absent=statements(*lines))


def rendered(*lines):
    return [render(statement.rule, HOST.machine) for statement in statements(*lines)]


def test_additions_before_files_before_deletions(host, monkeypatch):
    host(present(PASSWD, SHADOW))
    log = host.kernel.log = []
    real = files_module.write_atomically
    monkeypatch.setattr(files_module, "write_atomically", lambda *args: (log.append("write"), real(*args)))
    host(Change(present=statements(GROUP), absent=statements(PASSWD)))
    assert log == ["append", "write", "write", "delete"]
    assert host.kernel.lines == rendered(SHADOW, GROUP)


@pytest.mark.parametrize("problem", [errno.EINVAL, KernelError("no answer")])
@pytest.mark.parametrize("number", range(6))
def test_whatever_the_kernel_refuses_everything_is_as_it_was(host, problem, number):
    host.kernel.held = [statement.rule for statement in statements(ROOT, MOUNTS, PASSWD, SHADOW)]
    host.file.write_text(f"# ours\n{PASSWD}\n")
    before, files = host.kernel.lines, host.files()
    host.kernel.refuse = {number: problem}
    change = Change(present=statements(GROUP, PASSWD.replace("-k passwd", "-k new")), absent=statements(ROOT, SHADOW))
    if number == 5:
        host(change)
        assert len(host.kernel.log) == 5
        return
    with pytest.raises(ApplyError, match="everything is as it was before"):
        host(change)
    assert host.files() == files
    # What was deleted has to be added again, and can stand behind what it has nothing to do with.
    assert sorted(host.kernel.lines) == sorted(before)
    assert host.kernel.lines.index(before[0]) < min(host.kernel.lines.index(line) for line in before[1:])


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
    host.kernel = FakeKernel()
    host.kernel.held = [statement.rule for statement in held]
    before = [entry.rule for entry in host.kernel.rules()]
    host.kernel.refuse = {number: errno.ENOMEM}
    change = Change(present=statements(GROUP, MOUNTS.replace("mounts", "new")), absent=tuple(gone))
    try:
        host(change, prepend=prepend)
    except ApplyError:
        after = [canonical(entry.rule) for entry in host.kernel.rules()]
        assert sorted(after) == sorted(map(canonical, before))
        for place, one in enumerate(before):
            for other in before[place + 1 :]:
                if one.list == other.list and must_keep_order(one, other):
                    assert after.index(canonical(one)) < after.index(canonical(other))
    else:
        assert len(host.kernel.log) <= number


def test_a_kernel_that_cannot_be_put_back_is_not_said_to_be(host):
    host.kernel = FakeKernel(PASSWD)
    host.kernel.refuse = {1: errno.EINVAL, 2: errno.EPERM}
    with pytest.raises(ApplyError, match="could not be put back") as error:
        host(present(SHADOW, GROUP))
    assert "as it was" not in str(error.value)


def test_a_file_that_cannot_be_written(host, monkeypatch):
    host(present(PASSWD))
    files, lines = host.files(), host.kernel.lines

    def write(path, text, real=files_module.write_atomically):
        if path.endswith("audit.rules") and text != files["audit.rules"]:
            raise OSError(errno.ENOSPC, "No space left on device", path)
        real(path, text)

    monkeypatch.setattr(files_module, "write_atomically", write)
    with pytest.raises(FileError, match="No space left on device; nothing has changed"):
        host(present(SHADOW))
    assert host.files() == files
    assert host.kernel.lines == lines


def test_proof_is_asked_for(host):
    host.kernel.append = lambda rule: None
    with pytest.raises(ApplyError, match="does not hold what was asked for.*path=/etc/passwd.*key=passwd"):
        host(present(PASSWD))


def test_a_rule_that_goes_by_itself_is_gone(host):
    host(present(PASSWD, SHADOW))
    host.kernel.refuse = {len(host.kernel.log): errno.ENOENT}
    held = host.kernel.rules()
    host.kernel.delete, delete = lambda entry: (host.kernel.held.remove(entry.rule), delete(entry)), host.kernel.delete
    assert host(absent(PASSWD)).changed
    assert host.kernel.held == [entry.rule for entry in held[1:]]


def test_nothing_is_touched_in_check_mode(host):
    host.kernel = FakeKernel(PASSWD)
    outcome = host(Change(present=statements(SHADOW), absent=statements(PASSWD)), check=True, with_diff=True)
    assert (outcome.changed, outcome.added, outcome.removed) == (True, rendered(SHADOW), rendered(PASSWD))
    assert host.kernel.log == []
    assert host.files() == {}
    assert [entry["before_header"] for entry in outcome.diff] == [str(host.file), "kernel"]
    assert outcome.diff[1]["after"] == rendered(SHADOW)[0] + "\n"


def test_a_rule_that_only_moves_is_neither_added_nor_removed(host):
    host.kernel = FakeKernel(MOUNTS, "-a never,exit -S mount -F uid=2", "-a always,exit -F key=all -S all")
    outcome = host(present("-a always,exit -S mount -F uid=2 -F key=two"), live=True, prepend=True)
    assert outcome.added == rendered("-a always,exit -S mount -F uid=2 -F key=two")
    outcome = host(present(MOUNTS.replace("mounts", "new")), persistent=False)
    assert (outcome.added, outcome.removed) == (rendered(MOUNTS.replace("mounts", "new")), rendered(MOUNTS))
    assert not host(present(MOUNTS.replace("mounts", "new")), persistent=False).changed


def test_a_watch_whose_path_has_become_another_kind_goes_all_the_same(host):
    host.kernel = FakeKernel("-a always,exit -F dir=/etc/gone -F perm=wa -F key=k", "-w /etc/gone -p wa -k k")
    assert host.kernel.held[1].fields[0].name == "path"
    outcome = host(absent("-w /etc/gone -p wa"))
    assert len(outcome.removed) == 2
    assert host.kernel.held == []


def test_another_way_to_write_it_is_kept(host):
    modern = [f"-a always,exit -F arch={arch} -F path=/etc/passwd -F perm=wa -F key=new" for arch in ("b64", "b32")]
    host.kernel = FakeKernel(PASSWD)
    change = Change(present=statements(*modern), instead=statements("-w /etc/passwd -p wa -k new"))
    outcome = host(change)
    assert host.kernel.lines == rendered("-w /etc/passwd -p wa -k new")
    # Each side keeps what it has.
    assert host.file.read_text() == "\n".join([HEADER, *modern, ""])
    assert outcome.changed
    assert not host(change).changed
    host.kernel.held += [statement.rule for statement in statements(modern[0])]
    assert host(change, persistent=False).added == rendered(modern[1])


def test_what_an_immutable_kernel_lacks_is_staged(host):
    host.kernel = FakeKernel(PASSWD)
    host.kernel.enabled = 2
    change = Change(present=statements(SHADOW), absent=statements(PASSWD))
    pending = ["-a" + rendered(SHADOW)[0][2:], "-d" + rendered(PASSWD)[0][2:]]
    first = host(change)
    again = host(change)
    assert (first.changed, first.pending, first.reboot_required) == (True, pending, True)
    assert (again.changed, again.pending, again.reboot_required) == (False, pending, True)
    assert host(change, check=True) == again
    assert host.kernel.log == []
    assert not host(present(PASSWD), persistent=False).reboot_required
    with pytest.raises(ApplyError, match="immutable.*etc/shadow"):
        host(change, stage_when_immutable=False)


def test_one_run_at_a_time(host, monkeypatch):
    monkeypatch.setattr(apply_module, "_LOCK_SECONDS", 0.2)
    handle = os.open(host.directory, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(ApplyError, match="another run changes audit rules"):
        host(present(PASSWD))
    assert host(present(PASSWD), check=True).changed
    # Another directory is no other kernel.
    with pytest.raises(ApplyError, match="another run changes audit rules"):
        host(present(PASSWD), rules_dir="/")
    os.close(handle)
    assert host(present(PASSWD)).changed


def test_files_alone_need_no_kernel(host, monkeypatch):
    monkeypatch.setattr(apply_module, "Kernel", lambda: pytest.fail("the kernel was asked"))
    # That the directory of a path is there does not matter either.
    assert host(present("-w /no/such/file -p wa -k x"), live=False).changed
    assert host.file.read_text() == f"{HEADER}\n-w /no/such/file -p wa -k x\n"


@pytest.mark.parametrize(
    "line", ["-w /no/such/file -k x", "-a always,exit -F dir=/no/such -F perm=wa", "-a always,exit -F exe=/no/such/x"]
)
def test_a_missing_directory_is_found_before_anything_is_changed(host, line):
    with pytest.raises(ApplyError, match="/no/such does not exist"):
        host(present(PASSWD, line))
    assert host.kernel.log == []
    assert host.files() == {}
