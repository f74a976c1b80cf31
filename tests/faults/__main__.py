# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""`./dev faults [--share N/M] [SCENARIO...]`: try all faults on guests, print the table, write it into the page.

With a share, or with scenarios that are named, the page stays as it is unless `--write` is given. `--add` keeps what
earlier runs have found; a case that is tried again counts once.
"""

import argparse
import concurrent.futures
import json
import os
import sys
import time

from lab import Lab
from paths import ROOT

from . import lost, merged, prepare, table, traced_steps, try_faults, write_table

PARTS = 4
FOUND = ROOT / ".cache" / "faults.json"
SCENARIOS = (
    "audit_rule present", "audit_rule absent", "audit_watch", "audit_ruleset", "audit_ruleset purge",
    "audit_ruleset large", "audit_control", "auditd_conf", "auditd_conf restart", "audisp_plugin", "audisp_remote_conf",
    "auditd_service stopped", "auditd_service started", "auditd_service restarted", "audit_trace", "audit_trial",
    "audit_search",
)  # fmt: skip


def main():
    """Try, print, and end with 1 if anything was lost."""
    parser = argparse.ArgumentParser(prog="./dev faults")
    parser.add_argument("--share", default="1/1", help="such as 3/10: every tenth case, from the third on")
    parser.add_argument("--write", action="store_true", help="write the page although not all is tried")
    parser.add_argument("--add", action="store_true", help="add to what the runs before have found")
    parser.add_argument("scenario", nargs="*", help=f"by default all: {', '.join(SCENARIOS)}")
    arguments = parser.parse_args()
    kept = json.loads(FOUND.read_text()) if arguments.add and FOUND.exists() else {"runs": [], "cases": [], "steps": {}}
    words = " ".join(["./dev faults --share", arguments.share, *map(repr, arguments.scenario)])
    kept["runs"].append(f"`{words}` on {time.strftime('%Y-%m-%d')}")
    cases = []
    for found in _tried(arguments.scenario or SCENARIOS, arguments.share, kept["steps"]):
        cases += found
        kept["cases"] = merged(kept["cases"], found)
        FOUND.parent.mkdir(exist_ok=True)
        FOUND.write_text(json.dumps(kept, indent=1))
    print(table(kept["cases"]))
    if arguments.write or (not arguments.scenario and arguments.share == "1/1"):
        write_table(f"Tried by {', '.join(kept['runs'])}.\n\n{table(kept['cases'])}")
    return 1 if lost(cases) else 0


def _tried(scenarios, share, steps):
    """Lists of cases, each printed when it is known. Steps: those of scenarios of which some are tried already."""
    number, shares = map(int, share.split("/"))
    parts = [f"{number + shares * part}/{shares * PARTS}" for part in range(PARTS)]
    # Most of the time a module waits for the daemon, so there may be more guests than processors.
    guests = 2 * (os.cpu_count() or 1)
    with Lab() as lab, concurrent.futures.ThreadPoolExecutor(guests) as pool:
        free = lab.boot_all(["bookworm"] * guests)
        list(pool.map(prepare, free))

        def on_free_guest(function, *words, **options):
            guest = free.pop()
            try:
                return function(guest, *words, **options)
            finally:
                free.append(guest)

        new = [scenario for scenario in scenarios if scenario not in steps]
        steps |= zip(new, pool.map(lambda scenario: on_free_guest(traced_steps, scenario), new), strict=True)
        running = {
            pool.submit(on_free_guest, try_faults, scenario, part, steps=steps[scenario]): f"{scenario} {part}"
            for scenario in scenarios
            for part in parts
        }
        for job in concurrent.futures.as_completed(running):
            _print(running[job], job.result())
            yield job.result()


def _print(job, found):
    print(f"{job}: {len(found)} tried, {len(lost(found))} lost", flush=True)
    for case in lost(found):
        print(f"LOST {case['scenario']}: {case['what']} at {case['text']}")
        print("".join(f"    {problem}\n" for problem in case["problems"]), end="", flush=True)


if __name__ == "__main__":
    sys.exit(main())
