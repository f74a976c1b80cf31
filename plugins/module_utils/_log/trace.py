# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record the system calls of a command or process, with rules that exist only while it is traced.

autrace(8) needs all other rules to be deleted. Here, rules for the process and for its children are put before all
others. Their key names the process that added them, so the next trace can recognise the rules of a killed trace and
remove them.
"""

import os
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from typing import IO, Any, ContextManager, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._host.host import Host
from .._host.processes import start_time
from .._kernel.netlink import IMMUTABLE, Kernel
from .._policy.options import Options
from .._policy.transition import exclusive
from ..rules.errors import AuditError
from ..rules.model import Rule
from ..rules.structure import parse_structure
from .files import Log
from .query import ARGUMENTS, query
from .search import search
from .temporary_rules import ENDING_SIGNALS, has_ended, own_key, remove_rules, rules_in_place

__all__ = ("TraceError", "check_parameters", "is_left_over", "trace", "trace_key")

_KEY = "linux-audit-trace"
# How long the daemon may take to write what the kernel has recorded.
_LOG_SECONDS = 30.0
# How much of a command's output is returned.
_OUTPUT_BYTES = 1 << 16


class TraceError(AuditError):
    """The trace is not possible, or has failed. If rules of it may be left in the kernel, the message says that."""


class EndedCommand(NamedTuple):
    """How a command ended: its process, its exit status (negative: the signal that killed it), its output."""

    pid: int
    rc: Optional[int]
    stdout: str
    stderr: str
    timed_out: bool


def trace_key() -> str:
    """The key of the rules that this process adds."""
    return own_key(_KEY)


def is_left_over(keys: Sequence[str]) -> bool:
    """Whether a rule with these keys belongs to a trace whose process has ended."""
    return has_ended(_KEY, keys)


def _rules(pid: int, syscalls: Sequence[str], key: str, host: Host) -> List[Rule]:
    """The rules for a process and for its children."""
    rules: List[Rule] = []
    for field in ("pid", "ppid"):
        structure: Dict[str, Any] = {"fields": [f"{field}={pid}"], "keys": [key]}
        if syscalls:
            structure.update(arch=["b64"], syscalls=list(syscalls))
        else:
            structure["syscalls"] = ["all"]
        rules += [statement.rule for statement in parse_structure(structure, host)]
    return rules


def _check(kernel: Kernel) -> None:
    """Check that rules can be added, and that they record something. Raises TraceError."""
    status = kernel.status()
    if status.enabled == IMMUTABLE:
        raise TraceError(
            "the audit system is immutable until the next boot (enabled 2), so no rule can be added for a trace; add "
            "rules for what you look for to the files of rules.d and reboot, or search what is already recorded "
            "(audit_search with pid or executable)"
        )
    if not status.enabled:
        raise TraceError("auditing is off (enabled 0), so nothing is recorded; turn it on with audit_control")
    if not status.pid:
        raise TraceError("no audit daemon runs, so nothing is written to the log; start auditd")
    for held in kernel.rules():
        rule = held.rule
        if rule.list == "task" and rule.action == "never" and not rule.fields:
            raise TraceError(
                "the rule -a never,task keeps the kernel from recording the system calls of new processes; delete the "
                "rule, and trace a process that is started after that"
            )


def _in_place(kernel: Kernel, rules: Sequence[Rule], key: str) -> ContextManager[None]:
    """Put rules before all others during the block; also remove them if a signal ends the process."""

    def failed(error: Exception) -> TraceError:
        return TraceError(
            f"rules of this trace may be left in the kernel, with the key {key}: {error}. They record calls of "
            "this process alone, and the next trace deletes them"
        )

    def connect() -> Kernel:
        return Kernel()

    return rules_in_place(kernel, rules, "prepend", lambda keys: key in keys, connect, failed)


class _Command:
    """A started command; it waits for release() before it executes its program."""

    def __init__(self, command: Sequence[str], directory: Optional[str]) -> None:
        program = _program(command[0], directory)
        self._files: Tuple[IO[bytes], IO[bytes]] = (tempfile.TemporaryFile(), tempfile.TemporaryFile())  # noqa: SIM115  # closed by wait()
        reader, self._gate = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(reader)
            return
        try:
            os.close(self._gate)
            os.setsid()
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            for number, file in enumerate(self._files, 1):
                os.dup2(file.fileno(), number)
            if directory:
                os.chdir(directory)
            for number in (*ENDING_SIGNALS, signal.SIGPIPE):
                signal.signal(number, signal.SIG_DFL)
            # If the parent has ended meanwhile, nobody waits for the trace.
            if not os.read(reader, 1):
                os._exit(1)
            os.execv(program, list(command))
        except OSError as error:
            os.write(2, f"{program}: {error.strerror}".encode("utf-8", "surrogateescape"))
        finally:
            os._exit(127)

    def release(self) -> None:
        """Let the program be executed."""
        # A child that could not change its directory has already ended, and has printed why.
        with suppress(BrokenPipeError):
            os.write(self._gate, b"1")
        os.close(self._gate)

    def kill(self) -> None:
        """Kill the command, and every process of its group."""
        for function in (os.killpg, os.kill):
            with suppress(ProcessLookupError):
                function(self.pid, signal.SIGKILL)

    def wait(self, seconds: int) -> EndedCommand:
        """Wait until the command ends; kill it if it takes too long."""
        until = time.monotonic() + seconds
        timed_out = False
        while True:
            done, status = os.waitpid(self.pid, os.WNOHANG)
            if done:
                break
            if time.monotonic() > until and not timed_out:
                timed_out = True
                self.kill()
            time.sleep(0.05)
        rc = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        texts = []
        for file in self._files:
            file.seek(0)
            texts.append(file.read(_OUTPUT_BYTES).decode("utf-8", "surrogateescape"))
            file.close()
        return EndedCommand(self.pid, rc, texts[0], texts[1], timed_out)


def _program(name: str, directory: Optional[str]) -> str:
    """The path of a program: with the path, its first execve succeeds. Raises TraceError."""
    if "/" in name:
        path = os.path.join(directory or "", name)
        if not os.access(path, os.X_OK) or os.path.isdir(path):
            raise TraceError(f"{name} is not an executable program")
        return name if os.path.isabs(name) or not directory else os.path.join(directory, name)
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/sbin:/usr/sbin:/bin:/usr/bin")
    if found is None:
        raise TraceError(f"there is no program {name}")
    return found


def _run_command(kernel: Kernel, parameters: Mapping[str, Any], key: str, host: Host) -> EndedCommand:
    command = _Command(parameters["command"], parameters["chdir"])
    try:
        rules = _rules(command.pid, parameters["syscall"] or (), key, host)
        with _in_place(kernel, rules, key):
            command.release()
            return command.wait(parameters["duration"])
    except BaseException:
        command.kill()
        raise


def _watch(kernel: Kernel, parameters: Mapping[str, Any], key: str, host: Host) -> None:
    pid = parameters["pid"]
    began = start_time(pid)
    until = time.monotonic() + parameters["duration"]
    with _in_place(kernel, _rules(pid, parameters["syscall"] or (), key, host), key):
        while time.monotonic() < until and start_time(pid) == began:
            time.sleep(min(0.2, max(0.0, until - time.monotonic())))


def _wait_for_log(kernel: Kernel, key: str, began: float, host: Host) -> None:
    """Wait until the daemon has written everything that the kernel recorded, up to a message that is recorded now."""
    text = f"{key}.end"
    kernel.message(text)
    until = time.monotonic() + _LOG_SECONDS
    while time.monotonic() < until:
        with Log(None) as log:
            for part in log.parts(began):
                if any(text.encode("ascii") in line for _offset, line in part.lines()):
                    return
        time.sleep(0.2)
    raise TraceError(
        f"the log does not have the kernel's records after {_LOG_SECONDS:.0f} seconds; check whether auditd writes to "
        "the log (write_logs, log_format, space left on the disk). The rules of the trace are removed"
    )


def _calls(
    key: str, pid: int, began: float, parameters: Mapping[str, Any], host: Host
) -> Tuple[List[Dict[str, Any]], bool]:
    asked = dict.fromkeys(ARGUMENTS)
    asked.update(key=[key], exact=True, message_type=["SYSCALL"])
    wanted = query(asked, host, began)._replace(start=began)
    with Log(None) as log:
        found = search(log, wanted, parameters["limit"], with_text=parameters["raw"])
    calls = [call for call in found.events if call["subject"].get("pid") == pid or call["subject"].get("ppid") == pid]
    if parameters["command"]:
        # The calls before the execve are this module's own.
        names = [call["syscall"]["name"] for call in calls]
        calls = calls[next((index for index, name in enumerate(names) if name in ("execve", "execveat")), 0) :]
    return calls, found.truncated


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """Raise TraceError for invalid parameters."""
    pid, command = parameters["pid"], parameters["command"]
    if parameters["duration"] < 1 or parameters["limit"] < 0:
        raise TraceError("duration must be 1 second or more, and limit 0 (no limit) or a number of calls")
    if command is not None and (not command or not command[0]):
        raise TraceError("command is empty; it is a list of the program and its arguments")
    if pid is not None and (pid < 1 or start_time(pid) is None):
        raise TraceError(f"there is no process {pid}")
    if pid is not None and parameters["chdir"]:
        raise TraceError("chdir can only be used with command")


def trace(parameters: Mapping[str, Any], host: Host, check: bool) -> Dict[str, Any]:
    """The result of audit_trace. Raises AuditError."""
    key = trace_key()
    with Kernel() as kernel:
        _check(kernel)
        # Find invalid syscalls and programs before anything runs.
        _rules(1, parameters["syscall"] or (), key, host)
        if parameters["command"]:
            _program(parameters["command"][0], parameters["chdir"])
        if check:
            left = [held for held in kernel.rules() if is_left_over(held.rule.keys)]
            return {"key": key, "calls": [], "truncated": False, "lost": 0, "removed": len(left)}
        with exclusive(Options()):
            removed = remove_rules(kernel, is_left_over)
        lost = kernel.status().lost
        began = time.time() - 1
        if parameters["command"]:
            run: Optional[EndedCommand] = _run_command(kernel, parameters, key, host)
        else:
            run = None
            _watch(kernel, parameters, key, host)
        _wait_for_log(kernel, key, began, host)
        calls, truncated = _calls(key, run.pid if run else parameters["pid"], began, parameters, host)
        result: Dict[str, Any] = {
            "key": key,
            "pid": run.pid if run else parameters["pid"],
            "calls": calls,
            "truncated": truncated,
            "lost": max(0, kernel.status().lost - lost),
            "removed": len(removed),
        }
        if run:
            # In a dictionary of its own, because Ansible fails a task whose rc is not 0.
            result["result"] = {"rc": run.rc, "stdout": run.stdout, "stderr": run.stderr, "timed_out": run.timed_out}
        return result
