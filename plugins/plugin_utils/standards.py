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

from ansible_collections.linux.audit.plugins.plugin_utils import packs

__all__ = ("names", "own_standard", "standards")

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
