# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults injected into modules on guests: what is copied there, what is run, and the table of what became of it."""

import collections
import json
import pathlib

from lab.packages import install
from paths import MODULE_UTILS, ON_GUEST, PLUGINS, ROOT

__all__ = ("HOME", "PAGE", "lost", "merged", "prepare", "table", "traced_steps", "try_faults", "write_table")

HOME = "/root/lib"
PAGE = ROOT / "docs" / "reliability.md"
_BEGIN, _END = "<!-- faults: written by ./dev faults -->\n", "<!-- end of faults -->\n"


def prepare(guest) -> None:
    """Give a guest strace, the modules, and the program that hinders them."""
    install(guest, "strace")
    # What systemctl does beside its task when it enables or disables auditd takes more time than all the rest.
    guest.run(
        "rm -f /etc/init.d/auditd; mkdir -p /etc/systemd/system-generators; cd /lib/systemd/system-generators; "
        "for name in *; do ln -sf /dev/null /etc/systemd/system-generators/$name; done; systemctl daemon-reload"
    )
    plugins = f"{HOME}/ansible_collections/linux/audit/plugins"
    guest.run(f"rm -rf {HOME}; mkdir -p {plugins}")
    guest.put(MODULE_UTILS, f"{plugins}/module_utils")
    guest.put(PLUGINS / "modules", f"{plugins}/modules")
    guest.put(ON_GUEST / "injection", f"{HOME}/injection")


def try_faults(guest, scenario: str, share: str = "1/1", timeout: float | None = None, steps=None) -> list[dict]:
    """Try a share of the faults of a scenario; a case each, with its scenario. Steps: those of traced_steps()."""
    taken = ["-"] if steps else []
    lines = _on_guest(guest, scenario, share, *taken, input=steps and json.dumps(steps), timeout=timeout)
    return [dict(json.loads(line), scenario=scenario) for line in lines]


def traced_steps(guest, scenario: str) -> list:
    """The steps of a scenario. They vary where a module polls, so that shares that make up a whole are of one trace."""
    return json.loads(_on_guest(guest, scenario, "steps")[0])


def _on_guest(guest, scenario, *words, **options):
    command = f"cd /root; PYTHONPATH={HOME} python3 -B -m injection '{scenario}' {' '.join(words)}"
    return guest.run(command, **options).stdout.splitlines()


def lost(cases) -> list[dict]:
    """The cases after which a promise was broken."""
    return [case for case in cases if case["problems"]]


def merged(before, cases) -> list[dict]:
    """All cases; of one that was tried again, the last."""
    by_case = {(case["scenario"], case["call"], case["number"], case["what"]): case for case in [*before, *cases]}
    return list(by_case.values())


def table(cases) -> str:
    """A row for each scenario: tried, survived, lost, and which faults. What a run did not come to does not count."""
    rows: dict = collections.defaultdict(list)
    for case in cases:
        if case["hindered"]:
            rows[case["scenario"]].append(case)
    lines = ["| Change | Tried | Survived | Lost | Faults |", "|---|---|---|---|---|"]
    lines += [_row(scenario, tried) for scenario, tried in sorted(rows.items())]
    return "\n".join([*lines, _row("all", [case for tried in rows.values() for case in tried])]) + "\n"


def _row(name, tried):
    faults = collections.Counter("killed" if case["what"] == "KILL" else f"`{case['what']}`" for case in tried)
    named = ", ".join(f"{fault} {count}" for fault, count in sorted(faults.items()))
    return f"| {name} | {len(tried)} | {len(tried) - len(lost(tried))} | {len(lost(tried))} | {named} |"


def write_table(text: str, path: pathlib.Path = PAGE) -> None:
    """Put the table into the page."""
    before, _begin, rest = path.read_text().partition(_BEGIN)
    path.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{rest.partition(_END)[2]}")
