# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Structures: rules as dictionaries, the form in which playbooks write and read them.

A structure has the keys of ``OPTIONS``. Its values are written as for auditctl(8). A structure with several archs or
record types describes one rule for each of them.
"""

from typing import Any, Dict, List, Mapping

from .errors import RuleError
from .model import Rule
from .parse import Statement, parse_arguments
from .record_types import expand
from .render import render
from .resolver import Resolver
from .words import split

__all__ = ("OPTIONS", "parse_structure", "to_structure")

#: The keys of a structure, and whether the value may be a list of texts (or else must be one text).
OPTIONS = {
    "list": False,
    "action": False,
    "arch": True,
    "syscalls": True,
    "fields": True,
    "comparisons": True,
    "keys": True,
    "record_types": True,
}
# A rule with one of these fields can have a key without -S.
_KEY_WITHOUT_SYSCALLS = ("path=", "dir=", "perm=", "exe=", "exe!=")


def parse_structure(structure: Mapping[str, Any], resolver: Resolver) -> List[Statement]:
    """The statements of a structure, one for each arch and record type. Raises RuleError."""
    shown = str(dict(structure))
    unknown = sorted(str(key) for key in structure if key not in OPTIONS)
    if unknown:
        raise RuleError(f"has the unknown key {', '.join(unknown)}; use {', '.join(OPTIONS)}", rule=shown)
    values = {key: _texts(structure.get(key), key, shown) for key in OPTIONS}
    for key in ("list", "action"):
        if len(values[key]) > 1:
            raise RuleError("must be a single word", key, shown)
    if values["record_types"] and values["list"] not in ([], ["exclude"], ["user"]):
        raise RuleError("can only be matched on the lists exclude and user", "record_types", shown)
    try:
        types = [[f"msgtype={name}"] for name in expand(values["record_types"])]
    except RuleError as error:
        raise error.of(shown) from None
    if types and not values["list"]:
        values["list"] = ["exclude"]
    arguments = [_arguments(values, arch, fields) for arch in values["arch"] or [""] for fields in types or [[]]]
    return [parse_arguments(words, resolver) for words in arguments]


def to_structure(rule: Rule, machine: str) -> Dict[str, Any]:
    """The structure of a rule, with values as render() writes them for a host of that machine.

    It has all keys but record_types, because a record type is one of the fields: msgtype=NAME.
    """
    structure: Dict[str, Any] = {"list": rule.list, "action": rule.action}
    structure.update((key, []) for key, is_list in OPTIONS.items() if is_list and key != "record_types")
    words = split(render(rule._replace(keys=()), machine))
    for option, value in zip(words[2::2], words[3::2]):
        if option == "-S":
            structure["syscalls"] = value.split(",")
        elif option == "-C":
            structure["comparisons"].append(value)
        elif option == "-p":
            structure["fields"].append(f"perm={value}")
        elif value.startswith(("arch=", "arch!=")):
            structure["arch"].append(value[5:] if value[4] == "=" else value)
        else:
            structure["fields"].append(value)
    structure["keys"] = list(rule.keys)
    return structure


def _arguments(values: Mapping[str, List[str]], arch: str, more_fields: List[str]) -> List[str]:
    filter_list = values["list"][0] if values["list"] else "exit"
    action = values["action"][0] if values["action"] else "always"
    words = ["-a", f"{action},{filter_list}"]
    if arch:
        words += ["-F", arch if arch.startswith(("arch=", "arch!=")) else f"arch={arch}"]
    if values["syscalls"]:
        words += ["-S", ",".join(values["syscalls"])]
    elif filter_list == "exit" and not any(field.startswith(_KEY_WITHOUT_SYSCALLS) for field in values["fields"]):
        words += ["-S", "all"]
    for field in more_fields:
        words += ["-F", field]
    for option, key, prefix in (("-F", "fields", ""), ("-C", "comparisons", ""), ("-F", "keys", "key=")):
        for value in values[key]:
            words += [option, prefix + value]
    return words


def _texts(value: Any, key: str, shown: str) -> List[str]:
    if value is None:
        return []
    items = value if isinstance(value, (list, tuple)) else [value]
    for item in items:
        if isinstance(item, bool) or not isinstance(item, (str, int)):
            raise RuleError(f"must be {'a list of texts' if OPTIONS[key] else 'a text'}, not {item!r}", key, shown)
    if key in ("arch", "syscalls", "record_types") and isinstance(value, str):
        items = [word.strip() for word in value.split(",")]
    return [str(item) for item in items if str(item) or key != "keys"]
