# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""What a sequence of rules costs each system call that no rule records.

The kernel walks the whole list exit at the end of each call (audit_filter_syscall()): it reads each rule's mask, and
for the rules whose mask has the call it compares fields until one does not match. Rules with a path or an inode are
kept by inode instead, and are looked at only for calls on files (audit_filter_inodes()).
"""

from typing import Any, Dict, NamedTuple, Optional, Sequence

from . import syscalls, tables
from .list_semantics import no_effect
from .model import Rule

__all__ = ("CALLS", "CallCost", "described", "is_by_inode", "rule_cost", "total")

#: Calls that are told about: what every program makes all the time, and what many rules watch.
CALLS = (
    "getppid",
    "read",
    "write",
    "close",
    "mmap",
    "futex",
    "fstat",
    "stat",
    "openat",
    "execve",
    "unlinkat",
    "connect",
)

# Nanoseconds, as `./dev bench cost` measures them; docs/cost.md gives the figures with date and kernel. A rule
# that is walked past, while the rules fit into the first cache of a processor, and when they do not; and a rule that
# has the call in its mask, in addition.
_WALKED, _WALKED_UNCACHED, _EVALUATED = 1.2, 3.8, 18.0
# So many rules fit, and from so many on none of them is still there at the next call.
_CACHED, _UNCACHED = 60, 120


class CallCost(NamedTuple):
    """What one system call costs: rules walked past and evaluated, rules by inode that may be, and nanoseconds."""

    walked: int
    evaluated: int
    by_inode: int
    nanoseconds: int


def is_by_inode(rule: Rule) -> bool:
    """Whether the kernel keeps a rule by inode, so that it is looked at for calls on the same files alone."""
    return rule.list == "exit" and any(field.name in ("path", "inode") for field in rule.fields)


def rule_cost(rules: Sequence[Rule], machine: str) -> Dict[str, CallCost]:
    """The cost of common calls of native programs on a host of that machine, by the name of the call.

    Empty if the calls of the machine are not known. A call that an earlier rule records costs less than this.
    """
    table = tables.machine(machine)
    if table not in syscalls.MACHINES:
        return {}
    numbers = {name: syscalls.number(table, name) for name in CALLS}
    listed = [rule for rule in rules if rule.list == "exit"]
    walked = [rule for rule in listed if not is_by_inode(rule)]
    by_inode = [rule for rule in listed if is_by_inode(rule) and not no_effect(rule)]
    return {name: _cost(number, walked, by_inode) for name, number in numbers.items() if number is not None}


def described(rules: Sequence[Rule], machine: str) -> Dict[str, Any]:
    """The cost of rules as a dictionary, which modules and filters return."""
    listed = [rule for rule in rules if rule.list == "exit"]
    by_inode = sum(map(is_by_inode, listed))
    return {
        "rules": len(listed) - by_inode,
        "by_inode": by_inode,
        "nanoseconds": total(rules),
        "calls": {name: dict(cost._asdict()) for name, cost in rule_cost(rules, machine).items()},
    }


def total(rules: Sequence[Rule]) -> int:
    """Nanoseconds that the rules add to a call that no rule has in its mask."""
    walked = sum(rule.list == "exit" and not is_by_inode(rule) for rule in rules)
    return round(walked * _walk(walked)) + round(_EVALUATED * sum(_has_all(rule) for rule in rules))


def _has_all(rule: Rule) -> bool:
    return rule.list == "exit" and rule.syscalls is None and not is_by_inode(rule)


def _cost(number: int, walked: Sequence[Rule], by_inode: Sequence[Rule]) -> CallCost:
    evaluated = sum(_is_in_mask(number, rule.syscalls) for rule in walked)
    watching = sum(_is_in_mask(number, rule.syscalls) for rule in by_inode)
    nanoseconds = round(len(walked) * _walk(len(walked)) + evaluated * _EVALUATED)
    return CallCost(len(walked), evaluated, watching, nanoseconds)


def _is_in_mask(number: int, mask: Optional[frozenset]) -> bool:
    return mask is None or number in mask


def _walk(count: int) -> float:
    """Nanoseconds for each of so many rules."""
    share = min(max((count - _CACHED) / (_UNCACHED - _CACHED), 0.0), 1.0)
    return _WALKED + share * (_WALKED_UNCACHED - _WALKED)
