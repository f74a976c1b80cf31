# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Standards to judge hosts by: the rule packs of the kind compliance, and files of one's own.

A standard asks for the rules of its pack, and for what beside_rules/NAME.yml has, if there is such a file: of settings,
all values that a standard accepts. A setting of the pack's header that is not there is asked for as it is. What a host
can meet of all this is found out on the host.
"""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from ansible.errors import AnsibleError

from ansible_collections.linux.audit.plugins.module_utils.rules.conf_values import is_accepted
from ansible_collections.linux.audit.plugins.plugin_utils import packs

__all__ = ("STIG", "chosen", "names", "on_host", "own_standard", "standards")

#: The name that stands for the STIG of a host's distribution.
STIG = "stig"
#: STIGs by distribution and version, as Ansible's facts have them. Rebuilds of RHEL get that of RHEL.
_STIGS = {
    **{
        (distribution, version): f"stig_rhel{version}"
        for distribution in ("RedHat", "CentOS", "Rocky", "AlmaLinux", "OracleLinux")
        for version in ("8", "9", "10")
    },
    **{("Ubuntu", version): f"stig_ubuntu{version.replace('.', '')}" for version in ("20.04", "22.04", "24.04")},
}
#: The files whose modes a standard can ask for, and that no daemon makes again.
_CONFIGURATION = "/etc/audit/"
_NO_GROUP_READS = ("0600", "0400")

_DIRECTORY = pathlib.Path(__file__).resolve().parent / "beside_rules"
_KEYS = ("name", "title", "release", "requirements")


def names() -> list[str]:
    """The names of all standards, sorted."""
    return [name for name in packs.names() if packs.load(name).kind == "compliance"]


def standards(items: Any) -> list[dict[str, Any]]:
    """The parameter `standards` of audit_compliance for names, or dictionaries with ``name`` and ``parameters``.

    Raises AnsibleError for a standard or a parameter that does not exist.
    """
    several = isinstance(items, Iterable) and not isinstance(items, (str, Mapping))
    return [_standard(item) for item in (items if several else [items])]


def chosen(items: Any, facts: Mapping[str, Any]) -> list[Any]:
    """The standards that are asked for, with the one for the host's distribution in the place of STIG.

    Raises AnsibleError if no STIG is known for it.
    """
    several = isinstance(items, Iterable) and not isinstance(items, (str, Mapping))
    return [_of_distribution(item, facts) for item in (items if several else [items])]


def _of_distribution(item: Any, facts: Mapping[str, Any]) -> Any:
    name = item.get("name") if isinstance(item, Mapping) else item
    if name != STIG:
        return item
    distribution = str(facts.get("distribution"))
    versions = (str(facts.get("distribution_version")), str(facts.get("distribution_major_version")))
    found = next((_STIGS[distribution, one] for one in versions if (distribution, one) in _STIGS), None)
    if found is None:
        known = ", ".join(sorted(f"{one} {version}" for one, version in _STIGS))
        raise AnsibleError(
            f"There is no STIG for {distribution} {versions[0]} here. There is one for {known}. Name the standard that "
            "you want instead."
        )
    return {**item, "name": found} if isinstance(item, Mapping) else found


def on_host(items: Any, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What puts standards in place on a host.

    ``packs``, with their parameters. ``auditd_conf``: what the packs set there; of several values the first one that
    all standards accept, or else the first one, and ``contradictions`` says by which standards that is not accepted.
    ``failure``: ``panic`` if one of them wants that. ``files``: files of configuration with what their mode must lack,
    in the words of chmod, and with their owners.
    """
    wanted: list[dict[str, Any]] = []
    asked_here: list[dict[str, Any]] = []
    files: dict[str, dict[str, Any]] = {}
    log_group = {}
    panics = False
    for item in chosen(items, facts):
        standard = _standard(item)
        entry: Mapping[str, Any] = {"name": item} if isinstance(item, str) else item
        pack = packs.load(entry["name"])
        given = dict(entry.get("parameters") or {})
        # The setting of the kernel has one owner, whoever applies this, so that a file never has two of it.
        panics = panics or bool(given.pop("panic", "panic" in pack.parameters))
        wanted.append({"name": pack.name, "parameters": given})
        asked_here.append(standard)
        for requirement in standard["requirements"]:
            asked = requirement.get("files") or []
            for file in asked if isinstance(asked, list) else [asked]:
                if str(file["path"]).startswith(_CONFIGURATION):
                    _narrow(files.setdefault(str(file["path"]), {"path": str(file["path"])}), file)
                elif str(file["path"]).startswith("{log_file}") and str(file.get("mode")) in _NO_GROUP_READS:
                    # auditd gives its log the mode 0640 for any other group, and 0600 for this one.
                    log_group = {"log_group": "root"}
    settings = _agreed(asked_here)
    return {
        "packs": wanted,
        "auditd_conf": {**log_group, **settings},
        "contradictions": [
            {"setting": name, "value": value, "standard": standard["name"]}
            for name, value in settings.items()
            for standard in asked_here
            if not _accepts(standard, name, value)
        ],
        "failure": "panic" if panics else "",
        "files": list(files.values()),
    }


