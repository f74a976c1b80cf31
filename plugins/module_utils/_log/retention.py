# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the log has of each key, how much that is a day, and how far back the log reaches if it goes on like that."""

import os
import re
from collections import deque
from typing import Any, Deque, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._daemon.conf_file import read_settings
from .._host.files import FileError
from ..rules.values import decimal
from .files import EventId, Log
from .paths import NO_VALUE
from .times import iso

__all__ = ("retention", "usage_of")

_CONFIGURATION = "/etc/audit/auditd.conf"
_DAY = 86400
_MEGABYTE = 1 << 20
_KEY = re.compile(rb' key=("[^"]*"|[^\s\x1d]*)')
_SEPARATOR = "\x01"
# How many events may be written at the same time, of which the key is known only later.
_MOST_OPEN = 4096


class _Event(NamedTuple):
    """What has been read of an event: its bytes, and its keys as they are recorded."""

    size: int
    key: Optional[bytes]


class Usage:
    """Events and bytes by key, None for those without one; ``size``: all bytes of records."""

    def __init__(self) -> None:
        self.size = 0
        self.keys: Dict[Optional[str], Tuple[int, int]] = {}
        self._open: Dict[bytes, _Event] = {}
        self._order: Deque[bytes] = deque()

    def add(self, line: bytes) -> None:
        """Count a line of the log."""
        begin = line.find(b"msg=audit(")
        if begin < 0:
            return
        size = len(line) + 1
        stamp = line[begin : line.find(b")", begin)]
        if line.startswith(b"node="):
            stamp += line[: line.find(b" type=")]
        found = _KEY.search(line, begin) if b" key=" in line else None
        before = self._open.get(stamp)
        if before is None:
            self._order.append(stamp)
        # The record of the call that changes a rule has no key, and that of the change has the rule's.
        key = found.group(1) if found and found.group(1) != b"(null)" else before and before.key
        self._open[stamp] = _Event(size + (before.size if before else 0), key)
        self.size += size
        if len(self._open) > _MOST_OPEN:
            self._close_first()

    def finish(self) -> None:
        """Count what has been read of the last events."""
        while self._open:
            self._close_first()

    def _close_first(self) -> None:
        event = self._open.pop(self._order.popleft())
        keys: Sequence[Optional[str]] = _keys(event.key) or (None,)
        for key in keys:
            events, size = self.keys.get(key, (0, 0))
            self.keys[key] = (events + 1, size + event.size)


def usage_of(log: Log) -> Usage:
    """Read all of a log. An event with several keys counts for each of them."""
    usage = Usage()
    for part in log.parts():
        for _offset, line in part.lines():
            usage.add(line)
    usage.finish()
    return usage


def retention(log: Log) -> Dict[str, Any]:
    """What audit_info returns about a log."""
    usage = usage_of(log)
    ends = _ends(log)
    seconds = _seconds(ends[1]) - _seconds(ends[0]) if ends else 0.0
    rate = usage.size * _DAY / seconds if seconds > 0 else None
    space = os.statvfs(os.path.dirname(log.files[-1].path) or ".")
    free = space.f_bavail * space.f_frsize
    capacity = _capacity(log, free)
    by_size = sorted(usage.keys.items(), key=lambda item: (-item[1][1], item[0] or ""))
    return {
        "bytes": usage.size,
        "oldest": iso(ends[0].seconds, ends[0].milliseconds) if ends else None,
        "newest": iso(ends[1].seconds, ends[1].milliseconds) if ends else None,
        "bytes_a_day": None if rate is None else round(rate),
        "capacity": capacity,
        "free": free,
        "disk": space.f_blocks * space.f_frsize,
        "days": None if rate is None else round(capacity / rate, 2),
        "keys": [
            {
                "key": key,
                "events": events,
                "bytes": size,
                "bytes_a_day": None if rate is None else round(size * _DAY / seconds),
            }
            for key, (events, size) in by_size
        ],
    }


def _ends(log: Log) -> Optional[Tuple[EventId, EventId]]:
    """The first record of the log, and the last one, in the order in which they were written."""
    first = next(_present(file.first() for file in log.files), None)
    last = next(_present(file.last() for file in reversed(log.files)), None)
    return (first, last) if first and last else None


def _present(found: Iterator[Optional[EventId]]) -> Iterator[EventId]:
    return (identity for identity in found if identity)


def _seconds(identity: EventId) -> float:
    return identity.seconds + identity.milliseconds / 1000


def _capacity(log: Log, free: int) -> int:
    """How many bytes the log may have: what auditd keeps when it rotates, and no more than the file system has."""
    settings = _settings()
    numbers = [decimal(settings.get(name, "")) or 0 for name in _ROTATION]
    most = sum(file.size for file in log.files) + free
    rotates = settings.get("max_log_file_action", "").lower() == "rotate" and numbers[0] > 0 and numbers[1] > 1
    return min(most, numbers[0] * _MEGABYTE * numbers[1]) if rotates else most


_ROTATION = ("max_log_file", "num_logs")


def _settings() -> Mapping[str, str]:
    try:
        return read_settings(_CONFIGURATION)
    except (FileError, OSError):
        return {}


def _keys(recorded: Optional[bytes]) -> List[str]:
    """Keys as the kernel records them: in quotes, or in hexadecimal digits with a separator between several."""
    if recorded is None:
        return []
    text = recorded.decode("utf-8", "surrogateescape")
    if text[:1] == '"':
        text = text[1:-1]
    elif re.fullmatch(r"(?:[0-9A-F]{2})+", text):
        text = bytes.fromhex(text).decode("utf-8", "surrogateescape")
    return [] if text in NO_VALUE else list(dict.fromkeys(text.split(_SEPARATOR)))
