# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Rules as lines that auditctl(8) reads."""

from functools import lru_cache
from typing import Callable, FrozenSet, List, Optional, Tuple, Union

from . import syscalls, tables
from ._releases import is_dependent, is_known
from .fields import BY_NAME, COMPARISONS
from .model import Field, Rule, syscall_machine
from .permissions import format_permissions, permission_syscalls, permission_syscalls_refused
from .values import KINDS
from .words import quote

__all__ = ("AnyVersion", "field_words", "render", "syscall_words")

_Version = Optional[Tuple[int, ...]]
#: A release, or a function that finds it out: a host runs a program for that, and most lines do not depend on it.
AnyVersion = Union[_Version, Callable[[], _Version]]


def render(rule: Rule, machine: str, version: AnyVersion = None) -> str:
    """The rule as a line that auditctl reads on a host of that ``machine`` (as ``uname -m`` prints it).

    ``version`` is the release of the host's auditctl: what it has no name for is written as a number, and syscalls that
    it adds itself are left out. Without a version, the line has all names that are known, and every release that knows
    them loads an equivalent rule from it. Only a rule with several ``perm`` cannot be read again by this library. A
    function is called for the version only if the line depends on it.
    """
    names = [field.name for field in rule.fields]
    if names.count("perm") > 1:
        rule = rule._replace(fields=_permissions_once(rule.fields))
        names = [field.name for field in rule.fields]
    words = ["-a", f"{rule.action},{rule.list}"]
    # A perm that comes first, before arch and -S, adds no syscalls (see permissions.py).
    first = next((place for place, name in enumerate(names) if name != "perm"), len(names))
    # arch must come before -S.
    head = max([first, *(place + 1 for place, name in enumerate(names) if name == "arch")])
    rendered = [field_words(field, rule.list, machine, version) for field in rule.fields]
    adds_syscalls = "perm" in names and _adds_syscalls(rule, machine, version)
    for place, field in enumerate(rule.fields if "perm" in names else ()):
        if place >= first and field.name == "perm" and not adds_syscalls and _may_add_syscalls(rule, place):
            # -p adds no syscalls in any release, but it needs a field before it.
            rendered[place] = ("-p", format_permissions(field.number))
    for pair in rendered[:head]:
        words += pair
    # A perm field lets a key follow. Some releases accept -S all and -F perm= together on some machines only.
    if not adds_syscalls and (rule.syscalls is not None or "perm" not in names):
        called = syscall_words(rule, machine, version)
        words += ["-S", ",".join(called)] if called else []
    for pair in rendered[head:]:
        words += pair
    for key in rule.keys:
        words += ["-F", f"key={key}"]
    line = " ".join(words)
    # Most rules have no word to quote.
    return line if "\\" not in line and line.count(" ") == len(words) - 1 else " ".join(map(quote, words))


def _permissions_once(fields: Tuple[Field, ...]) -> Tuple[Field, ...]:
    """The fields with each perm once. Several different ones come first: there they add no syscalls."""
    permissions = [field for field in fields if field.name == "perm"]
    once = list(dict.fromkeys(permissions))
    if len(once) > 1:
        return (*once, *(field for field in fields if field.name != "perm"))
    first = fields.index(once[0])
    return tuple(field for place, field in enumerate(fields) if field.name != "perm" or place == first)


def _may_add_syscalls(rule: Rule, place: int) -> bool:
    """Whether some release adds syscalls for -F perm= at that place: after an arch, or after -S."""
    return bool(rule.syscalls) or any(field.name == "arch" for field in rule.fields[:place])


def _release(version: AnyVersion) -> _Version:
    return version() if callable(version) else version


def _adds_syscalls(rule: Rule, machine: str, asked: AnyVersion) -> bool:
    """Whether auditctl of that release makes this rule from its fields alone, without -S."""
    names = [field.name for field in rule.fields]
    if rule.list != "exit" or names.count("perm") != 1 or "arch" not in names:
        return False
    place = names.index("perm")
    letters, adding = format_permissions(rule.fields[place].number), syscall_machine(rule.fields, machine)
    if adding is None or "arch" not in names[:place]:
        return False
    version = _release(asked)
    if version is None or permission_syscalls_refused(letters, adding, version):
        return False
    added = permission_syscalls(letters, adding, version)
    # After the syscalls that it adds, auditctl accepts no arch.
    return rule.syscalls == (added or None) and not (added and "arch" in names[place:])


def field_words(field: Field, filter_list: str, machine: str, version: AnyVersion) -> Tuple[str, str]:
    """The option and the value that auditctl of that machine and release reads as the field."""
    if isinstance(field.value, str):
        # As it is, whatever the kind; to remember it would only take memory, because few rules have the same.
        return "-F", f"{field.name}{field.operator}{field.value}"
    # No other words depend on the release.
    return _field_words(field, filter_list, machine, _release(version) if field.name == "msgtype" else None)


@lru_cache(maxsize=4096)
def _field_words(field: Field, filter_list: str, machine: str, version: _Version) -> Tuple[str, str]:
    if field.name == "arch":
        for word in ("b64", "b32"):
            if tables.arch_number(word, machine) == field.value:
                return "-F", f"arch{field.operator}{word}"
    if field.name == "field_compare" and filter_list == "exit" and 0 < field.number <= len(COMPARISONS):
        left, right = COMPARISONS[field.number - 1]
        return "-C", f"{left}{field.operator}{right}"
    kind = BY_NAME.get(field.name)
    value = KINDS[kind.kind].format(field.value) if kind else str(field.value)
    if field.name == "msgtype" and not is_known(tables.record_type_since(value), version):
        value = str(field.value)
    return "-F", f"{field.name}{field.operator}{value}"


def syscall_words(rule: Rule, machine: str, version: AnyVersion) -> List[str]:
    """The names, or else the numbers, that auditctl of that machine and release reads as the syscalls of a rule."""
    if rule.list not in ("exit", "io_uring"):
        return []
    if rule.syscalls is None:
        return ["all"] if rule.list == "exit" else []
    table = syscalls.IO_URING if rule.list == "io_uring" else syscall_machine(rule.fields, machine)
    release = _release(version) if _depend_on_release(rule.syscalls, table) else None
    return list(_syscall_names(rule.syscalls, table, release)) or ["none"]


@lru_cache(maxsize=4096)
def _depend_on_release(numbers: FrozenSet[int], table: Optional[str]) -> bool:
    return table is not None and any(is_dependent(syscalls.since(table, number)) for number in numbers)


@lru_cache(maxsize=4096)
def _syscall_names(numbers: FrozenSet[int], table: Optional[str], version: _Version) -> Tuple[str, ...]:
    return tuple(_syscall(number, table, version) for number in sorted(numbers))


def _syscall(number: int, table: Optional[str], version: _Version) -> str:
    name = syscalls.name(table, number) if table else None
    return name if name and is_known(syscalls.since(table or "", number), version) else str(number)
