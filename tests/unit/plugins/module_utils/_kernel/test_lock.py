# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time: the lock is held while anything is read or changed, and excludes every other run."""

import os
import threading

import pytest

from ansible_collections.linux.audit.plugins.module_utils._kernel import lock
from ansible_collections.linux.audit.plugins.module_utils._kernel.lock import LockError
from changing import System, present

PASSWD, SHADOW = "-w /etc/passwd -p wa -k passwd", "-w /etc/shadow -p wa -k shadow"
# Each of these changes the kernel and files.
RUNS = {
    "apply": lambda host, **options: host.apply(present(PASSWD), **options),
    "declare": lambda host, **options: host.declare(["-b 100", PASSWD], **options),
    "add": lambda host, **options: host.declare(["-b 100", PASSWD], purge="none", **options),
    "set": lambda host, **options: host.set({"backlog_limit": 100}, **options),
}


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel without rules and an empty rules.d; nobody waits long."""
    monkeypatch.setattr(lock, "_LOCK_SECONDS", 0.2)
    return System(monkeypatch, tmp_path)


@pytest.fixture
def seen(host, monkeypatch):
    """Whether the lock was held, at every request to the kernel and every replaced file."""
    seen = []

    def watched(real, name):
        def function(*args, **options):
            seen.append((name, host.is_locked()))
            return real(*args, **options)

        return function

    monkeypatch.setattr(host.kernel, "answer", watched(host.kernel.answer, "kernel"))
    monkeypatch.setattr(os, "rename", watched(os.rename, "file"))
    monkeypatch.setattr(os, "listdir", watched(os.listdir, "directory"))
    return seen


@pytest.mark.parametrize("name", RUNS)
def test_the_lock_is_held_from_the_first_look_to_the_last_change(host, seen, name):
    RUNS[name](host)
    assert {kind for kind, _locked in seen} == {"kernel", "file", "directory"}
    assert all(locked for _kind, locked in seen), seen
    assert not host.is_locked()


@pytest.mark.parametrize("name", RUNS)
def test_check_mode_takes_no_lock(host, seen, name):
    RUNS[name](host, check=True)
    assert {locked for _kind, locked in seen} == {False}


@pytest.mark.parametrize("first", RUNS)
@pytest.mark.parametrize("second", RUNS)
def test_of_two_runs_one_waits_for_the_other(host, first, second):
    """The second run gives up while the first changes the kernel, and succeeds after the first has ended."""
    inside, go_on, failures = threading.Event(), threading.Event(), []

    def pause():
        inside.set()
        assert go_on.wait(20)

    def run():
        try:
            RUNS[first](host)
        except Exception as error:
            failures.append(error)

    host.kernel.before = {0: pause}
    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert inside.wait(20)
        with pytest.raises(LockError, match=f"another run has been changing audit rules.*lock on {host.directory}"):
            RUNS[second](host)
        RUNS[second](host, check=True)
    finally:
        go_on.set()
        thread.join(20)
    assert failures == []
    RUNS[second](host)
    assert not host.is_locked()


def test_a_run_that_waits_goes_on_when_the_lock_is_free(host, monkeypatch):
    monkeypatch.setattr(lock, "_LOCK_SECONDS", 60)
    real, tries = lock.fcntl.flock, []

    def flock(handle, how):
        tries.append(how)
        if len(tries) < 3:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        real(handle, how)

    monkeypatch.setattr(lock.fcntl, "flock", flock)
    assert host.apply(present(SHADOW)).changed
    assert len(tries) == 3


def test_a_lock_that_cannot_be_taken_ends_the_wait(host, monkeypatch):
    monkeypatch.setattr(lock, "_LOCK_SECONDS", 600)

    def flock(handle, how):
        raise OSError(37, "No locks available")

    monkeypatch.setattr(lock.fcntl, "flock", flock)
    with pytest.raises(LockError, match="another run"):
        host.apply(present(SHADOW))
