# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What values of the daemon's files mean: which are the same, and what a running daemon needs to take another one."""

from typing import Dict, List, Mapping, Optional, Sequence

from ..rules.values import decimal
from .conf_file import SettingLine, values
from .keywords import AUDITD_CONF, LOOKED_UP
from .schema import ConfigFile, Version, in_release

__all__ = (
    "NEEDS",
    "changed_values",
    "effective",
    "forgets_name",
    "need",
    "same",
    "values_after_reload",
    "waiting_for_restart",
)

#: What a change needs, from the least to the most.
NEEDS = ("none", "reload", "restart")
# Kinds of values that have one spelling each.
_CASE_SENSITIVE = ("args", "group", "log file", "mail account", "path", "plugin path", "text")


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
    """The values of all keywords of a file, with the defaults of a release; words in lower case."""
    result: Dict[str, Optional[str]] = {}
    for name, keyword in file.keywords.items():
        value = held.get(name)
        default = in_release(keyword.default, version)
        result[name] = default if value is None else _meaning(file, name, value)
    # The older way to ask for Kerberos.
    if result.get("enable_krb5") == "yes" and version >= (3, 0):
        result["transport"] = "krb5"
    return result


def need(file: ConfigFile, before: Mapping[str, str], after: Mapping[str, str], version: Version) -> str:
    """What a daemon that runs with the values before needs to take the values after: none, reload or restart."""
    old, new = effective(file, before, version), effective(file, after, version)
    needs = ["none"]
    for name, keyword in file.keywords.items():
        if old[name] != new[name]:
            needs.append(
                _need_of(in_release(keyword.need, version), old[name], new[name], new.get("transport") == "tls")
            )
    # Nothing is known of a keyword that is not in the table (strict: false), but whatever it sets, the daemon cannot
    # know of the change before it reads its file again.
    if any(before.get(name) != after.get(name) for name in {**before, **after} if name not in file.keywords):
        needs.append("reload")
    worst = max(needs, key=NEEDS.index)
    return "restart" if worst == "reload" and file is AUDITD_CONF and forgets_name(after, version) else worst


def waiting_for_restart(
    file: ConfigFile, running: Mapping[str, str], after: Mapping[str, str], version: Version
) -> List[str]:
    """The keywords whose new values a daemon that runs with other ones takes only when it starts."""
    old, new = effective(file, running, version), effective(file, after, version)
    tls = new.get("transport") == "tls"
    return [
        name
        for name, keyword in file.keywords.items()
        if old[name] != new[name]
        and _need_of(in_release(keyword.need, version), old[name], new[name], tls) == "restart"
    ]


def values_after_reload(
    file: ConfigFile, running: Mapping[str, str], after: Mapping[str, str], version: Version
) -> Dict[str, str]:
    """The values with which a daemon runs that has been told to read its file again."""
    kept = waiting_for_restart(file, running, after, version)
    taken = {key: value for key, value in after.items() if key not in kept}
    return {**taken, **{key: running[key] for key in kept if key in running}}


def forgets_name(held: Mapping[str, str], version: Version) -> bool:
    """Whether a daemon with these values of auditd.conf has another node name, or (null), after any reload.

    It then uses ``name`` instead of the name that it looked up when it started; since 4.2 it uses nothing at all.
    """
    known = effective(AUDITD_CONF, held, version)
    return known["name_format"] in LOOKED_UP and (version >= (4, 2) or bool(known["name"]))


def _need_of(what: str, old: Optional[str], new: Optional[str], tls: bool) -> str:
    if what == "grow":
        numbers = [number for number in map(decimal, (old or "", new or "")) if number is not None]
        return "reload" if numbers == sorted(numbers) else "restart"
    if what == "enable":
        return "reload" if old is None and not tls else "restart"
    if what == "given":
        return "restart" if new in LOOKED_UP else "reload"
    return what


def _meaning(file: ConfigFile, key: str, value: str) -> str:
    keyword = file.keywords.get(key)
    if keyword is None or keyword.kind in _CASE_SENSITIVE:
        return value
    number = decimal(value)
    if number is not None:
        return str(number)
    first, space, rest = value.partition(" ")
    return first.lower() + space + rest
