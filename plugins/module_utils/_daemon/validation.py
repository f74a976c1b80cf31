# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the audit daemon takes a file of its configuration, and what it needs to take another one.

There is no ``auditd --check``: one keyword that a release does not know keeps its auditd from starting.
"""

import os
import re
import stat
import textwrap
from typing import Any, Callable, Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .conf_file import SettingLine, respaced, values
from .keywords import AUDITD_CONF, BUILTIN, EXEC_MODES, LOOKED_UP, MAIL, UNITS, ByRelease, ConfigFile, Keyword, Version

__all__ = (
    "KINDS",
    "NEEDS",
    "ConfProblem",
    "Target",
    "built_with",
    "changed_values",
    "check",
    "dotted",
    "effective",
    "file_problems",
    "forgets_name",
    "in_release",
    "line_problems",
    "need",
    "repaired",
    "rule_problems",
    "same",
    "text_of",
)  # fmt: skip

#: Ways that are built into a program or not, by the library that a program with it names.
_LIBRARIES = {"krb5": b"libgssapi_krb5", "tls": b"libssl"}
# Kinds of values that have one spelling each.
_AS_IT_IS = ("args", "group", "log file", "mail account", "path", "plugin path", "text")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
NEEDS = ("none", "reload", "restart")


class ConfProblem(NamedTuple):
    """What the daemon would not take: the number of the line, 0 where there is none, its key, and why."""

    number: int
    key: str
    reason: str
    unknown: bool = False

    def at(self, path: str) -> str:
        """In words."""
        where = f"{path}:{self.number}" if self.number else path
        return f"{where}: {self.reason}"


class Target(NamedTuple):
    """What a file is checked against: a release, what it was built with, and what is on the host.

    ``stat`` is that of a path, None without one; ``gid`` the id of a group, None without one.
    """

    version: Version
    built: Optional[FrozenSet[str]] = None
    stat: Callable[[str], Optional[os.stat_result]] = lambda path: None
    gid: Callable[[str], Optional[int]] = lambda name: None


def dotted(version: Version) -> str:
    """A release as people write it."""
    return ".".join(map(str, version))


def built_with(program: str) -> Optional[FrozenSet[str]]:
    """Which of krb5 and tls a program was built with; None if it cannot be read."""
    try:
        with open(program, "rb") as file:
            content = file.read()
    except OSError:
        return None
    return frozenset(name for name, library in _LIBRARIES.items() if library in content)


def text_of(key: str, value: Any) -> Optional[str]:
    """A value of a parameter as it stands in a file, None for none. Raises ValueError."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, (int, str)):
        raise ValueError(f"{key} must be a text, a number, or true or false, not {value!r}")
    text = str(value)
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError(f"{key} must be one line without tabs and other control characters, not {text!r}")
    if not text.strip():
        raise ValueError(f"{key} must have a value; to have no line of it, use null, or state: absent")
    return " ".join(text.split())


def same(file: ConfigFile, key: str, one: Optional[str], other: Optional[str]) -> bool:
    """Whether two values of a key mean the same."""
    if one is None or other is None:
        return one is other
    return _meaning(file, key, one) == _meaning(file, key, other)


def changed_values(
    file: ConfigFile, lines: Sequence[SettingLine], wanted: Mapping[str, Optional[str]]
) -> Dict[str, Optional[str]]:
    """Which of the wanted values the lines do not have."""
    held = values(lines)
    present = {line.key for line in lines}
    broken = {line.key for line in lines if line.error}
    changes = {}
    for key, value in wanted.items():
        held_so = key not in present if value is None else key not in broken and same(file, key, held.get(key), value)
        if not held_so:
            changes[key] = value
    return changes


def effective(file: ConfigFile, held: Mapping[str, str], version: Version) -> Dict[str, Optional[str]]:
    """The values of all keywords that a release knows, defaults included; words in lower case."""
    result: Dict[str, Optional[str]] = {}
    for name, keyword in file.keywords.items():
        value = held.get(name)
        default = in_release(keyword.default, version)
        result[name] = default if value is None else _meaning(file, name, value)
    # The older way to say it.
    if result.get("enable_krb5") == "yes" and version >= (3, 0):
        result["transport"] = "krb5"
    return result


