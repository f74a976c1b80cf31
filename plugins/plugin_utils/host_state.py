# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a result of the module audit_info says of a host, in words for people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase

__all__ = ("auditing_off", "differences", "has_key", "host_state")


def differences(info: Mapping, ignore_settings: Collection[str] = (), ignore_keys: Collection[str] = ()) -> list[str]:
    """A sentence for each difference between the kernel and the files; [] for a result whose `in_sync` is true.

    `ignore_settings`: names of settings, as in `drift.settings`, whose differences do not count. `ignore_keys`:
    patterns of keys of rules that do not count if no file has them.
    """
    drift = info.get("drift") or {}
    found = [line["error"] for line in info.get("files") or [] if "error" in line]
    found += [f"not loaded: {rule}" for rule in drift.get("missing") or []]
    found += [f"in no file: {rule}" for rule in drift.get("extra") or [] if not has_key(rule, ignore_keys)]
    found += [f"loaded under another key: {pair['file']}" for pair in drift.get("other_key") or []]
    found += [f"loaded in another place: {pair['second']}" for pair in drift.get("out_of_order") or []]
    found += [
        f"another value in the kernel: {setting['name']}"
        for setting in drift.get("settings") or []
        if setting["name"] not in ignore_settings
    ]
    return found


def has_key(rule: str, patterns: Collection[str]) -> bool:
    """Whether a rule in canonical form has a key that one of the patterns matches; without a key, it has the key ""."""
    keys = [word.removeprefix("key=") for word in rule.split() if word.startswith("key=")] or [""]
    return any(fnmatchcase(key, pattern) for key in keys for pattern in patterns)


def host_state(info: Mapping) -> str:
    """The state of a host in a few words, also for a result of a host that failed or could not be reached."""
    if info.get("unreachable"):
        return "unreachable"
    # A module that has done its work says whether there is an audit system; failed_when may hide that it has not.
    if info.get("failed") or "available" not in info:
        return f"failed: {info.get('msg') or 'unknown'}"
    if not info.get("available"):
        return f"no audit: {info.get('reason') or info.get('msg') or 'unknown'}"
    if info.get("reboot_required"):
        return f"waiting for reboot: {len(info['pending'])}"
    return "in sync" if info.get("in_sync") else f"drift: {len(differences(info))}"


def auditing_off(info: Mapping) -> list[str]:
    """A sentence for all that switches auditing off, or nearly so, in the kernel or in the files of a host."""
    return [_problem(problem) for problem in info.get("problems") or [] if problem.get("stops_recording")]


def _problem(problem: Mapping) -> str:
    """A problem of audit_info as a sentence."""
    line = f":{problem['line']}" if problem.get("line") else ""
    text = f"'{problem['text']}' " if problem.get("text") else ""
    return f"{problem['path']}{line}: {text}{problem['reason']}"
