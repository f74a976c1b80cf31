# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events as rows of a table, for people."""

from __future__ import annotations

import csv
import io
import re
import shlex
from collections.abc import Callable, Mapping, Sequence

from ansible_collections.linux.audit.plugins.plugin_utils.printable import for_spreadsheet, printable, shortened, width

__all__ = ("COLUMNS", "as_csv", "as_table", "row")

# Columns of a terminal that a cell of a table takes at most; the end of a long command line seldom matters.
_WIDEST = 60
_SIGNAL = re.compile(r"SIG[A-Z0-9+]+")


def _name(identity: Mapping | None) -> object:
    if not identity:
        return None
    return identity.get("id") if identity.get("name") is None else identity["name"]


def _user(event: Mapping) -> object:
    """The user who logged in, or the user that a process without a login runs as."""
    subject = event["subject"]
    login = _name(subject.get("auid"))
    return _name(subject.get("uid")) if login in (None, "unset") else login


def _addresses(event: Mapping, name: str) -> list:
    return [address[name] for address in event["addresses"] if address.get(name) is not None]


def _paths(event: Mapping) -> list:
    paths = [path for path in event["paths"] if path.get("type") != "PARENT"] or event["paths"]
    return list(dict.fromkeys(map(_place, paths)))


def _place(path: Mapping) -> object:
    """A path; or the name as it is recorded, and what it is relative to; or the inode of a file without a name."""
    if path.get("path") is not None:
        return path["path"]
    name, descriptor = path.get("name"), path.get("descriptor")
    if name is None:
        return None if path.get("inode") is None else f"(inode {path['inode']} on {path.get('device')})"
    if descriptor is None:
        return name
    return f"{name} (relative to {'a directory' if descriptor == -1 else f'descriptor {descriptor}'})"


def _fields(event: Mapping, kind: str, *names: str) -> list:
    """The values of these fields in each record of a type, as one text per record."""
    records = [record["fields"] for record in event["records"] if record["type"] == kind]
    return [" ".join(fields[name] for name in names if name in fields) for fields in records]


def _signals(event: Mapping) -> list:
    call = event["syscall"]
    return [word for word in (call["arguments"] if call else []) if word and _SIGNAL.fullmatch(word)]


#: By column, the function that takes its value from an event of audit_search. A list is shown as its items.
COLUMNS: dict[str, Callable[[Mapping], object]] = {
    "time": lambda event: event["time"],
    "host": lambda event: event.get("host") or event["node"],
    "log": lambda event: event.get("log"),
    "event": lambda event: event["id"],
    "types": lambda event: event["types"],
    "user": _user,
    "as": lambda event: _name(event["subject"].get("euid") or event["subject"].get("uid")),
    "session": lambda event: event["subject"].get("session"),
    "terminal": lambda event: event["subject"].get("terminal"),
    "from": lambda event: event["subject"].get("hostname") or event["subject"].get("address"),
    "pid": lambda event: event["subject"].get("pid"),
    "program": lambda event: event["subject"].get("exe") or event["subject"].get("comm"),
    "command": lambda event: shlex.join(event["command"]),
    "action": lambda event: event["syscall"]["name"] if event["syscall"] else event["action"],
    "object": lambda event: event["object"],
    "path": _paths,
    "address": lambda event: _addresses(event, "address") or _addresses(event, "path"),
    "port": lambda event: _addresses(event, "port"),
    "signal": _signals,
    "target": lambda event: [target.get("comm") for target in event["targets"]],
    "target_pid": lambda event: [target.get("pid") for target in event["targets"]],
    "firewall": lambda event: _fields(event, "NETFILTER_CFG", "op", "table"),
    "result": lambda event: {True: "success", False: "failed", None: None}[event["success"]],
    "key": lambda event: event["keys"],
}


def row(event: Mapping, columns: list[str], escape: bool = True) -> dict[str, str]:
    """The columns of an event as texts, exact ones without `escape`. Raises KeyError for an unknown column."""
    texts = {column: _text(COLUMNS[column](event)) for column in columns}
    return printable(texts) if escape else texts


def _text(value: object) -> str:
    if isinstance(value, list):
        value = ", ".join(str(item) for item in value if item is not None)
    return "" if value is None else str(value)


def as_table(rows: Sequence[Mapping]) -> list[str]:
    """Lines with a header and aligned columns, without columns that are empty in all rows; [] without rows."""
    if not rows:
        return []
    columns = [column for column in _keys(rows) if any(one.get(column) not in (None, "") for one in rows)]
    cells = [[printable(str(column).upper().replace("_", " ")) for column in columns]]
    cells += [[shortened(printable(str(one.get(column, ""))) or "-", _WIDEST) for column in columns] for one in rows]
    widths = [max(width(line[place]) for line in cells) for place in range(len(columns))]
    return ["  ".join(map(_padded, line, widths)).rstrip() for line in cells]


def _keys(rows: Sequence[Mapping]) -> list:
    """The keys of all rows, in the order in which they come."""
    return list(dict.fromkeys(key for one in rows for key in one))


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - width(text))


def _cell(value: object) -> object:
    return "; ".join(map(str, value)) if isinstance(value, list) else value


def as_csv(rows: Sequence[Mapping]) -> str:
    """CSV as in RFC 4180, with a header, but with newlines alone at the ends of lines; "" without rows."""
    target = io.StringIO()
    if rows:
        columns = _keys(rows)
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(map(for_spreadsheet, columns))
        writer.writerows([for_spreadsheet(_cell(one.get(column, ""))) for column in columns] for one in rows)
    return target.getvalue()
