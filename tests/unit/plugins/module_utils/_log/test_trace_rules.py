# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_trace with a kernel in memory: its rules while a command runs, and that nothing is left of them.

What a daemon would log is written by the test; that calls are found in a real log is shown on guests.
"""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from ansible_collections.linux.audit.plugins.module_utils._kernel import netlink as kernel_module
from ansible_collections.linux.audit.plugins.module_utils._log import trace as trace_module
from ansible_collections.linux.audit.plugins.module_utils._log.files import Log
from ansible_collections.linux.audit.plugins.module_utils._log.search import SearchResult
from ansible_collections.linux.audit.plugins.module_utils._log.trace import is_left_over, trace_key
from ansible_collections.linux.audit.plugins.modules import audit_trace
from changing import System
from kernel_double import Fault, KernelDouble
from running import run_module

PASSWD = "-w /etc/passwd -p wa -k passwd"
# A key of a process that has ended: no process started before the boot.
LEFT = "-a always,exit -S all -F pid=1 -F key=linux-audit-trace.1.999999999999"


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel with a daemon, which logs messages as long as ``host.logs``; ``host.events``: what is found."""
    host = System(monkeypatch, tmp_path)
    host.log_file = tmp_path / "audit.log"
    host.log_file.write_text("")
    host.logs, host.events, host.asked, host.truncated = True, [], [], False

    def record(text):
        if host.logs:
            with host.log_file.open("a") as file:
                file.write(f"type=USER msg=audit({time.time():.3f}:7): pid=1 uid=0 msg='{text}'\n")

    def search(log, wanted, limit, with_text):
        host.asked.append((wanted, limit, with_text))
        return SearchResult(host.events, host.truncated, 0)

    host.daemon = record
    host.start = lambda *lines: start(host, *lines)
    monkeypatch.setattr(trace_module, "Log", lambda source: Log(str(host.log_file)))
    monkeypatch.setattr(trace_module, "search", search)
    monkeypatch.setattr(trace_module, "_LOG_SECONDS", 0.3)
    host.start()
    return host


def start(host, *lines):
    host.kernel = KernelDouble(*lines)
    host.kernel.pid = 1
    host.kernel.on_message = host.daemon


def run(check=False, **params):
    return run_module(audit_trace.main, params, check)


def call(name, **subject):
    return {"syscall": {"name": name}, "subject": subject}


def test_rules_come_before_all_others_while_the_command_runs(host):
    host.start(PASSWD)
    seen = []
    host.kernel.before = {2: lambda: seen.append(list(host.kernel.lines))}
    result = run(command=["sh", "-c", "echo out; echo err >&2; pwd; exit 3"], chdir="/etc")
    assert not result.get("failed"), result
    assert result["result"] == {"rc": 3, "stdout": "out\n/etc\n", "stderr": "err\n", "timed_out": False}
    assert (result["changed"], result["lost"], result["removed"]) == (True, 0, 0)
    key, pid = result["key"], result["pid"]
    assert key == trace_key()
    assert seen == [[
        f"-a always,exit -S all -F ppid={pid} -F key={key}", f"-a always,exit -S all -F pid={pid} -F key={key}",
        *KernelDouble(PASSWD).lines,
    ]]  # fmt: skip
    assert host.kernel.operations == ["prepend", "prepend", "delete", "delete", "message"]
    assert host.kernel.lines == KernelDouble(PASSWD).lines
    assert host.kernel.connections == 0


def test_only_some_calls(host):
    result = run(command=["true"], syscall=["openat", "execve"], limit=5, raw=True)
    assert all(" -S execve,openat " in line or " -S openat,execve " in line for _op, line in host.kernel.log[:2])
    assert all("arch=b64" in line for _op, line in host.kernel.log[:2])
    ((wanted, limit, raw),) = host.asked
    assert (wanted.may_match(result["key"].encode()), wanted.may_match(b"linux-audit-trace.1.1")) == (True, False)
    assert (limit, raw) == (5, True)


def test_calls_of_the_command_and_its_children_from_its_execution_on(host, monkeypatch):
    host.truncated = True
    pids = []
    real = os.fork
    monkeypatch.setattr(os, "fork", lambda: pids.append(real()) or pids[-1])

    def found(log, wanted, limit, with_text):
        (pid,) = pids
        calls = [
            call("read", pid=pid), call("execve", pid=pid), call("openat", pid=pid), call("openat", pid=9, ppid=pid),
            call("openat", pid=9, ppid=8),
        ]  # fmt: skip
        return SearchResult(calls, True, 0)

    monkeypatch.setattr(trace_module, "search", found)
    result = run(command=["/bin/true"])
    assert [(one["syscall"]["name"], one["subject"].get("ppid")) for one in result["calls"]] == [
        ("execve", None), ("openat", None), ("openat", result["pid"]),
    ]  # fmt: skip
    assert result["truncated"] is True


