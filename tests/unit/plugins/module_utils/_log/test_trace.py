# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traces of real processes, without root: a kernel in memory holds the rules and records what a test chooses."""

import errno
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

import log_stand_ins
from ansible_collections.linux.audit.plugins.module_utils._kernel import lock
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import (
    KernelError,
    KernelRule,
    Status,
)
from ansible_collections.linux.audit.plugins.module_utils._log import files as log_files
from ansible_collections.linux.audit.plugins.module_utils._log import trace as trace_module
from ansible_collections.linux.audit.plugins.module_utils._log.trace import TraceError, is_left_over, trace, trace_key
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from ansible_collections.linux.audit.plugins.modules import audit_trace
from kernel_double import requested
from running import run_module
from strategies import HOST

OTHER = "-a always,exit -F path=/etc/passwd -F perm=wa -F key=a"


def rule(line):
    return parse_line(line, HOST).rule


class Kernel:
    """Holds rules; with each message it logs the ``calls`` of the process that its rules are for."""

    def __init__(self, log):
        self.log, self.held, self.done, self.calls, self.silent = log, [rule(OTHER)], [], None, False
        self.settings = {"enabled": 1, "pid": 7}
        self.lost, self.problems, self.when = [3] * 30, {}, {}
        self.serial = 100

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        pass

    def status(self):
        lost = self.lost.pop(0)
        return Status(**(dict.fromkeys(Status._fields, 0) | self.settings | {"lost": lost}))

    def rules(self):
        return [KernelRule(held, wire.encode(held)) for held in self.held]

    def _do(self, what, changed):
        self.done.append((what, render(changed, "x86_64")))
        number = sum(1 for done, _line in self.done if done == what)
        if (what, number) in self.when:
            self.when[what, number]()
        return self.problems.get((what, number))

    def request_all(self, requests):
        refused = {}
        for place, request in enumerate(requests):
            operation, changed = requested(*request)
            problem = self._do("add" if operation == "prepend" else operation, changed)
            if problem:
                refused[place] = problem
            elif operation == "prepend":
                self.held.insert(0, changed)
            else:
                self.held.remove(changed)
        return refused

    def message(self, text):
        self.done.append(("message", text))
        if self.silent:
            return
        with self.log.open("a") as file:
            for record in self.records() + [f"type=USER msg=audit({{}}): pid=1 uid=0 msg='text={text} res=success'\n"]:
                self.serial += 1
                file.write(record.format(f"{time.time():.3f}:{self.serial}"))

    @property
    def lines(self):
        return [line for what, line in self.done if what == "add"]

    def records(self):
        """The records of the calls, by default one ``execve`` of the traced process."""
        key = self.lines[-1].rpartition("=")[2] if self.lines else ""
        watched = int(self.lines[0].partition("-F pid=")[2].split()[0]) if self.lines else 0
        calls = [(59, watched, 1)] if self.calls is None else self.calls
        return [
            f"type=SYSCALL msg=audit({{}}): arch=c000003e syscall={number} success=yes exit=0 a0=0 a1=0 a2=0 a3=0 "
            f'ppid={ppid or watched} pid={pid or watched} auid=0 uid=0 comm="x" exe="/bin/x" key="{key}"\n'
            for number, pid, ppid in calls
        ]


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    """The kernel, a log of its own, and stand-ins for ausearch and libauparse."""
    log = tmp_path / "audit.log"
    log.write_text("")
    (tmp_path / "auditd.conf").write_text(f"log_file = {log}\n")
    monkeypatch.setattr(log_files, "_CONFIGURATION", str(tmp_path / "auditd.conf"))
    monkeypatch.setattr(lock, "_LOCK_FILES", (str(tmp_path / "lock"),))
    (tmp_path / "bin").mkdir()
    log_stand_ins.put_ausearch(tmp_path / "bin", monkeypatch)
    log_stand_ins.put_library(monkeypatch)
    kernel = Kernel(log)
    monkeypatch.setattr(trace_module, "Kernel", lambda: kernel)
    return kernel


