# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on a requirement: by the running kernel, by the files after the next boot, and by their text."""

import datetime
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence

from .._host.host import Host
from .._kernel.settings import SETTINGS, Value
from ..rules.coverage import COVERED, NOT_COVERED, PARTLY, SWITCHED_OFF, UNDECIDED, HeldRules, coverage
from ..rules.errors import shown
from ..rules.model import Rule
from ..rules.parse import RulesLine
from ..rules.real_paths import meant_rule, real_rule
from ..rules.render import render
from .beside_rules import ComplianceCheck, HostFacts, checked
from .held_views import FilesView, KernelView, mount_points
from .options import ChangeError
from .requirements import Requirement
from .scanned_text import ScannedLines

__all__ = ("VIEWS", "Judge", "Waiver", "counted", "read_waivers")

VIEWS = ("kernel", "files", "text")
MET, PARTLY_MET, NOT_MET, NOT_KNOWN, NOT_APPLICABLE = "met", "partly met", "not met", "undecided", "not applicable"
EXCEPTED = "excepted"
_OF_COVERAGE = {COVERED: MET, PARTLY: PARTLY_MET, NOT_COVERED: NOT_MET, SWITCHED_OFF: NOT_MET, UNDECIDED: NOT_KNOWN}
_OF_CHECK = {True: MET, False: NOT_MET, None: NOT_KNOWN}
_SETTINGS = {setting.name: setting for setting in SETTINGS}


class Waiver(NamedTuple):
    """An exception: a requirement that is accepted as not met, with the reason, until a date."""

    requirement: str
    reason: str
    until: str
    expired: bool


def read_waivers(items: Iterable[Mapping[str, Any]], today: str) -> Dict[str, Waiver]:
    """The exceptions by requirement. Raises ChangeError for one without a reason, or without a date."""
    found = {}
    now = _day(today)
    if now is None:
        raise ChangeError(f"today must be a day as in 2026-12-31, not '{shown(today)}'")
    for item in items:
        name, reason = str(item.get("requirement") or ""), str(item.get("reason") or "").strip()
        until = str(item.get("until") or "")
        if not name or not reason:
            raise ChangeError(f"an exception needs a requirement and a reason, and this one lacks them: {dict(item)}")
        last = _day(until)
        if last is None:
            raise ChangeError(f"the exception for {name} needs a last day as in 2026-12-31, not '{shown(until)}'")
        found[name] = Waiver(name, reason, until, last < now)
    return found


def _day(text: str) -> Optional[datetime.date]:
    """The day that a text stands for; None for another text."""
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        return None


