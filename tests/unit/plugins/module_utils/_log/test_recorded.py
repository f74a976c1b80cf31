# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a log may lack what is looked for: what the kernel holds, what rules.d has, what auditd writes."""

import errno
import os

import pytest

from ansible_collections.linux.audit.plugins.module_utils._log import recorded
from ansible_collections.linux.audit.plugins.module_utils._log.files import Log
from ansible_collections.linux.audit.plugins.module_utils._log.recorded import (
    Looked,
    begins,
    gaps,
    gaps_of_log,
    own_nodes,
    recorder,
)
from kernel_double import KernelDouble, connected
from log_records import record
from strategies import HOST


@pytest.fixture
def host(tmp_path, monkeypatch):
    """host(*held, filed=, conf=): a kernel with rules, beside files; it has a daemon and has lost nothing."""
    (tmp_path / "rules.d").mkdir()
    monkeypatch.setattr(recorded, "DEFAULT_DIRECTORY", str(tmp_path / "rules.d"))
    monkeypatch.setattr(recorded, "_CONFIGURATION", str(tmp_path / "auditd.conf"))

    def host(*held, filed="", conf=""):
        (tmp_path / "rules.d" / "a.rules").write_text(filed)
        (tmp_path / "auditd.conf").write_text(conf)
        kernel = KernelDouble(*held)
        kernel.pid = 1
        connected(monkeypatch, lambda: kernel, tmp_path / "rules.d" / "x")
        return kernel

    return host


def said(*paths, keys=(), syscalls=()):
    return gaps(recorder(HOST), Looked(paths, keys, syscalls))


@pytest.mark.parametrize(
    ("rule", "recorded_paths"),
    [
        ("-w /srv/f -p wa -k k", ["/srv/f"]),
        ("-w /srv/f -p wa -k k", ["/srv/"]),
        ("-a always,exit -F dir=/srv -F perm=w", ["/srv/f", "/srv/", "/srv/a/"]),
        ("-a always,exit -F arch=b64 -S openat", ["/srv/f", "/any/"]),
        ("-a always,exit -S all", ["/srv/f"]),
    ],
)
def test_a_rule_that_may_record_it_is_no_gap(host, rule, recorded_paths):
    """A watch of it, of a directory above it, of something below it, or of all files."""
    host(rule)
    assert said(*recorded_paths) == []


@pytest.mark.parametrize(
    ("field", "recorded_paths", "unrecorded"),
    [
        ("dir=@/link/", ["@/directory/file", "@/link/file", "@/directory/"], []),
        ("dir=@/link", [], ["@/directory/file", "@/link/file"]),
        ("path=@/way/directory/file", ["@/directory/file", "@/link/file", "@/way/directory/file"], ["@/directory"]),
        ("dir=@/directory", ["@/link/file", "@/link"], ["@/way"]),
    ],
)
def test_rules_and_paths_are_where_the_kernel_finds_them(host, tmp_path, field, recorded_paths, unrecorded):
    """A slash after a dir follows a link, and links in the middle of a path are always followed."""

    class Files(type(HOST)):
        def real_path(self, path):
            return os.path.realpath(path)

    (tmp_path / "directory").mkdir()
    (tmp_path / "link").symlink_to("directory")
    (tmp_path / "way").symlink_to(".")
    host(f"-a always,exit -F {field.replace('@', str(tmp_path))} -F perm=wa")
    found = recorder(Files())
    for path in recorded_paths:
        assert gaps(found, Looked([path.replace("@", str(tmp_path))])) == []
    for path in unrecorded:
        wanted = path.replace("@", str(tmp_path))
        assert gaps(found, Looked([wanted])) == [f"no rule watches {wanted}"]


@pytest.mark.parametrize(
    "rule",
    [
        "-w /srv/fx -p wa",
        "-a always,exit -F dir=/srv/other -F perm=w",
        "-a never,exit -F path=/srv/f -F perm=w",
        "-a always,exit -F arch=b64 -S connect",
        "-a always,user -F uid=0",
    ],
)
def test_no_rule_for_a_path(host, rule):
    """Rules for others, for other calls, on other lists, or that keep the kernel from recording."""
    host(rule)
    assert said("/srv/f") == ["no rule watches /srv/f"]


@pytest.mark.parametrize(
    "rule",
    [
        "-a always,exit -F path=/srv/f -F perm=wa -F auid=1000",
        "-a always,exit -F path=/srv/f -F perm=r",
        "-a always,exit -F arch=b64 -S openat -F success=0",
    ],
)
def test_rules_with_further_conditions_are_named(host, rule):
    """Nobody knows whether what is looked for met them."""
    host(rule)
    (gap,) = said("/srv/f")
    assert gap.startswith("/srv/f is recorded under the conditions of rules alone: '-a always,exit ")
    assert rule.split()[-1] in gap
    host(rule, "-w /srv/f -p wa")
    assert said("/srv/f") == []


