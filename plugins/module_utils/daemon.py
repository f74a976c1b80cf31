# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit daemon: which one is here, how it is run, and how it comes to run with other files.

Signals are those of auditd(8). They are sent to the process that the kernel sends its records to, so that auditd's own
record of them names who asked for it; systemd would be named otherwise, which is why many units refuse to be stopped
by it.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .files import Edit, FileError, written
from .host import Host
from .kernel import Kernel, KernelError

__all__ = ("Daemon", "DaemonError", "Done", "action_for", "find", "parse_report", "put_into_effect")

_SEARCH_PATH = "/sbin:/usr/sbin:/bin:/usr/bin:/usr/local/sbin"
_UNIT, _RULES_UNIT = "auditd.service", "audit-rules.service"
_SCRIPTS = ("/etc/init.d/auditd", "/etc/rc.d/init.d/auditd")
# Of audit 4.1.2 and newer, and of older releases.
_REPORTS = ("/run/audit/auditd.state", "/run/auditd.state", "/var/run/auditd.state")
_SYSLOGS = ("/var/log/syslog", "/var/log/messages", "/var/log/daemon.log")
_STOP_SECONDS, _START_SECONDS = 90.0, 180.0
# How long the daemon may take to do as it was told, and how long what it started has to live.
_ANSWER_SECONDS, _SETTLE_SECONDS = 10.0, 1.0
_CONFIRMATION = "config change requested"
_ENDING = "The audit daemon is exiting."
_EXIT_CODES = {
    1: "it could not be initialised",
    2: "it does not know an argument that it is started with",
    4: "it lacks privileges",
    6: "its configuration has a mistake",
}


class DaemonError(Exception):
    """The daemon did not do what was asked; the message has its own words, where it has said any."""


class Done(NamedTuple):
    """What was done: ``action`` is none, reload, start or restart.

    Process ids are 0 for a daemon that does not run. ``confirmed``: the daemon itself has said so, in the journal or
    syslog, or has started anew.
    """

    action: str
    pid_before: int
    pid_after: int
    confirmed: bool


def action_for(running: bool, need: str, start: bool = False) -> str:
    """The cheapest action after which files count that need one of none, reload, restart.

    A daemon that does not run reads them when it is started; it is only if ``start``.
    """
    if running:
        return need
    return "start" if start else "none"


