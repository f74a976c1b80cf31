# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each kind of value may be in a release: one function for each kind, which says what is wrong with a value."""

import os
import re
import stat
from typing import Callable, Dict, List, Optional, Sequence

from ..rules.values import decimal
from .keywords import BUILTIN, EXEC_MODES, MAIL, UNITS
from .schema import ByRelease, Keyword, Version, dotted, in_release
from .target import LIBRARIES, Target

__all__ = ("KINDS", "mail_account", "this_is")

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SHORT_DIRECTORY = "must be an absolute path without spaces, in a directory whose own path has four or more characters"


def this_is(target: Target) -> str:
    """The release that a file is checked against, to end a message."""
    return f"; this is audit {dotted(target.version)}"


def mail_account(value: str, version: Version) -> Optional[str]:
    """What is wrong with an account or address of action_mail_acct, which auditd verifies unless it is told not to."""
    if not re.match(MAIL(version) + r"$", value):
        plus = "" if version >= (4, 0, 5) else " (and + since audit 4.0.5)"
        return f"must be two or more letters, digits and @._-{plus}, unless an earlier line is verify_email = no"
    if "@" in value and value.rfind(".") < value.find("@"):
        return "must have a dot after the @, unless an earlier line is verify_email = no"
    return None


def _allowed(keyword: Keyword, target: Target) -> List[str]:
    """The words that the release accepts, as it was built."""
    return [
        word.name
        for word in keyword.choices()
        if target.version >= word.since
        and not (word.until and target.version >= word.until)
        and not (word.name in LIBRARIES and target.built is not None and word.name not in target.built)
    ]


def _word(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    allowed = _allowed(keyword, target)
    if value.lower() in allowed:
        return None
    return f"must be one of {', '.join(allowed)}{_history(keyword, value.lower(), target)}"


def _history(keyword: Keyword, value: str, target: Target) -> str:
    """Why a word that some release accepts is not accepted here."""
    word = next((word for word in keyword.choices() if word.name == value), None)
    if word is None:
        return ""
    if target.version < word.since:
        return f"; audit {dotted(word.since)} added {value}{this_is(target)}"
    if word.until and target.version >= word.until:
        return f"; audit {dotted(word.until)} removed {value}{this_is(target)}"
    return f"; the program on this host is built without {value}"


def _yes_no(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    return None if value.lower() in ("yes", "no") else "must be yes or no"


def _number(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    low, high = in_release(keyword.low, target.version), keyword.high
    if value.lower() in _allowed(keyword, target):
        return None
    number = decimal(value)
    if number is not None and low <= number <= high:
        return None
    words = "".join(f", or {word}" for word in _allowed(keyword, target))
    hint = "; to turn it off, remove its line" if value == "0" and keyword.default is None else ""
    since = ""
    if isinstance(keyword.low, ByRelease) and number is not None and number < low:
        since = f" since audit {dotted(keyword.low.steps[-1][0])}"
    return f"must be a number from {low} to {high}{since}{words}{hint}"


def _space(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    if re.match(r"[0-9]{1,2}%$", value) and target.version >= (2, 8, 5):
        return None
    number = decimal(value)
    if number is not None and number <= keyword.high:
        return None
    return "must be a number of MB or, since audit 2.8.5, a percentage below 100 such as 5%"


def _executable(value: str, modes: Sequence[int], target: Target) -> Optional[str]:
    """What is wrong with the executable of an action."""
    if not value.startswith("/") or " " in value:
        return "exec needs the absolute path of an executable, without arguments"
    info = target.stat(value)
    if info is None or not stat.S_ISREG(info.st_mode):
        return f"exec needs an executable, but there is no file {value}"
    if info.st_uid != 0:
        return f"exec needs an executable owned by root, but {value} is owned by user {info.st_uid}"
    if stat.S_IMODE(info.st_mode) & 0o777 not in modes:
        allowed = " or ".join(f"{mode:04o}" for mode in modes)
        return f"exec needs an executable with mode {allowed}, but {value} has {stat.S_IMODE(info.st_mode):04o}"
    return None


def _action(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    return _action_with(EXEC_MODES(target.version), keyword, value, target)


def _remote_action(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    # Whether others may read or run it does not matter.
    return _action_with((0o750, 0o751, 0o754, 0o755), keyword, value, target)


def _action_with(modes: Sequence[int], keyword: Keyword, value: str, target: Target) -> Optional[str]:
    word, space, program = value.partition(" ")
    reason = _word(keyword, word, target)
    if reason or (word.lower() != "exec" and not space):
        return reason
    return _executable(program, modes, target) if word.lower() == "exec" else "only exec takes a path"


def _one_word(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    return "must not contain spaces" if " " in value else None


def _path(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    return None if value.startswith("/") and " " not in value else "must be an absolute path without spaces"


def _log_file(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    directory = os.path.dirname(value)
    if not value.startswith("/") or " " in value or len(directory) < 4:
        return _SHORT_DIRECTORY
    folder = target.stat(directory)
    if folder is None or not stat.S_ISDIR(folder.st_mode):
        return f"must be in a directory that exists, but there is no {directory}"
    info = target.stat(value)
    if info is not None and (not stat.S_ISREG(info.st_mode) or info.st_uid != 0):
        return "must be a regular file owned by root, or not exist yet"
    return None


def _group(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    if re.match(r"[0-9]{1,10}$", value) or target.gid(value) is not None:
        return None
    return "must be a group of this host, or the id of a group"


def _ports(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    found = re.match(r"([0-9]{1,5})(?:-([0-9]{1,5}))?$", value)
    if found and int(found.group(1)) <= int(found.group(2) or found.group(1)) <= 65535:
        return None
    return "must be a port from 0 to 65535, or two ports with a dash between them, the lower one first"


def _time(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    found = re.match(rf"([0-9]{{1,9}})([{UNITS(target.version)}]?)$", value)
    if found and int(found.group(1)) * _SECONDS[found.group(2) or "s"] <= keyword.high:
        return None
    return "must be a number of seconds, or a number followed by m, h, d or (since audit 4.1.4) s, up to 40 days"


def _plugin_path(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    if value.startswith("builtin_"):
        parts = BUILTIN(target.version)
        return None if value in parts else f"must be the path of a program, or built in: {', '.join(parts)}"
    if not value.startswith("/") or " " in value or len(os.path.dirname(value)) < 4:
        return _SHORT_DIRECTORY
    return None


def _args(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    if target.version < (4, 0, 1) and len(value.split()) > 2:
        return f"must be one or two words before audit 4.0.1{this_is(target)}"
    return None


KINDS: Dict[str, Callable[[Keyword, str, Target], Optional[str]]] = {
    "action": _action,
    "args": _args,
    "group": _group,
    "log file": _log_file,
    "mail account": _one_word,
    "number": _number,
    "path": _path,
    "plugin path": _plugin_path,
    "ports": _ports,
    "remote action": _remote_action,
    "space": _space,
    "text": _one_word,
    "time": _time,
    "word": _word,
    "yes or no": _yes_no,
}
