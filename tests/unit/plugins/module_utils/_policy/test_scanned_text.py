# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdicts by text against what OpenSCAP said of the same text, as the test with the scanner has stored it."""

import pytest

import scanner_verdicts
from altered import ALTERATIONS
from ansible_collections.linux.audit.plugins.module_utils._policy.scanned_text import ScannedLines

TABLE = scanner_verdicts.read()


def by_text(rules, alteration):
    """By requirement, whether the altered rules of all requirements have the text of its rules."""
    lines = list(dict.fromkeys(line for wanted in rules.values() for line in wanted))
    held = ScannedLines(dict.fromkeys(ALTERATIONS[alteration](lines), "50-site.rules:1"))
    return {one: all(held.place(line) for line in wanted) for one, wanted in rules.items()}


@pytest.mark.parametrize("title", scanner_verdicts.COMPARED)
@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_the_verdict_is_that_of_the_scanner(title, alteration):
    found = TABLE[title]
    ours = by_text(found.rules, alteration)
    assert scanner_verdicts.differences(title, found, alteration, ours) == []


@pytest.mark.parametrize(
    ("title", "alteration"), [(title, name) for title, names in scanner_verdicts.COMPARED.items() for name in names]
)
def test_each_explanation_explains_a_difference(title, alteration):
    found = TABLE[title]
    failed = set(found.failed[alteration])
    ours = by_text(found.rules, alteration)
    assert any(not ours[one] and not failed & set(rules) for one, rules in found.scanned.items())


@pytest.mark.parametrize("title", scanner_verdicts.COMPARED)
def test_the_table_is_about_many_requirements_that_pass_and_fail(title):
    found = TABLE[title]
    assert len(found.scanned) >= 15
    assert {one for rules in found.scanned.values() for one in rules} - set(found.failed["nothing"])
    for name in ("all rules are comments", "rules for b32 are missing", "every second rule is missing"):
        assert len(found.failed[name]) > len(found.failed["nothing"])


CHMOD = "-a always,exit -F arch=b64 -S chmod,fchmod -F auid>=1000 -F auid!=unset -k perm_mod"


@pytest.mark.parametrize(
    ("held", "met"),
    [
        ([CHMOD], True),
        (["-a always,exit -F arch=b64 -S fchmod,mount,chmod -F auid>=1000 -F auid!=4294967295 -F key=x"], True),
        ([CHMOD.replace("chmod,fchmod", "chmod"), CHMOD.replace("chmod,fchmod", "fchmod")], True),
        ([CHMOD.replace("chmod,fchmod", "chmod")], False),
        ([CHMOD.replace("chmod,fchmod", "chmod"), CHMOD.replace("64 -S chmod,", "32 -S ")], False),
        ([CHMOD.replace(" -F auid!=unset", "")], False),
        ([CHMOD.replace("exit ", "exit -F auid!=unset ").replace("1000 -F auid!=unset", "1000")], False),
        ([CHMOD.replace(" -k perm_mod", "")], False),
        ([CHMOD.replace("-F auid>=1000 -F auid!=unset", "-F auid!=4294967295")], False),
        (["# " + CHMOD], False),
        ([], False),
    ],
)
def test_what_is_taken_for_a_line(held, met):
    assert bool(ScannedLines(dict.fromkeys(held, "x")).place(CHMOD)) is met


@pytest.mark.parametrize(
    ("wanted", "held", "met"),
    [
        ("-w /etc/passwd -p wa -k identity", "-w /etc/passwd  -p rwxa -k other", True),
        ("-w /etc/passwd -p wa -k identity", "-w /etc/passwd -p w -k identity", False),
        ("-w /etc/passwd -p wa -k identity", "-w /etc/ -p wa -k identity", False),
        ("-w /bin/kmod -p x -k modules", "-w /bin/kmod -p rwxa -k modules", False),
        ("-w /bin/kmod -p x -k modules", "-w /bin/kmod -p x -F key=modules", False),
    ],
)
def test_what_is_taken_for_a_watch(wanted, held, met):
    assert bool(ScannedLines({held: "x"}).place(wanted)) is met


def test_the_place_is_that_of_the_very_line_if_there_is_one():
    other = CHMOD.replace("perm_mod", "other")
    assert ScannedLines({other: "a:1", CHMOD.replace(" ", "  "): "b:2"}).place(CHMOD) == "b:2"
    assert ScannedLines({other: "a:1"}).place(CHMOD) == "a:1"
