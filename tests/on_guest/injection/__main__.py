# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: hinders every system call of note of a module, in every way, and tells what became of it.

Arguments: the name of a scenario, which share of its cases is wanted, such as 2/4, and from where its steps are taken.
Prints a line of JSON for each case: the step, the fault, and problems.
"""

import gc
import json
import sys

from .hindering import Step, faults_at, noted_steps, run_module
from .host_state import audited, draft_files
from .judging import problems_of_next, problems_of_run
from .scenarios import SCENARIOS
from .stand_in import load_library, load_module


def main(name, share="1/1", taken=""):
    """Try all faults of a share. Share: "steps" prints the steps alone; taken: "-" takes them from the input."""
    scenario = SCENARIOS[name]
    load_library()
    load_module(scenario.module)
    # A child that collects garbage copies each page of this process otherwise.
    gc.collect()
    gc.freeze()
    scenario.reset()
    old = _state(scenario)
    ended = run_module(scenario.module, scenario.parameters)
    new = _state(scenario)
    assert ended.result and not ended.result.get("failed"), ended.result
    scenario.reset()
    steps = [Step(*step) for step in json.load(sys.stdin)] if taken else noted_steps(ended.trace)
    if share == "steps":
        print(json.dumps(steps))
        return
    number, shares = map(int, share.split("/"))
    for fault in list(faults_at(steps, scenario.thin))[number - 1 :: shares]:
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
