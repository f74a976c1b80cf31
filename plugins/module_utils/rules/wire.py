# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Rules as bytes: struct audit_rule_data of linux/audit.h, which netlink messages to and from the kernel carry.

Numbers are in the byte order of the machine. Strings (paths, keys, labels) follow one another in ``buf``, and their
lengths are the values of their fields. The keys of a rule are one string, separated by bytes of the value 1.
"""

import struct
from functools import lru_cache
from typing import FrozenSet, List, Optional, Tuple

from .errors import RuleError, counted
from .fields import ACTIONS, BY_NAME, BY_NUMBER, LISTS, OPERATORS
from .model import Field, Rule

__all__ = ("MAX_FIELDS", "PREPEND", "decode", "encode")

#: AUDIT_FILTER_PREPEND, which is added to the number of the list to prepend a rule.
PREPEND = 0x10

#: AUDITMAX_FIELDS: the most fields that a rule can have, counting its keys as one.
MAX_FIELDS = 64
_HEAD = struct.Struct("=3I64I64I64I64II")
# The parts of it: list, action and number of fields; the mask; fields, their values and their operators.
_START = struct.Struct("=3I")
_MASK = slice(12, 268)
_COLUMNS = (268, 524, 780)
_COLUMN = 256
_STRING_KINDS = frozenset(("string", "path", "dir", "exe", "key"))
_KEY = BY_NAME["key"].number
_EQUAL = OPERATORS["="]
# The upper half of word 63 selects classes of syscalls: auditctl sends it, and the kernel clears it.
_ALL = tuple([0xFFFFFFFF] * 63 + [0x0000FFFF])
_NONE = (0,) * 64
_OPERATOR_NAMES = {number: name for name, number in OPERATORS.items()}
_ACTION_NAMES = {number: name for name, number in ACTIONS.items()}
_LIST_NAMES = {number: name for name, number in LISTS.items()}


def encode(rule: Rule) -> bytes:
    """The rule as auditctl sends it to append or delete it (AUDIT_ADD_RULE, AUDIT_DEL_RULE).

    Raises RuleError for a rule with more fields than struct audit_rule_data has room for.
    """
    numbers: List[int] = []
    values: List[int] = []
    operators: List[int] = []
    strings = b""
    for name, sign, value in rule.fields:
        number, operator = _field_numbers(name, sign)
        numbers.append(number)
        operators.append(operator)
        if isinstance(value, str):
            data = value.encode("utf-8", "surrogateescape")
            values.append(len(data))
            strings += data
        else:
            values.append(value)
    if rule.keys:
        data = "\x01".join(rule.keys).encode("utf-8", "surrogateescape")
        numbers.append(_KEY)
        operators.append(_EQUAL)
        values.append(len(data))
        strings += data
    if len(numbers) > MAX_FIELDS:
        raise RuleError(
            f"has {counted(len(numbers), 'field')}; the kernel accepts at most {MAX_FIELDS}, including the key"
        )
    count, mask = len(numbers), _mask(rule.list, rule.syscalls)
    words = (LISTS[rule.list], ACTIONS[rule.action], count, mask, *numbers, *values, *operators, len(strings))
    return _layout(count).pack(*words) + strings


def decode(data: bytes) -> Rule:
    """A rule as the kernel lists it (AUDIT_LIST_RULES; see audit_krule_to_data()).

    Raises ValueError if the data are not a struct audit_rule_data.
    """
    if len(data) < _HEAD.size:
        raise ValueError(f"{len(data)} bytes are too few for an audit rule, which has at least {_HEAD.size}")
    filter_list, action, count = _START.unpack_from(data)
    if count > MAX_FIELDS or filter_list & ~PREPEND not in _LIST_NAMES or action not in _ACTION_NAMES:
        raise ValueError(f"not an audit rule: list {filter_list}, action {action}, {count} fields")
    fields: List[Field] = []
    keys: Tuple[str, ...] = ()
    place = _HEAD.size
    used = 4 * count
    numbers, values, operators = [data[start : start + used] for start in _COLUMNS]
    for (name, operator, is_text), value in zip(_shape(numbers, operators), struct.unpack(f"={count}I", values)):
        if not is_text:
            fields.append(Field(name, operator, value))
            continue
        if place + value > len(data):
            raise ValueError(f"not an audit rule: a string of {value} bytes goes beyond the end of the data")
        text = data[place : place + value].decode("utf-8", "surrogateescape")
        place += value
        if name == "key":
            keys = tuple(text.split("\x01"))
        else:
            fields.append(Field(name, operator, text))
    listed = _LIST_NAMES[filter_list & ~PREPEND]
    return Rule(listed, _ACTION_NAMES[action], tuple(fields), _syscalls(listed, data[_MASK]), keys)


@lru_cache(maxsize=MAX_FIELDS + 1)
def _layout(count: int) -> struct.Struct:
    """The whole of _HEAD for a rule with so many fields; the rest of the columns is zero."""
    column = f"{count}I{_COLUMN - 4 * count}x"
    return struct.Struct(f"=3I256s{column * 3}I")


@lru_cache(maxsize=1024)
def _field_numbers(name: str, operator: str) -> Tuple[int, int]:
    kind = BY_NAME.get(name)
    number = kind.number if kind else int(name[1:])
    return number, OPERATORS[operator] if operator in OPERATORS else int(operator, 16)


# Most rules of a host differ from others in the values alone.
@lru_cache(maxsize=4096)
def _shape(numbers: bytes, operators: bytes) -> Tuple[Tuple[str, str, bool], ...]:
    """For each field, its name and operator, and whether its value is a text."""
    words = struct.Struct(f"={len(numbers) // 4}I")
    found = []
    for number, operator in zip(words.unpack(numbers), words.unpack(operators)):
        kind = BY_NUMBER.get(number)
        name, is_text = (kind.name, kind.kind in _STRING_KINDS) if kind else (f"f{number}", False)
        found.append((name, _OPERATOR_NAMES.get(operator) or hex(operator), is_text))
    return tuple(found)


# The rules of a host have few different masks.
@lru_cache(maxsize=4096)
def _mask(name: str, syscalls: Optional[FrozenSet[int]]) -> bytes:
    mask = list(_NONE if name == "task" or syscalls is not None else _ALL)
    for number in syscalls or () if name != "task" else ():
        mask[number // 32] |= 1 << number % 32
    return struct.pack("=64I", *mask)


@lru_cache(maxsize=4096)
def _syscalls(name: str, data: bytes) -> Optional[FrozenSet[int]]:
    mask = struct.unpack("=64I", data)
    if name not in ("exit", "io_uring") or mask[:63] == _ALL[:63]:
        return None
    return frozenset(
        place * 32 + bit for place, word in enumerate(mask) if word for bit in range(32) if word >> bit & 1
    )
