# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule packs: rules written for every host, and the part of them that applies to this host.

A pack is a rules file of paragraphs, separated by blank lines. Besides rules and comments (``#``), a paragraph can have
annotations:

``## when: NAME, not NAME``
    The paragraph applies if all conditions are true. A NAME is one of FEATURES, or a parameter that is not empty. If a
    parameter has the name of a feature, it decides instead of the host, unless it is null.
``## requirements: ID, ...``
    The requirements that ask for its rules; they are written to the file.

``{NAME}`` in the value of a field stands for the values of a parameter. After ``!=`` the field is repeated for each
value (none of them matches), otherwise the rule is repeated (any of them matches). Three names are looked up on the
host: ``{arch}``, ``{setuid_programs}`` (below the parameter ``directories``), and ``{record_types}`` (its categories).

A directory on a tmpfs is watched as a file, because the kernel takes that rule at a boot, before the directory exists.
The rule records whatever is created, renamed or deleted in the directory.

A rule that cannot exist on the host is left out: a rule of another architecture, of a missing directory, of an unknown
user. Syscalls that the machine lacks are left out of their rule.
"""

import os
import re
from typing import Any, Dict, List, Mapping, NamedTuple, Tuple

from .._host.host import Host
from .._host.privileged import privileged_programs, unsearched_file_systems
from ..rules import syscalls, tables
from ..rules.errors import RuleError, shown
from ..rules.fields import BY_NAME
from ..rules.pack_format import Paragraph, paragraphs
from ..rules.parse import RulesLine, parse_arguments
from ..rules.record_types import expand
from ..rules.watch import archs, permission_words
from ..rules.words import split
from .checks import missing_directory
from .places import is_empty_at_boot

__all__ = ("FEATURES", "Feature", "FilledPack", "read_pack")

_PLACEHOLDER = re.compile(r"\{([a-z_0-9]+)\}")
_FIELD = re.compile(r"([a-z_0-9]+)(!=|>=|<=|=|>|<)(.*)", re.DOTALL)


class Feature(NamedTuple):
    """What rules can need: releases of the kernel and of audit, and a file that exists on hosts with the feature."""

    kernel: Tuple[int, ...] = ()
    audit: Tuple[int, ...] = ()
    path: str = "/"


#: A distribution's kernel may have a feature earlier; it gets the rules for kernels without the feature.
FEATURES = {
    "filesystem_list": Feature(kernel=(4, 16), audit=(2, 8)),
    "saddr_fam": Feature(kernel=(5, 3), audit=(3, 0)),
    # Older kernels compare a call without an address with the address of the previous call.
    "saddr_fam_of_each_call": Feature(kernel=(5, 16), audit=(3, 0)),
    # Classes exist once a policy has been loaded; before that, the kernel refuses labels in rules.
    "selinux": Feature(path="/sys/fs/selinux/class/process"),
    # Benchmarks for RHEL 9 and newer watch files with -a, those for older releases and other distributions with -w.
    "syscall_watches": Feature(kernel=(5, 14), path="/etc/redhat-release"),
    # Those for RHEL 10 want each architecture. auditctl takes fewer calls for such rules, so packs have the others too.
    "every_arch": Feature(kernel=(6, 12), audit=(4, 0), path="/etc/redhat-release"),
}


class FilledPack(NamedTuple):
    """The lines for a rules file, and notes that say what was left out, and why."""

    lines: List[RulesLine]
    notes: List[str]


class _LeftOut(Exception):
    """A rule is left out on this host. The arguments are a reason and its subject if a note must tell about it."""


class _Notes(Dict[str, Dict[str, None]]):
    """What is left out of a pack: by reason, each subject once."""

    def add(self, reason: str, thing: str) -> None:
        self.setdefault(reason, {})[thing] = None


_NO_FEATURE = "this host does not have what is needed for"
_NO_NAME = "this host does not have the users or groups"
_NO_DIRECTORY = "this host does not have the directories"
_NO_RULE = "no rule can be written for"
_NOT_SEARCHED = "setuid programs are not searched for, unless directories names them, on"


def read_pack(name: str, text: str, parameters: Mapping[str, Any], host: Host) -> FilledPack:
    """The rules of a pack for this host. A rule that is invalid (because of a parameter, say) carries its error.

    A parameter is a list, a text, a number, or a bool: True stands for one value, False for none.
    """
    decided = ((key, value) for key, value in parameters.items() if value is not None or key not in FEATURES)
    values = _Values((key, _texts(value)) for key, value in decided)
    lines: List[RulesLine] = []
    notes = _Notes()
    for paragraph in paragraphs(text):
        try:
            lacking = [term for term in _terms(paragraph) if not _holds(term, values, host)]
        except RuleError as error:
            lines.append(RulesLine(paragraph.annotations["when"], name, None, error.of("", name)))
            continue
        # If the pack has other rules for hosts without the feature, nothing is missing.
        if lacking and all(term in FEATURES and f"not {term}" not in text for term in lacking):
            subject = " ".join(comment.lstrip("# ") for comment in _comments(paragraph))
            notes.add(_NO_FEATURE, f"{subject} ({', '.join(lacking)})")
        found = [] if lacking else _paragraph_lines(name, paragraph, values, host, notes)
        if found:
            lines += [RulesLine(comment, name) for comment in _comments(paragraph)] + found
    if "{setuid_programs}" in text:
        for point in unsearched_file_systems(values["directories"]):
            notes.add(_NOT_SEARCHED, shown(point))
    return FilledPack(lines, [f"{name}: {reason} {', '.join(things)}" for reason, things in notes.items()])


def _terms(paragraph: Paragraph) -> List[str]:
    return [term.strip() for term in paragraph.annotations.get("when", "").split(",") if term.strip()]


def _comments(paragraph: Paragraph) -> List[str]:
    asked = paragraph.annotations.get("requirements")
    return ([f"# {asked}"] if asked else []) + paragraph.comments


class _Values(Dict[str, List[str]]):
    def __missing__(self, name: str) -> List[str]:
        raise RuleError("is not a parameter of this task", name)


def _texts(value: Any) -> List[str]:
    if value is None or isinstance(value, bool):
        return ["yes"] if value else []
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)]


def _paragraph_lines(
    name: str, paragraph: Paragraph, values: Mapping[str, List[str]], host: Host, notes: _Notes
) -> List[RulesLine]:
    lines = []
    for number, text in paragraph.rules:
        origin = f"{name}:{number}"
        try:
            for words in _variants(split(text), values, host):
                try:
                    lines.append(_line(words, origin, host, notes))
                except _LeftOut as left_out:
                    if left_out.args:
                        notes.add(*left_out.args)
                except RuleError as error:
                    if "{setuid_programs}" not in text:
                        raise
                    # Whoever may create such a file must not prevent all other rules from being loaded.
                    notes.add(_NO_RULE, shown(error.part))
        except RuleError as error:
            lines.append(RulesLine(text, origin, None, error.of("", origin)))
    return lines


def _holds(term: str, values: Mapping[str, List[str]], host: Host) -> bool:
    if term.startswith("not "):
        return not _holds(term[4:], values, host)
    if term in values or term not in FEATURES:
        return bool(values[term])
    feature = FEATURES[term]
    # Without auditctl, nothing reads the file until audit is installed.
    known = host.version is None or host.version >= feature.audit
    return known and host.kernel >= feature.kernel and os.path.exists(feature.path)


def _variants(words: List[str], values: Mapping[str, List[str]], host: Host) -> List[List[str]]:
    """The rules that one line stands for, as words. Values are put into words, so they cannot add words."""
    if words[0] not in ("-a", "-A", "-w"):
        return [words]
    if len(words) % 2:
        raise RuleError("has an option without a value; in a pack each option is followed by its value")
    variants: List[List[str]] = [[]]
    for option, word in zip(words[::2], words[1::2]):
        placeholder = _PLACEHOLDER.search(word)
        filled = [word]
        if placeholder:
            filled = []
            for value in _values(placeholder.group(1), values, host):
                head = word[: placeholder.start()]
                if head == "path=" and host.is_directory(value) and not is_empty_at_boot(value):
                    head = "dir="
                filled.append(head + value + word[placeholder.end() :])
        if placeholder and word[: placeholder.start()].endswith("!="):
            variants = [
                variant + [part for other in filled if other not in variant for part in (option, other)]
                for variant in variants
            ]
        else:
            variants = [variant + [option, other] for variant in variants for other in filled]
    return variants


def _values(name: str, values: Mapping[str, List[str]], host: Host) -> List[str]:
    if name == "arch":
        return archs(host.machine)
    if name == "setuid_programs":
        return privileged_programs(values["directories"])
    if name == "record_types":
        return expand(values[name])
    return values[name]


def _line(words: List[str], origin: str, host: Host, notes: _Notes) -> RulesLine:
    """The line of one rule or setting, adapted to this host. Raises _LeftOut or RuleError."""
    if len(words) % 2:
        return RulesLine(" ".join(words), origin, parse_arguments(words, host))
    arch = next((word[5:] for word in words if word.startswith("arch=")), None)
    number = tables.arch_number(arch, host.machine) if arch else None
    if arch and number is None:
        raise _LeftOut
    machine = tables.arch_machine(number) if number is not None else None
    if words[0] == "-w" and host.is_directory(words[1]) and is_empty_at_boot(words[1]):
        words = _as_file(words)
    kept: List[str] = []
    for option, word in zip(words[::2], words[1::2]):
        field = _FIELD.match(word)
        if option == "-S" and machine in syscalls.MACHINES:
            word = _known_syscalls(word, machine)
        elif option == "-F" and field and _unknown_name(field.group(1), field.group(3), host):
            if field.group(2) != "!=":
                raise _LeftOut(_NO_NAME, field.group(3))
            notes.add(_NO_NAME, field.group(3))
            continue
        elif option == "-F" and word.startswith("perm=") and arch:
            option, word = permission_words(word[5:], arch, host)
        kept += [option, word]
    statement = parse_arguments(kept, host)
    missing = missing_directory(statement.rule) if statement.rule else None
    if missing:
        raise _LeftOut(_NO_DIRECTORY, missing)
    return RulesLine(statement.text, origin, statement)


def _as_file(words: List[str]) -> List[str]:
    """The words of a rule that watches a file, whatever its path is when auditctl loads it."""
    options = {"-w": "path", "-p": "perm", "-k": "key"}
    # The kernel refuses a path that ends with a slash.
    pairs = zip(words[::2], [words[1].rstrip("/"), *words[3::2]])
    return ["-a", "always,exit", *(word for option, value in pairs for word in ("-F", f"{options[option]}={value}"))]


def _known_syscalls(word: str, machine: str) -> str:
    names = [name for name in word.split(",") if name == "all" or syscalls.number(machine, name) is not None]
    if not names:
        # The machine has none of these syscalls, so no event is missed.
        raise _LeftOut
    return ",".join(names)


def _unknown_name(name: str, value: str, host: Host) -> bool:
    kind = BY_NAME[name].kind if name in BY_NAME else ""
    if value == "unset" or not (value[:1].isalpha() or value[:1] == "_"):
        return False
    return (kind in ("uid", "auid") and host.uid(value) is None) or (kind == "gid" and host.gid(value) is None)
