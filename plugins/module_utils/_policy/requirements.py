# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a standard asks of a host, by requirement: rules, settings of the kernel, and what can be checked beside them.

A standard has sources (rule packs, whose paragraphs name the requirements that ask for them) and requirements of its
own, each a dictionary with the keys of ``KEYS``.
"""

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Sequence, Tuple

from .._host.host import Host
from .._kernel.settings import BY_OPTION, SETTINGS, setting_value
from ..rules.pack_format import paragraphs
from ..rules.parse import RulesLine
from .options import ChangeError
from .packs import read_pack
from .sources import read_sources

__all__ = ("KEYS", "Requirement", "read_standard")

#: The keys of a requirement, and what they ask for.
KEYS = {
    "id": "the name of the requirement",
    "title": "what it says, for readers",
    "severity": "high, medium or low",
    "rules": "rules, as lines or structures",
    "settings": "settings of the kernel, by name: a value or several",
    "auditd_conf": "keywords of auditd.conf: a value, several, or a comparison",
    "files": "files: a path or pattern, with the most permissive mode, owners and groups",
    "kernel_arguments": "words on the command line of the kernel",
    "service": "whether auditd runs, and is started at boot",
}
_SEVERITIES = ("high", "medium", "low")
_SETTINGS = {setting.name: setting for setting in SETTINGS}


class Requirement(NamedTuple):
    """One requirement: ``lines`` are rules and control lines, ``left_out`` rules that this host cannot have.

    ``settings``: by the name of a setting of the kernel, its good values as words. ``checks``: the other keys of KEYS.
    """

    standard: str
    id: str
    title: str = ""
    severity: str = "medium"
    lines: Tuple[RulesLine, ...] = ()
    left_out: Tuple[str, ...] = ()
    settings: Mapping[str, Sequence[Any]] = {}
    checks: Mapping[str, Any] = {}


def read_standard(standard: Mapping[str, Any], host: Host) -> List[Requirement]:
    """The requirements of a standard, in its order. Raises ChangeError for what cannot be judged."""
    found: Dict[str, Requirement] = {}
    name = standard["name"]
    for source in standard.get("sources") or []:
        asked = _asked(source["content"]) if source["name"] == name else {}
        included = [one for one, packs in (standard.get("includes") or {}).items() if source["name"] in (packs or [])]
        lines: Dict[int, List[RulesLine]] = {}
        for line in read_pack(source["name"], source["content"], source["parameters"], host).lines:
            if line.error:
                raise ChangeError(str(line.error.of(line.text, line.origin)))
            if line.statement:
                lines.setdefault(int(line.origin.rpartition(":")[2]), []).append(line)
        for paragraph in paragraphs(source["content"]):
            for number, text in paragraph.rules:
                for one in included or asked.get(number, []):
                    requirement = found.setdefault(one, Requirement(name, one))
                    found[one] = _with(requirement, lines.get(number, []), text)
    own_ones = standard.get("requirements") or []
    if not isinstance(own_ones, list):
        raise ChangeError(f"{name}: requirements must be a list, not {own_ones!r}")
    for item in own_ones:
        own = _own(name, item, host)
        if own.id in found:
            known = found[own.id]
            own = own._replace(
                lines=known.lines + own.lines, left_out=known.left_out, settings={**known.settings, **own.settings}
            )
        found[own.id] = own
    return list(found.values())


def _asked(content: str) -> Dict[int, List[str]]:
    """The requirements that ask for each line of a pack, by its number."""
    return {
        number: [one.strip() for one in paragraph.annotations.get("requirements", "").split(",") if one.strip()]
        for paragraph in paragraphs(content)
        for number, _text in paragraph.rules
    }


def _with(requirement: Requirement, lines: Iterable[RulesLine], text: str) -> Requirement:
    """The requirement with the lines that a line of a pack has become on this host, which may be none."""
    lines = list(lines)
    if not lines:
        return requirement._replace(left_out=(*requirement.left_out, text))
    return _with_lines(requirement, lines)


def _with_lines(requirement: Requirement, lines: Sequence[RulesLine]) -> Requirement:
    settings = dict(requirement.settings)
    for line in lines:
        option, value = line.statement.control or ("", "")
        if option in BY_OPTION:
            setting = BY_OPTION[option]
            settings[setting.name] = [setting.word(setting_value(value))]
    return requirement._replace(lines=requirement.lines + tuple(lines), settings=settings)


def _own(standard: str, item: Any, host: Host) -> Requirement:
    """A requirement that a file or a task describes."""
    if not isinstance(item, Mapping) or not str(item.get("id") or ""):
        raise ChangeError(f"{standard}: a requirement must be a dictionary with an id, not {item!r}")
    where = f"{standard}: requirement {item['id']}"
    unknown = sorted(str(key) for key in item if key not in KEYS)
    if unknown:
        raise ChangeError(f"{where} has no key {', '.join(unknown)}; it can have {', '.join(KEYS)}")
    severity = str(item.get("severity") or "medium")
    if severity not in _SEVERITIES:
        raise ChangeError(f"{where}: severity must be one of {', '.join(_SEVERITIES)}, not {severity}")
    settings = {}
    for name, value in _mapping(item, "settings", where).items():
        if name not in _SETTINGS:
            raise ChangeError(f"{where}: there is no setting {name}; the settings are {', '.join(_SETTINGS)}")
        settings[name] = value if isinstance(value, list) else [value]
    checks = {key: item[key] for key in ("auditd_conf", "files", "kernel_arguments", "service") if item.get(key)}
    requirement = Requirement(standard, str(item["id"]), str(item.get("title") or ""), severity, checks=checks)
    rules = item.get("rules") or []
    sources = [{"name": where, "rules": rules if isinstance(rules, list) else [rules]}]
    lines = [line for line in read_sources(sources, host).lines if line.statement or line.error]
    for line in lines:
        if line.error:
            raise ChangeError(str(line.error.of(line.text, line.origin)))
    found = _with_lines(requirement, lines)
    return found._replace(settings={**found.settings, **settings})


def _mapping(item: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = item.get(key) or {}
    if not isinstance(value, Mapping):
        raise ChangeError(f"{where}: {key} must be a dictionary, not {value!r}")
    return value
