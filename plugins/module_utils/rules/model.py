# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""An audit rule as a value, and the three meanings of "the same rule".

identical
    The kernel would answer EEXIST: equal bytes, see wire.py.
equivalent
    The same events are matched and the same keys recorded: equal ``canonical(rule)``.
same match
    Equivalent but for the keys: equal ``match(rule)``. The first rule that matches an event wins, so of two such rules
    on one list the second is dead.
"""

from typing import FrozenSet, Iterable, NamedTuple, Optional, Tuple, Union

from . import syscalls, tables
from .fields import FIELDS

__all__ = ("ANYTHING", "Field", "Rule", "canonical", "equivalent", "same_match", "syscall_machine", "without_keys")

_ORDER = {field.name: place for place, field in enumerate(FIELDS)}
_LAST = len(FIELDS)


class Field(NamedTuple):
    """One ``-F`` or ``-C``: ``value`` is the unsigned 32 bit number that the kernel holds, or a string.

    A field that the table does not know (a newer kernel's) is named ``f`` and its number.
    """

    name: str
    operator: str
    value: Union[int, str]


#: A field that matches every event, and so makes no difference.
ANYTHING = Field("pid", ">=", 0)


class Rule(NamedTuple):
    """One rule of one filter list.

    ``fields`` in the order that the kernel holds, without the keys; ``syscalls`` as numbers of the rule's own machine
    (operations on the list io_uring), None for all of them and for lists that do not look at them.
    """

    list: str
    action: str
    fields: Tuple[Field, ...] = ()
    syscalls: Optional[FrozenSet[int]] = None
    keys: Tuple[str, ...] = ()

    @property
    def arch(self) -> Optional[int]:
        """The AUDIT_ARCH_* number that ``syscalls`` belong to, None for the host's own."""
        for field in reversed(self.fields):
            if field.name == "arch":
                return field.value
        return None

    def value(self, name: str) -> Union[int, str, None]:
        """The value of the first field of that name."""
        for field in self.fields:
            if field.name == name:
                return field.value
        return None


def canonical(rule: Rule) -> Rule:
    """The one rule that stands for all equivalent ones."""
    return without_keys(rule)._replace(keys=tuple(sorted(set(rule.keys) - {""})))


def without_keys(rule: Rule) -> Rule:
    """The canonical rule without its keys: what it matches and whether that is recorded."""
    fields = {_plain(field) for field in rule.fields} - {ANYTHING}
    return Rule(
        rule.list,
        # The kernel does not look at the action of a rule that excludes records.
        "always" if rule.list == "exclude" else rule.action,
        tuple(sorted(fields, key=_place)),
        _syscalls_that_count(rule),
    )


def equivalent(one: Rule, other: Rule) -> bool:
    """Whether the same events are matched and the same keys recorded."""
    return canonical(one) == canonical(other)


def same_match(one: Rule, other: Rule) -> bool:
    """Whether the rules are equivalent but for their keys."""
    return without_keys(one) == without_keys(other)


def _plain(field: Field) -> Field:
    if field.name == "dir" and len(field.value) > 1 and field.value.endswith("/"):
        return field._replace(value=field.value.rstrip("/") or "/")
    if field.name == "success" and field.value:
        return field._replace(value=1)
    return field


def _place(field: Field) -> Tuple[int, str, str, str]:
    return _ORDER.get(field.name, _LAST), field.name, field.operator, str(field.value)


def _syscalls_that_count(rule: Rule) -> Optional[FrozenSet[int]]:
    """The syscalls, None when a ``perm`` field leaves nothing more for them to decide.

    Since audit 3.1.3 and 4.0 auditctl adds to a rule with ``-F arch`` and ``-F perm`` the syscalls that can match the
    permission, other ones in each release; the kernel checks perm by its own classes of syscalls anyhow.
    """
    if rule.syscalls is None or rule.list != "exit":
        return rule.syscalls
    permissions, arch = rule.value("perm"), rule.arch
    if permissions is None or arch is None:
        return rule.syscalls
    least = tables.least_permission_syscalls(permissions, arch)
    return None if least and least <= rule.syscalls else rule.syscalls


def syscall_machine(fields: Iterable[Field], native: str) -> Optional[str]:
    """The machine whose syscall numbers a rule has: that of its last arch, else the host's own."""
    archs = [field.value for field in fields if field.name == "arch"]
    machine = tables.arch_machine(archs[-1]) if archs else tables.machine(native)
    return machine if machine in syscalls.MACHINES else None
