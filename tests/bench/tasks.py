# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of playbooks on a guest, beside other tasks."""

import json
import os
import statistics
import subprocess
import sys
import time

from figures import Pair

from paths import ROOT

PACKS = ["exclusions", "firewall_changes", "privileged_commands"]
ROUNDS = 7
FILE = "90-bench.rules"


def rules(count: int) -> list[str]:
    """Rules that no two hosts would write in the same way, each for another file."""
    return [
        f"-a always,exit -F arch=b64 -S openat,unlinkat -F path=/etc/file{number} -F auid>={1000 + number} "
        f"-F auid!=unset -F key=bench{number}"
        for number in range(count)
    ]


RULES = rules(500)


def play(directory, tasks: list[dict], *options, **environment: str) -> tuple[float, list]:
    """The seconds of a whole run of a playbook with these tasks, and name, seconds and `changed` of each task."""
    (directory / "play.yml").write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    return playbook(directory, directory / "play.yml", *options, **environment)


def playbook(directory, path, *options, **environment: str) -> tuple[float, list]:
    """The seconds of a whole run of a playbook, and name, seconds and `changed` of each task."""
    seconds = directory / "seconds.json"
    began = time.monotonic()
    done = subprocess.run(
        ["ansible-playbook", *map(str, options), str(path)],
        cwd=ROOT,
        env=os.environ
        | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests" / "bench" / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "seconds",
            "BENCH_SECONDS": str(seconds),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"a playbook failed:\n{done.stdout[-3000:]}")
    return time.monotonic() - began, json.loads(seconds.read_text())


def task(name: str, **module) -> dict:
    """A task of that name."""
    return {"name": name, **module}


def on_guest(lab, guest) -> tuple[dict[str, list[Pair]], None]:
    """Tasks of one host that change nothing, and first applies, each beside a rival."""
    text = "\n".join(RULES) + "\n"
    (lab.directory / "bench.rules").write_text(text)
    again = [
        task("ping", ping={}),
        task("audit_rule", audit_rule={"rules": RULES, "file": FILE}),
        task("audit_ruleset", audit_ruleset={"src": str(lab.directory / "bench.rules"), "file": FILE}),
        task("copy", copy={"src": str(lab.directory / "bench.rules"), "dest": "/root/bench.rules", "mode": "0640"}),
        task("packs", audit_ruleset={"packs": PACKS, "file": "30-packs.rules"}),
    ]
    inventory = ("-i", lab.inventory, "-l", guest.name)
    clear(guest)
    # The first round changes what the others find unchanged.
    done = play(lab.directory, [*again, *again * ROUNDS], *inventory)[1]
    least = {item["name"]: [] for item in again}
    for name, seconds, changed in done[2 * len(again) :]:
        if changed:
            sys.exit(f"{name} has changed something once more")
        least[name].append(seconds)
    best = {name: min(found) for name, found in least.items()}
    template = {"src": str(lab.directory / "bench.rules"), "dest": f"/etc/audit/rules.d/{FILE}", "mode": "0640"}
    rivals = [task("template", template=template), task("load", command={"cmd": "augenrules --load"})]
    ours = [task("audit_rule", audit_rule={"rules": RULES, "file": FILE})]
    first: list[float] = []
    theirs: list[float] = []
    for _round in range(3):
        clear(guest)
        theirs.append(sum(seconds for _name, seconds, _changed in play(lab.directory, rivals, *inventory)[1]))
        clear(guest)
        first.append(sum(seconds for _name, seconds, _changed in play(lab.directory, ours, *inventory)[1]))
    lines = {"path": "/root/lines.rules", "line": "{{ item }}", "create": True, "mode": "0640"}
    loop = play(lab.directory, [task("lines", lineinfile=lines, loop=RULES[:25])], *inventory)[1]
    clear(guest)
    few = play(lab.directory, [task("few", audit_rule={"rules": RULES[:25], "file": FILE})], *inventory)[1]
    return {
        "A task that changes nothing, 500 rules, best of seven": [
            Pair("`audit_rule` / `ping`", best["audit_rule"], best["ping"], 1.25),
            Pair("`audit_ruleset` with `src` / `ping`", best["audit_ruleset"], best["ping"]),
            Pair("`audit_ruleset` with three packs / `ping`", best["packs"], best["ping"], 2),
            Pair("`audit_rule` / `copy` of the same text", best["audit_rule"], best["copy"]),
            Pair("`audit_ruleset` with `src` / `copy` of the same text", best["audit_ruleset"], best["copy"]),
        ],
        "A task that adds rules": [
            Pair(
                "`audit_rule`, 500 rules / `template` and `augenrules --load`",
                statistics.median(first),
                statistics.median(theirs),
            ),
            Pair("`audit_rule`, 25 rules / a loop of `lineinfile`, without loading them", few[0][1], loop[0][1]),
        ],
    }


def clear(guest) -> None:
    """Leave no rule, in files or in the kernel."""
    guest.run("rm -f /etc/audit/rules.d/90-bench.rules /etc/audit/rules.d/30-packs.rules; augenrules; auditctl -D")


def processes(lab, guest) -> tuple[list[Pair], dict]:
    """The module processes alone, and what they import: the programs that Ansible sends, run on the guest."""
    clear(guest)
    inventory = ("-i", lab.inventory, "-l", guest.name, "-e", "ansible_ssh_pipelining=false")
    unpacked = [
        task("ping", ping={}),
        task("first", audit_rule={"rules": RULES, "file": FILE}),
        task("audit_rule", audit_rule={"rules": RULES, "file": FILE}),
    ]
    guest.run("rm -rf /root/.ansible")
    play(lab.directory, unpacked, *inventory, ANSIBLE_KEEP_REMOTE_FILES="1")
    guest.run(
        "for name in ping audit_rule; do "
        "cp $(ls -tr /root/.ansible/tmp/*/AnsiballZ_$name.py | tail -1) /root/$name.py; "
        "done; rm -rf /root/.ansible"
    )
    guest.put(ROOT / "tests" / "bench" / "on_guest.py", "/root/on_guest.py")
    run = "cd /root && python3 -B on_guest.py"
    stages = json.loads(guest.run(f"{run} stages 5 ping.py audit_rule.py", timeout=900).stdout)
    imported = json.loads(guest.run(f"{run} imports audit_rule.py").stdout)
    return [Pair("process of `audit_rule` / of `ping`, CPU", stages[-1], stages[0], 1.3)], imported | {"stages": stages}
