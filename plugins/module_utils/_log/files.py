# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that auditd logs to, rotated ones included, and where in them a time is.

A log of a gigabyte is probed every few megabytes, and only what lies between two times is read.
"""

import os
import re
import stat
from typing import Iterator, List, NamedTuple, Optional, Tuple

from .._host.files import FileError, read_text, without_waiting

__all__ = ("EventId", "Log", "LogFile", "Part", "event_id")

_CONFIGURATION = "/etc/audit/auditd.conf"
_DEFAULT = "/var/log/audit/audit.log"
_HEADER = re.compile(rb"(?:node=(\S+) )?type=\S+ msg=audit\((\d{1,11})\.(\d{3}):(\d+)\):")
_PROBE_BYTES = 1 << 22
_BLOCK = 1 << 17
# More than the longest line (MAX_AUDIT_MESSAGE_LENGTH of libaudit.h, twice as enriched).
_LONGEST_LINE = 1 << 16
# Records are not quite in order: an event is written when it ends, and programs send theirs when they are scheduled.
_DISORDER = 10


class EventId(NamedTuple):
    """What tells an event from all others: seconds since 1970, milliseconds, serial number, and node or None."""

    seconds: int
    milliseconds: int
    serial: int
    node: Optional[bytes]


def event_id(line: bytes) -> Optional[EventId]:
    """The event that a line is a record of; None if it is not a record."""
    found = _HEADER.match(line)
    if not found:
        return None
    node, seconds, milliseconds, serial = found.groups()
    return EventId(int(seconds), int(milliseconds), int(serial), node)


class LogFile:
    """An open file of the log; what is written to it later, or a rotation, does not change what is read.

    ``end``: where its last whole line ends. ``torn``: whether there is half a line behind it.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file = open(path, "rb", buffering=0, opener=without_waiting)  # noqa: SIM115  # see close()
        status = os.fstat(self._file.fileno())
        if not stat.S_ISREG(status.st_mode):
            self.close()
            raise FileError(f"{path} is not a regular file")
        self.identity = (status.st_dev, status.st_ino)
        self.size = status.st_size
        tail = self.read(max(0, self.size - _LONGEST_LINE), self.size)
        self.end = self.size - (len(tail) - (tail.rfind(b"\n") + 1))
        self.torn = self.end < self.size

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def read(self, begin: int, end: int) -> bytes:
        """The bytes between two offsets."""
        data = b""
        while len(data) < end - begin:
            more = os.pread(self._file.fileno(), end - begin - len(data), begin + len(data))
            if not more:
                break
            data += more
        return data

    def first(self) -> Optional[EventId]:
        """The event of the first record."""
        return next((found for _offset, found in self._records(0)), None)

    def since(self, start: float) -> int:
        """An offset, that of a line, before which there is no record of this time or later.

        Times need not rise: clocks are set back, and the time of a system call is that of its beginning, while its
        records are written at its end, which for accept(2) may be hours later. So there is no bisection, and a probe
        has the latest time of many records.
        """
        places = range(0, self.end, _PROBE_BYTES)
        before = 0
        for place in places:
            records = list(self._records(place))
            if records and max(found.seconds for _offset, found in records) + _DISORDER >= start:
                return before
            before = records[0][0] if records else before
        last = list(self._records(max(0, self.end - _LONGEST_LINE)))
        if last and max(found.seconds for _offset, found in last) + _DISORDER >= start:
            return before
        return self.end

    def last(self) -> Optional[EventId]:
        """The event of the last record."""
        records = list(self._records(max(0, self.end - _LONGEST_LINE)))
        return records[-1][1] if records else None

    def _records(self, place: int) -> Iterator[Tuple[int, EventId]]:
        """The records of a stretch, from the first line on that begins behind the offset, or there if that is 0."""
        data = self.read(place, min(place + _LONGEST_LINE, self.end))
        begin = 0 if place == 0 else data.find(b"\n") + 1
        if place and not begin:
            return
        offset = place + begin
        for line in data[begin:].split(b"\n")[:-1]:
            found = event_id(line)
            if found:
                yield offset, found
            offset += len(line) + 1


class Part(NamedTuple):
    """A stretch of a file, of whole lines."""

    file: LogFile
    begin: int
    end: int

    def blocks(self, start: Optional[float] = None, end: Optional[float] = None) -> Iterator[bytes]:
        """Its lines, many at a time; if times are given without the records that are older or later."""
        least, most = (None if bound is None else round(bound * 1000) for bound in (start, end))
        rest, place = b"", self.begin
        while place < self.end:
            block = self.file.read(place, min(place + _BLOCK, self.end))
            if not block:
                return
            place += len(block)
            if least is None and most is None:
                yield block
                continue
            *lines, rest = (rest + block).split(b"\n")
            yield b"".join(line + b"\n" for line in lines if _lies_between(line, least, most))

    def lines(self) -> Iterator[Tuple[int, bytes]]:
        """Its lines, each with its offset and without its end."""
        rest, offset = b"", self.begin
        for block in self.blocks():
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield offset, line
                offset += len(line) + 1


def _lies_between(line: bytes, least: Optional[int], most: Optional[int]) -> bool:
    """Whether a line is a record of such a time in milliseconds."""
    found = _HEADER.match(line)
    if not found:
        return False
    time = int(found.group(2) + found.group(3))
    return (least is None or time >= least) and (most is None or time <= most)


class Log:
    """The files of a log, oldest first, open. Raises FileError when there are none, or one cannot be read."""

    def __init__(self, source: Optional[str]) -> None:
        """``source``: a file, or a directory with audit.log and what it was rotated to; None for that of auditd."""
        self.files: List[LogFile] = []
        path = source or _configured()
        try:
            if source and not os.path.isdir(source):
                self._open(path)
            else:
                self._open_rotated(os.path.join(path, "audit.log") if source else path)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "Log":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all files."""
        for file in self.files:
            file.close()

    def _open_rotated(self, newest: str) -> None:
        # The newest is opened first: if it is rotated meanwhile, it is met again, by another name.
        directory, name = os.path.split(newest)
        try:
            if os.path.exists(newest):
                self._open(newest)
            numbers = [
                found.group(1)
                for found in map(re.compile(re.escape(name) + r"\.(\d+)").fullmatch, os.listdir(directory))
                if found
            ]
        except OSError as error:
            raise FileError(f"the logs in {directory} cannot be read: {error.strerror}") from error
        for number in sorted(numbers, key=int):
            self._open(f"{newest}.{number}")
        if not self.files:
            raise FileError(f"there is no log {newest}")
        self.files.reverse()

    def _open(self, path: str) -> None:
        try:
            file = LogFile(path)
        except OSError as error:
            raise FileError(f"the log {path} cannot be read: {error.strerror}") from error
        if file.identity in [other.identity for other in self.files]:
            file.close()
        else:
            self.files.append(file)

    def parts(self, start: Optional[float] = None) -> List[Part]:
        """What has to be read to find all records since a time, and few others."""
        parts = [Part(file, 0 if start is None else file.since(start), file.end) for file in self.files]
        return [part for part in parts if part.begin < part.end]


def _configured() -> str:
    """The file that auditd.conf(5) names."""
    text = read_text(_CONFIGURATION) or ""
    found = re.findall(r"^[ \t]*log_file[ \t]*=[ \t]*(\S+)[ \t]*$", text, re.MULTILINE | re.IGNORECASE)
    return found[-1] if found else _DEFAULT
