# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon, where auditd, systemd and the journal are processes that are played: what is sent, proved, undone."""

import os
import pathlib
import signal
import subprocess
import threading
import time

import pytest

from acted_host import CONF, RULES_UNIT, UNIT, ActedHost, wait_for
from ansible_collections.linux.audit.plugins.module_utils._daemon.auditd import DaemonError, Done, find, put_into_effect
from ansible_collections.linux.audit.plugins.module_utils._host.files import Edit, FileError
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host

BAD = CONF + "nonsense = 1\n"
TAKEN = "config change requested by pid=1 auid=0 subj=kernel"
MANAGERS = ["systemd", "sysvinit", "none"]


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """stage(manager, journal, version): a host on which auditd is installed, and does not run yet."""
    hosts = []

    def stage(manager="systemd", journal=True, version="4.1.2"):
        hosts.append(ActedHost(tmp_path, monkeypatch, manager, journal, version))
        hosts[0].installed(version)
        return hosts[0]

    yield stage
    for host in hosts:
        host.close()


@pytest.fixture
def host(stage):
    """A host with systemd whose auditd runs."""
    host = stage()
    host.run()
    return host


def found():
    return find(Host())


def edit(host, text, before=CONF):
    return Edit(str(host.conf), before, text)


def test_the_daemon_is_found_as_it_is_managed(stage):
    """With its release, its unit, and nothing that keeps it from running."""
    stage("systemd")
    daemon = found()
    assert (daemon.manager, daemon.version, daemon.unavailable) == ("systemd", (4, 1, 2), None)
    assert daemon.unit["LoadState"] == "loaded"
    assert daemon.program.endswith("/bin/auditd")


@pytest.mark.parametrize(
    ("manager", "unit", "program"),
    [("sysvinit", "loaded", "/script"), ("none", "loaded", "/auditd"), ("systemd", "not-found", "/auditd")],
)
def test_the_daemon_is_found_without_a_unit(stage, manager, unit, program):
    """By its script, or by itself."""
    stage(manager).unit(LoadState=unit)
    daemon = found()
    assert (daemon.manager, daemon.unit) == (manager if unit == "loaded" else "none", {})
    assert daemon.program.endswith(program)


def test_what_keeps_a_daemon_from_running_is_said(stage):
    """No program, or a kernel that does not answer; then nothing is sent and nothing started."""
    host = stage()
    host.run()
    host.unavailable = "this host is a container"
    daemon = found()
    assert (daemon.unavailable, daemon.pid) == ("this host is a container", 0)
    for act in (daemon.start, daemon.restart, daemon.reload, daemon.rotate, daemon.resume, daemon.report):
        with pytest.raises(DaemonError, match="this host is a container"):
            act()
    assert (host.received, host.calls()) == ([], [])
    (host.root / "bin" / "auditd").unlink()
    daemon = found()
    assert (daemon.unavailable, daemon.version) == ("auditd is not installed on this host", (4, 1, 2))


def test_a_kernel_that_stops_answering_is_said(host):
    daemon = found()
    host.unavailable = "no answer"
    with pytest.raises(DaemonError, match="^no answer$"):
        _ = daemon.pid


@pytest.mark.parametrize("manager", MANAGERS)
def test_start_restart_and_stop(stage, manager):
    """Each is done once, and what is so already is left alone."""
    host = stage(manager)
    daemon = found()
    with pytest.raises(DaemonError, match="^auditd does not run$"):
        daemon.reload()
    assert daemon.stop() == 0
    first = daemon.start()
    assert first == Done("start", 0, host.pid, True)
    assert daemon.start() == Done("none", host.pid, host.pid, True)
    second = daemon.restart()
    assert second == Done("restart", first.pid_after, host.pid, True)
    assert second.pid_after != first.pid_after
    assert host.received == ["SIGTERM"]
    assert daemon.stop() == second.pid_after
    assert (host.pid, host.received) == (0, ["SIGTERM"] * 2)
    assert daemon.restart() == Done("start", 0, host.pid, True)
    starts = [f"start {UNIT}"] * 3 if manager == "systemd" else []
    assert host.calls(of=("start",)) == starts
    # So that systemd does not refuse the sixth start within ten seconds.
    assert host.calls(of=("reset-failed",)) == [f"reset-failed {UNIT}"] * len(starts)


