# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One lab for the whole run, and the real `ansible` against its guests."""

import json
import os
import pathlib
import subprocess

import pytest

from clock import measured
from lab import Guest, Lab, image

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

ANSIBLE_ENVIRONMENT = {
    "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
    "ANSIBLE_CALLBACK_PLUGINS": str(pathlib.Path(__file__).with_name("callback")),
    "ANSIBLE_STDOUT_CALLBACK": "results",
    "ANSIBLE_LOAD_CALLBACK_PLUGINS": "1",
    "ANSIBLE_LOCALHOST_WARNING": "0",
    "ANSIBLE_NOCOLOR": "1",
}


class MeasuredLab(Lab):
    """A lab whose time is accounted for."""

    def boot(self, release, **options):
        """As Lab.boot()."""
        with measured("of these: building images"):
            image(release)
        with measured("of these: booting guests"):
            return super().boot(release, **options)


@pytest.fixture(scope="session")
def lab():
    """The lab; a test that needs a guest for itself boots one in it, by a name of its own, and stops it."""
    with MeasuredLab() as lab:
        yield lab


@pytest.fixture(scope="session")
def boot(lab):
    """boot(release): the guest of that release that all tests share; booted if it does not run."""

    def boot(release: str) -> Guest:
        guest = lab.guests.get(release)
        if guest is None:
            return lab.boot(release, name=release)
        if not guest.running:
            guest.start()
        return guest

    return boot


@pytest.fixture
def guest(boot):
    """The shared bookworm guest."""
    return boot("bookworm")


@pytest.fixture(scope="session")
def ansible(lab):
    """ansible(guest, module, args): the result, failures included, of a module run by the `ansible` command."""

    def ansible(
        guest: Guest,
        module: str,
        args: dict | None = None,
        *,
        check: bool = False,
        diff: bool = False,
        extra: dict | None = None,
    ) -> dict:
        """`module` of this collection, or of any by its full name; `extra` are variables."""
        name = module if "." in module else f"linux.audit.{module}"
        (line,) = _ansible("ansible", lab, guest.name, "-m", name, *_options(args, check, diff, extra))
        return line["result"]

    return ansible


@pytest.fixture(scope="session")
def playbook(lab):
    """playbook(path): run a playbook on the lab, return a list of {host, task, result}."""

    def playbook(
        path,
        *,
        limit: str = "all",
        check: bool = False,
        diff: bool = False,
        extra: dict | None = None,
    ) -> list[dict]:
        return _ansible("ansible-playbook", lab, str(path), "--limit", limit, *_options(None, check, diff, extra))

    return playbook


def _options(args, check, diff, extra):
    words = ["--check"] * check + ["--diff"] * diff
    for flag, value in (("-a", args), ("-e", extra)):
        if value:
            words += [flag, json.dumps(value)]
    return words


def _ansible(command, lab, *arguments):
    done = subprocess.run(
        [command, "-i", lab.inventory, *arguments],
        check=False,
        cwd=ROOT,
        env=os.environ | ANSIBLE_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert lines, f"no result of {command} {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return lines
