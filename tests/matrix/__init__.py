# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every audit release that Debian ships, with every release of ansible-core: a tour of all modules by each pair."""

import datetime
import json
import os
import pathlib
import re
import subprocess
from typing import NamedTuple

import yaml

from paths import ROOT

from .controllers import CORES, Controller, ControllerError, Core, controller

__all__ = ["CORES", "Cell", "Controller", "ControllerError", "Core", "Host", "controller", "describe", "table", "tour"]

TOUR = pathlib.Path(__file__).with_name("tour.yml")


class Host(NamedTuple):
    """What a managed host has."""

    release: str
    audit: str
    python: str


class Cell(NamedTuple):
    """How a tour went: `failure` is None, or what Ansible said; `supported` is what ansible-core says of the pair."""

    host: Host
    core: str
    supported: bool
    failure: str | None

    @property
    def good(self) -> bool:
        """Whether this is as it should be: a pair that ansible-core does not support may fail."""
        return self.failure is None or not self.supported

    def __str__(self):
        word = "FAILED" if self.failure else "ok"
        return word if self.supported else f"({word})"


def describe(guest) -> Host:
    """The versions that a guest of the lab has."""
    versions = guest.run("dpkg-query --showformat '${Version}' --show auditd; echo; python3 --version").stdout
    audit, python = versions.splitlines()
    return Host(guest.release, re.match(r"(?:\d+:)?([\d.]+)", audit)[1], ".".join(python.split()[1].split(".")[:2]))


def tour(lab, guests, by: Controller, directory: pathlib.Path) -> list[Cell]:
    """Take the guests on the tour, all at the same time; the playbook is written to `directory`."""
    path = directory / f"tour-{by.core.version}.yml"
    path.write_text(json.dumps([play()]))
    done = subprocess.run(
        [by.commands / "ansible-playbook", "-i", lab.inventory, "--limit", ",".join(g.name for g in guests), path],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_NOCOLOR": "1", "PATH": f"{by.commands}:/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    hosts = [describe(guest) for guest in guests]
    return [
        Cell(host, by.core.version, by.core.supports(host.python), _failure(done.stdout, guest.name))
        for host, guest in zip(hosts, guests, strict=True)
    ]


def play() -> dict:
    """The play: each task of this collection in check mode, for real, and both once more."""
    tasks = []
    for task in yaml.safe_load(TOUR.read_text()):
        tasks += _four_times(task) if any(name.startswith("linux.audit.") for name in task) else [task]
    return {"name": "Tour", "hosts": "all", "gather_facts": False, "strategy": "free", "tasks": tasks}


def _four_times(task):
    changes = task.pop("vars", {}).get("changes", True)
    runs = {"checked": True, "done": False, "checked_again": True, "done_again": False}
    changed = ("checked", "done") if changes else ()
    that = [f"{name} is {'' if name in changed else 'not '}changed" for name in runs]
    return [
        *(task | {"check_mode": check, "diff": True, "register": name} for name, check in runs.items()),
        {"name": f"{task['name']}: what it said", "ansible.builtin.assert": {"that": that}},
    ]


def _failure(output, name):
    recap = re.search(rf"^{re.escape(name)}\s.*: ok=(\d+) .*unreachable=(\d+)\s+failed=(\d+)", output, re.MULTILINE)
    if recap and recap[1] != "0" and recap[2] == recap[3] == "0":
        return None
    # A result may be shown on several lines; the next heading, or the next host, ends it.
    told = re.findall(
        rf"^(?:fatal|failed): \[{re.escape(name)}\].*?(?=\n\n|^\w+: \[|\Z)", output, re.MULTILINE | re.DOTALL
    )
    return "\n".join(told) or output[-2000:]


def table(cells: list[Cell], missing: dict[str, str]) -> str:
    """A table of Markdown; `missing` tells which releases of ansible-core did not run, and why."""
    cores = [core.version for core in CORES if core.version in {cell.core for cell in cells}]
    found = {(cell.host, cell.core): str(cell) for cell in cells}
    rows = [["Debian", "audit", "Python", *cores]]
    rows += [[*host, *(found.get((host, core), "") for core in cores)] for host in dict.fromkeys(c.host for c in cells)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    lines += [f"ansible-core {version} did not run: {why}" for version, why in missing.items()]
    if any(not cell.supported for cell in cells):
        lines.append("In parentheses: ansible-core does not support that Python on managed hosts.")
    lines.append(f"{datetime.date.today()}; columns are releases of ansible-core.")
    return "\n".join(lines)