def test_a_service_of_sysvinit_is_started_by_its_script(stage):
    """With the word start, and nothing else."""
    host = stage("sysvinit")
    host.program("script", f'#!/bin/sh\necho "script $*" >> {host.root}/calls\nexec {host.root}/bin/auditd\n')
    found().start()
    assert host.calls("script", ("start",)) == ["start"]


@pytest.mark.parametrize(("relation", "alone"), [("Requires", True), ("Wants", True), ("After", False)])
def test_a_restart_leaves_the_rules_alone(stage, relation, alone):
    """Which a start loads, where a unit of its own does that."""
    host = stage()
    host.unit(**{relation: f"sysinit.target {RULES_UNIT}"})
    host.unit(RULES_UNIT, LoadState="loaded", Result="success")
    daemon = found()
    daemon.start()
    daemon.restart()
    job = "--job-mode=ignore-dependencies " if alone else ""
    assert host.calls(of=("start",)) == [f"start {UNIT}", f"start {job}{UNIT}"]
    assert host.calls(of=("reset-failed",)).count(f"reset-failed {RULES_UNIT}") == (2 if alone else 0)


def test_rules_that_cannot_be_loaded_are_named(stage):
    """In the words of what loads them, without those of what it sets."""
    host = stage()
    host.unit(Requires=RULES_UNIT)
    host.unit(RULES_UNIT, LoadState="loaded", Result="exit-code")
    daemon = found()
    for line in ("backlog_limit 8192", "No rules", "/sbin/augenrules: No change", "There was an error in line 5"):
        host.said(line, name="augenrules", late=True)
    host.said("Unable to load: forged", uid="1000", name="auditctl", late=True)
    with pytest.raises(DaemonError) as caught:
        daemon.start()
    assert str(caught.value) == (
        "auditd is not started before audit-rules.service has loaded the rules, which fails: "
        "There was an error in line 5"
    )
    with pytest.raises(DaemonError, match="which fails: A dependency job for auditd.service failed"):
        daemon.start()


def test_a_unit_that_is_only_wanted_does_not_fail_the_start(stage):
    """Then it is the daemon's own fault."""
    host = stage()
    host.unit(Wants=RULES_UNIT)
    host.unit(RULES_UNIT, LoadState="loaded", Result="exit-code")
    host.play(exit=4)
    with pytest.raises(DaemonError, match="does not start: it lacks privileges"):
        found().start()


@pytest.mark.parametrize("manager", MANAGERS)
@pytest.mark.parametrize(
    ("status", "words"),
    [(1, "it could not be initialised"), (2, "does not know an argument"), (4, "it lacks privileges"),
     (6, "its configuration has a mistake"), (77, "does not start: .*the daemon prints this")],
)  # fmt: skip
def test_why_a_daemon_does_not_start(stage, manager, status, words):
    """By its exit status, which systemd keeps for itself, where it says nothing else."""
    host = stage(manager)
    host.play(exit=status, prints="the daemon prints this")
    with pytest.raises(DaemonError, match=words) as caught:
        found().start()
    assert "the daemon prints this" in str(caught.value)


def test_a_status_that_systemd_does_not_know(stage):
    """Is none: that of systemctl is not taken for it."""
    host = stage()
    host.program("systemctl", f"#!/bin/sh\n[ $1 = show ] && echo LoadState=loaded\necho x >> {host.root}/calls\n"
                              "[ $1 != start ]\n")  # fmt: skip
    with pytest.raises(DaemonError) as caught:
        found().start()
    assert str(caught.value) == "auditd does not start"


@pytest.mark.parametrize("manager", MANAGERS)
@pytest.mark.parametrize("journal", [True, False])
def test_a_daemon_that_does_not_start_has_its_words(stage, manager, journal):
    """In the journal, or without one in the file of syslog."""
    host = stage(manager, journal)
    host.conf.write_text(BAD)
    with pytest.raises(DaemonError, match='^auditd does not start: Unknown keyword "nonsense" in line 4'):
        found().start()


