# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command that is run when a process has ended, whatever becomes of the process that has asked for it."""

import os
import subprocess
import sys
import time

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host import outliving
from ansible_collections.linux.audit.plugins.module_utils._host.outliving import successor_of
from ansible_collections.linux.audit.plugins.module_utils._host.programs import ProgramError
from paths import ROOT

SAY = ["/bin/sh", "-c", "echo said; echo complained >&2; exit 3"]
# Waits for a line; begins a successor of process 1 of its arguments, which makes the file of the second one.
ASKER = """
import sys
from ansible_collections.linux.audit.plugins.module_utils._host.outliving import successor_of
with successor_of(int(sys.argv[1]), ["/bin/sh", "-c", 'echo "$0" >"$0.new"; mv "$0.new" "$0"', sys.argv[2]], 20, True):
    print("begun", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def process():
    """A process that waits for the end of its input."""
    process = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE)
    yield process
    process.stdin.close()
    process.kill()
    process.wait()


def end(process):
    process.stdin.close()
    process.wait()


def test_the_command_is_run_after_the_end_and_not_before(process):
    with successor_of(process.pid, SAY, 20, False) as successor:
        with pytest.raises(ProgramError, match="has not ended after 0 seconds"):
            successor.finished(0.3)
        end(process)
        assert successor.finished(10) == (3, b"said\ncomplained\n")


@pytest.mark.parametrize(("zombies", "is_run"), [(True, False), (False, True)])
def test_whether_a_process_that_nobody_has_waited_for_still_counts(process, zombies, is_run):
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    with successor_of(process.pid, SAY, 1, zombies) as successor:
        finished = successor.finished(10)
    # 75 is EX_TEMPFAIL: the process has not ended in time.
    assert finished == ((3, b"said\ncomplained\n") if is_run else (75, b""))


def test_a_process_that_does_not_end_in_time_has_no_successor(process):
    with successor_of(process.pid, SAY, 1, False) as successor:
        assert successor.finished(10) == (75, b"")


def test_who_gives_up_runs_nothing(process, tmp_path):
    made = tmp_path / "made"
    with successor_of(process.pid, ["/bin/touch", str(made)], 20, False) as successor:
        successor.give_up()
    end(process)
    assert not made.exists()


def test_the_command_is_run_though_the_process_that_asked_for_it_is_killed(process, tmp_path):
    made = tmp_path / "made"
    asker = subprocess.Popen(
        [sys.executable, "-c", ASKER, str(process.pid), str(made)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(os.environ, PYTHONPATH=str(ROOT / ".tree")),
    )
    assert asker.stdout.readline() == b"begun\n"
    asker.kill()
    asker.communicate()
    assert not made.exists()
    end(process)
    deadline = time.monotonic() + 20
    while not made.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert made.read_text() == f"{made}\n"


def test_a_host_without_a_shell(monkeypatch):
    def failing(*_arguments, **_options):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(outliving.subprocess, "Popen", failing)
    with pytest.raises(ProgramError, match="cannot run /bin/sh: No such file"), successor_of(1, SAY, 1, False):
        pass
