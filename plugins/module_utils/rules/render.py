# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Rules as lines that auditctl(8) reads."""

from typing import List, Optional

from . import syscalls, tables
from .fields import BY_NAME, COMPARISONS
from .model import Field, Rule, syscall_machine, without_keys
from .permissions import STRICT_RELEASE, format_permissions, permission_syscalls_refused
from .values import KINDS
from .words import quote

__all__ = ("render",)


def render(rule: Rule, machine: str) -> str:
    """The rule as a line that auditctl reads on a host of that ``machine`` (as ``uname -m`` prints it).

    Every release of auditctl loads an equivalent rule from the line, if it knows the names in it.
    """
    words = ["-a", f"{rule.action},{rule.list}"]
    # arch must come before -S. A perm that comes first, before both, is never expanded (see permissions.py).
    before = [
        place for place, field in enumerate(rule.fields) if field.name == "arch" or (field.name, place) == ("perm", 0)
    ]
    head = before[-1] + 1 if before else 0
    rendered = [_render_field(field, rule.list, machine) for field in rule.fields]
    for place, field in enumerate(rule.fields):
        # After -S or an arch, newer releases add syscalls for -F perm=, but not for -p, which needs a field before it.
        if (
            place
            and field.name == "perm"
            and (without_keys(rule).syscalls is not None or _expansion_refused(rule, place, machine))
        ):
            rendered[place] = ["-p", format_permissions(field.value)]
    for field_words in rendered[:head]:
        words += field_words
    words += _render_syscalls(rule, syscall_machine(rule.fields, machine))
    for field_words in rendered[head:]:
        words += field_words
    for key in rule.keys:
        words += ["-F", quote(f"key={key}")]
    return " ".join(words)


def _expansion_refused(rule: Rule, place: int, machine: str) -> bool:
    """Whether some release refuses ``-F perm=`` there: the machine lacks syscalls to add, or an arch follows them."""
    named = syscall_machine(rule.fields, machine)
    if not named or not any(field.name == "arch" for field in rule.fields[:place]):
        return False
    if any(field.name == "arch" for field in rule.fields[place + 1 :]):
        return True
    return bool(permission_syscalls_refused(format_permissions(rule.fields[place].value), named, STRICT_RELEASE))


def _render_field(field: Field, filter_list: str, machine: str) -> List[str]:
    if field.name == "arch":
        for word in ("b64", "b32"):
            if tables.arch_number(word, machine) == field.value:
                return ["-F", f"arch{field.operator}{word}"]
    if field.name == "field_compare" and filter_list == "exit" and 0 < field.value <= len(COMPARISONS):
        left, right = COMPARISONS[field.value - 1]
        return ["-C", f"{left}{field.operator}{right}"]
    kind = BY_NAME.get(field.name)
    value = KINDS[kind.kind].format(field.value) if kind else str(field.value)
    return ["-F", quote(f"{field.name}{field.operator}{value}")]


def _render_syscalls(rule: Rule, machine: Optional[str]) -> List[str]:
    if rule.list not in ("exit", "io_uring"):
        return []
    if rule.syscalls is None:
        # If there is a perm field, -S all would keep newer releases from choosing the few syscalls that matter.
        return ["-S", "all"] if rule.list == "exit" and rule.value("perm") is None else []
    if not rule.syscalls:
        return ["-S", "none"]
    if rule.list == "io_uring":
        names = [syscalls.name(syscalls.IO_URING, number) or str(number) for number in sorted(rule.syscalls)]
    else:
        names = [
            (syscalls.name(machine, number) if machine else None) or str(number) for number in sorted(rule.syscalls)
        ]
    return ["-S", ",".join(names)]
