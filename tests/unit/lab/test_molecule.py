# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which molecule commands a lab ends with."""

import os
import subprocess
import sys

import pytest

from lab import molecule

ASK = f"""\
import sys
sys.path[:] = {sys.path!r}
from lab import molecule
print(molecule.running_test())
"""
# A grandchild asks.
PROGRAM = f"import subprocess, sys; subprocess.run(['sh', '-c', '\"$0\" -c \"$1\"; :', sys.executable, {ASK!r}])"


@pytest.mark.parametrize(
    ("words", "tied"),
    [
        (["test"], True),
        (["-c", "config.yml", "test", "--scenario-name", "default"], True),
        (["test", "--destroy=always"], True),
        (["test", "--destroy", "never"], False),
        (["test", "--destroy=never"], False),
        (["converge", "--scenario-name", "default"], False),
        (["create"], False),
    ],
)
def test_a_test_that_destroys_its_guests_is_found_among_the_ancestors(tmp_path, words, tied):
    program = tmp_path / "molecule"
    program.write_text(PROGRAM)
    with subprocess.Popen([sys.executable, program, *words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.read() == f"{process.pid if tied else None}\n"


def test_no_other_program_is_taken_for_it():
    assert molecule.running_test(1) is None
    assert molecule.running_test(os.getpid()) is None
