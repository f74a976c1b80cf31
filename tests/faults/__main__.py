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

from . import lost, merged, prepare, table, try_faults, write_table

SHARES = 4
FOUND = ROOT / ".cache" / "faults.json"
SCENARIOS = (
    "audit_rule present", "audit_rule absent", "audit_watch", "audit_ruleset", "audit_ruleset purge", "audit_control",
    "auditd_conf", "auditd_conf restart", "audisp_plugin", "audisp_remote_conf", "auditd_service stopped",
    "auditd_service started", "auditd_service restarted", "audit_trace", "audit_trial",
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
    number, shares = map(int, arguments.share.split("/"))
    parts = [(number + shares * part, shares * SHARES) for part in range(SHARES)]
    work = [(scenario, f"{one}/{of}") for scenario in arguments.scenario or SCENARIOS for one, of in parts]
    # Most of the time a module waits for the daemon, so there may be more guests than processors.
    guests = 2 * (os.cpu_count() or 1)
    kept = json.loads(FOUND.read_text()) if arguments.add and FOUND.exists() else {"runs": [], "cases": []}
    words = " ".join(["./dev faults --share", arguments.share, *map(repr, arguments.scenario)])
    kept["runs"].append(f"`{words}` on {time.strftime('%Y-%m-%d')}")
    cases = []
    with Lab() as lab, concurrent.futures.ThreadPoolExecutor(guests) as pool:
        free = lab.boot_all(["bookworm"] * guests)
        for guest in free:
            prepare(guest)

        def run(job):
            guest = free.pop()
            try:
                return job, try_faults(guest, *job)
            finally:
                free.append(guest)

        FOUND.parent.mkdir(exist_ok=True)
        for job, found in pool.map(run, work):
            cases += found
            kept["cases"] = merged(kept["cases"], found)
            print(f"{' '.join(job)}: {len(found)} tried, {len(lost(found))} lost", flush=True)
            for case in lost(found):
                print(f"LOST {case['scenario']}: {case['what']} at {case['text']}")
                print("".join(f"    {problem}\n" for problem in case["problems"]), end="", flush=True)
            FOUND.write_text(json.dumps(kept, indent=1))
    print(table(kept["cases"]))
    if arguments.write or (not arguments.scenario and arguments.share == "1/1"):
        write_table(f"Tried by {', '.join(kept['runs'])}.\n\n{table(kept['cases'])}")
    return 1 if lost(cases) else 0


if __name__ == "__main__":
    sys.exit(main())
