# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole runs on many hosts, which are local connections or guests; and the search of a host for privileged programs."""

import os
import pathlib
import resource
import subprocess
import sys
from collections.abc import Callable

from figures import CPU, Growth, Pair, Section
from tasks import FILE, PACKS, RULES, play, task

from paths import ROOT

HOSTS = (1, 4, 16, 64)
GUESTS = (1, 2, 4, 8, 20)
MANY = 20
FILES = (1_000, 10_000, 100_000)
GOALS = {("audit_rule", "ping"): 1.4, ("audit_rule", "copy"): 0.75, ("three packs", "ping"): 2}
# In tables of growth, of which the last ones have all kinds.
RIVALS = [("audit_rule", "ping"), ("audit_rule", "copy"), ("audit_ruleset", "ping"), ("three packs", "ping")]
TITLES = {
    "audit_rule": "`audit_rule`",
    "audit_ruleset": "`audit_ruleset` with `src`",
    "three packs": "`audit_ruleset` with three packs",
    "ping": "`ping`",
    "copy": "`copy` of the same text",
}
# What packs search a host for privileged programs.
DIRECTORIES = ["/usr", "/opt"]
COUNT = f"find {' '.join(DIRECTORIES)} -xdev -type f -printf ."
FIND = ["-xdev", "-type", "f", "-perm", "/111"]
SEARCH = """
import sys
from ansible_collections.linux.audit.plugins.module_utils._host.privileged import privileged_programs
print(len(privileged_programs(sys.argv[1:])))
"""
# Not that of .venv, whose packages a managed host does not have.
PYTHON = "/usr/bin/python3"
# In MiB: twenty of them are to fit.
MEMORY = 160
LOCAL = """\
Packs cost more here than on hosts of their own: {hosts} times in a run, the same processors search the {files:,} files
that this machine has in /usr and /opt, and find(1) alone needs {find:.2f} s of CPU for that, each time. Each of the
guests of the next table searches files of its own.
"""
GUEST = "Each guest has {files:,} files in /usr and /opt."


def fleet(directory: pathlib.Path) -> Section:
    """Runs on hosts with local connections: rules in files of their own, without the kernel."""
    here = {"rules_dir": f"{directory}/{{{{ inventory_hostname }}}}", "live": False}
    kinds = _kinds(directory, here, f"{directory}/{{{{ inventory_hostname }}}}.copy")
    for number in range(max(*HOSTS, MANY)):
        (directory / f"host{number}").mkdir()

    def whole(name: str, hosts: int) -> float:
        inventory = ",".join(f"host{number}" for number in range(hosts)) + ","
        options = ("-i", inventory, "-c", "local", "-f", "2", "-e", f"ansible_python_interpreter={PYTHON}")
        return play(directory, [kinds[name]], *options)[0]

    least = _least(kinds, lambda name: whole(name, MANY))
    growth = Growth("Hosts with local connections, two forks", "hosts", rivals=RIVALS[:2])
    for name in ("ping", "copy", "audit_rule"):
        whole(name, max(HOSTS))
        for hosts in HOSTS:
            growth.note(name, hosts, whole(name, hosts))
    ours, find = _search(DIRECTORIES)
    pairs = [*_pairs(least), Pair("CPU of one search of /usr and /opt for privileged programs / `find`", ours, find)]
    title = f"{MANY} hosts with local connections, two forks, whole runs, {len(RULES)} rules that are there"
    files = len(subprocess.run(COUNT, shell=True, stdout=subprocess.PIPE, check=True).stdout)
    note = LOCAL.format(hosts=MANY, files=files, find=find)
    return Section({title: pairs}, [note], [growth, _searches(directory / "files")])


