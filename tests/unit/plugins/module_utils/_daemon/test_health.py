# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to be wrong with a daemon and its plugins as they run."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from acted_host import CONF, wait_for
from ansible_collections.linux.audit.plugins.module_utils._daemon import health
from ansible_collections.linux.audit.plugins.module_utils._daemon.health import daemon_problems
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._host.processes import state_and_parent

# Connects to the port of its argument, if there is one, and then waits for the end of its input, as a plugin does.
CONNECTED = """#!{python} -IS
import socket, sys
held = socket.create_connection(("127.0.0.1", {port})) if {port} else None
sys.stdin.read()
"""


def said(host, pid=None):
    return daemon_problems(host.pid if pid is None else pid, Host())


@pytest.fixture
def well(host):
    """A host whose daemon has nothing wrong with it."""
    assert said(host) == []
    return host


def test_no_daemon_runs(stage):
    host = stage()
    assert said(host) == ["auditd is not running, so nothing takes the records of the kernel"]
    (host.root / "bin/auditd").unlink()
    assert said(host) == ["auditd is not installed, and no other program takes the records of the kernel"]
    # Nothing is wrong if there is no auditd, and another program takes the records.
    assert said(host, os.getpid()) == []


def test_another_program_takes_the_records(well):
    (problem,) = said(well, os.getpid())
    assert problem.startswith("the kernel sends its records to ")
    assert problem.endswith(f"(pid {os.getpid()}), so auditd gets none")


def test_a_daemon_that_is_stopped(well):
    os.kill(well.pid, signal.SIGSTOP)
    wait_for(lambda: state_and_parent(well.pid)[0] == "T")
    assert said(well) == [f"auditd (pid {well.pid}) is stopped by SIGSTOP or a debugger, so it records nothing"]
    os.kill(well.pid, signal.SIGCONT)
    wait_for(lambda: state_and_parent(well.pid)[0] != "T")
    assert said(well) == []


def test_a_daemon_that_has_not_read_its_file(well):
    started = time.time()
    # Processes know the time of their start to the hundredth of a second.
    wait_for(lambda: time.time() > started + 0.1)
    well.conf.write_text(CONF + "num_logs = 7\n")
    assert said(well) == [f"auditd (pid {well.pid}) has not read {well.conf} since the file was changed; reload it"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("local_events = no", "auditd takes no records of this host"),
        ("write_logs = no", "records written to no file, and no plugin is active"),
        ("log_format = nolog", "records written to no file, and no plugin is active"),
        ("nonsense = 1", "nonsense"),
    ],
)
def test_a_file_with_which_nothing_is_recorded(well, line, words):
    well.conf.write_text(f"{CONF}{line}\n")
    assert any(words in problem for problem in said(well)), said(well)
    well.conf.unlink()
    assert said(well)[0] == f"{well.conf} does not exist, without which auditd does not start"


def test_a_plugin_that_takes_records_which_no_file_gets(well):
    well.plugin("site")
    well.conf.write_text(f"{CONF}write_logs = no\n")
    assert not any("written to no file" in problem for problem in said(well))


def _below(host, monkeypatch, path):
    """Have a process of this test count as one that the daemon has started."""
    process = subprocess.Popen([path], stdin=subprocess.PIPE)
    monkeypatch.setattr(health, "programs_below", lambda _pid, paths: dict.fromkeys(set(paths) & {path}, process.pid))
    return process


def test_plugins_that_run_and_should_not_or_the_other_way_round(well, monkeypatch):
    path = well.plugin("site")
    assert f"the plugin site is active, but auditd does not run {path}" in said(well)
    process = _below(well, monkeypatch, path)
    try:
        assert said(well) == []
        os.kill(process.pid, signal.SIGSTOP)
        wait_for(lambda: state_and_parent(process.pid)[0] == "T")
        assert said(well) == [f"the plugin site (pid {process.pid}) is stopped by SIGSTOP or a debugger"]
        os.kill(process.pid, signal.SIGCONT)
        well.plugin("site", active=False)
        (problem,) = said(well)
        assert problem.startswith(f"auditd still runs {path} (pid {process.pid}), although ")
        # Another plugin may have the same program.
        well.plugin("other")
        other = well.plugins_d / "other.conf"
        other.write_text(other.read_text().replace(str(well.root / "bin/other"), path))
        assert said(well) == []
    finally:
        process.communicate()


def test_whether_records_reach_a_server(well, monkeypatch):
    listener = socket.create_server(("127.0.0.1", 0))
    for port, is_connected in ((0, False), (listener.getsockname()[1], True)):
        text = CONNECTED.format(python=sys.executable, port=port)
        path = well.plugin("audisp-remote", text=text)
        process = _below(well, monkeypatch, path)
        try:
            if is_connected:
                accepted, _address = listener.accept()
            missing = [problem for problem in said(well) if "has no connection to its server" in problem]
            assert bool(missing) is not is_connected, said(well)
        finally:
            process.communicate()
    accepted.close()
    listener.close()
