# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories that exist now, and may be missing when the next boot loads the rules."""

import os
import stat
from contextlib import contextmanager
from typing import Dict, Iterable, Iterator, List, Optional, Set, Tuple

from .._host.links import Links
from .._host.mounts import Mount, mounts, unescaped

__all__ = (
    "covered_later",
    "is_directory",
    "is_empty_at_boot",
    "is_link",
    "may_be_missing_at_boot",
    "places_read_once",
)

# In memory: these are empty when the host boots.
_VOLATILE = ("tmpfs", "ramfs")
# Mounted after local-fs.target, which is all that the loading of rules waits for.
_NETWORK = ("nfs", "nfs4", "cifs", "smb3", "ceph", "glusterfs", "afs", "autofs", "fuse.sshfs", "fuse.glusterfs")
# The services that load rules start after systemd-tmpfiles-setup.service.
_TMPFILES = (
    "/etc/tmpfiles.d",
    "/run/tmpfiles.d",
    "/usr/local/lib/tmpfiles.d",
    "/usr/lib/tmpfiles.d",
    "/lib/tmpfiles.d",
)
# With one of these options, local-fs.target does not wait for a local file system either, systemd.mount(5).
_FSTAB = "/etc/fstab"
_NOT_AWAITED = ("noauto", "nofail", "_netdev")


class _Places:
    """The places of a host; what the host tells about them is read once, and each directory is looked at once."""

    def __init__(self) -> None:
        self._mounts: Optional[List[Mount]] = None
        self._late: Optional[Set[str]] = None
        self._made: Optional[Set[str]] = None
        self._answers: Dict[str, Optional[str]] = {}
        self._directories: Dict[str, bool] = {}
        self.links = Links(self._kind_of)
        self._mounted_late: Optional[List[Mount]] = None

    def is_directory(self, path: str) -> bool:
        """See is_directory()."""
        if path not in self._directories:
            self._directories[path] = os.path.isdir(path)
        return self._directories[path]

    def why_missing(self, directory: str) -> Optional[str]:
        """See may_be_missing_at_boot()."""
        if directory not in self._answers:
            self._answers[directory] = self._look_at(os.path.realpath(directory))
        return self._answers[directory]

    def is_empty(self, directory: str) -> bool:
        """See is_empty_at_boot()."""
        path = os.path.realpath(directory)
        mount = self._mount_of(path)
        return bool(mount and mount.kind in _VOLATILE and path != mount.point and not self._is_made(path))

    def _look_at(self, path: str) -> Optional[str]:
        mount = self._mount_of(path)
        if mount and self.is_empty(path):
            return f"is on a {mount.kind}, which is empty after a boot"
        if mount and path != mount.point != "/" and self._is_late(mount) and not self._is_made(path):
            return f"is on {mount.point} ({mount.kind}), which may be mounted after the rules are loaded"
        return _removable(path)

    def covered_later(self, directory: str, with_all_below: bool) -> List[str]:
        """See covered_later()."""
        if self._mounted_late is None:
            self._mounted_late = [mount for mount in self._all_mounts() if mount.point != "/" and self._is_late(mount)]
        # Most hosts have none, and a path costs a system call for each directory in it.
        if not self._mounted_late:
            return []
        path = os.path.realpath(directory)
        below = path.rstrip("/") + "/"
        found = {
            mount.point: f"{mount.point} ({mount.kind})"
            for mount in self._mounted_late
            if mount.point == path or (with_all_below and mount.point.startswith(below))
        }
        return [found[point] for point in sorted(found)]

    def _all_mounts(self) -> List[Mount]:
        if self._mounts is None:
            self._mounts = mounts()
        return self._mounts

    def _mount_of(self, path: str) -> Optional[Mount]:
        """The file system that a path is on; None if the host does not tell."""
        around = [
            mount
            for mount in self._all_mounts()
            if path == mount.point or path.startswith(mount.point.rstrip("/") + "/")
        ]
        # Of several file systems on one directory, the last is the one that is seen.
        return max(enumerate(around), key=lambda item: (len(item[1].point), item[0]), default=(0, None))[1]

    def _kind_of(self, directory: str) -> Optional[str]:
        mount = self._mount_of(os.path.realpath(directory))
        return mount.kind if mount else None

    def _is_late(self, mount: Mount) -> bool:
        """Whether a boot may load the rules before it mounts the file system."""
        if self._late is None:
            self._late = set(_not_awaited())
        return mount.kind in _NETWORK or mount.point in self._late

    def _is_made(self, path: str) -> bool:
        """Whether systemd-tmpfiles(8) creates the directory at boot."""
        if self._made is None:
            self._made = {os.path.realpath(name) for kind, name in _tmpfiles_lines() if kind[:1] in tuple("dDvqQ")}
        return path in self._made


_remembered: List[_Places] = []


@contextmanager
def places_read_once() -> Iterator[None]:
    """Within this, look at each place once: thousands of rules may have thousands of directories, or the same one.

    What is within another one shares what that has found.
    """
    _remembered.append(_places())
    try:
        yield
    finally:
        _remembered.pop()


def covered_later(directory: str, with_all_below: bool) -> List[str]:
    """The file systems that a boot may mount on a directory after it has loaded the rules; also those on one below it.

    The kernel puts a rule on what is there when it is given the rule, so that it matches nothing on what is mounted
    there later.
    """
    return _places().covered_later(directory, with_all_below)


def is_link(path: str) -> Optional[bool]:
    """Whether the path is a symbolic link now; None if nothing has that name."""
    return _places().links.is_link(path)


def is_directory(path: str) -> bool:
    """Whether the path is a directory now."""
    return _places().is_directory(path)


def is_empty_at_boot(directory: str) -> bool:
    """Whether the directory is on a file system in memory, and nothing makes it before a boot loads the rules."""
    return _places().is_empty(directory)


def may_be_missing_at_boot(directory: str) -> Optional[str]:
    """Why a directory that exists may be missing when a boot loads the rules; None if nothing speaks for that."""
    return _places().why_missing(directory)


def _places() -> _Places:
    return _remembered[-1] if _remembered else _Places()


def _not_awaited() -> Iterable[str]:
    """The mount points of fstab(5) that local-fs.target does not wait for."""
    try:
        with open(_FSTAB, encoding="utf-8", errors="surrogateescape") as file:
            lines = [line.split() for line in file]
    except OSError:
        return
    for words in lines:
        if len(words) > 3 and not words[0].startswith("#") and set(words[3].split(",")) & set(_NOT_AWAITED):
            yield unescaped(words[1]).rstrip("/")


def _tmpfiles_lines() -> Iterable[Tuple[str, str]]:
    import glob

    # Of files of the same name, only that of the first directory counts, tmpfiles.d(5).
    files: Dict[str, str] = {}
    for directory in _TMPFILES:
        for path in glob.glob(os.path.join(directory, "*.conf")):
            files.setdefault(os.path.basename(path), path)
    for path in files.values():
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
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
