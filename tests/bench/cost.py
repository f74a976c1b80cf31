# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What sets of rules cost each system call, as the packs write them and optimised: `./dev bench cost`.

The rules are those that this machine would get; the kernel that holds them is that of a guest, which has the same
directories and files. A call of User-Mode Linux takes ten microseconds, which vary by more than what rules cost, so a
guest shows no more than that the measurement runs. `./dev bench cost --own-kernel` measures on the kernel of this
machine, as root, if it holds no rule: each rule gets one more condition, which is the last and which nobody meets, so
nothing is recorded; at the end all of them are removed.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._policy.sources import read_sources
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.cost import is_by_inode
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.optimise import optimise
from ansible_collections.linux.audit.plugins.plugin_utils.packs import sources
from lab import Lab
from paths import MODULE_UTILS, ON_GUEST

STANDARDS = ("stig_rhel9", "pci_dss_v4", "cis_level2", "hipaa", "ospp_v42", "stig_ubuntu2204")
UNION = ("stig_rhel9", "pci_dss_v4", "cis_level2", "exclusions")
NO_RULE, ONE_RULE = "no rule", "one rule that never matches"
MACHINE = "x86_64"
REBOOT = frozenset((169,))
NOBODY = Field("auid", "=", 4000000000)
COUNTS = (10, 20, 40, 60, 80, 120, 160, 200, 300)


def pack_rules(*names: str) -> list[Rule]:
    """The rules of packs, as they are written for this machine."""
    lines = read_sources(sources(list(names)), Host()).lines
    return [line.statement.rule for line in lines if line.statement and line.statement.rule]


def never_matching(count: int, syscalls: frozenset | None) -> list[Rule]:
    """Rules for users that nobody is."""
    return [Rule("exit", "always", (Field("auid", "=", 70000 + number),), syscalls, ("k",)) for number in range(count)]


def sets() -> dict[str, list[Rule]]:
    """The sets that are measured, by name."""
    found = {NO_RULE: [], ONE_RULE: never_matching(1, REBOOT)}
    for title, names in [*((name, (name,)) for name in STANDARDS), ("the union", UNION)]:
        rules = pack_rules(*names)
        found[title] = rules
        found[f"{title}, optimised"] = [item.rule for item in optimise(rules, MACHINE).rules]
    found["the union, only rules kept by inode"] = list(filter(is_by_inode, found["the union"]))
    for count in COUNTS:
        found[f"{count} rules for another call"] = never_matching(count, REBOOT)
    for count in COUNTS[:3]:
        found[f"{count} rules for every call"] = never_matching(count, None)
    return found


def places(rules: list[Rule]) -> dict[str, list[str]]:
    """The directories and files that the guest needs to keep the rules as this machine would."""
    watched = {field.text for rule in rules for field in rule.fields if field.name == "path"}
    directories = {field.text for rule in rules for field in rule.fields if field.name == "dir"}
    directories |= {os.path.dirname(path) for path in watched if os.path.isdir(os.path.dirname(path))}
    return {"directories": sorted(directories), "files": sorted(filter(os.path.isfile, watched))}


def optimising() -> float:
    """Seconds of CPU that ten thousand rules take, of which all have a twin."""
    fields = [(Field("arch", "=", arch), Field("path", "=", "")) for arch in (0xC000003E, 0x40000003)]
    rules = [
        Rule("exit", "always", (arch, path._replace(value=f"/srv/{number}"), Field("perm", "=", 10)), None, ("k",))
        for number in range(5000)
        for arch, path in fields
    ]
    began = time.process_time()
    assert len(optimise(rules, MACHINE).rules) == 5000
    return time.process_time() - began


def main(own_kernel: bool) -> None:
    print(f"optimising 10,000 rules: {optimising():.2f} s of CPU   (less than 2)", flush=True)
    found = sets()
    job = places([rule for rules in found.values() for rule in rules])
    if own_kernel:
        job = {"directories": [], "files": []}
    job["sets"] = {name: [_encoded(rule, own_kernel) for rule in rules] for name, rules in found.items()}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(job, file)
        file.flush()
        report(found, json.loads((on_this_machine if own_kernel else on_a_guest)(pathlib.Path(file.name))))


def _encoded(rule: Rule, own_kernel: bool) -> str:
    if own_kernel and rule.list == "exit":
        rule = rule._replace(fields=(*rule.fields, NOBODY))
    # What is excluded, and on which file systems, would count on the machine itself.
    return wire.encode(rule).hex() if rule.list == "exit" or not own_kernel else ""


def on_this_machine(job: pathlib.Path) -> str:
    """What call_costs.py prints about the kernel of this machine."""
    environment = os.environ | {"PYTHONPATH": str(MODULE_UTILS.parent)}
    command = [sys.executable, "-B", str(ON_GUEST / "call_costs.py"), str(job)]
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout


def on_a_guest(job: pathlib.Path) -> str:
    """What it prints about the kernel of a guest."""
    with Lab() as lab:
        guest = lab.boot("bookworm")
        guest.run("systemctl stop auditd; auditctl -D; mkdir -p /root/cost")
        guest.put(MODULE_UTILS, "/root/cost/module_utils")
        guest.put(ON_GUEST / "call_costs.py", "/root/cost/call_costs.py")
        guest.put(job, "/root/cost/job.json")
        return guest.run("cd /root/cost; PYTHONPATH=. python3 -B call_costs.py job.json", timeout=900).stdout


def report(found: dict[str, list[Rule]], answer: dict) -> None:
    """One line for each set: how many rules the list has, and what they add to each call."""
    print(f"Linux {answer['kernel']} ; nanoseconds a call: with no rule, and below what each set adds to it")
    costs = answer["costs"]
    calls = list(costs[NO_RULE])
    print(f"{'':<44} {'rules':>5} {'list':>4} " + " ".join(f"{call:>16}" for call in calls))
    for name, rules in found.items():
        walked = sum(rule.list == "exit" and not is_by_inode(rule) for rule in rules)
        row = [costs[name][call] - (costs[NO_RULE][call] if name != NO_RULE else 0) for call in calls]
        print(f"{name:<44} {len(rules):>5} {walked:>4} " + " ".join(f"{number:>16.0f}" for number in row))


if __name__ == "__main__":
    if sys.argv[1:] not in ([], ["--own-kernel"]):
        sys.exit("usage: ./dev bench cost [--own-kernel]")
    main("--own-kernel" in sys.argv)
