# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""What linter.py can find in rules files: the table of checks, and one finding."""

from typing import Dict, List, NamedTuple, Optional, Tuple

__all__ = ("CHECKS", "SEVERITIES", "Check", "Finding", "Found", "worst")

#: From the least to the worst; these are also the levels of SARIF.
SEVERITIES = ("note", "warning", "error")


class Check(NamedTuple):
    """One check: its id, how bad a finding is, what it finds, and why that matters or what to do."""

    id: str
    severity: str
    finds: str
    advice: str


class Finding(NamedTuple):
    """What is wrong with one line. ``line`` counts from 1; ``text`` is the line, ``message`` a whole sentence.

    ``repair`` is the text to put in the place of the line where that is certain (it may be several lines, and is empty
    if the line is to be removed), or else None.
    """

    id: str
    severity: str
    message: str
    path: str
    line: int
    text: str
    repair: Optional[str] = None

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.severity} [{self.id}] {self.message}"


#: What a check returns for a line: the id, the message and the repair.
Found = Tuple[str, str, Optional[str]]

_ROWS = (
    ("syntax", "error", "a line that auditctl refuses, or reads as something else",
     "auditctl loads no line after one that it refuses."),
    ("retired", "error", "the list `entry` or the action `possible`",
     "The kernel no longer has them; use `exit` and `always`."),
    ("unknown-field", "error", "a field that does not exist",
     "auditctl(8) lists the fields."),
    ("unknown-syscall", "error", "a system call that auditctl does not know on any machine of the fleet",
     "The message names similar ones."),
    ("missing-on-machine", "error", "a system call or arch that one of the machines does not have",
     "Split the rule by arch, or keep files for each kind of machine."),
    ("unknown-errno", "error", "a name in `exit=` that is not that of an error",
     "The message names similar ones."),
    ("unknown-user", "error", "a user or group that is not among the known ones",
     "auditctl refuses the rule, and loads no line after it."),
    ("unreadable", "error", "a part that auditctl of the given release cannot read",
     "The repair means the same, in words that this release knows."),
    ("never-matches", "error", "conditions that exclude each other, or an operator that is never true",
     "The rule records nothing."),
    ("silence", "error", "a line that switches auditing off for all or nearly all events",
     "Everything else in the files has no effect."),
    ("duplicate", "error", "a rule that repeats an earlier rule exactly",
     "The kernel refuses it, and auditctl loads no line after it."),
    ("early-lock", "error", "`-e 2` before other lines",
     "The kernel refuses what comes after the lock."),
    ("late-delete", "error", "`-D` after rules",
     "It deletes the rules before it."),
    ("same-rule", "warning", "a rule that means the same as an earlier rule",
     "It is never evaluated; remove it."),
    ("key-conflict", "warning", "a rule that differs from an earlier rule in its key alone",
     "It is never evaluated; give one rule both keys."),
    ("shadowed", "warning", "a rule all of whose events an earlier rule matches",
     "It is never evaluated; move it before the other one, or remove it."),
    ("late-exclusion", "warning", "a `never` rule after an `always` rule that matches some of its events",
     "The first rule that matches decides, so these events are recorded; move the exclusion before the other rule."),
    ("missing-b32", "warning", "a rule for `arch=b64` without its twin for `arch=b32`",
     "A 32-bit program makes the same call unrecorded."),
    ("b32-number", "warning", "a number in a rule for `arch=b32` that means the call only on 64 bits",
     "The rule records another call."),
    ("syscalls-without-arch", "warning", "`-S` without an arch",
     "The numbers are those of 64 bits, and mean other calls for 32-bit programs."),
    ("noisy", "warning", "all system calls, or very frequent ones, without a condition",
     "Such a rule can fill the log within minutes."),
    ("positive-errno", "warning", "the name of an error without the minus sign",
     "A call that fails has a negative `exit`."),
    ("similar-keys", "warning", "keys that differ in case, `-` and `_` alone",
     "Who searches for one of them misses the other."),
    ("unguarded-lock", "warning", "`-e 2` after `-i` or `-c`",
     "auditctl goes on after an error, and locks an incomplete set; the role `immutable` proves the set first."),
    ("panic", "warning", "`-f 2`",
     "The kernel panics when it cannot record an event; be sure that this is wanted."),
    ("overridden-setting", "warning", "a setting that a later line sets to another value",
     "The last line counts."),
    ("no-delete", "warning", "a directory without `-D`",
     "augenrules --load then only adds rules, or fails because rules exist."),
    ("file-order", "warning", "a file whose place among the others is not what its name suggests",
     "augenrules sorts as `ls -v` does."),
    ("ignored-file", "warning", "a file name with a space",
     "augenrules before 4.2 ignores the file."),
    ("no-final-newline", "warning", "a file without a newline at its end",
     "augenrules appends the first line of the next file to its last line."),
    ("old-watch", "note", "`-w`",
     "It is deprecated. Write `-a always,exit` with `path` or `dir`, and an arch."),
    ("every-syscall", "note", "`dir`, or `perm` without `path`, without system calls",
     "The kernel looks at the rule in every call; name the calls of the permission with `-S`."),
    ("unset-auid", "note", "`auid>=` without `auid!=unset`",
     "An unset `auid` is 4294967295, so the rule matches all daemons."),
    ("long-key", "note", "a key of more than 31 bytes",
     "auditctl(8) promises no more than 31."),
    ("shared-key", "note", "one key for rules of several files that have nothing in common",
     "A search for the key finds both."),
    ("named-user", "note", "the name of a user or group, other than `root`",
     "auditctl refuses the rule on a host that lacks the name."),
)  # fmt: skip

#: The checks by id, from the worst to the least.
CHECKS: Dict[str, Check] = {row[0]: Check(*row) for row in _ROWS}


def worst(findings: List[Finding]) -> str:
    """The worst severity of findings; empty without findings."""
    return max((finding.severity for finding in findings), key=SEVERITIES.index, default="")