def test_calls_with_further_conditions(host):
    host("-a always,exit -F arch=b64 -S connect -F success=0", "-a always,exit -F arch=b64 -S kill")
    assert [gap.partition(" is")[0] for gap in said(syscalls=["connect", "kill"])] == ["connect"]
    rules = [f"-a always,exit -F arch=b64 -S connect -F auid={number}" for number in range(5)]
    host(*rules)
    assert said(syscalls=["connect"])[0].endswith(", 2 more")


def test_a_rule_for_a_link_records_nothing_below_its_target(host, tmp_path):
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    host(f"-a always,exit -F dir={tmp_path}/link -F perm=wa")
    assert said(f"{tmp_path}/link/f") == [f"no rule watches {tmp_path}/link/f"]


def test_keys_and_calls(host):
    """Each is named that no rule has."""
    host("-a always,exit -F arch=b64 -S connect -F key=net")
    assert said(keys=["net", "out"], syscalls=["connect", "42", "CONNECT", "kill"]) == [
        "no rule has the key out", "no rule records the system call kill",
    ]  # fmt: skip


def test_a_rule_that_waits(host):
    """For a boot on a locked kernel, and for somebody to load it on others."""
    kernel = host(filed="-w /srv/f -p wa -k k\n")
    assert said("/srv/f", keys=["k"]) == [
        "no rule of the kernel watches /srv/f; the rule in rules.d that does is not loaded",
        "no rule of the kernel has the key k; the rule in rules.d that does is not loaded",
    ]
    kernel.enabled = 2
    assert said("/srv/f") == ["no rule of the kernel watches /srv/f; the rule in rules.d that does waits for a reboot"]


def test_what_keeps_everything_from_the_log(host):
    """Whatever is looked for."""
    kernel = host("-a never,task", conf="write_logs = NO\nlog_format = NOLOG\n")
    kernel.enabled, kernel.pid, kernel.lost = 0, 0, 7
    off, task, daemon, lost, *conf = said()
    assert off.startswith("kernel: 'enabled 0' switches auditing off")
    assert task.startswith("kernel: '-a never,task' switches auditing off")
    assert (daemon, lost) == (
        "no audit daemon runs, so nothing is written to the log",
        "the kernel has lost 7 records since it was booted",
    )
    assert conf == ["auditd writes no log: write_logs = NO", "auditd writes no log: log_format = NOLOG"]


def test_a_kernel_that_does_not_answer(host):
    """Then nobody knows, and that alone is said."""
    host().unreachable = errno.EPROTONOSUPPORT
    (gap,) = said("/srv/f")
    assert gap.startswith("the kernel does not say what it records: ")


def test_a_log_that_begins_too_late(tmp_path):
    """The oldest record of all files counts."""
    (tmp_path / "audit.log").write_text(record(300, 3))
    (tmp_path / "audit.log.1").write_text(record(200, 2))
    with Log(str(tmp_path)) as log:
        assert begins(log) == 200.123
        assert gaps_of_log(log, None) == gaps_of_log(log, 200) == []
        assert gaps_of_log(log, 100) == [
            "the log begins at 1970-01-01T00:03:20Z, which is after start; what was before is not in it"
        ]


@pytest.mark.parametrize(
    ("conf", "names"),
    [
        ("", ["web1"]),
        ("name_format = user\nname = my\n", ["web1", "my"]),
        ("name_format = FQD\n", ["web1", "web1.example", "192.0.2.1"]),
        ("name_format = numeric\n", ["web1", "web1.example", "192.0.2.1"]),
    ],
)
def test_names_of_this_host(host, monkeypatch, conf, names):
    """A name server is asked only if auditd asks it as well."""
    host(conf=conf)
    monkeypatch.setattr(recorded.socket, "gethostname", lambda: "web1")
    address = (2, 1, 6, "web1.example", ("192.0.2.1", 0))
    monkeypatch.setattr(recorded.socket, "getaddrinfo", lambda *_arguments, **_options: [address])
    assert own_nodes() == names


def test_a_name_server_that_does_not_answer(host, monkeypatch):
    """The hostname is known anyway."""
    host(conf="name_format = fqd\n")

    def fail(*_arguments, **_options):
        raise OSError("no name server")

    monkeypatch.setattr(recorded.socket, "getaddrinfo", fail)
    assert own_nodes() == [recorded.socket.gethostname()]
