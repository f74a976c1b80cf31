# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files a path has named: by inode and device, over the time of a log.

Many events about a file do not have its path: a name may be relative to a directory descriptor (``rm -r``), be that of
a link or below /proc, or be missing (fchmod(2)). They have the inode and the device. A path names one inode at a
time, and an inode is used again after a file is removed, so for each path the events that tell its inode are kept in
order. Where they do not tell it, the key of a rule that watches the path does.
"""

import os
import posixpath
import re
import stat
from bisect import bisect_left, bisect_right
from contextlib import suppress
from typing import Any, Dict, FrozenSet, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ..rules.model import Rule

__all__ = ("FileHistory", "RulesOfPath", "lies_within", "rules_of_path")

# More files of a directory are not looked at, so that a search in a large tree ends.
_MOST_FILES = 100_000
_INODE = re.compile(rb" inode=(\d+) ")
_AFTER_ALL = float("inf")
# Calls that give a file that exists one more name, or another one.
_LINKING = ("link", "linkat")
_RENAMING = ("rename", "renameat", "renameat2")

# The node that recorded an event, the device, and the inode.
_Inode = Tuple[Optional[str], str, int]
# The node, and an absolute path.
_Path = Tuple[Optional[str], str]


class RulesOfPath(NamedTuple):
    """Keys of rules that watch a path: ``only`` those of no rule for anything else, ``shared`` the others."""

    only: Set[str]
    shared: Set[str]


class _Sight(NamedTuple):
    """An event that tells the inode of a path: its place in the log, and whether the path begins or ends to name it."""

    place: float
    inode: _Inode
    begins: bool
    ends: bool


def lies_within(path: str, wanted: str) -> bool:
    """Whether a path is the wanted one; a wanted path that ends with a slash is a directory and all below it."""
    return path == wanted.rstrip("/") or (path.startswith(wanted) if wanted.endswith("/") else path == wanted)


def rules_of_path(rules: Iterable[Rule], wanted: Sequence[str]) -> RulesOfPath:
    """The keys of the rules that watch one of the wanted paths, or a directory above it."""
    about: Set[str] = set()
    above: Set[str] = set()
    others: Set[str] = set()
    for rule in rules:
        places = [(field.name, field.text.rstrip("/")) for field in rule.fields if field.name in ("path", "dir")]
        if any(lies_within(value, one) for _name, value in places for one in wanted):
            about.update(rule.keys)
        elif any(name == "dir" and one.startswith(value + "/") for name, value in places for one in wanted):
            above.update(rule.keys)
        else:
            others.update(rule.keys)
    return RulesOfPath(about - above - others, (about & others) | above)


class FileHistory:
    """What a log tells of the files that some absolute paths have named.

    First read the log as often as read_again() says, and learn() all events that may match; then ask matches() of each.
    What is in a directory is learned only after the whole life of the directory's inode is known.
    """

    def __init__(self, wanted: Sequence[str], keys: RulesOfPath) -> None:
        self._wanted, self._keys = wanted, keys
        self._sights: Dict[_Path, List[_Sight]] = {}
        self._places: Dict[_Path, List[float]] = {}
        self._paths: Dict[_Inode, Set[_Path]] = {}
        self._numbers: Set[bytes] = set()
        self._ends: Dict[_Inode, List[float]] = {}
        self._linked: Set[_Inode] = set()
        # Inodes that were known when the reading of the log began: this one, and the one before.
        self._known: FrozenSet[_Inode] = frozenset()
        self._settled: FrozenSet[_Inode] = frozenset()
        self._more = True
        self.unlisted: List[str] = []
        self.is_complete = True

    def look(self, nodes: Sequence[Optional[str]]) -> None:
        """Learn what the wanted paths name on this host now; ``nodes``: the names under which it records events."""
        for wanted in self._wanted:
            for number, path in enumerate(_files(wanted)):
                if number == _MOST_FILES:
                    self.unlisted.append(wanted)
                    break
                with suppress(OSError, ValueError):
                    status = os.stat(path)
                    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
                    for node in nodes:
                        inode = (node, device, status.st_ino)
                        self._see((node, path), _Sight(_AFTER_ALL, inode, False, False))
                        if status.st_nlink > 1 and not stat.S_ISDIR(status.st_mode):
                            self._linked.add(inode)

    def read_again(self) -> bool:
        """Whether there is something to learn from reading the log once more."""
        again, self._more = self._more, False
        self._settled, self._known = self._known, frozenset(self._paths)
        return again

    def learn(self, place: float, structure: Mapping[str, Any]) -> None:
        """Learn from an event what inodes the wanted paths name. Events come in the order of the log."""
        directories = self._directories(structure, place)
        for path, inode in _with_inodes(structure):
            kind = path.get("type")
            for name in self._names(path, directories.get(path.get("descriptor"), ())):
                self._see((inode[0], name), _Sight(place, inode, kind == "CREATE", kind == "DELETE"))
        self._learn_lives(place, structure)
        if "CONFIG_CHANGE" in structure["types"]:
            self._learn_keys(structure)

    def _learn_lives(self, place: float, structure: Mapping[str, Any]) -> None:
        """Learn where an inode becomes that of another file: after its last name is gone, and before a new file."""
        call = structure["syscall"]["name"] if structure["syscall"] else None
        known = [(path.get("type"), inode) for path, inode in _with_inodes(structure) if inode in self._paths]
        renamed = {inode for kind, inode in known if kind == "CREATE"} if call in _RENAMING else set()
        for kind, inode in known:
            if call in _LINKING:
                self._linked.add(inode)
            elif kind == "CREATE" and call not in _RENAMING:
                self._end_life(inode, place - 0.5)
            elif kind == "DELETE" and inode not in renamed and inode not in self._linked:
                self._end_life(inode, place + 0.5)

    def _end_life(self, inode: _Inode, place: float) -> None:
        ends = self._ends.setdefault(inode, [])
        index = bisect_left(ends, place)
        if ends[index : index + 1] != [place]:
            ends.insert(index, place)

    def _is_one_file(self, inode: _Inode, one: float, other: float) -> bool:
        """Whether an inode is that of the same file at two places of the log."""
        ends = () if inode in self._linked else self._ends.get(inode, ())
        return bisect_left(ends, one) == bisect_left(ends, other)

    def may_match(self, text: bytes) -> bool:
        """Whether matches() may say yes to the event of these lines."""
        if not self._numbers.isdisjoint(_INODE.findall(text)):
            return True
        keys = (key.encode("utf-8", "surrogateescape") for key in self._keys.only | self._keys.shared)
        return any(key in text or key.hex().upper().encode("ascii") in text for key in keys)

    def matches(self, place: float, structure: Mapping[str, Any]) -> bool:
        """Whether an event is about a file that a wanted path named then."""
        self.learn(place, structure)
        for path, inode in _with_inodes(structure):
            if any(self._is_wanted(key[1]) and inode in self._now(key, place) for key in self._paths.get(inode, ())):
                return True
            if "path" not in path and path.get("type") != "PARENT" and self._fits_key(structure, path, inode, place):
                return True
        return False

    def _names(self, path: Mapping[str, Any], directories: Iterable[str]) -> List[str]:
        """The paths of a record that matter: its own, or the one in a directory that is known by its inode."""
        if "path" in path:
            return [path["path"]] if self._is_kept(path["path"]) else []
        name = posixpath.basename(path.get("name", "").rstrip("/"))
        if name in ("", ".", "..") or path.get("type") == "PARENT":
            return []
        return [found for found in (posixpath.join(one, name) for one in directories) if self._is_kept(found)]

    def _directories(self, structure: Mapping[str, Any], place: float) -> Dict[Optional[int], Set[str]]:
        """Of the directories of an event the known paths, by the descriptor that the names are relative to."""
        found: Dict[Optional[int], Set[str]] = {}
        for path, inode in _with_inodes(structure):
            if path.get("type") != "PARENT" or inode not in self._paths:
                continue
            if inode not in self._settled:
                self._more = True
            else:
                names = {key[1] for key in self._paths.get(inode, ()) if inode in self._now(key, place)}
                found.setdefault(path.get("descriptor"), set()).update(names)
        return found

    def _fits_key(self, structure: Mapping[str, Any], path: Mapping[str, Any], inode: _Inode, place: float) -> bool:
        """Whether a name that is not complete may be a wanted one: the key of the rule says so, and nothing else."""
        keys, name = set(structure["keys"]), path.get("name")
        for wanted in self._wanted:
            known = self._now((inode[0], wanted), place)
            if known and inode not in known:
                continue
            below = wanted.endswith("/")
            ends = name is not None and not below and _ends_with(wanted, name)
            if keys & self._keys.only and (name is None or below or ends):
                return True
            if keys & self._keys.shared and ends:
                return True
        return False

    def _is_wanted(self, path: str) -> bool:
        return any(lies_within(path, wanted) for wanted in self._wanted)

    def _is_kept(self, path: str) -> bool:
        """Whether inodes of a path matter: it is wanted, or a directory above one that is."""
        return self._is_wanted(path) or any(wanted.startswith(path.rstrip("/") + "/") for wanted in self._wanted)

    def _see(self, key: _Path, sight: _Sight) -> None:
        sights, places = self._sights.setdefault(key, []), self._places.setdefault(key, [])
        index = bisect_right(places, sight.place)
        # What is seen again is not kept again, so that memory does not grow with the log.
        if sight in sights[max(0, index - 4) : index]:
            return
        before = sights[index - 1] if index else None
        again = before is not None and before._replace(place=sight.place) == sight
        if again and before and self._is_one_file(sight.inode, before.place, sight.place):
            return
        sights.insert(index, sight)
        places.insert(index, sight.place)
        self._more = self._more or sight.inode not in self._paths
        self._paths.setdefault(sight.inode, set()).add(key)
        self._numbers.add(str(sight.inode[2]).encode("ascii"))

    def _now(self, key: _Path, place: float) -> Set[_Inode]:
        """The inodes that a path may have named at a place of the log, by the sights before and after it."""
        sights, places = self._sights.get(key, []), self._places.get(key, [])
        first, last = bisect_left(places, place), bisect_right(places, place)
        found = {sight.inode for sight in sights[first:last]}
        # An event has a few names at most.
        before, after = sights[max(0, first - 4) : first], sights[last : last + 4]
        near = [sight for sight in before if sight.place == before[-1].place and not sight.ends]
        near += [sight for sight in after if sight.place == after[0].place and not sight.begins]
        return found | {sight.inode for sight in near if self._is_one_file(sight.inode, sight.place, place)}

    def _learn_keys(self, structure: Mapping[str, Any]) -> None:
        """A rule that goes with the file that it watches is recorded with its path and its key."""
        for record in structure["records"]:
            path = record["fields"].get("path") or record["fields"].get("dir")
            if record["type"] == "CONFIG_CHANGE" and path and self._is_wanted(path):
                self._keys.shared.update(set(structure["keys"]) - self._keys.only)


def _with_inodes(structure: Mapping[str, Any]) -> Iterator[Tuple[Mapping[str, Any], _Inode]]:
    for path in structure["paths"]:
        if "inode" in path and "device" in path:
            yield path, (structure["node"], path["device"], path["inode"])


def _ends_with(wanted: str, name: str) -> bool:
    """Whether a relative name may be that of a path. What is before its last ``..`` says nothing."""
    return wanted.endswith("/" + name.rpartition("../")[2].lstrip("./").rstrip("/"))


def _files(wanted: str) -> Iterator[str]:
    """The wanted path, the directories above it, and what is below it."""
    path = wanted.rstrip("/") or "/"
    yield path
    while path != "/":
        path = posixpath.dirname(path)
        yield path
    if wanted.endswith("/"):
        for directory, directories, files in os.walk(wanted):
            for name in directories + files:
                yield os.path.join(directory, name)
