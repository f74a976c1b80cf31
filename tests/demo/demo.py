# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job, shown on a guest with a kernel of its own: `./dev demo`. The machine that runs it is not touched."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time

from lab import Lab
from paths import ROOT
from probing import prepare, probing, rule_set

PLAYBOOK = pathlib.Path(__file__).with_name("site.yml")
RELEASE = "bookworm"


def say(text: str) -> None:
    """A heading."""
    print(f"\n\033[1m=== {text}\033[0m" if sys.stdout.isatty() else f"\n=== {text}", flush=True)


def play(lab: Lab) -> tuple[int, int]:
    """Run the playbook as a user would; return how many rules it has, and how many tasks changed something."""
    command = ["ansible-playbook", "-i", str(lab.inventory), "--diff", str(PLAYBOOK)]
    print(f"$ ansible-playbook -i INVENTORY --diff {PLAYBOOK.relative_to(ROOT)}", flush=True)
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout, flush=True)
    if done.returncode:
        sys.exit(f"the playbook failed with exit code {done.returncode}")
    return int(re.search(r'"msg": "(\d+) rules', done.stdout)[1]), int(re.search(r"changed=(\d+)", done.stdout)[1])


def task(lab: Lab, guest, module: str, arguments: dict, shown: str) -> dict:
    """Run one task as a user would; return its result. `shown`: the arguments as they are printed."""
    print(f"$ ansible {guest.name} -m linux.audit.{module} {shown}".rstrip(), flush=True)
    command = ["ansible", "-i", lab.inventory, guest.name, "-m", f"linux.audit.{module}"]
    done = subprocess.run(
        command + (["-a", json.dumps(arguments)] if arguments else []),
        cwd=ROOT,
        env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"the task failed:\n{done.stdout}{done.stderr}")
    return json.loads(done.stdout[done.stdout.index("{") :])


def tell(result: dict, *names: str) -> None:
    """Show parts of a result: lists of rules that are long by their length."""
    for name in names:
        value = result[name]
        many = isinstance(value, list) and len(value) > 6
        print(f"    {name}: {f'{len(value)} rules' if many else json.dumps(value)}")
    print(flush=True)


def show(guest, command: str) -> str:
    """Run a command on the guest as its administrator would, and show it."""
    output = guest.run(command).stdout.rstrip()
    print(f"{guest.name}# {command}\n{output}\n", flush=True)
    return output


def loaded(guest) -> int:
    """How many rules the guest's own auditctl lists."""
    return sum(line.startswith("-") for line in guest.run("auditctl -l").stdout.splitlines())


def expect(truth: bool, sentence: str, results: list[str]) -> None:
    """Note a result, or end."""
    if not truth:
        sys.exit(f"NOT SO: {sentence}")
    results.append(sentence)
    print(f"-> {sentence}", flush=True)


SETTINGS = ["-D", "-b 60000", "-f 1"]
SIZE = 300


def replaced_under_a_probe(lab: Lab, guest, results: list[str]) -> None:
    """All rules of a set but three are replaced, and then replaced by a reload, while a probe makes events."""
    say(f"A set of {SIZE} rules is replaced by another, while a probe makes an audited event every millisecond")
    prepare(guest)
    sets = {}
    for name, first in (("old", 0), ("new", 5000)):
        sets[name] = lab.directory / f"{name}.rules"
        sets[name].write_text("\n".join([*SETTINGS, *rule_set(SIZE, first=first)]) + "\n")
    arguments = {name: {"src": [str(path)], "purge": "all"} for name, path in sets.items()}
    shown = '-a \'{{"src": ["{}.rules"], "purge": "all"}}\''.format
    tell(task(lab, guest, "audit_ruleset", arguments["old"], shown("old")), "changed", "added", "removed", "backup")
    print("(the probe starts)", flush=True)
    with probing(lab, guest) as probe:
        result = task(lab, guest, "audit_ruleset", arguments["new"], shown("new"))
        tell(result, "changed", "added", "removed", "settings")
    ours = probe.result
    print(f"probe: {ours.made} events made, {ours.logged} of them in the log of auditd")
    show(guest, "auditctl -s | grep lost")
    replaced = len(result["removed"])
    expect(replaced > SIZE / 2 and ours.lost == 0, f"{replaced} rules were replaced under a running probe", results)
    expect(ours.logged == ours.made, f"of {ours.made} events meanwhile, lost: {ours.made - ours.logged}", results)

    say("The same change back, by a file and `augenrules --load`")
    guest.put(sets["old"], "/root/old.rules")
    print("(the probe starts)", flush=True)
    with probing(lab, guest) as probe:
        show(guest, "cp old.rules /etc/audit/rules.d/40-linux-audit-ruleset.rules; augenrules --load | grep -c enabled")
    theirs = probe.result
    lost = theirs.made - theirs.logged
    print(f"probe: {theirs.made} events made, {theirs.logged} of them in the log of auditd", flush=True)
    expect(lost > 0, f"augenrules --load, changing the same, lost {lost} of {theirs.made} events", results)


