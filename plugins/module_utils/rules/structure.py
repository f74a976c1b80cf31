# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Structures: rules as dictionaries, the form in which playbooks write and read them.

A structure has the keys of ``OPTIONS``. Its values are written as for auditctl(8). A structure with several archs or
record types describes one rule for each of them. Syscalls that a structure names are all that its rule has: then no
release of auditctl adds others because of a perm among its fields (see permissions.py).
"""

from typing import Any, Dict, List, Mapping

from .errors import RuleError
from .model import Rule
from .parse import Statement, parse_arguments
from .record_types import expand
from .render import AnyVersion, field_words, syscall_words
from .resolver import Resolver

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
_ARCH = ("arch=", "arch!=")
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


def to_structure(rule: Rule, machine: str, version: AnyVersion = None) -> Dict[str, Any]:
    """The structure of a rule, with values as render() writes them for a host of that machine and release.

    It has all keys but record_types, because a record type is one of the fields: msgtype=NAME. A host of any release
    reads the same rule from it, if its auditctl has the names.
    """
    structure: Dict[str, Any] = {"list": rule.list, "action": rule.action}
    structure.update((key, []) for key, is_list in OPTIONS.items() if is_list and key != "record_types")
    archs: List[str] = []
    for field in rule.fields:
        option, value = field_words(field, rule.list, machine, version)
        part = archs if field.name == "arch" else structure["comparisons" if option == "-C" else "fields"]
        part.append(value)
    # Several archs would be several rules; the last one is that of the syscalls.
    structure["arch"] = [value[5:] if value.startswith("arch=") else value for value in archs[-1:]]
    structure["fields"] = archs[:-1] + structure["fields"]
    # A perm field alone, without an arch, adds no syscalls.
    if rule.syscalls is not None or archs or rule.value("perm") is None:
        structure["syscalls"] = syscall_words(rule, machine, version)
    structure["keys"] = list(rule.keys)
    return structure


def _arguments(values: Mapping[str, List[str]], arch: str, more_fields: List[str]) -> List[str]:
    filter_list = values["list"][0] if values["list"] else "exit"
    action = values["action"][0] if values["action"] else "always"
    words = ["-a", f"{action},{filter_list}"]
    fields = [("-F", field) for field in [*more_fields, *values["fields"]]]
    # auditctl reads arch only before -S, and the names of syscalls by the last one.
    for pair in [pair for pair in fields if pair[1].startswith(_ARCH)]:
        fields.remove(pair)
        words += pair
    if arch:
        words += ["-F", arch if arch.startswith(_ARCH) else f"arch={arch}"]
    if values["syscalls"]:
        # Neither -p nor a perm that comes before arch and -S adds syscalls; -p needs a field before it.
        if fields and len(words) == 2 and _is_permission(fields[0][1]):
            words += fields.pop(0)
        fields = [("-p", value[5:]) if _is_permission(value) else (option, value) for option, value in fields]
        words += ["-S", ",".join(values["syscalls"])]
    elif filter_list == "exit" and not any(value.startswith(_KEY_WITHOUT_SYSCALLS) for _option, value in fields):
        words += ["-S", "all"]
    for pair in fields:
        words += pair
    for option, key, prefix in (("-C", "comparisons", ""), ("-F", "keys", "key=")):
        for value in values[key]:
            words += [option, prefix + value]
    return words


def _is_permission(field: str) -> bool:
    return field[:5].lower() == "perm="


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
