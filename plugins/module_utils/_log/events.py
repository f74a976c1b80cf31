# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events of the log as structures: libauparse says what fields mean, this module says which field answers what."""

import re
from typing import Any, Dict, Iterable, Iterator, List, Optional

from ..rules.syscalls import name as syscall_name
from ..rules.tables import arch_machine, errno_name
from ..rules.values import UNSET, decimal
from .auparse import Interpreter, Record
from .files import EventId
from .nodes import as_recorded
from .paths import NO_VALUE, Place, meaning_of, number_of, places
from .times import iso

__all__ = ("OUTCOMES", "OUTCOME_FIELDS", "event")

#: Whether something succeeded, by the words that records have for it.
OUTCOMES = {"yes": True, "no": False, "success": True, "failed": False, "1": True, "0": False}
#: The fields that say it; the first one that an event has counts.
OUTCOME_FIELDS = ("success", "res", "result")

_USERS = ("auid", "uid", "euid", "suid", "fsuid")
_GROUPS = ("gid", "egid", "sgid", "fsgid")
# The names of a field, by the name that it has in the structure. The first one that a record has counts.
_TEXTS = {
    "terminal": ("tty", "terminal"),
    "comm": ("comm",),
    "exe": ("exe",),
    "hostname": ("hostname",),
    "address": ("addr",),
    "label": ("subj",),
}
_KEY_SEPARATOR = "\x01"
_ARGUMENT = re.compile(r"a([0-9]{1,9})(?:\[([0-9]+)\])?")


def event(
    identity: EventId, text: bytes, interpreter: Interpreter, with_text: bool = False, left_out: int = 0
) -> Dict[str, Any]:
    """The event that some lines of the log record. Bytes that are not UTF-8 are surrogates in texts (PEP 383).

    ``left_out``: how many records it has besides.
    """
    records, sentence = interpreter.event(text)
    call = _syscall(records)
    paths = [record for record in records if record.type == "PATH"]
    structure: Dict[str, Any] = {
        "time": iso(identity.seconds, identity.milliseconds),
        "id": identity.serial,
        "node": None if identity.node is None else identity.node.decode("utf-8", "surrogateescape"),
        "types": list(dict.fromkeys(record.type for record in records)),
        "kind": sentence.kind,
        "action": sentence.action,
        "object": sentence.object,
        "how": sentence.how,
        "success": _success(records),
        "subject": _subject(records),
        "syscall": call,
        "command": _command(records),
        "cwd": next((meaning_of(record, "cwd") for record in records if record.type == "CWD"), None),
        "paths": [_path(*pair) for pair in zip(paths, places(records, call["name"] if call else None))],
        "addresses": list(_addresses(records)),
        "targets": [_target(record) for record in records if record.type == "OBJ_PID"],
        "keys": _keys(records),
        "records": [{"type": record.type, "fields": _fields(record)} for record in records],
    }
    if left_out:
        structure["left_out"] = left_out
    if with_text:
        # Not splitlines(): it also splits at the separator before what auditd adds to a record.
        structure["text"] = as_recorded(text).decode("utf-8", "surrogateescape").rstrip("\n").split("\n")
    return structure


def _identity(record: Record, name: str) -> Optional[Dict[str, Any]]:
    number = number_of(record, name)
    return None if number is None else {"id": number, "name": meaning_of(record, name)}


def _present(values: Dict[str, Any]) -> Dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _subject(records: List[Record]) -> Dict[str, Any]:
    """Who did it: from the SYSCALL record, or else from the first record with a pid or an auid."""
    ordered = sorted(records, key=lambda record: record.type != "SYSCALL")
    record = next((record for record in ordered if record.get("pid") or record.get("auid")), None)
    if record is None:
        return {}
    values: Dict[str, Any] = {name: _identity(record, name) for name in _USERS + _GROUPS}
    values.update(pid=number_of(record, "pid"), ppid=number_of(record, "ppid"))
    session = number_of(record, "ses")
    values["session"] = None if session == UNSET else session
    for name, fields in _TEXTS.items():
        values[name] = next((meaning_of(record, field) for field in fields if record.get(field)), None)
    return _present(values)


