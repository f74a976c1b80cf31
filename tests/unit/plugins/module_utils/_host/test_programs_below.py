# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that a process has started."""

import errno
import subprocess
import sys

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host import processes
from ansible_collections.linux.audit.plugins.module_utils._host.processes import programs_below

STARTER = """
import subprocess, sys
script = sys.argv[1]
child = subprocess.Popen([script], stdin=subprocess.PIPE)
below = subprocess.Popen(["/bin/sh", "-c", f"{script}; exit 0"], stdin=subprocess.PIPE)
for process in (child, below):
    sys.stdin.readline()
    process.communicate()
    print("ended", flush=True)
sys.stdin.readline()
"""


def test_a_plugin_is_found_below_the_process_that_starts_it(tmp_path):
    """Its child, or that of a child, as in audit 2; a script as well as a program; not the process itself."""
    script = tmp_path / "plugin"
    script.write_text("#!/bin/sh\necho runs\nread line\nexit 0\n")
    script.chmod(0o750)
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def found():
        return set(programs_below(starter.pid, [str(script), sys.executable]))

    def end_one():
        starter.stdin.write("\n")
        starter.stdin.flush()
        assert starter.stdout.readline() == "ended\n"

    assert [starter.stdout.readline() for _process in range(2)] == ["runs\n"] * 2
    assert found() == {str(script)}
    end_one()
    assert found() == {str(script)}
    end_one()
    assert found() == set()
    starter.communicate()
    assert programs_below(0, [str(script)]) == {}


@pytest.mark.parametrize("function", [processes.process_name, processes.start_time, processes.state_and_parent])
def test_only_a_process_that_has_ended_is_said_to_have_ended(monkeypatch, function):
    """Whoever took another error for its end would say that auditd does not run."""
    assert function(2**22 + 1) is None

    def failing(*_arguments, **_options):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("builtins.open", failing)
    with pytest.raises(OSError, match="Input/output error"):
        function(1)
