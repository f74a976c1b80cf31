# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that change rules and settings, and audit_info, from their arguments to their results."""

import errno
import itertools
import os

import pytest

from ansible_collections.linux.audit.plugins.module_utils._kernel import lock
from ansible_collections.linux.audit.plugins.module_utils._log import files as log_files
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import HEADER
from ansible_collections.linux.audit.plugins.modules import (
    audit_control,
    audit_info,
    audit_rule,
    audit_ruleset,
    audit_watch,
)
from changing import System
from kernel_double import KernelDouble, rendered
from running import run_module

PASSWD, SHADOW = "-w /etc/passwd -p wa -k passwd", "-w /etc/shadow -p wa -k shadow"
STRUCTURE = {"syscalls": ["mount"], "fields": ["uid=0"], "keys": ["m"]}
MOUNT = "-a always,exit -S mount -F uid=0 -F key=m"
RULE_MODULES = {
    "audit_rule": (audit_rule.main, {"rule": PASSWD}),
    "audit_watch": (audit_watch.main, {"path": "/etc/passwd", "permissions": "wa", "keys": ["passwd"]}),
    "audit_ruleset": (audit_ruleset.main, {"rules": [PASSWD]}),
    "audit_control": (audit_control.main, {"backlog_limit": 100}),
}


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel without rules and an empty rules.d."""
    return System(monkeypatch, tmp_path)


@pytest.fixture
def run(host):
    """run(main, **params): the result of a module on the host."""

    def run(main, check=False, diff=False, **params):
        return run_module(main, {"rules_dir": str(host.directory), **params}, check, diff)

    return run


@pytest.mark.parametrize("name", RULE_MODULES)
def test_check_change_and_again(host, run, name):
    """Check mode reports what the change does, and the second run changes nothing."""
    main, params = RULE_MODULES[name]
    state = host.state()
    said = run(main, check=True, diff=True, **params)
    assert (host.state(), host.kernel.log) == (state, [])
    done = run(main, diff=True, **params)
    again = run(main, diff=True, **params)
    for result in (said, done):
        result.pop("invocation")
    assert said == done
    assert (done["changed"], again["changed"], again["diff"]) == (True, False, [])
    assert done["diff"]
    assert "diff" not in run(main, **params)
    assert host.state() != state
    assert host.kernel.connections == 0


@pytest.mark.parametrize("name", RULE_MODULES)
def test_files_alone_and_the_kernel_alone(host, run, name):
    main, params = RULE_MODULES[name]
    files, lines, settings = host.state()
    assert run(main, persistent=False, **params)["changed"]
    assert host.files() == files
    assert host.state()[1:] != (lines, settings)
    log = list(host.kernel.log)
    assert run(main, live=False, file="60-own.rules", **params)["changed"]
    assert host.kernel.log == log
    assert sorted(host.files()) == ["audit.rules", "rules.d/60-own.rules"]


@pytest.mark.parametrize("name", ["audit_rule", "audit_watch", "audit_ruleset"])
def test_neither_kernel_nor_files_is_an_error(host, run, name):
    main, params = RULE_MODULES[name]
    result = run(main, live=False, persistent=False, **params)
    assert result["failed"]
    assert "leave nothing to do" in result["msg"]


@pytest.mark.parametrize("name", RULE_MODULES)
@pytest.mark.parametrize("immutable", ["stage", "fail"])
def test_an_immutable_kernel(host, run, name, immutable):
    main, params = RULE_MODULES[name]
    host.kernel.enabled = 2
    result = run(main, immutable=immutable, **params)
    if immutable == "fail":
        assert result["failed"]
        assert "boot" in result["msg"]
        assert host.files() == {}
    else:
        assert (result["changed"], result["reboot_required"]) == (True, True)
        # A watch is one rule for each architecture.
        assert len(result["pending"]) == (2 if name == "audit_watch" else 1)
        assert any("only after a reboot" in warning for warning in result["warnings"])
    assert host.kernel.log == []


@pytest.mark.parametrize("name", RULE_MODULES)
def test_a_kernel_that_cannot_be_reached(host, run, name):
    main, params = RULE_MODULES[name]
    host.kernel.unreachable = errno.ECONNREFUSED
    result = run(main, **params)
    assert result["failed"]
    assert "audit=0" in result["msg"]
    if name in ("audit_rule", "audit_watch"):
        assert f"set live: false to write the rules to {host.directory} alone" in result["msg"]
    host.kernel.unreachable = errno.EIO
    assert os.strerror(errno.EIO) in run(main, **params)["msg"]
    assert host.files() == {}


@pytest.mark.parametrize("name", RULE_MODULES)
def test_a_lock_file_that_cannot_be_opened_is_named(host, run, name, monkeypatch):
    main, params = RULE_MODULES[name]
    real = os.open

    def refuse(path, flags, *rest, **options):
        if path in lock._LOCK_FILES:
            raise OSError(errno.EIO, "Input/output error", path)
        return real(path, flags, *rest, **options)

    monkeypatch.setattr(os, "open", refuse)
    result = run(main, **params)
    reason = f"cannot open a lock file, which keeps two runs from changing this host at once: {lock._LOCK_FILES[0]}: "
    assert (result["failed"], result["msg"]) == (True, reason + "Input/output error")


@pytest.mark.parametrize("name", RULE_MODULES)
def test_a_file_name_that_augenrules_ignores_is_refused(run, name):
    main, params = RULE_MODULES[name]
    result = run(main, file="own.conf", **params)
    assert result["failed"]
    assert "ends in .rules" in result["msg"]


@pytest.mark.parametrize(
    ("params", "lines"),
    [
        ({"rule": MOUNT}, [MOUNT]),
        ({"rules": [PASSWD, STRUCTURE]}, [PASSWD, MOUNT]),
        (STRUCTURE, [MOUNT]),
        ({"list": "exclude", "record_types": ["CWD"]}, ["-a always,exclude -F msgtype=CWD"]),
        ({"action": "never", "list": "task"}, ["-a never,task"]),
    ],
)
def test_forms_of_audit_rule(host, run, params, lines):
    result = run(audit_rule.main, **params)
    assert result["rules"] == result["added"] == host.kernel.lines == rendered(*lines)
    result = run(audit_rule.main, state="absent", **params)
    assert (result["removed"], host.kernel.lines) == (rendered(*lines), [])


def test_a_key_removes_rules(host, run):
    host.kernel = KernelDouble(PASSWD, SHADOW)
    result = run(audit_rule.main, state="absent", key="passwd")
    assert (result["removed"], result["rules"]) == (rendered(PASSWD), [])
    assert host.kernel.lines == rendered(SHADOW)


def test_position(host, run):
    never = "-a never,exit -S mount -F uid=1"
    host.kernel = KernelDouble(MOUNT.replace("uid=0", "gid=0"))
    run(audit_rule.main, rule=never, position="prepend")
    assert host.kernel.lines[0] == never
    other = never.replace("uid=1", "uid=2")
    run(audit_rule.main, rule=other)
    assert host.kernel.lines[-1] == other


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({}, "one of the following is required"),
        ({"rule": PASSWD, "rules": [PASSWD]}, "mutually exclusive"),
        ({"rule": PASSWD, "syscalls": ["mount"]}, "mutually exclusive"),
        ({"key": "x"}, "key selects rules to remove: it needs state: absent and must not be empty"),
        ({"key": "", "state": "absent"}, "key selects rules to remove: it needs state: absent and must not be empty"),
        ({"rule": "-b 100"}, "is a setting, not a rule"),
        ({"rule": "-d always,exit -S mount"}, "deletes a rule; write it with -a"),
        ({"rules": [PASSWD, 5]}, "rule 2: must be a line of auditctl or a structure, not 5"),
        ({"rules": [PASSWD, "-w passwd -p wa"]}, "rule 2"),
        ({"rules": [PASSWD, PASSWD.replace("-k passwd", "-k x")]}, "matches the same events"),
        ({"rule": "-w /no/such/file -p wa"}, "/no/such does not exist"),
        ({"rule": PASSWD, "rules_dir": "/no/such"}, "/no/such does not exist"),
        ({"rule": PASSWD, "immutable": "perhaps"}, "value of immutable must be one of"),
    ],
)
def test_what_audit_rule_refuses(host, run, params, part):
    result = run(audit_rule.main, **params)
    assert result["failed"]
    assert part in result["msg"]
    assert (host.files(), host.kernel.log) == ({}, [])


def test_a_repeated_rule_counts_once(host, run):
    assert run(audit_rule.main, rules=[PASSWD, PASSWD])["added"] == rendered(PASSWD)


def test_problems_of_files_are_warnings(host, run):
    host.write("10-a.rules", SHADOW, SHADOW)
    (warning,) = run(audit_rule.main, rule=PASSWD)["warnings"]
    assert "10-a.rules:2" in str(warning)


@pytest.mark.parametrize(
    ("params", "lines"),
    [
        ({"path": "/etc/passwd"}, ["-a always,exit -F arch={} -S {} -F path=/etc/passwd -F perm=rwxa"]),
        ({"path": "/etc/", "style": "watch"}, ["-a always,exit -F dir=/etc -F perm=rwxa"]),
        (
            {"path": "/etc/passwd", "style": "watch", "permissions": "w"},
            ["-a always,exit -F path=/etc/passwd -F perm=w"],
        ),
    ],
)
def test_forms_of_audit_watch(host, run, params, lines):
    result = run(audit_watch.main, **params)
    assert not result.get("failed"), result
    if params.get("style") == "watch":
        assert result["rules"] == lines
    else:
        # No release is known here, and some release adds syscalls to -F perm=.
        assert ["-F path=/etc/passwd -p rwxa" in rule for rule in result["rules"]] == [True] * 2
    assert run(audit_watch.main, state="absent", **params)["removed"] == result["added"]
    assert host.kernel.lines == []


@pytest.mark.parametrize("style", ["syscall", "watch"])
def test_a_watch_is_removed_whatever_type_its_path_had(host, run, tmp_path, style):
    path = tmp_path / "gone"
    path.mkdir()
    run(audit_watch.main, path=str(path), style=style)
    assert "dir=" in host.kernel.lines[0]
    path.rmdir()
    assert run(audit_watch.main, path=str(path), state="absent")["changed"]
    assert host.kernel.lines == []
    assert not host.file.exists()
    assert not run(audit_watch.main, path=str(path), state="absent")["changed"]


def test_a_missing_directory_cannot_be_watched_in_the_old_style(run):
    result = run(audit_watch.main, path="/etc/x", style="watch", type="directory", live=False)
    assert "-w would watch /etc/x as a file" in result["msg"]


@pytest.mark.parametrize(("type_", "is_there"), [("auto", True), ("directory", False), ("file", True)])
def test_a_deferred_watch_is_in_the_files_alone(host, run, tmp_path, type_, is_there):
    """The kernel needs the watched directory, or the directory of the watched file."""
    path = str(tmp_path / "later")
    result = run(audit_watch.main, path=path, type=type_, missing="defer")
    assert not result.get("failed"), result
    assert bool(host.kernel.lines) is is_there
    assert bool(result.get("warnings")) is not is_there
    assert path in host.file.read_text()


def test_a_watch_of_a_missing_path_fails(host, run):
    result = run(audit_watch.main, path="/no/such/file", missing="defer", persistent=False)
    assert "with persistent: false it cannot be deferred" in result["msg"]
    result = run(audit_watch.main, path="/no/such/file")
    assert "/no/such does not exist" in result["msg"]
    result = run(audit_watch.main, path="/no/such/file", missing="defer")
    assert "is only in the files, because its directory does not exist" in str(result["warnings"][0])
    assert host.kernel.lines == []
    assert run(audit_watch.main, path="/no/such/file", missing="defer", state="absent")["changed"]


def test_a_set_from_sources_returns_every_value(host, run):
    host.write("90-other.rules", "-b 8192")
    result = run(
        audit_ruleset.main,
        sources=[
            {"name": "base", "content": f"# kept\n-b 100\n{PASSWD}\n"},
            {"name": "app", "rules": [STRUCTURE, "-w /no/such/file -p wa"]},
            {"name": "pack", "content": "-a always,exit -F path={paths} -F perm=r -F key=own\n" + PASSWD.replace(
                "-k passwd", "-k late") + "\n", "parameters": {"paths": ["/etc/hosts"]}, "exact": True},
        ],
        on_missing="skip",
        file="40-set.rules",
    )  # fmt: skip
    assert not result.get("failed"), result
    own = "-a always,exit -F path=/etc/hosts -F perm=r -F key=own"
    assert result["added"] == host.kernel.lines == rendered(PASSWD, MOUNT, own)
    assert (result["settings"], result["left_out"]) == (["-b 100"], ["-w /no/such/file -p wa"])
    assert any(
        "1 rule is not in the kernel, because the host lacks a directory or a user; see left_out" in warning
        for warning in result["warnings"]
    )
    assert ["late" in note and "records the same" in note for note in result["notes"]] == [True]
    assert any("90-other.rules:1" in problem for problem in result["problems"])
    assert any("90-other.rules:1" in str(warning) for warning in result["warnings"])
    assert host.lines_of("40-set.rules")[:6] == [HEADER, "-i", "## base", "# kept", "-b 100", PASSWD]
    assert "backup" not in result
    result = run(audit_ruleset.main, content=f"-D\n{PASSWD}\n", purge="all", file="40-set.rules")
    assert result["backup"].startswith(f"{host.directory}.before-")
    assert run(audit_ruleset.main, state="absent", file="40-set.rules")["removed"] == rendered(PASSWD)


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({}, "state is present but any of the following are missing"),
        ({"state": "absent", "purge": "all"}, "purge: all cannot be used with state: absent"),
        ({"src": ["x.rules"]}, "src and packs are read on the controller"),
        ({"packs": ["injection"]}, "src and packs are read on the controller"),
        ({"rules": [], "content": ""}, "mutually exclusive"),
        ({"sources": [{"name": "a"}]}, "one of the following is required"),
        ({"sources": [{"name": "a\nb", "rules": []}]}, "without control characters"),
        ({"rules": ["-m x"]}, "rules:1: '-m x' is an action"),
        ({"content": "\n-w x -p wa"}, "content:2"),
    ],
)
def test_what_audit_ruleset_refuses(host, run, params, part):
    result = run(audit_ruleset.main, **params)
    assert result["failed"]
    assert part in result["msg"]
    assert (host.files(), host.kernel.log) == ({}, [])


def test_purge_none_of_audit_ruleset(host, run):
    host.kernel = KernelDouble(SHADOW)
    result = run(audit_ruleset.main, rules=[PASSWD, "-b 100"], purge="none")
    assert (result["added"], result["settings"]) == (rendered(PASSWD), ["-b 100"])
    assert run(audit_ruleset.main, rules=[PASSWD], purge="none", state="absent")["removed"] == rendered(PASSWD)
    assert host.kernel.lines == rendered(SHADOW)


def test_settings_in_words(host, run):
    result = run(audit_control.main, enabled="immutable", failure="silent", loginuid_immutable=True, diff=True)
    assert (result["before"]["enabled"], result["after"]["enabled"], result["immutable"]) == (
        "enabled", "immutable", True,
    )  # fmt: skip
    assert "rules and settings are locked now" in str(result["warnings"][0])
    assert (host.kernel.enabled, host.kernel.failure, host.kernel.loginuid_immutable) == (2, 0, True)
    result = run(audit_control.main, enabled="immutable")
    assert (result["changed"], result["immutable"], result.get("warnings")) == (False, True, None)


def test_the_counter_and_a_message(host, run):
    host.kernel.lost = 5
    result = run(audit_control.main, reset_lost=True, user_message="hello", check=True)
    assert (result["changed"], result["lost"], host.kernel.lost, host.kernel.log) == (True, 5, 5, [])
    result = run(audit_control.main, reset_lost=True, user_message="hello")
    assert (result["changed"], result["lost"], host.kernel.lost) == (True, 5, 0)
    assert host.kernel.log == [("message", "text=hello res=success"), ("set", "lost", 0)]
    result = run(audit_control.main, reset_lost=True)
    assert (result["changed"], result["lost"]) == (False, 0)
    host.kernel.lost = 3
    result = run(audit_control.main, backlog_limit=64, reset_lost=False)
    assert (result["lost"], host.kernel.lost) == (3, 3)
    result = run(audit_control.main, backlog_limit=100, live=False)
    assert not {"lost", "before", "after", "immutable"} & set(result)


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({}, "one of the following is required"),
        ({"reset_lost": True, "live": False}, "need live: true"),
        ({"user_message": "x", "live": False}, "need live: true"),
        ({"backlog_limit": True}, "must be a number from 0 to 4294967295, not true"),
        ({"backlog_limit": -1}, "must be a number from 0 to 4294967295, not -1"),
        ({"rate_limit": 1 << 32}, "must be a number from 0 to 4294967295"),
        ({"user_message": ""}, "without control characters"),
        ({"user_message": "a\nb"}, "without control characters"),
        ({"enabled": "2"}, "value of enabled must be one of"),
    ],
)
def test_what_audit_control_refuses(host, run, params, part):
    result = run(audit_control.main, **params)
    assert result["failed"]
    assert part in result["msg"]
    assert (host.files(), host.kernel.log) == ({}, [])


def test_the_greatest_number_is_accepted(host, run):
    assert run(audit_control.main, rate_limit=(1 << 32) - 1)["after"]["rate_limit"] == (1 << 32) - 1


def test_what_audit_info_returns(host, run):
    host.write("10-a.rules", PASSWD, "-b 100")
    host.kernel = KernelDouble(SHADOW)
    host.kernel.pid = os.getpid()
    result = run(audit_info.main)
    assert (result["changed"], result["available"], result["in_sync"]) == (False, True, False)
    assert result["drift"]["missing"] == rendered(PASSWD)
    assert result["drift"]["extra"] == rendered(SHADOW)
    assert result["drift"]["settings"] == [{"name": "backlog_limit", "file": 100, "kernel": 64}]
    assert result["daemon"]["running"] is True
    assert host.kernel.log == []
    host.kernel.pid = 1 << 30
    daemon = run(audit_info.main)["daemon"]
    assert (daemon["pid"], daemon["running"], daemon["name"]) == (1 << 30, False, None)
    assert len(daemon["problems"]) == 1
    host.kernel.unreachable = errno.ECONNREFUSED
    result = run(audit_info.main)
    assert (result["available"], "audit=0" in result["reason"], "problems" in result) == (False, True, True)
    host.kernel.unreachable = errno.EIO
    assert run(audit_info.main)["failed"]


def test_what_audit_info_returns_of_a_log(host, run, tmp_path, monkeypatch):
    """The log of auditd, if it is asked for; a warning if there is no log."""
    host.kernel = KernelDouble()
    log = tmp_path / "audit.log"
    monkeypatch.setattr(log_files, "_configured", lambda: str(log))
    assert "retention" not in run(audit_info.main)
    missing = run(audit_info.main, retention=True)
    assert "retention" not in missing
    assert f"there is no log {log}" in missing["warnings"]
    log.write_text('type=SYSCALL msg=audit(1000.000:1): key="a"\ntype=SYSCALL msg=audit(1001.000:2): key="a"\n')
    found = run(audit_info.main, retention=True)["retention"]
    assert [(row["key"], row["events"]) for row in found["keys"]] == [("a", 2)]


@pytest.mark.parametrize("code", [errno.EIO, errno.EPERM, None])
@pytest.mark.parametrize("name", RULE_MODULES)
def test_whichever_request_fails_a_failure_names_what_has_changed(monkeypatch, tmp_path, name, code):
    """Also a question that comes after the change, for the result alone."""
    main, params = RULE_MODULES[name]
    for number in itertools.count():
        (directory := tmp_path / str(number)).mkdir()
        host = System(monkeypatch, directory)
        before, asked, answer = host.state(), [], host.kernel.answer
        failing = None if code is None else ([], -code)

        def fail(kind, data, number=number, asked=asked, answer=answer, failing=failing):
            asked.append(kind)
            return failing if len(asked) == number + 1 else answer(kind, data)

        host.kernel.answer = fail
        result = run_module(main, {"rules_dir": str(host.directory), **params})
        if result.get("failed") and host.state() != before:
            assert "in place: " in result["msg"], (number, result["msg"])
        if number >= len(asked):
            break
    assert number > 3


def test_a_long_list_of_rules_is_not_given_back(run):
    """Ansible would carry, tag and keep it for each host."""
    lines = [f"-a always,exit -S mount -F a0={number} -F key=m" for number in range(101)]
    few = run(audit_rule.main, rules=lines[:100])
    assert len(few["rules"]) == 100
    many = run(audit_rule.main, rules=lines)
    assert (many["changed"], len(many["added"]), "rules" in many) == (True, 1, False)
    assert "rules" not in run(audit_rule.main, rules=lines)