FINAL = ["-D", "-b 8192", "-a always,exit -F arch=b64 -S mount -F key=mounts", "-w /etc/passwd -p wa -k identity"]


def drifted(lab: Lab, guest, results: list[str]) -> None:
    """What is changed by hand is found and repaired."""
    say("Drift: rules and a setting are changed by hand, found, and repaired")
    arguments = {"rules": FINAL, "purge": "all"}
    shown = '-a \'{"rules": [...], "purge": "all"}\''
    tell(task(lab, guest, "audit_ruleset", arguments, shown), "changed", "removed")
    show(guest, "auditctl -d always,exit -F arch=b64 -S mount -k mounts; auditctl -w /etc/hosts; auditctl -b 64")
    info = task(lab, guest, "audit_info", {}, "")
    tell(info, "in_sync", "drift")
    drift = info["drift"]
    found = [len(drift[name]) for name in ("missing", "extra", "settings")]
    expect(not info["in_sync"] and found == [1, 1, 1], "a missing rule, one too many and a setting were found", results)
    tell(task(lab, guest, "audit_ruleset", arguments, shown), "changed", "added", "removed", "settings")
    info = task(lab, guest, "audit_info", {}, "")
    tell(info, "in_sync")
    expect(info["in_sync"], "the same task has repaired it", results)


def staged(lab: Lab, guest, results: list[str]) -> None:
    """What an immutable kernel does not take is completed by a boot."""
    say("The set is locked (-e 2). What is changed then is staged, and a boot completes it")
    final = {"rules": [*FINAL, "-e 2"], "purge": "all"}
    tell(task(lab, guest, "audit_ruleset", final, '-a \'{"rules": [..., "-e 2"], ...}\''), "changed", "settings")
    final["rules"].insert(2, "-w /etc/sudoers -p wa -k actions")
    shown = '-a \'{"rules": [..., "-w /etc/sudoers -p wa -k actions", "-e 2"], ...}\''
    for sentence in ("the change was written to rules.d, and a boot asked for", "the second run said the same"):
        result = task(lab, guest, "audit_ruleset", final, shown)
        tell(result, "changed", "pending", "reboot_required")
        first = "written" in sentence
        expect(result["changed"] is first and result["reboot_required"] and loaded(guest) == 2, sentence, results)
    print(f"{guest.name}# reboot\n", flush=True)
    guest.reboot()
    show(guest, "auditctl -l; auditctl -s | head -1")
    result = task(lab, guest, "audit_ruleset", final, shown)
    tell(result, "changed", "pending", "reboot_required")
    done = not (result["changed"] or result["reboot_required"]) and loaded(guest) == 3
    expect(done, "after the boot the kernel holds the set, locked, and nothing is pending", results)


def main() -> None:
    results: list[str] = []
    began = time.monotonic()
    say(f"A guest with its own kernel boots (Debian {RELEASE}; the first time its image is made, about half a minute)")
    with Lab() as lab:
        guest = lab.boot(RELEASE)
        show(guest, "uname -r; auditctl -v; auditctl -s | head -3; auditctl -l")

        say("A playbook puts a rule set in place")
        rules, changed = play(lab)
        expect(changed == 1 and rules >= 60, f"{rules} rules were asked for, and one task put them in place", results)
        expect(loaded(guest) == rules, f"the kernel holds {loaded(guest)} rules, says auditctl", results)
        expect(
            "No change" in show(guest, "augenrules --check"), "rules.d and audit.rules agree, says augenrules", results
        )

        say("The same playbook again")
        rules, changed = play(lab)
        expect(changed == 0, "the second run changed nothing", results)

        say("Somebody deletes the rules behind our back")
        show(guest, "auditctl -D")
        expect(loaded(guest) == 0, "the kernel holds no rule, while the files are as they were", results)
        rules, changed = play(lab)
        expect(changed == 1 and loaded(guest) == rules, f"the same playbook has repaired it: {rules} rules", results)

        say("An event")
        show(guest, "useradd --create-home mallory")
        time.sleep(1)
        found = show(guest, "ausearch --input-logs -i -k identity -f /etc/shadow | tail -1")
        expect("key=identity" in found, "the change of /etc/shadow was logged, under the key of its rule", results)

        replaced_under_a_probe(lab, guest, results)
        drifted(lab, guest, results)
        staged(lab, guest, results)

    say(f"What happened, in {time.monotonic() - began:.0f} seconds")
    for number, result in enumerate(results, 1):
        print(f"{number}. {result}")
    print("The guest is gone; this machine's own audit system was not touched.")


if __name__ == "__main__":
    main()
