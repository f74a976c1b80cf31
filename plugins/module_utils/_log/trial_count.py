# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Count the records of a trial: which rule made how many, by which programs and users, about which files.

An event is one or more records of one serial number. It belongs to the rule whose key its first record (SYSCALL, or
URINGOP) has. AUDIT_EOE ends an event, and auditd does not write it.
"""

import re
from collections import Counter
from typing import Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

from .._kernel.records import KernelRecord
from ..rules.tables import record_type_name

__all__ = ("Counts", "Tally", "log_bytes")

_EOE = 1320
_CONFIG_CHANGE = 1305
_SYSCALL, _EVENT_LISTENER = 1300, 1335
_WITH_KEY = (_SYSCALL, 1336)
_PATH = 1302
_FIELD = re.compile(rb'(?:^| )(exe|auid|comm|name|key|nametype)=("[^"]*"|[^ ]*)')
# Paths of which an event is, and not the directories that they lie in.
_PARENT = b"PARENT"
_UNSET = "4294967295"
# At most so many different programs, users or files are kept for each rule; then those that came last are left out.
_MOST_NAMES = 5000


class Counts(NamedTuple):
    """Events, records, and bytes of a log."""

    events: int = 0
    records: int = 0
    bytes: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """The sums."""
        return Counts(self.events + other.events, self.records + other.records, self.bytes + other.bytes)


class _OfRule:
    """What one rule has made."""

    def __init__(self) -> None:
        self.counts = Counts()
        self.programs: Counter = Counter()
        self.users: Counter = Counter()
        self.paths: Counter = Counter()
        self.pairs: Counter = Counter()


class Tally:
    """Counts events by the key of their rule; add() takes records in the order in which the kernel sends them."""

    def __init__(self, numbers: Mapping[bytes, int], own: bytes, pid: int) -> None:
        """``numbers``: numbers of the rules by their keys, all of which begin with ``own``; ``pid``: our process."""
        self._numbers = numbers
        self._own = own
        self._is_ours = re.compile(rb"(?:^| )pid=%d " % pid)
        # Events of what the trial itself does: it adds and removes rules, and joins the group of readers.
        self._ours: Set[int] = set()
        self._open: Dict[int, Tuple[Optional[int], Counts]] = {}
        self.rules: Dict[int, _OfRule] = {number: _OfRule() for number in numbers.values()}
        self.others = Counts()

    @property
    def events(self) -> int:
        """How many events of the trial's rules have begun."""
        return sum(rule.counts.events for rule in self.rules.values())

    def add(self, record: KernelRecord) -> None:
        """Count one record."""
        if record.type == _EOE:
            self._open.pop(record.serial, None)
            self._ours.discard(record.serial)
            return
        if self._is_own(record):
            self._ours.add(record.serial)
        if record.serial in self._ours:
            return
        size = log_bytes(record)
        if record.type in _WITH_KEY:
            fields = _fields(record.text)
            number = self._numbers.get(fields.get(b"key", b"").strip(b'"'))
            self._open[record.serial] = (number, Counts())
            self._count(number, Counts(1, 1, size))
            if number is not None:
                self._name(self.rules[number], fields)
            return
        number, _counts = self._open.get(record.serial, (None, Counts()))
        self._count(number, Counts(0 if record.serial in self._open else 1, 1, size))
        if number is not None and record.type == _PATH:
            fields = _fields(record.text)
            if fields.get(b"nametype") != _PARENT:
                _add(self.rules[number].paths, _text(fields.get(b"name", b"")))

    def _is_own(self, record: KernelRecord) -> bool:
        if record.type == _CONFIG_CHANGE:
            return self._own in record.text
        return record.type in (_SYSCALL, _EVENT_LISTENER) and self._is_ours.search(record.text) is not None

    def _count(self, number: Optional[int], counts: Counts) -> None:
        if number is None:
            self.others = self.others.plus(counts)
        else:
            self.rules[number].counts = self.rules[number].counts.plus(counts)

    @staticmethod
    def _name(rule: _OfRule, fields: Mapping[bytes, bytes]) -> None:
        exe = _text(fields.get(b"exe", b""))
        auid = _text(fields.get(b"auid", b""))
        auid = "unset" if auid == _UNSET else auid
        for counter, name in ((rule.programs, exe), (rule.users, auid), (rule.pairs, (exe, auid))):
            _add(counter, name)


def log_bytes(record: KernelRecord) -> int:
    """The length of the line that auditd writes for a record in the raw format, with its end."""
    name = record_type_name(record.type) or f"UNKNOWN[{record.type}]"
    return len(b"type=" + name.encode("ascii") + b" msg=" + record.identity + b" " + record.text + b"\n")


def _add(counter: Counter, name: object) -> None:
    if name in counter or len(counter) < _MOST_NAMES:
        counter[name] += 1


def _fields(text: bytes) -> Dict[bytes, bytes]:
    found: Dict[bytes, bytes] = {}
    for name, value in _FIELD.findall(text):
        found.setdefault(name, value)
    return found


def _text(value: bytes) -> str:
    """The value of a field: what is not quoted may be hexadecimal, because of a space or of a byte that is no ASCII."""
    if value.startswith(b'"'):
        return value.strip(b'"').decode("utf-8", "surrogateescape")
    if len(value) % 2 == 0 and re.fullmatch(rb"[0-9A-F]+", value) and not value.isdigit():
        return bytes.fromhex(value.decode("ascii")).decode("utf-8", "surrogateescape")
    return value.decode("utf-8", "surrogateescape")


def most_common(counter: Counter, most: int) -> List[Tuple[object, int]]:
    """The most frequent names, those that are equally frequent by name."""
    return sorted(counter.items(), key=lambda pair: (-pair[1], str(pair[0])))[:most]
