# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier results say: since when a host is as it is, how its lost records have changed, and how the fleet was.

Results of the playbooks report, drift and compliance are taken, told apart by their schema. A result that lacks a host
says nothing of it; one in which a host did not answer ends what was known of its verdicts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from .evidence import SCHEMA as COMPLIANCE
from .report_states import kind_of

__all__ = ("DRIFT", "REPORT", "after", "earlier", "point", "seen")

#: Names and versions of schemas; docs/report.md and docs/info.md tell what is in them.
REPORT = {"schema": "linux.audit.report", "schema_version": 1}
DRIFT = {"schema": "linux.audit.drift", "schema_version": 1}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_MOST_POINTS, _MOST_OF_HOST = 120, 30


def earlier(documents: Iterable[Mapping], when: str) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """What is known of each host, and the points of the trend. Raises ValueError for a document of another kind.

    ``when``: the time of the result that is made now.
    """
    hosts: dict[str, dict[str, Any]] = {}
    points: dict[str, dict[str, Any]] = {}
    for document in sorted(documents, key=_time):
        time, found = _time(document), _hosts(document)
        if time >= when:
            raise ValueError(f"the result of {time} is not earlier than {when}; look at the clock of the controller")
        points.update((one["time"], dict(one)) for one in document.get("history") or ())
        if document["schema"] != COMPLIANCE["schema"]:
            points.setdefault(time, point(time, (entry["kind"] for entry in found.values())))
        for host, entry in found.items():
            hosts[host] = after(hosts.get(host, {}), entry, time)
    return hosts, [points[time] for time in sorted(points)][-_MOST_POINTS:]


def point(time: str, kinds: Iterable[str], lost: float | None = None, lacking: int | None = None) -> dict[str, Any]:
    """A point of the trend: how many hosts were in which state, lost records, and lacked a requirement."""
    return {"time": time, "totals": dict(Counter(kinds)), "lost": lost, "lacking": lacking}


def _time(document: Mapping) -> str:
    known = (REPORT, DRIFT, COMPLIANCE)
    name, version = document.get("schema"), document.get("schema_version")
    if {"schema": name, "schema_version": version} not in known:
        names = ", ".join(f"{one['schema']} {one['schema_version']}" for one in known)
        raise ValueError(f"an earlier result must be one of {names}, not {name!r} {version!r}")
    time = document.get("generated")
    if not isinstance(time, str) or not _TIME.fullmatch(time):
        raise ValueError(
            f"an earlier result must have its time as generated, such as 2026-01-31T12:00:00Z, not {time!r}"
        )
    return time


def _hosts(document: Mapping) -> dict[str, dict[str, Any]]:
    """What a document says of its hosts, whatever its schema."""
    read = {REPORT["schema"]: seen, DRIFT["schema"]: _of_row, COMPLIANCE["schema"]: _of_evidence}[document["schema"]]
    return {str(entry["host"]): read(entry) for entry in document["hosts"]}


def seen(entry: Mapping) -> dict[str, Any]:
    """What an entry of the report says of its host."""
    found: dict[str, Any] = {"kind": str(entry["kind"]), "lost": entry.get("lost")}
    found |= {name: entry[name] for name in ("since", "first", "proved", "trend") if entry.get(name)}
    found["reasons"] = {
        str(one["text"]): one["since"] for one in entry.get("reasons") or () if isinstance(one, Mapping)
    } or dict.fromkeys(map(str, entry.get("reasons") or ()))
    verdicts = entry.get("verdicts")
    if verdicts is not None:
        found["verdicts"] = {
            (standard, name): (said["verdict"], said.get("since"))
            for standard, of_standard in verdicts.items()
            for name, said in of_standard.items()
        }
    return found


def _of_row(row: Mapping) -> dict[str, Any]:
    lost = row.get("lost")
    return {
        "kind": kind_of(str(row["state"])).slug,
        "lost": lost if isinstance(lost, int) else None,
        "reasons": dict.fromkeys(map(str, row.get("reasons") or ())),
    }


def _of_evidence(entry: Mapping) -> dict[str, Any]:
    return {
        "verdicts": {
            (str(item["standard"]), str(item["id"])): (str(item["verdict"]), None)
            for item in entry.get("requirements") or ()
        }
    }


def after(old: Mapping, new: Mapping, time: str) -> dict[str, Any]:
    """What is known of a host after a result of this time, in which ``new`` is said of it."""
    found = dict(old)
    found["first"] = old.get("first") or new.get("first") or time
    if "kind" in new:
        found["kind"] = new["kind"]
        found["since"] = old["since"] if old.get("kind") == new["kind"] else new.get("since") or time
        found["reasons"] = {
            text: old.get("reasons", {}).get(text) or since or time for text, since in new["reasons"].items()
        }
        trend = old.get("trend") or list(new.get("trend") or [])[:-1]
        found["trend"] = [*trend, {"time": time, "kind": new["kind"], "lost": new["lost"]}][-_MOST_OF_HOST:]
    if new.get("lost") is not None:
        found |= {"lost": new["lost"], "lost_at": time}
    if new.get("proved"):
        found["proved"] = new["proved"]
    if "verdicts" in new:
        before = old.get("verdicts", {})
        found["verdicts"] = {
            key: before[key] if key in before and before[key][0] == verdict else (verdict, since or time)
            for key, (verdict, since) in new["verdicts"].items()
        }
    return found