def test_words_from_before_are_not_the_daemons_of_now(stage):
    """Neither in the file of syslog, nor in one that was begun anew."""
    host = stage("none", journal=False)
    line = "Nov 25 02:12:00 host auditd[728]: {}\n"
    (host.root / "syslog").write_text(line.format("of yesterday") * 3)
    host.play(exit=6)
    with pytest.raises(DaemonError) as caught:
        found().start()
    assert "yesterday" not in str(caught.value)
    text = f"#!/bin/sh\nprintf '{line.format('of a new file').strip()}\\n' > {host.root}/syslog\nexit 6\n"
    host.program("auditd", text)
    with pytest.raises(DaemonError, match="does not start: of a new file"):
        found().start()


def test_a_daemon_that_ends_at_once(stage):
    """Which its start does not tell."""
    host = stage("none")
    host.play(dies=True)
    host.constant("_PLUGIN_SECONDS", 0.5)
    with pytest.raises(DaemonError, match="^auditd was started and does not run"):
        found().start()


def test_a_program_that_cannot_be_run(stage):
    host = stage("none")
    host.program("auditd", "#!/nowhere/python\n")
    with pytest.raises(DaemonError, match="bin/auditd cannot be run: No such file"):
        found().start()


def test_a_start_that_takes_too_long(stage):
    """Is given up, by the command's own name."""
    host = stage("none")
    host.constant("_START_SECONDS", 0.2)
    host.program("auditd", "#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(DaemonError, match="bin/auditd' has not ended after 0 seconds"):
        found().start()


def test_a_masked_unit_is_not_started(stage):
    """Nor is what runs stopped for it; a reload needs no unit."""
    host = stage()
    pid = host.run()
    host.unit(LoadState="masked")
    daemon = found()
    assert daemon.manager == "systemd"
    with pytest.raises(DaemonError, match="auditd cannot be started: auditd.service is masked"):
        daemon.restart()
    assert (host.pid, host.received, host.calls()) == (pid, [], [])
    assert daemon.reload() == Done("reload", pid, pid, True)
    daemon.stop()
    with pytest.raises(DaemonError, match="masked"):
        daemon.start()


def test_systemd_is_waited_for(host):
    """It may be starting one again that has failed; its word counts when it is no longer busy."""
    pid = host.pid
    host.unit(ActiveState=["activating", "deactivating", "reloading", "failed", "activating"])
    assert found().settled_pid() == pid
    asked = [line for line in (host.root / "calls").read_text().splitlines() if "ActiveState" in line]
    assert len(asked) == 4
    host.constant("_SYSTEMD_SECONDS", 0.3)
    host.unit(ActiveState="activating")
    began = time.monotonic()
    assert found().settled_pid() == pid
    assert 0.3 <= time.monotonic() - began < 5


@pytest.mark.parametrize("manager", ["sysvinit", "none"])
def test_systemd_is_not_asked_where_it_does_not_start_the_daemon(stage, manager):
    host = stage(manager)
    host.run()
    daemon = found()
    assert daemon.settled_pid() == host.pid
    assert daemon.enabled is None
    with pytest.raises(DaemonError, match="can only be told to systemd"):
        daemon.enable(True)
    assert "systemctl" not in (host.root / "calls").read_text()


def test_a_daemon_that_does_not_end(host):
    """Is said after a while, and not started over."""
    host.constant("_STOP_SECONDS", 0.3)
    host.play(ends=False)
    for act in (found().stop, found().restart):
        with pytest.raises(DaemonError, match=rf"auditd \(pid {host.pid}\) does not end, 0 seconds after"):
            act()
    assert host.calls(of=("start",)) == []


def test_a_daemon_that_comes_back_is_no_daemon_that_was_stopped(host):
    """Another one starts it again."""
    pid, other = host.pid, host.root / "other"
    host.play(ends=False)
    daemon = found()

    def come_back():
        wait_for(lambda: host.received == ["SIGTERM"])
        os.kill(pid, signal.SIGKILL)
        subprocess.run([host.root / "bin/auditd"], check=True)
        other.touch()

    # While the old one is not reaped, systemd has not taken note of its end, and it counts as running.
    host.reaps = False
    helper = threading.Thread(target=come_back)
    helper.start()

    def reap():
        wait_for(other.exists)
        host.reaps = True

    reaper = threading.Thread(target=reap)
    reaper.start()
    with pytest.raises(DaemonError, match=rf"auditd \(pid {pid}\) has ended, and was started again by another"):
        daemon.stop()
    helper.join()
    reaper.join()


@pytest.mark.parametrize(("manager", "awaited"), [("systemd", True), ("none", False)])
def test_systemd_must_have_taken_note_of_the_end(stage, manager, awaited):
    """It would not start another before; without it, a process that has ended has ended."""
    host = stage(manager)
    pid = host.run()
    host.reaps = False
    host.constant("_STOP_SECONDS", 1.0)
    daemon = found()
    if awaited:
        with pytest.raises(DaemonError, match="does not end"):
            daemon.stop()
    else:
        assert daemon.stop() == pid
    assert pathlib.Path(f"/proc/{pid}").exists()


def test_whether_a_boot_starts_the_daemon(host):
    daemon = found()
    assert daemon.enabled is True
    daemon.enable(False)
    assert (daemon.enabled, host.calls()) == (False, [f"disable {UNIT}"])
    daemon.enable(True)
    assert (daemon.enabled, host.calls()) == (True, [f"disable {UNIT}", f"enable {UNIT}"])
    for state, enabled in (("enabled-runtime", True), ("static", False), ("masked", False), ("", None)):
        host.unit(UnitFileState=state)
        assert daemon.enabled is enabled, state


@pytest.mark.parametrize(("wanted", "state", "word"), [(True, "static", "enabled"), (False, "enabled", "disabled")])
def test_what_systemd_does_not_change_is_said(host, wanted, state, word):
    """In its words."""
    host.unit(UnitFileState=state, Refuses="Read-only file system")
    with pytest.raises(DaemonError) as caught:
        found().enable(wanted)
    assert f"{UNIT} is not {word}: Failed to " in str(caught.value)
    assert str(caught.value).endswith("unit: Read-only file system")


@pytest.mark.parametrize("records", [True, False])
@pytest.mark.parametrize("journal", [True, False])
def test_a_reload_is_confirmed(stage, records, journal):
    """By the daemon's record, or by its words in the journal or the file of syslog."""
    host = stage(journal=journal)
    host.play(records=records)
    pid = host.run()
    assert found().reload() == Done("reload", pid, pid, True)
    assert host.received == ["SIGHUP"]


@pytest.mark.parametrize(
    ("uid", "name", "confirmed"),
    [("0", "auditd", True), ("1000", "auditd", False), ("0", "sshd", False)],
)
def test_only_root_confirms_a_reload(host, uid, name, confirmed):
    """Anybody may write to the journal under any name."""
    host.play(hup="silent", records=False)
    host.constant("_ANSWER_SECONDS", 0.6)
    daemon = found()

    def forge():
        wait_for(lambda: host.received)
        host.said(TAKEN, uid=uid, name=name)

    forger = threading.Thread(target=forge)
    forger.start()
    assert daemon.reload() == Done("reload", host.pid, host.pid, confirmed)
    forger.join()


def test_what_was_said_before_confirms_nothing(host):
    """Neither words nor records of an earlier reload."""
    assert found().reload().confirmed
    host.play(hup="silent")
    host.constant("_ANSWER_SECONDS", 0.3)
    assert found().reload() == Done("reload", host.pid, host.pid, False)
    assert host.received == ["SIGHUP"] * 4


def test_a_daemon_that_was_too_busy_is_told_again(host):
    """It has read nothing, as it could not learn who asked."""
    host.play(hup="busy")
    host.constant("_ANSWER_SECONDS", 0.5)
    assert found().reload() == Done("reload", host.pid, host.pid, True)
    assert host.received == ["SIGHUP"] * 2


def test_a_reload_that_is_not_taken(host):
    """Has the daemon's words, those of a journal that lags behind too."""
    host.conf.write_text(BAD)
    with pytest.raises(DaemonError, match='^auditd does not take its new configuration: Unknown keyword "nonsense"'):
        found().reload()
    assert host.received == ["SIGHUP"]


def test_words_that_come_late_are_waited_for(host):
    """Once a record tells of a failure."""
    host.play(hup="silent")
    daemon = found()

    def fail():
        wait_for(lambda: host.received)
        host.said("Unknown keyword: late", late=True)
        with host.log.open("a") as file:
            file.write("node=a type=DAEMON_CONFIG msg=audit(1.0:1): op=reconfigure res=failed\n")

    failing = threading.Thread(target=fail)
    failing.start()
    with pytest.raises(DaemonError, match="new configuration: Unknown keyword: late"):
        daemon.reload()
    failing.join()


@pytest.mark.parametrize("manner", ["dies", "reborn"])
def test_a_daemon_that_is_another_after_a_reload_has_ended(host, manner):
    """A new process has not read the files on being told to."""
    pid = host.pid
    host.play(hup=manner)
    host.constant("_ANSWER_SECONDS", 1.0)
    host.constant("_PLUGIN_SECONDS", 0.5)
    expected = rf"auditd \(pid {pid}\) has ended on reading" if manner == "reborn" else "told to read .* does not run"
    with pytest.raises(DaemonError, match=expected):
        found().reload()
    assert host.received.count("SIGHUP") == 1


def test_a_plugin_is_turned_on_and_off(host):
    """A reload is over when it runs, and when it has ended."""
    path = host.plugin()
    host.play(plugins_linger=0.3)
    assert found().reload([path]).confirmed
    assert len(plugins(host)) == 1
    host.plugin(active=False)
    assert found().reload(ended=[path]).confirmed
    assert plugins(host) == []


def plugins(host):
    """The processes that auditd has started."""
    children = pathlib.Path(f"/proc/{host.pid}/task/{host.pid}/children").read_text().split()
    # One that has ended has no command any more.
    return [int(child) for child in children if pathlib.Path(f"/proc/{child}/cmdline").read_bytes()]


@pytest.mark.parametrize(("version", "replaced"), [("4.1.99", False), ("4.2", True), ("4.2.1", True)])
def test_plugins_that_a_reload_replaces(stage, version, replaced):
    """Those of 4.2 are others afterwards; the old ones are awaited."""
    host = stage(version=version)
    path = host.plugin()
    host.run()
    (old,) = plugins(host)
    assert found().reload([path]).confirmed
    assert (plugins(host) != [old]) is replaced


def test_plugins_that_the_daemon_keeps_are_said(stage):
    """Since 4.2 it says so, and nothing is waited for."""
    host = stage(version="4.2")
    path = host.plugin()
    host.run()
    host.play(hup="kept")
    began = time.monotonic()
    with pytest.raises(DaemonError, match="still runs its plugin .* as it was: Plugin configuration reload failed"):
        found().reload([path])
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("version", "action"),
    [("3.0.7", "reload"), ("3.0.8", "restart"), ("4.0.4", "restart"), ("4.0.5", "reload"), ("4.1", "reload")],
)
def test_releases_that_pass_no_records_to_a_new_plugin(stage, version, action):
    """They are restarted, or that they would have to be is said."""
    host = stage(version=version)
    pid = host.run()
    host.constant("_READ_SECONDS", 0.2)
    path = host.plugin()
    host.play(stalls=True)
    if action == "restart":
        with pytest.raises(DaemonError, match="passes no records to its plugins, and will not before it is restarted"):
            put_into_effect(found(), [], "reload", [path], may_restart=False)
    done = put_into_effect(found(), [], "reload", [path])
    assert (done.action, done.pid_before, done.pid_after != pid) == (action, pid, action == "restart")


