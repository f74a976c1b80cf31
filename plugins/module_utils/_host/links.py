# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which paths are symbolic links, for rules of which many are in the same directories.

A lookup of a path is a system call of which the kernel asks its rules for files, all of them if the path does not
exist (audit_filter_inodes()). So thousands of rules make each lookup slow, and one listing of a directory is cheaper.
"""

import os
import stat
from typing import Callable, Dict, Optional

__all__ = ("Links",)

# A directory is listed after so many lookups in it, if it has at most so many entries for each of them.
_LOOKUPS = 16
_ENTRIES = 8
# Where a name that is not listed does not exist. Others make names when they are looked up, hide them, or take several
# spellings for one name.
_LISTED_WHOLE = frozenset(("btrfs", "erofs", "ext2", "ext3", "ext4", "overlay", "squashfs", "tmpfs", "xfs"))

_Names = Dict[str, "os.DirEntry[str]"]


class Links:
    """Symbolic links of a host; each path is looked up once. ``kind_of`` tells the file system type of a directory."""

    def __init__(self, kind_of: Callable[[str], Optional[str]]) -> None:
        self._kind_of = kind_of
        self._found: Dict[str, Optional[bool]] = {}
        self._lookups: Dict[str, int] = {}
        self._listed: Dict[str, _Names] = {}

    def is_link(self, path: str) -> Optional[bool]:
        """Whether the path is a symbolic link now; None if nothing has that name."""
        # With its slash, so that / is like all others.
        directory = path[: path.rfind("/") + 1]
        name = path[len(directory) :]
        # A path that ends with a slash is that of what a link leads to.
        names = self._listed.get(directory) if name not in ("", ".", "..") else None
        if names is not None:
            return _of_entry(names[name]) if name in names else None
        if path not in self._found:
            self._found[path] = _look_up(path)
            self._count(directory)
        return self._found[path]

    def _count(self, directory: str) -> None:
        lookups = self._lookups[directory] = self._lookups.get(directory, 0) + 1
        # After 16, 32, 64 lookups, and so on: the larger the directory is, the more of them a listing must save.
        if lookups >= _LOOKUPS and not lookups & (lookups - 1) and self._kind_of(directory) in _LISTED_WHOLE:
            names = _listed(directory, lookups * _ENTRIES)
            if names and _tells_case_apart(directory, names):
                self._listed[directory] = names


def _look_up(path: str) -> Optional[bool]:
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return None


def _of_entry(entry: "os.DirEntry[str]") -> Optional[bool]:
    try:
        return entry.is_symlink()
    except OSError:
        return None


def _listed(directory: str, most: int) -> Optional[_Names]:
    """What is in a directory by its name; None if it has more than ``most``, or cannot be read.

    No entry is asked yet if it is a link: file systems that do not list types of files, as XFS with ftype=0, need a
    lookup for each.
    """
    names: _Names = {}
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                if len(names) == most:
                    return None
                names[entry.name] = entry
    except (OSError, ValueError):
        return None
    return names


def _tells_case_apart(directory: str, names: _Names) -> bool:
    """Whether a name does not exist in the other case; a directory of ext4 may ignore the case, chattr(1), +F."""
    for name in names:
        other = "".join(letter.swapcase() if letter < "\x80" else letter for letter in name)
        if other not in names:
            return not os.path.lexists(directory + other)
    return False
