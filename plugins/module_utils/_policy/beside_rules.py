# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a standard asks for beside rules: auditd.conf, modes of files, the command line of the kernel, the service."""

import glob
import grp
import os
import pwd
import re
import stat
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Union

from ..rules.conf_values import COMPARE, is_accepted, is_comparison
from ..rules.errors import shown
from ..rules.values import decimal
from .command_line import CommandLine, argument
from .options import ChangeError

__all__ = ("ComplianceCheck", "HostFacts", "checked", "file_system_size")

_MODE = re.compile(r"[0-7]{1,4}$")
_WANTED_ARGUMENT = re.compile(r"([A-Za-z0-9_.]+)(>=|<=|>|<|=)?(.*)$")
_FILE_KEYS = frozenset(("path", "mode", "owner", "group"))
_ABSENT = "not set"
_LONGEST_PATH = 1024


class HostFacts(NamedTuple):
    """What is read of a host for checks.

    ``conf``: the values of auditd.conf with defaults, and ``written`` those that the file has. ``log_space``: the size
    in megabytes of the file system with the log. ``running``: the command line of the kernel; ``configured``: those of
    boot loaders. ``service``: whether auditd gets the records now, and whether it is started at boot.
    """

    conf: Mapping[str, Optional[str]]
    written: Mapping[str, str]
    log_space: Optional[int]
    running: CommandLine
    configured: Sequence[CommandLine]
    service: Mapping[str, Optional[bool]]


class ComplianceCheck(NamedTuple):
    """One check: what is asked, what was found, and whether it is met now, after a boot, and in writing.

    None: that is not known, or does not apply.
    """

    what: str
    wanted: str
    found: str
    kernel: Optional[bool]
    files: Optional[bool]
    text: Optional[bool]


def checked(asked: Mapping[str, Any], facts: HostFacts, where: str) -> List[ComplianceCheck]:
    """The checks of a requirement. Raises ChangeError for one that cannot be understood."""
    found: List[ComplianceCheck] = []
    for key, value in asked.items():
        if key == "auditd_conf" and isinstance(value, Mapping):
            found += [_of_conf(str(name).lower(), wanted, facts, where) for name, wanted in value.items()]
        elif key == "files":
            found += [check for one in _list(value) for check in _of_files(one, facts, where)]
        elif key == "kernel_arguments":
            found += [_of_argument(str(one), facts, where) for one in _list(value)]
        elif key == "service" and isinstance(value, bool):
            now, later = facts.service.get("running"), facts.service.get("enabled")
            said = f"running: {_word(now)}, started at boot: {_word(later)}"
            found.append(
                ComplianceCheck(
                    "service auditd", _word(value), said, now is value, _is(later, value), _is(later, value)
                )
            )
        else:
            raise ChangeError(f"{where}: {key} cannot be {value!r}")
    return found


def _list(value: Any) -> List[Any]:
    return value if isinstance(value, list) else [value]


def _word(value: Optional[bool]) -> str:
    return "unknown" if value is None else ("yes" if value else "no")


def _is(value: Optional[bool], wanted: bool) -> Optional[bool]:
    return None if value is None else value is wanted


def _of_conf(name: str, wanted: Any, facts: HostFacts, where: str) -> ComplianceCheck:
    words = [_text(one) for one in _list(wanted)]
    for word in words:
        if word.startswith(("<", ">", "=")) and not is_comparison(name, word):
            raise ChangeError(
                f"{where}: auditd_conf: {name}: '{shown(word)}' must compare with a number that it can have, as in >= 8"
            )
    value, written = facts.conf.get(name), facts.written.get(name)
    met = any(is_accepted(name, value, word, facts.log_space) for word in words)
    in_writing = any(is_accepted(name, written, word, facts.log_space) for word in words)
    said = _ABSENT if value is None else value + ("" if written is not None else " (the default)")
    return ComplianceCheck(f"auditd.conf: {name}", " or ".join(words), said, met, met, in_writing)


def _text(value: Any) -> str:
    return _word(value) if isinstance(value, bool) else str(value)


