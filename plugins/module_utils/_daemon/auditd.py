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
import threading
import time
from contextlib import contextmanager
from typing import Any, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._host.files import Edit, FileError, read_text, written
from .._host.host import Host
from .._kernel.netlink import Kernel, KernelError
from ..rules.errors import AuditError
from .conf_file import parse, values

__all__ = ("Daemon", "DaemonError", "Done", "action_for", "find", "parse_report", "put_into_effect")

#: The daemon's own configuration.
CONFIGURATION = "/etc/audit/auditd.conf"
_SEARCH_PATH = "/sbin:/usr/sbin:/bin:/usr/bin:/usr/local/sbin"
_UNIT, _RULES_UNIT = "auditd.service", "audit-rules.service"
_RULES_PROGRAMS = ("augenrules", "auditctl")
_SCRIPTS = ("/etc/init.d/auditd", "/etc/rc.d/init.d/auditd")
# Of audit 4.1.2 and newer, and of older releases.
_REPORTS = ("/run/audit/auditd.state", "/run/auditd.state", "/var/run/auditd.state")
_LOG_FILE = "/var/log/audit/audit.log"
_SYSLOGS = ("/var/log/syslog", "/var/log/messages", "/var/log/daemon.log")
_STOP_SECONDS, _START_SECONDS, _SYSTEMD_SECONDS = 90.0, 180.0, 30.0
# How long the daemon may take to answer, also after a complaint, and to start its plugins, and how long what was
# started has to live.
_ANSWER_SECONDS, _COMPLAINT_SECONDS, _PLUGIN_SECONDS, _SETTLE_SECONDS = 10.0, 2.0, 5.0, 1.0
# A daemon that has had plugins, and then none, passes HUP on to the first one that a reload turns on, before that one
# expects it, which ends it; audit 4.2 ends it and starts it anew. The next record has a daemon start what has ended: a
# quiet host is given one as often as this.
_PROMPT_SECONDS = 1.0
# Releases in which a daemon that has had plugins, and then none, passes no record to one that a reload turns on, before
# its queue has been filled once; and how long one may take to read a record.
_STALLS_SINCE, _STALLS_UNTIL, _READ_SECONDS = (3, 0, 8), (4, 0, 5), 2.0
_CONFIRMATION = "config change requested"
# What the daemon says when all is well.
_ROUTINE = re.compile(
    "Started dispatcher|Audit daemon rotating|"
    "The audit daemon is exiting|Init complete|No plugins found|audit dispatcher initialized|config change requested|"
    "Terminating plugins|Dispatcher plugins cleaned up"
)
# What it says when records come faster than it reads them, also the one that tells who has sent it a signal.
_TOO_BUSY = re.compile("Error receiving audit netlink packet|Error sending signal_info request")
# What it says, since audit 4.2, when it has read its files and takes nothing from those of its plugins.
_PLUGINS_KEPT = re.compile("Plugin configuration reload failed")
# What auditctl says when a rules file sets something.
_RULES_ROUTINE = re.compile(r"No rules$|(\S+: )?No change$|[a-z_]+ \d+( (un)?locked)?$")
_BUSY = ("activating", "deactivating", "reloading")
_EXIT_CODES = {
    1: "it could not be initialised",
    2: "it does not know an argument that it is started with",
    4: "it lacks privileges",
    6: "its configuration has a mistake",
}


class DaemonError(AuditError):
    """The daemon did not do what was asked; the message has its own words, where it has said any."""


class Stalled(DaemonError):
    """Plugins get no records until the daemon is restarted."""