def test_a_release_that_stalls_and_does_not(stage):
    """One that passes records on is not restarted."""
    host = stage(version="4.0.2")
    pid = host.run()
    path = host.plugin()
    assert put_into_effect(found(), [], "reload", [path]) == Done("reload", pid, pid, True)
    # Without a plugin there is nothing that could stall.
    host.play(stalls=True)
    assert put_into_effect(found(), [], "reload") == Done("reload", pid, pid, True)


@pytest.mark.parametrize("manager", MANAGERS)
def test_a_plugin_that_ends_as_often_as_it_is_started(stage, manager):
    """Is found at a start as well, and fails it."""
    host = stage(manager)
    host.plugin(text="#!/bin/sh\nexit 1\n")
    host.constant("_PLUGIN_SECONDS", 1.0)
    with pytest.raises(DaemonError, match="does not run its plugin|ends as often as it is started"):
        found().start([str(host.root / "bin/site")])
    assert host.pid


def test_logs_are_rotated(host):
    daemon = found()
    daemon.rotate()
    assert (host.received, host.log.with_name("audit.log.1").exists()) == (["SIGUSR1"], True)
    host.play(rotates=False)
    host.constant("_ANSWER_SECONDS", 0.3)
    with pytest.raises(DaemonError, match=rf"\(pid {host.pid}\) does not rotate its logs; with num_logs below 2"):
        daemon.rotate()