def _of_files(wanted: Any, facts: HostFacts, where: str) -> Iterable[ComplianceCheck]:
    if not isinstance(wanted, Mapping) or "path" not in wanted or not set(wanted) <= _FILE_KEYS:
        raise ChangeError(f"{where}: files must be dictionaries with {', '.join(sorted(_FILE_KEYS))}, not {wanted!r}")
    modes = [_octal(one) for one in _list(wanted.get("mode"))] if wanted.get("mode") is not None else ["0"]
    wrong = [mode for mode in modes or [""] if not _MODE.match(mode)]
    if wrong:
        raise ChangeError(f"{where}: files: mode must be octal digits, as in 0640, not '{shown(wrong[0])}'")
    if "\0" in str(wanted["path"]) or len(str(wanted["path"])) > _LONGEST_PATH:
        raise ChangeError(f"{where}: files: this is not a path: '{shown(str(wanted['path']))}'")
    pattern = str(wanted["path"]).replace("{log_file}", facts.conf.get("log_file") or "/var/log/audit/audit.log")
    pattern = pattern.replace("{log_directory}", os.path.dirname(facts.conf.get("log_file") or "/var/log/audit/x"))
    asked = {key: _list(wanted[key]) for key in ("mode", "owner", "group") if wanted.get(key) is not None}
    said = ", ".join(f"{key} {' or '.join(map(_octal, value))}" for key, value in asked.items())
    paths = sorted(glob.glob(pattern))
    if not paths:
        yield ComplianceCheck(pattern, said, "there is no such file", None, None, None)
    for path in paths:
        try:
            info = os.stat(path)
        except OSError as error:
            yield ComplianceCheck(path, said, f"cannot be read: {error.strerror}", None, None, None)
            continue
        held: Dict[str, str] = {
            "mode": f"{stat.S_IMODE(info.st_mode):04o}",
            "owner": _name_of(lambda number: pwd.getpwuid(number).pw_name, info.st_uid),
            "group": _name_of(lambda number: grp.getgrgid(number).gr_name, info.st_gid),
        }
        met = all(
            not stat.S_IMODE(info.st_mode) & ~int(_octal(value[0]), 8)
            if key == "mode"
            else held[key] in [_log_group(str(one), facts) for one in value]
            for key, value in asked.items()
        )
        yield ComplianceCheck(path, said, ", ".join(f"{key} {held[key]}" for key in asked), met, met, met)


def _octal(value: Any) -> str:
    """A mode as it is written; YAML reads 0640 as the number 416."""
    return f"{value:04o}" if isinstance(value, int) else str(value)


def _log_group(name: str, facts: HostFacts) -> str:
    if name != "{log_group}":
        return name
    held = facts.conf.get("log_group") or "root"
    return "root" if held == "0" else held


def _name_of(look_up: Callable[[int], str], number: int) -> str:
    try:
        return look_up(number)
    except KeyError:
        return str(number)


def _of_argument(wanted: str, facts: HostFacts, where: str) -> ComplianceCheck:
    parts = _WANTED_ARGUMENT.match(wanted)
    if not parts:
        raise ChangeError(f"{where}: '{wanted}' is no argument of the kernel")
    name, sign, value = parts.group(1), parts.group(2) or "", parts.group(3)

    def holds(line: CommandLine) -> bool:
        found = argument(line, name)
        if not sign or found is None:
            return found is not None
        if sign == "=":
            return found == value
        numbers: List[Union[str, Any]] = [found, value]
        return all(decimal(one) is not None for one in numbers) and COMPARE[sign](int(found), int(value))

    lacking = [line.origin for line in facts.configured if not holds(line)]
    configured = None if not facts.configured else not lacking
    now = argument(facts.running, name)
    said = f"now: {_ABSENT if now is None else f'{name}={now}'}; "
    if configured is None:
        said += "no configuration of a boot loader was found"
    else:
        said += f"missing in {', '.join(lacking)}" if lacking else "in every configuration of the boot loader"
    return ComplianceCheck("command line of the kernel", wanted, said, holds(facts.running), configured, configured)


def file_system_size(path: Optional[str]) -> Optional[int]:
    """The size in megabytes of the file system with the directory of a file, None if there is no such directory."""
    try:
        size = os.statvfs(os.path.dirname(path or "") or "/")
    except OSError:
        return None
    return size.f_blocks * size.f_frsize // (1 << 20)
