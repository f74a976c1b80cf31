# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts on which root answers what it likes: a Python of theirs is a program that prints results of its own making.

ansible-playbook runs as it does for users, and so do roles, playbooks, filters and action plugins. The hosts are this
machine, over the connection plugin `local`, and no module runs on them.
"""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

from paths import ROOT

LIAR = """\
#!{python}
import json, pathlib, sys
here = pathlib.Path(__file__).resolve().parent
module = next((word.split("AnsiballZ_")[1].removesuffix(".py") for word in sys.argv if "AnsiballZ_" in word), "")
with (here / "asked").open("a") as file:
    file.write(module + "\\n")
answers = json.loads((here / "answers.json").read_text())
print(json.dumps(answers.get(module, {{"changed": False, "ping": "pong"}})))
"""


class HostileHosts:
    """Hosts by name, each with what it answers by the name of a module."""

    def __init__(self, directory: pathlib.Path, answers: dict[str, dict[str, dict]]):
        """Write an inventory, and a Python for each host."""
        self.directory = directory
        hosts = {}
        for name, given in answers.items():
            home = directory / name
            home.mkdir()
            (home / "python").write_text(LIAR.format(python=sys.executable))
            (home / "python").chmod(0o755)
            (home / "answers.json").write_text(json.dumps(given))
            hosts[name] = {"ansible_connection": "local", "ansible_python_interpreter": str(home / "python")}
        self.inventory = {"all": {"hosts": hosts}}

    def asked(self, name: str) -> list[str]:
        """The modules that a host was asked to run."""
        path = self.directory / name / "asked"
        return path.read_text().split() if path.exists() else []

    def run(self, playbook, *words: str, environment=None, commands=None, **extra) -> list[dict]:
        """Run a playbook, by its name or as plays; return a list of {host, task, result}.

        `commands` is the directory of another ansible-core.
        """
        inventory = self.directory / "inventory.yml"
        inventory.write_text(json.dumps(self.inventory))
        if not isinstance(playbook, str):
            path = self.directory / "play.yml"
            path.write_text(json.dumps(playbook))
            playbook = str(path)
        command = [
            pathlib.Path(commands or pathlib.Path(sys.executable).parent, "ansible-playbook"),
            "-i", str(inventory), playbook, *words,
            "-e", json.dumps(extra | {"ansible_become": False}),
        ]  # fmt: skip
        found = self._environment | (environment or {})
        if commands:
            found.pop("PYTHONPATH", None)
        done = subprocess.run(command, check=False, cwd=ROOT, env=found, capture_output=True, text=True)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        assert lines, done.stdout + done.stderr
        return lines

    @property
    def _environment(self):
        """Also for a user without a home directory that can be written, in which Ansible would keep its files."""
        own = self.directory / "ansible"
        return ENVIRONMENT | {"ANSIBLE_HOME": str(own), "ANSIBLE_REMOTE_TMP": str(own / "tmp")}


ENVIRONMENT = os.environ | {
    "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
    "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests" / "integration" / "callback"),
    "ANSIBLE_STDOUT_CALLBACK": "results",
    "ANSIBLE_NOCOLOR": "1",
}


def failures(lines: list[dict]) -> dict[str, str]:
    """Messages of the tasks that failed and were not rescued, by host."""
    return {line["host"]: line["result"].get("msg", "") for line in lines if line["result"].get("failed")}


def shown(lines: list[dict], task: str) -> list:
    """What the tasks of that name showed."""
    return [line["result"]["msg"] for line in lines if line["task"] == task and "msg" in line["result"]]
