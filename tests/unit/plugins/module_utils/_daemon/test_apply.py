# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files put into effect, on a host that is played: by the cheapest action, or put back."""

import os
import signal
import threading

import pytest

from acted_host import BAD, CONF, MANAGERS, UNIT, edit, found, wait_for
from ansible_collections.linux.audit.plugins.module_utils._daemon.apply import put_into_effect
from ansible_collections.linux.audit.plugins.module_utils._daemon.auditd import Done
from ansible_collections.linux.audit.plugins.module_utils._daemon.errors import DaemonError
from ansible_collections.linux.audit.plugins.module_utils._host.files import Edit, FileError


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
    with pytest.raises(DaemonError, match="rejects .*; the old files are back, and auditd runs again as before"):
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


def test_a_daemon_that_does_not_come_back_is_an_error(host):
    """The daemon does not come back either."""
    host.play(exit=4)
    with pytest.raises(DaemonError, match="the old files are back, and auditd does not run again: auditd does not st"):
        put_into_effect(found(), [edit(host, CONF + "# new\n")], "restart")
    assert host.conf.read_text() == CONF


def test_a_daemon_that_did_not_run_does_not_run_afterwards(stage):
    """Not even where only its plugin has failed."""
    host = stage()
    host.constant("_PLUGIN_SECONDS", 0.3)
    with pytest.raises(DaemonError, match="does not run its plugin /missing; auditd is not running, as before"):
        put_into_effect(found(), [], "restart", ["/missing"], start=True)
    assert (host.pid, host.received) == (0, ["SIGTERM"])
    assert put_into_effect(found(), [], "restart") == Done("none", 0, 0, True)
    assert put_into_effect(found(), [], "none", start=True) == Done("start", 0, host.pid, True)


def test_files_that_cannot_be_written_do_not_concern_the_daemon(host):
    """It is told nothing."""
    (host.root / "file").touch()
    with pytest.raises(FileError, match="File exists"):
        put_into_effect(found(), [Edit(str(host.root / "file" / "x"), None, "x")], "restart")
    assert (host.received, host.calls()) == ([], [])


@pytest.mark.parametrize("files", [True, False], ids=["files", "alone"])
def test_an_interrupt_waits_until_the_daemon_runs(host, files, request):
    """An interrupt waits until the daemon runs again, whether files are put into effect or it is only restarted."""
    # A shell lets programs in the background ignore it.
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, former))
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


def test_that_it_runs_as_before_is_said_only_with_proof(host):
    """A daemon that says nothing to the old files either may run with the new ones."""
    host.constant("_ANSWER_SECONDS", 0.3)
    host.constant("_PLUGIN_SECONDS", 0.5)
    host.play(hup="silent", records=False)
    with pytest.raises(
        DaemonError, match=r"back, and auditd \(pid \d+\) runs, but has not said that it has read them again$"
    ):
        put_into_effect(found(), [edit(host, CONF + "num_logs = 7\n")], "reload", [str(host.root / "bin/missing")])
    assert host.conf.read_text() == CONF
