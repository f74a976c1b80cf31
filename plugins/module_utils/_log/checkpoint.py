# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that keeps how far a log has been searched, so that the next search returns what is new.

A checkpoint is a place in a file of the log. The inode and the first event of that file identify it after a rotation.
An event whose last record had not been written yet is left for the next search. The place is before it, so the events
after the place that have been returned are listed in the checkpoint.
"""

import contextlib
import json
import re
import time
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple

from .._host.files import FileError, read_text
from .._host.replacing import drafted
from .files import DISORDER_SECONDS, EventId, Log, LogFile, Part, event_id

__all__ = ("Checkpoint", "unfinished")

_VERSION = 1
# How far apart the records of an event may be written (end_of_event_timeout of auditd.conf(5)).
_EVENT_SECONDS = 2
# Text in the last record of an event, and in records that are an event of their own.
_LAST = (b"type=PROCTITLE ", b"type=EOE ", b"type=DAEMON_", b" msg='")

# How an event is written in a checkpoint; its node follows.
_NAME = re.compile(r"\d{1,11}\.\d{3}:\d+(?: |$)", re.ASCII)


class _Place(NamedTuple):
    """A file by its ``device``, ``inode`` and ``first`` event, an ``offset`` in it, and the ``time`` of the search."""

    device: int
    inode: int
    first: Optional[str]
    offset: int
    time: int


class Checkpoint:
    """The checkpoint in a file, which need not exist. Raises FileError if the file is something else.

    ``lost``: whether the file of the log that it points to is gone, which remaining() finds out.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._text = read_text(path)
        self._place, seen = _parse(self._text, path)
        self._seen = set(seen)
        self._next: Optional[str] = None
        self.lost = False

    @property
    def exists(self) -> bool:
        """Whether there has been a search with this checkpoint."""
        return self._text is not None

    def remaining(self, log: Log, parts: Iterable[Part]) -> List[Part]:
        """The parts of a log that come after the checkpoint; all of them if its file is gone."""
        place = self._place
        if place is None:
            return list(parts)
        files = [file for file in log.files if _points_to(place, file)]
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
        """Whether an event after the checkpoint has not been returned yet."""
        if self.lost and self._place and identity.seconds < self._place.time:
            return False
        return _name(identity) not in self._seen

    def advance(self, log: Log, returned: Iterable[EventId], left: Iterable[EventId]) -> None:
        """Move to the end of the log, or to before the first event that was left for later; write() saves the place."""
        oldest = min((identity.seconds for identity in left), default=None)
        seen = set(self._seen)
        seen.update(_name(identity) for identity in returned)
        if oldest is None:
            file, offset = log.files[-1], log.files[-1].end
            seen = set()
        else:
            file, offset = self._before(log, oldest - _EVENT_SECONDS)
            seen = {name for name in seen if int(name.partition(".")[0]) >= oldest - _EVENT_SECONDS - DISORDER_SECONDS}
        first = file.first()
        place = _Place(*file.identity, first and _name(first), offset, int(time.time()))
        state = {"version": _VERSION, "place": place._asdict(), "seen": sorted(seen)}
        self._next = json.dumps(state, indent=1) + "\n"

    def _before(self, log: Log, seconds: float) -> Tuple[LogFile, int]:
        """Where the first record of this time or a later one is, but not before this checkpoint."""
        parts = self.remaining(log, log.parts(seconds))
        for part in parts:
            for offset, line in part.lines():
                identity = event_id(line)
                if identity and identity.seconds >= seconds:
                    return part.file, offset
        return log.files[-1], log.files[-1].end

    def draft(self) -> Callable[[], None]:
        """Write the place that advance() has moved to beside the file; return the function that puts it in place.

        That function is to be called after the events have been returned: a search that ends in between returns them
        again, and none is lost. Raises FileError.
        """
        if self._next is None:
            return lambda: None
        try:
            put_in_place = drafted(self.path, self._next, 0o600)
        except OSError as error:
            raise FileError(f"the checkpoint {self.path} cannot be written: {error.strerror}") from error

        def move_on() -> None:
            try:
                put_in_place()
            except (FileError, OSError) as error:
                reason = getattr(error, "strerror", None) or error
                raise FileError(f"{self._place_after_an_error()}: {reason}") from error

        return move_on

    def _place_after_an_error(self) -> str:
        """Where the next search begins; the error may have come after the file was replaced."""
        with contextlib.suppress(FileError):
            if read_text(self.path) == self._next:
                return (
                    f"the checkpoint {self.path} is in place, so the next search begins after these events, but its "
                    "directory was not written to the disk: after a power cut the next search may return them again"
                )
        return f"the checkpoint {self.path} cannot be replaced, so the next search returns these events again"

    def write(self) -> None:
        """Save the place that advance() has moved to. Raises FileError."""
        self.draft()()


def unfinished(parts: Iterable[Part], now: float) -> List[EventId]:
    """Events of the last seconds whose last record has not been written yet."""
    events: Dict[EventId, bool] = {}
    for part in (part.since(now - _EVENT_SECONDS) for part in parts):
        for _offset, line in part.lines():
            identity = event_id(line)
            if identity:
                events[identity] = events.get(identity, False) or any(word in line for word in _LAST)
    # An event of the future, from a clock that was ahead, waits for its last record, or until its time has come.
    return [identity for identity, whole in events.items() if not whole and identity.seconds > now - _EVENT_SECONDS]


def _parse(text: Optional[str], path: str) -> Tuple[Optional[_Place], List[str]]:
    if text is None:
        return None, []
    try:
        state = json.loads(text)
        place = _Place(**state["place"])
        right = state["version"] == _VERSION and all(isinstance(value, int) for value in place[3:] + place[:2])
        right = right and place.offset >= 0 and (place.first is None or isinstance(place.first, str))
        seen = [name if _NAME.match(name) else "" for name in state["seen"]]
        right = right and "" not in seen
    except (ValueError, KeyError, TypeError, RecursionError):
        right = False
    if not right:
        raise FileError(f"{path} is not a checkpoint of audit_search; name another file, or remove this one")
    return place, seen


def _points_to(place: _Place, file: LogFile) -> bool:
    if file.identity != (place.device, place.inode) or place.offset > file.end:
        return False
    first = file.first()
    # A file that had no record at the time of the search may have a first one now.
    return place.first is None or place.first == (first and _name(first))


def _name(identity: EventId) -> str:
    node = "" if identity.node is None else " " + identity.node.decode("utf-8", "backslashreplace")
    return f"{identity.seconds}.{identity.milliseconds:03d}:{identity.serial}{node}"