def test_a_process_is_watched_as_long_as_it_runs(host):
    with subprocess.Popen(["sleep", "60"]) as process:
        host.events = [call("read", pid=process.pid), call("execve", pid=process.pid), call("read", pid=3)]
        began = time.monotonic()
        result = run(pid=process.pid, duration=1)
        assert 0.9 < time.monotonic() - began < 20
        assert (result["changed"], result["pid"], "result" in result) == (False, process.pid, False)
        assert [one["syscall"]["name"] for one in result["calls"]] == ["read", "execve"]
        began = time.monotonic()
        # A process that has ended remains a zombie until its parent waits for it.
        host.kernel.before = {host.kernel.requests + 1: lambda: (process.kill(), process.wait())}
        assert not run(pid=process.pid, duration=60).get("failed")
        assert time.monotonic() - began < 30
    assert host.kernel.lines == []


def test_a_command_that_takes_too_long_is_killed_with_all_that_it_started(host):
    result = run(command=["sh", "-c", "sleep 60 & echo $!; wait"], duration=1)
    assert result["result"]["timed_out"] is True
    assert result["result"]["rc"] == -signal.SIGKILL
    child = int(result["result"]["stdout"])
    until = time.monotonic() + 20
    while os.path.exists(f"/proc/{child}/stat") and time.monotonic() < until:
        with open(f"/proc/{child}/stat") as file:
            if file.read().rpartition(")")[2].split()[0] == "Z":
                break
        time.sleep(0.01)
    else:
        assert not os.path.exists(f"/proc/{child}/stat")
    assert host.kernel.lines == []


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("fault", [errno.ENOMEM, Fault.NOT_HEARD])
def test_whichever_request_fails_the_command_is_killed(host, tmp_path, number, fault):
    """Before its rules exist, the command does not run at all. A removal that fails is tried once more."""
    host.kernel.fail(number, fault)
    result = run(command=["touch", str(tmp_path / "ran")])
    assert result.get("failed", False) is (number < 2), result
    assert host.kernel.lines == []
    assert (tmp_path / "ran").exists() is (number >= 2)
    assert host.kernel.connections == 0


def test_a_rule_that_somebody_else_has_deleted_is_gone(host):
    host.kernel.before = {2: lambda: host.kernel.held.pop(0)}
    assert not run(command=["true"]).get("failed")
    assert host.kernel.lines == []


def test_rules_of_traces_that_were_killed_are_removed(host):
    host.start(LEFT, PASSWD)
    assert run(command=["true"], check=True)["removed"] == 1
    assert host.kernel.log == []
    assert run(command=["true"])["removed"] == 1
    assert host.kernel.lines == KernelDouble(PASSWD).lines


def test_keys_of_killed_traces_are_known():
    own = trace_key()
    assert not is_left_over([own])
    assert not is_left_over(["linux-audit-trace", "x", own + "x"])
    assert is_left_over(["x", own.rpartition(".")[0] + ".1"])
    assert is_left_over([f"linux-audit-trace.{1 << 30}.5"])


