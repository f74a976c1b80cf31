# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer of many hosts: whose log has which event, each event once, and what the logs could not tell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import counted
from ansible_collections.linux.audit.plugins.plugin_utils.answers import row
from ansible_collections.linux.audit.plugins.plugin_utils.printable import printable

__all__ = ("answer_of_fleet", "answer_of_host")

# How many hosts a note names.
_NAMED = 10


def answer_of_host(
    results: Iterable[Mapping], events: Iterable[Mapping], columns: list[str], host: str, notes: Iterable[str]
) -> dict:
    """What a host tells: rows of the events, and notes on what its log could not tell.

    ``results`` are those of audit_search, ``events`` the ones of them that answer the question.
    """
    results = list(results)
    own = {name for result in results for name in _texts(result.get("own_nodes"))} | {host}
    found = [_told(event, columns, host, own) for event in events]
    found = list({(one["node"], one["mark"]): one for one in found}.values())
    gaps = [gap for result in results for gap in _texts(result.get("gaps"))]
    left_out = [
        result["total"] - len(result["events"])
        for result in results
        if result.get("truncated") and isinstance(result.get("total"), int)
    ]
    return {
        "events": found,
        "own_nodes": sorted(own),
        "left_out": sum(left_out),
        # An event that two searches find and both leave out counts twice.
        "exact": len(left_out) < 2,
        "notes": list(dict.fromkeys([*gaps, *notes])),
    }


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []


def _told(event: Mapping, columns: list[str], host: str, own: set[str]) -> dict:
    node = event["node"] if event.get("node") not in own else None
    shown = dict(event, host=node or host, log=host if node else None)
    if not isinstance(event["time"], str):
        raise TypeError("the time of an event must be a text")
    return {"time": event["time"], "node": node, "mark": _mark(event), "row": row(shown, columns, escape=False)}


def _mark(event: Mapping) -> str:
    """What an event has in every log that it is in, whatever names the host of that log gives to users."""
    call, subject = event.get("syscall") or {}, event["subject"]
    what = [
        event["time"], event["id"], event["types"], [subject.get(name) for name in ("pid", "ppid", "comm", "exe")],
        call.get("number"), call.get("exit"), [[path.get("name"), path.get("inode")] for path in event["paths"]],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(what, default=str).encode("utf-8", "surrogatepass")).hexdigest()


def answer_of_fleet(
    parts: Mapping[str, Mapping], question: str, asked: Iterable[str], inventory: Iterable[str]
) -> dict:
    """The rows of all hosts by time, each event once, and the lines above their table.

    ``parts`` are those of answer_of_host() by host, ``asked`` the hosts that were asked, ``inventory`` all that there
    are. An event in the log of a server is left out if the log of its own host, too, has it.
    """
    owners = _owners(parts, set(inventory))
    at_home = {(host, told["mark"]) for host, part in parts.items() for told in part["events"] if not told["node"]}
    kept: dict[tuple, Mapping] = {}
    for host, part in parts.items():
        for told in part["events"]:
            if told["node"] is None:
                kept[host, None, told["mark"]] = told
            elif (owners.get(told["node"]), told["mark"]) not in at_home:
                kept.setdefault(("", told["node"], told["mark"]), told)
    rows = [told["row"] for told in sorted(kept.values(), key=lambda told: told["time"])]
    return {"rows": rows, "lines": printable(_lines(parts, question, list(asked), len(rows)))}


def _owners(parts: Mapping[str, Mapping], inventory: set[str]) -> dict[str, str]:
    """The host of each node; no host owns a name that two claim, or that is another host of the inventory."""
    owners: dict[str, str] = {}
    disputed = set()
    for host, part in parts.items():
        for name in part["own_nodes"]:
            if name in owners or (name in inventory and name != host):
                disputed.add(name)
            owners[name] = host
    return {name: host for name, host in owners.items() if name not in disputed}


def _lines(parts: Mapping[str, Mapping], question: str, asked: list[str], shown: int) -> list[str]:
    left_out = sum(part["left_out"] for part in parts.values())
    at_most = "" if all(part["exact"] for part in parts.values()) else "up to "
    events = f"{f'{shown} of {at_most}' if left_out else ''}{counted(shown + left_out, 'event')}"
    silent = [host for host in asked if host not in parts]
    hosts = f"{f'{len(parts)} of ' if silent else ''}{counted(len(asked), 'host')}"
    notes: dict[str, list[str]] = {}
    for host, part in parts.items():
        for note in part["notes"]:
            notes.setdefault(note, []).append(host)
        if part["left_out"]:
            notes.setdefault("the limit left out earlier events; raise limit, or narrow start and end", []).append(host)
    if silent:
        notes["did not answer; the table says nothing of these hosts"] = silent
    return [
        f"{question} {events} on {hosts}.",
        *(f"{_named(hosts)}: {note}" for note, hosts in notes.items()),
    ]


def _named(hosts: list[str]) -> str:
    more = len(hosts) - _NAMED
    return ", ".join(hosts[:_NAMED]) + (f" and {more} more" if more > 0 else "")
