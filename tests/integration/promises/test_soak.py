# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Floods, and hundreds of changes one after another: kernel, files, daemon and declaration agree after each."""

import json

import pytest

from faults import prepare
from paths import ON_GUEST


@pytest.fixture(scope="module")
def soaked(lab):
    """A guest of its own."""
    guest = lab.boot("bookworm", name="soak")
    prepare(guest)
    guest.put(ON_GUEST / "soak.py", "/root/lib/soak.py")
    yield guest
    guest.stop()


def figures(guest, name, number, timeout):
    return json.loads(
        guest.run(f"PYTHONPATH=/root/lib python3 -B /root/lib/soak.py {name} {number}", timeout=timeout).stdout
    )


@pytest.mark.fleet
@pytest.mark.parametrize(("name", "number"), [("converge", 300), ("rules", 10000), ("vanishing", 1000), ("flood", 30)])
def test_figures(soaked, name, number, record_property):
    found = figures(soaked, name, number, 1800)
    record_property(f"soak: {name}", json.dumps(found))
    # Ten thousand rules took 25 seconds, and most of them went into one quadratic step.
    assert found.get("no change", 0) < 60
    assert found.get("MB", 0) < 200


def test_some_changes_under_a_flood(soaked):
    assert figures(soaked, "converge", 8, 300)["rounds"] == 8
    assert figures(soaked, "flood", 3, 300)["changes"] > 0
