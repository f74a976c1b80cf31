# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection costs, as ratios of medians within one run: `./dev bench`. Numbers are to read, not to pass.

`./dev bench search` measures searches and reports alone.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

import direct
from lab import Lab
from paths import MODULE_UTILS, ROOT

ROUNDS = 5
# Rounds by number of rules: what is large is also steady, and takes minutes.
SETS = {100: 5, 500: 3, 2000: 1, 10000: 1}
CHANGES = ("no change", "one rule changed", "everything changed", "reversed order", "reversed, and order matters")
RULES = [
    f"-a always,exit -F arch=b64 -S openat,unlinkat -F path=/etc/file{number} -F auid>={1000 + number} -F auid!=unset "
    f"-F key=bench{number}"
    for number in range(500)
]
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


def run(*command) -> float:
    """Seconds that a command takes."""
    began = time.monotonic()
    done = subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - began
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command[:6]))} failed:\n{done.stdout[-3000:]}")
    return seconds


def report(title: str, ours: list[float], theirs: list[float], limit: float) -> None:
    """One line: medians and their ratio, beside what it is meant to stay below."""
    ratio = statistics.median(ours) / statistics.median(theirs)
    print(
        f"{title:<66} {statistics.median(ours):6.2f} s / {statistics.median(theirs):6.2f} s = {ratio:5.2f}"
        f"   (at most {limit})",
        flush=True,
    )


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
        f"{'10,000 rules: parse, canonicalise, compare (CPU)':<66} {read:6.2f} s + {made:.2f} s + {compared:.2f} s"
        f" = {read + made + compared:.2f} s   (less than 1)",
        flush=True,
    )


def sets(guest) -> None:
    """Changes of whole sets, timed within the guest, beside auditctl's reading and loading of the same rules."""
    plugins = "/root/lib/ansible_collections/linux/audit/plugins"
    guest.run(f"mkdir -p {plugins}; auditctl -D")
    guest.put(MODULE_UTILS, f"{plugins}/module_utils")
    guest.put(pathlib.Path(__file__).with_name("measure.py"), "/root/measure.py")
    print("\naudit_ruleset within the guest, from the text of the rules to the proof, without the start of Python")
    print("l: as a ratio to `auditctl -l`, which reads the rules; R: to `auditctl -R`, which replaces them by the same")
    print(f"{'rules, change':<36} {'seconds':>8} {'l':>7} {'R':>7} {'in the kernel':>14} {'R':>7}   added deleted")
    for count, rounds in SETS.items():
        command = f"PYTHONPATH=/root/lib python3 -B /root/measure.py {count} {rounds}"
        found = json.loads(guest.run(command, timeout=1200).stdout)
        (read,), (load,) = found["auditctl -l"], found["auditctl -R"]
        print(f"{count:>6}, auditctl -l / -R {'':<12} {read:8.3f} / {load:.3f}")
        for change in CHANGES:
            if change not in found:
                print(f"{count:>6}, {change:<28} left out, as it takes minutes")
                continue
            seconds, kernel, added, deleted = found[change]
            print(
                f"{count:>6}, {change:<28} {seconds:8.3f} {seconds / read:7.2f} {seconds / load:7.2f} {kernel:14.4f} "
                f"{kernel / load:7.4f}   {added:5.0f} {deleted:7.0f}",
                flush=True,
            )


def searches(lab) -> None:
    """CPU time of searches and reports, within a guest with little memory."""
    guest = lab.boot("bookworm", memory=256)
    direct.Direct(guest)
    guest.put(pathlib.Path(__file__).with_name("measure_search.py"), "/root/measure_search.py")
    print("\nsearches and reports within the guest, CPU time besides the start of Python", flush=True)
    rows = json.loads(guest.run(f"python3 -B /root/measure_search.py {direct.HOME}/run.py", timeout=1200).stdout)
    for name, ours, theirs, goal, kibibytes in rows:
        ratio = f" / {theirs:6.2f} s = {ours / theirs:5.2f}   (at most {goal})" if theirs else ""
        print(f"{name:<96} {kibibytes // 1024:>4} MB {ours:6.2f} s{ratio}", flush=True)


def main() -> None:
    if sys.argv[1:] == ["search"]:
        with Lab() as lab:
            searches(lab)
        return
    print(f"Medians of {ROUNDS} rounds, whole `ansible` commands over ssh to a Debian guest of its own", flush=True)
    library()
    with Lab() as lab:
        guest = lab.boot("bookworm", memory=512)
        rules = json.dumps({"rules": RULES, "file": "90-bench.rules"})
        text = "\n".join(RULES)
        (lab.directory / "bench.rules").write_text(text + "\n")
        guest.put(lab.directory / "bench.rules", "/root/bench.rules")
        ansible = ("ansible", "-i", lab.inventory, guest.name, "-m")
        load = "cp /root/bench.rules /etc/audit/rules.d/90-bench.rules && augenrules --load"

        def clear() -> None:
            guest.run("rm -f /etc/audit/rules.d/90-bench.rules; augenrules; auditctl -D")

        run(*ansible, "ping")
        ours, theirs, again, ping, whole = [], [], [], [], []
        for _round in range(ROUNDS):
            clear()
            theirs.append(run(*ansible, "shell", "-a", load))
            clear()
            ours.append(run(*ansible, "audit_rule", "-a", rules))
            again.append(run(*ansible, "audit_rule", "-a", rules))
            ping.append(run(*ansible, "ping"))
        ruleset = json.dumps({"rules": RULES, "file": "90-bench.rules"})
        run(*ansible, "audit_ruleset", "-a", ruleset)
        for _round in range(ROUNDS):
            whole.append(run(*ansible, "audit_ruleset", "-a", ruleset))
            ping.append(run(*ansible, "ping"))
        report("audit_rule, 500 rules that are there already / ping", again, ping, 1.5)
        report("audit_ruleset, a set of 500 rules that is there already / ping", whole, ping, 1.5)
        report("audit_rule, first apply of 500 rules / file and augenrules --load", ours, theirs, 1.5)
        clear()
        sets(guest)
    with Lab() as lab:
        searches(lab)


if __name__ == "__main__":
    main()
