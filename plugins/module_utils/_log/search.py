# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search the log: ausearch(8) groups records into events, and libauparse says what they mean."""

import time
from collections import deque
from typing import Any, Deque, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from .auparse import Interpreter
from .checkpoint import Checkpoint, unfinished
from .events import event
from .file_history import FileHistory
from .files import EventId, Log, Part, event_id
from .query import Query
from .tools import LogTool

__all__ = ("SearchResult", "search")


# How often a log is read to learn which files a path has named: once more for each level of directories that are gone.
_MOST_LESSONS = 16


class SearchResult(NamedTuple):
    """Events as structures; whether there are more than the limit; how many records ausearch did not understand.

    ``total``: how many events are wanted, with those beyond the limit; None if the search ended at the limit.
    """

    events: List[Dict[str, Any]]
    truncated: bool
    skipped: int
    total: Optional[int] = None


def search(
    log: Log,
    wanted: Query,
    limit: int = 0,
    latest: bool = False,
    with_text: bool = False,
    checkpoint: Optional[Checkpoint] = None,
    history: Optional[FileHistory] = None,
) -> SearchResult:
    """Return the first events that are wanted, or with ``latest`` the last, at most ``limit`` (0: any number).

    A checkpoint leaves out events that were returned before or are not finished, and is moved on to the end of this
    search. A history finds events that do not name the wanted paths. Raises LogToolError or InterpreterMissing.
    """
    interpreter = Interpreter()
    parts = log.parts(wanted.start)
    left: List[EventId] = []
    if checkpoint:
        left = unfinished(log, time.time())
        parts = checkpoint.remaining(log, parts)
    if history:
        _learn(history, parts, wanted, interpreter)
    passed = frozenset(left)
    kept: Deque[Tuple[EventId, bytes, Optional[Dict[str, Any]]]] = deque()
    total, ended = 0, False
    with Selection(parts, wanted, history) as selection:
        for identity, text in selection:
            if identity in passed or (checkpoint and not checkpoint.is_new(identity)):
                continue
            structure = None if wanted.is_everything else event(identity, text, interpreter, with_text)
            if structure and not wanted.matches(structure, history, selection.place):
                continue
            total += 1
            kept.append((identity, text, structure))
            if limit and len(kept) > limit:
                ended = not latest
                if ended:
                    left.append(kept.pop()[0])
                    break
                kept.popleft()
    if checkpoint:
        checkpoint.advance(log, [identity for identity, _text, _structure in kept], left)
    events = [structure or event(identity, text, interpreter, with_text) for identity, text, structure in kept]
    return SearchResult(events, bool(limit) and total > limit, selection.skipped, None if ended else total)


def _learn(history: FileHistory, parts: Sequence[Part], wanted: Query, interpreter: Interpreter) -> None:
    """Learn which files the wanted paths have named, from all events whatever else is wanted of them."""
    everything = wanted._replace(start=None, criteria=[])
    lessons = 0
    while history.read_again() and lessons < _MOST_LESSONS:
        lessons += 1
        with Selection(parts, everything, history) as selection:
            for identity, text in selection:
                history.learn(selection.place, event(identity, text, interpreter))


class Selection:
    """Events that ausearch selects and that may be wanted: the id of each, and its lines as ausearch groups them.

    ``place``: how many events ausearch has selected so far.
    """

    def __init__(self, parts: Sequence[Part], wanted: Query, history: Optional[FileHistory] = None) -> None:
        self._wanted, self._history = wanted, history
        self.place = 0
        self._tool = LogTool("ausearch", ["--raw", *wanted.arguments()], parts, end=wanted.end)

    @property
    def skipped(self) -> int:
        """How many records ausearch has not understood so far."""
        return self._tool.skipped

    def __enter__(self) -> "Selection":
        self._tool.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._tool.__exit__(*exception)

    def __iter__(self) -> Iterator[Tuple[EventId, bytes]]:
        identity: Optional[EventId] = None
        lines: List[bytes] = []
        for line in self._tool:
            found = event_id(line)
            if found != identity:
                if identity and self._may_be_wanted(identity, b"".join(lines)):
                    yield identity, b"".join(lines)
                identity, lines = found, []
            lines.append(line)
        if identity and self._may_be_wanted(identity, b"".join(lines)):
            yield identity, b"".join(lines)

    def _may_be_wanted(self, identity: EventId, text: bytes) -> bool:
        self.place += 1
        return self._wanted.in_time(identity) and self._wanted.may_match(text, self._history)
