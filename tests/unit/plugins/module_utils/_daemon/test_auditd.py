# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon: what needs none that runs. The rest is in tests/integration/modules/test_auditd_service.py."""

import json
import os
import signal
import subprocess
import sys

import pytest

from ansible_collections.linux.audit.plugins.module_utils._daemon import auditd as daemon
from ansible_collections.linux.audit.plugins.module_utils._daemon.auditd import (
    Daemon,
    DaemonError,
    Done,
    action_for,
    parse_report,
    put_into_effect,
    said_in_journal,
    said_in_syslog,
)
from ansible_collections.linux.audit.plugins.module_utils._daemon.service import mistakes, suspended
from ansible_collections.linux.audit.plugins.module_utils._daemon.validation import Target
from ansible_collections.linux.audit.plugins.module_utils._host.files import Edit
from paths import PLUGINS


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


# As audit 3.0.9 and 4.1.2 write it.
REPORTS = (
    """audit version = 3.0.9
current time = 11/25/26 02:11:59
process priority = -4
writing to logs = yes
current log size = 6 KB
logs detected last rotate/shift = 0
Logging partition free space 2620 MB
logging suspended = no
""",
    """audit version = 4.1.2
current log size = 16 KiB
Logging partition free space = 2695 MiB
plugin queueing suspended = yes
""",
)


def test_a_report_is_read():
    assert parse_report(REPORTS[0]) == {
        "audit_version": "3.0.9",
        "current_time": "11/25/26 02:11:59",
        "process_priority": -4,
        "writing_to_logs": True,
        "current_log_size": "6 KB",
        "logs_detected_last_rotate_shift": 0,
        "logging_partition_free_space": "2620 MB",
        "logging_suspended": False,
    }
    assert parse_report(REPORTS[1])["logging_partition_free_space"] == "2695 MiB"
    assert [suspended(parse_report(report)) for report in REPORTS] == [False, True]
    assert parse_report("") == {}


def test_the_journal_is_read_behind_the_cursor():
    entries = [
        {"__CURSOR": "s=1", "MESSAGE": "before"},
        {"__CURSOR": "s=2", "MESSAGE": 'Unknown keyword "x" in line 1 of /etc/audit/auditd.conf'},
        {"__CURSOR": "s=3", "MESSAGE": [255, 254]},
        {"__CURSOR": "s=4"},
    ]
    text = "\n".join(map(json.dumps, entries)) + "\n-- No entries --\n"
    assert said_in_journal(text, "s=1") == ['Unknown keyword "x" in line 1 of /etc/audit/auditd.conf']


def test_a_syslog_file_is_read():
    text = (
        "Nov 25 02:12:00 host auditd[728]: Unknown keyword: x\n"
        "2026-11-25T02:12:00.5+00:00 host auditd: The audit daemon is exiting.\n"
        "Nov 25 02:12:00 host sshd[3]: auditd[728]: forged\n"
        "Nov 25 02:12:00 host augenrules[9]: No change\n"
    )
    said = said_in_syslog(text, ["auditd"])
    assert said == ["Unknown keyword: x", "The audit daemon is exiting."]


def test_records_are_those_of_the_daemon_since(tmp_path, monkeypatch):
    log, conf = tmp_path / "audit.log", tmp_path / "auditd.conf"
    record = 'type=DAEMON_CONFIG msg=audit(1.0:1): op=reconfigure state=changed pid=7 res={}\x1dAUID="root"\n'
    log.write_text(record.format("failed"))
    conf.write_text(f"log_file = {log}\n")
    monkeypatch.setattr(daemon, "CONFIGURATION", str(conf))
    records = daemon._Records()
    assert (records.results("DAEMON_CONFIG"), records.moved()) == ([], False)
    with log.open("a") as file:
        # Texts of users are in records of other types.
        file.write("type=USER msg=audit(1.0:2): msg='type=DAEMON_CONFIG res=failed'\n")
        file.write("node=host " + record.format("success"))
    assert records.results("DAEMON_CONFIG") == ["success"]
    log.rename(tmp_path / "audit.log.1")
    log.write_text(record.format("failed"))
    assert (records.results("DAEMON_CONFIG"), records.moved()) == (["failed"], True)


