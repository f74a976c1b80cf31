# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock that allows one run at a time on a host to change rules, settings, or files of the daemon."""

import contextlib
import errno
import fcntl
import os
import stat
import time
from contextlib import contextmanager
from typing import Iterator, Optional, Tuple

from ..rules.errors import AuditError

__all__ = ("LockError", "locked")

# Only root may write to these directories, and only root may open the file: whoever can open it can lock it. The first
# directory that exists is taken. A host without /run is older than /run, or has a root directory of its own making.
_LOCK_FILES = ("/run/linux-audit.lock", "/var/run/linux-audit.lock", "/etc/audit/.linux-audit.lock")
# Longer than the slowest change, a restart of the daemon: 90 seconds to end, 180 to start, and the proof.
_LOCK_SECONDS = 330.0
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.EROFS)


class LockError(AuditError):
    """Another run has held the lock for too long, or there is no lock to hold."""


@contextmanager
def locked(needed: bool = True) -> Iterator[None]:
    """Hold the lock of this collection, if it is needed. Raises LockError.

    A user who may not open it may not change anything that it protects either, so that user needs no lock.
    """
    handle = _held() if needed else None
    try:
        yield
    finally:
        if handle is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, 0)
            os.close(handle)


def _held() -> Optional[int]:
    """A descriptor of the lock file, which it locks; None for a user who may not open the file."""
    began = time.monotonic()
    while True:
        path, handle = _opened()
        if handle is None:
            return None
        try:
            if _is_locked(path, handle, began) and _is_in_place(path, handle):
                with contextlib.suppress(OSError):
                    os.ftruncate(handle, 0)
                    os.pwrite(handle, b"%d\n" % os.getpid(), 0)
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _opened() -> Tuple[str, Optional[int]]:
    """The first lock file whose directory exists, opened; it is made if it is missing. Raises LockError."""
    reasons = []
    for path in _LOCK_FILES:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM) and os.geteuid() != 0:
                return path, None
            reasons.append(f"{path}: {error.strerror}")
            if error.errno in _ABSENT:
                continue
            break
        try:
            _refuse_other_file(path, os.fstat(handle))
        except BaseException:
            os.close(handle)
            raise
        return path, handle
    raise LockError(
        "cannot open a lock file, which keeps two runs from changing this host at once: " + "; ".join(reasons)
    )


def _refuse_other_file(path: str, info: os.stat_result) -> None:
    """Raise LockError if others than root could hold the lock."""
    if not stat.S_ISREG(info.st_mode) or info.st_uid not in (0, os.geteuid()) or info.st_mode & 0o077:
        raise LockError(
            f"{path} must be a regular file that is owned by root and has mode 0600; it has mode "
            f"{stat.filemode(info.st_mode)} and is owned by user {info.st_uid}: remove it while no run is going on"
        )


def _is_locked(path: str, handle: int, began: float) -> bool:
    """Wait for the lock until it is held. Raises LockError."""
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise LockError(f"{path} cannot be locked: {error.strerror}") from error
            waited = time.monotonic() - began
            if waited > _LOCK_SECONDS:
                raise LockError(
                    f"another run{_holder(handle)} is changing the audit system of this host: it holds the lock on "
                    f"{path}, and has not released it in {waited:.0f} seconds. Try again after that run has ended"
                ) from error
            time.sleep(0.1)


def _is_in_place(path: str, handle: int) -> bool:
    """Whether the file is still the one that others open: a lock on a file that was removed excludes nobody."""
    try:
        return os.path.samestat(os.stat(path, follow_symlinks=False), os.fstat(handle))
    except OSError:
        return False


def _holder(handle: int) -> str:
    """The process that holds the lock, in words; nothing if the file names none that exists."""
    with contextlib.suppress(OSError):
        text = os.pread(handle, 32, 0).decode("ascii", "replace").strip()
        if text.isdigit() and os.path.isdir(f"/proc/{text}"):
            return f" (pid {text})"
    return ""
