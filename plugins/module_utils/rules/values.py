# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Values of filter fields: from text to what the kernel holds, and back.

Each ``kind`` of a fields.FieldType has a pair of functions here. They read numbers as auditctl does with strtoul(3),
but only whole ones: auditctl takes `1000abc` for 1000 and 4294967296 for 0, and these functions refuse both. The reason
of a RuleError is a predicate of the value ("must be ...", "is not ...").
"""

import re
from typing import Any, Callable, Dict, NamedTuple, Optional, Union

from . import tables
from .errors import MisreadError, RuleError
from .fields import COMPARISONS
from .permissions import PERMISSIONS, format_permissions
from .resolver import Resolver
from .words import has_control_character, is_digit, lower

__all__ = ("KINDS", "UNSET", "Kind", "decimal", "parse_number")

#: AUDIT_UID_UNSET and AUDIT_SID_UNSET of linux/audit.h.
UNSET = 0xFFFFFFFF

_PATH_MAX = 4096
_NAME_MAX = 255
_KEY_MAX = 256
_AF_MAX = 46

# Python's int() reads more than auditctl does (1_000, full width digits), so the digits are checked first.
_DIGITS = {8: frozenset("01234567"), 10: frozenset("0123456789"), 16: frozenset("0123456789abcdefABCDEF")}
_NOT_ZERO = frozenset("123456789")
# More than any number has that this collection knows.
_MOST_DIGITS = 20
# Patterns that are compiled when they are first used, which most rules never do.
_ARCH = "(?ai)[a-z][0-9a-z]*|x86_64|0x[0-9a-f]+|[0-9]+"
# What strtoul(3) reads of a longer text.
_ARCH_NUMBER = "(?ai)0x[0-9a-f]+|[0-9]+|[a-f][0-9a-f]*"
_RECORD_TYPE = r"[A-Za-z][A-Za-z0-9_]*(?:\[[0-9]{1,7}\])?"
# auditctl looks for these before it looks for `=`, and splits the text there.
_LONG_OPERATORS = ("!=", ">=", "<=", "&=")


class Kind(NamedTuple):
    """How one kind of value is read and written. ``parse`` raises RuleError; ``format`` never fails."""

    parse: Callable[[str, Resolver], Union[int, str]]
    # Either takes an int or a str, as `parse` of the same kind returns it.
    format: Callable[[Any], str]


def decimal(text: str) -> Optional[int]:
    """The number that a text of ASCII digits stands for, None for another text.

    str.isdigit() takes ² for a digit, which int() does not, and int() takes no more than 4300 digits.
    """
    return int(text) if len(text) <= _MOST_DIGITS and text and _DIGITS[10].issuperset(text) else None


def parse_number(text: str, least: int = 0, most: int = 0xFFFFFFFF, what: str = "a number") -> int:
    """The whole number from ``least`` to ``most`` that a text stands for, as an unsigned 32 bit number.

    The text is decimal, hexadecimal after 0x or octal after 0. A minus sign is allowed if ``least`` is negative.
    Raises RuleError, in which ``what`` names the value.
    """
    if text[:1] in _NOT_ZERO and len(text) <= _MOST_DIGITS and _DIGITS[10].issuperset(text):
        # As nearly all numbers are written.
        number = int(text)
        if least <= number <= most:
            return number & 0xFFFFFFFF
    is_negative = text[:1] == "-"
    digits = text[1:] if is_negative else text
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[:1] == "0" else 10
    digits = digits[2:] if base == 16 else digits
    readable = base != 10 or len(digits) <= _MOST_DIGITS
    if digits and readable and _DIGITS[base].issuperset(digits) and (least < 0 or not is_negative):
        number = -int(digits, base) if is_negative else int(digits, base)
        if least <= number <= most:
            return number & 0xFFFFFFFF
    bounds = f"from {least} to {most}" if most != 0xFFFFFFFF or least else "up to 4294967295"
    # auditctl reads what begins with a digit, as far as it is a number.
    raise (MisreadError if _starts_as_number(text) else RuleError)(
        f"must be {what} {bounds} (decimal, hexadecimal after 0x, or octal after 0), with nothing after it", text
    )


def signed(number: int) -> int:
    """The signed number that has the same 32 bits as an unsigned one."""
    return number - 0x100000000 if number & 0x80000000 else number


def _starts_as_number(text: str) -> bool:
    return is_digit(text) or (text[:1] == "-" and is_digit(text[1:]))


def _parse_unsigned(text: str, resolver: Resolver) -> int:
    return parse_number(text)


def _parse_argument(text: str, resolver: Resolver) -> int:
    return parse_number(text, -0x80000000)


def _parse_uid(text: str, resolver: Resolver) -> int:
    if _starts_as_number(text):
        number = parse_number(text, -0x80000000)
    else:
        found = UNSET if text == "unset" else resolver.uid(text)
        if found is None:
            raise RuleError("is neither a number nor the name of a user on the host", text)
        number = found
    if number == UNSET:
        raise RuleError("cannot be used here: the kernel accepts -1 (unset) only for auid and sessionid", text)
    return number


def _parse_auid(text: str, resolver: Resolver) -> int:
    if text == "unset":
        return UNSET
    return parse_number(text, -0x80000000) if _starts_as_number(text) else _parse_uid(text, resolver)


def _parse_gid(text: str, resolver: Resolver) -> int:
    if is_digit(text):
        return parse_number(text, most=UNSET - 1)
    number = resolver.gid(text)
    if number is None:
        raise RuleError("is neither a number nor the name of a group on the host", text)
    return number


def _parse_sessionid(text: str, resolver: Resolver) -> int:
    return UNSET if text == "unset" else _parse_any_word(text, -0x80000000, UNSET, "unset or a number")


def _parse_exit(text: str, resolver: Resolver) -> int:
    if _starts_as_number(text):
        return parse_number(text, -0x80000000)
    number = tables.errno_number(text.lstrip("-"), resolver.machine) if text[:2] != "--" else None
    if number is None:
        raise RuleError("is neither a number nor the name of an error, such as -EPERM or EACCES", text)
    sign = -1 if text[0] == "-" else 1
    return sign * number & 0xFFFFFFFF


def _parse_success(text: str, resolver: Resolver) -> int:
    words = {"yes": 1, "no": 0}
    return words[text] if text in words else parse_number(text, what="yes, no or a number")


def _parse_arch(text: str, resolver: Resolver) -> int:
    number = tables.arch_number(text, resolver.machine) if re.fullmatch(_ARCH, text) else None
    if number is None:
        known = re.match(_ARCH_NUMBER, text)
        misread = known and tables.arch_number(known.group(), resolver.machine) is not None
        raise (MisreadError if misread else RuleError)(
            f"is not an arch that auditctl knows on {resolver.machine}; use b64, b32, a name such as x86_64, or an "
            "AUDIT_ARCH_* number",
            text,
        )
    return number


def _format_arch(number: int) -> str:
    return tables.arch_name(number) or hex(number)


def _parse_msgtype(text: str, resolver: Resolver) -> int:
    if is_digit(text):
        return parse_number(text, most=0x7FFFFFFF)
    number = tables.record_type_number(text) if re.fullmatch(_RECORD_TYPE, text) else None
    if not number:
        raise RuleError("is neither the number nor the name of a record type, such as CWD", text)
    return number


def _parse_permissions(text: str, resolver: Resolver) -> int:
    letters = lower(text)
    if not 1 <= len(letters) <= 4 or not set(letters) <= set(PERMISSIONS):
        raise RuleError("must be one to four of the letters r (read), w (write), x (execute) and a (attributes)", text)
    return sum(PERMISSIONS[letter] for letter in set(letters))


def _parse_filetype(text: str, resolver: Resolver) -> int:
    number = tables.FILE_TYPES.get(lower(text))
    if number is None and text in map(str, tables.FILE_TYPES.values()):
        # auditctl -l prints numbers, which auditctl then refuses to read.
        number = int(text)
    if number is None:
        raise RuleError("is not a file type; use one of " + ", ".join(sorted(tables.FILE_TYPES)), text)
    return number


def _format_filetype(number: int) -> str:
    names = [name for name, value in tables.FILE_TYPES.items() if value == number]
    return names[0] if names else str(number)


def _parse_fstype(text: str, resolver: Resolver) -> int:
    if is_digit(text):
        return parse_number(text, most=UNSET - 1)
    number = tables.FILE_SYSTEMS.get(lower(text))
    if number is None:
        known = ", ".join(sorted(tables.FILE_SYSTEMS))
        raise RuleError(f"is not a type of file system that auditctl knows; use {known}, or a magic number", text)
    return number


def _format_fstype(number: int) -> str:
    # Only names that every release knows are written. Older releases refuse newer names, but accept any number.
    names = [name for name in ("debugfs", "tracefs") if tables.FILE_SYSTEMS[name] == number]
    return names[0] if names else hex(number)


def _parse_comparison(text: str, resolver: Resolver) -> int:
    return parse_number(text, 1, len(COMPARISONS), "the number of a comparison")


def parse_string(text: str, resolver: Resolver, most: int = _PATH_MAX) -> str:
    """The text itself. Raises RuleError if it is empty, longer than ``most`` bytes, or has characters that mislead.

    These are control characters, and what auditctl would take for the operator of the field.
    """
    _check_characters(text)
    if not text or (len(text) * 4 > most and len(text.encode("utf-8", "surrogateescape")) > most):
        raise RuleError(f"must have 1 to {most} bytes", text)
    return text


def _check_characters(text: str) -> None:
    if has_control_character(text):
        raise MisreadError("must not contain a control character, such as a tab or a line end", text)
    if "=" in text and any(operator in text for operator in _LONG_OPERATORS):
        raise MisreadError("must not contain !=, >=, <= or &=, because auditctl would take it for the operator", text)


def _parse_absolute(text: str, resolver: Resolver) -> str:
    if not text.startswith("/"):
        raise RuleError("must be an absolute path", text)
    # A character has at most four bytes.
    long = len(text) * 4 > _NAME_MAX
    if long and any(len(name.encode("utf-8", "surrogateescape")) > _NAME_MAX for name in text.split("/")):
        raise RuleError(f"must have at most {_NAME_MAX} bytes between two slashes; the kernel takes no more", text)
    return parse_string(text, resolver, _PATH_MAX - 1)


def _parse_file(text: str, resolver: Resolver) -> str:
    if text.endswith("/"):
        raise RuleError("must not end with a slash; for a directory tree, use dir", text)
    if text.rpartition("/")[2] in (".", ".."):
        raise RuleError("must not end with . or .., because the kernel refuses such a path", text)
    return _parse_absolute(text, resolver)


def parse_key(text: str, resolver: Resolver) -> str:
    """The text itself. Raises RuleError if it cannot be a key. All keys of a rule share 256 bytes; see the caller."""
    _check_characters(text)
    # A character has at most four bytes.
    if len(text) * 4 > _KEY_MAX and len(text.encode("utf-8", "surrogateescape")) > _KEY_MAX:
        raise RuleError(f"is too long: the keys of a rule can have at most {_KEY_MAX} bytes together", text)
    return text


def _format_exit(number: int) -> str:
    value = signed(number)
    name = tables.errno_name(-value) if value < 0 else None
    return "-" + name if name else str(value)


def _format_signed(number: int) -> str:
    return str(signed(number))


def _format_unset(number: int) -> str:
    return "unset" if number == UNSET else str(signed(number))


def _parse_saddr_fam(text: str, resolver: Resolver) -> int:
    return _parse_any_word(text, 0, _AF_MAX - 1, "the number of an address family (2 is ipv4, 10 is ipv6)")


def _parse_any_word(text: str, least: int, most: int, what: str) -> int:
    """The number of a text where auditctl takes any word for 0."""
    try:
        return parse_number(text, least, most, what)
    except RuleError as error:
        raise MisreadError(error.reason, error.part) from None


#: How values are read and written, by ``kind`` of fields.FieldType.
KINDS: Dict[str, Kind] = {
    "arch": Kind(_parse_arch, _format_arch),
    "argument": Kind(_parse_argument, lambda number: f"0x{number:X}"),
    "auid": Kind(_parse_auid, _format_unset),
    "comparison": Kind(_parse_comparison, str),
    "dir": Kind(_parse_absolute, str),
    "exe": Kind(_parse_file, str),
    "exit": Kind(_parse_exit, _format_exit),
    "filetype": Kind(_parse_filetype, _format_filetype),
    "fstype": Kind(_parse_fstype, _format_fstype),
    "gid": Kind(_parse_gid, str),
    "key": Kind(parse_key, str),
    "msgtype": Kind(_parse_msgtype, lambda number: tables.record_type_name(number) or str(number)),
    "number": Kind(_parse_unsigned, str),
    "path": Kind(_parse_file, str),
    "perm": Kind(_parse_permissions, format_permissions),
    "saddr_fam": Kind(_parse_saddr_fam, str),
    "sessionid": Kind(_parse_sessionid, _format_unset),
    "string": Kind(parse_string, str),
    "success": Kind(_parse_success, str),
    "uid": Kind(_parse_uid, _format_signed),
}
