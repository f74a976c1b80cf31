# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trials of a fleet: a row for each host and rule, and the report with the sums over all hosts."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import counted

from .answers import as_table
from .printable import printable

__all__ = ("trial_report", "trial_rows")

_COUNTS = ("events", "records", "bytes", "megabytes_per_day")


def trial_rows(results: Mapping[str, Mapping]) -> list[dict[str, Any]]:
    """A row for each host and each rule that was tried there, by the names of the hosts."""
    return [row for host, result in results.items() for row in _rows_of(host, result) or []]


def _rows_of(host: str, result: Mapping) -> list[dict[str, Any]] | None:
    """The rows of a host; None if it has tried no rule, or answers what the module does not return."""
    if "set" not in result:
        return None
    try:
        seconds = _number(result["seconds"])
        return [
            {
                "host": host,
                "rule": str(rule["rule"]),
                **{name: _number(rule[name]) for name in (*_COUNTS, "share")},
                "most": str((rule.get("exclusion") or {}).get("sentence", "")),
                "seconds": seconds,
                "stopped": str(result.get("stopped") or ""),
            }
            for rule in result["rules"]
        ]
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def trial_report(results: Mapping[str, Mapping]) -> list[str]:
    """Lines for people: the totals, a table of the rules with the noisiest first, and what hosts could not try."""
    by_host = {host: _rows_of(host, result) for host, result in results.items()}
    rows = [row for some in by_host.values() for row in some or []]
    done = [host for host, some in by_host.items() if some is not None]
    total = sum(row["megabytes_per_day"] for row in rows)
    head = f"{counted(len(done), 'host')} of {len(results)} tried rules; together they would log {total:.2f} MB a day."
    return [head, *as_table(_by_rule(rows)), *_remarks(results, done)]


def _by_rule(rows: list[dict[str, Any]]) -> list[Mapping]:
    """The sums of each rule over all hosts, the noisiest first, and those of all rules."""
    of_rule: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        of_rule.setdefault(row["rule"], []).append(row)
    sums = [_sum(rule, some) for rule, some in of_rule.items()]
    lines: list[Mapping] = sorted(sums, key=lambda line: -float(line["mb a day"]))
    if rows:
        lines.append({**_sum("all rules", rows), "noisiest": "", "most": ""})
    return lines


def _sum(rule: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    worst = max(rows, key=lambda row: row["megabytes_per_day"])
    return {
        "mb a day": f"{sum(row['megabytes_per_day'] for row in rows):.2f}",
        "events": sum(row["events"] for row in rows),
        "hosts": len({row["host"] for row in rows}),
        "noisiest": worst["host"],
        "most": worst["most"],
        "rule": rule,
    }


def _remarks(results: Mapping[str, Mapping], done: Collection[str]) -> list[str]:
    """What is to be said of single hosts."""
    remarks = []
    for host, result in results.items():
        if host not in done:
            remarks.append(f"{host}: nothing was tried: {_why_nothing(result)}")
            continue
        if result.get("stopped"):
            remarks.append(f"{host}: the trial ended after {result['seconds']} s ({result['stopped']})")
        retention = result.get("retention")
        days = retention.get("days_with") if isinstance(retention, Mapping) else None
        if days is not None:
            remarks.append(f"{host}: the logs would reach back {days} days")
    return [printable(remark) for remark in remarks]


def _why_nothing(result: Mapping) -> str:
    if "set" in result:
        return "the host answered what the module does not return"
    return str(result.get("msg") or "no rule is left to try")


def _number(value: object) -> float:
    """A number; a host on which root answers what it likes gets no text into a sum, and nothing that is no number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise TypeError(f"{value!r} is not a number")
    return value