def _agreed(asked: list[dict[str, Any]]) -> dict[str, Any]:
    """What the packs of standards set in auditd.conf: of several values, the first one that all of them accept.

    A standard accepts the value of its own pack, and the others that it lists. Without such a value, the first counts.
    """
    offered: dict[str, list[Any]] = {}
    for standard in asked:
        for name, value in _settings_of(standard["name"]).items():
            offered.setdefault(name, []).append(value)
    return {
        name: next((value for value in values if all(_accepts(one, name, value) for one in asked)), values[0])
        for name, values in offered.items()
    }


def _settings_of(name: str) -> dict[str, Any]:
    return {key: value for values in packs.load(name).settings.values() for key, value in values.items()}


def _accepts(standard: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether a standard accepts a value of auditd.conf; of how large a host's log may grow, nothing is known here."""
    own = _settings_of(standard["name"]).get(name)
    lists = [
        listed if isinstance(listed, list) else [listed]
        for requirement in standard["requirements"]
        for keyword, listed in requirement.get("auditd_conf", {}).items()
        if keyword == name
    ]
    given = _word(value)
    if own is not None and is_accepted(name, given, _word(own)):
        return True
    return all(any(is_accepted(name, given, _word(one)) for one in listed) for listed in lists)


def _word(value: Any) -> str:
    """A value as auditd.conf has it; YAML reads yes and no without quotes as truth values."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _narrow(file: dict[str, Any], wanted: Mapping[str, Any]) -> None:
    """Add what another requirement asks of a file."""
    for key in ("owner", "group"):
        if wanted.get(key) is not None:
            value = wanted[key]
            file.setdefault(key, str(value[0] if isinstance(value, list) else value))
    if wanted.get("mode") is not None:
        lacks = 0o777 & ~int(str(wanted["mode"]), 8) | file.get("lacks", 0)
        words = {
            who: "".join(letter for bit, letter in ((4, "r"), (2, "w"), (1, "x")) if lacks >> shift & bit)
            for who, shift in (("u", 6), ("g", 3), ("o", 0))
        }
        file.update(lacks=lacks, mode=",".join(f"{who}-{letters}" for who, letters in words.items() if letters))


def _standard(item: Any) -> dict[str, Any]:
    entry = {"name": item} if isinstance(item, str) else item
    if not isinstance(entry, Mapping) or entry.get("name") not in names():
        raise AnsibleError(f"There is no standard {item!r}. The standards are {', '.join(names())}.")
    pack = packs.load(entry["name"])
    # What a standard asks for beyond records (the lock) is left to the owner of the host when rules are put in place,
    # but not when they are judged. What the host decides by default stays with the host.
    asked = {name: True for name, option in pack.parameters.items() if option.get("default") is False}
    given = entry.get("parameters") or {}
    if not isinstance(given, Mapping):
        raise AnsibleError(f"Standard {pack.name}: parameters must be a dictionary, not {given!r}.")
    path = _DIRECTORY / f"{pack.name}.yml"
    beside = _read(path.read_text(encoding="utf-8"), pack.name) if path.exists() else {}
    return {
        "name": pack.name,
        "title": beside.get("title") or pack.header.get("question", ""),
        "release": str(beside.get("release") or pack.header.get("benchmark") or ""),
        "sources": packs.sources([{"name": pack.name, "parameters": {**asked, **given}}]),
        "includes": pack.includes,
        "requirements": _with_settings(beside.get("requirements") or [], pack.settings),
    }


def _with_settings(
    requirements: list[dict[str, Any]], settings: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The requirements, and those of the settings of a pack that are not among them."""
    known = {str(requirement["id"]) for requirement in requirements}
    return requirements + [
        {"id": name, "title": f"auditd.conf has {', '.join(values)}", "auditd_conf": dict(values)}
        for name, values in settings.items()
        if name not in known
    ]


def own_standard(text: str, path: str) -> dict[str, Any]:
    """The standard that a file of one's own describes. Raises AnsibleError."""
    found = _read(text, path)
    unknown = sorted(str(key) for key in found if key not in _KEYS)
    if unknown or not isinstance(found.get("requirements"), list):
        raise AnsibleError(
            f"{path} must be a dictionary with {', '.join(_KEYS)}, of which requirements is a list"
            + (f"; it has {', '.join(unknown)}" if unknown else "")
        )
    name = str(found.get("name") or pathlib.PurePath(path).stem)
    return {**found, "name": name, "release": str(found.get("release") or "")}


def _read(text: str, path: str) -> dict[str, Any]:
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise AnsibleError(f"{path} is not YAML: {error}") from error
    if not isinstance(found, dict):
        raise AnsibleError(f"{path} must be a dictionary")
    return found
