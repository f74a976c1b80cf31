# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenarios of molecule/, as a contributor runs them, and what becomes of their guests if that is killed."""

import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from clock import measured
from lab import sweep
from paths import ROOT

MOLECULE = ["molecule", "-c", ROOT / ".config/molecule/config.yml"]
SCENARIOS = sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))


@pytest.fixture
def environment(tmp_path):
    """Guests of its own, beside those that somebody has."""
    return os.environ | {
        "MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path / "state"),
        "MOLECULE_GLOB": "molecule/*/molecule.yml",
        "ANSIBLE_NOCOLOR": "1",
        "NO_COLOR": "1",
    }


@pytest.mark.fleet
def test_all_scenarios(environment):
    with measured("of these: molecule"):
        done = subprocess.run(
            [*MOLECULE, "test", "--all"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout
    said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    verified = re.findall(r"^(\S+) (?:➜|>) verify: Executed: Successful", said, re.MULTILINE)
    assert sorted(verified) == SCENARIOS


def test_nothing_outlives_a_molecule_test_that_is_killed(environment, tmp_path):
    molecule = subprocess.Popen(
        [*MOLECULE, "test", "--scenario-name", "default"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    state = tmp_path / "state"
    wait_for((state / "inventory/lab.yml").exists, 300)
    directory = (state / "lab").readlink()
    owner = int((directory / "owner").read_text())
    assert directory.is_dir()
    molecule.send_signal(signal.SIGKILL)
    molecule.wait()
    wait_for(lambda: not directory.exists(), 60)
    wait_for(lambda: not pathlib.Path(f"/proc/{owner}").exists(), 60)
    assert directory not in sweep()
    assert not (state / "lab").is_symlink()
    assert not (state / "state.yml").exists(), "else the next `molecule test` would not create guests"


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)