STARTER = """
import subprocess, sys
script = sys.argv[1]
child = subprocess.Popen([script], stdin=subprocess.PIPE)
below = subprocess.Popen(["/bin/sh", "-c", f"{script}; exit 0"], stdin=subprocess.PIPE)
for process in (child, below):
    sys.stdin.readline()
    process.communicate()
    print("ended", flush=True)
sys.stdin.readline()
"""


def test_a_plugin_is_found_below_the_process_that_starts_it(tmp_path):
    """Its child, or that of a child, as in audit 2; a script as well as a program; not the process itself."""
    script = tmp_path / "plugin"
    script.write_text("#!/bin/sh\necho runs\nread line\nexit 0\n")
    script.chmod(0o750)
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def found():
        return set(daemon._descendants(starter.pid, [str(script), sys.executable]))

    def end_one():
        starter.stdin.write("\n")
        starter.stdin.flush()
        assert starter.stdout.readline() == "ended\n"

    assert [starter.stdout.readline() for _process in range(2)] == ["runs\n"] * 2
    assert found() == {str(script)}
    end_one()
    assert found() == {str(script)}
    end_one()
    assert found() == set()
    starter.communicate()
    assert daemon._descendants(0, [str(script)]) == {}


UNDISTURBED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from module_utils._daemon import auditd as daemon
with daemon._undisturbed():
    with daemon._undisturbed():
        os.kill(os.getpid(), signal.SIGTERM)
    print("done", flush=True)
print("never")
"""


def test_signals_wait_for_the_end_of_what_must_not_be_disturbed():
    command = [sys.executable, "-c", UNDISTURBED, PLUGINS]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.returncode) == ("done\n", -signal.SIGTERM), ended.stderr


def test_files_of_a_host_without_a_daemon_are_written_alone(tmp_path):
    path = tmp_path / "auditd.conf"
    absent = Daemon(unavailable="auditd is not installed on this host")
    done = put_into_effect(absent, [Edit(str(path), None, "x = 1\n")], "restart")
    assert (done, path.read_text()) == (Done("none", 0, 0, True), "x = 1\n")
    with pytest.raises(DaemonError, match="not installed.*the old files are back.*does not run, as before"):
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
        monkeypatch.setattr(daemon, "_Records", lambda: self)
        monkeypatch.setattr(daemon, "_Log", lambda: self)
        monkeypatch.setattr(daemon, "_send", self.send)
        monkeypatch.setattr(daemon, "time", Clock())
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
        return daemon._complaints(self.words())

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
        # Too busy to learn who sent it the signal, it has not read anything: it is told again.
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
def test_a_reload_that_is_not_taken_is_said(monkeypatch, results):
    told = Told(monkeypatch, (results, [WRONG]))
    with pytest.raises(DaemonError, match="does not take.*Unknown keyword"):
        Daemon().reload()
    assert told.sent == 1


@pytest.mark.parametrize(
    ("seen", "error"),
    [
        ([{}, *[{"/p": 1}] * 6], None),
        # The daemon starts it anew, once.
        ([*[{"/p": 1}] * 3, *[{"/p": 2}] * 6], None),
        ([{"/p": number // 4} for number in range(32)], r"a plugin of auditd \(/p\) ends as often as it is started"),
        ([*[{"/p": 1}] * 5, *[{}] * 27], "does not run its plugin /p"),
    ],
    ids=str,
)
def test_plugins_must_stay(monkeypatch, seen, error):
    told = Told(monkeypatch, (["success"], []))
    answers = iter(seen)
    monkeypatch.setattr(daemon, "_descendants", lambda pid, plugins: next(answers))
    monkeypatch.setattr(daemon, "_record", lambda text: None)
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
    monkeypatch.setattr(daemon, "_record", lambda text: words.append("plugin /p terminated unexpectedly"))
    monkeypatch.setattr(daemon, "_descendants", lambda pid, plugins: {"/p": 1} if len(words) > 1 else {})
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
    Told(monkeypatch, *[(["success"], [TAKEN])] * 2)
    monkeypatch.setattr(daemon, "_record", lambda text: None)
    monkeypatch.setattr(daemon, "_descendants", lambda pid, plugins: dict.fromkeys(plugins if runs else (), 1))
    monkeypatch.setattr(daemon, "_pass_records", lambda pids: passed)
    restarted = Done("restart", 4242, 4343, True)
    monkeypatch.setattr(Daemon, "restart", lambda self, plugins: restarted)
    done = put_into_effect(Daemon(version), [], "reload", ["/p"])
    assert done == (restarted if error else Done("reload", 4242, 4242, True))
    if error:
        with pytest.raises(DaemonError, match=f"{error}, and will not before it is restarted"):
            put_into_effect(Daemon(version), [], "reload", ["/p"], may_restart=False)


def test_a_plugin_that_the_daemon_says_has_ended_is_no_reason_for_a_restart(monkeypatch):
    """It is the plugin's own fault: the daemon has passed it a record."""
    Told(monkeypatch, (["success"], ["plugin /p terminated unexpectedly"]))
    monkeypatch.setattr(daemon, "_record", lambda text: None)
    monkeypatch.setattr(daemon, "_descendants", lambda pid, plugins: {})
    monkeypatch.setattr(Daemon, "restart", lambda self, plugins: pytest.fail("was restarted"))
    with pytest.raises(DaemonError, match="does not run its plugin /p"):
        put_into_effect(Daemon((4, 0, 2)), [], "reload", ["/p"])


