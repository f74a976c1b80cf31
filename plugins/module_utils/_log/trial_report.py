# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the counts of a trial mean: rates, shares, bytes a day, how far the logs reach back, and what would help."""

import os
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from .._daemon.conf_file import read_settings
from .._host.files import FileError
from ..rules.values import decimal
from .trial_count import Counts, Tally, most_common

__all__ = ("Elapsed", "log_capacity", "log_factor", "report")

_CONFIGURATION = "/etc/audit/auditd.conf"
_LOG = "/var/log/audit/audit.log"
_MEBIBYTE = 1 << 20
# How much of the log is looked at to learn how long its lines are.
_SAMPLE = 1 << 20
_HOUR, _DAY = 3600, 86400
# An exclusion is worth a rule if it leaves out this much of what a rule makes.
_WORTH_IT = 0.2
_FEW = 10


class Elapsed(NamedTuple):
    """How long was counted, how many names to return for each rule, and how much longer lines of the log are."""

    seconds: float
    top: int
    factor: float = 1.0


def report(lines: Sequence[str], tally: Tally, elapsed: Elapsed, capacity: Optional[int]) -> Dict[str, Any]:
    """The part of the result that the counts decide. ``lines``: the tried rules, in the order of the tally."""
    total = Counts()
    for rule in tally.rules.values():
        total = total.plus(rule.counts)
    rules = [_rule(line, tally, number, total, elapsed) for number, line in enumerate(lines)]
    return {
        "rules": sorted(rules, key=lambda rule: -rule["bytes"]),
        "set": _rates(total, elapsed),
        "others": _rates(tally.others, elapsed),
        "factor": round(elapsed.factor, 3),
        "retention": _retention(total, tally.others, elapsed, capacity),
    }


def _rates(counts: Counts, elapsed: Elapsed) -> Dict[str, Any]:
    per_second = counts.bytes * elapsed.factor / max(elapsed.seconds, 0.001)
    return {
        "events": counts.events,
        "records": counts.records,
        "bytes": counts.bytes,
        "events_per_second": round(counts.events / max(elapsed.seconds, 0.001), 3),
        "bytes_per_hour": round(per_second * _HOUR),
        "megabytes_per_day": round(per_second * _DAY / _MEBIBYTE, 2),
    }


def _rule(line: str, tally: Tally, number: int, total: Counts, elapsed: Elapsed) -> Dict[str, Any]:
    found = tally.rules[number]
    events = found.counts.events
    result: Dict[str, Any] = {"rule": line, **_rates(found.counts, elapsed)}
    result["share"] = round(found.counts.bytes / total.bytes, 4) if total.bytes else 0.0
    for name, counter in (("programs", found.programs), ("users", found.users), ("paths", found.paths)):
        result[name] = [
            {"name": key, "events": count, "share": round(count / events, 4)}
            for key, count in most_common(counter, elapsed.top)
        ]
    result["exclusion"] = _exclusion(found.pairs, events)
    return result


def _exclusion(pairs: Mapping[Any, int], events: int) -> Optional[Dict[str, Any]]:
    """The program and user whose events are most of those of a rule; None if they are few, or most of nothing."""
    if events < _FEW:
        return None
    (exe, auid), count = max(pairs.items(), key=lambda pair: (pair[1], pair[0]))
    share = count / events
    if share < _WORTH_IT or not exe.startswith("/"):
        return None
    return {
        "exe": exe,
        "auid": auid,
        "share": round(share, 4),
        "fields": [f"exe={exe}", f"auid={auid}"],
        "sentence": f"{share:.0%} of them: exe={exe}, auid {auid}",
    }


def _retention(total: Counts, others: Counts, elapsed: Elapsed, capacity: Optional[int]) -> Dict[str, Any]:
    """How many days the logs reach back at the rate of the trial, with and without the rules that were tried."""

    def days(counts: Counts) -> Optional[float]:
        if not capacity or not counts.bytes:
            return None
        return round(capacity / (counts.bytes * elapsed.factor / max(elapsed.seconds, 0.001) * _DAY), 2)

    return {
        "capacity_megabytes": round(capacity / _MEBIBYTE, 1) if capacity else None,
        "days_without": days(others),
        "days_with": days(others.plus(total)),
    }


def log_factor() -> float:
    """How much longer the lines of the log are than the records: by names of the enriched format, and of the node.

    It is that of the end of the log, where the records of the trial are.
    """
    try:
        log = read_settings(_CONFIGURATION).get("log_file") or _LOG
        with open(log, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _SAMPLE))
            lines = file.read().split(b"\n")[1:-1]
    except (FileError, OSError):
        return 1.0
    raw = sum(len(line[max(0, line.find(b"type=")) :].split(b"\x1d", 1)[0]) + 1 for line in lines)
    return (sum(map(len, lines)) + len(lines)) / raw if raw else 1.0


def log_capacity() -> Optional[int]:
    """How many bytes the logs of auditd can have before old ones go, or the disk is full; None if there is no log."""
    try:
        conf = {name: value.lower() for name, value in read_settings(_CONFIGURATION).items()}
        log = read_settings(_CONFIGURATION).get("log_file") or _LOG
    except (FileError, OSError):
        return None
    if conf.get("write_logs") == "no" or conf.get("log_format") == "nolog":
        return None
    held = _bytes_of(log)
    try:
        status = os.statvfs(os.path.dirname(log))
    except OSError:
        return None
    room = held + status.f_bavail * status.f_frsize
    size, number = (decimal(conf.get(name, "")) or 0 for name in ("max_log_file", "num_logs"))
    if conf.get("max_log_file_action") == "rotate" and size and number > 1:
        return min(room, size * number * _MEBIBYTE)
    return room


def _bytes_of(log: str) -> int:
    directory, name = os.path.split(log)
    try:
        names: List[str] = [other for other in os.listdir(directory) if other.startswith(name)]
        return sum(os.stat(os.path.join(directory, other)).st_size for other in names)
    except OSError:
        return 0
