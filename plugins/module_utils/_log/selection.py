# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events that ausearch(8) puts together, as far as their lines may be what a search wants."""

import io
from typing import Iterator, List, NamedTuple, Optional, Sequence

from .file_history import FileHistory
from .files import EventId, Part, event_id
from .query import Query
from .sieve import Sieve, Texts, rarest
from .tools import LogTool

__all__ = ("MOST_RECORDS", "Found", "Selection")

#: How many records of an event are returned, so that memory stays flat. Programs can make events of any size.
MOST_RECORDS = 10_000


class Found(NamedTuple):
    """An event that may be wanted: its id, its lines, how many more it has, and its place among all events."""

    identity: EventId
    text: bytes
    left_out: int
    place: int


class Selection:
    """Events that ausearch selects and that may be wanted, as Found, in the order of ausearch.

    Of an event with more records than MOST_RECORDS, the first ones are kept, and of the rest those that may say why it
    is wanted.
    """

    def __init__(self, parts: Sequence[Part], wanted: Query, history: Optional[FileHistory] = None) -> None:
        self._wanted, self._history = wanted, history
        self._place = 0
        # A history counts events, so it has to see all of them.
        self._texts = None if history else rarest(wanted.texts(), parts)
        given = Sieve(parts, self._texts) if self._texts else parts
        self._tool = LogTool("ausearch", ["--raw", *wanted.arguments()], given, end=wanted.end)

    @property
    def skipped(self) -> int:
        """How many records ausearch has not understood so far."""
        return self._tool.skipped

    def __enter__(self) -> "Selection":
        self._tool.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._tool.__exit__(*exception)

    def __iter__(self) -> Iterator[Found]:
        identity: Optional[EventId] = None
        stamp, left_out = b"", 0
        lines: List[bytes] = []
        for line in _lines(self._tool, self._texts) if self._texts else self._tool:
            if not stamp or _stamp(line) != stamp:
                stamp, found = _stamp(line), event_id(line)
                if found != identity:
                    yield from self._wanted_one(identity, lines, left_out)
                    identity, lines, left_out = found, [], 0
            if len(lines) < MOST_RECORDS or (len(lines) < 2 * MOST_RECORDS and self._tells(line)):
                lines.append(line)
            else:
                left_out += 1
        yield from self._wanted_one(identity, lines, left_out)

    def _tells(self, line: bytes) -> bool:
        """Whether a line may be why its event is wanted."""
        return self._wanted.has_text(line) or bool(self._history and self._history.may_match(line))

    def _wanted_one(self, identity: Optional[EventId], lines: List[bytes], left_out: int) -> Iterator[Found]:
        if identity is None:
            return
        self._place += 1
        text = b"".join(lines)
        if self._wanted.in_time(identity) and self._wanted.may_match(text, self._history):
            yield Found(identity, text, left_out, self._place)


def _lines(tool: LogTool, texts: Texts) -> Iterator[bytes]:
    """The lines of ausearch; of most events that have none of the texts, none or the first ones."""
    for block in tool.blocks():
        if any(text in block for text in texts):
            yield from io.BytesIO(block)
        else:
            yield from _ends(block)


def _ends(lines: bytes) -> Iterator[bytes]:
    """Of some lines those of the first event and of the last, which may have more, and at least one of what is between.

    So events remain two that have the same id, as ausearch prints one whose records are too far from one another.
    """
    first, last = _stamp(lines), _stamp(lines[lines.rfind(b"\n", 0, -1) + 1 :])
    place = 0
    if first and last:
        same = True
        while same and place < len(lines):
            end = lines.find(b"\n", place) + 1 or len(lines)
            same = _stamp(lines[place:end]) == first
            yield lines[place:end]
            place = end
        place = max(place, lines.rfind(b"\n", 0, lines.find(last)) + 1)
    yield from io.BytesIO(lines[place:])


def _stamp(line: bytes) -> bytes:
    """The time and the number of a record, for a quick comparison; empty for one that has a node, or is odd."""
    begin = line.find(b" msg=audit(")
    return line[begin : line.find(b"):", begin)] if begin > 5 and line.startswith(b"type=") else b""
