# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon, where no daemon is needed. The rest is in tests/integration/modules/test_auditd_service.py."""

import os
import subprocess
import sys

import pytest

from ansible_collections.linux.audit.plugins.module_utils._daemon import auditd as daemon
from ansible_collections.linux.audit.plugins.module_utils._daemon import messages, plugin_processes
from ansible_collections.linux.audit.plugins.module_utils._daemon.apply import action_for, put_into_effect
from ansible_collections.linux.audit.plugins.module_utils._daemon.auditd import Daemon, Done
from ansible_collections.linux.audit.plugins.module_utils._daemon.errors import DaemonError
from ansible_collections.linux.audit.plugins.module_utils._host.files import Edit


@pytest.mark.parametrize(
    ("running", "need", "start", "action"),
    [
        (True, "none", False, "none"),
        (True, "reload", True, "reload"),
        (True, "restart", False, "restart"),
        (False, "restart", False, "none"),
        (False, "none", True, "start"),
    ],
)
def test_the_cheapest_action(running, need, start, action):
    assert action_for(running, need, start) == action


def test_files_of_a_host_without_a_daemon_are_written_alone(tmp_path):
    path = tmp_path / "auditd.conf"
    absent = Daemon(unavailable="auditd is not installed on this host")
    done = put_into_effect(absent, [Edit(str(path), None, "x = 1\n")], "restart")
    assert (done, path.read_text()) == (Done("none", 0, 0, True), "x = 1\n")
    with pytest.raises(DaemonError, match="not installed.*the old files are back.*is not running, as before"):
        put_into_effect(absent, [Edit(str(path), "x = 1\n", "x = 2\n")], "restart", start=True)
    assert path.read_text() == "x = 1\n"
    with pytest.raises(DaemonError, match="not installed"):
        absent.reload()
    assert absent.stop() == 0


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self):
        self.now = 1000.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Told:
    """A log and records in which a daemon answers each HUP with the next of its answers."""

    def __init__(self, monkeypatch, *answers):
        self.answers, self.sent = answers, 0
        monkeypatch.setattr(daemon, "DaemonRecords", lambda: self)
        monkeypatch.setattr(daemon, "SystemLog", lambda: self)
        monkeypatch.setattr(daemon, "remember", lambda pid, file: None)
        monkeypatch.setattr(Daemon, "_send", lambda daemon, pid, number: self.send(pid, number))
        clock = Clock()
        monkeypatch.setattr(daemon, "time", clock)
        monkeypatch.setattr(plugin_processes, "time", clock)
        monkeypatch.setattr(Daemon, "pid", property(lambda self: 4242))

    def send(self, pid, number):
        self.sent += 1

    def results(self, kind):
        return self.answers[self.sent - 1][0]

    def words(self):
        return self.answers[self.sent - 1][1]

    def synced(self):
        return self

    def complaints(self):
        return messages.complaints_in(self.words())

    def error(self, what):
        return DaemonError(what)


BUSY = "Error sending signal_info request (No buffer space available)"
WRONG = 'Unknown keyword "x" in line 1 of /etc/audit/auditd.conf'
TAKEN = "config change requested by pid=1 auid=0 subj=kernel"


@pytest.mark.parametrize(
    ("answers", "sent", "confirmed"),
    [
        ([(["success"], [])], 1, True),
        ([([], [TAKEN])], 1, True),
        ([([], ["Audit daemon is low on disk space for logging", TAKEN])], 1, True),
        # Too busy to learn who sent the signal, the daemon has read nothing: it is told again.
        ([(["failed"], []), (["success"], [])], 2, True),
        ([(["failed"], [BUSY]), ([], [BUSY, TAKEN])], 2, True),
        ([([], [])] * 3, 3, False),
    ],
    ids=str,
)
def test_a_reload_is_confirmed_or_repeated(monkeypatch, answers, sent, confirmed):
    told = Told(monkeypatch, *answers)
    assert Daemon().reload() == Done("reload", 4242, 4242, confirmed)
    assert told.sent == sent


