# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that auditd logs to, including rotated ones, and where in them a time begins."""

import os
import re
import stat
from typing import Iterator, List, NamedTuple, Optional, Pattern, Tuple

from .._daemon.conf_file import read_settings
from .._host.files import FileError, without_waiting
from .nodes import as_recorded, has_nodes

__all__ = ("DISORDER_SECONDS", "EventId", "Log", "LogFile", "Part", "at_or_after", "event_id")

_CONFIGURATION = "/etc/audit/auditd.conf"
_DEFAULT = "/var/log/audit/audit.log"
_HEADER = re.compile(rb"(?:node=([^\n]+?) )?type=\S+ msg=audit\((\d{1,11})\.(\d{3}):(\d{1,20})\):")
_RECORD = re.compile(rb"msg=audit\(\d")
_BLOCK = 1 << 16
# More than the header of a record, and than most lines.
_HEADER_BYTES = 1 << 12
# What is searched for a time at once, and more than the part of a header that a pattern matches.
_SEARCHED, _OVERLAP = 1 << 20, 64
# Longer lines are passed over: a power cut can leave a hole of any size, which reads as one line of zero bytes. The
# longest record has 8,970 bytes (MAX_AUDIT_MESSAGE_LENGTH of libaudit.h), and what auditd adds to it.
_LONGEST_LINE = 1 << 24
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
    return EventId(int(seconds), int(milliseconds), int(serial), node and as_recorded(b"node=" + node)[len(b"node=") :])


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
        self.end = self.line_start(self.size)
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

    def copy(self, begin: int, end: int, pipe: int) -> None:
        """Give the bytes between two offsets to a pipe."""
        while begin < end:
            sent = os.sendfile(pipe, self._file.fileno(), begin, end - begin)
            if not sent:
                break
            begin += sent

    def first(self) -> Optional[EventId]:
        """The event of the first record."""
        place = 0
        while place < self.end:
            place = self._find(_RECORD, place)
            found = event_id(self.read(place, min(place + _HEADER_BYTES, self.end)))
            if found:
                return found
            place = self._line_end(place)
        return None

    def last(self) -> Optional[EventId]:
        """The event of the last record."""
        place = self.end
        while place > 0:
            place = self.line_start(place - 1)
            found = event_id(self.read(place, min(place + _HEADER_BYTES, self.end)))
            if found:
                return found
        return None

    def since(self, start: float, begin: int = 0) -> int:
        """The offset of the first line with a record of this time or later, to the second; the end if no line has one.

        ``begin``: the offset of the first line that counts. From there on the whole file is searched up to that line,
        because times do not always rise: clocks are set back, and a record has the time at which its system call began,
        but is written when the call ends, which for accept(2) may be hours later. So neither bisection nor samples
        would find every record.
        """
        return self._find(at_or_after(int(start)), begin)

    def _find(self, pattern: Pattern[bytes], begin: int) -> int:
        """Where the first line with the pattern begins, at an offset or after it; the end if no line has it."""
        while begin < self.end:
            data = self.read(begin, min(begin + _SEARCHED + _OVERLAP, self.end))
            found = pattern.search(data)
            if found:
                return self.line_start(begin + found.start())
            begin += _SEARCHED
        return self.end

    def line_start(self, place: int) -> int:
        """Where the line begins that an offset is in."""
        while place > 0:
            begin = max(0, place - _HEADER_BYTES)
            newline = self.read(begin, place).rfind(b"\n")
            if newline >= 0:
                return begin + newline + 1
            place = begin
        return 0

    def _line_end(self, place: int) -> int:
        """Where the line after the one begins that an offset is in."""
        while place < self.end:
            newline = self.read(place, min(place + _BLOCK, self.end)).find(b"\n")
            if newline >= 0:
                return place + newline + 1
            place += _BLOCK
        return self.end


def at_or_after(seconds: int) -> Pattern[bytes]:
    """What records of this second or a later one contain. A log is searched for it at the speed of a disk."""
    digits = str(max(0, seconds))
    length = len(digits)
    choices = [digits, *([rf"[1-9]\d{{{length},10}}"] if length <= 10 else [])]
    for place, digit in enumerate(digits):
        if digit != "9":
            choices.append(rf"{digits[:place]}[{int(digit) + 1}-9]\d{{{length - place - 1}}}")
    return re.compile(rf"msg=audit\(0{{0,10}}(?:{'|'.join(choices)})\.".encode("ascii"))


class Part(NamedTuple):
    """A part of a file, from one offset to another: whole lines."""

    file: LogFile
    begin: int
    end: int

    def since(self, start: float) -> "Part":
        """What there is of it from the first record of this time or later."""
        return self._replace(begin=min(self.end, self.file.since(start, self.begin)))

    def copy(self, pipe: int) -> "Part":
        """Give the lines to a pipe without a copy of them in this process; return the rest, which needs a closer look.

        The rest begins with a node, whose name may have to be changed (nodes.py), or with a very long line.
        """
        place = self.begin
        while place < self.end:
            block = self.file.read(place, min(place + _SEARCHED, self.end))
            size = block.rfind(b"\n") + 1
            if not size or has_nodes(block):
                break
            place += size
            self.file.copy(place - size, place, pipe)
        return self._replace(begin=place)

    def blocks(self, start: Optional[float] = None, end: Optional[float] = None) -> Iterator[bytes]:
        """Its lines, many at a time; if there is a start or an end, only records between them."""
        least, most = (None if bound is None else round(bound * 1000) for bound in (start, end))
        for _offset, lines in self.whole_lines():
            if least is None and most is None:
                yield lines
            else:
                chosen = (line for line in lines.split(b"\n") if _lies_between(line, least, most))
                yield b"".join(line + b"\n" for line in chosen)

    def lines(self) -> Iterator[Tuple[int, bytes]]:
        """Its lines, each with its offset and without its newline."""
        for offset, lines in self.whole_lines():
            for line in lines[:-1].split(b"\n"):
                yield offset, line
                offset += len(line) + 1

    def whole_lines(self) -> Iterator[Tuple[int, bytes]]:
        """Its lines, many at a time, with the offset of the first; without a line that is longer than _LONGEST_LINE."""
        begin = place = self.begin
        pieces: List[bytes] = []
        while place < self.end:
            block = self.file.read(place, min(place + _BLOCK, self.end))
            if not block:
                return
            place += len(block)
            if place - begin > _LONGEST_LINE:
                pieces = []
            cut = block.rfind(b"\n") + 1
            if not cut:
                pieces.append(block)
                continue
            first = b"".join(pieces) + block[:cut]
            if place - begin > _LONGEST_LINE:
                skipped = block.find(b"\n") + 1
                begin, first = place - len(block) + skipped, block[skipped:cut]
            if first:
                yield begin, first
            begin, pieces = place - len(block) + cut, [block[cut:]]


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
        if source and "\0" in source:
            raise FileError(f"{source!r} is not the path of a log: it has a zero byte")
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
        """The parts to read to find all records since a time."""
        parts = [Part(file, 0 if start is None else file.since(start), file.end) for file in self.files]
        return [part for part in parts if part.begin < part.end]


def _configured() -> str:
    """The file that auditd.conf(5) names. The daemon does not start with a path of several words."""
    path = read_settings(_CONFIGURATION).get("log_file", "")
    return path if path and " " not in path else _DEFAULT