def test_a_signal_leaves_no_rules(host):
    """The module ends with the status of the signal."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    host.kernel.before = {1: lambda: os.kill(os.getpid(), signal.SIGTERM)}
    with pytest.raises(SystemExit) as ended:
        trace_module.trace({"command": ["sleep", "60"], "chdir": None, "syscall": None, "duration": 60},
                           trace_module.Host(), False)  # fmt: skip
    assert ended.value.code == 128 + signal.SIGTERM
    assert host.kernel.lines == []
    assert {number: signal.getsignal(number) for number in before} == before


@pytest.mark.parametrize(
    ("prepare", "part"),
    [
        (lambda host: setattr(host.kernel, "enabled", 2), "immutable until the next boot"),
        (lambda host: setattr(host.kernel, "enabled", 0), "auditing is off"),
        (lambda host: setattr(host.kernel, "pid", 0), "no audit daemon runs"),
        (lambda host: host.start("-a never,task"), "the rule -a never,task keeps the kernel from recording"),
        (lambda host: setattr(host.kernel, "unreachable", errno.ECONNREFUSED), "audit=0"),
    ],
)
def test_where_nothing_can_be_traced(host, tmp_path, prepare, part):
    prepare(host)
    for check in (True, False):
        result = run(check, command=["touch", str(tmp_path / "ran")])
        assert part in result["msg"]
    assert host.kernel.log == []
    assert not (tmp_path / "ran").exists()


def test_narrower_task_rules_do_not_prevent_a_trace(host):
    host.start("-a never,task -F uid=1", "-a always,task")
    assert not run(command=["true"]).get("failed")


@pytest.mark.parametrize(
    ("params", "part"),
    [
        ({}, "one of the following is required"),
        ({"command": ["id"], "pid": 1}, "mutually exclusive"),
        ({"command": []}, "command is empty"),
        ({"command": [""]}, "command is empty"),
        ({"command": ["id"], "duration": 0}, "duration must be 1 second or more"),
        ({"command": ["id"], "limit": -1}, "limit 0 (no limit)"),
        ({"pid": 0}, "there is no process 0"),
        ({"pid": 1 << 30}, "there is no process"),
        ({"pid": 1, "chdir": "/etc"}, "chdir can only be used with command"),
        ({"command": ["no-such-program"]}, "there is no program no-such-program"),
        ({"command": ["/etc/passwd"]}, "/etc/passwd is not an executable program"),
        ({"command": ["./etc"], "chdir": "/"}, "./etc is not an executable program"),
        ({"command": ["id"], "syscall": ["opennat"]}, "opennat"),
    ],
)
def test_what_is_refused(host, params, part):
    result = run(**params)
    assert result["failed"]
    assert part in result["msg"]
    assert host.kernel.log == []


@pytest.mark.parametrize(
    ("command", "chdir"),
    [(["./tool"], "work"), (["work/tool"], ""), (["{}/work/tool"], None), (["../work/tool"], "work")],
)
def test_programs_by_their_path(host, tmp_path, command, chdir):
    """A relative path is searched in the working directory of the command."""
    (tmp_path / "work").mkdir()
    tool = tmp_path / "work" / "tool"
    tool.write_text(f"#!{sys.executable}\nprint('tool')\n")
    tool.chmod(0o755)
    directory = None if chdir is None else str(tmp_path / chdir)
    result = run(command=[word.format(tmp_path) for word in command], **({"chdir": directory} if directory else {}))
    assert result["result"]["stdout"] == "tool\n", result


def test_the_command_reports_a_missing_working_directory(host):
    result = run(command=["true"], chdir="/no/such")
    assert (result["result"]["rc"], "No such file or directory" in result["result"]["stderr"]) == (127, True)
    assert host.kernel.lines == []


def test_the_wait_for_a_daemon_that_does_not_log_ends(host):
    host.logs = False
    result = run(command=["true"])
    assert "the log does not have the kernel's records after" in result["msg"]
    assert host.kernel.lines == []
    host.log_file.unlink()
    assert str(host.log_file) in run(command=["true"])["msg"]


def test_records_that_were_lost_meanwhile_are_counted(host):
    host.kernel.lost = 5
    host.kernel.before = {2: lambda: setattr(host.kernel, "lost", 9)}
    assert run(command=["true"])["lost"] == 4


@pytest.mark.parametrize("fault", [errno.ENOBUFS, errno.EPERM, Fault.NOT_HEARD, Fault.ANSWER_LOST])
@pytest.mark.parametrize("number", [2, 3])
def test_a_deletion_that_fails_is_tried_again_and_costs_no_rule_of_others(host, monkeypatch, number, fault):
    """The undo of a failed deletion once deleted every rule of the host, and said that nothing had changed."""
    monkeypatch.setattr(kernel_module, "_TIMEOUT", 0.1)
    host.start(PASSWD)
    host.kernel.fail(number, fault)
    result = run(command=["true"])
    assert not result.get("failed"), result
    assert host.kernel.lines == KernelDouble(PASSWD).lines


def test_rules_that_cannot_be_deleted_are_named(host):
    host.start(PASSWD)
    host.kernel.faults = dict.fromkeys(range(2, 50), errno.ENOBUFS)
    result = run(command=["true"])
    assert result["failed"]
    assert "rules of this trace may be left in the kernel, with the key " + trace_key() in result["msg"]
    assert set(KernelDouble(PASSWD).lines) < set(host.kernel.lines)
