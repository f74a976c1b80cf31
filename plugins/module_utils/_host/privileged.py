# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the programs of the host that run with more privileges than their caller has."""

import os
import stat
from functools import lru_cache
from typing import Iterator, List, Optional, Sequence, Tuple

__all__ = ("privileged_programs", "unsearched_file_systems")

_CAPABILITIES = "security.capability"
_MOUNTS = "/proc/self/mountinfo"
# File systems on disks of this host whose source is not the path of a device.
_LOCAL = ("zfs", "bcachefs")


def privileged_programs(directories: Sequence[str]) -> List[str]:
    """The paths of programs below the directories that are setuid, setgid or have file capabilities, sorted.

    Local file systems that are mounted below a directory are searched as well. Skips a directory that is a symbolic
    link (such as /bin to /usr/bin), or that ignores setuid.
    """
    mounted = [point for point in _local_mounts() if _is_below(point, directories)]
    return sorted({path for top in [*directories, *mounted] for path in _programs_below(top)})


# Several packs of a task ask for the same directories, each of which has tens of thousands of files to look at.
@lru_cache(maxsize=None)
def _programs_below(top: str) -> Tuple[str, ...]:
    """The programs below one directory, on the file system that it is on."""
    device = _device(top)
    if device is None:
        return ()
    return tuple(entry.path for entry in _files(top, device) if _is_privileged(entry))


def unsearched_file_systems(directories: Sequence[str]) -> List[str]:
    """Where other local file systems are mounted on which setuid programs count, and that are not searched."""
    searched = {os.stat(top).st_dev for top in directories if os.path.isdir(top)}
    others = [point for point in _local_mounts() if point != "/" and not _is_below(point, directories)]
    return sorted(point for point in others if os.path.isdir(point) and _device(point) not in (None, *searched))


def _is_below(point: str, directories: Sequence[str]) -> bool:
    return any(point.startswith(os.path.realpath(top).rstrip("/") + "/") for top in directories)


def _local_mounts() -> List[str]:
    """Where file systems of this host's own devices are mounted."""
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            lines = [line.partition(" - ") for line in file]
    except OSError:
        return []
    # After the dash: the type, and the source, which is a device if the file system is on one.
    local = [before.split()[4] for before, _dash, after in lines if after.split()[1].startswith("/dev/")
             or after.split()[0] in _LOCAL]  # fmt: skip
    return list(dict.fromkeys(point.replace("\\040", " ") for point in local))


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
