# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: floods, and many changes one after another, each compared with what the host's own tools say.

Arguments: the name of a function, and a number. Prints figures as JSON; ends in an AssertionError if a promise breaks.
"""

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import time

from injection.hindering import run_module
from injection.host_state import DRAFTS, daemon, draft_files, kernel_rules, kernel_settings, load, run, write_files
from injection.stand_in import load_library, load_module

RULES_D = "/etc/audit/rules.d"
FILE = f"{RULES_D}/40-linux-audit-ruleset.rules"
FLOOD = "-a always,exit -F arch=b64 -S getppid -F key=flood"
CALLS = ("mount", "umount2", "sethostname", "setdomainname", "chroot", "pivot_root", "swapon", "swapoff", "reboot")
# Events come from this, in several processes.
_LOOP = "import os\nwhile True: os.getppid()"


def apply(lines, **parameters):
    """Declare a set; its result, and the seconds that it took."""
    ended = run_module("audit_ruleset", dict(parameters, content="\n".join(["-D", *lines]) + "\n"), traced=False)
    assert not ended.result.get("failed"), ended.result
    return ended.result, ended.seconds


def assert_held(lines, settings):
    """Kernel, file, daemon and declaration agree, and nothing that was meant to go is there."""
    held = kernel_rules()
    assert sorted(held) == sorted(lines), set(held) ^ set(lines)
    with open(FILE, encoding="utf-8") as file:
        written = [line for line in file.read().splitlines() if line.startswith(("-a", "-w", "-b", "-r"))]
    assert sorted(written) == sorted([*lines, *settings]), written
    for option, value in (setting.split() for setting in settings):
        name = {"-b": "backlog_limit", "-r": "rate_limit"}[option]
        assert kernel_settings()[name] == value, (name, value)
    assert run("augenrules", "--check").strip().endswith("No change")
    assert draft_files("/etc/audit") == [], DRAFTS


def converge(rounds):
    """Random sets, each of which shares rules with the one before; now and then something else changes the kernel."""
    chance = random.Random(rounds)
    # Of the rules of one call, or of one file, only one is declared: the others would never be evaluated.
    pool = {
        call: [f"-a always,exit -F arch=b64 -S {call} -F key={key}" for key in ("one", "two")]
        + [f"-a never,exit -F arch=b64 -S {call} -F auid={auid}" for auid in (7, 8)]
        for call in CALLS
    }
    pool.update((name, [f"-w /etc/{name} -p {perm} -k files" for perm in ("wa", "r")]) for name in ("passwd", "hosts"))
    seconds, wanted = [], []
    for number in range(rounds):
        wanted = [line for line in wanted if chance.random() < 0.6]
        free = [lines for lines in pool.values() if not set(lines) & set(wanted)]
        wanted += [chance.choice(lines) for lines in free if chance.random() < 0.4]
        chance.shuffle(wanted)
        settings = [f"-b {chance.choice((1000, 2000, 8192))}"]
        if number % 7 == 3:
            load([chance.choice(lines) for lines in pool.values()])
        purge = "all" if number % 7 == 3 else "file"
        seconds.append(apply([*settings, *wanted], purge=purge)[1])
        assert_held(wanted, settings)
        again, _seconds = apply([*settings, *wanted], purge=purge)
        assert not again["changed"], again
        if number % 20 == 0:
            assert daemon()["running"], "auditd does not run"
    return {"rounds": rounds, "median seconds": sorted(seconds)[rounds // 2], "most seconds": max(seconds)}


def rules(count):
    """A set of so many rules, and one change in it."""
    lines = [
        f"-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F auid={number} -F key=u" for number in range(count)
    ]
    _result, first = apply(lines)
    before = _processor_seconds()
    result, same = apply(lines)
    processor = _processor_seconds() - before
    assert not result["changed"]
    lines[count // 2] = lines[count // 2].replace("key=u", "key=v")
    result, one = apply(lines)
    assert len(result["added"]) == len(result["removed"]) == 1
    assert len(kernel_rules()) == count
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    return {
        "rules": count, "first": first, "no change": same, "one changed": one, "MB": peak, "processor": processor
    }  # fmt: skip


def _processor_seconds():
    """What the modules have used of the processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def vanishing(count):
    """Watches on folders of which every other one vanishes between two runs, as those of a service do."""
    shutil.rmtree("/srv/vanishing", ignore_errors=True)
    folders = [f"/srv/vanishing/{number}" for number in range(count)]
    for folder in folders:
        os.makedirs(folder)
    lines = [f"-w {folder}/file -p wa -k v" for folder in folders]
    _result, first = apply(lines)
    for folder in folders[::2]:
        shutil.rmtree(folder)
    result, second = apply(lines, on_missing="skip")
    assert len(result["left_out"]) == len(folders[::2]), len(result["left_out"])
    assert sorted(kernel_rules()) == sorted(lines[1::2])
    for folder in folders[::2]:
        os.makedirs(folder)
    _result, third = apply(lines)
    assert sorted(kernel_rules()) == sorted(lines)
    return {"watches": count, "first": first, "half gone": second, "back": third}


def flood(seconds):
    """Sets that change while more events come than the backlog takes; each change is as it was declared."""
    load(["-b 64", "--backlog_wait_time 0", "-r 0", "-f 0", FLOOD])
    lost, began = _lost(), time.monotonic()
    processes = [subprocess.Popen([sys.executable, "-c", _LOOP]) for _number in range(3)]
    changes = 0
    try:
        while time.monotonic() - began < seconds:
            lines = [FLOOD, f"-a always,exit -F arch=b64 -S {CALLS[changes % len(CALLS)]} -F key=changed"]
            apply(["-b 64", *lines])
            assert_held(lines, ["-b 64"])
            changes += 1
        rate = (_lost() - lost + 1) / (time.monotonic() - began)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    assert rate > 1, "the backlog did not overflow"
    load([])
    return {"changes": changes, "lost events a second": round(rate)}


def _lost():
    words = run("auditctl", "-s").split()
    return int(words[words.index("lost") + 1])


def main(name, number):
    """Do it on an empty host, and leave an empty one."""
    load_library()
    load_module("audit_ruleset")
    write_files(RULES_D, {})
    load(["-b 8192", "-r 0"])
    print(json.dumps({"converge": converge, "rules": rules, "vanishing": vanishing, "flood": flood}[name](int(number))))
    write_files(RULES_D, {})
    load([])


if __name__ == "__main__":
    main(*sys.argv[1:])