def _syscall(records: List[Record]) -> Optional[Dict[str, Any]]:
    record = next((record for record in records if record.type == "SYSCALL"), None)
    if record is None:
        return None
    number, arch, status = number_of(record, "syscall"), number_of(record, "arch", 16), number_of(record, "exit")
    machine = arch_machine(arch or 0)
    # libauparse of an older release does not know the newest system calls.
    known = syscall_name(machine, number) if machine and number is not None else None
    error = errno_name(abs(status), machine or "x86_64") if status is not None and status < 0 else None
    return {
        "name": known or meaning_of(record, "syscall"),
        "number": number,
        "arch": meaning_of(record, "arch"),
        "exit": status,
        "error": error,
        "arguments": [meaning_of(record, name) for name in ("a0", "a1", "a2", "a3")],
    }


def _success(records: List[Record]) -> Optional[bool]:
    for name in OUTCOME_FIELDS:
        for record in records:
            field = record.get(name)
            if field and field.value in OUTCOMES:
                return OUTCOMES[field.value]
    return None


def _keys(records: List[Record]) -> List[str]:
    texts = [field.meaning for record in records for field in record.fields if field.name == "key"]
    keys = [key for text in texts if text not in NO_VALUE for key in text.split(_KEY_SEPARATOR)]
    return list(dict.fromkeys(keys))


def _command(records: List[Record]) -> List[str]:
    """The command line: that of the program which was started (EXECVE), or what the process shows (PROCTITLE)."""
    executed = [record for record in records if record.type == "EXECVE"]
    if executed:
        arguments: Dict[int, List[str]] = {}
        for record in executed:
            for field in record.fields:
                found = _ARGUMENT.fullmatch(field.name)
                if found:
                    arguments.setdefault(int(found.group(1)), []).append(field.meaning)
        return ["".join(arguments[number]) for number in sorted(arguments)]
    for record in records:
        title = record.get("proctitle")
        if title:
            # The library shows the zero bytes between arguments as spaces.
            try:
                shown = bytes.fromhex(title.value).decode("utf-8", "surrogateescape")
            except ValueError:
                shown = title.meaning
            return shown.rstrip("\0").split("\0")
    return []


def _path(record: Record, place: Place) -> Dict[str, Any]:
    return _present(
        {
            "name": place.name,
            "path": place.path,
            "descriptor": place.descriptor,
            "type": meaning_of(record, "nametype"),
            "inode": number_of(record, "inode"),
            "device": meaning_of(record, "dev"),
            "mode": meaning_of(record, "mode"),
            "user": _identity(record, "ouid"),
            "group": _identity(record, "ogid"),
            "label": meaning_of(record, "obj"),
        }
    )


def _addresses(records: Iterable[Record]) -> Iterator[Dict[str, Any]]:
    for record in records:
        for field in record.fields:
            if field.address:
                family, address, port = field.address
                path = re.search(r"[{ ]path=(.*) \}$", field.meaning, re.DOTALL) if family == "local" else None
                yield {
                    "family": family or None,
                    "address": address or None,
                    "port": decimal(port),
                    "path": path.group(1) if path else None,
                }


def _target(record: Record) -> Dict[str, Any]:
    """A process that something was done to, for example one that was sent a signal."""
    return _present(
        {
            "pid": number_of(record, "opid"),
            "auid": _identity(record, "oauid"),
            "uid": _identity(record, "ouid"),
            "session": None if number_of(record, "oses") == UNSET else number_of(record, "oses"),
            "comm": meaning_of(record, "ocomm"),
            "label": meaning_of(record, "obj"),
        }
    )


def _fields(record: Record) -> Dict[str, str]:
    """What all fields mean, by name. Of several fields of one name the first counts."""
    fields: Dict[str, str] = {}
    for field in record.fields:
        fields.setdefault(field.name, field.meaning)
    return fields
