# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as a text file that the node exporter of Prometheus reads."""

from __future__ import annotations

import calendar
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from .printable import printable
from .report_states import KINDS

__all__ = ("metrics",)

#: Names without their prefix linux_audit_, kinds and help, in the order of the file.
_METRICS = {
    "report_timestamp_seconds": ("gauge", "When the report was made."),
    "hosts": ("gauge", "Hosts by state."),
    "host_state": ("gauge", "1 for the state that the host is in, 0 for the others."),
    "host_recording": (
        "gauge",
        "1 if the kernel records what its rules say, 0 if not or if the host has no audit system.",
    ),
    "host_locked": ("gauge", "1 if the kernel is locked until the next boot."),
    "host_reboot_required": ("gauge", "1 if changes wait for a boot."),
    "host_differences": ("gauge", "Reasons why the host is not in sync."),
    "host_lost_records_total": ("counter", "Records that the kernel has lost since its boot."),
    "host_backlog": ("gauge", "Records that wait for the daemon."),
    "host_backlog_limit": ("gauge", "Records that may wait for the daemon."),
    "host_lost_at_boot": ("gauge", "Lines of the rules files that the next boot does not load."),
    "host_log_reach_seconds": ("gauge", "How far back a full log reaches."),
    "host_log_oldest_timestamp_seconds": ("gauge", "The oldest record of the log."),
    "host_remote_proved": ("gauge", "1 if a record was seen to arrive at the log server, 0 if not."),
    "host_remote_proved_timestamp_seconds": ("gauge", "When a record was last seen to arrive at the log server."),
    "host_requirements": ("gauge", "Requirements of a standard by verdict."),
}


def metrics(document: Mapping) -> str:
    """The text of the file. Hosts that did not answer have a state, and nothing else."""
    samples: dict[str, list[str]] = {name: [] for name in _METRICS}

    def add(name: str, value: Any, **labels: str) -> None:
        if value is not None and value != "":
            said = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
            samples[name].append(f"linux_audit_{name}{{{said}}} {_number(value)}" if said else
                                 f"linux_audit_{name} {_number(value)}")  # fmt: skip

    add("report_timestamp_seconds", _seconds(document["generated"]))
    for kind in KINDS:
        add("hosts", document["totals"].get(kind.slug, 0), state=kind.slug)
    for entry in document["hosts"]:
        for name, value, labels in _of_host(entry):
            add(name, value, host=entry["host"], **labels)
    return "".join(
        f"# HELP linux_audit_{name} {said}\n# TYPE linux_audit_{name} {kind}\n" + "\n".join(samples[name]) + "\n"
        for name, (kind, said) in _METRICS.items()
        if samples[name]
    )


def _of_host(entry: Mapping) -> Iterator[tuple[str, Any, dict[str, str]]]:
    for kind in KINDS:
        yield "host_state", kind.slug == entry["kind"], {"state": kind.slug}
    if entry["kind"] in ("error", "unreachable"):
        return
    yield "host_recording", bool(entry.get("recording")), {}
    yield "host_differences", len(entry["reasons"]), {}
    yield "host_lost_at_boot", sum(problem["lost_at_boot"] for problem in entry.get("problems") or ()), {}
    if "lock" in entry:
        yield "host_locked", entry["lock"] == "immutable", {}
        yield "host_reboot_required", entry["reboot_required"], {}
        yield "host_lost_records_total", entry["lost"], {}
        yield "host_backlog", entry["backlog"], {}
        yield "host_backlog_limit", entry["backlog_limit"], {}
    log = entry.get("log") or {}
    yield "host_log_reach_seconds", None if log.get("days") is None else log["days"] * 86400, {}
    yield "host_log_oldest_timestamp_seconds", _seconds(log.get("oldest")), {}
    if (entry.get("remote") or {}).get("state") not in (None, "not asked"):
        yield "host_remote_proved", entry["remote"]["state"] == "arrived", {}
    yield "host_remote_proved_timestamp_seconds", _seconds(entry.get("proved")), {}
    for standard, verdicts in (entry.get("verdicts") or {}).items():
        for verdict, number in Counter(said["verdict"] for said in verdicts.values()).items():
            yield "host_requirements", number, {"standard": standard, "verdict": verdict}


def _number(value: float) -> str:
    return repr(int(value) if float(value).is_integer() else float(value))


def _seconds(text: object) -> int | None:
    """The seconds of a time such as 2026-01-31T12:00:00Z, with or without a fraction; None for what is no time."""
    try:
        return calendar.timegm(time.strptime(str(text)[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return None


def _escaped(text: object) -> str:
    # printable() has left neither newlines nor characters that UTF-8 lacks.
    return str(printable(str(text))).replace("\\", "\\\\").replace('"', '\\"')
