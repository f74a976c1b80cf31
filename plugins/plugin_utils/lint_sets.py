# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lint rules files on the controller, directory by directory, without Ansible and without a host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.findings import CHECKS, SEVERITIES, Finding
from ansible_collections.linux.audit.plugins.module_utils.rules.linter import Fleet, RulesText, lint
from ansible_collections.linux.audit.plugins.plugin_utils.rules import read_machine, read_version

__all__ = ("described", "is_at_least", "lint_directories", "make_fleet")


def make_fleet(
    machines: Iterable[str], version: object, users: Iterable[str] | None, groups: Iterable[str] | None
) -> Fleet:
    """What is known of the hosts, from what a user gives. Raises RuleError."""
    return Fleet(
        tuple(map(read_machine, machines)) or Fleet().machines,
        read_version(version),
        None if users is None else frozenset(users),
        None if groups is None else frozenset(groups),
    )


def lint_directories(
    texts: Mapping[str, str], fleet: Fleet, joined: bool, ignored: Iterable[str] = ()
) -> list[Finding]:
    """The findings of files, by path; those of one directory are one set. Raises RuleError for an unknown id."""
    ignored = set(ignored)
    unknown = sorted(ignored - set(CHECKS))
    if unknown:
        raise RuleError(f"is not the id of a check; the ids are {', '.join(CHECKS)}", unknown[0])
    directories: dict[str, list[RulesText]] = {}
    for path, text in texts.items():
        directories.setdefault(path.rpartition("/")[0], []).append(RulesText(path, text))
    found = [finding for files in directories.values() for finding in lint(files, fleet, joined)]
    return [finding for finding in found if finding.id not in ignored]


def described(finding: Finding) -> dict[str, Any]:
    r"""A finding as a dictionary; bytes that are not UTF-8 are written as \xff, because not everything reads them."""
    return {name: _readable(value) for name, value in finding._asdict().items()}


def _readable(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def is_at_least(finding: Finding, severity: str) -> bool:
    """Whether a finding is as bad as a severity, or worse; no finding is as bad as `never`."""
    return severity != "never" and SEVERITIES.index(finding.severity) >= SEVERITIES.index(severity)
