# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run at a time: the lock is held while anything is read or changed, and excludes every other run."""

import contextlib
import os
import re
import stat
import subprocess
import sys
import threading
import time

import pytest

from ansible_collections.linux.audit.plugins.module_utils._kernel import lock
from ansible_collections.linux.audit.plugins.module_utils._kernel.lock import LockError, locked
from changing import System, present
from paths import PLUGINS
from played_root import play_root

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
        began = time.monotonic()
        with pytest.raises(
            LockError,
            match=rf"run \(pid {os.getpid()}\) is changing .* on {lock._LOCK_FILES[0]}, and has not .* in \d+ seconds",
        ) as refused:
            RUNS[second](host)
        # As long as it took, which a busy machine makes longer than the limit.
        waited = int(re.search(r"in (\d+) seconds", str(refused.value)).group(1))
        assert 0 <= waited <= round(time.monotonic() - began)
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
    with pytest.raises(LockError, match=f"{lock._LOCK_FILES[0]} cannot be locked: No locks available"):
        host.apply(present(SHADOW))


@pytest.fixture
def file(monkeypatch, tmp_path):
    """The only lock file there is; nobody waits long."""
    monkeypatch.setattr(lock, "_LOCK_SECONDS", 0.2)
    monkeypatch.setattr(lock, "_LOCK_FILES", (str(tmp_path / "lock"),))
    return tmp_path / "lock"


def test_only_root_can_open_the_lock(file):
    """Whoever can open a file can lock it, and would keep all runs waiting."""
    before = os.umask(0)
    try:
        with locked():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert file.read_text() == f"{os.getpid()}\n"
    finally:
        os.umask(before)
    assert file.read_text() == ""


def replace_by_link(path):
    path.with_suffix(".other").touch(0o600)
    path.symlink_to(path.with_suffix(".other"))


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.touch(0o666), "must be a regular file .* has mode -rw-r--r--"),
        (lambda path: os.mkfifo(path, 0o600), "must be a regular file .* has mode prw-------"),
        (lambda path: (path.touch(0o600), os.chown(path, 65534, 0)), "owned by user 65534"),
        (replace_by_link, "Too many levels of symbolic links"),
        (os.mkdir, "Is a directory"),
    ],
)
def test_a_file_that_others_could_hold_is_refused(file, monkeypatch, make, reason):
    play_root(monkeypatch)
    before = os.umask(0o022)
    try:
        make(file)
    finally:
        os.umask(before)
    with pytest.raises(LockError, match=reason), locked():
        pytest.fail("locked")


def test_a_host_without_run_has_its_lock_elsewhere(monkeypatch, tmp_path):
    """All runs choose the same file; without any directory the error names each."""
    choice = (str(tmp_path / "run/lock"), str(tmp_path / "lock"))
    monkeypatch.setattr(lock, "_LOCK_FILES", choice)
    with locked():
        assert os.path.exists(choice[1])
    monkeypatch.setattr(lock, "_LOCK_FILES", choice[:1])
    with pytest.raises(LockError, match=f"two runs .*{choice[0]}: No such file"), locked():
        pytest.fail("locked")


HOLD = """
import sys
sys.path.insert(0, sys.argv[1])
from module_utils._kernel import lock
lock._LOCK_FILES = (sys.argv[2],)
with lock.locked():
    print(flush=True)
    sys.stdin.readline()
"""


@contextlib.contextmanager
def holding(file):
    """Another process that holds the lock."""
    # Under another name, the package does not need Ansible.
    command = [sys.executable, "-c", HOLD, PLUGINS, file]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"\n"
            yield process
        finally:
            process.kill()


def test_another_process_is_named(file):
    with holding(file) as other:
        with pytest.raises(LockError, match=rf"another run \(pid {other.pid}\) is"), locked():
            pytest.fail("locked")
        file.write_text("")
        with pytest.raises(LockError, match="another run is"), locked():
            pytest.fail("locked")


def test_a_run_that_was_killed_leaves_no_lock(file):
    with holding(file) as other:
        other.kill()
        other.wait()
    assert file.read_text() == f"{other.pid}\n"
    with locked():
        assert file.read_text() == f"{os.getpid()}\n"


def test_a_lock_file_that_was_removed_excludes_the_next_run_all_the_same(file, monkeypatch):
    """A run that has waited on the removed file takes the lock on the one that the others see."""
    real, removed = lock.fcntl.flock, []

    def flock(handle, how):
        real(handle, how)
        if not removed:
            removed.append(file.unlink())

    monkeypatch.setattr(lock.fcntl, "flock", flock)
    with locked():
        assert file.read_text() == f"{os.getpid()}\n"
        with pytest.raises(LockError, match="another run"), locked():
            pytest.fail("locked")
