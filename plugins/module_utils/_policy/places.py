# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories that exist now, and may be missing when the next boot loads the rules."""

import glob
import os
import stat
from typing import Iterable, NamedTuple, Optional, Tuple

__all__ = ("is_empty_at_boot", "may_be_missing_at_boot")

# In memory: these are empty when the host boots.
_VOLATILE = ("tmpfs", "ramfs")
# Mounted after local-fs.target, which is all that the loading of rules waits for.
_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "afs", "autofs", "fuse.sshfs", "fuse.glusterfs")
# The services that load rules start after systemd-tmpfiles-setup.service.
_TMPFILES = ("/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/lib/tmpfiles.d", "/lib/tmpfiles.d")
_MOUNTS = "/proc/self/mountinfo"


class _Mount(NamedTuple):
    """A mounted file system."""

    point: str
    kind: str


def is_empty_at_boot(directory: str) -> bool:
    """Whether the directory is on a file system in memory, and nothing makes it before a boot loads the rules."""
    path = os.path.realpath(directory)
    mount = _mount_of(path)
    return bool(mount and mount.kind in _VOLATILE and path != mount.point and not _is_made_by_tmpfiles(path))


def may_be_missing_at_boot(directory: str) -> Optional[str]:
    """Why a directory that exists may be missing when a boot loads the rules; None if nothing speaks for that."""
    path = os.path.realpath(directory)
    mount = _mount_of(path)
    if mount and path != mount.point and not _is_made_by_tmpfiles(path):
        if is_empty_at_boot(path):
            return f"is on a {mount.kind}, which is empty after a boot"
        if mount.kind in _NETWORK and mount.point != "/":
            return f"is on {mount.point} ({mount.kind}), which may be mounted after the rules are loaded"
    return _removable(path)


def _mount_of(path: str) -> Optional[_Mount]:
    """The file system that a path is on; None if the host does not tell."""
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as file:
            mounts = [_read_mount(line) for line in file]
    except OSError:
        return None
    around = [mount for mount in mounts if path == mount.point or path.startswith(mount.point.rstrip("/") + "/")]
    # Of several file systems on one directory, the last is the one that is seen.
    return max(enumerate(around), key=lambda item: (len(item[1].point), item[0]), default=(0, None))[1]


def _read_mount(line: str) -> _Mount:
    before, _dash, after = line.partition(" - ")
    # A space in a path is \040, proc_pid_mountinfo(5).
    return _Mount(before.split()[4].replace("\\040", " "), after.split()[0])


def _is_made_by_tmpfiles(path: str) -> bool:
    """Whether systemd-tmpfiles(8) creates the directory at boot."""
    return any(kind[:1] in tuple("dDvqQ") and os.path.realpath(name) == path for kind, name in _tmpfiles_lines())


def _tmpfiles_lines() -> Iterable[Tuple[str, str]]:
    for directory in _TMPFILES:
        for name in glob.glob(os.path.join(directory, "*.conf")):
            try:
                with open(name, encoding="utf-8", errors="replace") as file:
                    words = [line.split(None, 2) for line in file]
            except OSError:
                continue
            yield from ((line[0], line[1]) for line in words if len(line) > 1)


def _removable(path: str) -> Optional[str]:
    """Who else than root can remove or rename the directory, or one that it is in."""
    trusted = (0, os.geteuid())
    while path != "/":
        parent = os.path.dirname(path)
        try:
            above, entry = os.stat(parent), os.stat(path)
        except OSError:
            return None
        if above.st_uid not in trusted:
            return f"can be removed by the user who owns {parent} (uid {above.st_uid})"
        others_write = above.st_mode & stat.S_IWOTH or (above.st_mode & stat.S_IWGRP and above.st_gid != 0)
        # In a directory with the sticky bit, only the owner of an entry removes it.
        if others_write and not (above.st_mode & stat.S_ISVTX and entry.st_uid in trusted):
            return f"can be removed by users other than root, who can write to {parent}"
        path = parent
    return None
