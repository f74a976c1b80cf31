# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching the log: ausearch(8) puts records together to events, libauparse says what they mean.

What ausearch is asked for is what it understands exactly: numbers of record types, of an event, and names of nodes. It
looks for the rest in ways of its own (``-f`` in the working directory as well, ``-k`` anywhere in a key, ``-p 12abc``
for 12, ``-ui`` not at all beside ``-ul NAME``), so that is decided here, event by event, on what libauparse says.
"""

import re
import time
from collections import deque
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Deque,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from .._ansible import printable
from .._host.files import FileError
from .._host.host import Host
from ..rules import syscalls
from ..rules.errors import AuditError, RuleError
from ..rules.record_types import expand
from ..rules.tables import record_type_number
from . import times
from .auparse import Interpreter, InterpreterMissing
from .checkpoint import Checkpoint, unfinished
from .events import UNSET, event
from .files import EventId, Log, Part, event_id
from .times import TimeError
from .tools import LogTool, LogToolError

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

__all__ = ("ARGUMENTS", "Query", "SearchError", "SearchResult", "query", "run_search", "search")

_LARGEST = 0x7FFFFFFF

# Texts of an event, by the parameter that asks for them.
_WORDS: Dict[str, Callable[[Mapping[str, Any]], Iterable[Optional[str]]]] = {
    "key": lambda structure: structure["keys"],
    "file": lambda structure: [
        place.get(name)
        for places, names in (("paths", ("path", "name")), ("addresses", ("path",)))
        for place in structure[places]
        for name in names
    ],
    "executable": lambda structure: [structure["subject"].get("exe")],
    "comm": lambda structure: [structure["subject"].get("comm")],
    "host": lambda structure: _fields(structure, "hostname", "addr"),
    "terminal": lambda structure: _fields(structure, "tty", "terminal"),
    "target": lambda structure: [
        str(process[name]) for process in structure["targets"] for name in ("comm", "pid") if name in process
    ],
}
# Ids of the subject, by the parameter that asks for one of them.
_MEMBERS = {
    "user": ("auid", "uid", "euid"),
    "auid": ("auid",),
    "uid": ("uid",),
    "euid": ("euid",),
    "group": ("gid", "egid"),
    "gid": ("gid",),
    "egid": ("egid",),
}
_USERS, _GROUPS = ("user", "auid", "uid", "euid"), ("group", "gid", "egid")
_NUMBERS = ("pid", "ppid")

_LIST_OF_TEXTS: Dict[str, Any] = {"type": "list", "elements": "str"}

#: Parameters that say which events are looked for; documented in audit_search.
ARGUMENTS: Dict[str, Dict[str, Any]] = {
    **dict.fromkeys((*_WORDS, *_USERS, *_GROUPS, "syscall", "message_type", "session", "node"), _LIST_OF_TEXTS),
    **{name: {"type": "list", "elements": "int"} for name in _NUMBERS},
    "key": dict(_LIST_OF_TEXTS, no_log=False),
    "event_id": {"type": "str"},
    "success": {"type": "bool"},
    "start": {"type": "str"},
    "end": {"type": "str"},
    "exact": {"type": "bool", "default": True},
}


def _fields(structure: Mapping[str, Any], *names: str) -> List[Optional[str]]:
    return [record["fields"].get(name) for record in structure["records"] for name in names]


class SearchError(AuditError):
    """What was asked for cannot be looked for."""


class Criterion(NamedTuple):
    """One of several texts is in every event that is wanted, and the event is wanted if the function says so."""

    texts: List[bytes]
    matches: Callable[[Mapping[str, Any]], bool]


class Query(NamedTuple):
    """What is looked for. ``start`` and ``end`` in seconds since 1970; the rest as numbers and words."""

    start: Optional[float]
    end: Optional[float]
    identity: Optional[Tuple[Optional[int], int]]
    types: List[int]
    nodes: List[str]
    criteria: List[Criterion]

    def arguments(self) -> List[str]:
        """What ausearch is asked for."""
        words: List[str] = []
        if self.identity:
            words += ["-a", str(self.identity[1])]
        if self.types:
            words += ["-m", ",".join(map(str, self.types))]
        for node in self.nodes:
            words += ["-n", node]
        return words

    def in_time(self, identity: EventId) -> bool:
        """Whether an event has the id that is looked for, and lies between start and end."""
        milliseconds = identity.seconds * 1000 + identity.milliseconds
        if self.identity and self.identity[0] not in (None, milliseconds):
            return False
        return (self.start is None or milliseconds >= round(self.start * 1000)) and (
            self.end is None or milliseconds <= round(self.end * 1000)
        )

    def may_match(self, text: bytes) -> bool:
        """Whether it is worth while to interpret the event of these lines."""
        return all(any(part in text for part in criterion.texts) for criterion in self.criteria if criterion.texts)

    def matches(self, structure: Mapping[str, Any]) -> bool:
        """Whether the event is wanted."""
        return all(criterion.matches(structure) for criterion in self.criteria)


class SearchResult(NamedTuple):
    """Events as structures; whether there are more than the limit; how many records ausearch did not understand."""

    events: List[Dict[str, Any]]
    truncated: bool
    skipped: int


def query(parameters: Mapping[str, Any], host: Host, now: float) -> Query:
    """What the parameters of a module ask for (ARGUMENTS). Raises SearchError for the first that is wrong."""
    exact = parameters["exact"]
    start, end = (_time(parameters[name], name, now) for name in ("start", "end"))
    if start is not None and end is not None and start > end:
        raise SearchError(f"start '{parameters['start']}' is later than end '{parameters['end']}'")
    identity = _event_id(parameters["event_id"])
    if identity and identity[0] is not None:
        start, end = max(start or 0, identity[0] / 1000), identity[0] / 1000 if end is None else end
    criteria = [_word(name, parameters[name], exact) for name in _WORDS if parameters[name]]
    criteria += [_identities(name, parameters[name], host.uid) for name in _USERS if parameters[name]]
    criteria += [_identities(name, parameters[name], host.gid) for name in _GROUPS if parameters[name]]
    criteria += [_numbers(name, parameters[name]) for name in _NUMBERS if parameters[name]]
    if parameters["session"]:
        criteria.append(_sessions(parameters["session"]))
    if parameters["syscall"]:
        criteria.append(_syscalls(parameters["syscall"]))
    success = parameters["success"]
    if success is not None:
        criteria.append(Criterion([], lambda structure: structure["success"] is success))
    return Query(start, end, identity, _types(parameters["message_type"]), _nodes(parameters["node"]), criteria)


def search(
    log: Log,
    wanted: Query,
    limit: int = 0,
    latest: bool = False,
    with_text: bool = False,
    checkpoint: Optional[Checkpoint] = None,
) -> SearchResult:
    """Look for events, at most ``limit`` of them (0: any number), the first, or with ``latest`` the last.

    With a checkpoint what it has seen is passed over, and what is not finished left out; it has the new one then.
    Raises LogToolError or InterpreterMissing.
    """
    interpreter = Interpreter()
    parts = log.parts(wanted.start)
    left: List[EventId] = []
    if checkpoint:
        left = unfinished(log, time.time())
        parts = checkpoint.remaining(log, parts)
    passed = frozenset(left)
    kept: Deque[Tuple[EventId, bytes, Optional[Dict[str, Any]]]] = deque()
    truncated = False
    with Selection(parts, wanted) as selection:
        for identity, text in selection:
            if identity in passed or (checkpoint and not checkpoint.is_new(identity)):
                continue
            structure = event(identity, text, interpreter, with_text) if wanted.criteria else None
            if structure and not wanted.matches(structure):
                continue
            kept.append((identity, text, structure))
            if limit and len(kept) > limit:
                truncated = True
                if not latest:
                    left.append(kept.pop()[0])
                    break
                kept.popleft()
    if checkpoint:
        checkpoint.advance(log, [identity for identity, _text, _structure in kept], left)
    events = [structure or event(identity, text, interpreter, with_text) for identity, text, structure in kept]
    return SearchResult(events, truncated, selection.skipped)


class Selection:
    """Events that ausearch selects and that may be wanted: their ids, and their lines, put together by ausearch."""

    def __init__(self, parts: Sequence[Part], wanted: Query) -> None:
        self._wanted = wanted
        self._tool = LogTool("ausearch", ["--raw", *wanted.arguments()], parts, end=wanted.end)

    @property
    def skipped(self) -> int:
        """How many records ausearch did not understand so far."""
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
        return self._wanted.in_time(identity) and self._wanted.may_match(text)


def _time(text: Optional[str], name: str, now: float) -> Optional[float]:
    try:
        return None if text is None else times.parse(text, now)
    except TimeError as error:
        raise SearchError(f"{name}: {error}") from None


def _event_id(text: Optional[str]) -> Optional[Tuple[Optional[int], int]]:
    """Milliseconds since 1970, if they are given, and the serial number."""
    if text is None:
        return None
    found = re.fullmatch(r"(?:(\d{1,11})\.(\d{3}):)?(\d{1,10})", text, re.ASCII)
    if not found:
        raise SearchError(
            f"event_id: '{text}' is neither a number, as 4711, nor a time and a number, as 1769882400.123:4711"
        )
    seconds, milliseconds, serial = found.groups()
    if int(serial) > _LARGEST:
        raise SearchError(f"event_id: {serial} is larger than any ({_LARGEST})")
    return None if seconds is None else int(seconds) * 1000 + int(milliseconds), int(serial)


def _types(words: Optional[List[str]]) -> List[int]:
    try:
        names = expand(words or ())
    except RuleError as error:
        raise SearchError(f"message_type: {error}") from None
    return [int(name) if name.isdigit() else record_type_number(name) or 0 for name in names]


def _nodes(names: Optional[List[str]]) -> List[str]:
    for name in names or ():
        if not re.fullmatch(r"[^\s-]\S*", name):
            raise SearchError(f"node: '{name}' is no name of a node")
    return names or []


def _spellings(text: str) -> List[bytes]:
    """How a text may stand in a record: as it is, or in hexadecimal digits if a character in it is special."""
    data = text.encode("utf-8", "surrogateescape")
    return [data, data.hex().upper().encode("ascii")]


def _word(name: str, values: List[str], exact: bool) -> Criterion:
    for value in values:
        if not value:
            raise SearchError(f"{name}: an empty text is found in no event, or in all")
    texts = [spelling for value in values for spelling in _spellings(_needle(name, value))]
    texts_of = _WORDS[name]

    def matches(structure: Mapping[str, Any]) -> bool:
        return any(_same(value, text, exact, name) for text in texts_of(structure) if text for value in values)

    return Criterion([] if b"" in texts else texts, matches)


def _needle(name: str, value: str) -> str:
    """The part of a text that is in a record in any case: of a path the last name, as others may be left out."""
    return value.rstrip("/").rpartition("/")[2] if name == "file" else value


def _same(value: str, text: str, exact: bool, name: str) -> bool:
    if name == "file" and value.endswith("/"):
        return text.startswith(value) or text == value.rstrip("/")
    return text == value if exact else value in text


def _identities(name: str, values: List[str], number_of: Callable[[str], Optional[int]]) -> Criterion:
    """Users or groups: a number as one, a name as the log has it, or as it is on this host."""
    numbers = {_id(value, name) for value in values if _is_id(value)}
    names = {value for value in values if not _is_id(value)}
    for word in names:
        if not re.fullmatch(r"[^\s\x00-\x1f:,/=\"]+", word) or word[0] in "-0123456789":
            raise SearchError(f"{name}: '{word}' is neither a number nor a name")
    fields = _MEMBERS[name]

    def matches(structure: Mapping[str, Any]) -> bool:
        found = [structure["subject"][field] for field in fields if field in structure["subject"]]
        return any(identity["id"] in numbers or identity["name"] in names for identity in found)

    known = {number_of(word) for word in names} - {None}
    texts = [f"id={number}".encode("ascii") for number in numbers | known]
    return Criterion(texts + [f'="{word}"'.encode("utf-8", "surrogateescape") for word in names], matches)


def _is_id(value: str) -> bool:
    return value in ("unset", "-1") or _is_number(value)


def _is_number(value: str) -> bool:
    return re.fullmatch(r"\d+", value, re.ASCII) is not None


def _id(value: str, name: str) -> int:
    number = UNSET if value in ("unset", "-1") else int(value)
    if number > UNSET:
        raise SearchError(f"{name}: {value} is larger than any id ({UNSET})")
    return number


def _numbers(name: str, values: List[int]) -> Criterion:
    for value in values:
        if not 0 <= value <= _LARGEST:
            raise SearchError(f"{name}: {value} is no id of a process")
    return Criterion(
        [f" {name}={value}".encode("ascii") for value in values],
        lambda structure: structure["subject"].get(name) in values,
    )


def _sessions(values: List[str]) -> Criterion:
    for value in values:
        if not _is_id(value):
            raise SearchError(f"session: '{value}' is neither a number nor 'unset'")
    numbers = {_id(value, "session") for value in values}
    texts = [f" ses={number}".encode("ascii") for number in numbers]
    return Criterion(texts, lambda structure: structure["subject"].get("session", UNSET) in numbers)


def _syscalls(values: List[str]) -> Criterion:
    """System calls by name, on whatever machine, or by number."""
    numbers = {int(value) for value in values if _is_number(value)}
    names = {value.lower() for value in values if not _is_number(value)}
    of_names = set()
    for name in names:
        found = {syscalls.number(machine, name) for machine in syscalls.MACHINES} - {None}
        if not found:
            raise SearchError(f"syscall: '{name}' is neither the name of a system call nor a number")
        of_names |= found

    def matches(structure: Mapping[str, Any]) -> bool:
        call = structure["syscall"]
        return call is not None and (call["number"] in numbers or call["name"] in names)

    return Criterion([f" syscall={number} ".encode("ascii") for number in numbers | of_names], matches)


def run_search(module: "AnsibleModule") -> None:
    """Leave the module audit_search with its result."""
    parameters = module.params
    limit, latest = parameters["limit"], parameters["latest"]
    try:
        if limit < 0:
            raise SearchError("limit must be 0 (no limit) or a number of events")
        if parameters["checkpoint"] and (latest or parameters["end"]):
            raise SearchError(
                "checkpoint goes with neither end nor latest: what they leave out would never be returned"
            )
        wanted = query(parameters, Host(), time.time())
        checkpoint = Checkpoint(parameters["checkpoint"]) if parameters["checkpoint"] else None
        with Log(parameters["input_file"]) as log:
            found = search(log, wanted, limit, latest, parameters["raw"], checkpoint)
            for file in log.files:
                if file.torn:
                    module.warn(printable(f"half a line at the end of {file.path} was left out"))
        changed = bool(checkpoint and (found.events or not checkpoint.exists))
        if checkpoint and not module.check_mode:
            checkpoint.write()
    except (SearchError, LogToolError, InterpreterMissing, FileError) as error:
        module.fail_json(msg=printable(str(error)))
    except OSError as error:
        module.fail_json(msg=printable(f"{error.filename or parameters['checkpoint']}: {error.strerror}"))
    if checkpoint and checkpoint.lost:
        module.warn(
            f"the log that {parameters['checkpoint']} stands in is gone; events between it and the oldest log may be "
            "missing"
        )
    if found.skipped:
        module.warn(f"ausearch did not understand {found.skipped} records and left out their events")
    module.exit_json(
        changed=changed, **printable({"events": found.events, "truncated": found.truncated, "malformed": found.skipped})
    )