@pytest.fixture
def run(kernel):
    """run(check_mode, **parameters): what the module returns; only the rules that were there before are there after."""

    def run(check_mode=False, **parameters):
        result = run_module(audit_trace.main, parameters, check=check_mode)
        result.pop("invocation", None)
        return result

    return run


def parameters(**given):
    defaults = {"command": None, "chdir": None, "pid": None, "duration": 30, "syscall": None, "limit": 0, "raw": False}
    return defaults | given


def gone(pid):
    """Whether a process has ended; a zombie counts as ended."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def await_end(pid):
    until = time.monotonic() + 20
    while not gone(pid):
        assert time.monotonic() < until, f"process {pid} is still there"
        time.sleep(0.01)


@pytest.fixture
def sleeper():
    """A process that sleeps until it is killed."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


def ticks(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]


def test_the_key_names_the_process():
    """By its pid and its start time, because pids are reused."""
    assert trace_key() == f"linux-audit-trace.{os.getpid()}.{ticks(os.getpid())}"


def test_the_name_of_a_process_may_contain_any_character():
    """Even the character that ends the name in /proc."""
    path, key = pathlib.Path("/proc/self/comm"), trace_key()
    name = path.read_text()
    try:
        path.write_text("a) 1 2 (b")
        assert trace_key() == key
    finally:
        path.write_text(name.strip())


@pytest.mark.parametrize(
    ("keys", "left"),
    [
        ([], False),
        (["other"], False),
        (["linux-audit-trace.{pid}.{ticks}"], False),
        (["linux-audit-trace.{pid}.1"], True),
        (["linux-audit-trace.{pid}.{ticks}0"], True),
        (["linux-audit-trace.4194305.{ticks}"], True),
        (["other", "linux-audit-trace.4194305.1"], True),
        (["linux-audit-trace.4194305.1", "other"], True),
        (["linux-audit-trace.4194305.None"], False),
        (["linux-audit-trace.4194305"], False),
        (["xlinux-audit-trace.4194305.1"], False),
        (["linux-audit-trace.4194305.1x"], False),
        (["linux-audit-traces4194305.1"], False),
        (["linux-audit-trace.4194305.1.end"], False),
    ],
)
def test_keys_of_killed_traces_are_known(keys, left):
    """Rules of a process that has ended, even if another process has its pid."""
    keys = [key.format(pid=os.getpid(), ticks=ticks(os.getpid())) for key in keys]
    assert is_left_over(keys) is left


def test_a_command(run, kernel):
    """Rules for it and its children exist before its program is executed, and are removed after it."""
    result = run(command=["/bin/sh", "-c", "echo out; echo err >&2; exit 3"])
    assert result["result"] == {"rc": 3, "stdout": "out\n", "stderr": "err\n", "timed_out": False}
    pid, key = result["pid"], result["key"]
    assert key == trace_key()
    assert kernel.lines == [f"-a always,exit -S all -F {field}={pid} -F key={key}" for field in ("pid", "ppid")]
    assert [what for what, _line in kernel.done] == ["add", "add", "delete", "delete", "message"]
    assert kernel.done[-1] == ("message", f"{key}.end")
    assert [held.rule for held in kernel.rules()] == [rule(OTHER)]
    (call,) = result["calls"]
    assert (call["syscall"]["name"], call["subject"]["pid"], call["keys"]) == ("execve", pid, [key])
    assert "text" not in call
    assert (result["changed"], result["truncated"], result["lost"], result["removed"]) == (True, False, 0, 0)
    assert gone(pid)


def test_the_command_waits_for_its_rules(run, kernel, tmp_path):
    """No call of the command is missed."""
    kernel.when["add", 2] = lambda: seen.append((tmp_path / "made").exists())
    seen = []
    run(command=["/bin/touch", str(tmp_path / "made")])
    assert seen == [False]
    assert (tmp_path / "made").exists()


def test_rules_for_some_calls(run, kernel):
    """The 64-bit calls."""
    result = run(command=["/bin/true"], syscall=["openat", "0"])
    assert kernel.lines[0] == (
        f"-a always,exit -F arch=b64 -S read,openat -F pid={result['pid']} -F key={result['key']}"
    )


