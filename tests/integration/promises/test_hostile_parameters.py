# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nobody would write, in every parameter of every module: a sentence, soon, and nothing changes."""

import json
import pathlib

import ansible
import pytest

from faults import HOME, prepare
from paths import ON_GUEST, PLUGINS, TESTS


@pytest.fixture(scope="module")
def asked(lab):
    """A guest of its own, with the modules and what they import from ansible-core."""
    guest = lab.boot("bookworm", name="hostile", memory=512)
    prepare(guest)
    core = pathlib.Path(ansible.__file__).parent
    guest.run(f"mkdir -p {HOME}/ansible; touch {HOME}/ansible/__init__.py")
    guest.put(core / "release.py", f"{HOME}/ansible/release.py")
    guest.put(core / "module_utils", f"{HOME}/ansible/module_utils")
    guest.put(ON_GUEST / "hostile.py", f"{HOME}/hostile.py")
    guest.put(TESTS / "support" / "spoiling.py", f"{HOME}/spoiling.py")
    yield guest
    guest.stop()


def examined(guest, share, timeout):
    command = f"cd /root; PYTHONPATH={HOME} python3 -B {HOME}/hostile.py {share}"
    found = [json.loads(line) for line in guest.run(command, timeout=timeout).stdout.splitlines()]
    assert {one["module"] for one in found} == {path.stem for path in (PLUGINS / "modules").glob("*.py")}
    return found


def problems(found):
    return [(one["module"], *problem) for one in found for problem in one["problems"]]


def test_some_hostile_parameters(asked):
    found = examined(asked, "7/131", 600)
    assert problems(found) == []
    assert sum(one["cases"] for one in found) > 100


@pytest.mark.fleet
def test_all_hostile_parameters(asked, record_property):
    found = examined(asked, "1/1", 7200)
    record_property("hostile parameters", json.dumps(found))
    assert problems(found) == []
