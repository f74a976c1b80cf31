# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon told to read its files again, on a host that is played: what confirms it, and its plugins."""

import os
import threading
import time

import pytest

from acted_host import BAD, MANAGERS, TAKEN, found, wait_for
from ansible_collections.linux.audit.plugins.module_utils._daemon.apply import put_into_effect
from ansible_collections.linux.audit.plugins.module_utils._daemon.auditd import Done
from ansible_collections.linux.audit.plugins.module_utils._daemon.errors import DaemonError
from ansible_collections.linux.audit.plugins.module_utils._host.processes import state_and_parent


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
    """It has read nothing, because it could not learn who asked."""
    host.play(hup="busy")
    host.constant("_ANSWER_SECONDS", 0.5)
    assert found().reload() == Done("reload", host.pid, host.pid, True)
    assert host.received == ["SIGHUP"] * 2


def test_a_reload_that_the_daemon_rejects(host):
    """The error has the daemon's words, even if the journal is late."""
    host.conf.write_text(BAD)
    with pytest.raises(DaemonError, match='^auditd rejects its new configuration: Unknown keyword "nonsense"'):
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
    ended, gone = rf"auditd \(pid {pid}\) ended when it read its files", "told to read .* is not running"
    with pytest.raises(DaemonError, match=ended if manner == "reborn" else gone):
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
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    states = {pid: state_and_parent(pid) for pid in pids}
    # By their state, not by their command, which a process that has just begun does not have yet.
    return [pid for pid, state in states.items() if state and state[0] != "Z" and state[1] == host.pid]


@pytest.mark.parametrize(("version", "replaced"), [("4.1.99", False), ("4.2", True), ("4.2.1", True)])
def test_plugins_that_a_reload_replaces(stage, version, replaced):
    """Those of 4.2 are others afterwards; the old ones are awaited."""
    host = stage(version=version)
    path = host.plugin()
    host.run()
    (old,) = plugins(host)
    assert found().reload([path]).confirmed
    assert (plugins(host) != [old]) is replaced


def test_plugins_that_the_daemon_keeps_are_an_error(stage):
    """Since 4.2 it says so, and nothing is waited for."""
    host = stage(version="4.2")
    path = host.plugin()
    host.run()
    host.play(hup="kept")
    began = time.monotonic()
    with pytest.raises(DaemonError, match="has not ended its plugin .*: Plugin configuration reload failed"):
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
        with pytest.raises(DaemonError, match="passes no records to its plugins, and will not until it is restarted"):
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
def test_a_plugin_that_ends_each_time_it_is_started(stage, manager):
    """Is found at a start as well, and fails it."""
    host = stage(manager)
    host.plugin(text="#!/bin/sh\nexit 1\n")
    host.constant("_PLUGIN_SECONDS", 1.0)
    with pytest.raises(DaemonError, match="does not run its plugin|ends each time it is started"):
        found().start([str(host.root / "bin/site")])
    assert host.pid
