# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last events of a log, read from its end: what is long before them is not read.

The last part of the log is searched, and a larger one if that has too few events. An event may begin before the part,
so those of which a record is in its first lines do not count, nor do events that ausearch(8) returns before them.
"""

from collections import deque
from typing import Any, Deque, Dict, List, NamedTuple, Optional, Sequence, Set

from .auparse import Interpreter
from .events import event
from .files import Part
from .query import Query
from .selection import Found, Selection
from .sieve import stamps

__all__ = ("LastEvents", "last_events")

# The size of the part that is searched first, and how many times as large the next one is.
_FIRST, _GROWTH = 1 << 20, 4
# How much of a part tells which events begin before it. Records of other events between two of one are fewer.
_DOUBTFUL = 1 << 20
# How many bytes of events are kept before they are interpreted.
_MOST_KEPT = 1 << 25


class LastEvents(NamedTuple):
    """The last events that are wanted, more of which are before them; how many records ausearch did not understand."""

    events: List[Dict[str, Any]]
    skipped: int


def last_events(
    parts: Sequence[Part], wanted: Query, limit: int, interpreter: Interpreter, with_text: bool
) -> Optional[LastEvents]:
    """Return the last events that are wanted; None if the whole log has to be read to find more than ``limit``."""
    size = _FIRST
    while True:
        window = _last(parts, size + _DOUBTFUL)
        if window == list(parts):
            return None
        with Selection(window, wanted) as selection:
            kept = _certain(selection, stamps(_first_lines(window)))
        if kept is None:
            return None
        events: Deque[Dict[str, Any]] = deque()
        while len(kept) + len(events) > limit:
            found = kept.pop()
            structure = event(found.identity, found.text, interpreter, with_text, found.left_out)
            if wanted.matches(structure):
                if len(events) == limit:
                    return LastEvents(list(events), selection.skipped)
                events.appendleft(structure)
        size *= _GROWTH


def _certain(selection: Selection, doubtful: Set[bytes]) -> Optional[List[Found]]:
    """The events after the last one that may have begun earlier; None if they are too large to be kept."""
    kept: List[Found] = []
    size = 0
    for found in selection:
        if b"%d.%03d:%d" % found.identity[:3] in doubtful:
            kept, size = [], 0
            continue
        kept.append(found)
        size += len(found.text)
        if size > _MOST_KEPT:
            return None
    return kept


def _last(parts: Sequence[Part], size: int) -> List[Part]:
    """The last bytes of some parts, as whole lines."""
    window: List[Part] = []
    for part in reversed(parts):
        if size <= 0:
            break
        begin = part.begin
        if part.end - begin > size:
            begin = max(begin, part.file.line_start(part.end - size))
        window.insert(0, part._replace(begin=begin))
        size -= part.end - begin
    return window


def _first_lines(window: Sequence[Part]) -> bytes:
    """The first lines of a part of the log."""
    lines, size = [], _DOUBTFUL
    for part in window:
        lines.append(part.file.read(part.begin, min(part.end, part.begin + size)))
        size -= len(lines[-1])
    return b"".join(lines)
