# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon started and stopped, where auditd, systemd and the journal are played: what is sent, proved and said."""

import os
import pathlib
import signal
import subprocess
import threading
import time
from unittest import mock

import pytest

from acted_host import BAD, MANAGERS, RULES_UNIT, UNIT, found, wait_for
from ansible_collections.linux.audit.plugins.module_utils._daemon.auditd import Done
from ansible_collections.linux.audit.plugins.module_utils._daemon.errors import DaemonError
from ansible_collections.linux.audit.plugins.module_utils._host.programs import ProgramError
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import (
    AuditUnavailable,
    Kernel,
    KernelError,
    PermissionDenied,
)


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


def test_the_reason_why_no_daemon_can_run_is_given(stage):
    """There is no program, or the kernel does not answer. Then nothing is sent or started."""
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


@pytest.mark.parametrize("error", [PermissionDenied("only root"), KernelError("no buffer")])
def test_a_kernel_that_may_not_be_asked_does_not_mean_that_no_daemon_runs(stage, monkeypatch, error):
    """Whoever may not ask does not know; whoever may, and gets no answer, hears of it."""
    host = stage()
    host.run()
    monkeypatch.setattr(Kernel, "status", mock.Mock(side_effect=error))
    if isinstance(error, PermissionDenied):
        daemon = found()
        assert (daemon.unavailable, daemon.may_run, daemon.pid) == ("only root", True, 0)
    else:
        with pytest.raises(KernelError, match="no buffer"):
            found()


def test_a_kernel_that_stops_answering_is_said(host):
    daemon = found()
    host.unavailable = "no answer"
    with pytest.raises(AuditUnavailable, match="^no answer$"):
        _ = daemon.pid


@pytest.mark.parametrize("manager", MANAGERS)
def test_start_restart_and_stop(stage, manager):
    """Each is done once. A daemon in the wanted state is left alone."""
    host = stage(manager)
    daemon = found()
    with pytest.raises(DaemonError, match="^auditd is not running$"):
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


def test_a_unit_with_another_name_is_known_by_what_it_starts(stage):
    """As the augenrules.service of SLE."""
    host = stage()
    host.unit(Requires="sysinit.target augenrules.service", Wants="other.service")
    host.unit("other.service", ExecStart="{ path=/bin/true ; argv[]=/bin/true }")
    host.unit("augenrules.service", ExecStart="{ path=/sbin/augenrules ; argv[]=/sbin/augenrules --load }")
    found().start()
    found().restart()
    assert host.calls(of=("start",)) == [f"start {UNIT}", f"start --job-mode=ignore-dependencies {UNIT}"]


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
        "auditd is not started because audit-rules.service, which loads the rules, fails: There was an error in line 5"
    )
    with pytest.raises(DaemonError, match="loads the rules, fails: A dependency job for auditd.service failed"):
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
    [(1, "it could not be initialized"), (2, "does not know an argument"), (4, "it lacks privileges"),
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


def test_words_from_before_the_start_are_not_reported(stage):
    """Neither words in a file of syslog, nor words in a new file in its place."""
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
    with pytest.raises(DaemonError, match="^auditd was started but is not running"):
        found().start()


def test_a_program_that_cannot_be_run(stage):
    host = stage("none")
    host.program("auditd", "#!/nowhere/python\n")
    with pytest.raises(ProgramError, match="cannot run .*bin/auditd: No such file"):
        found().start()


def test_a_start_that_takes_too_long(stage):
    """Is given up, by the command's own name."""
    host = stage("none")
    host.constant("_START_SECONDS", 0.2)
    host.program("auditd", "#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(ProgramError, match="bin/auditd' has not ended after 0 seconds"):
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
    with pytest.raises(DaemonError, match="can only be set with systemd"):
        daemon.enable(True)
    assert "systemctl" not in (host.root / "calls").read_text()


def test_a_daemon_that_does_not_end(host):
    """Is said after a while, and not started over."""
    host.constant("_STOP_SECONDS", 0.3)
    host.play(ends=False)
    for act in (found().stop, found().restart):
        with pytest.raises(DaemonError, match=rf"auditd \(pid {host.pid}\) has not ended 0 seconds after"):
            act()
    assert host.calls(of=("start",)) == []


def test_a_daemon_that_something_starts_again_was_not_stopped(host):
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
    with pytest.raises(DaemonError, match=rf"auditd \(pid {pid}\) has ended, but something started it again"):
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
        with pytest.raises(DaemonError, match="has not ended"):
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
    for state, enabled in (("enabled-runtime", False), ("static", False), ("masked", False), ("", None)):
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
