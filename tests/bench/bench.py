# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the collection costs, as ratios of medians within one run: `./dev bench`. Numbers are to read, not to pass."""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

from lab import Lab

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ROUNDS = 5
RULES = [
    f"-a always,exit -F arch=b64 -S openat,unlinkat -F path=/etc/file{number} -F auid>={1000 + number} -F auid!=unset "
    f"-F key=bench{number}"
    for number in range(500)
]
LIBRARY = """
import time
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver
from ansible_collections.linux.audit.plugins.module_utils.rules.syntax import parse_line
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


def main() -> None:
    print(f"Medians of {ROUNDS} rounds, whole `ansible` commands over ssh to a Debian guest of its own", flush=True)
    library()
    with Lab() as lab:
        guest = lab.boot("bookworm")
        rules = json.dumps({"rules": RULES, "file": "90-bench.rules"})
        text = "\n".join(RULES)
        (lab.directory / "bench.rules").write_text(text + "\n")
        guest.put(lab.directory / "bench.rules", "/root/bench.rules")
        ansible = ("ansible", "-i", lab.inventory, guest.name, "-m")
        load = "cp /root/bench.rules /etc/audit/rules.d/90-bench.rules && augenrules --load"

        def clear() -> None:
            guest.run("rm -f /etc/audit/rules.d/90-bench.rules; augenrules; auditctl -D")

        run(*ansible, "ping")
        ours, theirs, again, ping = [], [], [], []
        for _round in range(ROUNDS):
            clear()
            theirs.append(run(*ansible, "shell", "-a", load))
            clear()
            ours.append(run(*ansible, "audit_rule", "-a", rules))
            again.append(run(*ansible, "audit_rule", "-a", rules))
            ping.append(run(*ansible, "ping"))
        report("audit_rule, 500 rules that are there already / ping", again, ping, 1.5)
        report("audit_rule, first apply of 500 rules / file and augenrules --load", ours, theirs, 1.5)


if __name__ == "__main__":
    main()