def test_the_environment_of_a_command(run, tmp_path):
    """No input, a session of its own, the directory, no signal that this process ignores."""
    script = (
        "import os, signal, sys; print([sys.stdin.read(), os.getsid(0) == os.getpid(), os.getcwd(), "
        "[signal.getsignal(n) == signal.SIG_DFL for n in (signal.SIGTERM, signal.SIGHUP)], sys.argv[1:]])"
    )
    result = run(command=[sys.executable, "-IS", "-c", script, "a b"], chdir=str(tmp_path))
    assert result["result"]["stdout"] == f"{['', True, str(tmp_path), [True, True], ['a b']]}\n"


@pytest.mark.parametrize(("name", "rc"), [("TERM", -15), ("KILL", -9)])
def test_a_command_that_a_signal_ends(run, name, rc):
    """The exit status is the negative number of the signal."""
    result = run(command=["/bin/sh", "-c", f"kill -{name} $$"])
    assert result["result"]["rc"] == rc
    assert result["result"]["timed_out"] is False


def test_a_command_that_takes_too_long(run, tmp_path):
    """The command and its children are killed; its output is returned, and no rule is left."""
    result = run(command=["/bin/sh", "-c", "echo begun; sleep 600 & echo $!; wait"], duration=1)
    begun, child = result["result"]["stdout"].split()
    assert (begun, result["result"]["rc"], result["result"]["timed_out"]) == ("begun", -9, True)
    await_end(int(child))


def test_64_kibibytes_of_the_output_are_returned(run):
    """The first 64 KiB are returned, even bytes that are not text."""
    result = run(command=["/bin/sh", "-c", "printf '\\377'; head -c 70000 /dev/zero | tr '\\0' x"])
    assert result["result"]["stdout"] == "\\xff" + "x" * 65535


@pytest.fixture
def programs(tmp_path):
    """A directory with a program, a file that is not executable, and a directory."""
    program = tmp_path / "tools" / "program"
    (tmp_path / "tools" / "directory").mkdir(parents=True)
    program.write_text('#!/bin/sh\necho "$0"\n')
    program.chmod(0o755)
    (tmp_path / "tools" / "file").write_text("x")
    return tmp_path


@pytest.mark.parametrize(
    ("command", "chdir", "shown"),
    [
        ("{}/tools/program", None, "{}/tools/program"),
        ("./program", "{}/tools", "{}/tools/./program"),
        ("tools/program", "{}", "{}/tools/program"),
        ("{}/tools/program", "/", "{}/tools/program"),
    ],
)
def test_where_a_program_is_found(run, programs, command, chdir, shown):
    """A relative path starts from the working directory of the command."""
    given = {} if chdir is None else {"chdir": chdir.format(programs)}
    assert run(command=[command.format(programs)], **given)["result"]["stdout"] == shown.format(programs) + "\n"


def test_a_path_from_here(run, programs, monkeypatch):
    """Without chdir, a relative path starts from the working directory of this process."""
    monkeypatch.chdir(programs)
    assert run(command=["tools/program"])["result"]["stdout"] == "tools/program\n"


def test_a_name_is_searched_on_the_path(run, programs, monkeypatch):
    """The usual directories are searched too."""
    monkeypatch.setenv("PATH", str(programs / "tools"))
    assert run(command=["program"])["result"]["rc"] == 0
    assert run(command=["true"])["result"]["rc"] == 0
    monkeypatch.delenv("PATH")
    assert run(command=["true"])["result"]["rc"] == 0


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("no-such-program", "there is no program no-such-program"),
        ("{}/tools/none", "/tools/none is not an executable program"),
        ("{}/tools/file", "/tools/file is not an executable program"),
        ("{}/tools/directory", "/tools/directory is not an executable program"),
    ],
)
def test_a_file_that_cannot_be_executed_is_refused(run, kernel, programs, command, part):
    """The command is refused before any rule is added, also in check mode."""
    for check in (False, True):
        result = run(check_mode=check, command=[command.format(programs)])
        assert part in result["msg"]
    assert kernel.done == []


