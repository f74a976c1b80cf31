# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search the log: ausearch(8) groups records into events, and libauparse says what they mean."""

import time
from collections import deque
from typing import Any, Deque, Dict, List, NamedTuple, Optional, Sequence, Tuple

from .auparse import Interpreter
from .checkpoint import Checkpoint, unfinished
from .events import event
from .file_history import FileHistory
from .files import EventId, Log, Part
from .latest import last_events
from .query import Query
from .selection import Found, Selection

__all__ = ("SearchResult", "search")


# How often a log is read to learn which files a path has named: once more for each level of directories that are gone.
_MOST_LESSONS = 16


class SearchResult(NamedTuple):
    """Events as structures; whether there are more than the limit; how many records ausearch did not understand.

    ``total``: how many events are wanted, with those beyond the limit; None if the search ended before it knew.
    """

    events: List[Dict[str, Any]]
    truncated: bool
    skipped: int
    total: Optional[int] = None


class _Asked(NamedTuple):
    """How many events are to be returned, whether the last ones, and whether with their lines."""

    limit: int
    latest: bool
    with_text: bool


def search(
    log: Log,
    wanted: Query,
    limit: int = 0,
    latest: bool = False,
    with_text: bool = False,
    checkpoint: Optional[Checkpoint] = None,
    history: Optional[FileHistory] = None,
    count: bool = False,
) -> SearchResult:
    """Return the first events that are wanted, or with ``latest`` the last, at most ``limit`` (0: any number).

    A checkpoint leaves out events that were returned before or are not finished, and is moved on to the end of this
    search. A history finds events that do not name the wanted paths. With ``latest``, the log is read from its end,
    unless there is a history, or events are to be counted. Raises LogToolError or InterpreterMissing.
    """
    interpreter = Interpreter()
    parts = log.parts(wanted.start)
    if latest and limit and not (count or history or checkpoint):
        last = last_events(parts, wanted, limit, interpreter, with_text)
        if last:
            return SearchResult(last.events, True, last.skipped)
    return _from_begin(log, parts, wanted, interpreter, _Asked(limit, latest, with_text), checkpoint, history)


def _from_begin(
    log: Log,
    parts: Sequence[Part],
    wanted: Query,
    interpreter: Interpreter,
    asked: _Asked,
    checkpoint: Optional[Checkpoint],
    history: Optional[FileHistory],
) -> SearchResult:
    """Read the log from its begin, and with ``latest`` to its end."""
    limit, latest, with_text = asked
    left: List[EventId] = []
    if checkpoint:
        left = unfinished(checkpoint.remaining(log, log.parts()), time.time())
        parts = checkpoint.remaining(log, parts)
    if history:
        _learn(history, parts, wanted, interpreter)
    passed = frozenset(left)
    kept: Deque[Tuple[Found, Optional[Dict[str, Any]]]] = deque()
    total, ended = 0, False
    with Selection(parts, wanted, history) as selection:
        for found in selection:
            if found.identity in passed or (checkpoint and not checkpoint.is_new(found.identity)):
                continue
            structure = None if wanted.is_everything else _structure(found, interpreter, with_text)
            if structure and not wanted.matches(structure, history, found.place):
                continue
            total += 1
            kept.append((found, structure))
            if limit and len(kept) > limit:
                ended = not latest
                if ended:
                    left.append(kept.pop()[0].identity)
                    break
                kept.popleft()
    if checkpoint:
        checkpoint.advance(log, [found.identity for found, _structure in kept], left)
    events = [structure or _structure(found, interpreter, with_text) for found, structure in kept]
    return SearchResult(events, bool(limit) and total > limit, selection.skipped, None if ended else total)


def _structure(found: Found, interpreter: Interpreter, with_text: bool) -> Dict[str, Any]:
    return event(found.identity, found.text, interpreter, with_text, found.left_out)


def _learn(history: FileHistory, parts: Sequence[Part], wanted: Query, interpreter: Interpreter) -> None:
    """Learn which files the wanted paths have named, from all events whatever else is wanted of them."""
    everything = wanted._replace(start=None, criteria=[])
    for _lesson in range(_MOST_LESSONS):
        if not history.read_again():
            return
        with Selection(parts, everything, history) as selection:
            for found in selection:
                history.learn(found.place, _structure(found, interpreter, False))
    history.is_complete = not history.read_again()
