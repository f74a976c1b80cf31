# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Points in time, as users write them and as results show them; in between they are seconds since 1970."""

import calendar
import re
import time
from typing import Callable, Dict, Optional, Tuple

from ..rules.errors import AuditError

__all__ = ("WORDS", "TimeError", "iso", "iso_of", "parse", "period")

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?\s*(Z|[+-]\d\d(?::?\d\d)?)?", re.IGNORECASE | re.ASCII
)

# Seconds of the units of a relative time, by their names. A month has no fixed length, so m is a minute.
_UNITS = {
    name: seconds
    for seconds, names in (
        (1, "s sec secs second seconds"),
        (60, "m min mins minute minutes"),
        (3600, "h hr hrs hour hours"),
        (86400, "d day days"),
        (604800, "w week weeks"),
    )
    for name in names.split()
}
_AMOUNT = r"(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]+)"
_RELATIVE = re.compile(rf"-\s*((?:{_AMOUNT}\s*)+)|((?:{_AMOUNT}\s*)+)\sago", re.IGNORECASE | re.ASCII)


class TimeError(AuditError):
    """A text does not name one point in time, or a period ends before it starts."""


def _local(now: float, **replaced: int) -> float:
    """The begin of today in the local time zone, or of the hour, day or month that replaces a field of struct tm."""
    today = time.localtime(now)
    values = {"year": today.tm_year, "month": today.tm_mon, "day": today.tm_mday, "hour": 0}
    values.update(replaced)
    return time.mktime((values["year"], values["month"], values["day"], values["hour"], 0, 0, 0, 0, -1))


def _days_ago(now: float, days: int) -> float:
    return _local(now, day=time.localtime(now).tm_mday - days)


def _boot(now: float) -> float:
    with open("/proc/uptime", encoding="ascii") as file:
        return now - float(file.read().split()[0])


#: The words of ausearch(8), and what they mean now. Days begin at midnight in the host's time zone, weeks on Sunday.
WORDS: Dict[str, Callable[[float], float]] = {
    "now": lambda now: now,
    "recent": lambda now: now - 600,
    "boot": _boot,
    "this-hour": lambda now: _local(now, hour=time.localtime(now).tm_hour),
    "today": _local,
    "yesterday": lambda now: _days_ago(now, 1),
    "this-week": lambda now: _days_ago(now, (time.localtime(now).tm_wday + 1) % 7),
    "week-ago": lambda now: _days_ago(now, 7),
    "this-month": lambda now: _local(now, day=1),
    "this-year": lambda now: _local(now, month=1, day=1),
}


def parse(text: str, now: float) -> float:
    """Seconds since 1970 of a time in ISO 8601 with its zone, ``@SECONDS``, a relative time or a word of WORDS.

    Raises TimeError.
    """
    word = WORDS.get(text.lower())
    if word:
        return word(now)
    if _RELATIVE.fullmatch(text):
        return _relative(text, now)
    if re.fullmatch(r"@\d{1,11}(\.\d+)?", text, re.ASCII):
        return float(text[1:])
    found = _ISO.fullmatch(text)
    if not found:
        raise TimeError(
            f"'{text}' is not a time: write it as 2026-01-31T18:00:00Z or 2026-01-31T18:00:00+02:00, as @ and the "
            f"seconds since 1970, as '15 minutes ago' or -2h, or as one of {', '.join(WORDS)}"
        )
    *parts, fraction, zone = found.groups()
    if not zone:
        raise TimeError(f"'{text}' has no time zone: append Z for UTC, or an offset such as +02:00")
    numbers = [int(part or 0) for part in parts]
    year, month, day, hour, minute, second = numbers
    valid = year >= 1970 and 1 <= month <= 12 and hour < 24 and minute < 60 and second < 60
    seconds = calendar.timegm((year, month, day, hour, minute, second)) if valid else 0
    if not valid or time.gmtime(seconds)[:3] != (year, month, day):
        raise TimeError(f"'{text}' is not a time: there is no such day, or no such time of day")
    return seconds + float(fraction or 0) - _offset(zone)


def _relative(text: str, now: float) -> float:
    """The time of ``15 minutes ago`` or ``-1h30m``. Days and weeks are 24 hours and 7 times 24 hours long."""
    seconds = 0.0
    for amount, unit in re.findall(_AMOUNT, text[: -len("ago")] if text[0] != "-" else text, re.IGNORECASE | re.ASCII):
        if unit.lower() not in _UNITS:
            raise TimeError(
                f"'{text}' is not a time: '{unit}' is no unit; the units are seconds, minutes, hours, days and weeks "
                "(s, m, h, d, w)"
            )
        seconds += float(amount) * _UNITS[unit.lower()]
    if seconds > now:
        raise TimeError(f"'{text}' is before 1970")
    return now - seconds


def period(start: Optional[str], end: Optional[str], now: float) -> Tuple[Optional[float], Optional[float]]:
    """Both ends of a period that the parameters start and end of a module give. Raises TimeError."""
    first, last = (_end_of_period(name, text, now) for name, text in (("start", start), ("end", end)))
    if first is not None and last is not None and first > last:
        raise TimeError(f"start '{start}' is later than end '{end}'")
    return first, last


def _end_of_period(name: str, text: Optional[str], now: float) -> Optional[float]:
    try:
        return None if text is None else parse(text, now)
    except TimeError as error:
        raise TimeError(f"{name}: {error}") from None


def _offset(zone: str) -> int:
    if zone.upper() == "Z":
        return 0
    digits = zone[1:].replace(":", "").ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if zone[0] == "-" else seconds


def iso(seconds: int, milliseconds: Optional[int] = None) -> str:
    """A time in ISO 8601 and UTC, with milliseconds if they are given."""
    fraction = "" if milliseconds is None else f".{milliseconds:03d}"
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + fraction + "Z"


def iso_of(seconds: float) -> str:
    """A time in ISO 8601 and UTC, to the millisecond."""
    milliseconds = round(seconds * 1000)
    return iso(milliseconds // 1000, milliseconds % 1000)