def guests(lab) -> Section:
    """Runs on guests, over ssh; each of them holds the rules already."""
    kinds = _kinds(lab.directory, {}, "/root/bench.rules")
    growth = Growth("Guests over ssh, two forks", "guests", rivals=RIVALS)
    controller = Growth("The controller of guests over ssh, CPU time", "guests", unit=CPU, rivals=RIVALS)
    names: list[str] = []
    least: dict[str, float] = {}
    for count in GUESTS:
        names += [guest.name for guest in lab.boot_all(["bookworm"] * (count - len(names)), memory=MEMORY)]
        options = ("-i", lab.inventory, "-l", ",".join(names), "-f", "2")
        spent: dict[str, float] = {}
        least = _least(kinds, lambda name, options=options, spent=spent: _run(lab, kinds, name, options, spent))
        for name, seconds in least.items():
            growth.note(name, count, seconds)
            controller.note(name, count, spent[name])
    title = f"{len(names)} guests over ssh, two forks, whole runs, {len(RULES)} rules that are there"
    files = len(lab.guests[names[0]].run(COUNT).stdout)
    return Section({title: _pairs(least)}, [GUEST.format(files=files)], [growth, controller])


def _run(lab, kinds: dict[str, dict], name: str, options: tuple, spent: dict[str, float]) -> float:
    """The seconds of a run of one kind; ``spent`` keeps the least CPU time of the controller by kind."""
    before = _used()
    seconds = play(lab.directory, [kinds[name]], *options)[0]
    used = _used() - before
    spent[name] = min(used, spent.get(name, used))
    return seconds


def _used() -> float:
    """CPU seconds of all processes that this one has waited for."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


def _least(kinds: dict[str, dict], whole: Callable[[str], float]) -> dict[str, float]:
    """The seconds of the quickest of three runs of each kind, in turn, after one that may change something."""
    rounds = [{name: whole(name) for name in kinds} for _round in range(4)]
    return {name: min(seconds[name] for seconds in rounds[1:]) for name in kinds}


def _pairs(least: dict[str, float]) -> list[Pair]:
    return [
        Pair(f"{TITLES[name]} / {TITLES[rival]}", least[name], least[rival], GOALS.get((name, rival)))
        for name in ("audit_rule", "audit_ruleset", "three packs")
        for rival in ("ping", "copy")
    ]


def _kinds(directory: pathlib.Path, here: dict, copy: str) -> dict[str, dict]:
    """The tasks that are compared."""
    text = directory / "bench.rules"
    text.write_text("\n".join(RULES) + "\n")
    return {
        "ping": task("ping", ping={}),
        "copy": task("copy", copy={"src": str(text), "dest": copy, "mode": "0640"}),
        "audit_rule": task("audit_rule", audit_rule={"rules": RULES, "file": FILE, **here}),
        "audit_ruleset": task("audit_ruleset", audit_ruleset={"src": str(text), "file": FILE, **here}),
        "three packs": task("packs", audit_ruleset={"packs": PACKS, "file": "30-packs.rules", **here}),
    }


def _searches(directory: pathlib.Path) -> Growth:
    """CPU seconds of searches by how many files there are: one in ten is a program, one in 1,000 is setuid."""
    growth = Growth(
        "The search for privileged programs by files, CPU time", "files", rivals=[("three packs", "find -xdev -perm")]
    )
    made = 0
    for count in FILES:
        for number in range(made, count):
            path = directory / f"{number // 1000}" / f"{number // 50}" / f"file{number}"
            if number % 50 == 0:
                path.parent.mkdir(parents=True)
            path.touch(0o644)
            path.chmod(0o4755 if number % 1000 == 0 else 0o755 if number % 10 == 0 else 0o644)
        made = count
        ours, find = _search([str(directory)], count // 1000)
        growth.note("three packs", count, ours)
        growth.note("find -xdev -perm", count, find)
    return growth


def _search(directories: list[str], programs: int | None = None) -> tuple[float, float]:
    """CPU seconds of the search for privileged programs on this machine, and of find(1)."""
    commands = {
        "find": ["find", *directories, *FIND],
        "ours": [PYTHON, "-c", SEARCH, *directories],
        "start": [PYTHON, "-c", SEARCH],
    }
    spent: dict[str, float] = {}
    for _round in range(3):
        for name, command in commands.items():
            before = _used()
            environment = os.environ | {"PYTHONPATH": str(ROOT / ".tree")}
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=False)
            used = _used() - before
            spent[name] = min(used, spent.get(name, used))
            if name == "ours" and programs is not None and int(done.stdout) != programs:
                sys.exit(f"the search has found {int(done.stdout)} programs, and not {programs}")
    return spent["ours"] - spent["start"], spent["find"]