def test_the_log_that_is_rotated_is_that_of_the_configuration(host):
    """Another file in the place of another log is no rotation."""
    other = host.root / "log" / "other.log"
    host.conf.write_text(f"{CONF}log_file = {other}\n")
    other.touch()
    host.constant("_ANSWER_SECONDS", 0.3)
    with pytest.raises(DaemonError, match="does not rotate"):
        found().rotate()
    # And there is none where there is no log.
    other.unlink()
    with pytest.raises(DaemonError, match="does not rotate"):
        found().rotate()


def test_logging_is_resumed_and_reported(host):
    daemon = found()
    (host.root / "suspended").touch()
    assert daemon.report() == {"audit_version": "4.1.2", "current_log_size": "6 KB", "logging_suspended": True}
    daemon.resume()
    wait_for(lambda: not (host.root / "suspended").exists())
    # A report is read when it is complete, and not that of before.
    host.constant("time", time)
    host.play(report_seconds=0.003)
    assert daemon.report()["logging_suspended"] is False
    assert host.received == ["SIGCONT", "SIGUSR2", "SIGCONT"]


def test_a_report_is_read_where_older_releases_write_it(host):
    (host.root / "old.state").symlink_to(host.root / "auditd.state")
    assert found().report()["audit_version"] == "4.1.2"


