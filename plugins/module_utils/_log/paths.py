# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The paths of an event: which of the recorded names are complete, and which are relative to what.

The kernel records names as the process gave them. A name is relative to the working directory, which is recorded, or
to a directory descriptor, of which only the number is recorded. The path of such a directory is not known, so a name
is never joined to the working directory then.
"""

import os
import posixpath
from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from .auparse import Record

__all__ = ("NO_VALUE", "Place", "meaning_of", "number_of", "places")

#: What records have in place of a text that is not known.
NO_VALUE = ("", "?", "(none)", "(null)")

# The arguments of system calls that are directory descriptors: of the first name, and of the second.
_DESCRIPTORS: Dict[str, Tuple[int, ...]] = {
    **dict.fromkeys(
        (
            "execveat", "faccessat", "faccessat2", "fchmodat", "fchmodat2", "fchownat", "file_getattr", "file_setattr",
            "fspick", "fstatat64", "futimesat", "getxattrat", "listxattrat", "mkdirat", "mknodat", "mount_setattr",
            "name_to_handle_at", "newfstatat", "open_tree", "open_tree_attr", "openat", "openat2", "readlinkat",
            "removexattrat", "setxattrat", "statx", "unlinkat", "utimensat", "utimensat_time64",
        ),
        (0,),
    ),
    # The first name of symlinkat is a text in the link, not a path.
    "symlinkat": (1,),
    "fanotify_mark": (3,),
    **dict.fromkeys(("linkat", "move_mount", "renameat", "renameat2"), (0, 2)),
}  # fmt: skip
_LINKS = ("symlink", "symlinkat")
_AT_FDCWD = 0xFFFFFF9C
# RESOLVE_IN_ROOT of openat2(2): the descriptor is the root of absolute names, too.
_IN_ROOT = 0x10
# In place of a number, where it is not recorded.
_UNKNOWN = -1


class Place(NamedTuple):
    """A name as it is recorded, and the path if it is known. ``descriptor``: what the name is relative to instead.

    The descriptor is None for a path that is known, and -1 if no number is recorded.
    """

    name: Optional[str]
    path: Optional[str]
    descriptor: Optional[int]


def meaning_of(record: Record, name: str) -> Optional[str]:
    """What a field means, None if the record does not say."""
    field = record.get(name)
    return None if field is None or field.meaning in NO_VALUE else field.meaning


def number_of(record: Record, name: str, base: int = 10) -> Optional[int]:
    """The number that a field has, None if it has none."""
    field = record.get(name)
    try:
        return None if field is None else int(field.value, base)
    except ValueError:
        return None


def places(records: Sequence[Record], call: Optional[str]) -> List[Place]:
    """For each PATH record of an event, its place. ``call``: the name of the system call."""
    paths = [record for record in records if record.type == "PATH"]
    cwd = next((meaning_of(record, "cwd") for record in records if record.type == "CWD"), None)
    names = _Names(records, paths, call)
    found = []
    for position, record in enumerate(paths):
        name, descriptor = meaning_of(record, "name"), names.descriptor(position)
        if descriptor is not None and names.is_made_up(position, cwd):
            name = None
        if name is None or (descriptor is not None and (names.in_root or not name.startswith("/"))):
            found.append(Place(name, None, descriptor))
        elif call in _LINKS and names.is_text(position):
            found.append(Place(name, None, None))
        else:
            found.append(Place(name, _absolute(name, cwd), None))
    return found


class _Names:
    """Which descriptor each PATH record of an event belongs to."""

    def __init__(self, records: Sequence[Record], paths: Sequence[Record], call: Optional[str]) -> None:
        self._paths, self._call = paths, call
        self._kinds = [meaning_of(record, "nametype") for record in paths]
        self._parents = [place for place, kind in enumerate(self._kinds) if kind == "PARENT"]
        # By side, whether each name that is no parent's is a plain one. An event may have very many names.
        self._children: Optional[Dict[Optional[int], Set[bool]]] = None
        system_call = next((record for record in records if record.type == "SYSCALL"), None)
        self._numbers = [_descriptor(system_call, argument) for argument in _DESCRIPTORS.get(call or "", ())]
        if any(record.type == "URINGOP" for record in records) and system_call is None:
            # The operation may have a descriptor, which is not recorded.
            self._numbers = [_UNKNOWN]
        how = next((record for record in records if record.type == "OPENAT2"), None)
        self.in_root = bool(how and (number_of(how, "resolve", 16) or 0) & _IN_ROOT)

    def descriptor(self, position: int) -> Optional[int]:
        """The descriptor that the name of a record is relative to, None for the working directory."""
        side = self._side(position)
        known = self._numbers if side is None else self._numbers[side : side + 1]
        return next((number for number in known if number is not None), None)

    def is_text(self, position: int) -> bool:
        """Whether the name is what a symbolic link says: nothing was looked up, and it is relative to the link."""
        name = meaning_of(self._paths[position], "name") or ""
        return self._kinds[position] == "UNKNOWN" and not name.startswith("/")

    def is_made_up(self, position: int, cwd: Optional[str]) -> bool:
        """Whether the kernel wrote the working directory as the parent of a name that is relative to a descriptor."""
        if self._kinds[position] != "PARENT" or meaning_of(self._paths[position], "name") != cwd:
            return False
        side = self._side(position)
        if self._children is None:
            self._children = {}
            for place, record in enumerate(self._paths):
                if self._kinds[place] != "PARENT":
                    name = meaning_of(record, "name") or ""
                    self._children.setdefault(self._side(place), set()).add("/" not in name.rstrip("/"))
        children = self._children.get(side)
        return not children or (True in children)

    def _side(self, position: int) -> Optional[int]:
        """0 for the first name of a system call, 1 for the second, None if the record does not say which it is."""
        kind = self._kinds[position]
        if len(self._numbers) < 2:
            return 0
        if kind == "PARENT":
            # Only a file that gets another name has two.
            if len(self._parents) == 2:
                return self._parents.index(position)
            return 1 if self._call == "linkat" else None
        if kind == "DELETE":
            # The other file that goes is the one that is replaced.
            return 0 if position == self._kinds.index("DELETE") else 1
        return {"CREATE": 1, "NORMAL": 0 if self._call == "linkat" else None}.get(kind or "")


def _descriptor(system_call: Optional[Record], argument: int) -> Optional[int]:
    number = number_of(system_call, f"a{argument}", 16) if system_call else None
    if number is None:
        return _UNKNOWN
    number &= 0xFFFFFFFF
    return None if number == _AT_FDCWD else number


def _absolute(name: str, cwd: Optional[str]) -> Optional[str]:
    if not name.startswith("/"):
        if cwd is None:
            return None
        name = os.path.join(cwd, name)
    # normpath() keeps two slashes at the start, as POSIX allows.
    return posixpath.normpath("/" + name.lstrip("/"))
