# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Try rules for some seconds, and count what they record, before they are rolled out.

The rules are appended to their lists, so that nothing changes of what the host records already: the first rule that
matches decides. Each has a key of its own. What the kernel records is read from its multicast group, not from the log,
so auditd need not be touched, and what it writes of the trial has the same keys.
"""

import os
import time
from contextlib import ExitStack
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from .._host.host import Host
from .._kernel.netlink import IMMUTABLE, Kernel
from .._kernel.records import Records, RecordsMissed
from .._policy.checks import missing_directory, unsupported
from .._policy.options import Options
from .._policy.sources import read_sources
from .._policy.transition import exclusive
from ..rules.errors import AuditError
from ..rules.model import Rule, without_keys
from ..rules.parse import RulesLine, parse_arguments
from ..rules.render import render
from .temporary_rules import has_ended, own_key, remove_rules, rules_in_place
from .trial_count import Tally
from .trial_report import Elapsed, log_capacity, log_factor, report

__all__ = ("TrialError", "try_rules")

_KEY = "linux-audit-trial"
# How long the kernel may take to send what it recorded before the rules were removed.
_LAST_RECORDS_SECONDS = 20.0
# How often the kernel is asked whether it has lost records.
_ASK_SECONDS = 0.5
# On other lists a rule changes what is recorded already: it drops records, or whole processes.
_LISTS = ("exit", "io_uring")
_NOBODY = ("the name of a user on the host", "the name of a group on the host")
_USER_RECORD = 1005


class TrialError(AuditError):
    """The trial is not possible, or rules of it may be left in the kernel; the message says which."""


class _Candidates(NamedTuple):
    """The rules to try, and why the others are not tried, by their lines."""

    rules: List[Rule]
    left_out: List[Dict[str, str]]


def try_rules(sources: Sequence[Mapping[str, Any]], options: Mapping[str, Any], host: Host, check: bool) -> Dict:
    """The result of audit_trial. ``options``: seconds, rate_limit and top. Raises AuditError."""
    read = read_sources(sources, host)
    with Kernel() as kernel:
        _check(kernel)
        left = sum(_is_left_over(held.rule.keys) for held in kernel.rules())
        if left and not check:
            with exclusive(Options()):
                remove_rules(kernel, _is_left_over)
        candidates = _candidates(read.lines, kernel, host)
        tried = [render(rule, host.machine, host.release) for rule in candidates.rules]
        result: Dict[str, Any] = {
            "changed": False,
            "left_out": candidates.left_out,
            "tried": tried,
            "notes": read.notes,
        }
        result["removed"] = left
        if check or not candidates.rules:
            return dict(result, stopped=None, seconds=0.0, lost=0)
        with Records() as records:
            trial = _Trial(kernel, records, candidates.rules, options, host)
            trial.run()
        result.update(stopped=trial.stopped, seconds=round(trial.seconds, 3), lost=trial.lost)
        result.update(report(tried, trial.tally, Elapsed(trial.seconds, options["top"], log_factor()), log_capacity()))
        return result


def _is_left_over(keys: Sequence[str]) -> bool:
    return has_ended(_KEY, keys, r"\.\w+")


def _check(kernel: Kernel) -> None:
    """Check that rules can be added, and that they record something. Raises TrialError."""
    status = kernel.status()
    if status.enabled == IMMUTABLE:
        raise TrialError(
            "the audit system is immutable until the next boot (enabled 2), so no rule can be added for a trial; try "
            "the rules on a host of the same kind that is not locked"
        )
    if not status.enabled:
        raise TrialError("auditing is off (enabled 0), so nothing is recorded; turn it on with audit_control")
    if not status.pid:
        raise TrialError(
            "no audit daemon runs, so the kernel would print all records of the trial to its own log; start auditd"
        )
    for held in kernel.rules():
        rule = held.rule
        if rule.list == "task" and rule.action == "never" and not rule.fields:
            raise TrialError(
                "the rule -a never,task keeps the kernel from recording system calls; delete the rule first"
            )


def _candidates(lines: Sequence[RulesLine], kernel: Kernel, host: Host) -> _Candidates:
    """The rules of the lines that can be tried. Raises TrialError with everything that is wrong."""
    features = kernel.status().features
    held = [entry.rule for entry in kernel.rules() if not _is_left_over(entry.rule.keys)]
    seen = {without_keys(rule): "the kernel has a rule that matches the same" for rule in held}
    found, wrong = _Candidates([], []), []
    for line in lines:
        statement = line.statement
        if line.error and not any(words in line.error.reason for words in _NOBODY):
            wrong.append(str(line.error))
            continue
        if line.error:
            reason = line.error.reason
        elif statement is None or statement.rule is None or statement.operation == "delete":
            continue
        else:
            reason = _why_not(statement.rule, features) or seen.get(without_keys(statement.rule), "")
        if reason:
            found.left_out.append({"rule": line.text, "reason": reason})
        else:
            # What is left of -A is its order: the last of these rules comes first.
            found.rules.insert(0 if statement.operation == "prepend" else len(found.rules), statement.rule)
            seen[without_keys(statement.rule)] = "an earlier rule of the set matches the same"
    if wrong:
        raise TrialError("nothing was tried, because of\n" + "\n".join(wrong))
    return found


def _why_not(rule: Rule, features: int) -> str:
    """Why a rule cannot be tried; empty if it can."""
    if rule.list not in _LISTS:
        return f"a rule of the list {rule.list} would change what is recorded already"
    missing, unknown = missing_directory(rule), unsupported(rule, features)
    if missing:
        return f"the directory {missing} does not exist"
    return f"this kernel does not know {unknown}" if unknown else ""


class _Trial:
    """One run: rules are added, records are counted, rules are removed, and what is still under way is counted."""

    def __init__(
        self, kernel: Kernel, records: Records, rules: Sequence[Rule], options: Mapping[str, Any], host: Host
    ) -> None:
        key = own_key(_KEY)
        self._kernel, self._records, self._key = kernel, records, key
        self._seconds, self._rate_limit = options["seconds"], options["rate_limit"]
        keys = {f"{key}.{number}".encode("ascii"): number for number, _rule in enumerate(rules)}
        self.tally = Tally(keys, key.encode("ascii"), os.getpid())
        self._rules = [
            *_without_own_calls(f"{key}.own", host),
            *(rule._replace(keys=(f"{key}.{number}",)) for number, rule in enumerate(rules)),
        ]
        self.stopped: Optional[str] = None
        self.seconds = 0.0
        self.lost = 0

    def run(self) -> None:
        """Carry out the trial. Raises AuditError; the rules are removed nevertheless."""
        lost = self._kernel.status().lost
        with ExitStack() as stack:
            # Others need not wait until the trial is over.
            with exclusive(Options()):
                rules = (self._kernel, self._rules, "append", self._is_own, Kernel, self._failed)
                stack.enter_context(rules_in_place(*rules))
            began = time.monotonic()
            self.stopped = self._count(began, lost)
            self.seconds = time.monotonic() - began
        if self.stopped != "unread":
            self._count_the_rest()
        self.lost = max(0, self._kernel.status().lost - lost)

    def _is_own(self, keys: Sequence[str]) -> bool:
        return any(key.startswith(self._key + ".") for key in keys)

    def _failed(self, error: Exception) -> TrialError:
        return TrialError(
            f"rules of this trial may be left in the kernel, with keys that begin with {self._key}: {error}. The next "
            "trial deletes them"
        )

    def _count(self, began: float, lost: int) -> Optional[str]:
        """Count until the time is over; return why it ended before: rate_limit, lost or unread."""
        asked, second, before = began, began, 0
        while True:
            now = time.monotonic()
            if now - began >= self._seconds:
                return None
            if now - asked >= _ASK_SECONDS:
                asked = now
                if self._kernel.status().lost > lost:
                    return "lost"
            if now - second >= 1:
                second, before = now, self.tally.events
            try:
                for record in self._records.read(min(0.2, self._seconds - (now - began))):
                    self.tally.add(record)
            except RecordsMissed:
                return "unread"
            if self.tally.events - before > self._rate_limit:
                return "rate_limit"

    def _count_the_rest(self) -> None:
        """Count what the kernel recorded before the rules were removed, up to a message that is recorded now."""
        text = f"{self._key}.end"
        self._kernel.message(text)
        until = time.monotonic() + _LAST_RECORDS_SECONDS
        while time.monotonic() < until:
            try:
                found = self._records.read(0.2)
            except RecordsMissed:
                self.stopped = "unread"
                return
            for record in found:
                if record.type == _USER_RECORD and text.encode("ascii") in record.text:
                    return
                self.tally.add(record)
        self.stopped = self.stopped or "unread"


def _without_own_calls(key: str, host: Host) -> List[Rule]:
    """A rule before those that are tried, because the calls that count would count themselves."""
    words = ["-a", "never,exit", "-S", "all", "-F", f"pid={os.getpid()}", "-F", f"key={key}"]
    return [parse_arguments(words, host).rule]
