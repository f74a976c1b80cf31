# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A search that passes over parts of the log finds the same as one that reads all of it, by the ausearch of guests."""

import json
import random

import pytest

import generated_logs
import provoked
from direct import HOME, Direct
from paths import ON_GUEST

QUERIES = [
    {},
    {"key": ["wanted"]},
    {"key": ["net"], "exact": False},
    {"key": ["ünder", "identity"]},
    {"pid": [101]},
    {"success": False},
    {"file": ["secret"]},
    {"auid": ["0"], "key": ["wanted"]},
    {"node": ["b c"], "key": ["net"]},
]
LIMITS = [(0, False), (3, False), (3, True), (20, True)]


@pytest.fixture(scope="module", params=["bookworm", pytest.param("sid", marks=pytest.mark.fleet)])
def guest(request, boot):
    """A guest with the library, and a log of its own of what a user did there."""
    guest = boot(request.param)
    provoked.provoke(guest)
    Direct(guest)
    guest.put(ON_GUEST / "fast_search.py", f"{HOME}/fast_search.py")
    return guest


def compared(guest, logs, queries, limits, small, jumping=()):
    """The searches that were made, as both ways have found them."""
    asked = {"logs": logs, "queries": queries, "limits": limits, "small": small, "jumping": list(jumping)}
    output = guest.run(f"python3 -B {HOME}/fast_search.py {HOME}", input=json.dumps(asked), timeout=300).stdout
    rows = json.loads(output)
    assert len(rows) == len(logs) * len(queries) * len(limits)
    return rows


def test_generated_logs(guest, tmp_path):
    """Of records of all kinds, in files that end anywhere, with clocks that jump; cut into small blocks."""
    logs, jumping = [], []
    for seed in range(4):
        chance = random.Random(seed)
        directory = tmp_path / f"log{seed}"
        directory.mkdir()
        jumps = seed % 3 == 0
        text = "".join(line + "\n" for line in generated_logs.lines(chance, chance.choice([60, 300]), jumps))
        generated_logs.write(chance, directory, text)
        logs.append(f"/root/fast/log{seed}")
        jumping += [logs[-1]] if jumps else []
    guest.run("rm -rf /root/fast")
    guest.put(tmp_path, "/root/fast")
    rows = compared(guest, logs, QUERIES, LIMITS, True, jumping)
    assert [row for row in rows if not row[-1]] == []
    assert sum(row[3] > 0 for row in rows) > len(rows) / 4, "most searches have found nothing"


@pytest.mark.parametrize("small", [True, False])
def test_the_log_of_the_guest(guest, small):
    """That of auditd itself, while it runs: what happens meanwhile is not searched for."""
    guest.run("rm -rf /root/own; mkdir /root/own; cp -p /var/log/audit/audit.log* /root/own")
    queries = [
        {"key": ["run"]},
        {"auid": ["joe"]},
        {"success": False},
        {"file": ["/etc/"], "exact": False},
        {"pid": [1]},
    ]
    rows = compared(guest, ["/root/own"], queries, LIMITS, small)
    assert [row for row in rows if not row[-1]] == []
    assert sum(row[3] > 0 for row in rows) > len(rows) / 4, "most searches have found nothing"