class Done(NamedTuple):
    """What was done: ``action`` is none, reload, start or restart.

    Process ids are 0 for a daemon that does not run. ``confirmed``: the daemon itself has said so, in the journal or
    syslog, or has started anew.
    """

    action: str
    pid_before: int
    pid_after: int
    confirmed: bool


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back what would end this process, until the block has ended: it must not end while there is no daemon."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received: List[int] = []
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.signal(number, lambda number, frame: received.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler or signal.SIG_DFL)
        for number in received[:1]:
            os.kill(os.getpid(), number)


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

    def settled_pid(self) -> int:
        """The same, once systemd has ended what it does with the daemon: it starts one again that has failed."""
        deadline = time.monotonic() + _SYSTEMD_SECONDS
        while self.manager == "systemd" and time.monotonic() < deadline:
            if _show(_UNIT, "ActiveState").get("ActiveState") not in _BUSY:
                break
            time.sleep(0.1)
        return self.pid

    def reload(self, plugins: Sequence[str] = (), ended: Sequence[str] = ()) -> Done:
        """Have the files read again (HUP), and prove it. Raises DaemonError; Stalled if it takes a restart.

        ``plugins``: paths of programs that must run as its children afterwards; ``ended``: of those that must not.
        """
        pid, log = self._running_pid(), _Log()
        # Audit 4.2 ends its plugins and starts them anew, after it has said that it read its files.
        replaced = plugins if self.version and self.version >= (4, 2) else ()
        old = _descendants(pid, (*replaced, *ended))
        for last in (False, False, True):
            confirmed = self._told_to_reload(pid, log)
            if confirmed or last or self.pid != pid:
                break
        _await_end(old, log)
        may_stall = plugins and self.version and _STALLS_SINCE <= self.version < _STALLS_UNTIL
        try:
            after = self._prove(log, plugins, "was told to read its files again")
        except DaemonError as error:
            # One that passes records on says of a plugin that it has ended.
            if may_stall and self.pid == pid and not log.synced().complaints():
                raise Stalled(str(error)) from error
            raise
        if after != pid:
            raise log.error(f"auditd (pid {pid}) has ended on reading its files again")
        if may_stall and not _pass_records(_descendants(pid, plugins).values()):
            raise Stalled(f"auditd (pid {pid}) passes no records to its plugins")
        return Done("reload", pid, pid, confirmed)

    def _told_to_reload(self, pid: int, log: "_Log") -> bool:
        """Send HUP; whether the daemon says that it has read its files.

        It says nothing where there is no log, nor if it was too busy. It complains of what it does not take, keeps the
        configuration that it had, and DaemonError is raised.
        """
        records = _Records()
        _send(pid, signal.SIGHUP)
        deadline = time.monotonic() + _ANSWER_SECONDS
        complaints: List[str] = []
        while time.monotonic() < deadline:
            time.sleep(0.1)
            results = records.results("DAEMON_CONFIG")
            # The record of a failure is in the log file before the journal has what is said of it.
            words = (log.synced() if "failed" in results else log).words()
            if "success" in results or any(_CONFIRMATION in line for line in words):
                return True
            found = [line for line in _complaints(words) if not _TOO_BUSY.match(line)]
            if found and not complaints:
                # Not all that it may complain of keeps it from reading them.
                deadline = time.monotonic() + _COMPLAINT_SECONDS
            complaints = found
            if "failed" in results and not complaints:
                return False
        if complaints:
            raise DaemonError(_with_words("auditd does not take its new configuration", complaints))
        return False

    def stop(self) -> int:
        """End the daemon (TERM) and wait until it has ended; its process id, or 0. Raises DaemonError."""
        pid = self.settled_pid()
        if pid:
            self._end(pid)
            other = self.settled_pid()
            if other:
                raise DaemonError(f"auditd (pid {pid}) has ended, and was started again by another (pid {other})")
        return pid

    def start(self, plugins: Sequence[str] = ()) -> Done:
        """Start the daemon unless it runs, and prove it. Raises DaemonError."""
        pid = self.settled_pid()
        if pid:
            return Done("none", pid, pid, True)
        return Done("start", 0, self._launch(plugins), True)

    def restart(self, plugins: Sequence[str] = ()) -> Done:
        """Stop the daemon and start it, and prove it. Raises DaemonError."""
        before = self.settled_pid()
        return Done("restart" if before else "start", before, self._launch(plugins, before), True)

    @property
    def enabled(self) -> Optional[bool]:
        """Whether a boot starts the daemon; None where systemd does not know."""
        state = _show(_UNIT, "UnitFileState").get("UnitFileState") if self.manager == "systemd" else ""
        return state.startswith("enabled") if state else None

    def enable(self, wanted: bool) -> None:
        """Have a boot start the daemon, or not, and prove it. Raises DaemonError."""
        if self.manager != "systemd":
            raise DaemonError("whether a boot starts auditd can only be told to systemd, which does not run it here")
        _status, output = _systemctl("enable" if wanted else "disable", _UNIT)
        if self.enabled is not wanted:
            raise DaemonError(_with_words(f"{_UNIT} is not {'enabled' if wanted else 'disabled'}", [output]))

    def rotate(self) -> None:
        """Have the log files rotated (USR1), and prove it. Raises DaemonError."""
        pid, records, log = self._running_pid(), _Records(), _Log()
        _send(pid, signal.SIGUSR1)
        deadline = time.monotonic() + _ANSWER_SECONDS
        while not records.moved():
            if time.monotonic() > deadline:
                what = f"auditd (pid {pid}) does not rotate its logs; with num_logs below 2 it never does"
                raise log.error(what)
            time.sleep(0.1)

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

    def _launch(self, plugins: Sequence[str], old: int = 0) -> int:
        """Start the daemon, in the place of an old one; return its process id. Raises DaemonError."""
        if self.unavailable:
            raise DaemonError(self.unavailable)
        if self.unit.get("LoadState") == "masked":
            raise DaemonError(f"auditd cannot be started: {_UNIT} is masked")
        # All that takes time is done while the old one still runs. Rules that are in the kernel stay there.
        log, command = _Log(), self._start_command(with_rules=not old)
        with _undisturbed():
            if old:
                self._end(old)
            status, output = _run(command, _START_SECONDS)
        if status:
            raise DaemonError(self._reason(log, status, output))
        return self._prove(log, plugins, "was started")

    def _end(self, pid: int) -> None:
        _send(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while self._is_there(pid):
            if time.monotonic() > deadline:
                raise DaemonError(f"auditd (pid {pid}) does not end, {_STOP_SECONDS:.0f} seconds after it was told to")
            time.sleep(0.02)

    def _is_there(self, pid: int) -> bool:
        """Whether the process is there. Until systemd has taken note of its end, it would not start another."""
        state = _stat(pid)
        return state is not None and (self.manager == "systemd" or state[0] != "Z")

    def _start_command(self, with_rules: bool) -> List[str]:
        if self.manager == "sysvinit":
            return [self.program or "", "start"]
        if self.manager == "none":
            return [self.program or ""]
        # Also forgets earlier starts, of which systemd allows five in ten seconds.
        _systemctl("reset-failed", _UNIT)
        pulled_in = (self.unit.get("Requires", "") + " " + self.unit.get("Wants", "")).split()
        if _RULES_UNIT in pulled_in:
            _systemctl("reset-failed", _RULES_UNIT)
            if not with_rules:
                # Otherwise they would be deleted and loaded again. What else auditd depends on was there a moment ago.
                return [_program("systemctl"), "start", "--job-mode=ignore-dependencies", _UNIT]
        return [_program("systemctl"), "start", _UNIT]

    def _prove(self, log: "_Log", plugins: Sequence[str], what: str) -> int:
        """Wait until the kernel names an auditd whose plugins run, and all of them stay; return its process id."""
        now = time.monotonic()
        since, prompt, deadline = now, now + _PROMPT_SECONDS, now + _PLUGIN_SECONDS + _SETTLE_SECONDS
        pid, processes = 0, {}  # type: int, Dict[str, int]
        while now < deadline:
            before = pid, processes
            pid, now = self.pid, time.monotonic()
            processes = _descendants(pid, plugins)
            complete = pid and len(processes) == len(set(plugins))
            if not complete or (pid, processes) != before:
                since = now
            elif now - since >= _SETTLE_SECONDS:
                return pid
            if pid and not complete and now > prompt:
                _record("auditd is to run its plugins")
                prompt = now + _PROMPT_SECONDS
            time.sleep(0.2)
        if not pid:
            raise log.error(f"auditd {what} and does not run")
        for plugin in plugins:
            if plugin not in processes:
                raise log.error(f"auditd (pid {pid}) does not run its plugin {plugin}")
        which = f"a plugin of auditd ({', '.join(plugins)})" if plugins else "auditd"
        raise log.error(f"{which} ends as often as it is started")

    def _reason(self, log: "_Log", status: int, output: str) -> str:
        """Why the daemon has not been started, from what it, or what started it, says."""
        required = _RULES_UNIT in self.unit.get("Requires", "").split()
        if required and _show(_RULES_UNIT, "Result").get("Result") != "success":
            what = f"auditd is not started before {_RULES_UNIT} has loaded the rules, which fails"
            words = [line for line in log.synced().words(_RULES_PROGRAMS) if not _RULES_ROUTINE.match(line)]
            return _with_words(what, words or [output])
        words = log.synced().complaints()
        if not words and self.manager == "systemd":
            code = _show(_UNIT, "ExecMainStatus").get("ExecMainStatus", "")
            status = int(code) if code.isdigit() else 0
        return _with_words("auditd does not start", words or [_EXIT_CODES.get(status, ""), output])


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
        if unit.get("LoadState") in ("loaded", "masked"):
            return Daemon(host.version, program, "systemd", unit, unavailable)
    for script in _SCRIPTS:
        if os.access(script, os.X_OK):
            return Daemon(host.version, script, "sysvinit", unavailable=unavailable)
    return Daemon(host.version, program, "none", unavailable=unavailable)


def put_into_effect(
    daemon: Daemon,
    edits: Iterable[Edit],
    need: str,
    plugins: Sequence[str] = (),
    ended: Sequence[str] = (),
    start: bool = False,
    may_restart: bool = True,
) -> Done:
    """Make the edits and have the daemon run with them, by the cheapest action.

    ``need``: none, reload or restart, which a running daemon needs to take the files. ``plugins``: paths of programs
    that must run as its children afterwards; ``ended``: of those that must not. ``start``: whether a daemon that does
    not run is started; ``may_restart``: whether one that a reload leaves stalled is started anew.

    If the daemon does not come to run with them, the old files are put back, it runs with those again, and DaemonError
    has its words. Raises FileError too.
    """
    before, edits = daemon.settled_pid(), list(edits)
    action = action_for(bool(before), need, start)
    act = {
        "none": lambda: Done("none", before, before, True),
        "reload": lambda: _reload(daemon, plugins, ended, may_restart),
        "start": lambda: daemon.start(plugins),
        "restart": lambda: daemon.restart(plugins),
    }[action]
    written_all = False
    with _undisturbed():
        try:
            with written(edits):
                written_all = True
                return act()
        except (DaemonError, FileError) as error:
            if not written_all:
                raise
            restored = "the old files are back, and " if edits and isinstance(error, DaemonError) else ""
            raise DaemonError(f"{error}; {restored}{_as_before(daemon, before, action)}") from error


def _reload(daemon: Daemon, plugins: Sequence[str], ended: Sequence[str], may_restart: bool) -> Done:
    try:
        return daemon.reload(plugins, ended)
    except Stalled as error:
        if not may_restart:
            raise DaemonError(f"{error}, and will not before it is restarted") from error
        return daemon.restart(plugins)


def _as_before(daemon: Daemon, before: int, action: str) -> str:
    """Have the daemon run as it did before; what came of it, in words."""
    try:
        if not before:
            daemon.stop()
            return "auditd does not run, as before"
        pid = daemon.settled_pid()
        if not pid:
            daemon.start()
        elif action == "restart" and pid != before:
            daemon.restart()
        else:
            _send(pid, signal.SIGHUP)
            daemon._prove(_Log(), (), "was told to read its old files again")
        return "auditd runs again as before"
    except DaemonError as error:
        return f"auditd does not run again: {error}"


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
    """What is said from now on, in the journal, otherwise in a file of syslog."""

    def __init__(self) -> None:
        self._cursor = None
        self._sizes: Dict[str, int] = {}
        journalctl = shutil.which("journalctl", path=_SEARCH_PATH)
        if journalctl and os.path.isdir("/run/systemd/journal"):
            found = re.search(r"-- cursor: (\S+)", _run([journalctl, "-q", "-n", "0", "--show-cursor"], 30)[1])
            self._cursor = found and found.group(1)
        if not self._cursor:
            self._sizes = {path: os.path.getsize(path) for path in _SYSLOGS if os.path.isfile(path)}

    def words(self, programs: Sequence[str] = ("auditd",)) -> List[str]:
        """What the programs say, line by line, each one once."""
        if self._cursor:
            # Not --after-cursor: where others are filtered out, old releases of it leave out one entry too many.
            # Anybody may use any name.
            names = ["_UID=0", *[f"SYSLOG_IDENTIFIER={name}" for name in programs]]
            command = [_program("journalctl"), "-q", "-o", "json", f"--cursor={self._cursor}", *names]
            lines = said_in_journal(_run(command, 30)[1], self._cursor)
        else:
            texts = [_text_from(path, size) for path, size in self._sizes.items()]
            lines = [line for text in texts for line in said_in_syslog(text, programs)]
        return list(dict.fromkeys(lines))

    def synced(self) -> "_Log":
        """Itself, once all that has been said is there to be read: a journal that is busy lags behind."""
        if self._cursor:
            # Before systemd 228 there is no such option, and nothing to be done.
            _run([_program("journalctl"), "--sync"], 30)
        return self

    def error(self, what: str) -> DaemonError:
        """An error with what the daemon complains of."""
        return DaemonError(_with_words(what, self.synced().complaints()))

    def complaints(self) -> List[str]:
        """What the daemon says and would not if all were well."""
        return _complaints(self.words())


def _complaints(words: Iterable[str]) -> List[str]:
    return [line for line in words if not _ROUTINE.match(line)]


class _Records:
    """What the daemon records from now on in the log file that its configuration names, of itself."""

    def __init__(self) -> None:
        self._path = values(parse(read_text(CONFIGURATION) or "")).get("log_file", _LOG_FILE)
        self._before = _stamp(self._path)

    def moved(self) -> bool:
        """Whether there is another file in its place."""
        after = _stamp(self._path)
        return after is not None and self._before is not None and after[0] != self._before[0]

    def results(self, kind: str) -> List[str]:
        """How each of what a record of that type tells has ended: success or failed."""
        offset = self._before[2] if self._before and not self.moved() else 0
        text = _text_from(self._path, offset)
        return re.findall(rf"^(?:node=\S+ )?type={kind} .* res=(success|failed)", text, re.MULTILINE)


def said_in_journal(text: str, cursor: str) -> List[str]:
    """The messages of journalctl's JSON but for that of the entry at the cursor."""
    entries = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    messages = [entry.get("MESSAGE") for entry in entries if entry.get("__CURSOR") != cursor]
    # One that is no text is a list of bytes.
    return [message for message in messages if isinstance(message, str)]


def said_in_syslog(text: str, programs: Sequence[str]) -> List[str]:
    """The messages of programs in lines of a syslog file."""
    names = "|".join(map(re.escape, programs))
    # The time is one word, or three of the old form.
    return re.findall(rf"^(?:\S+ +\d+ )?\S+ \S+ (?:{names})(?:\[\d+\])?: (.*)$", text, re.MULTILINE)


def _text_from(path: str, offset: int) -> str:
    """What a file has from an offset on; one that is shorter was begun anew."""
    try:
        with open(path, "rb") as file:
            file.seek(offset if os.fstat(file.fileno()).st_size >= offset else 0)
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _with_words(what: str, words: Iterable[str]) -> str:
    said = "; ".join(" ".join(word.split()) for word in words if word.strip())
    return f"{what}: {said}" if said else what


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError as error:
        raise DaemonError(f"auditd (pid {pid}) takes no signal: {error.strerror}") from error


def _record(text: str) -> None:
    try:
        with Kernel() as kernel:
            kernel.message(text)
    except KernelError as error:
        raise DaemonError(str(error)) from error


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


def _descendants(pid: int, programs: Sequence[str]) -> Dict[str, int]:
    """Which of the programs a process has started, by their process ids; in audit 2 it is a child that starts them."""
    found: Dict[str, int] = {}
    if not programs or not pid:
        return found
    states = {number: _stat(number) for number in map(int, filter(str.isdigit, os.listdir("/proc")))}
    parents = {number: state[1] for number, state in states.items() if state}
    for number, parent in parents.items():
        if pid in (parent, parents.get(parent)):
            found.update((program, number) for program in programs if _runs(number, program))
    return found


def _await_end(processes: Mapping[str, int], log: "_Log") -> None:
    """Wait until plugins have ended; audisp-remote may first try a host that does not answer. Raises DaemonError."""
    deadline = time.monotonic() + _STOP_SECONDS
    for plugin, pid in processes.items():
        while _runs(pid, plugin):
            if time.monotonic() > deadline or any(map(_PLUGINS_KEPT.match, log.words())):
                raise log.error(f"auditd still runs its plugin {plugin} (pid {pid}) as it was")
            time.sleep(0.1)


def _pass_records(pids: Iterable[int]) -> bool:
    """Make a record, and see whether all the plugins read something."""
    before = {pid: _bytes_read(pid) for pid in pids}
    _record("auditd is to pass records to its plugins")
    deadline = time.monotonic() + _READ_SECONDS
    while any(_bytes_read(pid) == count for pid, count in before.items()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _bytes_read(pid: int) -> Optional[int]:
    """What a process has read (proc(5), io: rchar); None if it is not there, or its kernel does not count that."""
    try:
        with open(f"/proc/{pid}/io", encoding="utf-8") as file:
            return int(file.readline().split()[1])
    except OSError:
        return None


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
