# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tasks of playbooks, beside other tasks: on a guest, and on many hosts that are local connections."""

import json
import os
import resource
import statistics
import subprocess
import sys
import time

from figures import Growth, Pair

from paths import ROOT

PACKS = ["exclusions", "firewall_changes", "privileged_commands"]
ROUNDS = 7
HOSTS = (1, 4, 16, 64)
GUESTS = (1, 2, 4, 8)
SEARCH = """
import sys
from ansible_collections.linux.audit.plugins.module_utils._host.privileged import privileged_programs
privileged_programs(sys.argv[1:])
"""
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
    stages = json.loads(guest.run(f"{run} stages 15 ping.py audit_rule.py", timeout=900).stdout)
    imported = json.loads(guest.run(f"{run} imports audit_rule.py").stdout)
    return [Pair("process of `audit_rule` / of `ping`, CPU", stages[-1], stages[0], 1.3)], imported | {"stages": stages}


def fleet(directory) -> tuple[list[Pair], Growth]:
    """Whole runs on many hosts, which are local connections: rules in files of their own, without the kernel."""
    text = directory / "bench.rules"
    text.write_text("\n".join(RULES) + "\n")
    here = {"rules_dir": f"{directory}/{{{{ inventory_hostname }}}}", "live": False, "file": FILE}
    kinds = {
        "ping": task("ping", ping={}),
        "copy": task(
            "copy", copy={"src": str(text), "dest": f"{directory}/{{{{ inventory_hostname }}}}.copy", "mode": "0640"}
        ),
        "audit_rule": task("audit_rule", audit_rule={"rules": RULES, **here}),
        "audit_ruleset, src": task("audit_ruleset", audit_ruleset={"src": str(text), **here}),
        "audit_ruleset, packs": task("packs", audit_ruleset={"packs": PACKS, **here, "file": "30-packs.rules"}),
    }
    growth = Growth("Hosts, two forks", "hosts")

    def whole(name: str, hosts: int) -> float:
        inventory = ",".join(f"host{number}" for number in range(hosts)) + ","
        options = ("-i", inventory, "-c", "local", "-f", "2", "-e", f"ansible_python_interpreter={PYTHON}")
        return play(directory, [kinds[name]], *options)[0]

    for number in range(max(*HOSTS, 20)):
        (directory / f"host{number}").mkdir(exist_ok=True)
    # What is measured finds nothing to change.
    for name in list(kinds)[1:3]:
        whole(name, max(*HOSTS, 20))
    for name in list(kinds)[3:]:
        whole(name, 20)
    twenty = {name: min(whole(name, 20) for _round in range(2)) for name in kinds}
    for hosts in HOSTS:
        for name in list(kinds)[:3]:
            growth.note(name, hosts, whole(name, hosts))
    ping, copy = twenty["ping"], twenty["copy"]
    return [
        Pair("`audit_rule` / `ping`", twenty["audit_rule"], ping, 1.4),
        Pair("`audit_rule` / `copy` of the same text", twenty["audit_rule"], copy, 0.75),
        Pair("`audit_ruleset` with `src` / `ping`", twenty["audit_ruleset, src"], ping),
        Pair("`audit_ruleset` with `src` / `copy` of the same text", twenty["audit_ruleset, src"], copy),
        Pair("`audit_ruleset` with three packs / `ping`", twenty["audit_ruleset, packs"], ping, 2),
        search_for_programs(["/usr", "/opt"]),
    ], growth


def guests(lab, most: int) -> Growth:
    """Whole runs on guests, over ssh; each of them holds the rules already."""
    kinds = {
        "ping": task("ping", ping={}),
        "audit_rule": task("audit_rule", audit_rule={"rules": RULES, "file": FILE}),
        "three packs": task("packs", audit_ruleset={"packs": PACKS, "file": "30-packs.rules"}),
    }
    growth = Growth("Guests over ssh, two forks", "guests")
    names: list[str] = []
    for count in (count for count in GUESTS if count <= most):
        names += [guest.name for guest in lab.boot_all(["bookworm"] * (count - len(names)))]
        options = ("-i", lab.inventory, "-l", ",".join(names), "-f", "2")
        for name, kind in kinds.items():
            play(lab.directory, [kind], *options)
            growth.note(name, count, min(play(lab.directory, [kind], *options)[0] for _round in range(2)))
    return growth


def search_for_programs(directories: list[str]) -> Pair:
    """CPU seconds of the search for privileged programs on this machine, beside find(1)."""
    find = ["find", *directories, "-xdev", "-type", "f", "-perm", "/111"]
    ours = [PYTHON, "-c", SEARCH, *directories]
    nothing = [PYTHON, "-c", SEARCH]
    spent = {}
    for _round in range(3):
        for name, command in (("find", find), ("ours", ours), ("start", nothing)):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                command, env=os.environ | {"PYTHONPATH": str(ROOT / ".tree")}, stdout=subprocess.DEVNULL, check=False
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
            spent[name] = min(used, spent.get(name, used))
    title = "search of three packs for privileged programs, CPU of one host / `find -xdev -perm`"
    return Pair(title, spent["ours"] - spent["start"], spent["find"])


#: Not that of .venv, whose packages a managed host does not have.
PYTHON = "/usr/bin/python3"
