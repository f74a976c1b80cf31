# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings against a kernel in memory and real files."""

import errno

import pytest

from ansible_collections.linux.audit.plugins.module_utils._kernel.settings import SETTINGS
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import HEADER
from changing import System
from kernel_double import Fault

PASSWD = "-w /etc/passwd -p wa -k passwd"
ALL = {
    "backlog_limit": 100, "backlog_wait_time": 5, "rate_limit": 7, "failure": 2, "loginuid_immutable": True,
    "enabled": 2,
}  # fmt: skip


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel with settings of its own and an empty rules.d."""
    return System(monkeypatch, tmp_path)


def test_immutable_is_set_last():
    assert [setting.name for setting in SETTINGS][-2:] == ["loginuid_immutable", "enabled"]


def test_files_change_first_and_locks_last(host):
    host.write(host.file.name, HEADER)
    log = host.record()
    outcome = host.set(dict(reversed(ALL.items())), with_diff=True)
    assert [entry for entry in log if entry[0] != "sync"] == [
        ("write", "rules.d/50-linux-audit.rules"),
        ("write", "audit.rules"),
        *[("set", name, value) for name, value in ALL.items()],
    ]
    assert host.kernel.settings == ALL
    lines = ["-b 100", "--backlog_wait_time 5", "-r 7", "-f 2", "--loginuid-immutable", "-e 2"]
    assert host.lines_of(host.file.name) == [HEADER, "-i", *lines]
    assert (outcome.changed, outcome.settings.lines, outcome.pending) == (True, lines, [])
    assert (outcome.settings.before["failure"], outcome.settings.after["failure"]) == (1, 2)
    assert (outcome.settings.before["enabled"], outcome.settings.after["enabled"]) == (1, 2)
    assert outcome.diff[1]["after"].splitlines()[-2:] == ["loginuid_immutable: True", "enabled: immutable"]
    again = host.set(ALL)
    assert (again.changed, again.settings.lines, again.pending) == (False, [], [])


def test_a_new_file_has_all_settings(host):
    host.set(ALL)
    assert len(host.lines_of(host.file.name)) == len([HEADER, "-i", *ALL])
    assert not host.set(ALL).changed


def test_check_mode_reports_the_change_and_makes_none(host):
    state = host.state()
    said = host.set(ALL, check=True, with_diff=True)
    assert (host.state(), host.kernel.log) == (state, [])
    assert host.set(ALL, with_diff=True) == said


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("fault", [errno.EINVAL, Fault.NOT_HEARD])
def test_if_a_setting_fails_the_others_are_restored(host, number, fault):
    """Except for the lock of login uids, which no request undoes."""
    state = host.state()
    host.kernel.fail(number, fault)
    with pytest.raises(ChangeError):
        host.set(ALL)
    files, lines, settings = host.state()
    assert (files, lines) == state[:2]
    assert settings == dict(state[2], loginuid_immutable=number > 4)
    assert host.kernel.connections == 0


@pytest.mark.parametrize("number", range(4))
def test_a_setting_that_the_kernel_did_not_apply_is_found(host, number):
    state = host.state()
    host.kernel.fail(number, Fault.NOT_DONE)
    wanted = dict(list(ALL.items())[:4])
    with pytest.raises(ChangeError, match=f"did not apply {list(wanted)[number]}; everything is as it was before$"):
        host.set(wanted)
    assert host.state() == state


def test_no_request_tries_to_undo_a_lock(host):
    """After a setting was not applied, requests that the locked kernel would refuse are not sent."""
    host.kernel.fail(0, Fault.NOT_DONE)
    with pytest.raises(ChangeError, match="did not apply backlog_limit"):
        host.set({"backlog_limit": 100, "loginuid_immutable": True})
    assert host.kernel.log == [
        ("set", "backlog_limit", 100), ("set", "loginuid_immutable", True),
    ]  # fmt: skip
    host.kernel.forget()
    host.kernel.fail(0, Fault.NOT_DONE)
    with pytest.raises(ChangeError):
        host.set({"rate_limit": 7, "enabled": 2}, persistent=False)
    assert ("set", "enabled", 1) not in host.kernel.log


@pytest.mark.parametrize(
    ("name", "value", "pending"),
    [("backlog_limit", 100, "-b 100"), ("enabled", 1, "-e 1"), ("failure", 0, "-f 0")],
)
def test_an_immutable_kernel_gets_settings_at_its_next_boot(host, name, value, pending):
    host.kernel.enabled = 2
    for options, part in (
        ({"stage_when_immutable": False}, rf"only after a boot \(it is immutable, enabled 2\): {pending}\."),
        ({"persistent": False}, f"{pending}. Set persistent: true, because a boot loads only what the files hold"),
    ):
        with pytest.raises(ChangeError, match=part):
            host.set({name: value}, **options)
    assert (host.files(), host.kernel.log) == ({}, [])
    first, again = host.set({name: value}), host.set({name: value})
    assert (first.changed, first.pending, again.changed, again.pending) == (True, [pending], False, [pending])
    assert host.lines_of(host.file.name) == [HEADER, "-i", pending]
    assert host.kernel.log == []


def test_the_lock_of_login_uids_is_independent(host):
    """An immutable kernel accepts it; then only a boot without the line unlocks it."""
    host.kernel.enabled = 2
    assert host.set({"loginuid_immutable": True}).pending == []
    assert host.kernel.loginuid_immutable is True
    host.write("10-a.rules", "# a", "--loginuid-immutable", "# b", "--loginuid-immutable", "# c")
    outcome = host.set({"loginuid_immutable": False})
    assert (outcome.changed, outcome.pending) == (True, ["without --loginuid-immutable"])
    assert host.lines_of("10-a.rules") == ["# a", "# b", "# c"]
    assert not host.file.exists()
    assert host.set({"loginuid_immutable": False}).changed is False


@pytest.mark.parametrize(("text", "value"), [("-b 100\n", 100), ("-b 0x64", 100), ("-b 100\n-b 7\n-b 100\n", 100)])
def test_a_line_with_the_same_value_is_kept(host, text, value):
    path = host.directory / "10-a.rules"
    path.write_text(text)
    host.set({"backlog_limit": value}, live=False)
    assert path.read_text() == text
    assert host.set({"backlog_limit": value}, live=False).changed is False
    assert host.set({"backlog_limit": value + 1}, live=False).changed is True
    assert path.read_text().splitlines()[-1] == f"-b {value + 1}"


def test_the_last_line_counts(host):
    """The last file with such a line is changed, even if it is not our file."""
    host.write("10-a.rules", "-b 1", "-b 2", PASSWD)
    host.write(host.file.name, "-b 3")
    host.write("90-c.rules", "-b 4", "-b 5", "-f 1")
    host.set({"backlog_limit": 100, "failure": 0})
    assert host.lines_of("10-a.rules") == ["-b 1", "-b 2", PASSWD]
    assert host.lines_of(host.file.name) == ["-b 3"]
    assert host.lines_of("90-c.rules") == ["-b 4", "-b 100", "-f 0"]
    assert host.kernel.backlog_limit == 100


def test_a_file_that_cannot_be_written_leaves_the_kernel_alone(host):
    (host.root / "audit.rules").mkdir()
    with pytest.raises(Exception, match=r"audit\.rules.*(not a regular file|directory)"):
        host.set({"backlog_limit": 100})
    assert host.kernel.log == []