def test_a_report_that_is_not_written(host):
    """That of before is not taken for it."""
    found().report()
    host.play(reports=False)
    host.constant("_ANSWER_SECONDS", 0.3)
    with pytest.raises(DaemonError, match="was asked for a report of its state, and has not written .*auditd.state"):
        found().report()


def test_a_process_that_takes_no_signal(host):
    """It has ended, and the kernel has not noticed yet."""
    daemon = found()
    gone = host.pid
    daemon.stop()
    with pytest.raises(DaemonError, match=rf"auditd \(pid {gone}\) takes no signal: No such process"):
        daemon._told_to_reload(gone, None)


@pytest.mark.parametrize("manager", MANAGERS)
@pytest.mark.parametrize("need", ["reload", "restart"])
def test_files_are_put_into_effect(stage, manager, need):
    """By the cheapest action."""
    host = stage(manager)
    pid = host.run()
    text = CONF + "num_logs = 5\n"
    done = put_into_effect(found(), [edit(host, text)], need)
    assert done == Done(need, pid, host.pid, True)
    assert ((host.pid == pid), host.conf.read_text()) == (need == "reload", text)


@pytest.mark.parametrize("manager", MANAGERS)
def test_a_daemon_that_does_not_start_with_new_files_is_started_with_the_old(stage, manager):
    """It runs again, with the files of before."""
    host = stage(manager)
    pid = host.run()
    with pytest.raises(DaemonError) as caught:
        put_into_effect(found(), [edit(host, BAD)], "restart")
    assert str(caught.value).endswith("; the old files are back, and auditd runs again as before")
    assert 'Unknown keyword "nonsense"' in str(caught.value)
    assert host.conf.read_text() == CONF
    assert host.pid not in (0, pid)


def test_a_reload_that_fails_leaves_the_daemon_as_it_was(host):
    """It is told to read the old files again."""
    pid = host.pid
    with pytest.raises(DaemonError, match="does not take .*; the old files are back, and auditd runs again as before"):
        put_into_effect(found(), [edit(host, BAD)], "reload")
    assert (host.pid, host.conf.read_text(), host.received) == (pid, CONF, ["SIGHUP"] * 2)
    assert host.calls(of=("start",)) == []


