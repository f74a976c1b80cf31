# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main job, shown on a guest with a kernel of its own: `./dev demo`. The machine that runs it is not touched."""

import os
import pathlib
import re
import subprocess
import sys
import time

from lab import Lab

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
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

    say(f"What happened, in {time.monotonic() - began:.0f} seconds")
    for number, result in enumerate(results, 1):
        print(f"{number}. {result}")
    print("The guest is gone; this machine's own audit system was not touched.")


if __name__ == "__main__":
    main()
