# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lock that allows one run at a time on a host."""

import errno
import fcntl
import os
import time
from contextlib import contextmanager
from typing import Iterator, Sequence

from ..rules.errors import AuditError

__all__ = ("LockError", "locked")

_LOCK_SECONDS = 120.0


class LockError(AuditError):
    """Another run has held the lock for too long."""


@contextmanager
def locked(directories: Sequence[str]) -> Iterator[None]:
    """Hold the lock of this collection, on the first of the directories that exists. Raises LockError.

    A lock on a directory leaves no file on the host.
    """
    directory = next(filter(os.path.isdir, directories), "/")
    handle = os.open(directory, os.O_RDONLY)
    try:
        until = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES) or time.monotonic() > until:
                    raise LockError(
                        f"another run has been changing audit rules on this host for {_LOCK_SECONDS:.0f} seconds (it "
                        f"holds a lock on {directory}); try again after that run has ended"
                    ) from error
                time.sleep(0.1)
        yield
    finally:
        os.close(handle)
