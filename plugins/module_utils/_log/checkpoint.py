# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Up to where a log has been searched, kept in a file, so that the next search returns what is new.

A checkpoint is a place in a file of the log, which is known again by its inode and its first event when it has been
rotated. Events whose last record was not yet written then are found the next time; those behind the place which were
returned are remembered.
"""

import json
import time
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Tuple

from .._host.files import FileError, read_text, write_atomically
from .files import EventId, Log, Part, event_id

__all__ = ("Checkpoint", "unfinished")

_VERSION = 1
# How long the records of an event may be apart (end_of_event_timeout of auditd.conf(5)).
_EVENT_SECONDS = 2
# How much older than its neighbours a record may be (what is written later has begun long ago, and is whole).
_DISORDER = 10
# What is written last of an event, or stands alone.
_LAST = (b"type=PROCTITLE ", b"type=EOE ", b"type=DAEMON_", b" msg='")


class _Place(NamedTuple):
    """``device``, ``inode`` and ``first`` event of a file, an ``offset`` in it, the ``time`` when it was there."""

    device: int
    inode: int
    first: Optional[str]
    offset: int
    time: int


class Checkpoint:
    """The checkpoint in a file, which need not exist. Raises FileError if it is not one."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._text = read_text(path)
        self._place, seen = _parse(self._text, path)
        self._seen = set(seen)
        self._next: Optional[str] = None
        self.lost = False

    @property
    def exists(self) -> bool:
        """Whether there was a search before."""
        return self._text is not None

    def remaining(self, log: Log, parts: Iterable[Part]) -> List[Part]:
        """What of some parts of the log lies behind the checkpoint; ``lost`` tells if its file is gone."""
        place = self._place
        if place is None:
            return list(parts)
        files = [file for file in log.files if _is_of(place, file)]
        if not files:
            self.lost = True
            return list(parts)
        index = log.files.index(files[0])
        remaining = []
        for part in parts:
            number = log.files.index(part.file)
            begin = max(part.begin, place.offset) if number == index else part.begin
            if number >= index and begin < part.end:
                remaining.append(part._replace(begin=begin))
        return remaining

    def is_new(self, identity: EventId) -> bool:
        """Whether an event behind the checkpoint has not been returned."""
        if self.lost and self._place and identity.seconds < self._place.time:
            return False
        return _name(identity) not in self._seen

    def advance(self, log: Log, returned: Iterable[EventId], left: Iterable[EventId]) -> None:
        """Move behind all that was returned, but before what was left for the next time; write() makes it last."""
        oldest = min((identity.seconds for identity in left), default=None)
        seen = set(self._seen)
        seen.update(_name(identity) for identity in returned)
        if oldest is None:
            file, offset = log.files[-1], log.files[-1].end
            seen = set()
        else:
            file, offset = self._before(log, oldest - _EVENT_SECONDS)
            seen = {name for name in seen if int(name.partition(".")[0]) >= oldest - _EVENT_SECONDS - _DISORDER}
        first = file.first()
        place = _Place(*file.identity, first and _name(first), offset, int(time.time()))
        state = {"version": _VERSION, "place": place._asdict(), "seen": sorted(seen)}
        self._next = json.dumps(state, indent=1) + "\n"

    def _before(self, log: Log, seconds: float) -> Tuple[Any, int]:
        """Where the first record of a time or later is, but not before this checkpoint."""
        parts = self.remaining(log, log.parts(seconds))
        for part in parts:
            for offset, line in part.lines():
                identity = event_id(line)
                if identity and identity.seconds >= seconds:
                    return part.file, offset
        return log.files[-1], log.files[-1].end

    def write(self) -> None:
        """Put it in the place of the file. Raises OSError."""
        if self._next is not None:
            write_atomically(self.path, self._next, 0o600)


def unfinished(log: Log, now: float) -> List[EventId]:
    """Events of the last seconds whose last record is not there."""
    events: Dict[EventId, bool] = {}
    for part in log.parts(now - _EVENT_SECONDS):
        for _offset, line in part.lines():
            identity = event_id(line)
            if identity:
                events[identity] = events.get(identity, False) or any(word in line for word in _LAST)
    # One of a time to come is of a clock that is ahead, and waits until then, if its end does not come before.
    return [identity for identity, whole in events.items() if not whole and identity.seconds > now - _EVENT_SECONDS]


def _parse(text: Optional[str], path: str) -> Tuple[Optional[_Place], List[str]]:
    if text is None:
        return None, []
    try:
        state = json.loads(text)
        place = _Place(**state["place"])
        right = state["version"] == _VERSION and all(isinstance(value, int) for value in place[3:] + place[:2])
        seen = [str(name) for name in state["seen"]]
    except (ValueError, KeyError, TypeError):
        right = False
    if not right:
        raise FileError(f"{path} is not a checkpoint of audit_search; remove it, or name another file")
    return place, seen


def _is_of(place: _Place, file: Any) -> bool:
    if file.identity != (place.device, place.inode) or place.offset > file.end:
        return False
    first = file.first()
    # A file that had no record then has a first one now.
    return place.first is None or place.first == (first and _name(first))


def _name(identity: EventId) -> str:
    node = "" if identity.node is None else " " + identity.node.decode("utf-8", "backslashreplace")
    return f"{identity.seconds}.{identity.milliseconds:03d}:{identity.serial}{node}"
