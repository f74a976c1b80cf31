# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reports of aureport(8), with the values of rows that it does not print clearly taken from the events."""

from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple

from ..rules.errors import AuditError
from .auparse import Interpreter
from .aureport import REPORTS, Row, is_no_value, read_overview, read_rows, read_totals
from .events import event
from .files import EventId, Log, Part, event_id
from .times import iso
from .tools import LogTool

__all__ = ("COLUMNS", "NAMES", "ReportError", "ReportRequest", "ReportResult", "columns_of", "read_report")

#: The names of all reports: ``log`` is made here, and ``overview`` is what aureport prints without an option.
NAMES = ("overview", *sorted([*REPORTS, "log"]))
_WITHOUT_SUMMARY = ("tty", "log", "overview")


class ReportError(AuditError):
    """The parameters ask for a report that does not exist."""


class ReportRequest(NamedTuple):
    """A report that is asked for. ``start`` and ``end`` are seconds since 1970; a ``limit`` of 0 means any number."""

    report: str
    summary: bool
    start: Optional[float]
    end: Optional[float]
    success: Optional[bool]
    node: Optional[str]
    config: bool
    limit: int

    def check(self) -> None:
        """Raise ReportError for a report that does not exist."""
        if self.summary and self.report in _WITHOUT_SUMMARY:
            raise ReportError(f"aureport has no summary of the report {self.report}")
        if self.limit < 0:
            raise ReportError("limit must be 0 (no limit) or a number of rows")

    def arguments(self) -> List[str]:
        """The arguments of aureport. It is not told the times: LogTool only gives it records between them."""
        words = ["-i"]
        if self.report != "overview":
            words.append(REPORTS[self.report][0])
        if self.summary:
            words.append("--summary")
        if self.success is not None:
            words.append("--success" if self.success else "--failed")
        if self.node:
            words += ["--node", self.node]
        if not self.config:
            words.append("--no-config")
        return words


class ReportResult(NamedTuple):
    """The rows of a report, and whether there are more than the limit."""

    rows: List[Dict[str, Any]]
    truncated: bool


def read_report(log: Log, request: ReportRequest) -> ReportResult:
    """Return the report on a log. Raises LogToolError, and InterpreterMissing if a row is not clear."""
    if request.report == "log":
        return ReportResult(_periods(log), False)
    parts = log.parts(request.start)
    with LogTool("aureport", request.arguments(), parts, request.start, request.end) as tool:
        lines = (line.decode("utf-8", "surrogateescape") for line in tool)
        if request.report == "overview":
            return ReportResult([read_overview(lines)], False)
        limit = request.limit
        if request.summary:
            totals = read_totals(lines)
            return ReportResult(totals[:limit] if limit else totals, bool(limit) and len(totals) > limit)
        columns = REPORTS[request.report][1].split()
        rows: List[Row] = []
        for row in read_rows(lines, columns):
            if limit and len(rows) == limit:
                return ReportResult(_complete(rows, columns, parts), True)
            rows.append(row)
        return ReportResult(_complete(rows, columns, parts), False)


def _periods(log: Log) -> List[Dict[str, Any]]:
    """The times of the first and the last record of each file."""
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


def _complete(rows: List[Row], columns: List[str], parts: List[Part]) -> List[Dict[str, Any]]:
    """The rows as the module returns them; one that is not clear has the values of its event."""
    unclear = {(row.seconds, row.event) for row in rows if row.values is None}
    events = _events(parts, unclear) if unclear else {}
    result = []
    for row in rows:
        structure = events.get((row.seconds, row.event))
        values = columns_of(structure, columns) if structure else row.values
        if values is None:
            values = dict.fromkeys(columns, None)
            values["event"] = row.event
        result.append(dict(values, time=iso(row.seconds)))
    return result


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


def _first(values: Iterable[Optional[str]]) -> Optional[str]:
    return next((value for value in values if not is_no_value(value)), None)


def _field(*names: str) -> Callable[[Mapping[str, Any]], Optional[str]]:
    return lambda structure: _first(record["fields"].get(name) for record in structure["records"] for name in names)


def _auid(structure: Mapping[str, Any]) -> Optional[str]:
    return structure["subject"].get("auid", {}).get("name")


def _file(structure: Mapping[str, Any]) -> Optional[str]:
    others = [path for path in structure["paths"] if path.get("type") != "PARENT"]
    return _first(path.get("name") for path in others or structure["paths"])


#: The value of each column, from an event in the structure that audit_search returns.
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


def columns_of(structure: Mapping[str, Any], columns: List[str]) -> Dict[str, Any]:
    """The values of some columns, from an event."""
    return {column: COLUMNS[column](structure) for column in columns}