class Judge:
    """Judges requirements by what a host holds, which is read once."""

    def __init__(self, host: Host, kernel: KernelView, files: FilesView, facts: HostFacts) -> None:
        self._host, self._kernel, self._files, self._facts = host, kernel, files, facts
        self._mounts = mount_points()
        self._held = {
            "kernel": {real_rule(rule, host): rule for rule in reversed(kernel.rules)},
            "files": {real_rule(rule, host): rule for rule in reversed(files.rules)},
        }
        self._real = {
            "kernel": HeldRules([real_rule(rule, host) for rule in kernel.rules]),
            "files": HeldRules([real_rule(rule, host) for rule in files.rules]),
        }
        self._in_kernel = frozenset(kernel.rules)
        self._lines = ScannedLines(files.texts)

    def judge(self, requirement: Requirement, waiver: Optional[Waiver] = None) -> Dict[str, Any]:
        """The result for a requirement. Raises ChangeError."""
        rules = [self._rule(line) for line in requirement.lines if line.statement.rule]
        where = f"{requirement.standard}: requirement {requirement.id}"
        checks = [self._setting(name, words) for name, words in requirement.settings.items()]
        checks += checked(requirement.checks, self._facts, where)
        statuses = {
            view: [rule[view]["status"] for rule in rules] + [_OF_CHECK[getattr(check, view)] for check in checks]
            for view in VIEWS
        }
        return {
            "standard": requirement.standard,
            "id": requirement.id,
            "title": requirement.title,
            "severity": requirement.severity,
            **{view: _summed_up(found) for view, found in statuses.items()},
            "rules": rules,
            "checks": [_described(check) for check in checks],
            "left_out": list(requirement.left_out),
            "exception": None if waiver is None else dict(waiver._asdict()),
        }

    def _rule(self, line: RulesLine) -> Dict[str, Any]:
        rule = line.statement.rule
        text = " ".join(line.text.split())
        origin = self._lines.place(text)
        return {
            "wanted": text,
            "kernel": self._covered(rule, "kernel", self._kernel.off),
            "files": self._covered(rule, "files", self._files.off),
            "text": {
                "status": MET if origin else NOT_MET,
                "origin": origin or "",
                "in_auditctl_l": rule in self._in_kernel,
            },
        }

    def _covered(self, rule: Rule, view: str, off: Sequence[str]) -> Dict[str, Any]:
        found = coverage(meant_rule(rule, self._host), self._real[view], self._host.machine, self._mounts)
        status = _OF_COVERAGE[found.status]
        reason = found.reason
        if off:
            status, reason = NOT_MET, "; ".join(off)
        elif found.status == SWITCHED_OFF:
            reason = "switched off by " + "; ".join(map(self._text, self._as_held(found.off_by, view)))
        by = self._as_held(found.by, view)
        result: Dict[str, Any] = {
            "status": status,
            "by": list(map(self._text, by)),
            "keys": list(found.keys),
            "missing": [f"{gap.kind}: {gap.text}" for gap in found.gaps],
            "off_by": list(map(self._text, self._as_held(found.off_by, view))),
            "reason": reason,
        }
        if view == "files":
            result["origins"] = [self._files.origins.get(one, "") for one in by]
        return result

    def _as_held(self, rules: Iterable[Rule], view: str) -> List[Rule]:
        """The rules as the host has them, without the changes of real_rule()."""
        return [self._held[view].get(rule, rule) for rule in rules]

    def _text(self, rule: Rule) -> str:
        return render(rule, self._host.machine, self._host.release)

    def _setting(self, name: str, words: Sequence[Any]) -> ComplianceCheck:
        setting = _SETTINGS[name]

        def word(values: Mapping[str, Value]) -> Any:
            return setting.word(values[name]) if name in values else None

        now, written = word(self._kernel.settings), word(self._files.settings)
        later, said = written, "not set" if written is None else str(written)
        if written is None and name == "enabled" and self._facts.service.get("enabled"):
            # auditd enables auditing when it starts.
            later, said = "enabled", "not set, and auditd sets enabled"
        found = f"now: {now}; in the files: {said}"
        return ComplianceCheck(
            name, " or ".join(map(str, words)), found, now in words, later in words, written in words
        )


def _described(check: ComplianceCheck) -> Dict[str, Any]:
    return {
        "what": check.what,
        "wanted": check.wanted,
        "found": check.found,
        **{view: _OF_CHECK[getattr(check, view)] for view in VIEWS},
    }


def _summed_up(statuses: Sequence[str]) -> str:
    """The status of a requirement with several parts: what is lacking counts more than what is not known."""
    if not statuses:
        return NOT_APPLICABLE
    if NOT_MET in statuses or PARTLY_MET in statuses:
        return NOT_MET if set(statuses) <= {NOT_MET, NOT_KNOWN} else PARTLY_MET
    return NOT_KNOWN if NOT_KNOWN in statuses else MET


def counted(judged: Iterable[Mapping[str, Any]]) -> Dict[str, Dict[str, int]]:
    """By view, how many requirements have which status; those with an exception that counts are excepted."""
    names = (MET, PARTLY_MET, NOT_MET, NOT_KNOWN, NOT_APPLICABLE, EXCEPTED)
    found = {view: dict.fromkeys(names, 0) for view in VIEWS}
    for requirement in judged:
        waiver = requirement["exception"]
        for view in VIEWS:
            lacking = requirement[view] in (PARTLY_MET, NOT_MET, NOT_KNOWN)
            excepted = waiver is not None and not waiver["expired"] and lacking
            found[view][EXCEPTED if excepted else requirement[view]] += 1
    return found
