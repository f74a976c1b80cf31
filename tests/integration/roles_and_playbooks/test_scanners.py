# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSCAP's word on the packs of standards, and on verdicts: what passes, and that each difference is explained.

Scanners compare the text of files: ComplianceAsCode those of rules.d, DISA audit.rules. So no rule is loaded here;
test_packs.py loads all of them.
"""

import os

import pytest

import scanner_verdicts
from altered import ALTERATIONS
from audited import RULES_D, task
from scanned_host import content
from scans import SCANS
from scap import references

pytestmark = pytest.mark.fleet


@pytest.mark.parametrize("scan", SCANS, ids=[scan.title for scan in SCANS])
def test_each_rule_passes_or_its_failure_is_explained(scan, scanned):
    host = scanned(scan.guest)
    host.apply(scan)
    assert host.unexplained(scan) == []


COMPARED = [scan._replace(wanted=scanner_verdicts.WANTED) for scan in SCANS if scan.title in scanner_verdicts.COMPARED]


@pytest.mark.parametrize("scan", COMPARED, ids=[scan.title for scan in COMPARED])
def test_verdicts_by_text_are_those_of_the_scanner(scan, scanned):
    """A host has the rules of a standard, altered in all the ways that altered.py knows."""
    host = scanned(scan.guest)
    asked, evaluate = host.prepare_scan(scan)
    host.apply(scan)
    ((standard, parameters),) = scan.items
    judge = task("audit_compliance", {"standard": {"name": standard, "parameters": parameters}})
    (first,) = host.tasks(judge)
    rules = scanner_verdicts.rules_of(first["requirements"])
    lines = [line for wanted in rules.values() for line in wanted]
    steps = []
    for change in ALTERATIONS.values():
        text = "\n".join([*change(list(dict.fromkeys(lines))), ""]).replace("'", "'\\''")
        files = f"/etc/audit/audit.rules {RULES_D}/40-altered.rules"
        steps += [f"rm -f {RULES_D}/*.rules; printf %s '{text}' | tee {files} >/dev/null; {evaluate}", judge]
    done = host.tasks(*steps)
    found = scanner_verdicts.Verdicts(
        rules,
        scanner_verdicts.mapped(asked.rules, references(content(scan)), rules),
        {name: _failed(asked, said) for name, said in zip(ALTERATIONS, done[::2], strict=True)},
    )
    for name, judged in zip(ALTERATIONS, done[1::2], strict=True):
        assert not judged.get("failed"), judged
        ours = {each["id"]: each for each in judged["requirements"] if each["id"] in rules}
        by_text = {one: scanner_verdicts.met(each["rules"], "text") for one, each in ours.items()}
        assert scanner_verdicts.differences(scan.title, found, name, by_text) == []
        if name in scanner_verdicts.MEANS:
            means = {one: scanner_verdicts.met(each["rules"], "files") for one, each in ours.items()}
            assert set(means.values()) == {scanner_verdicts.MEANS[name]}, (name, means)
    if os.environ.get("LINUX_AUDIT_WRITE_VERDICTS"):
        scanner_verdicts.write(scan.title, found)
    assert scanner_verdicts.read()[scan.title] == found, "LINUX_AUDIT_WRITE_VERDICTS=1 writes what the scanner says now"


def _failed(asked, said):
    return sorted(rule for rule, passed in asked.results(said).items() if not passed)
