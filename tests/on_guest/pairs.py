# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: two modules change the host at the same time, and what is left is what one after the other leaves.

Arguments: which share of the pairs is wanted, such as 2/4, and how often each is tried. Prints a line of JSON for each
pair.
"""

import itertools
import json
import os
import subprocess
import sys

from injection.host_state import audited, draft_files, run
from injection.scenarios import BACKLOG, CONTROL, FIRST, HOSTS, NAME, OWN, PASSWD, SECOND, SET, THIRD, Scenario
from injection.stand_in import call_module, load_library, load_module

_BEFORE = Scenario(
    "",
    {},
    {SET: ["-D", BACKLOG, THIRD, PASSWD], OWN: [SECOND], CONTROL: ["-f 1"], "20-other.rules": [HOSTS]},
    daemon=True,
)
# Two changes of each module, so that it also runs beside itself.
CHANGES = {
    "audit_rule": ({"rules": [NAME]}, {"rules": [FIRST]}),
    "audit_watch": (
        {"path": "/etc/group", "permissions": "wa", "keys": ["id"]},
        {"path": "/etc/shadow", "permissions": "wa", "keys": ["id"]},
    ),
    "audit_ruleset": (
        {"content": f"-D\n-b 9000\n{THIRD}\n"},
        {"file": "60-second.rules", "content": "-a always,exit -F arch=b64 -S chroot -F key=roots\n"},
    ),
    "audit_control": ({"rate_limit": 5000}, {"failure": "silent"}),
    "auditd_conf": ({"settings": {"num_logs": 7}}, {"settings": {"log_format": "RAW"}}),
    "audisp_plugin": ({"name": "syslog", "active": True}, {"name": "site", "plugin": "/usr/bin/cat"}),
    "audisp_remote_conf": ({"settings": {"queue_depth": 9000}}, {"settings": {"remote_server": "192.0.2.1"}}),
    "auditd_service": ({"state": "restarted"}, {"state": "restarted"}),
}


def main(share, times):
    """Try a share of all pairs."""
    number, shares = map(int, share.split("/"))
    names = list(itertools.combinations_with_replacement(CHANGES, 2))
    for one, other in names[number - 1 :: shares]:
        pair = ((one, CHANGES[one][0]), (other, CHANGES[other][1]))
        print(json.dumps({"pair": [one, other], "problems": _problems(pair, int(times))}), flush=True)
    _BEFORE.reset()


def _problems(pair, times):
    serial = [_state_after(_one_by_one, order) for order in (pair, pair[::-1])]
    problems = []
    for _time in range(times):
        now = _state_after(_at_once, pair, problems)
        if now not in serial:
            problems += min((_differences(now, state) for state in serial), key=len)
        # Who acts each time it is asked would be asked for the state that it has left.
        again = [(name, {"state": "started"} if name == "auditd_service" else what) for name, what in pair]
        results = _run(again)
        if any(map(_moved_rules, results)):
            now, results = _state(pair), _run(again)
        problems += [f"the second run is not content: {done}" for done in results if _unhappy(done) or done["changed"]]
        if _state(pair) != now:
            problems.append("the second run has changed something")
    return problems


def _state_after(change, changes, problems=None):
    run("rm", "-f", "/etc/audit/plugins.d/site.conf")
    _BEFORE._replace(daemon=_concern_daemon(changes)).reset()
    for done in change(changes):
        if _unhappy(done) or not done["changed"]:
            assert problems is not None, done
            problems.append(f"not done: {done}")
    if problems is not None:
        problems += [f"{draft} is left" for draft in draft_files("/etc/audit")]
    return _state(changes)


def _concern_daemon(changes):
    """Whether one of them changes the daemon or its files; to start it each time takes most of the time."""
    return any(name.startswith(("auditd", "audisp")) for name, _parameters in changes)


def _moved_rules(done):
    """Whether a set has only changed the order of rules, which one after the other leaves to the next set as well.

    A rule that is added alone becomes the last one of the kernel, also if files after its own have other rules.
    """
    return done["changed"] and done.get("added") == done.get("removed") == []


def _unhappy(done):
    return done.get("failed") or done.get("warnings")


def _state(changes):
    return audited(("/etc/audit",), _concern_daemon(changes))


def _differences(now, state):
    return [
        f"{part} is {now.get(part)} instead of {state.get(part)}"
        for part in sorted({**now, **state})
        if now.get(part) != state.get(part)
    ]


def _one_by_one(changes):
    return [done for change in changes for done in _run([change])]


def _at_once(changes):
    return _run(changes)


def _run(changes):
    """The results of modules that begin in the same moment, each in a process of its own."""
    begun = [
        subprocess.Popen(
            [sys.executable, "-B", os.path.abspath(__file__), "run", name, json.dumps(parameters)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name, parameters in changes
    ]
    for process in begun:
        process.stdout.readline()
    for process in begun:
        process.stdin.write(b"\n")
        process.stdin.flush()
    return [json.loads(process.communicate(timeout=240)[0]) for process in begun]


def run_one(name, parameters):
    """Print `ready`, wait for a line, print the result of a module."""
    load_library()
    load_module(name)
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(call_module(name, json.loads(parameters))))


if __name__ == "__main__":
    if sys.argv[1] == "run":
        run_one(*sys.argv[2:])
    else:
        main(*sys.argv[1:])
