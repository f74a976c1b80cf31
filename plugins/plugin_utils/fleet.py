# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of a fleet: one row for each host, from what modules said of it, and the report on all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import counted

from .answers import as_table
from .host_state import auditing_off, differences, host_state
from .printable import printable

__all__ = ("IN_SYNC", "declared_differences", "drift_row", "fleet_report")

IN_SYNC = "in sync"
# What a state begins with, from the worst to the best; the report has its rows in this order.
_ORDER = (
    "failed",
    "unreachable",
    "no audit",
    "not recording",
    "daemon",
    "not as declared",
    "drift",
    "waiting",
    IN_SYNC,
)
# What a task of the role auditd in check mode would change, by the key of its result.
_DECLARED = (
    ("added", "declared, and not held: {}"),
    ("removed", "held, and not declared: {}"),
    ("settings", "declared, and another value in the kernel: {}"),
)


def drift_row(
    audit: Mapping,
    report: Mapping | None = None,
    declared: Iterable[Mapping] = (),
    remote: str = "",
    keep_keys: Collection[str] = (),
) -> dict[str, object]:
    """The row of a host, with the reasons why it is not in sync; nothing that a host answers makes it look better.

    ``audit``: a result of audit_info; ``report``: of auditd_service with report; ``declared``: of the tasks of the role
    auditd in check mode; ``remote``: why remote logging is not confirmed. Any of them may have failed. ``keep_keys``:
    patterns of keys of rules that other agents load.
    """
    state, status = host_state(audit), audit.get("status") or {}
    daemon = audit.get("daemon") or {}
    by_state = {
        "not recording": auditing_off(audit),
        "daemon": [*daemon.get("problems", []), *_of_report(report or {}), *([remote] if remote else [])],
        "not as declared": declared_differences(declared),
        "drift": differences(audit, ignore_keys=keep_keys),
    }
    reasons = [reason for found in by_state.values() for reason in found] if audit.get("available") else []
    if audit.get("available"):
        worst = next((name for name, found in by_state.items() if found), IN_SYNC)
        # What waits for a boot is drift until then.
        if not (worst in ("drift", IN_SYNC) and audit.get("reboot_required")):
            state = worst if worst == IN_SYNC else f"{worst}: {len(by_state[worst])}"
    else:
        reasons.append(state)
    if audit.get("reboot_required"):
        # A rule that is staged is also one that the kernel lacks, which is said already.
        named = {reason.partition(": ")[2] for reason in by_state["drift"]}
        pending = [change for change in audit.get("pending") or [] if change not in named]
        reasons += [f"waits for a reboot: {change}" for change in pending]
    return {
        "state": state,
        "lock": status.get("enabled", ""),
        "lost": status.get("lost", ""),
        "backlog": f"{status['backlog']}/{status['backlog_limit']}" if status else "",
        "daemon": (daemon.get("name") or "none") if daemon else "",
        "reasons": reasons if state != IN_SYNC else [],
    }


def _of_report(result: Mapping) -> list[str]:
    """What the daemon itself reports of its state, or why it did not answer."""
    if not result or result.get("skipped"):
        return []
    if not isinstance(result.get("report"), Mapping):
        return [str(result.get("msg", "auditd does not report its state"))]
    words = {
        "logging_suspended": "auditd has suspended logging, for example because the disk was full",
        "plugin_queueing_suspended": "auditd has suspended its queue for plugins",
    }
    return [said for name, said in words.items() if result["report"].get(name)]


def declared_differences(results: Iterable[Mapping]) -> list[str]:
    """A sentence for each part of a declaration that a host does not hold, from tasks in check mode."""
    found: list[str] = []
    for result in results:
        if result.get("results") is not None:
            found += declared_differences(result["results"])
        elif result.get("failed"):
            found.append(f"the declaration cannot be compared: {result.get('msg')}")
        elif result.get("changed"):
            found += _changes(result)
    return list(dict.fromkeys(found))


def _changes(result: Mapping) -> list[str]:
    """What a task in check mode would change."""
    found = [said.format(item) for key, said in _DECLARED for item in result.get(key) or []]
    after = result.get("after") or {}
    found += [
        f"declared, and not in {result.get('file')}: {key} = {value}"
        if value is not None
        else f"in {result.get('file')}, and declared to be absent: {key}"
        for key, value in after.items()
    ]
    if not found and result.get("action") not in (None, "none"):
        found = [f"auditd does not run as declared, and needs: {result['action']}"]
    if not found and result.get("file"):
        found = [f"{result['file']} is not as declared"]
    return found or ["the files in rules.d are not as declared"]


def fleet_report(rows: Iterable[Mapping]) -> list[str]:
    """Totals, a table with the worst hosts first, and the reasons by host."""
    rows = sorted(rows, key=lambda row: (_rank(row), str(row["host"])))
    counts = Counter(_kind(row) for row in rows)
    totals = ", ".join(f"{counts[kind]} {kind}" for kind in sorted(counts, key=_place))
    lines = [f"{counted(len(rows), 'host')}: {totals}." if rows else "0 hosts."]
    lines += as_table([{key: value for key, value in row.items() if key != "reasons"} for row in rows])
    return lines + [printable(f"{row['host']}: {reason}") for row in rows for reason in row.get("reasons") or []]


def _kind(row: Mapping) -> str:
    return str(row["state"]).partition(":")[0]


def _place(kind: str) -> int:
    return next((place for place, name in enumerate(_ORDER) if kind.startswith(name)), 0)


def _rank(row: Mapping) -> int:
    return _place(_kind(row))