def test_a_program_that_cannot_be_executed_after_all(run, programs):
    """A script whose interpreter is missing: the exit status is 127, as in a shell."""
    (programs / "tools" / "program").write_text("#!/no/such/interpreter\n")
    result = run(command=[str(programs / "tools" / "program")])
    assert result["result"]["rc"] == 127
    assert result["result"]["stderr"] == f"{programs}/tools/program: No such file or directory"


def test_a_missing_working_directory(run, kernel, tmp_path, monkeypatch):
    """The command does not run elsewhere, and no rule is left."""
    monkeypatch.chdir(tmp_path)
    result = run(command=["/bin/touch", "made"], chdir=str(tmp_path / "none"))
    assert result.get("failed") or result["result"]["rc"] == 127
    assert not (tmp_path / "made").exists()
    assert [held.rule for held in kernel.rules()] == [rule(OTHER)]


def test_a_process(run, kernel, sleeper):
    """The process is watched for the duration, and not harmed."""
    result = run(pid=sleeper.pid, duration=1)
    assert (result["pid"], result["changed"]) == (sleeper.pid, False)
    assert "result" not in result
    assert kernel.lines[0].startswith(f"-a always,exit -S all -F pid={sleeper.pid} ")
    assert [held.rule for held in kernel.rules()] == [rule(OTHER)]
    assert len(result["calls"]) == 1
    assert sleeper.poll() is None


def test_the_trace_ends_with_its_process(run, kernel, sleeper):
    """Another process may soon have its pid."""

    def end():
        sleeper.kill()
        sleeper.wait()

    kernel.when["add", 2] = end
    began = time.monotonic()
    assert run(pid=sleeper.pid, duration=300)["pid"] == sleeper.pid
    assert time.monotonic() - began < 60
    assert [held.rule for held in kernel.rules()] == [rule(OTHER)]


def test_calls_of_others_are_left_out(run, kernel, sleeper):
    """The calls of children are returned."""
    kernel.calls = [(0, None, 1), (1, 4711, None), (2, 4712, 4711), (3, None, 1)]
    calls = run(pid=sleeper.pid, duration=1)["calls"]
    assert [call["syscall"]["name"] for call in calls] == ["read", "write", "close"]


def test_calls_before_the_program_are_left_out(run, kernel):
    """They are the module's own calls before the execve."""
    kernel.calls = [(0, None, 1), (1, None, 1), (59, None, 1), (2, None, 1), (59, None, 1)]
    calls = run(command=["/bin/true"])["calls"]
    assert [call["syscall"]["name"] for call in calls] == ["execve", "open", "execve"]
    kernel.done.clear()
    kernel.calls = [(0, None, 1), (322, None, 1)]
    assert [call["syscall"]["name"] for call in run(command=["/bin/true"])["calls"]] == ["execveat"]
    kernel.done.clear()
    kernel.calls = [(0, None, 1)]
    assert [call["syscall"]["name"] for call in run(command=["/bin/true"])["calls"]] == ["read"]


def test_limits_and_records(run, kernel):
    """The first calls, whether there are more, and the records with raw: true."""
    kernel.calls = [(59, None, 1), (1, None, 1), (2, None, 1)]
    result = run(command=["/bin/true"], limit=2, raw=True)
    assert ([call["syscall"]["name"] for call in result["calls"]], result["truncated"]) == (["execve", "write"], True)
    assert result["calls"][0]["text"][0].startswith("type=SYSCALL msg=audit(")
    kernel.done.clear()
    kernel.log.write_text("")
    assert run(command=["/bin/true"], limit=3)["truncated"] is False


def test_what_was_recorded_before_is_not_read(run, kernel):
    """Even if an earlier process had the same pid."""
    key = trace_key()
    old = f'type=SYSCALL msg=audit({time.time() - 60:.3f}:5): arch=c000003e syscall=1 ppid=1 pid=1 key="{key}"\n'
    kernel.log.write_text(old)
    kernel.calls = [(59, None, 1)]
    assert [call["syscall"]["name"] for call in run(command=["/bin/true"])["calls"]] == ["execve"]


