# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The evidence of a fleet as files: JSON, CSV, JUnit, the Heimdall data format, and the checksums of all of them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from .answers import as_csv
from .compliance_report import lacking_parts, matrix
from .evidence import is_lacking
from .printable import printable

__all__ = ("SUMS", "files")

SUMS = "SHA256SUMS"
_IMPACTS = {"high": 0.7, "medium": 0.5, "low": 0.3}
_OF_HDF = {"met": "passed", "partly met": "failed", "not met": "failed"}
_NAME = re.compile(r"[^A-Za-z0-9._-]")


def files(document: Mapping, only: str = "") -> list[dict[str, str]]:
    """The files, each with ``name`` and ``text``; ``only``: "json" or "csv" for this one alone, without checksums."""
    if only:
        text = as_csv(_rows(document)) if only == "csv" else _as_json(document)
        return [{"name": f"compliance.{only}", "text": text}]
    found = [
        {"name": "compliance.json", "text": _as_json(document)},
        {"name": "compliance.csv", "text": as_csv(_rows(document))},
        {"name": "matrix.csv", "text": as_csv(matrix(document["hosts"]))},
        {"name": "junit.xml", "text": _junit(document)},
    ]
    found += [{"name": name, "text": _as_json(_hdf(entry, document))} for name, entry in _named(document["hosts"])]
    sums = "".join(f"{hashlib.sha256(file['text'].encode()).hexdigest()}  {file['name']}\n" for file in found)
    return [*found, {"name": SUMS, "text": sums}]


def _as_json(value: Any) -> str:
    # ASCII alone: what a host sends may have characters that no encoding has.
    return json.dumps(value, indent=1, ensure_ascii=True) + "\n"