def need(file: ConfigFile, before: Mapping[str, str], after: Mapping[str, str], version: Version) -> str:
    """What a daemon that runs with the values before needs to take those after: none, reload or restart."""
    old, new = effective(file, before, version), effective(file, after, version)
    needs = ["none"]
    for name, keyword in file.keywords.items():
        if old[name] != new[name]:
            needs.append(
                _need_of(in_release(keyword.need, version), old[name], new[name], new.get("transport") == "tls")
            )
    worst = max(needs, key=NEEDS.index)
    return "restart" if worst == "reload" and file is AUDITD_CONF and forgets_name(after, version) else worst


def forgets_name(held: Mapping[str, str], version: Version) -> bool:
    """Whether a daemon with these values of auditd.conf has another node name, or (null), after any reload.

    It takes ``name`` for one that it has to look up, or since 4.2 nothing at all.
    """
    known = effective(AUDITD_CONF, held, version)
    return known["name_format"] in LOOKED_UP and (version >= (4, 2) or bool(known["name"]))


def in_release(value: Any, version: Version) -> Any:
    """What holds in a release: of an At its value there, otherwise what is given."""
    return value(version) if isinstance(value, ByRelease) else value


def _need_of(what: str, old: Optional[str], new: Optional[str], tls: bool) -> str:
    if what == "grow":
        numbers = [int(value) for value in (old, new) if value and value.isdigit()]
        return "reload" if numbers == sorted(numbers) else "restart"
    if what == "enable":
        return "reload" if old is None and not tls else "restart"
    if what == "given":
        return "restart" if new in LOOKED_UP else "reload"
    return what


def _meaning(file: ConfigFile, key: str, value: str) -> str:
    keyword = file.keywords.get(key)
    if keyword is None or keyword.kind in _AS_IT_IS:
        return value
    if value.isdigit():
        return str(int(value))
    first, space, rest = value.partition(" ")
    return first.lower() + space + rest


def file_problems(file: ConfigFile, info: os.stat_result, version: Version) -> List[ConfProblem]:
    """What the daemon does not take of a file whatever is in it; ``info`` is what lstat(2) says of it."""
    if not stat.S_ISREG(info.st_mode):
        return [ConfProblem(0, "", "is not a regular file; the daemon follows no link")]
    problems = []
    if info.st_uid != 0:
        problems.append(ConfProblem(0, "", f"must be owned by root, not by user {info.st_uid}"))
    if info.st_mode & in_release(file.closed, version):
        mode = stat.S_IMODE(info.st_mode)
        problems.append(ConfProblem(0, "", f"must not be writable by others than root, and has mode {mode:04o}"))
    return problems


def repaired(lines: Sequence[SettingLine], problems: Sequence[ConfProblem]) -> List[SettingLine]:
    """Lines that the daemon reads: those with a problem are spaced anew or, if that does not help, made comments."""
    wrong = {problem.number for problem in problems if problem.number}
    result = []
    for number, line in enumerate(lines, 1):
        if number in wrong:
            better = respaced(line)
            usable = line.error and better.key and not better.error
            result += (
                [better]
                if usable
                else [SettingLine(f"# {part}") for part in textwrap.wrap(line.text.lstrip("# "), 100)]
            )
        else:
            result.append(line)
    return result


def check(file: ConfigFile, lines: Sequence[SettingLine], target: Target) -> List[ConfProblem]:
    """What a release does not take of the lines one by one or, if that is nothing, of all together."""
    return line_problems(file, lines, target) or rule_problems(file, lines, target)


def line_problems(file: ConfigFile, lines: Sequence[SettingLine], target: Target) -> List[ConfProblem]:
    """What a release does not take of the lines, one by one."""
    problems = []
    verified = True
    for number, line in enumerate(lines, 1):
        reason, unknown = _line_problem(file, line, target)
        if line.key == "verify_email":
            verified = line.value.lower() == "yes"
        if line.key == "action_mail_acct" and verified and not reason:
            # It is checked by what stands before it.
            reason = _said(line, _mail_account(line.value, target.version))
        if reason:
            problems.append(ConfProblem(number, line.key, reason, unknown))
    return problems


