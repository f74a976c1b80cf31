# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a host that holds its rules records nothing all the same: in its kernel now, and after a boot."""

from typing import Iterable, List, Mapping, Sequence, Tuple

from .._kernel.netlink import IMMUTABLE
from .._kernel.settings import BY_OPTION, Value
from ..rules.errors import counted, shown
from ..rules.list_semantics import DROPPED, decision
from ..rules.model import Rule
from ..rules.parse import RulesLine
from ..rules.render import render
from ..rules.resolver import Resolver
from .boot import loaded_by
from .problem import RulesProblem
from .rules_d import RulesFile, in_augenrules_order

__all__ = ("KERNEL", "files_problems", "kernel_problems")

#: The origin of a problem of the running kernel; problems of files have "file:line".
KERNEL = "kernel"
_OFF = "switches auditing off: the kernel records no event of any rule"
# An event of a rule has about six records. With less room than that, or fewer records a second, hardly one is whole.
_RECORDS_OF_AN_EVENT = 6
_TOO_LOW = {
    "rate_limit": "the kernel drops what exceeds this number of records a second",
    "backlog_limit": "no more records than these can wait for the daemon",
}


def kernel_problems(rules: Sequence[Rule], settings: Mapping[str, Value], host: Resolver) -> List[RulesProblem]:
    """Why the kernel does not record what its rules say."""
    found = [RulesProblem(KERNEL, "enabled 0", _OFF, silent=True)] if settings.get("enabled") == 0 else []
    found += [
        RulesProblem(KERNEL, f"{name} {settings[name]}", reason, silent=True) for name, reason in _low_limits(settings)
    ]
    found += [
        RulesProblem(KERNEL, render(rules[place], host.machine, host.release), reason, silent=is_certain)
        for place, reason, is_certain in _silences(rules, host)
    ]
    return found


def files_problems(files: Iterable[RulesFile], host: Resolver) -> List[RulesProblem]:
    """Why a kernel that has loaded these files does not record, or is not locked although a line locks it."""
    unordered = [line for file in files for line in file.lines]
    lines = in_augenrules_order(unordered)
    loaded = loaded_by(lines)
    found = []
    for place, reason, is_certain in _silences(loaded.rules, host):
        rule = loaded.rules[place]
        origin = next(line for line in lines if _adds(line, rule))
        found.append(RulesProblem(origin.origin, origin.text, reason, silent=is_certain))
    switches = [line for line in unordered if line.statement and (line.statement.control or ("",))[0] == "-e"]
    if switches and loaded.settings.get("enabled") == 0:
        found.append(RulesProblem(switches[-1].origin, switches[-1].text, _OFF, silent=True))
    for name, reason in _low_limits(loaded.settings):
        last = [line for line in lines if _sets(line, name)][-1]
        found.append(RulesProblem(last.origin, last.text, reason, silent=True))
    locks = [line for line in switches if line.statement.control == ("-e", str(IMMUTABLE))]
    if locks and loaded.settings.get("enabled") != IMMUTABLE:
        last = switches[-1]
        reason = f"does not lock the kernel, because the last line -e counts ({last.origin}: '{last.text}')"
        found.append(RulesProblem(locks[-1].origin, locks[-1].text, reason, silent=True))
    return found


def _silences(rules: Sequence[Rule], host: Resolver) -> List[Tuple[int, str, bool]]:
    """The places of rules that switch auditing off, how, and whether that is certain; but for those before which all is
    recorded that is asked for. Then those that leave out all events of other rules."""
    if all(decision(rule) is not DROPPED for rule in rules):
        return []
    from ..rules.overruled import overruled
    from ..rules.silence import silences

    found = {
        one.place: (f"switches auditing off: {one.effect}" if one.is_certain else one.effect, one.is_certain)
        for one in silences(rules)
        if _leaves_out(rules, one.place)
    }
    leaving_out, unknown = overruled(rules)
    for place, others in leaving_out:
        which = _named([rules[other] for other in others], host)
        found.setdefault(place, (f"leaves out all or nearly all events of {which}", True))
    if unknown:
        which = _named([rules[other] for other in unknown], host)
        first = unknown[0]
        before = [place for place in range(first) if rules[place].list == rules[first].list]
        last = max(place for place in before if decision(rules[place]) is DROPPED)
        reason = "may, together with those before it, leave out all events of"
        found.setdefault(last, (f"{reason} {which}; these rules divide events into too many parts to be sure", False))
    return [(place, *reason) for place, reason in sorted(found.items())]


def _named(rules: Sequence[Rule], host: Resolver) -> str:
    first = shown(render(rules[0], host.machine, host.release))
    if len(rules) == 1:
        return f"the rule after it, which is '{first}'"
    return f"{counted(len(rules), 'rule')} after it, such as '{first}'"


def _leaves_out(rules: Sequence[Rule], place: int) -> bool:
    name = rules[place].list
    if name not in ("exit", "io_uring"):
        return True
    records = [number for number, rule in enumerate(rules) if rule.list == name and rule.action == "always"]
    return not records or records[-1] > place


def _adds(line: RulesLine, rule: Rule) -> bool:
    statement = line.statement
    return bool(statement and statement.operation in ("append", "prepend") and statement.rule == rule)


def _low_limits(settings: Mapping[str, Value]) -> List[Tuple[str, str]]:
    """Settings with which the kernel drops nearly every event, and why. 0 is no limit."""
    low = [name for name in _TOO_LOW if 0 < settings.get(name, 0) < _RECORDS_OF_AN_EVENT]
    return [
        (name, f"leaves hardly an event whole, because {_TOO_LOW[name]}, and an event has about {_RECORDS_OF_AN_EVENT}")
        for name in low
        # A kernel that waits for room drops nothing.
        if name != "backlog_limit" or settings.get("backlog_wait_time") == 0
    ]


def _sets(line: RulesLine, name: str) -> bool:
    control = line.statement.control if line.statement else None
    return bool(control and control[0] in BY_OPTION and BY_OPTION[control[0]].name == name)
