# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the daemon that runs has read its configuration as it is now, or still runs with an older one.

A run that is killed between write and reload, or an editor, leaves such a daemon. It has read the file if it was
started after the last change, if its log has a record of a later reload, or if it has confirmed this very file to us.

Some values it takes only when it starts, so it is noted with which values it runs before the file is changed.
"""

import contextlib
import json
import os
import time
from typing import Any, Dict, List, Mapping, Optional

from .._host.files import FileError, file_status, read_text
from .._host.processes import start_time
from .._host.replacing import write_atomically
from .keywords import AUDITD_CONF_PATH
from .messages import recorded_reloads

__all__ = ("file_now", "has_read_its_file", "is_older_than", "remember", "remember_values", "running_values")

# Of this boot alone. A process is known by its id and its start; a file by its inode, its size and its last change.
_CONFIRMED, _RUNS_WITH = "/run/linux-audit.confirmed", "/run/linux-audit.values"


def file_now() -> Optional[List[int]]:
    """What tells auditd.conf as it is now from all its other states; None if there is no file."""
    info = file_status(AUDITD_CONF_PATH)
    return [info.st_ino, info.st_size, info.st_ctime_ns] if info else None


def remember(pid: int, file: Optional[List[int]]) -> None:
    """Note that the daemon runs with this state of auditd.conf. Without the note, it is reloaded once too often."""
    _note(_CONFIRMED, pid, file)


def remember_values(pid: int, held: Mapping[str, str]) -> None:
    """Note the values with which the daemon runs, because its file no longer tells."""
    _note(_RUNS_WITH, pid, dict(held))


def running_values(pid: int, in_file: Mapping[str, str]) -> Optional[Dict[str, str]]:
    """The values with which the daemon runs, None if they are not known. ``in_file``: those of its file now."""
    info = file_status(AUDITD_CONF_PATH)
    if info is None or info.st_ctime <= _started(pid):
        return dict(in_file)
    held = _noted(_RUNS_WITH, pid)
    return held if isinstance(held, dict) else None


def has_read_its_file(pid: int) -> bool:
    """Whether the daemon has read auditd.conf since the last change of the file."""
    info = file_status(AUDITD_CONF_PATH)
    if info is None or info.st_ctime <= _started(pid):
        return True
    if _noted(_CONFIRMED, pid) == file_now():
        return True
    return any(moment > info.st_ctime for moment in recorded_reloads())


def _note(path: str, pid: int, what: Any) -> None:
    with contextlib.suppress(OSError):
        write_atomically(path, json.dumps([pid, start_time(pid), what]), 0o600)


def _noted(path: str, pid: int) -> Any:
    """What was noted of this process; None if nothing was."""
    with contextlib.suppress(FileError, TypeError, ValueError):
        whose, started, what = json.loads(read_text(path) or "null")
        return what if [whose, started] == [pid, start_time(pid)] else None
    return None


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
