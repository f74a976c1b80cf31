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
    found = figures(soaked, name, number, 3600)
    record_property(f"soak: {name}", json.dumps(found))
    assert found.get("MB", 0) < 200


@pytest.mark.fleet
def test_four_times_the_rules_do_not_take_four_times_four_times_as_long(soaked):
    """A ratio of the processor's time, which other things on the machine do not change; a quadratic step gives 16."""
    small, large = (figures(soaked, "rules", number, 3600)["processor"] for number in (2000, 8000))
    assert large < 10 * small


def test_some_changes_under_a_flood(soaked):
    assert figures(soaked, "converge", 8, 300)["rounds"] == 8
    assert figures(soaked, "flood", 3, 300)["changes"] > 0
