# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""An audit rule as a value, and the three meanings of "the same rule".

identical
    The bytes are equal (see wire.py), so the kernel refuses to add the rule again (EEXIST).
equivalent
    The rules match the same events and record the same keys: ``canonical(rule)`` is equal.
same match
    The rules match the same events, and may record other keys: ``without_keys(rule)`` is equal. The first rule that
    matches an event decides, so of two such rules on one list the second never takes effect.

What a rule matches depends on its list, see list_semantics.py.
"""

from functools import lru_cache
from typing import FrozenSet, Iterable, NamedTuple, Optional, Tuple, Union, cast

from . import syscalls, tables
from .fields import FIELDS
from .list_semantics import SEMANTICS, action_counts, ends_search, field_order_counts
from .permissions import matchable_syscalls

__all__ = (
    "ANYTHING",
    "Field",
    "Rule",
    "canonical",
    "equivalent",
    "normalized",
    "path_fields",
    "same_match",
    "syscall_machine",
    "without_keys",
)

_PLACES = {field.name: place for place, field in enumerate(FIELDS)}
_UNKNOWN_PLACE = len(FIELDS)
_PATHS = frozenset(("path", "dir", "exe"))
# The fields that normalized() may change.
_VARIED = frozenset(("dir", "success"))
# Whoever compares rules asks for their forms many times; this many rules are remembered.
_REMEMBERED = 1 << 16


class Field(NamedTuple):
    """One ``-F`` or ``-C``. ``value`` is the unsigned 32 bit number that the kernel holds, or a string.

    A field of a newer kernel, which fields.FIELDS does not know, has the name "f" and its number.
    """

    name: str
    operator: str
    value: Union[int, str]

    @property
    def number(self) -> int:
        """The value of a field whose name says that it holds a number."""
        return cast(int, self.value)

    @property
    def text(self) -> str:
        """The value of a field whose name says that it holds a string."""
        return cast(str, self.value)


#: A field that matches every event, so a rule means the same with and without it, if another field is left where a
#: rule without fields matches nothing.
ANYTHING = Field("pid", ">=", 0)


class Rule(NamedTuple):
    """One rule of one filter list.

    ``list`` is a name of fields.LISTS and ``action`` one of fields.ACTIONS. ``fields`` are in the order that the kernel
    holds, without the keys. ``syscalls`` are numbers of the machine that the rule is for (of operations on the list
    io_uring), or None for every syscall, and on a list that does not look at syscalls.
    """

    list: str
    action: str
    fields: Tuple[Field, ...] = ()
    syscalls: Optional[FrozenSet[int]] = None
    keys: Tuple[str, ...] = ()

    @property
    def arch(self) -> Optional[int]:
        """The AUDIT_ARCH_* number that every event of the rule has; None if the rule requires none, or several.

        This is not always the arch whose syscalls the rule names, see syscall_machine().
        """
        values = {field.number for field in self.fields if field.name == "arch" and field.operator == "="}
        return values.pop() if len(values) == 1 else None

    def value(self, name: str) -> Union[int, str, None]:
        """The value of the first field of that name, None if there is no such field."""
        for field in self.fields:
            if field.name == name:
                return field.value
        return None


@lru_cache(maxsize=_REMEMBERED)
def canonical(rule: Rule) -> Rule:
    """The form that all equivalent rules have in common: sorted, without repetitions and without empty keys."""
    matching = without_keys(rule)
    keys = rule.keys if len(rule.keys) == 1 and rule.keys[0] else tuple(sorted(set(rule.keys) - {""}))
    return Rule(matching.list, matching.action, matching.fields, matching.syscalls, keys)


@lru_cache(maxsize=_REMEMBERED)
def without_keys(rule: Rule) -> Rule:
    """The canonical rule without its keys: which events it matches, and whether they are recorded."""
    # Where a key ends the search, the rule with a key is another rule, whatever the key is.
    keys = ("",) if any(rule.keys) and ends_search(rule) else ()
    action = rule.action if action_counts(rule) else "always"
    return Rule(rule.list, action, _conditions(rule), _effective_syscalls(rule), keys)


def equivalent(one: Rule, other: Rule) -> bool:
    """Whether two rules match the same events and record the same keys."""
    return canonical(one) == canonical(other)


def same_match(one: Rule, other: Rule) -> bool:
    """Whether two rules match the same events with the same action; their keys may differ."""
    return without_keys(one) == without_keys(other)


@lru_cache(maxsize=_REMEMBERED)
def path_fields(rule: Rule) -> Tuple[Field, ...]:
    """The fields of a rule whose values are paths, which the kernel looks up when it is given the rule."""
    return tuple([field for field in rule.fields if field.name in _PATHS and isinstance(field.value, str)])


def _conditions(rule: Rule) -> Tuple[Field, ...]:
    """The fields that decide what the rule matches."""
    fields = [normalized(field) if field.name in _VARIED else field for field in rule.fields]
    if field_order_counts(rule):
        # At the end, what matches everything changes nothing.
        while fields[-1:] == [ANYTHING] and (len(fields) > 1 or any(rule.keys)):
            fields.pop()
        return tuple(fields)
    found = set(fields) - {ANYTHING}
    if fields and not found and not SEMANTICS[rule.list].without_fields:
        return (ANYTHING,)
    return tuple(sorted(found, key=_sort_key))


def normalized(field: Field) -> Field:
    """The field in the form that all fields have which every event meets alike.

    One slash after a directory stays: if the directory is a symbolic link, the kernel follows it because of the slash.
    """
    if field.name == "dir" and field.text.endswith("//"):
        return field._replace(value=field.text.rstrip("/") + "/")
    if field.name == "success" and field.value:
        return field._replace(value=1)
    return field


def _sort_key(field: Field) -> Tuple[int, str, str, str]:
    return _PLACES.get(field.name, _UNKNOWN_PLACE), field.name, field.operator, str(field.value)


def _effective_syscalls(rule: Rule) -> Optional[FrozenSet[int]]:
    """The syscalls of a rule, or None if they do not change what it matches.

    They do not if they include every syscall that a kernel can match with the ``perm`` field of the rule. What auditctl
    adds because of a ``perm`` field is less than that in most releases (see permissions.py).
    """
    if not rule.syscalls or rule.list != "exit":
        return rule.syscalls
    permissions = rule.value("perm")
    arch = None if permissions is None else rule.arch
    if permissions is None or arch is None:
        return rule.syscalls
    matchable = matchable_syscalls(permissions, arch)
    return None if matchable and matchable <= rule.syscalls else rule.syscalls


def syscall_machine(fields: Iterable[Field], native: str) -> Optional[str]:
    """The machine whose syscalls the names in a rule with these fields mean: that of its last arch, or else ``native``.

    auditctl does not look at the operator: names after ``arch!=b32`` mean syscalls of b32, which the rule excludes.
    ``native`` is a machine as ``uname -m`` prints it. None if there is no table of syscalls for the machine.
    """
    archs = [field.number for field in fields if field.name == "arch"]
    machine = tables.arch_machine(archs[-1]) if archs else tables.machine(native)
    return machine if machine in syscalls.MACHINES else None
