# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Pythons of this machine: those on the PATH, and those of pyenv whether it selects them or not."""

import contextlib
import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator


def find(version: str) -> str | None:
    """A command that runs this version, as in `3.12`, of Python; None if the machine has none."""
    for command in _candidates(version):
        ask = [command, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        # A shim of pyenv is there without the interpreter, or with one that only another user may run.
        with contextlib.suppress(OSError):
            if subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip() == version:
                return command
    return None


def _candidates(version) -> Iterator[str]:
    pyenv = pathlib.Path(os.environ.get("PYENV_ROOT") or pathlib.Path.home() / ".pyenv")
    # PYENV_ROOT may be inherited from another user, whose directory this one cannot read.
    with contextlib.suppress(PermissionError):
        yield from sorted(map(str, pyenv.glob(f"versions/{version}.*/bin/python3")))
    for directory in (None, "/usr/bin"):
        if command := shutil.which(f"python{version}", path=directory):
            yield command
