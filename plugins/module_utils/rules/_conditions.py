# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Conditions of a rule: the text of one -F or -C to a field, as audit_rule_fieldpair_data() of libaudit reads it."""

from typing import NamedTuple, Sequence

from .errors import MisreadError, RuleError, shown
from .fields import BY_NAME, COMPARISONS, OPERATORS, FieldType
from .model import Field
from .resolver import Resolver
from .values import KINDS
from .words import lower

__all__ = (
    "LIMITED",
    "Condition",
    "check_combination",
    "check_list",
    "parse_comparison",
    "parse_condition",
    "split_condition",
)

# Each of these groups of fields can be in a rule once: the kernel has room for one path, and for one program. It takes
# several perm, and an event must then meet each of them, which nobody means who writes two.
_ONCE = (("path", "dir", "inode"), ("exe",), ("perm",))
_GROUP = {name: group for group in _ONCE for name in group}
#: The fields that check_combination() may refuse.
LIMITED = frozenset(_GROUP)
# The characters of all operators but `=`.
_OTHER_OPERATORS = frozenset("".join(OPERATORS)) - {"="}

# Fields that auditctl and the kernel take on a list on which this library refuses them; others are refused by auditctl.
_UNCHECKED = (("perm", "exclude"), ("obj_uid", "io_uring"), ("obj_gid", "io_uring"))


class Condition(NamedTuple):
    """The text of one -F in its three parts, and the type of its field. ``name`` is spelled as it was written."""

    type: FieldType
    name: str
    operator: str
    value: str


def split_condition(text: str) -> Condition:
    """The parts of ``-F text``. Raises RuleError if the field is unknown, or the operator or the value is missing."""
    # Most conditions have no other operator than this one.
    for operator in ("=",) if _OTHER_OPERATORS.isdisjoint(text) else OPERATORS:
        if operator in text:
            name, _operator, value = text.partition(operator)
            kind = BY_NAME.get(lower(name))
            if kind is None:
                raise RuleError("there is no field of that name; auditctl(8) lists the fields", name or f"-F {text}")
            if not value and name != "key":
                raise RuleError("the value is missing after the operator", f"-F {text}")
            return Condition(kind, name, operator, value)
    raise RuleError("a field needs an operator: one of " + " ".join(OPERATORS), f"-F {text}")


def parse_condition(condition: Condition, filter_list: str, resolver: Resolver) -> Field:
    """The field of one -F on that list. Raises RuleError."""
    kind, _name, operator, text = condition
    if kind.name == "key":
        raise MisreadError("a key can only be set, with key=NAME; the kernel never compares it", _part(condition))
    if operator not in kind.operators:
        raise RuleError(f"{kind.name} can only be compared with {_alternatives(kind.operators)}", _part(condition))
    if filter_list not in kind.lists:
        check_list(kind, filter_list, _part(condition))
    try:
        value = KINDS[kind.kind].parse(text, resolver)
    except RuleError as error:
        reason = f"{shown(error.part)} {error.reason}" if error.part else error.reason
        raise type(error)(reason, _part(condition)) from None
    if value == 0xFFFFFFFF and kind.name == "auid" and operator not in ("=", "!="):
        raise RuleError("an unset auid can only be compared with = or !=", _part(condition))
    return Field(kind.name, operator, value)


def _part(condition: Condition) -> str:
    """The condition as it was written, for an error."""
    return f"-F {condition.name}{condition.operator}{condition.value}"


def parse_comparison(text: str, filter_list: str) -> Field:
    """The field of ``-C text`` (AUDIT_FIELD_COMPARE). Raises RuleError."""
    for operator in ("!=", "="):
        left, found, right = text.partition(operator)
        if found:
            break
    pair = tuple("auid" if lower(name) == "loginuid" else lower(name) for name in (left, right))
    numbers = [number for number, known in enumerate(COMPARISONS, 1) if known in (pair, pair[::-1])]
    if filter_list != "exit" or not found or not numbers:
        raise RuleError(
            "-C works on the list exit only; it compares with = or != two different ones of auid, uid, euid, suid, "
            "fsuid and obj_uid, or of gid, egid, sgid, fsgid and obj_gid",
            f"-C {text}",
        )
    return Field("field_compare", operator, numbers[0])


def check_combination(fields: Sequence[Field], field: Field, part: str) -> None:
    """Raise RuleError if a rule with these ``fields`` cannot have that ``field`` as well."""
    group = _GROUP.get(field.name, ())
    if group and any(other.name in group for other in fields):
        hint = "; write all letters in one, as in perm=wa (after -w: -p wa)" if field.name == "perm" else ""
        # auditctl takes several perm, and so does the kernel.
        kind = MisreadError if field.name == "perm" else RuleError
        raise kind(f"a rule can have only one {' or '.join(group)} field{hint}", part)


def check_list(kind: FieldType, filter_list: str, part: str) -> None:
    """Raise RuleError if the kernel does not evaluate that kind of field on the list."""
    if filter_list in kind.lists:
        return
    lists = ", ".join(kind.lists)
    if filter_list in ("exclude", "user") and kind.name not in ("path", "dir", "perm"):
        raise MisreadError(
            f"{kind.name} ends the evaluation of the list {filter_list} in the kernel, which disables every later rule "
            f"of the list; {kind.name} works only on {lists}",
            part,
        )
    misread = filter_list == "task" or kind.name == "field_compare" or (kind.name, filter_list) in _UNCHECKED
    refusal = MisreadError if misread else RuleError
    raise refusal(f"{kind.name} does not work on the list {filter_list}, only on {lists}", part)


def _alternatives(operators: Sequence[str]) -> str:
    *first, last = operators
    return f"{', '.join(first)} or {last}" if first else last
