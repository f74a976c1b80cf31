# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection costs, beside rivals in the same run: `./dev bench [OPTION...] [PART...]`.

The parts are library, fleet, guests, tasks, processes, sets, search and logs; without any, all are measured. `--write`
writes their sections of docs/performance.md, and their plots. What takes minutes waits for an option: `--most 10000`
for larger sets of rules, `--log 2000` for larger logs, `--role CHECKOUT` for the role auditd of linux-system-roles
beside ours (alone, unless parts are named).
Numbers are to read, not to pass.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

import figures
import hosts
import rival_role
import tasks
from figures import Growth, Pair, Section

import direct
from lab import Lab
from paths import MODULE_UTILS, ROOT

# In the order of the page, which has a section for the option --role after them.
PARTS = ("library", "fleet", "guests", "tasks", "processes", "sets", "search", "logs")
PARTS_HELP = (
    f"{', '.join(PARTS)}; without any, all of them. library and fleet measure on this machine, the others on guests, "
    "which need root. docs/testing.md says what each part measures, and beside what"
)
# Megabytes.
LOGS = (10, 30, 100, 300, 1000, 2000)
# Rounds by number of rules: what is large is also steady, and takes minutes.
SETS = {100: 5, 500: 3, 2000: 1, 10000: 1}
CHANGES = ("no change", "one rule changed", "everything changed", "reversed order", "reversed, and order matters")
STEPS = "auditctl -R, the same steps"
GOALS = {
    ("no change", "auditctl -l"): 4,
    ("everything changed", "auditctl -R"): 1.5,
    ("everything changed", STEPS): None,
    ("reversed, and order matters", "auditctl -R"): 3,
}
# What the kernel needs for them is a column of its own.
IN_KERNEL = ("everything changed", "reversed, and order matters")
RIVALS = {
    "a key that one event in 4,000 has": "ausearch -k",
    "the last 1,000": "ausearch, tail",
    "overview": "aureport",
}
LIBRARY = """
import time
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
lines = [
    f"-a always,exit -F arch=b64 -S openat,unlinkat -F path=/etc/file{number} -F auid>={number} -F auid!=-1 -k {number}"
    for number in range(10000)
]
resolver = Resolver()
began = time.process_time()
parsed = [parse_line(line, resolver).rule for line in lines]
read = time.process_time()
first = [canonical(rule) for rule in parsed]
made = time.process_time()
held = set(first)
assert all(rule in held for rule in first)
done = time.process_time()
print(read - began, made - read, done - made)
"""
STAGES = (
    "of `ping`",
    "of a `ping` as large as `audit_rule`, with its arguments",
    "that imports the collection's files, too",
    "of `audit_rule`",
)
IMPORTS = """\
## Where the time of the process goes

The CPU time of the process above, until it has done what the row says:

| The process | ms | more than the row before |
|---|---|---|
{stages}

A process that did nothing but import these files would cost what the third row says. The last row has what the answer
needs: each rule is read from its text, from the kernel and from the files, is compared by what it means, and its path
is looked for, because a warning says what records nothing.

## What a task imports

The program that Ansible sends for `audit_rule` has {bytes:,} bytes. These are the milliseconds of one run on the guest
(`python3 -X importtime`), of a task that changes nothing. Files of Python itself are compiled already; the others are
compiled in each task:

| Files | Number | ms |
|---|---|---|
{sums}

The most expensive files of the collection:

| File | ms |
|---|---|
{files}
"""


