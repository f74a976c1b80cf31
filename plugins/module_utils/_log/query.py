# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which events a search wants: what ausearch(8) selects, and what is decided here.

ausearch is only asked for what it understands exactly: numbers of record types, the serial number of an event, and
names of nodes. It matches the rest in ways of its own: ``-f`` also matches the working directory, ``-k`` matches any
part of a key, ``-p 12abc`` means 12, and ``-ui`` has no effect beside ``-ul NAME``. So the rest is decided here, event
by event, on what libauparse says.
"""

import posixpath
import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Tuple

from .._host.host import Host
from ..rules import syscalls
from ..rules.errors import AuditError, RuleError, shown
from ..rules.record_types import expand
from ..rules.tables import record_type_number
from ..rules.values import UNSET, decimal
from . import times
from .events import OUTCOME_FIELDS, OUTCOMES
from .file_history import FileHistory
from .files import EventId
from .nodes import one_word

__all__ = ("ARGUMENTS", "Criterion", "Query", "SearchError", "checked_node", "query")

# Numbers of processes are positive in 32 bits, and ausearch takes no larger number of an event.
_LARGEST = 0x7FFFFFFF

# The texts of an event, by the parameter that asks for them.
_TEXTS: Dict[str, Callable[[Mapping[str, Any]], Iterable[Optional[str]]]] = {
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
# The ids of the subject, by the parameter that asks for one of them.
_IDS = {
    "user": ("auid", "uid", "euid"),
    "auid": ("auid",),
    "uid": ("uid",),
    "euid": ("euid",),
    "group": ("gid", "egid"),
    "gid": ("gid",),
    "egid": ("egid",),
}
_USERS, _GROUPS = ("user", "auid", "uid", "euid"), ("group", "gid", "egid")
_PROCESSES = ("pid", "ppid")

# Calls by which a program changes rules and settings.
_MESSAGES = ("send", "sendto", "sendmsg", "sendmmsg", "socketcall", "write", "writev")

_LIST_OF_TEXTS: Dict[str, Any] = {"type": "list", "elements": "str"}

#: Parameters that say which events are wanted; the documentation fragment ``search`` describes them.
ARGUMENTS: Dict[str, Dict[str, Any]] = {
    **dict.fromkeys((*_TEXTS, *_USERS, *_GROUPS, "syscall", "message_type", "session", "node"), _LIST_OF_TEXTS),
    **{name: {"type": "list", "elements": "int"} for name in _PROCESSES},
    "key": dict(_LIST_OF_TEXTS, no_log=False),
    "event_id": {"type": "str"},
    "success": {"type": "bool"},
    "start": {"type": "str"},
    "end": {"type": "str"},
    "exact": {"type": "bool", "default": True},
    "config": {"type": "bool", "default": True},
}


class SearchError(AuditError):
    """A parameter asks for something that cannot be searched for."""


class Criterion(NamedTuple):
    """Decides whether an event is wanted; the lines of an event that is wanted contain at least one of the texts.

    Without texts the lines say nothing, and the event has to be interpreted.
    """

    texts: List[bytes]
    matches: Callable[[Mapping[str, Any]], bool]

    def may_match(self, text: bytes) -> bool:
        """Whether an event with these lines may match."""
        return not self.texts or any(part in text for part in self.texts)


class Query(NamedTuple):
    """Which events are wanted. ``start`` and ``end``: seconds since 1970. ``identity``: milliseconds, serial number.

    ``file``: the criterion for names of files, with the wanted names that are absolute paths as ``paths``; an event
    without such a name may be about the file all the same (file_history.py).
    """

    start: Optional[float]
    end: Optional[float]
    identity: Optional[Tuple[Optional[int], int]]
    types: List[int]
    nodes: List[str]
    criteria: List[Criterion]
    file: Optional[Criterion] = None
    paths: List[str] = []
    config: bool = True

    def arguments(self) -> List[str]:
        """The arguments of ausearch."""
        words: List[str] = []
        if self.identity:
            words += ["-a", str(self.identity[1])]
        if self.types:
            words += ["-m", ",".join(map(str, self.types))]
        for node in self.nodes:
            words += ["-n", node]
        return words

    def texts(self) -> List[List[bytes]]:
        """Lists of texts: the lines of an event that is wanted have at least one of each list."""
        lists = [criterion.texts for criterion in self.criteria + ([self.file] if self.file else [])]
        if self.identity:
            lists.insert(0, [b"%d):" % self.identity[1]])
        return [texts for texts in lists if texts]

    def has_text(self, line: bytes) -> bool:
        """Whether a line has a text for which an event may be wanted."""
        return any(text in line for texts in self.texts() for text in texts)

    def in_time(self, identity: EventId) -> bool:
        """Whether an event happened at the time of ``identity``, if that has one, and between start and end."""
        milliseconds = identity.seconds * 1000 + identity.milliseconds
        if self.identity and self.identity[0] not in (None, milliseconds):
            return False
        return (self.start is None or milliseconds >= round(self.start * 1000)) and (
            self.end is None or milliseconds <= round(self.end * 1000)
        )

    def may_match(self, text: bytes, history: Optional[FileHistory] = None) -> bool:
        """Whether the event of these lines may be wanted, so that interpreting it is worth the time."""
        if self.file and not self.file.may_match(text) and not (history and history.may_match(text)):
            return False
        return all(criterion.may_match(text) for criterion in self.criteria)

    def matches(self, structure: Mapping[str, Any], history: Optional[FileHistory] = None, place: float = 0) -> bool:
        """Whether the event is wanted. ``place``: where it is in the log, for the history."""
        if not self.config and _changes_rules(structure):
            return False
        # Asked first, because it also notices which files are gone.
        about = history is not None and history.matches(place, structure)
        if self.file and not about and not self.file.matches(structure):
            return False
        return all(criterion.matches(structure) for criterion in self.criteria)

    @property
    def is_everything(self) -> bool:
        """Whether every event that ausearch selects is wanted."""
        return not self.criteria and not self.file and self.config


def query(parameters: Mapping[str, Any], host: Host, now: float) -> Query:
    """Translate the parameters of a module (ARGUMENTS). Raises SearchError or TimeError for the first wrong one."""
    exact = parameters["exact"]
    start, end = times.period(parameters["start"], parameters["end"], now)
    identity = _event_id(parameters["event_id"])
    if identity and identity[0] is not None:
        start, end = max(start or 0, identity[0] / 1000), identity[0] / 1000 if end is None else end
    criteria = [_text(name, parameters[name], exact) for name in _TEXTS if name != "file" and parameters[name]]
    criteria += [_id(name, parameters[name], host.uid) for name in _USERS if parameters[name]]
    criteria += [_id(name, parameters[name], host.gid) for name in _GROUPS if parameters[name]]
    criteria += [_process(name, parameters[name]) for name in _PROCESSES if parameters[name]]
    if parameters["session"]:
        criteria.append(_session(parameters["session"]))
    if parameters["syscall"]:
        criteria.append(_syscall(parameters["syscall"]))
    success = parameters["success"]
    if success is not None:
        words = [word for word, outcome in OUTCOMES.items() if outcome is success]
        texts = [f"{name}={word}".encode("ascii") for name in OUTCOME_FIELDS for word in words]
        criteria.append(Criterion(texts, lambda structure: structure["success"] is success))
    nodes = [checked_node(name) for name in parameters["node"] or ()]
    files = parameters["file"] or []
    return Query(
        start,
        end,
        identity,
        _types(parameters["message_type"]),
        nodes,
        criteria,
        _text("file", files, exact) if files else None,
        [posixpath.normpath(path) + path[len(path.rstrip("/")) :][:1] for path in files if path.startswith("/")]
        if exact
        else [],
        parameters["config"] is not False,
    )


def _changes_rules(structure: Mapping[str, Any]) -> bool:
    """Whether a program changed rules or settings. A change of a file changes the rule that watches it as well."""
    call = structure["syscall"]
    return "CONFIG_CHANGE" in structure["types"] and (call is None or call["name"] in _MESSAGES)


def checked_node(name: str) -> str:
    """The name of a node as ausearch and aureport get it. Raises SearchError for a text that they would not take."""
    if not re.fullmatch(r"[^\s-][^\x00-\x1f]*", name) or name.endswith(" "):
        raise SearchError(
            f"node: '{name}' is not the name of a node: a name has no control characters, does not begin with - or a "
            "space and does not end with a space"
        )
    return one_word(name)


def _fields(structure: Mapping[str, Any], *names: str) -> List[Optional[str]]:
    return [record["fields"].get(name) for record in structure["records"] for name in names]


def _event_id(text: Optional[str]) -> Optional[Tuple[Optional[int], int]]:
    """The time in milliseconds since 1970, if the text has one, and the serial number."""
    if text is None:
        return None
    found = re.fullmatch(r"(?:(\d{1,11})\.(\d{3}):)?(\d{1,10})", text, re.ASCII)
    if not found:
        raise SearchError(
            f"event_id: '{text}' is neither a number, such as 4711, nor a time and a number, such as "
            "1769882400.123:4711"
        )
    seconds, milliseconds, serial = found.groups()
    if int(serial) > _LARGEST:
        raise SearchError(f"event_id: {serial} is larger than any serial number ({_LARGEST})")
    return None if seconds is None else int(seconds) * 1000 + int(milliseconds), int(serial)


def _types(words: Optional[List[str]]) -> List[int]:
    try:
        names = expand(words or ())
    except RuleError as error:
        raise SearchError(f"message_type: {error}") from None
    return [decimal(name) or record_type_number(name) or 0 for name in names]


def _text(name: str, values: List[str], exact: bool) -> Criterion:
    """One of several texts, for one of the parameters of _TEXTS."""
    for value in values:
        if not value:
            raise SearchError(f"{name}: an empty text matches no event, or every event")
    spellings = [spelling for value in values for spelling in _spellings(_certain_part(name, value))]
    texts_of = _TEXTS[name]

    def matches(structure: Mapping[str, Any]) -> bool:
        return any(_same(value, text, exact, name) for text in texts_of(structure) if text for value in values)

    return Criterion([] if b"" in spellings else spellings, matches)


def _spellings(text: str) -> List[bytes]:
    """How a record may spell a text: as it is, or in hexadecimal digits if it has a special character."""
    data = text.encode("utf-8", "surrogateescape")
    return [data, data.hex().upper().encode("ascii")]


def _certain_part(name: str, value: str) -> str:
    """The part of a text that every record about it has: of a path only the last name, because it may be relative."""
    return value.rstrip("/").rpartition("/")[2] if name == "file" else value


def _same(value: str, text: str, exact: bool, name: str) -> bool:
    if name == "file" and value.endswith("/"):
        return text.startswith(value) or text == value.rstrip("/")
    return text == value if exact else value in text


def _id(name: str, values: List[str], number_of: Callable[[str], Optional[int]]) -> Criterion:
    """Users or groups, each by number, by the name that the log has, or by the name that this host has."""
    numbers = {_id_number(value, name) for value in values if _is_id(value)}
    names = {value for value in values if not _is_id(value)}
    for word in names:
        if not re.fullmatch(r"[^\s\x00-\x1f:,/=\"]+", word) or word[0] in "-0123456789":
            raise SearchError(f"{name}: '{word}' is neither a number nor a name")
    fields = _IDS[name]

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


def _id_number(value: str, name: str) -> int:
    number = UNSET if value in ("unset", "-1") else decimal(value)
    if number is None or number > UNSET:
        raise SearchError(f"{name}: {shown(value)} is larger than any id ({UNSET})")
    return number


def _process(name: str, values: List[int]) -> Criterion:
    for value in values:
        if not 0 <= value <= _LARGEST:
            raise SearchError(f"{name}: {value} is not the id of a process: ids are numbers from 0 to {_LARGEST}")
    return Criterion(
        [f" {name}={value}".encode("ascii") for value in values],
        lambda structure: structure["subject"].get(name) in values,
    )


def _session(values: List[str]) -> Criterion:
    for value in values:
        if not _is_id(value):
            raise SearchError(f"session: '{value}' is neither a number nor 'unset'")
    numbers = {_id_number(value, "session") for value in values}
    texts = [f" ses={number}".encode("ascii") for number in numbers]
    return Criterion(texts, lambda structure: structure["subject"].get("session", UNSET) in numbers)


def _syscall(values: List[str]) -> Criterion:
    """System calls, each by number, or by the name that it has on any machine."""
    numbers = {decimal(value) for value in values} - {None}
    names = {value.lower() for value in values if decimal(value) is None}
    of_names = set()
    for name in names:
        found = {syscalls.number(machine, name) for machine in syscalls.MACHINES} - {None}
        if not found:
            raise SearchError(f"syscall: '{shown(name)}' is neither the name of a system call nor a number")
        of_names |= found

    def matches(structure: Mapping[str, Any]) -> bool:
        call = structure["syscall"]
        return call is not None and (call["number"] in numbers or call["name"] in names)

    return Criterion([f" syscall={number} ".encode("ascii") for number in numbers | of_names], matches)
