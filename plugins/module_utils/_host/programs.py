# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of the host: how they are found, and how they are run."""

import os
import shutil
import subprocess
from typing import NamedTuple, Optional, Sequence

from ..rules.errors import AuditError

__all__ = ("SEARCH_PATH", "Finished", "ProgramError", "find_program", "run_program")

#: Where programs are searched, whatever PATH a login or Ansible has set.
SEARCH_PATH = "/sbin:/usr/sbin:/bin:/usr/bin:/usr/local/sbin"


class ProgramError(AuditError):
    """A program cannot be run, or does not end in time."""


class Finished(NamedTuple):
    """How a program ended: its exit status (negative: the signal that killed it), and what it printed."""

    status: int
    output: bytes


def find_program(name: str) -> Optional[str]:
    """The path of a program, None if it is not installed."""
    return shutil.which(name, path=SEARCH_PATH)


def run_program(command: Sequence[str], seconds: float, errors_too: bool = False) -> Finished:
    """Run a program without input, with messages in English, for at most ``seconds``. Raises ProgramError.

    ``errors_too``: include standard error in the output.
    """
    try:
        # run_command() of Ansible belongs to a module, and this has none.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if errors_too else subprocess.DEVNULL,
            timeout=seconds,
            check=False,
            env=dict(os.environ, LC_ALL="C", PATH=SEARCH_PATH),
        )
    except OSError as error:
        raise ProgramError(f"cannot run {command[0]}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise ProgramError(f"'{' '.join(command)}' has not ended after {seconds:.0f} seconds") from error
    return Finished(done.returncode, done.stdout)
