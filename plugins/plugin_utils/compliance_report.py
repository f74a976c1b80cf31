# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people read of the evidence of a fleet: totals, hosts, requirements by hosts, and what is lacking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .answers import as_table
from .evidence import is_lacking
from .printable import counted, printable

__all__ = ("matrix", "reasons", "report")

# What fits beside each other on a screen, and what one reads of one host; the files have all of it.
_HOSTS_IN_TABLE = 8
_REASONS_OF_HOST = 20
_NUMBERS = ("met", "partly met", "not met", "undecided", "excepted")


def report(document: Mapping) -> list[str]:
    """Lines: the totals, the hosts and the requirements that are lacking, the worst first, and why; then changes."""
    hosts = document["hosts"]
    lines = [document["summary"]]
    lines += as_table(
        [
            {"host": entry["host"], "state": entry["state"], **{name: _count(entry, name) for name in _NUMBERS}}
            for entry in hosts
        ]
    )
    bad = [entry for entry in hosts if any(is_lacking(item["verdict"]) for item in entry["requirements"])]
    shown = bad[:_HOSTS_IN_TABLE]
    lacking = [row for row in matrix(shown) if any(is_lacking(row[str(entry["host"])]) for entry in shown)]
    lines += as_table([{key: value for key, value in row.items() if key != "title"} for row in lacking])
    if len(bad) > len(shown):
        lines.append(f"... and {len(bad) - len(shown)} more hosts that lack something")
    for entry in bad:
        said = list(reasons(entry))
        lines += [printable(f"{entry['host']}: {text}") for text in said[:_REASONS_OF_HOST]]
        if len(said) > _REASONS_OF_HOST:
            lines.append(printable(f"{entry['host']}: ... and {len(said) - _REASONS_OF_HOST} more"))
    return lines + list(_changes(document))


def _count(entry: Mapping, name: str) -> object:
    return entry.get("counts", {}).get(name, "")


def matrix(hosts: Iterable[Mapping]) -> list[dict[str, str]]:
    """A row for each requirement, with the verdict for each host in a column of its name."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    names = [str(entry["host"]) for entry in hosts]
    for entry in hosts:
        for item in entry["requirements"]:
            key = (item["standard"], item["id"])
            first = {"standard": item["standard"], "requirement": item["id"], "title": item["title"]}
            rows.setdefault(key, {**first, **dict.fromkeys(names, "")})[str(entry["host"])] = item["verdict"]
    return list(rows.values())


def reasons(entry: Mapping) -> Iterator[str]:
    """A sentence for each thing that a host lacks, and for each exception that has expired."""
    for item in entry["requirements"]:
        waiver = item["exception"]
        if waiver and waiver["expired"] and is_lacking(item["verdict"]):
            yield f"{item['id']}: the exception has expired on {waiver['until']}: {waiver['reason']}"
        if is_lacking(item["verdict"]):
            yield from (f"{item['id']}: {text}" for text in lacking_parts(item))


def lacking_parts(item: Mapping) -> Iterator[str]:
    """What of a requirement is lacking, by view."""
    for view, place in (("kernel", "in the kernel"), ("files", "after the next boot")):
        for rule in item["rules"]:
            said = rule[view]
            if is_lacking(said["status"]):
                why = "; ".join(filter(None, (said["reason"], "; ".join(said["missing"]))))
                yield f"{said['status']} {place}: {rule['wanted']}" + (f" ({why})" if why else "")
    if not is_lacking(item["kernel"]) and not is_lacking(item["files"]):
        # The text counts only if it is asked for.
        yield from (
            f"no line of a file is: {rule['wanted']}" for rule in item["rules"] if is_lacking(rule["text"]["status"])
        )
    for check in item["checks"]:
        if is_lacking(check["kernel"]) or is_lacking(check["files"]):
            yield f"{check['what']}: {check['found']}, and wanted is {check['wanted']}"


def _changes(document: Mapping) -> Iterator[str]:
    if "before" not in document:
        return
    found = document["changes"]
    number = f"{counted(len(found), 'verdict')} {'has' if len(found) == 1 else 'have'}"
    yield printable(f"{number} changed since {document['before']['generated']}.")
    for one in found:
        said = f"{one['host']}: {one['id']}: {one['before'] or 'not judged'} before, {one['after'] or 'not judged'} now"
        yield printable(said)
