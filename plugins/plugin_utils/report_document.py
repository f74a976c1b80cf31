# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a fleet as one document, which is what is written as JSON; the page and the metrics are made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import counted

from .evidence import is_lacking, release
from .report_history import REPORT, after, earlier, point, seen
from .report_states import headline, others, rank

__all__ = ("document",)

_MOST_KEYS = 200
_NOTHING = {"hosts": 0, "events": 0, "bytes": 0, "bytes_a_day": 0, "noisiest": "", "most": -1}


def document(entries: Sequence[Mapping], when: str, before: Iterable[Mapping] = ()) -> dict[str, Any]:
    """The document, the worst hosts first.

    ``when``: the time, as in 2026-01-31T12:00:00Z. ``before``: earlier documents of the playbooks report, drift and
    compliance. Raises ValueError for one of another kind.
    """
    past, history = earlier(before, when)
    hosts = [_with_past(_with_verdicts(entry), past.get(str(entry["host"]), {}), when) for entry in entries]
    hosts.sort(key=lambda entry: (rank(entry["kind"]), -len(entry["reasons"]), entry["host"]))
    totals = Counter(entry["kind"] for entry in hosts)
    changes = [entry["lost_change"] for entry in hosts if entry.get("lost_change") is not None]
    judged = [entry for entry in hosts if "verdicts" in entry]
    now = point(
        when,
        (entry["kind"] for entry in hosts),
        sum(changes) if changes else None,
        sum(map(_lacks, judged)) if judged else None,
    )
    keys = _keys(hosts)
    return {
        **REPORT,
        "generated": when,
        "generator": f"linux.audit {release()}".strip(),
        "compared_with": history[-1]["time"] if history else None,
        "headline": headline(totals),
        "others": others(totals),
        "notes": _notes(hosts, len(keys)),
        "totals": dict(totals),
        "locked": sum(entry.get("lock") == "immutable" for entry in hosts),
        "standards": _standards(entries),
        "keys": keys[:_MOST_KEYS],
        "history": [*history, now],
        "hosts": hosts,
    }


def _with_verdicts(entry: Mapping) -> dict[str, Any]:
    """The entry with its verdicts by standard and requirement, and with what it lacks; titles are in the document."""
    found = {name: value for name, value in entry.items() if name != "judged"}
    if "judged" not in entry:
        return found
    standards = entry["judged"]["standards"]
    found["verdicts"] = {
        standard["name"]: {item["id"]: {"verdict": item["verdict"]} for item in standard["requirements"]}
        for standard in standards
    }
    found["lacking"] = [
        {
            "standard": standard["name"],
            **{name: value for name, value in item.items() if name not in ("title", "severity")},
        }
        for standard in standards
        for item in standard["requirements"]
        if is_lacking(item["verdict"]) or "exception" in item
    ]
    if not standards:
        found["not_judged"] = entry["judged"]["state"]
    return found


def _with_past(entry: dict[str, Any], old: Mapping, when: str) -> dict[str, Any]:
    """The entry with since when its state, its reasons and its verdicts are what they are."""
    if (entry.get("remote") or {}).get("state") == "arrived":
        entry["proved"] = when
    known = after(old, seen(entry), when)
    for name in ("since", "first", "trend"):
        entry[name] = known[name]
    if known.get("proved"):
        entry["proved"] = known["proved"]
    entry["reasons"] = [{"text": text, "since": since} for text, since in known["reasons"].items()]
    for (standard, name), (_verdict, since) in known.get("verdicts", {}).items():
        if name in entry.get("verdicts", {}).get(standard, {}):
            entry["verdicts"][standard][name]["since"] = since
    if entry.get("lost") is not None and old.get("lost") is not None:
        restarted = entry["lost"] < old["lost"]
        entry["lost_change"] = entry["lost"] - (0 if restarted else old["lost"])
        entry["lost_compared"] = old["lost_at"]
    return entry


def _standards(entries: Iterable[Mapping]) -> list[dict[str, Any]]:
    """The standards with the requirements that any host was judged by, in their order."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        for standard in entry.get("judged", {}).get("standards", ()):
            first = {name: standard[name] for name in ("name", "title", "release")}
            kept = found.setdefault(standard["name"], {**first, "requirements": {}})["requirements"]
            for item in standard["requirements"]:
                kept.setdefault(item["id"], {name: item[name] for name in ("id", "title", "severity")})
    return [{**standard, "requirements": list(standard["requirements"].values())} for standard in found.values()]


def _keys(hosts: Iterable[Mapping]) -> list[dict[str, Any]]:
    """The keys of all hosts, those that log most a day first, each with the host on which it logs most."""
    found: dict[str | None, dict[str, Any]] = {}
    for entry in hosts:
        for item in entry.get("keys") or ():
            sums = found.setdefault(item["key"], {"key": item["key"], **_NOTHING})
            sums["hosts"] += 1
            for name in ("events", "bytes", "bytes_a_day"):
                sums[name] += item[name] or 0
            if (item["bytes_a_day"] or 0) > sums["most"]:
                sums |= {"noisiest": entry["host"], "most": item["bytes_a_day"] or 0}
    return sorted(found.values(), key=lambda sums: (-sums["bytes_a_day"], -sums["bytes"], sums["key"] or ""))


def _notes(hosts: Sequence[Mapping], keys: int) -> list[str]:
    """Sentences on what is to be looked at beside the states, and on what the report has no room for."""
    counts = (
        ("lost records since the earlier result", [entry for entry in hosts if entry.get("lost_change")]),
        ("cannot prove that records arrive at the log server",
         [entry for entry in hosts if (entry.get("remote") or {}).get("state") == "not confirmed"]),
        ("will lose rules at the next boot",
         [entry for entry in hosts if any(problem["lost_at_boot"] for problem in entry.get("problems") or ())]),
        ("could not be judged by a standard", [entry for entry in hosts if entry.get("not_judged")]),
        ("had more to say than the report keeps of a host", [entry for entry in hosts if entry.get("left_out")]),
    )  # fmt: skip
    found = [f"{counted(len(some), 'host')} {said}." for said, some in counts if some]
    if keys > _MOST_KEYS:
        found.append(f"Of {keys:,} keys, the report has the {_MOST_KEYS} that log most.")
    judged = [entry for entry in hosts if entry.get("verdicts")]
    if judged:
        good = len(judged) - sum(map(_lacks, judged))
        found.append(
            f"Of {counted(len(judged), 'judged host')}, {good:,} {'meets' if good == 1 else 'meet'} all requirements."
        )
    return found


def _lacks(entry: Mapping) -> bool:
    return any(is_lacking(item["verdict"]) for item in entry["lacking"])
