# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole sets against a kernel that does what a test tells it to."""

import errno

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils import apply as apply_module
from ansible_collections.linux.audit.plugins.module_utils import ruleset as ruleset_module
from ansible_collections.linux.audit.plugins.module_utils.apply import ApplyError, Options
from ansible_collections.linux.audit.plugins.module_utils.kernel import KernelError
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.plan import must_keep_order
from ansible_collections.linux.audit.plugins.module_utils.ruleset import RulesetOptions, apply_ruleset, read_sources
from strategies import HOST
from unit.test_apply import FakeKernel, statements

PASSWD, SHADOW = "-w /etc/passwd -p wa -k passwd", "-w /etc/shadow -p wa -k shadow"
POOL = [
    PASSWD, SHADOW, "-a never,exit -S all -F auid=0", "-a always,exit -S mount -F key=mounts",
    "-a never,exit -S mount -F uid=1", "-a always,exit -S open -F uid=1 -F key=u",
    "-a always,exit -S open,mount -F key=o", "-a always,exclude -F msgtype=CWD", "-a never,task",
]  # fmt: skip


class FakeSystem(FakeKernel):
    """A kernel that has settings as well."""

    failure, rate_limit, backlog_limit, backlog_wait_time = 1, 0, 64, 15000
    _fields = ("enabled", "failure", "rate_limit", "backlog_limit", "backlog_wait_time")

    def loginuid_immutable(self):
        return False, False

    def set(self, name, value):
        if value == 13:
            raise KernelError(f"the kernel does not set {name} to 13")
        setattr(self, name, value)


@pytest.fixture
def host(monkeypatch, tmp_path):
    """host(lines, purge, **options) applies a set to `host.kernel` and a rules.d of its own."""
    directory = tmp_path / "rules.d"
    directory.mkdir()

    class Applier:
        def __init__(self):
            self.kernel = FakeSystem()
            self.directory = directory
            self.file = directory / "40-set.rules"

        def __call__(self, lines, purge="file", present=True, on_missing="fail", **options):
            sources = [{"name": "set", "rules": lines}]
            where = Options(rules_dir=str(directory), file=self.file.name)._replace(**options)
            return apply_ruleset(
                read_sources(sources, HOST).lines, RulesetOptions(purge, on_missing, present), where, HOST
            )

        def files(self):
            return {str(path): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}

        def canonical(self):
            return [canonical(entry.rule) for entry in self.kernel.rules()]

    host = Applier()
    monkeypatch.setattr(ruleset_module, "Kernel", lambda: host.kernel)
    monkeypatch.setattr(apply_module, "DEFAULT_DIRECTORY", str(directory))
    return host


SETS = st.lists(st.sampled_from(POOL), unique=True)
QUIET = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


def in_order(rules, wanted):
    """Whether rules stand as they are wanted, wherever that counts."""
    return all(
        rules.index(canonical(one)) < rules.index(canonical(other))
        for place, one in enumerate(wanted)
        for other in wanted[place + 1 :]
        if one.list == other.list and must_keep_order(one, other)
    )


def rules_of(lines):
    return [statement.rule for statement in statements(*lines)]


@settings(max_examples=60, **QUIET)
@given(SETS, SETS, SETS, st.sampled_from(["file", "all"]))
def test_from_any_set_to_any_other(host, foreign, old, new, purge):
    host.kernel = FakeSystem(*foreign)
    host.file.unlink(missing_ok=True)
    host(old)
    said = host(new, purge, check=True)
    before = (host.files(), host.canonical())
    assert (host.files(), host.canonical()) == before
    done = host(new, purge)
    # The folder of a backup has the time in its name.
    assert said._replace(backup=None) == done._replace(backup=None)
    held = host.canonical()
    wanted = set(map(canonical, rules_of(new)))
    kept = set() if purge == "all" else set(map(canonical, rules_of(foreign))) - set(map(canonical, rules_of(old)))
    assert set(held) == wanted | kept
    assert len(held) == len(wanted | kept)
    assert in_order(held, rules_of(new))
    again = host(new, purge)
    assert (again.rules.changed, again.rules.added, again.rules.removed) == (False, [], [])


@settings(max_examples=60, **QUIET)
@given(SETS, SETS, st.integers(0, 12))
def test_whatever_the_kernel_refuses_everything_is_as_it_was(host, old, new, number):
    host.kernel = FakeSystem()
    host.file.unlink(missing_ok=True)
    host(old)
    files, held = host.files(), host.canonical()
    host.kernel.log = []
    host.kernel.refuse = {number: errno.ENOMEM}
    try:
        host(["-b 100", *new])
    except ApplyError as error:
        assert "as it was before" in str(error)
        assert host.files() == files
        assert sorted(host.canonical()) == sorted(held)
        assert in_order(host.canonical(), rules_of(old))
        assert host.kernel.backlog_limit == 64
    else:
        assert len(host.kernel.log) <= number
        assert host.kernel.backlog_limit == 100


def test_a_setting_that_is_refused_takes_everything_back(host):
    host([PASSWD])
    files, held = host.files(), host.canonical()
    with pytest.raises(ApplyError, match="rate_limit to 13; everything is as it was before"):
        host(["-b 100", SHADOW, "-r 13"])
    assert (host.files(), host.canonical(), host.kernel.backlog_limit) == (files, held, 64)


def test_the_file_is_written_when_the_kernel_is_done(host, monkeypatch):
    """Killed in between, the next run has to know from the file what is to go."""
    host([PASSWD])
    host.kernel.log = []
    real = ruleset_module.written

    def written(edits):
        host.kernel.log.append("files")
        return real(edits)

    monkeypatch.setattr(ruleset_module, "written", written)
    host([SHADOW])
    assert host.kernel.log == ["append", "delete", "files"]


def test_what_an_immutable_kernel_lacks_is_said_until_the_boot(host):
    host([PASSWD, SHADOW])
    host.kernel.enabled = 2
    first, check, again = host([PASSWD]), host([PASSWD], check=True), host([PASSWD])
    assert (first.rules.changed, check.rules.changed, again.rules.changed) == (True, False, False)
    # The file does not know any more what it held, and yet it is said.
    pending = ["-d always,exit -F path=/etc/shadow -F perm=wa -F key=shadow"]
    assert first.rules.pending == check.rules.pending == again.rules.pending == pending
    with pytest.raises(ApplyError, match="only after a boot"):
        host(["-b 100", PASSWD], stage_when_immutable=False)


def test_a_setting_that_another_file_has_after_it(host):
    (host.directory / "90-other.rules").write_text("-D\n# later\n-b 8192\n-f 1\n")
    outcome = host(["-b 100", "-f 1", PASSWD])
    assert outcome.problems == [
        f"{host.directory}/90-other.rules:3: '-b 8192' is read after the set, and so counts at the next boot"
    ]
    (host.directory / "90-other.rules").rename(host.directory / "10-other.rules")
    assert host(["-b 100", "-f 1", PASSWD]).problems == []


def test_a_watch_whose_path_has_become_another_kind_goes_all_the_same(host):
    line = "-w /etc -p wa -k etc"
    (statement,) = statements(line)
    first = statement.rule.fields[0]
    other = "path" if first.name == "dir" else "dir"
    host.kernel.held = [statement.rule._replace(fields=(first._replace(name=other), *statement.rule.fields[1:]))]
    host([line])
    assert host.canonical() == [canonical(statement.rule)]
