# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two modules at once leave what one after the other leaves, and both have said what is true."""

import json

import pytest

from faults import prepare
from paths import ON_GUEST


@pytest.fixture(scope="module")
def shared(lab):
    """A guest of its own, on which two modules run at once."""
    guest = lab.boot("bookworm", name="pairs")
    prepare(guest)
    guest.put(ON_GUEST / "pairs.py", "/root/lib/pairs.py")
    yield guest
    guest.stop()


def pairs(guest, share, times):
    command = f"PYTHONPATH=/root/lib python3 -B /root/lib/pairs.py {share} {times}"
    return [json.loads(line) for line in guest.run(command, timeout=3000).stdout.splitlines()]


def broken(found):
    return [pair for pair in found if pair["problems"]]


def test_some_pairs_of_modules_at_once(shared):
    found = [*pairs(shared, "3/36", 1), *pairs(shared, "17/36", 1)]
    assert broken(found) == []
    assert len(found) == 2


@pytest.mark.fleet
def test_all_pairs_of_modules_at_once(shared):
    found = pairs(shared, "1/1", 3)
    assert broken(found) == []
    assert len(found) == 36


@pytest.mark.fleet
def test_a_lost_change_is_seen(shared):
    """Without the lock of the host, modules undo each other, and the comparison says so."""
    path = "/root/lib/ansible_collections/linux/audit/plugins/module_utils/_kernel/lock.py"
    shared.run(f"cp {path} /root/kept; sed -i 's/fcntl.flock(/(lambda *_all: None)(/' {path}")
    try:
        found = [pair for _time in range(4) for pair in pairs(shared, "27/40", 3)]
    finally:
        shared.run(f"cp /root/kept {path}")
    assert broken(found) != []