@pytest.mark.parametrize(("lost", "told"), [([3, 8], 5), ([3, 3], 0), ([8, 3], 0)])
def test_lost_records(run, kernel, lost, told):
    """Only records lost during the trace count; the counter may be reset meanwhile."""
    # Read to check that auditing is on, then before and after the trace.
    kernel.lost = [100, *lost]
    assert run(command=["/bin/true"])["lost"] == told


def test_rules_of_runs_that_were_killed(run, kernel):
    """They are removed and counted before the trace; rules of running traces stay."""
    left = "-a always,exit -S all -F {} -F key=linux-audit-trace.4194305.1"
    ours = f"-a always,exit -S all -F pid=1 -F key=linux-audit-trace.{os.getppid()}.{ticks(os.getppid())}"
    kernel.held += [rule(left.format("pid=1")), rule(ours), rule(left.format("ppid=1"))]
    result = run(check_mode=True, command=["/bin/true"])
    assert result == {
        "key": trace_key(), "calls": [], "truncated": False, "lost": 0, "removed": 2, "changed": True,
    }  # fmt: skip
    assert kernel.done == []
    result = run(command=["/bin/true"])
    assert result["removed"] == 2
    assert [what for what, _line in kernel.done] == ["delete", "delete", "add", "add", "delete", "delete", "message"]
    assert [held.rule for held in kernel.rules()] == [rule(OTHER), rule(ours)]


def test_check_mode_of_a_process_is_no_change(run, sleeper):
    """Because no command would run."""
    assert run(check_mode=True, pid=sleeper.pid)["changed"] is False


def test_somebody_else_deletes_a_rule(run, kernel):
    """The rule is gone, as it should be."""
    kernel.problems["delete", 1] = errno.ENOENT
    assert run(command=["/bin/true"])["result"]["rc"] == 0
    assert [what for what, _line in kernel.done].count("delete") == 2


def test_a_rule_that_cannot_be_deleted(run, kernel):
    """The error names the rule, and the command has ended."""
    kernel.problems.update((("delete", number), errno.EPERM) for number in range(1, 9))
    result = run(command=["/bin/true"])
    assert result["failed"] is True
    assert "the kernel refuses to delete the audit rule" in result["msg"]


def test_a_rule_that_is_refused(run, kernel, tmp_path):
    """The command is never released, and the added rules are removed."""
    kernel.problems["add", 2] = errno.EINVAL
    result = run(command=["/bin/touch", str(tmp_path / "made")])
    assert "the kernel refuses to add the audit rule" in result["msg"]
    assert [held.rule for held in kernel.rules()] == [rule(OTHER)]
    pid = int(kernel.lines[0].partition("-F pid=")[2].split()[0])
    _pid, status = os.waitpid(pid, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_no_rules(kernel, number):
    """No rules, no command, the old handlers; the process ends by the signal."""
    handlers = [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)]
    kernel.when["add", 2] = lambda: os.kill(os.getpid(), number)
    with pytest.raises(SystemExit) as ended:
        trace(parameters(command=["/bin/sleep", "600"]), HOST, False)
    assert ended.value.code == 128 + number
    assert [held.rule for held in kernel.rules()] == [rule(OTHER)]
    assert [signal.getsignal(one) for one in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)] == handlers
    pid = int(kernel.lines[0].partition("-F pid=")[2].split()[0])
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGKILL


def test_a_signal_while_rules_are_removed_waits(kernel):
    """The removal is not interrupted."""
    kernel.when["delete", 1] = lambda: os.kill(os.getpid(), signal.SIGTERM)
    handler = signal.getsignal(signal.SIGTERM)
    trace(parameters(command=["/bin/true"]), HOST, False)
    assert [held.rule for held in kernel.rules()] == [rule(OTHER)]
    assert signal.getsignal(signal.SIGTERM) is handler