def rule_problems(file: ConfigFile, lines: Sequence[SettingLine], target: Target) -> List[ConfProblem]:
    """What a release does not take of several lines together. No line is wrong by itself."""
    if not lines:
        # An empty file is taken: everything is as the release has it.
        return []
    last = {line.key: number for number, line in enumerate(lines, 1) if line.key}
    held = effective(file, values(lines), target.version)
    problems = []
    for rule in file.rules:
        if target.version >= rule.since and not rule.holds(held):
            said = [f"there is no {key}" if held[key] is None else f"{key} is {held[key]}" for key in rule.keys]
            number = max(last.get(key, 0) for key in rule.keys)
            problems.append(ConfProblem(number, rule.keys[0], f"{rule.reason} ({', '.join(said)})"))
    return problems


def _line_problem(file: ConfigFile, line: SettingLine, target: Target) -> Tuple[Optional[str], bool]:
    """What is wrong with a line, and whether it is that its keyword is unknown."""
    longest = file.longest(target.version)
    counts = bool(line.key or line.error)
    if (counts or file.splits) and len(line.text.encode("utf-8", "surrogateescape")) > longest:
        return f"'{line.text[:40]}...' is longer than the {longest} bytes that are read of a line", False
    if not counts:
        return None, False
    if line.error:
        return f"'{line.text.strip()}' {line.error}", False
    keyword = file.keywords.get(line.key)
    if keyword is None:
        return f"{line.key} is no keyword of {file.name}", True
    for bound, known in ((keyword.since, False), (keyword.until, True)):
        if bound and (target.version >= bound) is known:
            what = "no keyword" if known else "a keyword"
            return f"{line.key} is {what} of {file.name} since audit {dotted(bound)}{_here(target)}", True
    return _said(line, KINDS[keyword.kind](keyword, line.value, target)), False


def _said(line: SettingLine, reason: Optional[str]) -> Optional[str]:
    return f"{line.key} = {line.value}: {reason}" if reason else None


def _here(target: Target) -> str:
    return f", and this is {dotted(target.version)}"


def _mail_account(value: str, version: Version) -> Optional[str]:
    if not re.match(MAIL(version) + r"$", value):
        plus = "" if version >= (4, 0, 5) else " (and + since audit 4.0.5)"
        return f"must be two or more letters, digits and @._-{plus}, unless verify_email = no stands before it"
    if "@" in value and value.rfind(".") < value.find("@"):
        return "must have a dot behind the @, unless verify_email = no stands before it"
    return None


def _allowed(keyword: Keyword, target: Target) -> List[str]:
    """The words that the release takes, as it was built."""
    return [
        word.name
        for word in keyword.choices()
        if target.version >= word.since
        and not (word.until and target.version >= word.until)
        and not (word.name in _LIBRARIES and target.built is not None and word.name not in target.built)
    ]