class Daemon:
    """The auditd of this host, made by find().

    ``manager``: systemd, sysvinit or none, by what it is started. ``version``: of the installed release.
    ``unavailable``: why there can be none that runs, otherwise None.
    """

    def __init__(
        self,
        version: Optional[Tuple[int, ...]] = None,
        program: Optional[str] = None,
        manager: str = "none",
        unit: Optional[Dict[str, str]] = None,
        unavailable: Optional[str] = None,
    ) -> None:
        self.version = version
        self.program = program
        self.manager = manager
        self.unit = unit or {}
        self.unavailable = unavailable

    @property
    def pid(self) -> int:
        """The process that the kernel sends its records to, 0 if it has none.

        Raises DaemonError if that is another program, which can be no auditd's place.
        """
        if self.unavailable:
            return 0
        try:
            with Kernel() as kernel:
                pid = kernel.status().pid
        except KernelError as error:
            raise DaemonError(str(error)) from error
        name = _name(pid)
        if name is None:
            return 0
        if name != "auditd":
            raise DaemonError(f"the kernel sends its records to {name} (pid {pid}), which is no auditd")
        return pid

    def reload(self, plugins: Sequence[str] = ()) -> Done:
        """Have the files read again (HUP), and prove it. Raises DaemonError."""
        pid, log = self._running_pid(), _Log()
        _send(pid, signal.SIGHUP)
        confirmed = self._confirmed(log)
        self._prove(log, plugins, "was told to read its files again")
        if self.pid != pid:
            raise DaemonError(_with_words(f"auditd (pid {pid}) has ended on reading its files again", log.words()))
        return Done("reload", pid, pid, confirmed)

    def stop(self) -> int:
        """End the daemon (TERM) and wait until it has ended; its process id, or 0. Raises DaemonError."""
        pid = self.pid
        if not pid:
            return 0
        _send(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while self._is_there(pid):
            if time.monotonic() > deadline:
                raise DaemonError(f"auditd (pid {pid}) does not end, {_STOP_SECONDS:.0f} seconds after it was told to")
            time.sleep(0.05)
        return pid

    def start(self, plugins: Sequence[str] = (), rules: bool = True) -> Done:
        """Start the daemon unless it runs, and prove it.

        Without ``rules``, what else would load the rules is left out where that can be: they are in the kernel. Raises
        DaemonError.
        """
        if self.unavailable:
            raise DaemonError(self.unavailable)
        pid, log = self.pid, _Log()
        if pid:
            return Done("none", pid, pid, True)
        status, output = _run(self._start_command(rules), _START_SECONDS)
        if status:
            raise DaemonError(self._reason(log, status, output))
        return Done("start", 0, self._prove(log, plugins, "was started"), True)

    def restart(self, plugins: Sequence[str] = ()) -> Done:
        """Stop the daemon and start it, and prove it. Raises DaemonError."""
        before = self.stop()
        after = self.start(plugins, rules=not before).pid_after
        return Done("restart" if before else "start", before, after, True)

    def rotate(self) -> None:
        """Have the log files rotated (USR1). Raises DaemonError."""
        _send(self._running_pid(), signal.SIGUSR1)

    def resume(self) -> None:
        """Have logging resumed that was suspended, as for want of space (USR2). Raises DaemonError."""
        _send(self._running_pid(), signal.SIGUSR2)

    def report(self) -> Dict[str, Any]:
        """What the daemon tells of its state (CONT). Raises DaemonError."""
        pid = self._running_pid()
        before = {path: _stamp(path) for path in _REPORTS}
        _send(pid, signal.SIGCONT)
        deadline = time.monotonic() + _ANSWER_SECONDS
        stamps = before
        while time.monotonic() < deadline:
            time.sleep(0.1)
            last, stamps = stamps, {path: _stamp(path) for path in _REPORTS}
            for path, stamp in stamps.items():
                # Written, and not being written any more.
                if stamp and stamp != before[path] and stamp == last[path]:
                    with open(path, encoding="utf-8", errors="replace") as file:
                        return parse_report(file.read())
        raise DaemonError(f"auditd (pid {pid}) was asked for a report of its state, and has not written {_REPORTS[0]}")

    def _running_pid(self) -> int:
        if self.unavailable:
            raise DaemonError(self.unavailable)
        pid = self.pid
        if not pid:
            raise DaemonError("auditd does not run")
        return pid

    def _is_there(self, pid: int) -> bool:
        """Whether the process is there. Until systemd has taken note of its end, it would not start another."""
        state = _stat(pid)
        return state is not None and (self.manager == "systemd" or state[0] != "Z")

    def _start_command(self, rules: bool) -> List[str]:
        if self.manager == "sysvinit":
            return [self.program or "", "start"]
        if self.manager == "none":
            return [self.program or ""]
        # Also forgets earlier starts, of which systemd allows five in ten seconds.
        _systemctl("reset-failed", _UNIT)
        pulled_in = (self.unit.get("Requires", "") + " " + self.unit.get("Wants", "")).split()
        if _RULES_UNIT in pulled_in:
            _systemctl("reset-failed", _RULES_UNIT)
            if not rules:
                # All that auditd depends on was there a moment ago; the rules would be deleted and loaded again.
                return [_program("systemctl"), "start", "--job-mode=ignore-dependencies", _UNIT]
        return [_program("systemctl"), "start", _UNIT]

    def _confirmed(self, log: "_Log") -> bool:
        """Whether the daemon says that it has read its files; it says nothing where there is no log of it."""
        deadline = time.monotonic() + _ANSWER_SECONDS
        pause = 0.05
        while log.readable and time.monotonic() < deadline:
            time.sleep(pause)
            words = log.words()
            if any(_CONFIRMATION in line for line in words):
                return True
            if words:
                # It complains, and keeps what it had.
                time.sleep(_SETTLE_SECONDS)
                words = log.words()
                if any(_CONFIRMATION in line for line in words):
                    return True
                raise DaemonError(_with_words("auditd does not take its new configuration", words))
            pause = min(2 * pause, 1.0)
        return False

    def _prove(self, log: "_Log", plugins: Sequence[str], what: str) -> int:
        """Wait until the kernel names an auditd whose plugins run, and see that they stay; return its process id."""
        deadline = time.monotonic() + _ANSWER_SECONDS
        pid, processes = 0, {}  # type: int, Dict[str, int]
        while True:
            pid = self.pid
            processes = _children(pid, plugins)
            if pid and len(processes) == len(set(plugins)):
                break
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
        if pid:
            time.sleep(_SETTLE_SECONDS)
        if not pid or self.pid != pid:
            raise DaemonError(_with_words(f"auditd {what} and does not run", log.words()))
        later = _children(pid, plugins)
        for plugin in plugins:
            if plugin not in processes:
                raise DaemonError(_with_words(f"auditd (pid {pid}) does not run its plugin {plugin}", log.words()))
            if later.get(plugin) != processes[plugin]:
                raise DaemonError(_with_words(f"the plugin {plugin} of auditd (pid {pid}) ends at once", log.words()))
        return pid

    def _reason(self, log: "_Log", status: int, output: str) -> str:
        if self.manager == "systemd" and _RULES_UNIT in self.unit.get("Requires", "").split():
            state = _show(_RULES_UNIT, "ActiveState").get("ActiveState")
            if state == "failed":
                what = f"auditd is not started before {_RULES_UNIT} has loaded the rules, which fails"
                return _with_words(what, log.words() or [output])
        words = log.words()
        if not words and self.manager == "systemd":
            code = _show(_UNIT, "ExecMainStatus").get("ExecMainStatus", "")
            words = [_EXIT_CODES.get(int(code) if code.isdigit() else 0, "")]
        if not any(words):
            words = [_EXIT_CODES.get(status, ""), output]
        return _with_words("auditd does not start", words)


def find(host: Host) -> Daemon:
    """The auditd of this host. Fails for no reason: what keeps it from running is said in ``unavailable``."""
    program = shutil.which("auditd", path=_SEARCH_PATH)
    if program is None:
        return Daemon(host.version, unavailable="auditd is not installed on this host")
    unavailable = None
    try:
        with Kernel() as kernel:
            kernel.status()
    except KernelError as error:
        unavailable = str(error)
    if os.path.isdir("/run/systemd/system"):
        unit = _show(_UNIT, "LoadState,Requires,Wants,RefuseManualStop,UnitFileState")
        if unit.get("LoadState") == "masked":
            return Daemon(host.version, program, "systemd", unit, unavailable or f"{_UNIT} is masked")
        if unit.get("LoadState") == "loaded":
            return Daemon(host.version, program, "systemd", unit, unavailable)
    for script in _SCRIPTS:
        if os.access(script, os.X_OK):
            return Daemon(host.version, script, "sysvinit", unavailable=unavailable)
    return Daemon(host.version, program, "none", unavailable=unavailable)


def put_into_effect(
    daemon: Daemon, edits: Iterable[Edit], need: str, plugins: Sequence[str] = (), start: bool = False
) -> Done:
    """Make the edits and have the daemon run with them, by the cheapest action.

    ``need``: none, reload or restart, which a running daemon needs to take the files. ``plugins``: paths of programs
    that must run as its children afterwards. ``start``: whether a daemon that does not run is started.

    If the daemon does not come to run with them, the old files are put back, it runs with those again, and DaemonError
    has its words. Raises FileError too.
    """
    before = daemon.pid
    action = action_for(bool(before), need, start)
    try:
        with written(edits):
            if action == "none":
                return Done("none", before, before, True)
            return {"reload": daemon.reload, "start": daemon.start, "restart": daemon.restart}[action](plugins)
    except FileError:
        raise
    except DaemonError as error:
        # The old files are back.
        raise DaemonError(f"{error}; {_went_back(daemon, before, action)}") from error


def _went_back(daemon: Daemon, before: int, action: str) -> str:
    """Have the daemon run as it did before; what came of it, in words."""
    try:
        pid = daemon.pid
        if not before:
            daemon.stop()
            return "the old files are back, and auditd does not run, as before"
        if not pid:
            daemon.start(rules=False)
        elif action == "restart" and pid != before:
            daemon.restart()
        else:
            _send(pid, signal.SIGHUP)
            daemon._prove(_Log(), (), "was told to read its old files again")
        return "the old files are back, and auditd runs with them"
    except DaemonError as error:
        return f"the old files are back, and auditd does not run with them either: {error}"


def parse_report(text: str) -> Dict[str, Any]:
    """A report of the daemon's state: values by name, in lower case with underscores; yes and no as bool, integers."""
    report: Dict[str, Any] = {}
    for line in text.splitlines():
        # One line of audit 3 lacks the sign.
        found = re.match(r"(.*?\S)(?:\s*=\s*|\s+(?=\d+ [KMG]B$))(.*)$", line)
        if found:
            name = re.sub(r"[^a-z0-9]+", "_", found.group(1).lower()).strip("_")
            report[name] = _value(found.group(2).strip())
    return report


def _value(text: str) -> Any:
    if text in ("yes", "no"):
        return text == "yes"
    return int(text) if re.match(r"-?\d+$", text) else text


class _Log:
    """What is said from now on by auditd and by what is started with it: in the journal, otherwise in a syslog file."""

    def __init__(self) -> None:
        self._cursor = None
        self._sizes: Dict[str, int] = {}
        journalctl = shutil.which("journalctl", path=_SEARCH_PATH)
        if journalctl and os.path.isdir("/run/systemd/journal"):
            found = re.search(r"-- cursor: (\S+)", _run([journalctl, "-q", "-n", "0", "--show-cursor"], 30)[1])
            self._cursor = found and found.group(1)
        if not self._cursor:
            self._sizes = {path: os.path.getsize(path) for path in _SYSLOGS if os.path.isfile(path)}

    @property
    def readable(self) -> bool:
        """Whether there is a log at all."""
        return bool(self._cursor or self._sizes)

    def words(self) -> List[str]:
        """The lines, without what they all begin with, each one once."""
        if self._cursor:
            units = [word for unit in (_UNIT, _RULES_UNIT) for word in ("-u", unit)]
            command = [_program("journalctl"), "-q", "-o", "json", f"--after-cursor={self._cursor}", *units]
            lines = _said_in_journal(_run(command, 30)[1])
        else:
            lines = [line for path, size in self._sizes.items() for line in _said_in_file(path, size)]
        return [line for line in dict.fromkeys(lines) if line != _ENDING]


def _said_in_journal(text: str) -> List[str]:
    """The messages of the daemon and of what loads the rules, from the journal's JSON; systemd's own are left out."""
    said = []
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        message = entry.get("MESSAGE")
        if isinstance(message, str) and entry.get("_PID") != "1" and entry.get("SYSLOG_IDENTIFIER") != "systemd":
            said.append(message)
    return said


def _said_in_file(path: str, offset: int) -> List[str]:
    try:
        with open(path, "rb") as file:
            # A file that was rotated meanwhile is read from its beginning.
            file.seek(offset if os.fstat(file.fileno()).st_size >= offset else 0)
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return re.findall(r" (?:auditd|augenrules|auditctl)(?:\[\d+\])?: (.*)$", text, re.MULTILINE)


def _with_words(what: str, words: Iterable[str]) -> str:
    said = "; ".join(word.strip() for word in words if word.strip())
    return f"{what}: {said}" if said else what


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError as error:
        raise DaemonError(f"auditd (pid {pid}) takes no signal: {error.strerror}") from error


def _name(pid: int) -> Optional[str]:
    """The name of a process, None if there is none."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().rstrip("\n")
    except OSError:
        return None


def _stat(pid: int) -> Optional[Tuple[str, int]]:
    """State (proc(5)) and parent of a process, None if there is none."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            words = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return words[0], int(words[1])


def _children(pid: int, programs: Sequence[str]) -> Dict[str, int]:
    """Which of the programs run as children of a process, by their process ids."""
    found: Dict[str, int] = {}
    if not programs or not pid:
        return found
    for entry in os.listdir("/proc"):
        if entry.isdigit() and (_stat(int(entry)) or ("", 0))[1] == pid:
            for program in programs:
                if _runs(int(entry), program):
                    found[program] = int(entry)
    return found


def _runs(pid: int, program: str) -> bool:
    """Whether a process runs a program, which may be a script."""
    try:
        if os.path.samefile(f"/proc/{pid}/exe", program):
            return True
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return os.fsencode(program) in file.read().split(b"\0")
    except OSError:
        return False


def _stamp(path: str) -> Optional[Tuple[int, int, int]]:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _program(name: str) -> str:
    return shutil.which(name, path=_SEARCH_PATH) or name


def _show(unit: str, properties: str) -> Dict[str, str]:
    lines = _systemctl("show", "-p", properties, unit)[1].splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _systemctl(*words: str) -> Tuple[int, str]:
    return _run([_program("systemctl"), *words], _START_SECONDS)


def _run(command: List[str], seconds: float) -> Tuple[int, str]:
    """Exit status and output of a command, whose messages are in English."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
            env=dict(os.environ, LC_ALL="C", PATH=_SEARCH_PATH),
        )
    except OSError as error:
        raise DaemonError(f"{command[0]} cannot be run: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise DaemonError(f"'{' '.join(command)}' has not ended after {seconds:.0f} seconds") from error
    return done.returncode, done.stdout.decode("utf-8", "replace").strip()
