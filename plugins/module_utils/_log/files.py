# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that auditd logs to, including rotated ones, and where in them a time begins.

A large log is probed every few megabytes, so that a search from some time on does not read what is before it.
"""

import os
import re
import stat
from typing import Iterator, List, NamedTuple, Optional, Tuple

from .._daemon.conf_file import read_settings
from .._host.files import FileError, without_waiting

__all__ = ("DISORDER_SECONDS", "EventId", "Log", "LogFile", "Part", "event_id")

_CONFIGURATION = "/etc/audit/auditd.conf"
_DEFAULT = "/var/log/audit/audit.log"
_HEADER = re.compile(rb"(?:node=(\S+) )?type=\S+ msg=audit\((\d{1,11})\.(\d{3}):(\d{1,20})\):")
_PROBE_BYTES = 1 << 22
_BLOCK = 1 << 17
# More than the longest line: MAX_AUDIT_MESSAGE_LENGTH of libaudit.h, and as much again for what auditd adds to it.
_LONGEST_LINE = 1 << 16
#: How much older than the records before it a record may be: an event is written when it ends, and programs send their
#: records when they are scheduled.
DISORDER_SECONDS = 10


class EventId(NamedTuple):
    """What identifies an event: seconds since 1970, milliseconds, the serial number, and the node if it is recorded."""

    seconds: int
    milliseconds: int
    serial: int
    node: Optional[bytes]


def event_id(line: bytes) -> Optional[EventId]:
    """The event that a line records; None if the line is not a record."""
    found = _HEADER.match(line)
    if not found:
        return None
    node, seconds, milliseconds, serial = found.groups()
    return EventId(int(seconds), int(milliseconds), int(serial), node)


class LogFile:
    """An open file of the log. What is written to it later, and a rotation, do not change what is read.

    ``end``: where its last whole line ends. ``torn``: whether an incomplete line follows.
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
        """The offset of a line before which no record is of this time or later.

        Times do not always rise: clocks are set back, and a record has the time at which its system call began, but is
        written when the call ends, which for accept(2) may be hours later. So bisection would not work; instead, each
        probe takes the latest time of many records.
        """
        places = range(0, self.end, _PROBE_BYTES)
        before = 0
        for place in places:
            records = list(self._records(place))
            if records and max(found.seconds for _offset, found in records) + DISORDER_SECONDS >= start:
                return before
            before = records[0][0] if records else before
        last = list(self._records(max(0, self.end - _LONGEST_LINE)))
        if last and max(found.seconds for _offset, found in last) + DISORDER_SECONDS >= start:
            return before
        return self.end

    def last(self) -> Optional[EventId]:
        """The event of the last record."""
        records = list(self._records(max(0, self.end - _LONGEST_LINE)))
        return records[-1][1] if records else None

    def _records(self, place: int) -> Iterator[Tuple[int, EventId]]:
        """Records of some lines: from the start of the file, or from the first line that begins after the offset."""
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
    """A part of a file, from one offset to another: whole lines."""

    file: LogFile
    begin: int
    end: int

    def blocks(self, start: Optional[float] = None, end: Optional[float] = None) -> Iterator[bytes]:
        """Its lines, many at a time; if there is a start or an end, only records between them."""
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
        """Its lines, each with its offset and without its newline."""
        rest, offset = b"", self.begin
        for block in self.blocks():
            *lines, rest = (rest + block).split(b"\n")
            for line in lines:
                yield offset, line
                offset += len(line) + 1


def _lies_between(line: bytes, least: Optional[int], most: Optional[int]) -> bool:
    """Whether a line is a record between two times in milliseconds."""
    found = _HEADER.match(line)
    if not found:
        return False
    time = int(found.group(2) + found.group(3))
    return (least is None or time >= least) and (most is None or time <= most)


class Log:
    """The open files of a log, oldest first. Raises FileError if there are none, or one cannot be read."""

    def __init__(self, source: Optional[str]) -> None:
        """``source``: a file, or a directory with audit.log and its rotated files; None for the log of auditd."""
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
        # The newest file is opened first. If it is rotated meanwhile, it is found again by its new name.
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
        """The parts to read to find all records since a time, and few others."""
        parts = [Part(file, 0 if start is None else file.since(start), file.end) for file in self.files]
        return [part for part in parts if part.begin < part.end]


def _configured() -> str:
    """The file that auditd.conf(5) names. The daemon does not start with a path of several words."""
    path = read_settings(_CONFIGURATION).get("log_file", "")
    return path if path and " " not in path else _DEFAULT
