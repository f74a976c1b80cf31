# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults injected into modules on guests: what is copied there, what is run, and the table of what became of it."""

import collections
import json
import pathlib

from lab.packages import install
from paths import MODULE_UTILS, ON_GUEST, PLUGINS, ROOT

__all__ = ("HOME", "PAGE", "lost", "merged", "prepare", "table", "try_faults", "write_table")

HOME = "/root/lib"
PAGE = ROOT / "docs" / "reliability.md"
_BEGIN, _END = "<!-- faults: written by ./dev faults -->\n", "<!-- end of faults -->\n"


def prepare(guest) -> None:
    """Give a guest strace, the modules, and the program that hinders them."""
    install(guest, "strace")
    plugins = f"{HOME}/ansible_collections/linux/audit/plugins"
    guest.run(f"rm -rf {HOME}; mkdir -p {plugins}")
    guest.put(MODULE_UTILS, f"{plugins}/module_utils")
    guest.put(PLUGINS / "modules", f"{plugins}/modules")
    guest.put(ON_GUEST / "injection", f"{HOME}/injection")


def try_faults(guest, scenario: str, share: str = "1/1", timeout: float | None = None) -> list[dict]:
    """Try a share of the faults of a scenario; a case each, with its scenario."""
    command = f"cd /root; PYTHONPATH={HOME} python3 -B -m injection '{scenario}' {share}"
    lines = guest.run(command, timeout=timeout).stdout.splitlines()
    return [dict(json.loads(line), scenario=scenario) for line in lines[1:]]


def lost(cases) -> list[dict]:
    """The cases after which a promise was broken."""
    return [case for case in cases if case["problems"]]


def merged(before, cases) -> list[dict]:
    """All cases; of one that was tried again, the last."""
    by_case = {(case["scenario"], case["call"], case["number"], case["what"]): case for case in [*before, *cases]}
    return list(by_case.values())


def table(cases) -> str:
    """Rows by scenario and fault: tried, survived, lost. A fault that a run did not come to does not count."""
    counts: dict = collections.defaultdict(lambda: [0, 0])
    for case in cases:
        if case["hindered"]:
            counts[case["scenario"], case["what"]][bool(case["problems"])] += 1
    lines = ["| Change | Fault | Tried | Survived | Lost |", "|---|---|---|---|---|"]
    for (scenario, what), (survived, broken) in sorted(counts.items()):
        fault = "killed" if what == "KILL" else f"`{what}`"
        lines.append(f"| {scenario} | {fault} | {survived + broken} | {survived} | {broken} |")
    totals = [sum(column) for column in zip(*counts.values(), strict=True)] or [0, 0]
    lines.append(f"| all | all | {sum(totals)} | {totals[0]} | {totals[1]} |")
    return "\n".join(lines) + "\n"


def write_table(text: str, path: pathlib.Path = PAGE) -> None:
    """Put the table into the page."""
    before, _begin, rest = path.read_text().partition(_BEGIN)
    path.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{rest.partition(_END)[2]}")
