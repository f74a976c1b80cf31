# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: how long changes of a set of rules take, beside auditctl's reading and loading of the same rules.

Arguments: the number of rules, and of rounds. Prints medians of seconds as JSON. Or one argument, a file of rules: it
is applied. Each apply has a process of its own, as in a module, and is timed from the text of the rules to the proof,
without the start of Python; `kernel` is the part of it in which the kernel was adding and deleting.
"""

import gc
import json
import os
import statistics
import subprocess
import sys
import time

from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import Kernel
from ansible_collections.linux.audit.plugins.module_utils._policy.declaration import Reach, declare, read_declaration
from ansible_collections.linux.audit.plugins.module_utils._policy.options import Options
from ansible_collections.linux.audit.plugins.module_utils._policy.sources import read_sources

LOADED = "/root/loaded.rules"
APPLIED = "/root/applied.rules"
STEPS = "/root/steps.rules"
in_kernel = {"seconds": 0.0, "added": 0, "deleted": 0}


def watch_kernel():
    """Count and time the requests that change rules."""
    request = Kernel.request_all

    def timed(self, requests):
        began = time.monotonic()
        try:
            return request(self, requests)
        finally:
            in_kernel["seconds"] += time.monotonic() - began
            for kind, _data in requests:
                in_kernel["added" if kind == 1011 else "deleted"] += 1

    Kernel.request_all = timed


def rules(count, first=0):
    """Each watches another file, so that their order does not matter."""
    return [
        f"-a always,exit -F arch=b64 -S openat,unlinkat -F path=/etc/file{number} -F auid>={number} -F auid!=unset "
        f"-F key=bench{number}"
        for number in range(first, first + count)
    ]


def overlapping(count):
    """One event may match any two of them, so that the order of all of them matters."""
    return [
        f"-a always,exit -F arch=b64 -S openat,unlinkat -F auid>={number} -F auid!=unset -F key=bench{number}"
        for number in range(count)
    ]


def listed():
    """Seconds that auditctl takes to list the rules."""
    began = time.monotonic()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        subprocess.call(["auditctl", "-l"], stdout=nowhere, stderr=nowhere)
    return time.monotonic() - began


def load(path):
    """Seconds until a file is loaded. auditctl does not see all of ten thousand rules at once, and leaves some."""
    began = time.monotonic()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        while subprocess.call(["auditctl", "-R", path], stdout=nowhere, stderr=nowhere):
            subprocess.call(["auditctl", "-D"], stdout=nowhere, stderr=nowhere)
    return time.monotonic() - began


def load_steps(old, new):
    """Seconds of auditctl for what an apply asks of the kernel: add all new rules, then delete the old ones."""
    write(STEPS, [*new, *(f"-d{line[2:]}" for line in old)])
    began = time.monotonic()
    subprocess.check_call(["auditctl", "-R", STEPS], stdout=subprocess.DEVNULL)
    return time.monotonic() - began


def write(path, lines):
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    os.chmod(path, 0o600)


def apply(lines):
    """Seconds of an apply, and those in the kernel; how many additions and deletions."""
    write(APPLIED, ["-D", *lines])
    return json.loads(subprocess.check_output([sys.executable, __file__, APPLIED]))


def apply_file(path):
    """Apply a file in this process; print what apply() returns."""
    watch_kernel()
    # As in a module, see _ansible.py.
    gc.set_threshold(100000)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    began = time.monotonic()
    host = Host()
    lines = read_sources([{"name": "bench", "content": text}], host).lines
    reach, options = Reach("all"), Options()
    declare(read_declaration(lines, reach, options, host), reach, options, host)
    seconds = time.monotonic() - began
    print(json.dumps([seconds, in_kernel["seconds"], in_kernel["added"], in_kernel["deleted"]]))


def main(count, rounds):
    old, new, ordered = rules(count), rules(count, first=count), overlapping(count)
    one = list(old)
    one[count // 2] = one[count // 2].replace("key=bench", "key=other")
    write(LOADED, ["-D", *old])
    found = {}

    def note(name, lines):
        found.setdefault(name, []).append(apply(lines))

    load(LOADED)
    apply(old)
    for remaining in reversed(range(rounds)):
        found.setdefault("auditctl -l", []).append([listed()])
        found.setdefault("auditctl -R", []).append([load(LOADED)])
        note("no change", old)
        note("one rule changed", one)
        note("everything changed", new)
        apply(old)
        found.setdefault("auditctl -R, the same steps", []).append([load_steps(old, new)])
        apply(old)
        note("reversed order", list(reversed(old)))
        apply(ordered)
        note("reversed, and order matters", list(reversed(ordered)))
        if remaining:
            load(LOADED)
            apply(old)
    medians = {name: [statistics.median(part) for part in zip(*rows, strict=True)] for name, rows in found.items()}
    print(json.dumps(medians))


if __name__ == "__main__":
    if len(sys.argv) == 2:
        apply_file(sys.argv[1])
    else:
        main(int(sys.argv[1]), int(sys.argv[2]))
