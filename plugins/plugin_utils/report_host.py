# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the report has of a host, from what modules said of it: texts and numbers, none of them long."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from .compliance_report import lacking_parts
from .evidence import is_lacking
from .host_state import has_key
from .report_states import kind_of

__all__ = ("host_entry", "silent_entry")

# What a page can show, and more than a host has that nobody tampers with. The lines of rules are shorter, too.
_LONGEST = 6200
_MOST = 400
_MOST_KEYS = 25
_BOOT_LOADS, _BOOT_DROPS = "the boot loads it", "the boot drops it"


def silent_entry(host: str, state: str) -> dict[str, Any]:
    """The entry of a host of which nothing is known but its state."""
    return {"host": host, "state": _text(state), "kind": kind_of(state).slug, "reasons": [_text(state)]}


def host_entry(
    row: Mapping, audit: Mapping, remote: str | None = None, judged: Mapping | None = None, keep: Collection[str] = ()
) -> dict[str, Any]:
    """The entry of a host.

    ``row``: what drift_row returns, with ``host``; ``audit``: the result of audit_info with retention; ``remote``: why
    remote logging is not confirmed, "" if it is, None if it was not asked; ``judged``: what compliance_host returns;
    ``keep``: patterns of keys of rules that other agents load. Raises TypeError, ValueError, KeyError or AttributeError
    for what no module returns.
    """
    state = str(row["state"])
    entry = silent_entry(str(row["host"]), state)
    entry["reasons"] = [_text(reason) for reason in _some(row.get("reasons"))] or (
        [] if state == "in sync" else [state]
    )
    if audit.get("available"):
        entry.update(_of_kernel(audit))
        entry["drift"] = list(_some(_drift(audit, keep)))
        entry["remote"] = {"state": _remote_state(remote), "reason": _text(remote or "")}
    releases = audit.get("versions") or {}
    entry["releases"] = {name: _text(releases.get(name) or "") for name in ("audit", "kernel")}
    entry["problems"] = [_problem(problem) for problem in _some(audit.get("problems"))]
    entry["plugins"] = [
        {"name": _text(plugin["name"]), "active": bool(plugin["active"]), "running": bool(plugin.get("running"))}
        for plugin in _some(audit.get("plugins"))
    ]
    entry.update(_of_log(audit.get("retention") or {}))
    if judged:
        entry["judged"] = _judged(judged)
    left_out = _left_out(entry, row, audit, keep)
    return {**entry, "left_out": left_out} if left_out else entry


def _left_out(entry: Mapping, row: Mapping, audit: Mapping, keep: Collection[str]) -> dict[str, int]:
    """Of which lists the entry has not all, and how many more the host has."""
    counts = {
        "reasons": len(row.get("reasons") or ()),
        "drift": sum(1 for _row in _drift(audit, keep)) if "drift" in entry else 0,
        "problems": len(audit.get("problems") or ()),
        "plugins": len(audit.get("plugins") or ()),
        "keys": len((audit.get("retention") or {}).get("keys") or ()),
    }
    more = {name: count - len(entry.get(name) or ()) for name, count in counts.items()}
    return {name: count for name, count in more.items() if count > 0}


