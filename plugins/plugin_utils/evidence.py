# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence that a fleet meets standards: one document of all hosts, from what audit_compliance said of each.

The document is what is written as JSON; every other form is made of it. Whatever a host answers is taken for text.
"""

from __future__ import annotations

import pathlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import counted

__all__ = ("SCHEMA", "VIEWS", "changes", "document", "host_entry", "is_lacking", "release", "views_of")

#: The name and version of the schema; docs/compliance.md tells what is in it, and what a new version means.
SCHEMA = {"schema": "linux.audit.compliance", "schema_version": 1}
VIEWS = ("kernel", "files", "text")
MET, PARTLY_MET, NOT_MET, UNDECIDED, NOT_APPLICABLE = "met", "partly met", "not met", "undecided", "not applicable"
EXCEPTED = "excepted"
_COLLECTION = pathlib.Path(__file__).resolve().parents[2]
# From the worst to the best; the worst of several views counts.
_ORDER = (NOT_MET, PARTLY_MET, UNDECIDED, MET, NOT_APPLICABLE)
_TEXTS = ("standard", "id", "title", "severity")
_PROOF = (
    "time",
    "boot_id",
    "kernel",
    "machine",
    "audit",
    "distribution",
    "enabled",
    "lost",
    "backlog",
    "daemon",
    "sha256",
)


def views_of(value: Any) -> list[str]:
    """The names of views, from a list or a text with commas. Raises ValueError for anything else."""
    several = value.split(",") if isinstance(value, str) else value
    found = [item.strip() if isinstance(item, str) else item for item in several] if _is_list(several) else []
    if not found or not all(item in VIEWS for item in found):
        raise ValueError(f"views are some of {', '.join(VIEWS)}, not {value!r}")
    return found


def _is_list(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, Mapping)


def is_lacking(verdict: str) -> bool:
    """Whether a verdict is not good, and no exception counts."""
    return verdict in (NOT_MET, PARTLY_MET, UNDECIDED)


def host_entry(host: str, result: Mapping, views: Sequence[str] = VIEWS[:2]) -> dict[str, Any]:
    """What the document has of a host, for a result of audit_compliance; also for that of a host that has failed.

    ``views``: which verdicts count. Raises ValueError or TypeError for what the module does not return.
    """
    if result.get("unreachable") or result.get("failed") or "requirements" not in result:
        state = "unreachable" if result.get("unreachable") else f"failed: {result.get('msg') or 'unknown'}"
        return {"host": host, "state": state, "standards": [], "requirements": [], "proof": {}}
    found = [_requirement(item, views) for item in result["requirements"]]
    counts = Counter(item["verdict"] for item in found)
    lacking = sum(count for verdict, count in counts.items() if is_lacking(verdict))
    proof = result.get("proof") or {}
    return {
        "host": host,
        "state": f"{NOT_MET}: {lacking}" if lacking else MET,
        "standards": [
            {key: str(item.get(key) or "") for key in ("name", "title", "release", "sha256")}
            for item in result.get("standards") or []
        ],
        "counts": {verdict: counts[verdict] for verdict in (*_ORDER, EXCEPTED)},
        "proof": {
            **{key: str(proof.get(key, "")) for key in _PROOF},
            "rules": [str(rule) for rule in proof.get("rules") or []],
        },
        "requirements": found,
    }


def _requirement(item: Mapping, views: Sequence[str]) -> dict[str, Any]:
    verdicts = {view: item[view] for view in VIEWS}
    if any(verdict not in _ORDER for verdict in verdicts.values()):
        raise ValueError(f"these are no verdicts: {verdicts}")
    worst = min((verdicts[view] for view in views), key=_ORDER.index)
    waiver = item.get("exception") or None
    counts = waiver is not None and not waiver["expired"] and is_lacking(worst)
    return {
        **{key: str(item.get(key) or "") for key in _TEXTS},
        "verdict": EXCEPTED if counts else worst,
        **verdicts,
        "exception": None
        if waiver is None
        else {
            "reason": str(waiver["reason"]), "until": str(waiver["until"]), "expired": bool(waiver["expired"]),
        },
        "rules": [_rule(rule) for rule in item.get("rules") or []],
        "checks": [
            {key: str(check.get(key, "")) for key in ("what", "wanted", "found", *VIEWS)}
            for check in item.get("checks") or []
        ],
        "left_out": [str(text) for text in item.get("left_out") or []],
    }  # fmt: skip


def _rule(rule: Mapping) -> dict[str, Any]:
    found: dict[str, Any] = {"wanted": str(rule["wanted"])}
    for view in ("kernel", "files"):
        said = rule[view]
        _check_status(said)
        lists = ("by", "keys", "missing", "off_by", *(("origins",) if view == "files" else ()))
        found[view] = {
            "status": str(said["status"]),
            "reason": str(said.get("reason") or ""),
            **{key: [str(text) for text in said.get(key) or []] for key in lists},
        }
    text = rule["text"]
    _check_status(text)
    found["text"] = {
        "status": str(text["status"]),
        "origin": str(text.get("origin") or ""),
        "in_auditctl_l": bool(text.get("in_auditctl_l")),
    }
    return found


def _check_status(said: Mapping) -> None:
    if said["status"] not in _ORDER:
        raise ValueError(f"this is no verdict: {said['status']!r}")


def document(
    entries: Iterable[Mapping], when: str, views: Sequence[str], before: Mapping | None = None
) -> dict[str, Any]:
    """The evidence of all hosts, those that lack most first. ``before``: an earlier document to compare with."""
    hosts = sorted(entries, key=lambda entry: (_rank(entry), str(entry["host"])))
    found: dict[str, Any] = {
        **SCHEMA,
        "generated": when,
        "generator": f"linux.audit {release()}".strip(),
        "views": list(views),
        "summary": summary(hosts),
        "hosts": hosts,
    }
    if before is not None:
        found["before"] = {"generated": str(before.get("generated") or ""), "summary": str(before.get("summary") or "")}
        found["changes"] = changes(before, hosts)
    return found


def release() -> str:
    """The release of this collection, as Ansible Galaxy or its source says; "" if neither file is there."""
    for path, pattern in (("MANIFEST.json", r'"version": "([^"]+)"'), ("galaxy.yml", r"^version: (\S+)")):
        try:
            found = re.search(pattern, (_COLLECTION / path).read_text(encoding="utf-8"), re.MULTILINE)
        except OSError:
            continue
        if found:
            return found.group(1)
    return ""


def summary(hosts: Sequence[Mapping]) -> str:
    """The totals in one line."""
    states = Counter(str(entry["state"]).partition(":")[0] for entry in hosts)
    totals = ", ".join(f"{states[state]} {state}" for state in ("failed", "unreachable", NOT_MET, MET) if states[state])
    numbers = Counter(item["verdict"] for entry in hosts for item in entry["requirements"])
    verdicts = ", ".join(f"{numbers[name]} {name}" for name in (*_ORDER, EXCEPTED) if numbers[name])
    return f"{counted(len(hosts), 'host')}: {totals or 'none'}. Verdicts: {verdicts or 'none'}."


def _rank(entry: Mapping) -> tuple[int, int]:
    kind, _colon, number = str(entry["state"]).partition(":")
    place = ("failed", "unreachable", NOT_MET, MET).index(kind)
    return place, -int(number) if kind == NOT_MET else 0


def changes(before: Mapping, hosts: Iterable[Mapping]) -> list[dict[str, str]]:
    """Where verdicts are other ones than in an earlier document; "" where there was, or is, none."""
    old, new = _verdicts(before.get("hosts") or []), _verdicts(hosts)
    return [
        {"host": host, "standard": standard, "id": name, "before": old.get(key, ""), "after": new.get(key, "")}
        for key in sorted(old.keys() | new.keys())
        for host, standard, name in [key]
        if old.get(key) != new.get(key)
    ]


def _verdicts(hosts: Iterable[Mapping]) -> dict[tuple[str, str, str], str]:
    return {
        (str(entry["host"]), str(item["standard"]), str(item["id"])): str(item["verdict"])
        for entry in hosts
        for item in entry.get("requirements") or []
        # An earlier document may have been edited.
        if item["verdict"] in (*_ORDER, EXCEPTED)
    }