def _named(hosts: Sequence[Mapping]) -> Iterator[tuple[str, Mapping]]:
    """Names of files for hosts: none has a directory in it, and no two are the same."""
    for entry in hosts:
        host = str(entry["host"])
        name = _NAME.sub("_", host)[:100]
        if name != host:
            name += "-" + hashlib.sha256(host.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        yield f"hdf-{name}.json", entry


def _rows(document: Mapping) -> list[dict[str, object]]:
    """A row for each host and requirement."""
    rows: list[dict[str, object]] = []
    for entry in document["hosts"]:
        releases = {item["name"]: item["release"] for item in entry["standards"]}
        proof = entry["proof"]
        first = {"host": entry["host"], "state": entry["state"]}
        last = {"time": proof.get("time", ""), "boot": proof.get("boot_id", ""), "rules": proof.get("sha256", "")}
        rows += [
            {
                **first,
                "standard": item["standard"],
                "release": releases.get(item["standard"], ""),
                "requirement": item["id"],
                "title": item["title"],
                "severity": item["severity"],
                "verdict": item["verdict"],
                **{view: item[view] for view in ("kernel", "files", "text")},
                "exception": (item["exception"] or {}).get("reason", ""),
                "until": (item["exception"] or {}).get("until", ""),
                "lacking": list(lacking_parts(item)),
                **last,
            }
            for item in entry["requirements"]
        ] or [{**first, **last}]
    return rows


def _attribute(value: object) -> str:
    return quoteattr(printable(str(value)))


def _junit(document: Mapping) -> str:
    """A suite for each host, and a case for each requirement."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites name="linux.audit.compliance">']
    for entry in document["hosts"]:
        verdicts = [item["verdict"] for item in entry["requirements"]]
        broken = not verdicts
        failures = sum(verdict in ("not met", "partly met") for verdict in verdicts)
        errors = verdicts.count("undecided") + broken
        skipped = sum(verdict in ("not applicable", "excepted") for verdict in verdicts)
        # A host that did not answer has no time, and an empty one is refused by some readers.
        time = entry["proof"].get("time")
        lines.append(
            f'<testsuite name={_attribute(entry["host"])} tests="{len(verdicts) + broken}" failures="{failures}" '
            f'errors="{errors}" skipped="{skipped}"{" timestamp=" + _attribute(time) if time else ""}>'
        )
        if broken:
            lines.append(
                f'<testcase classname="host" name="host"><error message={_attribute(entry["state"])}/></testcase>'
            )
        lines += [_case(item) for item in entry["requirements"]]
        lines.append("</testsuite>")
    return "\n".join([*lines, "</testsuites>", ""])


def _case(item: Mapping) -> str:
    verdict, waiver = item["verdict"], item["exception"]
    said = escape(printable("\n".join(lacking_parts(item)).replace("\n", " | ")))
    inside = ""
    if verdict == "undecided":
        inside = f'<error message="undecided">{said}</error>'
    elif is_lacking(verdict):
        inside = f"<failure message={_attribute(verdict)}>{said}</failure>"
    elif verdict == "excepted":
        inside = f"<skipped message={_attribute('exception until ' + waiver['until'] + ': ' + waiver['reason'])}/>"
    elif verdict == "not applicable":
        inside = '<skipped message="not applicable"/>'
    return f"<testcase classname={_attribute(item['standard'])} name={_attribute(item['id'])}>{inside}</testcase>"


def _hdf(entry: Mapping, document: Mapping) -> dict[str, Any]:
    """A host in the Heimdall data format, the results of InSpec: a profile for each standard."""
    proof = entry["proof"]
    return {
        "platform": {
            "name": proof.get("distribution", "") or "linux",
            "release": proof.get("kernel", ""),
            "target_id": str(entry["host"]),
        },
        "version": document["generator"],
        "statistics": {"duration": None},
        "profiles": [
            {
                "name": standard["name"],
                "title": standard["title"],
                "version": standard["release"] or None,
                "sha256": standard["sha256"],
                "status": "loaded",
                "supports": [],
                "attributes": [],
                "groups": [],
                "controls": [
                    _control(item, proof.get("time", ""), document["views"])
                    for item in entry["requirements"]
                    if item["standard"] == standard["name"]
                ],
            }
            for standard in entry["standards"]
        ],
        "passthrough": {"linux.audit": {"state": entry["state"], "proof": proof}},
    }


def _control(item: Mapping, when: str, views: Sequence[str]) -> dict[str, Any]:
    waiver = item["exception"]
    control: dict[str, Any] = {
        "id": item["id"],
        "title": item["title"] or item["id"],
        "desc": "\n".join(rule["wanted"] for rule in item["rules"]) or None,
        # In this format, a control without impact is one that does not apply.
        "impact": 0.0 if item["verdict"] == "not applicable" else _IMPACTS.get(item["severity"], 0.5),
        "refs": [],
        "tags": {"severity": item["severity"], **{view: item[view] for view in ("kernel", "files", "text")}},
        "source_location": {},
        "results": list(_results(item, when, views)),
    }
    if waiver:
        control["waiver_data"] = {
            "justification": waiver["reason"],
            "expiration_date": waiver["until"],
            "run": True,
            "skipped_due_to_waiver": item["verdict"] == "excepted",
            "message": "the waiver has expired" if waiver["expired"] else None,
        }
    return control


def _results(item: Mapping, when: str, views: Sequence[str]) -> Iterator[dict[str, Any]]:
    """A result for each view of each rule and check. One that is not known, or does not count, is skipped."""
    parts = [
        (f"{view}: {rule['wanted']}", rule[view]["status"], _why(rule[view]))
        for rule in item["rules"]
        for view in views
    ]
    parts += [
        (f"{view}: {check['what']}: {check['wanted']}", check[view], check["found"])
        for check in item["checks"]
        for view in views
    ]
    for described, status, why in parts or [("no rule of it can exist on this host", "not applicable", "")]:
        result = {"status": _OF_HDF.get(status, "skipped"), "code_desc": described, "start_time": when}
        if item["verdict"] == "excepted" and result["status"] == "failed":
            waiver = item["exception"]
            result |= {"status": "skipped", "skip_message": f"exception until {waiver['until']}: {waiver['reason']}"}
        elif result["status"] == "skipped":
            result["skip_message"] = "; ".join(filter(None, (status, why)))
        elif why:
            result["message"] = why
        yield result


def _why(said: Mapping) -> str:
    by = [f"by {rule}" for rule in said.get("by") or []]
    missing = [f"missing {text}" for text in said.get("missing") or []]
    return "; ".join(filter(None, (said.get("reason"), *missing, *by, said.get("origin"))))
