# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: hinders every system call of note of a module, in every way, and tells what became of it.

Arguments: the name of a scenario, and which share of its cases is wanted, such as 2/4. Prints a line of JSON for each
case: the step, the fault, and problems.
"""

import json
import sys

from .hindering import faults_at, noted_steps, run_module
from .host_state import audited, draft_files
from .judging import problems_of_next, problems_of_run
from .scenarios import SCENARIOS
from .stand_in import load_library, load_module


def main(name, share="1/1", pattern=""):
    """Try all faults of a share."""
    scenario = SCENARIOS[name]
    load_library()
    load_module(scenario.module)
    scenario.reset()
    old = _state(scenario)
    ended = run_module(scenario.module, scenario.parameters)
    new = _state(scenario)
    assert ended.result and not ended.result.get("failed"), ended.result
    number, shares = map(int, share.split("/"))
    scenario.reset()
    faults = list(faults_at(noted_steps(ended.trace), scenario.thin))
    print(json.dumps({"scenario": name, "steps": len(noted_steps(ended.trace)), "faults": len(faults)}), flush=True)
    for fault in faults[number - 1 :: shares]:
        if pattern in f"{fault.step.call}:{fault.what}:{fault.step.number}":
            print(json.dumps(_case(scenario, fault, old, new)), flush=True)
    scenario.reset()


def _state(scenario):
    return audited(scenario.directories, scenario.daemon)


def _case(scenario, fault, old, new):
    ended = run_module(scenario.module, scenario.parameters, fault)
    now = _state(scenario)
    problems = problems_of_run(ended.result, old, now, new)
    # After a run that has left everything as it was, the next one is that which nothing has hindered.
    if now != old or draft_files(*scenario.directories) or ended.result is None or scenario.acts:
        after = run_module(scenario.module, scenario.parameters, traced=False).result
        again = run_module(scenario.module, scenario.parameters, traced=False).result
        drafts = draft_files(*scenario.directories)
        problems += problems_of_next(after, again, _state(scenario), new, drafts, scenario.acts)
        scenario.reset()
    result = ended.result
    return {
        "call": fault.step.call,
        "number": fault.step.number,
        "text": fault.step.text,
        "what": fault.what,
        "hindered": ended.hindered,
        "outcome": "killed" if result is None else "failed" if result.get("failed") else "ok",
        "said": result and result.get("msg"),
        "seconds": round(ended.seconds, 2),
        "problems": problems,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
