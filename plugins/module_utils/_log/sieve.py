# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pass over the parts of a log in which nothing that is wanted can be, before ausearch(8) sees them.

An event that is wanted has one of a few texts in its lines. A log is searched for a text at the speed of memory, which
is several times as fast as ausearch. ausearch takes the lines of an event for one until an event begins that happened
a few seconds later, so around each text it gets all lines until then, and all of the same event before.
"""

import re
from typing import AbstractSet, Dict, FrozenSet, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Set

from .._daemon.conf_file import read_settings
from .._host.files import FileError
from ..rules.values import decimal
from .files import Part, at_or_after

__all__ = ("Sieve", "Texts", "rarest", "stamps")

#: Texts of which each event that is wanted has at least one.
Texts = Sequence[bytes]

_CONFIGURATION = "/etc/audit/auditd.conf"
# How long ausearch waits for the next record of an event if auditd.conf does not say: end_of_event_timeout.
_EVENT_SECONDS = 2
# How far before a text records of its event are looked for, again and again from each that is found. The kernel records
# an event in one go, so between two of its records are only those of the other processors.
_NEAR = 1 << 21
# Looking for more texts takes longer than ausearch.
_MOST_TEXTS = 8
_STAMP = re.compile(rb"audit\((\d+\.\d+:\d+)\)")


def stamps(lines: bytes) -> Set[bytes]:
    """The times and numbers of the events that some lines record, in one text each."""
    return set(_STAMP.findall(lines))


def _again(events: AbstractSet[bytes], lines: bytes) -> FrozenSet[bytes]:
    """Which of some events, given by their stamps, have a record in some lines."""
    if not events:
        return frozenset()
    # Most lines are of other times. That they do not have what all stamps begin with is seen at the speed of memory.
    first, last = min(events), max(events)
    same = next((place for place, digit in enumerate(first) if last[place : place + 1] != b"%c" % digit), len(first))
    if b"audit(" + first[:same] not in lines:
        return frozenset()
    return frozenset(events & set(_STAMP.findall(lines)))


def rarest(choices: Iterable[Texts], parts: Sequence[Part]) -> Optional[Texts]:
    """Of several choices the one to search for, by how often the newest lines have them; None if none is of use."""
    few = [texts for texts in choices if 0 < len(texts) <= _MOST_TEXTS]
    if len(few) < 2 or not parts:
        return few[0] if few else None
    last = parts[-1]
    sample = last.file.read(max(last.begin, last.end - _NEAR), last.end)
    return min(few, key=lambda texts: sum(map(sample.count, texts)))


class _Block(NamedTuple):
    """Some lines of the log, and where they are."""

    part: Part
    lines: bytes


class Sieve:
    """The parts of a log that ausearch needs to find all events with one of the texts."""

    def __init__(self, parts: Sequence[Part], texts: Texts) -> None:
        self._parts, self._texts = parts, texts
        self._seconds = _event_seconds()

    def __iter__(self) -> Iterator[Part]:
        passed: List[Part] = []
        near = _Near()
        for part, lines in self._all():
            found = frozenset(self._wanted(lines))
            continued = near.read(lines, found)
            if found or continued:
                yield from passed if continued else _from_first(found, lines, passed)
                yield part
                passed = []
            elif near.waits(lines, self._seconds):
                yield part
                passed = []
            else:
                passed.append(part)

    def _all(self) -> Iterator[_Block]:
        for part in self._parts:
            for offset, lines in part.whole_lines():
                yield _Block(part._replace(begin=offset, end=offset + len(lines)), lines)

    def _wanted(self, lines: bytes) -> Iterator[bytes]:
        """The stamps of the lines that have one of the texts."""
        for text in self._texts:
            place = lines.find(text)
            while place >= 0:
                end = lines.find(b"\n", place)
                yield from _STAMP.findall(lines, lines.rfind(b"\n", 0, place) + 1, end)
                place = lines.find(text, end)


class _Near:
    """The events that were found a short time ago: more records of them may follow."""

    def __init__(self) -> None:
        self._place = 0
        self._events: Dict[bytes, int] = {}
        self._newest: Optional[int] = None

    def read(self, lines: bytes, found: FrozenSet[bytes]) -> bool:
        """Whether the next lines have more records of these events; ``found``: the events that are found in them."""
        self._place += len(lines)
        again = _again(self._events.keys(), lines)
        if again or found:
            self._events.update(dict.fromkeys(again | found, self._place))
            seconds = max(int(stamp.partition(b".")[0]) for stamp in again | found)
            self._newest = seconds if self._newest is None else max(self._newest, seconds)
        if self._events:
            least = self._place - _NEAR
            self._events = {stamp: place for stamp, place in self._events.items() if place >= least}
        return bool(again)

    def waits(self, lines: bytes, seconds: int) -> bool:
        """Whether ausearch needs the next lines to return these events, and to do so before later ones."""
        if self._newest is None:
            return False
        if at_or_after(self._newest + seconds).search(lines):
            self._newest = None
            return True
        return bool(self._events)


def _from_first(found: FrozenSet[bytes], lines: bytes, passed: List[Part]) -> List[Part]:
    """What was passed over and ausearch needs before some lines with events that are found.

    These are the records of the events, and of all events with records among them: a record that ausearch takes for the
    begin of a later event ends the events before it. Lines that come next may have records of others, so a bit more is
    given.
    """
    whole = passed[_first(found, passed) :]
    among = _STAMP.findall(lines) + [stamp for part in whole for stamp in _STAMP.findall(_read(part))]
    return passed[max(0, _first(frozenset(among), passed) - 1) :]


def _first(events: FrozenSet[bytes], passed: Sequence[Part]) -> int:
    """The number of the first part, near the end or near to another one, that has a record of some events."""
    first, near = len(passed), 0
    for number in range(len(passed) - 1, -1, -1):
        lines = _read(passed[number])
        near += len(lines)
        if _again(events, lines):
            first, near = number, 0
        if near > _NEAR:
            break
    return first


def _read(part: Part) -> bytes:
    return part.file.read(part.begin, part.end)


def _event_seconds() -> int:
    try:
        text = read_settings(_CONFIGURATION).get("end_of_event_timeout", "")
    except (FileError, OSError):
        text = ""
    return max(_EVENT_SECONDS, decimal(text) or 0) if len(text) < 6 else _EVENT_SECONDS
