# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Whether a value of auditd.conf is one that is asked for: by what the daemon makes of it, and not by its text."""

import operator
import re
from typing import Callable, Dict, Mapping, NamedTuple, Optional

__all__ = ("COMPARE", "TEXTS", "is_accepted", "is_comparison")

COMPARE: Dict[str, Callable[[int, int], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
# No setting has more digits, and Python refuses to read thousands of them.
_NUMBER = re.compile(r"([0-9]{1,18})([%a-z]?)$")
_COMPARISON = re.compile(r"(>=|<=|>|<)\s*(.*)$")
_PERCENT = "%"
_MEGABYTES = {"": 1, _PERCENT: 1}
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
#: Keywords with names and paths, whose case counts, and which are no numbers even if they have digits alone.
TEXTS = frozenset(
    ("action_mail_acct", "dispatcher", "krb5_key_file", "krb5_principal", "log_file", "log_group", "name", "plugin_dir",
     "tls_allowed_clients", "tls_cipher_suites", "tls_key_exchange", "tls_psk_file", "tls_psk_identity")
)  # fmt: skip
# What may follow the number in a keyword's value, and what it multiplies the number by. Other keywords have plain
# numbers, or words.
_UNITS: Mapping[str, Mapping[str, int]] = {
    **{name: {} for name in TEXTS},
    "space_left": _MEGABYTES,
    "admin_space_left": _MEGABYTES,
    "report_interval": _SECONDS,
    # A name or a number, and one name is that of the same number everywhere.
    "log_group": {"": 1},
}
_ROOT = "root"


class _Amount(NamedTuple):
    number: int
    is_share: bool


def is_comparison(name: str, wanted: str) -> bool:
    """Whether these words compare the values of a keyword with a number that it can have."""
    found = _COMPARISON.match(wanted)
    return bool(found and _amount(name, found.group(2)))


def is_accepted(name: str, value: Optional[str], wanted: str, space: Optional[int] = None) -> bool:
    """Whether a value is the ``wanted`` one, or within a comparison such as ``>= 25%``.

    ``space``: the size in megabytes of the file system with the log. Without it, no share of it is compared with a
    number of megabytes, and the value is not accepted.
    """
    if value is None:
        return False
    found = _COMPARISON.match(wanted)
    have, want = _amount(name, value), _amount(name, found.group(2) if found else wanted)
    if not have or not want:
        return not found and _text(name, value) == _text(name, wanted)
    if have.is_share != want.is_share:
        # Nothing is as much in either unit.
        if not space and have.number and want.number:
            return False
        have, want = (_in_hundredths(amount, space or 1) for amount in (have, want))
    return (COMPARE[found.group(1)] if found else operator.eq)(have.number, want.number)


def _text(name: str, text: str) -> str:
    """A value as the daemon compares it: without the case of a word, but with that of a program after exec."""
    word, space, program = text.partition(" ")
    return text if name in TEXTS else word.lower() + space + program


def _amount(name: str, text: str) -> Optional[_Amount]:
    if name == "log_group" and text == _ROOT:
        text = "0"
    found = _NUMBER.match(text)
    factor = found and _UNITS.get(name, {"": 1}).get(found.group(2))
    return _Amount(int(found.group(1)) * factor, found.group(2) == _PERCENT) if found and factor else None


def _in_hundredths(amount: _Amount, space: int) -> _Amount:
    """An amount in hundredths of a megabyte."""
    return _Amount(amount.number * (space if amount.is_share else 100), False)
