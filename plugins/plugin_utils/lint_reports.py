# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings of the linter as text, JSON, SARIF 2.1.0 and JUnit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import counted
from ansible_collections.linux.audit.plugins.module_utils.rules.findings import CHECKS, SEVERITIES, Finding
from ansible_collections.linux.audit.plugins.plugin_utils.lint_sets import described
from ansible_collections.linux.audit.plugins.plugin_utils.printable import printable

__all__ = ("FORMATS",)

PAGE = "https://github.com/linux-audit/linux.audit/blob/main/docs/lint.md"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_text(findings: Sequence[Finding], paths: Iterable[str]) -> str:
    """One line for each finding, its repair below it, and the totals."""
    lines = []
    for finding in findings:
        lines.append(printable(str(finding)))
        if finding.repair is not None:
            repair = finding.repair.split("\n") if finding.repair else ["(remove the line)"]
            lines += ["    repair: " + printable(line) for line in repair]
    totals = Counter(finding.severity for finding in findings)
    counts = ", ".join(counted(totals[severity], severity) for severity in reversed(SEVERITIES))
    return "\n".join([*lines, f"{counted(len(list(paths)), 'file')}: {counts}", ""])


def as_json(findings: Sequence[Finding], _paths: Iterable[str]) -> str:
    """A list of dictionaries."""
    return json.dumps([described(finding) for finding in findings], indent=2) + "\n"


def as_sarif(findings: Sequence[Finding], _paths: Iterable[str]) -> str:
    """A log file of the Static Analysis Results Interchange Format."""
    rules = [
        {
            "id": check.id,
            "shortDescription": {"text": f"{check.finds[0].upper()}{check.finds[1:]}."},
            "help": {"text": check.advice},
            "helpUri": PAGE,
            "defaultConfiguration": {"level": check.severity},
        }
        for check in CHECKS.values()
    ]
    driver = {"name": "linux.audit", "informationUri": PAGE, "rules": rules}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": list(map(_result, findings))}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(finding: Finding) -> dict[str, Any]:
    artifact = {"uri": quote(finding.path, safe="/", errors="surrogateescape")}
    result: dict[str, Any] = {
        "ruleId": finding.id,
        "ruleIndex": list(CHECKS).index(finding.id),
        "level": finding.severity,
        "message": {"text": printable(finding.message)},
        "locations": [
            {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": finding.line}}},
        ],
    }
    if finding.repair is not None:
        # Whole lines are replaced; an empty text means no line.
        text = finding.repair + "\n" if finding.repair else ""
        region = {"startLine": finding.line, "startColumn": 1, "endLine": finding.line + 1, "endColumn": 1}
        if finding.id == "no-final-newline":
            region = {"startLine": finding.line, "startColumn": len(finding.text) + 1}
            text = "\n"
        change = {
            "artifactLocation": artifact,
            "replacements": [{"deletedRegion": region, "insertedContent": {"text": printable_lines(text)}}],
        }
        result["fixes"] = [{"description": {"text": CHECKS[finding.id].advice}, "artifactChanges": [change]}]
    return result


def printable_lines(text: str) -> str:
    """Several lines, with all characters escaped that are not shown as themselves."""
    return "\n".join(printable(line) for line in text.split("\n"))


def as_junit(findings: Sequence[Finding], paths: Iterable[str]) -> str:
    """A test suite with a case for each file; a file with findings fails, and says all of them."""
    by_path: dict[str, list[Finding]] = {path: [] for path in paths}
    for finding in findings:
        by_path.setdefault(finding.path, []).append(finding)
    failed = [path for path, some in by_path.items() if some]
    counts = {"tests": str(len(by_path)), "failures": str(len(failed)), "errors": "0"}
    suites = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": "linux.audit lint", **counts})
    for path, some in by_path.items():
        case = ElementTree.SubElement(suite, "testcase", {"classname": "audit rules", "name": printable(path)})
        if some:
            message = {"message": counted(len(some), "finding"), "type": _worst(some)}
            failure = ElementTree.SubElement(case, "failure", message)
            failure.text = "\n".join(printable(str(finding)) for finding in some)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _worst(findings: Sequence[Finding]) -> str:
    return max((finding.severity for finding in findings), key=SEVERITIES.index)


#: What makes a text of findings and of the paths of all files, by the name of the format.
FORMATS: dict[str, Callable[[Sequence[Finding], Iterable[str]], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "junit": as_junit,
}
