# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What aureport(8) prints, read as data.

aureport separates columns by spaces and prints values as they were recorded, which may contain spaces and newlines. A
row that could be read in more than one way is left without values.
"""

import calendar
import re
import time
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from ..rules.values import decimal
from .events import OUTCOMES
from .paths import NO_VALUE

__all__ = ("REPORTS", "Row", "is_no_value", "read_overview", "read_rows", "read_totals")

#: The reports, by the long option of aureport without its dashes: the option, and the columns after date and time.
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
# Lines of the report that aureport prints without an option, and the names of their numbers in the result.
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
_TIME = "%m/%d/%y %H:%M:%S"
_ROW = re.compile(r"\d+\. (\d\d/\d\d/\d\d \d\d:\d\d:\d\d) (.*)", re.DOTALL)


class Row(NamedTuple):
    """A row of a report: seconds since 1970, the serial number of the event, and the values by column.

    ``values`` is None if the row can be read in more than one way.
    """

    seconds: int
    event: int
    values: Optional[Dict[str, Any]]


def read_rows(lines: Iterable[str], columns: List[str]) -> Iterator[Row]:
    """The rows of a report that ``aureport -i`` prints with LC_ALL=C and TZ=UTC."""
    pending: Optional[str] = None
    rules = 0
    for line in lines:
        line = line.rstrip("\n")
        if rules < 2:
            rules += bool(line) and not line.strip("=")
        elif _begins_row(line):
            if pending is not None:
                yield _row(pending, columns)
            pending = line
        elif pending is not None:
            # A recorded value may contain a newline.
            pending += "\n" + line
    if pending is not None:
        yield _row(pending, columns)


def _begins_row(line: str) -> bool:
    """Whether a line begins with the number and the time of a row; a value may contain something like that."""
    found = _ROW.match(line)
    try:
        return bool(found and time.strptime(found.group(1), _TIME))
    except ValueError:
        return False


def _row(text: str, columns: List[str]) -> Row:
    stamp, rest = _ROW.findall(text)[0]
    words = rest.rstrip("\n").split(" ")
    seconds = calendar.timegm(time.strptime(stamp, _TIME))
    number = words[0] if columns[0] == "event" else words[-1]
    # aureport shows a character that cannot be printed as a backslash and digits.
    clear = len(words) == len(columns) and "\\" not in rest and "\n" not in rest
    values = {column: _value(column, word) for column, word in zip(columns, words)} if clear else None
    return Row(seconds, decimal(number) or 0, values)


def _value(column: str, word: str) -> Any:
    if column in _NUMBERS:
        return decimal(word)
    if column == "success":
        return OUTCOMES.get(word)
    return None if is_no_value(word) else word


def is_no_value(text: Optional[str]) -> bool:
    """Whether a text, in a record or in a report, means that the value is not known."""
    return text is None or text in NO_VALUE or text == "unknown"


def read_totals(lines: Iterable[str]) -> List[Dict[str, Any]]:
    """The rows of a report with ``--summary``, as ``total`` and ``value``."""
    found = (re.fullmatch(r"([0-9]{1,18})  (.*)", line.rstrip("\n"), re.DOTALL) for line in lines)
    return [{"total": int(row.group(1)), "value": row.group(2)} for row in found if row]


def read_overview(lines: Iterable[str]) -> Dict[str, int]:
    """The numbers of the report that aureport prints without an option."""
    found = (re.fullmatch(r"Number of (.*): ([0-9]{1,18})", line.rstrip("\n")) for line in lines)
    return {_OVERVIEW[row.group(1)]: int(row.group(2)) for row in found if row and row.group(1) in _OVERVIEW}
