# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals held back while a process must not end."""

import signal
import subprocess
import sys

from paths import PLUGINS

UNDISTURBED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from module_utils._host.signals import signals_held
with signals_held():
    with signals_held():
        os.kill(os.getpid(), signal.SIGTERM)
    print("done", flush=True)
print("never")
"""


def test_signals_wait_for_the_end_of_what_must_not_be_disturbed():
    command = [sys.executable, "-c", UNDISTURBED, PLUGINS]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.returncode) == ("done\n", -signal.SIGTERM), ended.stderr
