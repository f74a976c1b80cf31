# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The releases of ansible-core, each in an environment of its own with a Python of this machine."""

import fcntl
import pathlib
import shutil
import subprocess
from typing import NamedTuple

import pythons
from lab.cache import cache_directory


class Core(NamedTuple):
    """A release, and the Pythons that it says to support, as minor versions of 3: the first and the last."""

    version: str
    controller: tuple[int, int]
    managed: tuple[int, int]

    def supports(self, managed: str) -> bool:
        """Whether a managed host's Python, as in `3.12`, is one of them."""
        first, last = self.managed
        return first <= int(managed.partition(".")[2]) <= last


CORES = (
    Core("2.16.19", (10, 12), (6, 12)),
    Core("2.17.14", (10, 12), (7, 12)),
    Core("2.18.19", (11, 13), (8, 13)),
    Core("2.19.14", (11, 13), (8, 13)),
    Core("2.20.10", (12, 14), (9, 14)),
    Core("2.21.5", (12, 14), (9, 14)),
)
"""The last of every series; from the oldest that this collection supports to the newest."""


class Controller(NamedTuple):
    """An ansible-core that is installed: the directory of its commands, and the Python that runs it."""

    core: Core
    commands: pathlib.Path
    python: str


class ControllerError(Exception):
    """A release of ansible-core cannot be had on this machine; the message says why."""


def controller(core: Core) -> Controller:
    """Install a release if it is not, with the newest Python of this machine that it runs on."""
    first, last = core.controller
    found = {f"3.{minor}": pythons.find(f"3.{minor}") for minor in range(last, first - 1, -1)}
    python = next((version for version, command in found.items() if command), None)
    if python is None:
        raise ControllerError(f"needs a Python from 3.{first} to 3.{last}")
    directory = cache_directory() / "ansible-core" / f"{core.version}-python{python}"
    directory.parent.mkdir(parents=True, exist_ok=True)
    with directory.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "complete").exists():
            shutil.rmtree(directory, ignore_errors=True)
            _run(found[python], "-m", "venv", directory)
            pip = [directory / "bin/pip", "install", "-qq", "--disable-pip-version-check"]
            _run(*pip, f"ansible-core=={core.version}")
            (directory / "complete").touch()
    return Controller(core, directory / "bin", python)


def _run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ControllerError(f"{command[0]} fails: {(done.stdout + done.stderr)[-300:].strip()}")