def _word(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    allowed = _allowed(keyword, target)
    if value.lower() in allowed:
        return None
    return f"must be one of {', '.join(allowed)}{_history(keyword, value.lower(), target)}"


def _history(keyword: Keyword, value: str, target: Target) -> str:
    """Why a word that some release takes is not taken here."""
    word = next((word for word in keyword.choices() if word.name == value), None)
    if word is None:
        return ""
    if target.version < word.since:
        return f"; {value} is one since audit {dotted(word.since)}{_here(target)}"
    if word.until and target.version >= word.until:
        return f"; {value} is none since audit {dotted(word.until)}{_here(target)}"
    return f"; this auditd is built without {value}"


def _yes_no(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    return None if value.lower() in ("yes", "no") else "must be yes or no"


def _number(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    low, high = in_release(keyword.low, target.version), keyword.high
    if value.lower() in _allowed(keyword, target):
        return None
    if re.match(r"[0-9]+$", value) and low <= int(value) <= high:
        return None
    words = "".join(f", or {word}" for word in _allowed(keyword, target))
    hint = "; to have none, remove it" if value == "0" and keyword.default is None else ""
    since = ""
    if isinstance(keyword.low, ByRelease) and value.isdigit() and int(value) < low:
        since = f" since audit {dotted(keyword.low.steps[-1][0])}"
    return f"must be a number from {low} to {high}{since}{words}{hint}"


def _space(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    if re.match(r"[0-9]{1,2}%$", value) and target.version >= (2, 8, 5):
        return None
    if re.match(r"[0-9]+$", value) and int(value) <= keyword.high:
        return None
    return "must be a number of MB, or (since audit 2.8.5) of percent below 100, as 5%"


def _executable(value: str, modes: Sequence[int], target: Target) -> Optional[str]:
    """What is wrong with the executable of an action."""
    if not value.startswith("/") or " " in value:
        return "exec needs the absolute path of an executable, and no arguments"
    info = target.stat(value)
    if info is None or not stat.S_ISREG(info.st_mode):
        return f"exec needs an executable, and there is no file {value}"
    if info.st_uid != 0:
        return f"exec needs an executable of root, and {value} is owned by user {info.st_uid}"
    if stat.S_IMODE(info.st_mode) & 0o777 not in modes:
        allowed = " or ".join(f"{mode:04o}" for mode in modes)
        return f"exec needs an executable of mode {allowed}, and {value} has {stat.S_IMODE(info.st_mode):04o}"
    return None


def _action(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    return _action_with(EXEC_MODES(target.version), keyword, value, target)


def _remote_action(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    # Others may read and run it, or not.
    return _action_with((0o750, 0o751, 0o754, 0o755), keyword, value, target)


def _action_with(modes: Sequence[int], keyword: Keyword, value: str, target: Target) -> Optional[str]:
    word, space, program = value.partition(" ")
    reason = _word(keyword, word, target)
    if reason or (word.lower() != "exec" and not space):
        return reason
    return _executable(program, modes, target) if word.lower() == "exec" else "only exec has something behind it"


def _one_word(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    return "must not have spaces in it" if " " in value else None


def _path(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    return None if value.startswith("/") and " " not in value else "must be an absolute path without spaces"


def _log_file(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    directory = os.path.dirname(value)
    if not value.startswith("/") or " " in value or len(directory) < 4:
        return "must be an absolute path without spaces, in a directory whose own path has four characters or more"
    folder = target.stat(directory)
    if folder is None or not stat.S_ISDIR(folder.st_mode):
        return f"must be in a directory that exists, and there is no {directory}"
    info = target.stat(value)
    if info is not None and (not stat.S_ISREG(info.st_mode) or info.st_uid != 0):
        return "must be a regular file that is owned by root, or not exist yet"
    return None


def _group(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    if re.match(r"[0-9]{1,10}$", value) or target.gid(value) is not None:
        return None
    return "must be a group of this host, or the number of one"


def _ports(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    found = re.match(r"([0-9]{1,5})(?:-([0-9]{1,5}))?$", value)
    if found and int(found.group(1)) <= int(found.group(2) or found.group(1)) <= 65535:
        return None
    return "must be a port from 0 to 65535, or two with a dash between them, the lower one first"


def _time(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    found = re.match(rf"([0-9]{{1,9}})([{UNITS(target.version)}]?)$", value)
    if found and int(found.group(1)) * _SECONDS[found.group(2) or "s"] <= keyword.high:
        return None
    return "must be a number of seconds, or one with m, h, d or (since audit 4.1.4) s behind it, up to 40 days"


def _plugin_path(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    if value.startswith("builtin_"):
        parts = BUILTIN(target.version)
        return None if value in parts else f"must be a path, or of what is built in one of {', '.join(parts)}"
    if not value.startswith("/") or " " in value or len(os.path.dirname(value)) < 4:
        return "must be an absolute path without spaces, in a directory whose own path has four characters or more"
    return None


def _args(keyword: Keyword, value: str, target: Target) -> Optional[str]:
    if target.version < (4, 0, 1) and len(value.split()) > 2:
        return f"must be one or two words before audit 4.0.1{_here(target)}"
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
