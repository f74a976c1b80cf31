# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: makes an audited event every millisecond until its standard input ends, then says how many it made.

Event number n is `getpriority(PLACE, n)`, which fails and does nothing; PLACE, 1001 to 1003 in turn, is what a rule
asks for. So every single event is known by two arguments that its SYSCALL record has. `probe.py count N` looks into the
log of auditd, and says which of N events were logged.
"""

import collections
import ctypes
import glob
import json
import re
import select
import sys
import time

PLACES = (1001, 1002, 1003)
INTERVAL = 0.001
GETPRIORITY = 140  # x86_64
RECORD = re.compile(rf"^type=SYSCALL .* syscall={GETPRIORITY} .* a0=(3e[9ab]) a1=([0-9a-f]+) ", re.M)


def make():
    """Make events, catching up with those that are late, because a guest has one processor; print counts."""
    syscall = ctypes.CDLL(None).syscall
    made = wakes = 0
    began = time.monotonic()
    while not select.select([sys.stdin], [], [], 0)[0]:
        ahead = began + made * INTERVAL - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        wakes += 1
        for number in range(made, int((time.monotonic() - began) / INTERVAL) + 1):
            syscall(GETPRIORITY, PLACES[number % len(PLACES)], number)
            made += 1
    print(json.dumps({"made": made, "wakes": wakes, "seconds": time.monotonic() - began}), flush=True)


def count(made):
    """Print how many of the events are in the log, by place how many are missing, and what is there beside them."""
    logged = set()
    for path in glob.glob("/var/log/audit/audit.log*"):
        with open(path, encoding="utf-8", errors="replace") as log:
            logged.update((int(place, 16), int(number, 16)) for place, number in RECORD.findall(log.read()))
    expected = {(PLACES[number % len(PLACES)], number) for number in range(made)}
    missing = collections.Counter(place for place, _number in expected - logged)
    print(json.dumps({"logged": len(logged & expected), "missing": missing, "unknown": len(logged - expected)}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["count"]:
        count(int(sys.argv[2]))
    else:
        make()
