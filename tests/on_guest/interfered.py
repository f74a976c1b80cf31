# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: a module changes something, while the disk is full, or something else changes the host.

`begin NAME` prints how the module ended and what it broke; `next` prints what is wrong after the next run, which may
come after a boot.
"""

import json
import os
import subprocess
import sys
from typing import NamedTuple

from injection.hindering import run_module
from injection.host_state import audited, draft_files, run
from injection.judging import problems_of_next, problems_of_run
from injection.scenarios import BACKLOG, HOSTS, SCENARIOS, SET, Scenario
from injection.stand_in import load_library, load_module

_FOUND = "/root/interfered.json"
# The kernel gets several with each message, so a few hundred would be there before anybody has done anything.
_MANY = [f"-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F auid={number} -F key=u" for number in range(6000)]
_FOREIGN = "-a always,exit -F arch=b64 -S acct -F key=foreign"
_LOG = "/var/log/audit/audit.log"
# When auditd has written this record, it has written those of earlier runs.
_QUIET = f"auditctl -m quiet$$; until grep -q quiet$$ {_LOG}; do sleep 0.1; done"
_HALF = f"""tail -n 0 -f {_LOG} | grep -q -m 1 'op=add_rule key="u"'"""
_MODULE = "$(pgrep -n -f 'interfered[.]py begin')"
_CONF = "/etc/audit/auditd.conf"
_WRITTEN = f"until grep -q '^log_format = RAW' {_CONF}; do :; done"
_PID = "$(auditctl -s | sed -n 's/^pid //p')"
_TMPFS = (
    "cp -a /etc/audit /root/audit.copy; mount -t tmpfs -o mode=750,size=512k{} none /etc/audit; "
    "cp -a /root/audit.copy/. /etc/audit/; rm -r /root/audit.copy"
)
_UNMOUNTED = "umount /etc/audit"

_SCENARIOS = dict(
    SCENARIOS,
    many=Scenario(
        "audit_ruleset",
        {"content": "\n".join(["-D", "-b 9000", HOSTS, *_MANY])},
        {SET: ["-D", BACKLOG, HOSTS]},
    ),
)


class Interference(NamedTuple):
    """Shell lines: ``before`` the run, ``meanwhile``, which end by themselves, and ``after`` it.

    ``theirs``: it undoes what the module does, so that only what the module says of the host is judged.
    """

    before: str = ":"
    meanwhile: str = ":"
    after: str = ":"
    theirs: bool = False


def _halfway(command):
    """Shell lines that run a command while the module has added some rules and waits, however quick either is."""
    return f"{_HALF}; p={_MODULE}; kill -STOP $p; {command}; code=$?; kill -CONT $p; exit $code"


INTERFERENCES = {
    "full": Interference(f"{_TMPFS.format('')}; dd if=/dev/zero of=/etc/audit/fill 2>/dev/null; :", after=_UNMOUNTED),
    "quota": Interference(
        f"{_TMPFS.format(',nr_inodes=60')}; n=0; while true >/etc/audit/fill$n; do n=$((n+1)); done 2>/dev/null; :",
        after=_UNMOUNTED,
    ),
    "read-only": Interference("mount --bind /etc /etc && mount -o remount,bind,ro /etc", after="umount /etc"),
    "locked": Interference(meanwhile=_halfway("auditctl -e 2")),
    "added by others": Interference(meanwhile=_halfway(f"auditctl {_FOREIGN}")),
    "deleted by others": Interference(f"auditctl {_FOREIGN}", _halfway(f"auditctl {_FOREIGN.replace('-a', '-d', 1)}")),
    "own rule deleted": Interference(meanwhile=_halfway(f"auditctl {_MANY[0].replace('-a', '-d', 1)}"), theirs=True),
    "emptied by others": Interference(meanwhile=_halfway("auditctl -D"), theirs=True),
    "set by others": Interference(meanwhile=_halfway("auditctl -b 4321"), theirs=True),
    "killed": Interference(meanwhile=f"{_WRITTEN}; kill -9 {_PID}"),
    "dead": Interference(f"p={_PID}; kill -9 $p; while [ -e /proc/$p ]; do :; done"),
    "slow": Interference(meanwhile=f"p={_PID}; {_WRITTEN}; kill -STOP $p; sleep 4; kill -CONT $p"),
    "hangs": Interference(meanwhile=f"p={_PID}; {_WRITTEN}; kill -STOP $p; sleep 60; kill -CONT $p"),
}


def begin(scenario_name, name):
    """Interfere; tell what came of it, and keep what the next run should make."""
    scenario, interference = _SCENARIOS[scenario_name], INTERFERENCES[name]
    load_module(scenario.module)
    scenario.reset()
    old = _state(scenario)
    assert not run_module(scenario.module, scenario.parameters, traced=False).result.get("failed")
    new = _state(scenario)
    scenario.reset()
    run("sh", "-c", interference.before)
    if _HALF in interference.meanwhile:
        run("sh", "-c", _QUIET)
    command = ["timeout", "200", "sh", "-c", interference.meanwhile]
    meanwhile = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    result = run_module(scenario.module, scenario.parameters, traced=False).result
    assert meanwhile.wait() == 0, f"the module ended before anything happened: {result}"
    now = _state(scenario)
    foreign = _FOREIGN in run("auditctl", "-l")
    problems = _judged(result, old, now, new, interference)
    run("sh", "-c", interference.after)
    with open(_FOUND, "w", encoding="utf-8") as file:
        json.dump({"scenario": scenario_name, "new": new}, file)
    print(json.dumps({"result": result, "problems": problems, "foreign": foreign}))


def _judged(result, old, now, new, interference):
    if not interference.theirs or not result.get("failed"):
        return problems_of_run(result, old, now, new)
    said_too_much = "is as it was" in result["msg"] and now != old
    return [result["msg"]] * said_too_much + [text for text in (result.get("traceback"),) if text]


def next_run():
    """What is wrong after the next run, and after the one after that."""
    with open(_FOUND, encoding="utf-8") as file:
        found = json.load(file)
    scenario = _SCENARIOS[found["scenario"]]
    load_module(scenario.module)
    run("auditctl", *_FOREIGN.replace("-a", "-d", 1).split(), check=False)
    results = [run_module(scenario.module, scenario.parameters, traced=False).result for _time in range(2)]
    drafts = draft_files(*scenario.directories)
    problems = problems_of_next(*results, _state(scenario), found["new"], drafts, scenario.acts)
    print(json.dumps({"result": results[0], "problems": problems}))
    # For one more next run, after a boot.
    os.rename(_FOUND, "/root/kept.json")


def _state(scenario):
    """Without what fills the disk, and without the rule and the lock of others."""
    state = {
        part: value for part, value in audited(scenario.directories, scenario.daemon).items() if "/fill" not in part
    }
    state["kernel rules"] = [rule for rule in state["kernel rules"] if rule != _FOREIGN]
    state["kernel settings"].pop("enabled")
    # Nobody declares it, so it is another one after a boot.
    state["kernel settings"].pop("backlog_wait_time")
    return state


if __name__ == "__main__":
    load_library()
    if sys.argv[1] == "begin":
        begin(*sys.argv[2:])
    else:
        next_run()