def test_handlers_are_put_back_though_rules_cannot_be_removed(kernel):
    """The old handlers are back."""
    handler = signal.getsignal(signal.SIGTERM)
    kernel.problems.update((("delete", number), errno.EPERM) for number in range(1, 9))
    with pytest.raises(
        TraceError, match="rules of this trace may be left in the kernel, .* refuses to delete the audit rule"
    ):
        trace(parameters(command=["/bin/true"]), HOST, False)
    assert signal.getsignal(signal.SIGTERM) is handler


@pytest.mark.parametrize(
    ("settings", "line", "part"),
    [
        ({"enabled": 2}, None, "immutable until the next boot"),
        ({"enabled": 0}, None, "auditing is off"),
        ({"pid": 0}, None, "no audit daemon runs"),
        ({}, "-a never,task", "the rule -a never,task keeps the kernel from recording"),
    ],
)
def test_where_nothing_can_be_traced(run, kernel, settings, line, part):
    """Nothing is changed, and nothing runs."""
    kernel.settings |= settings
    if line:
        kernel.held.append(rule(line))
    for check in (False, True):
        result = run(check_mode=check, command=["/bin/true"])
        assert part in result["msg"]
    assert kernel.done == []


@pytest.mark.parametrize("line", ["-a never,task -F auid=5", "-a always,task", "-a never,exit -S all"])
def test_rules_that_do_not_matter(run, kernel, line):
    """Rules for some processes, rules of another list, and rules that record do not prevent a trace."""
    kernel.held.append(rule(line))
    assert run(command=["/bin/true"])["result"]["rc"] == 0


def test_a_daemon_that_does_not_write(run, kernel, monkeypatch):
    """The wait ends, and the rules are already removed."""
    monkeypatch.setattr(trace_module, "_LOG_SECONDS", 0.3)
    kernel.silent = True
    result = run(command=["/bin/true"])
    said = "the log does not have the kernel's records after 0 seconds; check whether auditd writes to the log"
    assert said in result["msg"]
    assert [held.rule for held in kernel.rules()] == [rule(OTHER)]


def test_a_daemon_that_writes_late(run, kernel, monkeypatch):
    """The module waits for the daemon."""
    waited = []
    kernel.silent = True

    def sleep(seconds):
        if len(kernel.done) > 4 and not waited:
            waited.append(seconds)
            kernel.silent = False
            kernel.message(f"{trace_key()}.end")

    monkeypatch.setattr(trace_module.time, "sleep", sleep)
    assert len(run(command=["/bin/true"])["calls"]) == 1
    assert waited


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"command": ["/bin/true"], "duration": 0}, "duration must be 1 second or more"),
        ({"command": ["/bin/true"], "limit": -1}, "limit 0 (no limit)"),
        ({"command": []}, "command is empty"),
        ({"command": ["", "a"]}, "command is empty"),
        ({"pid": 0}, "there is no process 0"),
        ({"pid": -1}, "there is no process -1"),
        ({"pid": 4194305}, "there is no process 4194305"),
        ({"pid": 1, "chdir": "/"}, "chdir can only be used with command"),
        ({"pid": 1, "command": ["/bin/true"]}, "mutually exclusive"),
        ({}, "one of the following is required: command, pid"),
        ({"command": ["/bin/true"], "syscall": ["opennat"]}, "opennat"),
    ],
)
def test_what_is_refused(run, kernel, given, part):
    """Parameters are refused before anything is changed."""
    result = run(**given)
    assert result["failed"] is True
    assert part in result["msg"]
    assert kernel.done == []


def test_errors_of_the_kernel_and_of_the_system(run, monkeypatch):
    """The message of the error is the message of the module."""

    def refuse(problem):
        def kernel():
            raise problem

        monkeypatch.setattr(trace_module, "Kernel", kernel)
        return run(command=["/bin/true"])["msg"]

    assert refuse(KernelError("no audit")) == "no audit"
    assert refuse(OSError(errno.EMFILE, os.strerror(errno.EMFILE))) == "Too many open files"
    assert refuse(OSError(errno.EACCES, os.strerror(errno.EACCES), "/x")) == "/x: Permission denied"