@pytest.mark.parametrize("reads", [True, False], ids=str)
def test_whether_a_plugin_reads_a_record(monkeypatch, reads):
    program = "import sys, time\nprint('ready', flush=True)\n" + ("sys.stdin.readline()\n" if reads else "")
    command = [sys.executable, "-c", program + "time.sleep(60)"]
    monkeypatch.setattr(daemon, "_READ_SECONDS", 1.0)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as plugin:
        assert plugin.stdout.readline() == "ready\n"
        monkeypatch.setattr(daemon, "_record", lambda text: (plugin.stdin.write(text + "\n"), plugin.stdin.flush()))
        try:
            assert daemon._pass_records([plugin.pid]) is reads
            assert daemon._pass_records([]) is True
            # There is no such process.
            assert daemon._pass_records([2**22 + 1]) is False
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
    """Those that are not to run any more, and since audit 4.2 all, as it starts them anew."""
    Told(monkeypatch, (["success"], []))
    monkeypatch.setattr(daemon, "_descendants", lambda pid, plugins: dict.fromkeys(plugins, 1))
    runs = iter([True] * 2 + [False])
    monkeypatch.setattr(daemon, "_runs", lambda pid, program: next(runs))
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
def test_plugins_that_do_not_end_are_said(monkeypatch, words, seconds, looked):
    Told(monkeypatch, (["success"], words))
    monkeypatch.setattr(daemon, "_descendants", lambda pid, plugins: dict.fromkeys(plugins, 1))
    monkeypatch.setattr(daemon, "_STOP_SECONDS", seconds)
    runs = iter([True] * looked)
    monkeypatch.setattr(daemon, "_runs", lambda pid, program: next(runs))
    with pytest.raises(DaemonError, match=r"still runs its plugin /p \(pid 1\) as it was"):
        Daemon((4, 2)).reload(["/p"])


def test_a_masked_unit_is_said_before_anything_is_stopped(monkeypatch):
    masked = Daemon(program="/sbin/auditd", manager="systemd", unit={"LoadState": "masked"})
    monkeypatch.setattr(Daemon, "pid", property(lambda self: 4242))
    monkeypatch.setattr(daemon, "_show", lambda unit, properties: {"ActiveState": "active"})
    monkeypatch.setattr(daemon, "_send", lambda pid, number: pytest.fail("was stopped"))
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
        with pytest.raises(DaemonError, match=f"pid {os.getpid()}.*no auditd"):
            act()


def test_mistakes_of_a_file_are_those_that_the_daemon_reads():
    text = "num_logs = 5\nspace_left = 75\nadmin_space_left = 50\n"
    target = Target((3, 0, 9))
    assert mistakes(text, target) == mistakes("", target) == []
    (wrong,) = mistakes(text + "nonsense = 1\n", target)
    assert wrong.startswith("/etc/audit/auditd.conf:4: ") and "nonsense" in wrong
    # A last line that is not ended is not read.
    assert mistakes(text + "nonsense = 1", target) == []
