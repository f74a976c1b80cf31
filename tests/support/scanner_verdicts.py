# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What OpenSCAP says of altered rules, by requirement, and in what our verdicts by text may differ from it.

test_scanners.py asks the scanner on a guest. If it is told to, it writes the table tests/data/scanner_verdicts.json.
test_scanned_text.py compares with the table.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from paths import ROOT

__all__ = (
    "COMPARED",
    "LESS_ASKED",
    "MEANS",
    "WANTED",
    "Verdicts",
    "differences",
    "mapped",
    "met",
    "read",
    "rules_of",
    "write",
)

TABLE = pathlib.Path(ROOT, "tests", "data", "scanner_verdicts.json")

_NO_KEY = "ComplianceAsCode asks for no key where a file is watched; other scanners, and people, look for one"
_MINUS_ONE = "ComplianceAsCode takes -1 where a program is run, and not where syscalls are named"
_COMMON = {"no key": _NO_KEY, "-1 for unset": _MINUS_ONE}
#: By scan and alteration, why a requirement passes that is not met by our word: ours is what every scanner takes.
#: The reverse is never explained.
COMPARED: Mapping[str, Mapping[str, str]] = {
    "stig_rhel8: rhel8 stig": _COMMON,
    "stig_rhel9: rhel9 stig": _COMMON
    | {"users do not matter": "ComplianceAsCode takes watches of faillock and lastlog with and without users"},
    "stig_rhel9: DISA MAC-1_Classified": {
        "no key": "DISA asks for no key; ComplianceAsCode does, where syscalls are named",
        "-1 for unset": "DISA takes -1 everywhere; ComplianceAsCode does not",
        "exit,always": "DISA takes both orders; ComplianceAsCode does not",
        "all permissions": "DISA takes more permissions where a program is run; ComplianceAsCode does not",
    },
    "stig_rhel10: rhel10 stig": _COMMON,
    "stig_ubuntu2204: ubuntu2204 stig": _COMMON,
    "cis_level2: rhel9 cis": _COMMON,
}

#: Rules of scanners that are compared; the search for setuid programs reads the whole disk each time.
WANTED = "audit_rules_(?!privileged_commands$)|RHEL-09-654"
#: By scan and requirement, why it may pass although a rule of it is missing.
LESS_ASKED = {
    ("stig_rhel8: rhel8 stig", "RHEL-08-030200"): "ComplianceAsCode does not look for the rules about auid=0",
    (
        "stig_ubuntu2204: ubuntu2204 stig",
        "UBTU-22-654045",
    ): "ComplianceAsCode looks for one of two paths of the program",
    (
        "stig_ubuntu2204: ubuntu2204 stig",
        "UBTU-22-654100",
    ): "ComplianceAsCode looks for one of two paths of the program",
    ("stig_rhel9: rhel9 stig", "RHEL-09-654220"): "ComplianceAsCode looks for dir=, and DISA for path=",
    ("stig_rhel9: DISA MAC-1_Classified", "RHEL-09-654220"): "ComplianceAsCode looks for dir=, and DISA for path=",
}

#: Whether rules that are altered so still record what each requirement asks for, whatever a scanner says.
MEANS = dict.fromkeys(
    (
        "nothing", "users do not matter", "all permissions", "another key", "no key", "-F key= for -k",
        "-k for -F key=", "syscalls in reverse", "a rule for each syscall", "an option for each syscall",
        "a number for unset", "-1 for unset", "exit,always", "more blanks",
    ),
    True,
) | dict.fromkeys(("all rules are comments", "a rule above leaves everything out"), False)  # fmt: skip


class Verdicts(NamedTuple):
    """By requirement its ``rules``, and the names of the scanner's rules about them; by alteration those that fail."""

    rules: dict[str, list[str]]
    scanned: dict[str, list[str]]
    failed: dict[str, list[str]]


def rules_of(requirements: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """The lines that each requirement asks for, in a result of audit_compliance."""
    return {each["id"]: [rule["wanted"] for rule in each["rules"]] for each in requirements if each["rules"]}


def met(rules: Iterable[Mapping[str, Any]], view: str) -> bool:
    """Whether all rules of a requirement are met."""
    return all(rule[view]["status"] == "met" for rule in rules)


def mapped(scanned: Iterable[str], called: Mapping[str, set[str]], known: Iterable[str]) -> dict[str, list[str]]:
    """By requirement, the rules of the scanner."""
    found = {one: sorted(rule for rule in scanned if one in called[rule]) for one in known}
    return {one: rules for one, rules in found.items() if rules}


def differences(title: str, verdicts: Verdicts, alteration: str, ours: Mapping[str, bool]) -> list[str]:
    """The requirements about which the scanner's word and ours differ, and nothing explains it."""
    said = []
    # A rule that the host cannot have, or that looks at something else as well, says nothing about altered text.
    useless = set(verdicts.failed["nothing"])
    for requirement, rules in verdicts.scanned.items():
        counted = [rule for rule in rules if rule not in useless]
        theirs = not set(counted) & set(verdicts.failed[alteration])
        explained = theirs and (alteration in COMPARED[title] or (title, requirement) in LESS_ASKED)
        if counted and theirs != ours[requirement] and not explained:
            said.append(f"{alteration}: {requirement}: the scanner says {theirs}, we say {ours[requirement]}")
    return said


def read() -> dict[str, Verdicts]:
    """The table."""
    return (
        {title: Verdicts(**found) for title, found in json.loads(TABLE.read_text()).items()} if TABLE.exists() else {}
    )


def write(title: str, verdicts: Verdicts) -> None:
    """Put the verdicts of a scan into the table."""
    table = {name: found._asdict() for name, found in (read() | {title: verdicts}).items()}
    TABLE.write_text(json.dumps(dict(sorted(table.items())), indent=1) + "\n")
