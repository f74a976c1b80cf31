# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands `ansible` and `ansible-playbook`, each a fork of one process that has imported ansible-core.

To start them costs more than what a test has them do: most of a second for what is in ansible_preloaded, and as much to
put together what is sent to the managed host. Forks share that, as the tasks of a playbook do.
"""

import importlib
import multiprocessing
import multiprocessing.forkserver
import os
import tempfile
import unittest.mock

COMMANDS = {"ansible": ("ansible.cli.adhoc", "AdHocCLI"), "ansible-playbook": ("ansible.cli.playbook", "PlaybookCLI")}
"""Module and class of a command, which the command's entry point calls."""


class AnsibleForks:
    """Runs the commands in `directory`, with `environment` added to that of this process. Safe in threads."""

    def __init__(self, directory, environment: dict[str, str]):
        """Start the process; ansible-core reads its configuration when it is imported."""
        self._directory = str(directory)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["ansible_preloaded"])
        with unittest.mock.patch.dict(os.environ, environment):
            multiprocessing.forkserver.ensure_running()

    def run(self, command: str, *arguments: str) -> tuple[str, str]:
        """What a command printed, on standard output and standard error."""
        with tempfile.NamedTemporaryFile("r+") as output, tempfile.NamedTemporaryFile("r+") as errors:
            words = (self._directory, output.name, errors.name, [command, *map(str, arguments)])
            process = self._context.Process(target=_run, args=words)
            process.start()
            process.join()
            process.close()
            return output.read(), errors.read()


def _run(directory, output, errors, words):
    for descriptor, path in ((1, output), (2, errors)):
        file = os.open(path, os.O_WRONLY)
        os.dup2(file, descriptor)
        os.close(file)
    os.chdir(directory)
    module, name = COMMANDS[words[0]]
    getattr(importlib.import_module(module), name).cli_executor(words)