def _text(value: object) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _number(value: object) -> float | int | None:
    """The value if it is a number that JSON has, otherwise None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if -1e18 < value < 1e18 else None


def _some(values: Iterable[Any] | None, most: int = _MOST) -> Iterator[Any]:
    return (value for value, _place in zip(values or (), range(most), strict=False))


def _remote_state(remote: str | None) -> str:
    if remote is None:
        return "not asked"
    return "not confirmed" if remote else "arrived"


def _of_kernel(audit: Mapping) -> dict[str, Any]:
    status, daemon = audit["status"], audit.get("daemon") or {}
    numbers = ("lost", "backlog", "backlog_limit", "rate_limit")
    return {
        "lock": _text(status["enabled"]),
        "failure": _text(status.get("failure") or ""),
        **{name: _number(status.get(name)) for name in numbers},
        "recording": bool(audit.get("recording", True)),
        "reboot_required": bool(audit.get("reboot_required")),
        "rules": len(audit.get("rules") or ()),
        "daemon": {
            "name": _text(daemon.get("name") or ""),
            "problems": [_text(problem) for problem in _some(daemon.get("problems"))],
        },
    }


def _of_log(retention: Mapping) -> dict[str, Any]:
    """How much the log has, and its keys; {} if it was not read."""
    if not retention:
        return {}
    numbers = ("bytes", "capacity", "free", "disk", "days", "bytes_a_day")
    keys = [
        {
            "key": None if key["key"] is None else _text(key["key"]),
            **{name: _number(key.get(name)) for name in ("events", "bytes", "bytes_a_day")},
        }
        for key in _some(retention.get("keys"), _MOST_KEYS)
    ]
    return {
        "log": {
            **{name: _number(retention.get(name)) for name in numbers},
            **{name: _text(retention.get(name) or "") for name in ("oldest", "newest")},
        },
        "keys": keys,
    }


def _problem(problem: Mapping) -> dict[str, Any]:
    line = f":{problem['line']}" if problem.get("line") else ""
    effects = ("stops_recording", "stops_loading", "lost_at_boot")
    return {
        "where": _text(f"{problem['path']}{line}"),
        "text": _text(problem.get("text") or ""),
        "reason": _text(problem["reason"]),
        **{name: bool(problem.get(name)) for name in effects},
    }


def _drift(audit: Mapping, keep: Collection[str]) -> Iterator[dict[str, Any]]:
    """A row for each difference: what the files have, and where; what the kernel has; what a boot makes of it."""
    drift, origins = audit.get("drift") or {}, audit.get("origins") or {}
    lost = {
        f"{problem['path']}:{problem['line']}": str(problem["reason"])
        for problem in audit.get("problems") or ()
        if problem.get("lost_at_boot")
    }

    def row(what: str, file: list[str], kernel: list[str], boot: str, asked: str = "") -> dict[str, Any]:
        origin = str(origins.get(asked or (file or [""])[0], ""))
        if file and origin in lost:
            boot = f"the boot does not load it, because it {lost[origin]}"
        return _row(what, file, origin, kernel, boot)

    yield from (row("not loaded", [rule], [], _BOOT_LOADS) for rule in drift.get("missing") or ())
    yield from (
        row("in no file", [], [rule], _BOOT_DROPS) for rule in drift.get("extra") or () if not has_key(rule, keep)
    )
    for pair in drift.get("other_key") or ():
        yield row("another key", [pair["file"]], [pair["kernel"]], "the boot gives it the key of the file")
    for pair in drift.get("out_of_order") or ():
        both = [pair["first"], pair["second"]]
        yield row("another order", both, both[::-1], "the boot restores the order of the files")
    for setting in drift.get("settings") or ():
        name, value = setting["name"], setting["file"]
        kernel = [f"{name} {setting['kernel']}"]
        yield row("another value", [f"{name} {value}"], kernel, f"the boot sets {name} to {value}", name)
    yield from _lost_at_boot(audit, lost)


def _row(what: str, file: list[str], origin: str, kernel: list[str], boot: str) -> dict[str, Any]:
    return {
        "what": what,
        "file": [_text(rule) for rule in file],
        "origin": _text(origin),
        "kernel": [_text(rule) for rule in kernel],
        "boot": _text(boot),
    }


def _lost_at_boot(audit: Mapping, lost: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Rules that the kernel holds now, and that the next boot does not load."""
    # A line that stops the loading loses all after it, which may be thousands.
    held = {_written(rule.get("rule")) for rule in audit.get("rules") or ()} if lost else set()
    for line in audit.get("files") or ():
        origin = f"{line['path']}:{line['line']}"
        if origin in lost and line.get("rule") and _written(line["rule"]) in held:
            boot = f"the boot does not load it, because it {lost[origin]}"
            yield _row("lost at a boot", [line["text"]], origin, [line["text"]], boot)


def _written(rule: Any) -> str:
    return json.dumps(rule, sort_keys=True, default=str)


def _judged(judged: Mapping) -> dict[str, Any]:
    """The verdicts by standard and requirement, and for each that is lacking by which view and why."""
    return {
        "state": _text(judged["state"]),
        "standards": [
            {
                **{name: _text(standard.get(name) or "") for name in ("name", "title", "release")},
                "requirements": [
                    {**{name: _text(item[name]) for name in ("id", "title", "severity")}, **_verdict(item)}
                    for item in judged["requirements"]
                    if item["standard"] == standard["name"]
                ],
            }
            for standard in judged["standards"]
        ],
    }


def _verdict(item: Mapping) -> dict[str, Any]:
    found: dict[str, Any] = {"verdict": _text(item["verdict"])}
    if is_lacking(item["verdict"]):
        found.update({view: _text(item[view]) for view in ("kernel", "files", "text")})
        found["why"] = [_text(said) for said in _some(lacking_parts(item), 20)]
    if item.get("exception"):
        waiver = item["exception"]
        found["exception"] = {
            "reason": _text(waiver["reason"]), "until": _text(waiver["until"]), "expired": bool(waiver["expired"]),
        }  # fmt: skip
    return found
