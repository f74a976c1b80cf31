# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule packs of this collection, on the controller: their headers and their parameters.

The header of a pack is YAML, in the first paragraph whose lines start with ``## ``. It has these keys:

``question``, ``cost``, ``noise``, ``found``
    For readers: the question that the pack answers, its cost, what else it records, and what to search for.
``kind``
    The place among other packs: ``exclusions`` come first, then ``compliance`` sets, then ``question`` (the default).
``parameters``
    As in the argument spec of a module, by name: type, elements, default, choices, description.
``benchmark``
    In a set: the release of the standard or benchmark that its rules were written for.
``exact``
    Whether scanners compare the text of the rules, so that they are written as they are here, and those of the packs
    that are included. (They cost more than they need; ``optimise: true`` of audit_ruleset overrides it.)
``settings``
    In a set: keywords of auditd.conf and their values, by the requirement that asks for them. Rules cannot set them.
``includes``
    In a set: names of packs that belong to it, by the requirement that asks for them.
"""

from __future__ import annotations

import functools
import itertools
import pathlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.yaml import yaml_load

from ansible_collections.linux.audit.plugins.module_utils.rules.pack_format import paragraphs

__all__ = ("KINDS", "Pack", "load", "load_all", "names", "requirements", "sources")

DIRECTORY = pathlib.Path(__file__).resolve().parent / "rule_packs"
KINDS = ("exclusions", "compliance", "question")


class Pack(NamedTuple):
    """A pack: its name, its header as YAML, and the whole text of its file."""

    name: str
    header: dict[str, Any]
    text: str

    @property
    def kind(self) -> str:
        """One of KINDS."""
        return self.header.get("kind", "question")

    @property
    def exact(self) -> bool:
        """Whether the text of the rules counts."""
        return bool(self.header.get("exact"))

    @property
    def parameters(self) -> dict[str, dict[str, Any]]:
        """The argument spec of the parameters, by name."""
        return self.header.get("parameters") or {}

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """What the set wants in auditd.conf, by the requirement that asks for it."""
        return self.header.get("settings") or {}

    @property
    def includes(self) -> dict[str, list[str]]:
        """Names of included packs, by the requirement that asks for them."""
        return self.header.get("includes") or {}


def names() -> list[str]:
    """The names of all packs, sorted."""
    return sorted(path.stem for path in DIRECTORY.glob("*.rules"))


@functools.cache
def load(name: str) -> Pack:
    """The pack of that name. Raises AnsibleError if there is none."""
    if name not in names():
        raise AnsibleError(f"There is no rule pack {name!r}. The packs are {', '.join(names())}.")
    text = (DIRECTORY / f"{name}.rules").read_text(encoding="utf-8")
    block = next(block for block in text.split("\n\n") if block.startswith("## "))
    header = yaml_load("\n".join(line[3:] for line in block.splitlines()))
    return Pack(name, header, text)


def load_all() -> None:
    """Read every pack now: the processes that Ansible forks for each host and task begin with what was read before."""
    for name in names():
        load(name)


def sources(items: Any) -> list[dict[str, Any]]:
    """The parameter `sources` of audit_ruleset for packs and those that they include, in the order of their kinds.

    An item is a name, or a dictionary with ``name`` and ``parameters``. A source has ``name``, ``content``,
    ``parameters`` and ``exact``. Raises AnsibleError for an item, pack or parameter that does not exist.
    """
    asked: dict[str, Any] = {}
    if not isinstance(items or [], Iterable):
        raise AnsibleError(f"packs must be a list of names of packs, or of dictionaries with a name, not {items!r}")
    for item in [items] if isinstance(items, (str, Mapping)) else items or []:
        entry = {"name": item} if isinstance(item, str) else item
        keys = set(entry) if isinstance(entry, Mapping) else set()
        if not {"name"} <= keys <= {"name", "parameters"} or not isinstance(entry["name"], str):
            raise AnsibleError(f"A rule pack must be a name, or a dictionary with name and parameters, not {item!r}.")
        if entry["name"] in asked:
            raise AnsibleError(f"The rule pack {entry['name']} is listed twice.")
        asked[load(entry["name"]).name] = entry.get("parameters") or {}
    for name in list(asked):
        for included in load(name).includes.values():
            asked.update((other, {}) for other in included if other not in asked)
    packs = sorted(map(load, asked), key=lambda pack: KINDS.index(pack.kind))
    exact = {name for pack in packs if pack.exact for name in (pack.name, *itertools.chain(*pack.includes.values()))}
    return [
        {
            "name": pack.name,
            "content": pack.text,
            "parameters": _values(pack, asked[pack.name]),
            "exact": pack.name in exact,
        }
        for pack in packs
    ]


def _values(pack: Pack, given: object) -> dict[str, Any]:
    """The values of a pack's parameters, with defaults; paths, users and so on are checked when they become rules."""
    if not isinstance(given, Mapping):
        raise AnsibleError(f"Rule pack {pack.name}: parameters must be a dictionary, not {given!r}.")
    unknown = sorted(str(name) for name in set(given) - set(pack.parameters))
    if unknown:
        known = ", ".join(pack.parameters) or "none"
        raise AnsibleError(f"Rule pack {pack.name} has no parameter {', '.join(unknown)}. It has {known}.")
    spec = {
        name: {key: value for key, value in option.items() if key != "description"}
        for name, option in pack.parameters.items()
    }
    result = ArgumentSpecValidator(spec).validate(dict(given))
    if result.error_messages:
        raise AnsibleError(f"Rule pack {pack.name}: {'; '.join(result.error_messages)}")
    return result.validated_parameters


def requirements(name: str) -> dict[str, list[str]]:
    """By requirement, the rules of a pack and the names of included packs that fulfil it."""
    pack = load(name)
    table: dict[str, list[str]] = {}
    for paragraph in paragraphs(pack.text):
        for requirement in paragraph.annotations.get("requirements", "").split(","):
            if requirement.strip():
                table.setdefault(requirement.strip(), []).extend(line for _number, line in paragraph.rules)
    for requirement, included in pack.includes.items():
        table.setdefault(requirement, []).extend(included)
    return table
