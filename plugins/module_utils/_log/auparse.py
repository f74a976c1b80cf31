# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What libauparse(3) makes of records. auditd itself needs this library, so it is on every host that has auditd.

Its binding for Python is a package of its own, which few hosts have.
"""

import ctypes
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from ..rules.errors import AuditError

__all__ = ("Interpreter", "InterpreterMissing", "Record", "RecordField", "Sentence")

_LIBRARY = "libauparse.so.0"
# ausource_t, auparse_esc_t, auparse_type_t and normalize_option_t of auparse-defs.h
_SOURCE_FEED = 7
_ESCAPE_RAW = 0
_TYPE_SOCKADDR = 9
_WITHOUT_ATTRIBUTES = 1

# libauparse passes all records of an event for each record that is added, so a large event is given to it in portions.
_PORTION_LINES = 1000

_STATE, _INT, _TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p
_CALLBACK = ctypes.CFUNCTYPE(None, _STATE, _INT, ctypes.c_void_p)

# The functions of auparse.h that are called here: the type of the result, and of the arguments after the first, which
# is the state. Audit 2.8 and later have all of them.
_FUNCTIONS: Dict[str, Tuple[Any, ...]] = {
    "auparse_add_callback": (None, _CALLBACK, ctypes.c_void_p, ctypes.c_void_p),
    "auparse_feed": (_INT, _TEXT, ctypes.c_size_t),
    "auparse_first_field": (_INT,),
    "auparse_first_record": (_INT,),
    "auparse_flush_feed": (_INT,),
    "auparse_get_field_name": (_TEXT,),
    "auparse_get_field_str": (_TEXT,),
    "auparse_get_field_type": (_INT,),
    "auparse_get_type": (_INT,),
    "auparse_get_type_name": (_TEXT,),
    "auparse_interpret_field": (_TEXT,),
    "auparse_interpret_sock_address": (_TEXT,),
    "auparse_interpret_sock_family": (_TEXT,),
    "auparse_interpret_sock_port": (_TEXT,),
    "auparse_next_field": (_INT,),
    "auparse_next_record": (_INT,),
    "auparse_normalize": (_INT, _INT),
    "auparse_normalize_get_action": (_TEXT,),
    "auparse_normalize_get_event_kind": (_TEXT,),
    "auparse_normalize_how": (_TEXT,),
    "auparse_normalize_object_primary": (_INT,),
    "auparse_set_escape_mode": (None, _INT),
}


class InterpreterMissing(AuditError):
    """libauparse is not installed."""


class RecordField(NamedTuple):
    """A field: its name, the recorded value, and what it means. ``address``: family, address and port of a socket."""

    name: str
    value: str
    meaning: str
    address: Optional[Tuple[str, str, str]] = None


class Record(NamedTuple):
    """A record: its type, and its fields in order."""

    type: str
    fields: List[RecordField]

    def get(self, name: str) -> Optional[RecordField]:
        """The first field of this name."""
        return next((field for field in self.fields if field.name == name), None)


class Sentence(NamedTuple):
    """An event in words (auparse_normalize(3)): the kind of event, what was done, to what, and by which program."""

    kind: Optional[str]
    action: Optional[str]
    object: Optional[str]
    how: Optional[str]


class Interpreter:
    """libauparse. Raises InterpreterMissing. Bytes that are not UTF-8 are surrogates in texts (PEP 383)."""

    def __init__(self) -> None:
        try:
            self._library = library = ctypes.CDLL(_LIBRARY)
        except OSError:
            raise InterpreterMissing(
                f"{_LIBRARY} is not installed; it comes with auditd (package libauparse0 or audit-libs)"
            ) from None
        for name, (result, *arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, [_STATE, *arguments]
        library.auparse_init.restype, library.auparse_init.argtypes = _STATE, [_INT, _TEXT]
        self._state = library.auparse_init(_SOURCE_FEED, None)
        if not self._state:
            raise MemoryError("auparse_init")
        library.auparse_set_escape_mode(self._state, _ESCAPE_RAW)
        self._records: List[Record] = []
        self._sentence: Optional[Sentence] = None
        self._problem: Optional[BaseException] = None
        # The library does not keep the callback alive, so it is kept here.
        try:
            self._callback = _CALLBACK(self._ready)
        except MemoryError:
            # A callback is code that is made now; without space in any memory file system there is nowhere to put it.
            raise InterpreterMissing(f"{_LIBRARY} cannot be used: this host has no memory left for it") from None
        library.auparse_add_callback(self._state, self._callback, None, None)

    def event(self, text: bytes) -> Tuple[List[Record], Sentence]:
        """The records of one event, given as lines of the log, and the event in words.

        An event with more than _PORTION_LINES records is put in words by what its first portion says.
        """
        self._records, self._sentence, self._problem = [], None, None
        for portion in _portions(text):
            self._library.auparse_feed(self._state, portion, len(portion))
            self._library.auparse_flush_feed(self._state)
            if self._problem:
                raise self._problem
        return self._records, self._sentence or Sentence(None, None, None, None)

    def _ready(self, _state: int, _kind: int, _user_data: Any) -> None:
        """Called by the library for each portion, and again if a record follows the one that usually ends an event."""
        try:
            self._records += self._read_records()
            if self._sentence is None:
                self._sentence = self._in_words()
        except BaseException as problem:  # ctypes would print it and go on.
            self._problem = problem

    def _read_records(self) -> Iterator[Record]:
        library, state = self._library, self._state
        more = library.auparse_first_record(state)
        while more > 0:
            kind = _text(library.auparse_get_type_name(state)) or f"UNKNOWN[{library.auparse_get_type(state)}]"
            yield Record(kind, list(self._read_fields()))
            more = library.auparse_next_record(state)

    def _read_fields(self) -> Iterator[RecordField]:
        library, state = self._library, self._state
        more = library.auparse_first_field(state)
        while more > 0:
            name = _text(library.auparse_get_field_name(state))
            value = _text(library.auparse_get_field_str(state))
            if name not in (None, "type", "node") and value is not None:
                address = None
                if library.auparse_get_field_type(state) == _TYPE_SOCKADDR:
                    address = (
                        _text(library.auparse_interpret_sock_family(state)) or "",
                        _text(library.auparse_interpret_sock_address(state)) or "",
                        _text(library.auparse_interpret_sock_port(state)) or "",
                    )
                meaning = _text(library.auparse_interpret_field(state))
                yield RecordField(name, value, value if meaning is None else meaning, address)
            more = library.auparse_next_field(state)

    def _in_words(self) -> Optional[Sentence]:
        library, state = self._library, self._state
        if library.auparse_normalize(state, _WITHOUT_ATTRIBUTES) != 0:
            return None
        kind, action, how = (
            _text(function(state))
            for function in (
                library.auparse_normalize_get_event_kind,
                library.auparse_normalize_get_action,
                library.auparse_normalize_how,
            )
        )
        found = library.auparse_normalize_object_primary(state) == 1
        return Sentence(kind, action, _text(library.auparse_interpret_field(state)) if found else None, how)


def _portions(text: bytes) -> Iterator[bytes]:
    """The lines of an event, as many at a time as libauparse handles quickly."""
    if text.count(b"\n") <= _PORTION_LINES:
        yield text
        return
    # Not splitlines(): a line of the log may have a carriage return in it.
    lines = text.rstrip(b"\n").split(b"\n")
    for begin in range(0, len(lines), _PORTION_LINES):
        yield b"\n".join(lines[begin : begin + _PORTION_LINES]) + b"\n"


def _text(data: Optional[bytes]) -> Optional[str]:
    return None if data is None else data.decode("utf-8", "surrogateescape")
