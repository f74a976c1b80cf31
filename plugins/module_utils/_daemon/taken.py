# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the daemon that runs has read its configuration as it is now, or still runs with an older one.

A run that is killed between write and reload, or an editor, leaves such a daemon. It has read the file if it was
started after the last change, if its log has a record of a later reload, or if it has confirmed this very file to us.
"""

import contextlib
import json
import os
import time
from typing import List, Optional

from .._host.files import FileError, file_status, read_text
from .._host.processes import start_time
from .._host.replacing import write_atomically
from .keywords import AUDITD_CONF_PATH
from .messages import recorded_reloads

__all__ = ("file_now", "has_read_its_file", "is_older_than", "remember")

# Of this boot alone. A process is known by its id and its start; a file by its inode, its size and its last change.
_CONFIRMED = "/run/linux-audit.confirmed"


def file_now() -> Optional[List[int]]:
    """What tells auditd.conf as it is now from all its other states; None if there is no file."""
    info = file_status(AUDITD_CONF_PATH)
    return [info.st_ino, info.st_size, info.st_ctime_ns] if info else None


def remember(pid: int, file: Optional[List[int]]) -> None:
    """Note that the daemon runs with this state of auditd.conf. Without the note, it is reloaded once too often."""
    with contextlib.suppress(OSError):
        write_atomically(_CONFIRMED, json.dumps([pid, start_time(pid), file]), 0o600)


def has_read_its_file(pid: int) -> bool:
    """Whether the daemon has read auditd.conf since the last change of the file."""
    info = file_status(AUDITD_CONF_PATH)
    if info is None or info.st_ctime <= _started(pid):
        return True
    with contextlib.suppress(FileError, ValueError):
        if json.loads(read_text(_CONFIRMED) or "null") == [pid, start_time(pid), file_now()]:
            return True
    return any(moment > info.st_ctime for moment in recorded_reloads())


def is_older_than(pid: int, path: str) -> bool:
    """Whether a process was started before the text of a file was last changed."""
    info = file_status(path)
    return info is not None and _started(pid) < info.st_mtime


def _started(pid: int) -> float:
    """When a process started, by the clock as it is now; 0 if that is not known."""
    ticks = start_time(pid)
    if ticks is None:
        return 0.0
    since_boot = time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", 7))
    return time.time() - since_boot + int(ticks) / os.sysconf("SC_CLK_TCK")
