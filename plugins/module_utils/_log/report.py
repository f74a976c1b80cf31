# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports of aureport(8) as data.

aureport separates columns by spaces, and prints what is recorded, which may have spaces and more in it. A row that can
be read in more than one way is taken from the event itself, which it names.
"""

import calendar
import re
import time
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Set,
    Tuple,
)

from .._ansible import printable
from .._host.files import FileError
from .auparse import Interpreter, InterpreterMissing
from .events import event
from .files import EventId, Log, Part, event_id
from .times import TimeError, iso, parse
from .tools import LogTool, LogToolError

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

__all__ = ("COLUMNS", "REPORTS", "Row", "derived", "gather", "read_overview", "read_rows", "read_totals", "run_report")

#: Report by aureport's long word for it: the option, and the columns behind date and time.
REPORTS: Dict[str, Tuple[str, str]] = {
    "anomaly": ("--anomaly", "type exe terminal host auid event"),
    "auth": ("--auth", "account host terminal exe success event"),
    "avc": ("--avc", "comm subject syscall class permission object result event"),
    "comm": ("--comm", "comm terminal host auid event"),
    "config": ("--config", "type auid success event"),
    "crypto": ("--crypto", "auid type success event"),
    "event": ("--event", "event type auid success"),
    "executable": ("--executable", "exe terminal host auid event"),
    "file": ("--file", "file syscall success exe auid event"),
    "host": ("--host", "host syscall auid event"),
    "integrity": ("--integrity", "type success event"),
    "key": ("--key", "key success exe auid event"),
    "login": ("--login", "auid host terminal exe success event"),
    "mac": ("--mac", "auid type success event"),
    "mods": ("--mods", "auid host terminal exe account success event"),
    "pid": ("--pid", "pid exe syscall auid event"),
    "response": ("--response", "type success event"),
    "syscall": ("--syscall", "syscall pid comm auid event"),
    "terminal": ("--terminal", "terminal host exe auid event"),
    "tty": ("--tty", "event auid terminal session comm data"),
    "user": ("--user", "auid terminal host exe event"),
    "virt": ("--virt", "type success event"),
}
# Reports that aureport has no totals of.
_WITHOUT_TOTALS = ("tty", "log", "overview")
# Lines of the report without an option, by what they are called here.
_OVERVIEW = {
    "changes in configuration": "configuration_changes",
    "changes to accounts, groups, or roles": "account_changes",
    "logins": "logins",
    "failed logins": "failed_logins",
    "authentications": "authentications",
    "failed authentications": "failed_authentications",
    "users": "users",
    "terminals": "terminals",
    "host names": "hosts",
    "executables": "executables",
    "commands": "commands",
    "files": "files",
    "AVC's": "avcs",
    "MAC events": "mac_events",
    "failed syscalls": "failed_syscalls",
    "anomaly events": "anomalies",
    "responses to anomaly events": "responses",
    "crypto events": "crypto_events",
    "integrity events": "integrity_events",
    "virt events": "virt_events",
    "keys": "keys",
    "process IDs": "pids",
    "events": "events",
}

_NUMBERS = ("event", "pid")
_OUTCOMES = {"yes": True, "no": False, "success": True, "failed": False}
_NOTHING = ("?", "(none)", "(null)", "unknown", "")
_ROW = re.compile(r"\d+\. (\d\d/\d\d/\d\d \d\d:\d\d:\d\d) (.*)", re.DOTALL)


class Row(NamedTuple):
    """A row of a report: seconds since 1970, the number of the event, values by column; None if they are not clear."""

    seconds: int
    event: int
    values: Optional[Dict[str, Any]]


def read_rows(lines: Iterable[str], columns: List[str]) -> Iterator[Row]:
    """The rows of a report, as ``aureport -i`` prints them with LC_ALL=C and TZ=UTC."""
    pending: Optional[str] = None
    rules = 0
    for line in lines:
        line = line.rstrip("\n")
        if rules < 2:
            rules += bool(line) and not line.strip("=")
        elif _ROW.match(line):
            if pending is not None:
                yield _row(pending, columns)
            pending = line
        elif pending is not None:
            # What is recorded may have the end of a line in it.
            pending += "\n" + line
    if pending is not None:
        yield _row(pending, columns)


def _row(text: str, columns: List[str]) -> Row:
    ((stamp, rest),) = (found.groups() for found in _ROW.finditer(text))
    words = rest.rstrip("\n").split(" ")
    seconds = calendar.timegm(time.strptime(stamp, "%m/%d/%y %H:%M:%S"))
    number = words[0] if columns[0] == "event" else words[-1]
    # aureport shows what is no printable character as a backslash and digits.
    clear = len(words) == len(columns) and "\\" not in rest and "\n" not in rest
    values = {column: _value(column, word) for column, word in zip(columns, words)} if clear else None
    return Row(seconds, int(number) if number.isdigit() else 0, values)


def _value(column: str, word: str) -> Any:
    if column in _NUMBERS:
        return int(word) if word.isdigit() else None
    if column == "success":
        return _OUTCOMES.get(word)
    return None if word in _NOTHING else word


def read_totals(lines: Iterable[str]) -> List[Dict[str, Any]]:
    """The rows of a report with ``--summary``, as ``total`` and ``value``."""
    found = (re.fullmatch(r"(\d+)  (.*)", line.rstrip("\n"), re.DOTALL) for line in lines)
    return [{"total": int(row.group(1)), "value": row.group(2)} for row in found if row]


def read_overview(lines: Iterable[str]) -> Dict[str, int]:
    """The numbers of the report without an option."""
    found = (re.fullmatch(r"Number of (.*): (\d+)", line.rstrip("\n")) for line in lines)
    return {_OVERVIEW[row.group(1)]: int(row.group(2)) for row in found if row and row.group(1) in _OVERVIEW}


def _first(values: Iterable[Optional[str]]) -> Optional[str]:
    return next((value for value in values if value not in (None, *_NOTHING)), None)


def _field(*names: str) -> Callable[[Mapping[str, Any]], Optional[str]]:
    return lambda structure: _first(record["fields"].get(name) for record in structure["records"] for name in names)


def _auid(structure: Mapping[str, Any]) -> Optional[str]:
    return structure["subject"].get("auid", {}).get("name")


def _file(structure: Mapping[str, Any]) -> Optional[str]:
    others = [path for path in structure["paths"] if path.get("type") != "PARENT"]
    return _first(path.get("name") for path in others or structure["paths"])


#: What a column says, from the event as audit_search returns it.
COLUMNS: Dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "account": _field("acct", "id"),
    "auid": _auid,
    "class": _field("tclass"),
    "comm": _field("comm"),
    "data": _field("data"),
    "event": lambda structure: structure["id"],
    "exe": _field("exe"),
    "file": _file,
    "host": _field("hostname", "addr"),
    "key": lambda structure: _first(structure["keys"]),
    "object": _field("tcontext"),
    "permission": _field("seperms", "seperm"),
    "pid": lambda structure: structure["subject"].get("pid"),
    "result": _field("seresult"),
    "session": _field("ses"),
    "subject": _field("scontext"),
    "success": lambda structure: structure["success"],
    "syscall": lambda structure: structure["syscall"] and structure["syscall"]["name"],
    "terminal": _field("tty", "terminal"),
    "type": lambda structure: _first(structure["types"]),
}


def derived(structure: Mapping[str, Any], columns: List[str]) -> Dict[str, Any]:
    """The columns of a row, from the event."""
    return {column: COLUMNS[column](structure) for column in columns}


def _events(parts: List[Part], wanted: Set[Tuple[int, int]]) -> Dict[Tuple[int, int], Dict[str, Any]]:
    """Events by seconds and serial number."""
    lines: Dict[EventId, List[bytes]] = {}
    for part in parts:
        for _offset, line in part.lines():
            identity = event_id(line)
            if identity and (identity.seconds, identity.serial) in wanted:
                lines.setdefault(identity, []).append(line + b"\n")
    interpreter = Interpreter()
    return {
        (identity.seconds, identity.serial): event(identity, b"".join(texts), interpreter)
        for identity, texts in lines.items()
    }


def _rows(lines: Iterable[str], columns: List[str], parts: List[Part], limit: int) -> Tuple[List[Dict[str, Any]], bool]:
    rows: List[Row] = []
    for row in read_rows(lines, columns):
        if limit and len(rows) == limit:
            return _clear(rows, columns, parts), True
        rows.append(row)
    return _clear(rows, columns, parts), False


def _clear(rows: List[Row], columns: List[str], parts: List[Part]) -> List[Dict[str, Any]]:
    unclear = {(row.seconds, row.event) for row in rows if row.values is None}
    events = _events(parts, unclear) if unclear else {}
    result = []
    for row in rows:
        structure = events.get((row.seconds, row.event))
        values = derived(structure, columns) if structure else row.values
        if values is None:
            values = dict.fromkeys(columns, None)
            values["event"] = row.event
        result.append(dict(values, time=iso(row.seconds)))
    return result


def _log_times(log: Log) -> List[Dict[str, Any]]:
    rows = []
    for file in log.files:
        first, last = file.first(), file.last()
        if first and last:
            rows.append(
                {
                    "file": file.path,
                    "start": iso(first.seconds, first.milliseconds),
                    "end": iso(last.seconds, last.milliseconds),
                }
            )
    return rows


def gather(parameters: Mapping[str, Any], log: Log, now: float) -> Dict[str, Any]:
    """The report that the parameters ask for, as the module returns it. Raises TimeError, LogToolError and others."""
    report, summary = parameters["report"], parameters["summary"]
    start, end = (None if parameters[name] is None else parse(parameters[name], now) for name in ("start", "end"))
    if start is not None and end is not None and start > end:
        raise TimeError(f"start '{parameters['start']}' is later than end '{parameters['end']}'")
    if report == "log":
        return {"rows": _log_times(log), "truncated": False}
    arguments = ["-i"]
    if report != "overview":
        arguments.append(REPORTS[report][0])
    if summary:
        arguments.append("--summary")
    if parameters["success"] is not None:
        arguments.append("--success" if parameters["success"] else "--failed")
    if parameters["node"]:
        arguments += ["--node", parameters["node"]]
    if not parameters["config"]:
        arguments.append("--no-config")
    parts = log.parts(start)
    with LogTool("aureport", arguments, parts, start, end) as tool:
        lines = (line.decode("utf-8", "surrogateescape") for line in tool)
        if report == "overview":
            return {"rows": [read_overview(lines)], "truncated": False}
        limit = parameters["limit"]
        if summary:
            rows = read_totals(lines)
            return {"rows": rows[:limit] if limit else rows, "truncated": bool(limit) and len(rows) > limit}
        rows, truncated = _rows(lines, REPORTS[report][1].split(), parts, limit)
        return {"rows": rows, "truncated": truncated}


def run_report(module: "AnsibleModule") -> None:
    """Leave the module audit_report with its result."""
    parameters = module.params
    if parameters["summary"] and parameters["report"] in _WITHOUT_TOTALS:
        module.fail_json(msg=f"aureport has no summary of the report {parameters['report']}")
    if parameters["limit"] < 0:
        module.fail_json(msg="limit must be 0 (no limit) or a number of rows")
    if parameters["node"] is not None and not re.fullmatch(r"[^\s-]\S*", parameters["node"]):
        module.fail_json(msg=f"node: '{parameters['node']}' is no name of a node")
    try:
        with Log(parameters["input_file"]) as log:
            result = gather(parameters, log, time.time())
    except (TimeError, LogToolError, InterpreterMissing, FileError) as error:
        module.fail_json(msg=printable(str(error)))
    except OSError as error:
        module.fail_json(msg=printable(f"{error.filename}: {error.strerror}"))
    module.exit_json(changed=False, **printable(result))