@pytest.mark.parametrize("results", [[], ["failed"]], ids=str)
def test_a_reload_that_the_daemon_rejects_is_an_error(monkeypatch, results):
    told = Told(monkeypatch, (results, [WRONG]))
    with pytest.raises(DaemonError, match="rejects its new configuration.*Unknown keyword"):
        Daemon().reload()
    assert told.sent == 1


@pytest.mark.parametrize(
    ("seen", "error"),
    [
        ([{}, *[{"/p": 1}] * 6], None),
        # The daemon starts it again, once.
        ([*[{"/p": 1}] * 3, *[{"/p": 2}] * 6], None),
        ([{"/p": number // 4} for number in range(32)], r"a plugin of auditd \(/p\) ends each time it is started"),
        ([*[{"/p": 1}] * 5, *[{}] * 27], "does not run its plugin /p"),
    ],
    ids=str,
)
def test_plugins_must_stay(monkeypatch, seen, error):
    told = Told(monkeypatch, (["success"], []))
    answers = iter(seen)
    monkeypatch.setattr(daemon, "programs_below", lambda pid, plugins: next(answers))
    monkeypatch.setattr(daemon, "make_record", lambda text: None)
    if error is None:
        assert Daemon().reload(["/p"]).confirmed
    else:
        with pytest.raises(DaemonError, match=error):
            Daemon().reload(["/p"])
    assert list(answers) == []
    assert told.sent == 1


def test_a_plugin_that_ends_on_a_quiet_host_is_given_a_record(monkeypatch):
    """With which the daemon notices, complains, and starts it again."""
    words = [TAKEN]
    Told(monkeypatch, (["success"], words))
    monkeypatch.setattr(daemon, "make_record", lambda text: words.append("plugin /p terminated unexpectedly"))
    monkeypatch.setattr(daemon, "programs_below", lambda pid, plugins: {"/p": 1} if len(words) > 1 else {})
    assert Daemon((4, 1, 2)).reload(["/p"]) == Done("reload", 4242, 4242, True)
    assert words[1:] == ["plugin /p terminated unexpectedly"]


@pytest.mark.parametrize(
    ("version", "runs", "passed", "error"),
    [
        ((3, 0, 7), True, False, None),
        ((3, 0, 8), True, True, None),
        ((3, 0, 8), True, False, "passes no records to its plugins"),
        ((4, 0, 4), False, False, "does not run its plugin /p"),
        ((4, 0, 5), True, False, None),
    ],
    ids=str,
)
def test_a_reload_that_leaves_plugins_without_records_becomes_a_restart(monkeypatch, version, runs, passed, error):
    # Two reloads, and after the one that may not become a restart, another one of the old files.
    Told(monkeypatch, *[(["success"], [TAKEN])] * 3)
    monkeypatch.setattr(daemon, "make_record", lambda text: None)
    monkeypatch.setattr(daemon, "programs_below", lambda pid, plugins: dict.fromkeys(plugins if runs else (), 1))
    monkeypatch.setattr(daemon, "pass_records", lambda pids: passed)
    restarted = Done("restart", 4242, 4343, True)
    monkeypatch.setattr(Daemon, "restart", lambda self, plugins: restarted)
    done = put_into_effect(Daemon(version), [], "reload", ["/p"])
    assert done == (restarted if error else Done("reload", 4242, 4242, True))
    if error:
        with pytest.raises(DaemonError, match=f"{error}, and will not until it is restarted"):
            put_into_effect(Daemon(version), [], "reload", ["/p"], may_restart=False)


def test_a_plugin_that_the_daemon_says_has_ended_is_no_reason_for_a_restart(monkeypatch):
    """It is the plugin's own fault: the daemon has passed it a record."""
    Told(monkeypatch, *[(["success"], ["plugin /p terminated unexpectedly"])] * 2)
    monkeypatch.setattr(daemon, "make_record", lambda text: None)
    monkeypatch.setattr(daemon, "programs_below", lambda pid, plugins: {})
    monkeypatch.setattr(Daemon, "restart", lambda self, plugins: pytest.fail("was restarted"))
    with pytest.raises(DaemonError, match="does not run its plugin /p"):
        put_into_effect(Daemon((4, 0, 2)), [], "reload", ["/p"])


@pytest.mark.parametrize("reads", [True, False], ids=str)
def test_whether_a_plugin_reads_a_record(monkeypatch, reads):
    program = "import sys, time\nprint('ready', flush=True)\n" + ("sys.stdin.readline()\n" if reads else "")
    command = [sys.executable, "-c", program + "time.sleep(60)"]
    monkeypatch.setattr(plugin_processes, "_READ_SECONDS", 1.0)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout.readline() == "ready\n"

        def pass_on(text):
            plugin.stdin.write(text + "\n")
            plugin.stdin.flush()

        monkeypatch.setattr(plugin_processes, "make_record", pass_on)
        try:
            assert plugin_processes.pass_records([plugin.pid]) is reads
            assert plugin_processes.pass_records([]) is True
            # There is no such process.
            assert plugin_processes.pass_records([2**22 + 1]) is False
        finally:
            plugin.kill()


@pytest.mark.parametrize(
    ("version", "plugins", "ended", "awaited"),
    [
        ((4, 1, 2), ["/p"], [], 0),
        ((4, 1, 2), [], ["/q"], 3),
        ((4, 2), ["/p"], [], 3),
    ],
    ids=str,
)
def test_plugins_that_must_end_are_awaited(monkeypatch, version, plugins, ended, awaited):
    """Plugins that are no longer to run, and since audit 4.2 all plugins, because it starts them again."""
    Told(monkeypatch, (["success"], []))
    monkeypatch.setattr(daemon, "programs_below", lambda pid, plugins: dict.fromkeys(plugins, 1))
    runs = iter([True] * 2 + [False])
    monkeypatch.setattr(plugin_processes, "runs_program", lambda pid, program: next(runs))
    assert Daemon(version).reload(plugins, ended).confirmed
    assert len(list(runs)) == 3 - awaited


@pytest.mark.parametrize(
    ("words", "seconds", "looked"),
    [
        ([TAKEN], 0.25, 4),
        # Nothing is waited for then.
        ([TAKEN, "Plugin configuration reload failed, keeping old state"], 90.0, 1),
    ],
    ids=str,
)
def test_plugins_that_do_not_end_are_an_error(monkeypatch, words, seconds, looked):
    Told(monkeypatch, (["success"], words))
    monkeypatch.setattr(daemon, "programs_below", lambda pid, plugins: dict.fromkeys(plugins, 1))
    monkeypatch.setattr(plugin_processes, "_END_SECONDS", seconds)
    runs = iter([True] * looked)
    monkeypatch.setattr(plugin_processes, "runs_program", lambda pid, program: next(runs))
    with pytest.raises(DaemonError, match=r"has not ended its plugin /p \(pid 1\)"):
        Daemon((4, 2)).reload(["/p"])


def test_a_masked_unit_is_an_error_before_anything_is_stopped(monkeypatch):
    masked = Daemon(program="/sbin/auditd", manager="systemd", unit={"LoadState": "masked"})
    monkeypatch.setattr(Daemon, "pid", property(lambda self: 4242))
    monkeypatch.setattr(daemon, "unit_properties", lambda unit, names: {"ActiveState": "active"})
    monkeypatch.setattr(Daemon, "_send", lambda self, pid, number: pytest.fail("was stopped"))
    with pytest.raises(DaemonError, match="masked"):
        masked.restart()


def test_another_program_in_the_place_of_auditd_is_left_alone(monkeypatch):
    class Kernel:
        def __enter__(self):
            return self

        def __exit__(self, *exception):
            pass

        def status(self):
            return type("Status", (), {"pid": os.getpid()})

    monkeypatch.setattr(daemon, "Kernel", Kernel)
    for act in (Daemon().reload, Daemon().stop, Daemon().start, Daemon().restart):
        with pytest.raises(DaemonError, match=f"pid {os.getpid()}.*not auditd"):
            act()
