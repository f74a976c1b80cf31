# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the programs of the host that run with more privileges than their caller has."""

import os
import stat
from typing import Iterator, List, Optional, Sequence, Set

__all__ = ("privileged_programs",)

_CAPABILITIES = "security.capability"


def privileged_programs(directories: Sequence[str]) -> List[str]:
    """The paths of programs below the directories that are setuid, setgid or have file capabilities, sorted.

    Skips a directory that is a symbolic link (such as /bin to /usr/bin) or that ignores setuid, and file systems that
    are mounted below a directory.
    """
    found: Set[str] = set()
    for top in directories:
        device = _device(top)
        if device is not None:
            found.update(entry.path for entry in _files(top, device) if _is_privileged(entry))
    return sorted(found)


def _device(top: str) -> Optional[int]:
    """The device of a directory whose setuid programs count, None for other directories."""
    try:
        if os.path.islink(top) or os.statvfs(top).f_flag & os.ST_NOSUID:
            return None
        return os.stat(top).st_dev
    except OSError:
        return None


def _files(top: str, device: int) -> Iterator["os.DirEntry[str]"]:
    """The regular files below a directory, on the same device; what cannot be read is skipped."""
    waiting = [top]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_file(follow_symlinks=False):
                    yield entry
                elif entry.is_dir(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_dev == device:
                    waiting.append(entry.path)
            except OSError:
                continue


def _is_privileged(entry: "os.DirEntry[str]") -> bool:
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
        if not mode & 0o111:
            return False
        if mode & (stat.S_ISUID | stat.S_ISGID):
            return True
        return bool(os.getxattr(entry.path, _CAPABILITIES, follow_symlinks=False))
    except OSError:
        return False
