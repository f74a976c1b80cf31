# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the programs of the host that run with more privileges than their caller has."""

import os
import stat
from functools import lru_cache
from typing import Callable, List, Optional, Sequence, Tuple

from .mounts import mounts

__all__ = ("privileged_programs", "unsearched_file_systems")

_CAPABILITIES = "security.capability"
# File systems on disks of this host whose source is not the path of a device.
_LOCAL = ("zfs", "bcachefs")
# File systems whose directories are all on one device. Subvolumes and snapshots of others (btrfs) are mounted nowhere.
_OF_ONE_DEVICE = ("ext2", "ext3", "ext4", "f2fs", "xfs")
_EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
_SET_ID = stat.S_ISUID | stat.S_ISGID


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
    """The programs below one directory, on the file system that it is on; what cannot be read is skipped."""
    device = _device(top)
    if device is None:
        return ()
    is_elsewhere = _elsewhere(top, device)
    found: List[str] = []
    waiting = [top]
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_file(follow_symlinks=False):
                    mode = entry.stat(follow_symlinks=False).st_mode
                    # Most files are no programs.
                    if mode & _EXECUTABLE and _is_privileged(mode, entry.path):
                        found.append(entry.path)
                elif entry.is_dir(follow_symlinks=False) and not is_elsewhere(entry):
                    waiting.append(entry.path)
            except OSError:
                continue
    return tuple(found)


def _elsewhere(top: str, device: int) -> "Callable[[os.DirEntry[str]], bool]":
    """What tells of a directory below the top whether it is on another file system.

    Where the host tells what is mounted, and nothing else is another device, it need not be asked about each directory.
    """
    mounted = mounts()
    prefix, real = os.path.join(top, ""), os.path.join(os.path.realpath(top), "")
    above = [mount for mount in mounted if real.startswith(os.path.join(mount.point, ""))]
    # Of several at one place, the last one is seen.
    if above and max(reversed(above), key=lambda mount: len(mount.point)).kind in _OF_ONE_DEVICE:
        # As the search spells them.
        points = {prefix + mount.point[len(real) :] for mount in mounted if mount.point.startswith(real)}
        # A mount point that a later mount hides is a directory like others.
        return lambda entry: entry.path in points and entry.stat(follow_symlinks=False).st_dev != device
    return lambda entry: entry.stat(follow_symlinks=False).st_dev != device


def unsearched_file_systems(directories: Sequence[str]) -> List[str]:
    """Where other local file systems are mounted on which setuid programs count, and that are not searched."""
    searched = {os.stat(top).st_dev for top in directories if os.path.isdir(top)}
    others = [point for point in _local_mounts() if point != "/" and not _is_below(point, directories)]
    return sorted(point for point in others if os.path.isdir(point) and _device(point) not in (None, *searched))


def _is_below(point: str, directories: Sequence[str]) -> bool:
    return any(point.startswith(os.path.realpath(top).rstrip("/") + "/") for top in directories)


def _local_mounts() -> List[str]:
    """Where file systems of this host's own devices are mounted."""
    local = (mount for mount in mounts() if mount.source.startswith("/dev/") or mount.kind in _LOCAL)
    return list(dict.fromkeys(mount.point for mount in local))


def _device(top: str) -> Optional[int]:
    """The device of a directory whose setuid programs count, None for other directories."""
    try:
        if os.path.islink(top) or os.statvfs(top).f_flag & os.ST_NOSUID:
            return None
        return os.stat(top).st_dev
    except (OSError, ValueError):
        return None


def _is_privileged(mode: int, path: str) -> bool:
    """Whether a program of that mode is such a program. Raises OSError for one without capabilities."""
    return bool(mode & _SET_ID or os.getxattr(path, _CAPABILITIES, follow_symlinks=False))