def test_a_daemon_that_a_reload_has_ended_is_started(host):
    """As that of some releases does, with a bad file."""
    pid = host.pid
    host.play(hup="dies")
    host.constant("_ANSWER_SECONDS", 0.5)
    host.constant("_PLUGIN_SECONDS", 0.5)
    with pytest.raises(DaemonError, match="the old files are back, and auditd runs again as before"):
        put_into_effect(found(), [edit(host, CONF + "# new\n")], "reload")
    assert host.pid not in (0, pid)
    assert host.calls(of=("start",)) == [f"start {UNIT}"]


def test_a_restart_that_has_started_another_is_done_again(host):
    """The daemon with the new files runs, without its plugin: it is replaced by one with the old files."""
    pid = host.pid
    host.constant("_PLUGIN_SECONDS", 0.3)
    missing = str(host.root / "bin" / "missing")
    with pytest.raises(DaemonError, match="does not run its plugin .*missing.*; .*runs again as before"):
        put_into_effect(found(), [edit(host, CONF + "# new\n")], "restart", [missing])
    assert host.calls(of=("start",)) == [f"start {UNIT}"] * 2
    assert (host.conf.read_text(), host.pid in (0, pid)) == (CONF, False)


def test_what_cannot_be_undone_is_said(host):
    """The daemon does not come back either."""
    host.play(exit=4)
    with pytest.raises(DaemonError, match="the old files are back, and auditd does not run again: auditd does not st"):
        put_into_effect(found(), [edit(host, CONF + "# new\n")], "restart")
    assert host.conf.read_text() == CONF


def test_a_daemon_that_did_not_run_does_not_run_afterwards(stage):
    """Not even where only its plugin has failed."""
    host = stage()
    host.constant("_PLUGIN_SECONDS", 0.3)
    with pytest.raises(DaemonError, match="does not run its plugin /missing; auditd does not run, as before"):
        put_into_effect(found(), [], "restart", ["/missing"], start=True)
    assert (host.pid, host.received) == (0, ["SIGTERM"])
    assert put_into_effect(found(), [], "restart") == Done("none", 0, 0, True)
    assert put_into_effect(found(), [], "none", start=True) == Done("start", 0, host.pid, True)


def test_files_that_cannot_be_written_are_no_matter_of_the_daemon(host):
    """It is told nothing."""
    (host.root / "file").touch()
    with pytest.raises(FileError, match="File exists"):
        put_into_effect(found(), [Edit(str(host.root / "file" / "x"), None, "x")], "restart")
    assert (host.received, host.calls()) == ([], [])


@pytest.mark.parametrize("files", [True, False], ids=["files", "alone"])
def test_a_process_that_is_told_to_end_has_the_daemon_run_first(host, files):
    """An interrupt waits until the daemon runs again, whether files are put into effect or it is only restarted."""
    pid = host.pid
    text = CONF + "# new\n" if files else CONF
    host.play(ends=False)

    def interrupt():
        wait_for(lambda: host.received == ["SIGTERM"])
        os.kill(os.getpid(), signal.SIGINT)
        host.play(ends=True)
        os.kill(pid, signal.SIGTERM)

    helper = threading.Thread(target=interrupt)
    helper.start()
    with pytest.raises(KeyboardInterrupt):
        put_into_effect(found(), [edit(host, text)], "restart") if files else found().restart()
    helper.join()
    assert host.pid not in (0, pid)
    assert host.conf.read_text() == text


def test_another_thread_does_the_same(host):
    """Only the main one can hold signals back."""
    results = []
    helper = threading.Thread(target=lambda: results.append(put_into_effect(found(), [], "restart").action))
    helper.start()
    helper.join()
    assert results == ["restart"]


def test_output_of_commands_is_in_english(stage, monkeypatch):
    """Whatever the language of the host; what a program reads from its input is nothing."""
    host = stage("none")
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    host.program("auditd", "#!/bin/sh\ncat; echo $LC_ALL $PATH; exit 77\n")
    with pytest.raises(DaemonError, match="^auditd does not start: C /sbin:/usr/sbin:"):
        found().start()


def test_the_actors_are_what_they_play(host):
    """The name that the kernel gives to the process is auditd's, and Python runs it."""
    assert pathlib.Path(f"/proc/{host.pid}/comm").read_text() == "auditd\n"
