# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One lab for the whole run, and the real `ansible` against its guests."""

import json
import os
import pathlib

import pytest

from ansible_forks import AnsibleForks
from clock import measured
from lab import Guest, Lab, image
from paths import ROOT

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
    with MeasuredLab(_own_processors()) as lab:
        yield lab


def _own_processors():
    """This worker's share, so that it waits for no guest of another one while a processor is idle."""
    processors = sorted(os.sched_getaffinity(0))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return processors[worker % len(processors) :: workers]


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
def results(lab):
    """results(command, *arguments): a list of {host, task, result} of `ansible` or `ansible-playbook`."""
    forks = AnsibleForks(ROOT, ANSIBLE_ENVIRONMENT)

    def results(command: str, *arguments: str) -> list[dict]:
        with measured("of these: ansible"):
            output, errors = forks.run(command, "-i", lab.inventory, *arguments)
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        assert lines, f"no result of {command} {' '.join(arguments)}\n{output}{errors}"
        return lines

    return results


@pytest.fixture(scope="session")
def ansible(results):
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
        (line,) = results("ansible", guest.name, "-m", name, *_options(args, check, diff, extra))
        return line["result"]

    return ansible


@pytest.fixture(scope="session")
def playbook(results):
    """playbook(path): run a playbook on the lab, return a list of {host, task, result}."""

    def playbook(
        path,
        *,
        limit: str = "all",
        check: bool = False,
        diff: bool = False,
        extra: dict | None = None,
        tags: str | None = None,
    ) -> list[dict]:
        words = ["--limit", limit, *(["--tags", tags] if tags else [])]
        return results("ansible-playbook", str(path), *words, *_options(None, check, diff, extra))

    return playbook


@pytest.fixture
def changes(playbook, tmp_path):
    """changes(guest, role): the tasks of a role, with its variables as in a play, that change something on a guest."""

    def changes(guest: Guest, role: dict, **options) -> list[str]:
        """`options` are those of playbook(); fails where a task does."""
        path = tmp_path / "site.yml"
        path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "roles": [role]}]))
        lines = playbook(path, limit=guest.name, **options)
        assert not any(line["result"].get("failed") for line in lines), lines[-1]
        return [line["task"] for line in lines if line["result"].get("changed")]

    return changes


def _options(args, check, diff, extra):
    words = ["--check"] * check + ["--diff"] * diff
    for flag, value in (("-a", args), ("-e", extra)):
        if value:
            words += [flag, json.dumps(value)]
    return words