def library() -> None:
    """CPU time of the library alone."""
    output = subprocess.run(
        [sys.executable, "-c", LIBRARY],
        env=os.environ | {"PYTHONPATH": str(ROOT / ".tree")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    read, made, compared = map(float, output.split())
    print(
        f"10,000 rules: parse {read:.2f} s, canonicalise {made:.2f} s, compare {compared:.2f} s of CPU (goal: 1)",
        flush=True,
    )


def sets(guest, most: int) -> Section:
    """Changes of whole sets, timed within the guest, beside auditctl's reading and loading of the same rules."""
    plugins = "/root/lib/ansible_collections/linux/audit/plugins"
    guest.run(f"mkdir -p {plugins}; auditctl -D")
    guest.put(MODULE_UTILS, f"{plugins}/module_utils")
    guest.put(pathlib.Path(__file__).with_name("measure.py"), "/root/measure.py")
    print("\naudit_ruleset within the guest, from the text of the rules to the proof, without the start of Python")
    print("l: as a ratio to `auditctl -l`, which reads the rules; R: to `auditctl -R`, which replaces them by the same")
    print(f"{'rules, change':<36} {'seconds':>8} {'l':>7} {'R':>7} {'in the kernel':>14} {'R':>7}   added deleted")
    pairs: list[Pair] = []
    growth = Growth("A whole set within a guest", "rules", rivals=list(GOALS))
    for count, rounds in ((count, rounds) for count, rounds in SETS.items() if count <= most):
        command = f"PYTHONPATH=/root/lib python3 -B /root/measure.py {count} {rounds}"
        found = json.loads(guest.run(command, timeout=1800).stdout)
        rivals = {name: found[name][0] for name in ("auditctl -l", "auditctl -R", STEPS)}
        for name, seconds in rivals.items():
            growth.note(name, count, seconds)
        read, load, steps = rivals.values()
        print(f"{count:>6}, auditctl -l / -R / -R, steps  {read:8.3f} / {load:.3f} / {steps:.3f}")
        for change in CHANGES:
            seconds, kernel, added, deleted = found[change]
            growth.note(change, count, seconds)
            if change in IN_KERNEL:
                growth.note(f"{change}: in the kernel", count, kernel)
            pairs += [
                Pair(f"{change}, {count:,} rules / `{rival}`", seconds, rivals[rival], goal)
                for (name, rival), goal in GOALS.items()
                if name == change
            ]
            print(
                f"{count:>6}, {change:<28} {seconds:8.3f} {seconds / read:7.2f} {seconds / load:7.2f} {kernel:14.4f} "
                f"{kernel / load:7.4f}   {added:5.0f} {deleted:7.0f}",
                flush=True,
            )
    return Section({"`audit_ruleset` within a guest, without the start of Python": pairs}, growths=[growth])


def import_notes(imported: dict) -> list[str]:
    """The table of imports."""
    ours, ansible, others = {}, {}, {}
    for name, spent in imported["files"].items():
        kind = ours if name.startswith("ansible_collections.") else ansible if name.startswith("ansible.") else others
        kind[name] = spent
    sums = [
        f"| {name} | {len(kind)} | {sum(kind.values()):.0f} |"
        for name, kind in (("of this collection", ours), ("of ansible-core", ansible), ("of Python", others))
    ]
    files = [
        f"| `{name.removeprefix('ansible_collections.linux.audit.plugins.')}` | {spent:.1f} |"
        for name, spent in sorted(ours.items(), key=lambda item: -item[1])[:12]
    ]
    spent = [1000 * seconds for seconds in imported["stages"]]
    stages = [
        f"| {name} | {own:.0f} | {own - before:.0f} |"
        for name, own, before in zip(STAGES, spent, [spent[0], *spent], strict=False)
    ]
    return [
        IMPORTS.format(bytes=imported["bytes"], sums="\n".join(sums), files="\n".join(files), stages="\n".join(stages))
    ]


def show(section: Section) -> None:
    """Print what a part has found."""
    for title, pairs in section.pairs.items():
        print(f"\n{title}", *(pair.line() for pair in pairs), sep="\n")
    for growth in section.growths:
        print(f"\n{growth.title}", *growth.table(), sep="\n")
    sys.stdout.flush()


def measure(parts: list[str], options: argparse.Namespace) -> Iterator[tuple[str, Section]]:
    """What each part has found, in the order of the page."""
    if "library" in parts:
        library()
    if "fleet" in parts:
        with tempfile.TemporaryDirectory() as directory:
            yield "fleet", hosts.fleet(pathlib.Path(directory))
    if "guests" in parts:
        with Lab() as lab:
            yield "guests", hosts.guests(lab)
    if {"tasks", "processes", "sets"} & set(parts):
        with Lab() as lab:
            guest = lab.boot("bookworm", memory=512)
            if "tasks" in parts:
                yield "tasks", Section(tasks.on_guest(lab, guest))
            if "processes" in parts:
                pairs, imported = tasks.processes(lab, guest)
                title = "The process on the managed host, 500 rules that are there"
                yield "processes", Section({title: pairs}, import_notes(imported))
            if "sets" in parts:
                tasks.clear(guest)
                yield "sets", sets(guest, options.most)
    if "search" in parts:
        with Lab() as lab:
            yield "search", searches(lab)
    if "logs" in parts:
        with Lab() as lab:
            yield "logs", logs(lab, options.log)
    if options.role:
        with Lab() as lab:
            title, pairs = rival_role.second_runs(lab, lab.boot("bookworm"), options.role)
            yield "role", Section({title: pairs})


def searches(lab) -> Section:
    """CPU time of searches and reports beside ausearch and aureport, within a guest; large events have no rival."""
    guest = lab.boot("bookworm", name="search", memory=256)
    direct.Direct(guest)
    guest.put(pathlib.Path(__file__).with_name("measure_search.py"), "/root/measure_search.py")
    found = json.loads(guest.run(f"python3 -B /root/measure_search.py {direct.HOME}/run.py", timeout=1200).stdout)
    pairs = [
        Pair(f"{name} (ours needs {kibibytes // 1024} MB)", ours, theirs, goal)
        for name, ours, theirs, goal, kibibytes in found["pairs"]
    ]
    events = Growth("Searches of one event", "records")
    memory = Growth("Memory of searches of one event", "records", unit="MB")
    for records, seconds, kibibytes in found["large events"]:
        events.note("search", records, seconds)
        memory.note("search", records, kibibytes / 1024)
    title = "Searches and reports within a guest, CPU time without the start of Python"
    return Section({title: pairs}, growths=[events, memory])


def logs(lab, most: int) -> Section:
    """CPU time of searches and reports by the size of the log, beside ausearch and aureport."""
    guest = lab.boot("bookworm", name="logs", memory=256)
    direct.Direct(guest)
    guest.put(pathlib.Path(__file__).with_name("measure_search.py"), "/root/measure_search.py")
    sizes = [size for size in LOGS if size <= most]
    command = ["python3", "-B", "/root/measure_search.py", f"{direct.HOME}/run.py", *map(str, sizes)]
    found = json.loads(guest.run(" ".join(command), timeout=7200).stdout)
    rivals = [(name, f"{name}: {rival}") for name, rival in RIVALS.items()]
    growth = Growth("Searches of a log, CPU time", "megabytes", rivals=rivals)
    memory = Growth("Memory of searches of a log", "megabytes", unit="MB")
    for size, rows in found.items():
        for name, (ours, theirs, kibibytes) in rows.items():
            growth.note(name, int(size), ours)
            growth.note(f"{name}: {RIVALS[name]}", int(size), theirs)
            memory.note(name, int(size), kibibytes / 1024)
    return Section(growths=[growth, memory])


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=PARTS_HELP)
    parser.add_argument("--write", action="store_true", help="write the sections of these parts in docs/performance.md")
    parser.add_argument(
        "--most",
        type=int,
        default=2000,
        metavar="RULES",
        help="of the largest set of the part sets, up to 10000 (2000)",
    )
    parser.add_argument(
        "--log",
        type=int,
        default=100,
        metavar="MEGABYTES",
        help="of the largest log of the part logs, up to 2000 (100)",
    )
    parser.add_argument(
        "--role",
        metavar="CHECKOUT",
        help="measure the role auditd of linux-system-roles beside ours; without a PART, that alone",
    )
    arguments = parser.parse_args()
    commands = {
        "sets": f"sets --most {arguments.most}",
        "logs": f"logs --log {arguments.log}",
        "role": "--role CHECKOUT",
    }
    machine = f"on {os.cpu_count()} processors ({platform.machine()}) with a load of {os.getloadavg()[0]:.1f} before"
    began = time.monotonic()
    for part, section in measure(arguments.parts or ([] if arguments.role else list(PARTS)), arguments):
        date = datetime.datetime.now(datetime.UTC).date().isoformat()
        command = f"`./dev bench {commands.get(part, part)}`"
        section.measured = f"{date} by {command}, {machine}, Python {platform.python_version()} on the controller"
        show(section)
        if arguments.write:
            sections = figures.read(ROOT / "docs") | {part: section}
            order = [part for part in (*PARTS, "role") if part in sections]
            figures.write(ROOT / "docs", {part: sections[part] for part in order})
    print(f"\nThis took {(time.monotonic() - began) / 60:.0f} minutes.")


if __name__ == "__main__":
    main()
