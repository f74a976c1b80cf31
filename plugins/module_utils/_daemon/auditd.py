# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit daemon: which one is on this host, and how it is started, stopped and told things, each with proof.

The signals of auditd(8) go to the process that the kernel sends its records to, so that auditd's own record of a signal
names the user who asked for it. It would name systemd otherwise; many units refuse to be stopped by systemctl for that.
"""

import math
import os
import re
import signal
import time
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

from .._host.host import Host
from .._host.outliving import successor_of
from .._host.processes import process_name, programs_below, state_and_parent
from .._host.programs import Finished, find_program, run_program
from .._host.signals import signals_held
from .._kernel.netlink import AuditUnavailable, Kernel, KernelError, PermissionDenied
from .errors import DaemonError, OtherDaemon, PluginsStalled
from .messages import DaemonRecords, SystemLog, complaints_in, with_words
from .plugin_processes import await_end, make_record, pass_records
from .reasons import why_not_rotated, why_not_started
from .state_report import REPORT_FILES, parse_report, report_stamps
from .systemd import AUDITD_UNIT, rules_unit, starts_at_boot, systemctl, unit_properties
from .taken import file_now, remember

__all__ = ("Daemon", "Done", "find_daemon")

_SCRIPTS = ("/etc/init.d/auditd", "/etc/rc.d/init.d/auditd")
_STOP_SECONDS, _START_SECONDS, _SYSTEMD_SECONDS = 90.0, 180.0, 30.0
# How long the daemon may take to answer, also after a complaint, and to start its plugins; and how long what it started
# must live.
_ANSWER_SECONDS, _COMPLAINT_SECONDS, _PLUGIN_SECONDS, _SETTLE_SECONDS = 10.0, 2.0, 5.0, 1.0
# A daemon that has had plugins, and then had none, passes HUP on to the first one that a reload turns on. That plugin
# does not expect it yet, and ends; audit 4.2 itself ends and restarts it. The daemon restarts a plugin that has ended
# with the next record, so a quiet host is given one at this interval.
_PROMPT_SECONDS = 1.0
# Releases in which a daemon that has had plugins, and then had none, passes no record to one that a reload turns on,
# before its queue has been filled once.
_STALLS_SINCE, _STALLS_UNTIL = (3, 0, 8), (4, 0, 5)
_CONFIRMATION = "config change requested"
# What it says when records come faster than it reads them, including the one that tells who sent it a signal.
_TOO_BUSY = re.compile("Error receiving audit netlink packet|Error sending signal_info request")
_BUSY = ("activating", "deactivating", "reloading")


class Done(NamedTuple):
    """What was done: ``action`` is none, reload, start or restart.

    Process ids are 0 for a daemon that is not running. ``confirmed``: the daemon has said so itself, in the journal or
    syslog, or it is a new process.
    """

    action: str
    pid_before: int
    pid_after: int
    confirmed: bool


class Daemon:
    """The auditd of this host, made by find_daemon().

    ``manager``: what starts it, systemd, sysvinit or none. ``version``: the release. ``unavailable``: why no daemon can
    run here, or whether one does is not known (``may_run``); otherwise None.

    Methods raise DaemonError; KernelError if the kernel does not answer; ProgramError if systemctl cannot be run.
    """

    def __init__(
        self,
        version: Optional[Tuple[int, ...]] = None,
        program: Optional[str] = None,
        manager: str = "none",
        unit: Optional[Dict[str, str]] = None,
        unavailable: Optional[str] = None,
        may_run: bool = False,
    ) -> None:
        self.version = version
        self.program = program
        self.manager = manager
        self.unit = unit or {}
        self.unavailable = unavailable
        self.may_run = may_run

    @property
    def pid(self) -> int:
        """The process that the kernel sends its records to, 0 if there is none; an error if that is another program."""
        if self.unavailable:
            return 0
        with Kernel() as kernel:
            pid = kernel.status().pid
        name = process_name(pid)
        if name is None:
            return 0
        if name != "auditd":
            raise OtherDaemon(f"the kernel sends its records to {name} (pid {pid}), which is not auditd")
        return pid

    def refuse_stopped(self, pid: int) -> None:
        """Raise DaemonError if the process is stopped: it takes no signal, and obeys all of them once it goes on."""
        if pid and (state_and_parent(pid) or ("", 0))[0] in ("T", "t"):
            raise DaemonError(
                f"auditd (pid {pid}) is stopped, by SIGSTOP or a debugger, so it records nothing; let it go on first "
                f"(kill -CONT {pid})"
            )

    def settled_pid(self) -> int:
        """The process id, once systemd has finished what it does with the daemon: it restarts one that has failed."""
        deadline = time.monotonic() + _SYSTEMD_SECONDS
        while self.manager == "systemd" and time.monotonic() < deadline:
            if unit_properties(AUDITD_UNIT, "ActiveState").get("ActiveState") not in _BUSY:
                break
            time.sleep(0.1)
        return self.pid

    def reload(self, plugins: Sequence[str] = (), ended: Sequence[str] = ()) -> Done:
        """Have the daemon read its files again (HUP), and prove it; PluginsStalled if only a restart will do.

        ``plugins``: paths of programs that it must run as its plugins afterwards; ``ended``: of those that it must not.
        """
        pid, log, file = self._running_pid(), SystemLog(), file_now()
        # Audit 4.2 ends its plugins and starts them again, after it has said that it read its files.
        replaced = plugins if self.version and self.version >= (4, 2) else ()
        old = programs_below(pid, (*replaced, *ended))
        for last in (False, False, True):
            confirmed = self._tell_to_reload(pid, log)
            if confirmed or last or self.pid != pid:
                break
        if not confirmed:
            self.refuse_stopped(pid)
        await_end(old, log)
        may_stall = plugins and self.version and _STALLS_SINCE <= self.version < _STALLS_UNTIL
        try:
            after = self._prove(log, plugins, "was told to read its files again")
        except DaemonError as error:
            # A daemon that passes records on complains about a plugin that has ended.
            if may_stall and self.pid == pid and not log.synced().complaints():
                # pylint does not see that AuditError is an exception.
                raise PluginsStalled(str(error)) from error  # pylint: disable=bad-exception-cause
            raise
        if after != pid:
            raise log.error(f"auditd (pid {pid}) ended when it read its files again")
        if may_stall and not pass_records(programs_below(pid, plugins).values()):
            raise PluginsStalled(f"auditd (pid {pid}) passes no records to its plugins")
        if confirmed:
            remember(pid, file)
        return Done("reload", pid, pid, confirmed)

    def read_files_again(self) -> bool:
        """Send HUP, and see that the daemon goes on running, whatever its plugins do; whether it has read its files."""
        pid, log, file = self._running_pid(), SystemLog(), file_now()
        try:
            confirmed = self._tell_to_reload(pid, log)
        except DaemonError:
            confirmed = False
        if self._prove(log, (), "was told to read its old files again") == pid and confirmed:
            remember(pid, file)
        self.refuse_stopped(pid)
        return confirmed

    def _tell_to_reload(self, pid: int, log: SystemLog) -> bool:
        """Send HUP; whether the daemon says that it has read its files.

        It says nothing where there is no log, or if it was too busy. If it complains about what it rejects, it has kept
        the configuration that it had, and DaemonError is raised.
        """
        records = DaemonRecords()
        self._send(pid, signal.SIGHUP)
        deadline = time.monotonic() + _ANSWER_SECONDS
        complaints: List[str] = []
        while time.monotonic() < deadline:
            time.sleep(0.1)
            results = records.results("DAEMON_CONFIG")
            # The record of a failure is in the log file before the reason is in the journal.
            words = (log.synced() if "failed" in results else log).words()
            if "success" in results or any(_CONFIRMATION in line for line in words):
                return True
            found = [line for line in complaints_in(words) if not _TOO_BUSY.match(line)]
            if found and not complaints:
                # The daemon reads its files in spite of some complaints.
                deadline = time.monotonic() + _COMPLAINT_SECONDS
            complaints = found
            if "failed" in results and not complaints:
                return False
        if complaints:
            raise DaemonError(with_words("auditd rejects its new configuration", complaints))
        return False

    def stop(self) -> int:
        """End the daemon (TERM) and wait until it has ended; its process id, or 0 if there was none."""
        pid = self.settled_pid()
        if pid:
            self._end(pid)
            try:
                other = self.settled_pid()
            except (KernelError, OSError) as error:
                raise DaemonError(f"auditd (pid {pid}) is not running any more, but then {error}") from error
            if other:
                raise DaemonError(f"auditd (pid {pid}) has ended, but something started it again (pid {other})")
        return pid

    def start(self, plugins: Sequence[str] = ()) -> Done:
        """Start the daemon unless it is running, and prove it."""
        pid = self.settled_pid()
        if pid:
            return Done("none", pid, pid, True)
        return Done("start", 0, self._launch(plugins), True)

    def restart(self, plugins: Sequence[str] = ()) -> Done:
        """Stop the daemon and start it, and prove it."""
        before = self.settled_pid()
        return Done("restart" if before else "start", before, self._launch(plugins, before), True)

    @property
    def enabled(self) -> Optional[bool]:
        """Whether the daemon starts at boot; None where systemd does not know."""
        return starts_at_boot(AUDITD_UNIT) if self.manager == "systemd" else None

    def enable(self, wanted: bool) -> None:
        """Have the daemon start at boot, or not, and prove it."""
        if self.manager != "systemd":
            raise DaemonError("whether auditd starts at boot can only be set with systemd, which does not run it here")
        _status, output = systemctl("enable" if wanted else "disable", AUDITD_UNIT)
        if self.enabled is not wanted:
            raise DaemonError(with_words(f"{AUDITD_UNIT} is not {'enabled' if wanted else 'disabled'}", [output]))

    def rotate(self) -> None:
        """Have the log files rotated (USR1), and prove it."""
        pid, records, log = self._running_pid(), DaemonRecords(), SystemLog()
        self._send(pid, signal.SIGUSR1)
        deadline = time.monotonic() + _ANSWER_SECONDS
        while not records.rotated():
            if time.monotonic() > deadline:
                raise log.error(f"auditd (pid {pid}) does not rotate its logs{why_not_rotated(self.version)}")
            time.sleep(0.1)

    def resume(self) -> None:
        """Have the daemon resume logging that it has suspended (USR2)."""
        self._send(self._running_pid(), signal.SIGUSR2)

    def report(self) -> Dict[str, Any]:
        """What the daemon reports about its state (CONT)."""
        pid, before = self._running_pid(), report_stamps()
        self._send(pid, signal.SIGCONT)
        deadline = time.monotonic() + _ANSWER_SECONDS
        stamps = before
        while time.monotonic() < deadline:
            time.sleep(0.1)
            last, stamps = stamps, report_stamps()
            for path, stamp in stamps.items():
                # Written, and complete: no longer being written to.
                if stamp and stamp != before[path] and stamp == last[path]:
                    with open(path, encoding="utf-8", errors="replace") as file:
                        return parse_report(file.read())
        what = f"auditd (pid {pid}) was asked for a report of its state"
        raise DaemonError(f"{what}, but has not written {REPORT_FILES[0]}")

    def _running_pid(self) -> int:
        if self.unavailable:
            raise DaemonError(self.unavailable)
        pid = self.pid
        if not pid:
            raise DaemonError("auditd is not running")
        return pid

    def _send(self, pid: int, number: int) -> None:
        self.refuse_stopped(pid)
        try:
            os.kill(pid, number)
        except OSError as error:
            raise DaemonError(f"cannot send a signal to auditd (pid {pid}): {error.strerror}") from error

    def _launch(self, plugins: Sequence[str], old: int = 0) -> int:
        """Start the daemon, in the place of an old one; return its process id."""
        if self.unavailable:
            raise DaemonError(self.unavailable)
        if self.unit.get("LoadState") == "masked":
            raise DaemonError(f"auditd cannot be started: {AUDITD_UNIT} is masked")
        # Everything that takes time is done while the old daemon still runs. Rules in the kernel stay there.
        log, command = SystemLog(), self._start_command(with_rules=not old)
        with signals_held():
            ended = self._replace(old, command) if old else run_program(command, _START_SECONDS, errors_too=True)
        if ended.status:
            output = ended.output.decode("utf-8", "replace").strip()
            unit = self.unit if self.manager == "systemd" else None
            raise DaemonError(why_not_started(log, unit, ended.status, output))
        return self._prove(log, plugins, "was started")

    def _replace(self, old: int, command: Sequence[str]) -> Finished:
        """End the old daemon and start another one, also if it ends late, or this process is killed in between."""
        with successor_of(old, command, 2 * math.ceil(_STOP_SECONDS), self.manager == "systemd") as successor:
            try:
                self._send(old, signal.SIGTERM)
            except BaseException:
                # Whatever the error is: it would start a daemon whenever somebody ends the old one.
                successor.give_up()
                raise
            self._await_end(old)
            return successor.finished(_START_SECONDS)

    def _end(self, pid: int) -> None:
        self._send(pid, signal.SIGTERM)
        self._await_end(pid)

    def _await_end(self, pid: int) -> None:
        deadline = time.monotonic() + _STOP_SECONDS
        try:
            while self._exists(pid):
                if time.monotonic() > deadline:
                    raise DaemonError(
                        f"auditd (pid {pid}) has not ended {_STOP_SECONDS:.0f} seconds after it was told to"
                    )
                time.sleep(0.02)
        except OSError as error:
            raise DaemonError(
                f"auditd (pid {pid}) was told to end, but it is not known whether it has: {error}"
            ) from error

    def _exists(self, pid: int) -> bool:
        """Whether the process exists. systemd starts no other daemon until it has noticed the end of the old one."""
        state = state_and_parent(pid)
        return state is not None and (self.manager == "systemd" or state[0] != "Z")

    def _start_command(self, with_rules: bool) -> List[str]:
        if self.manager == "sysvinit":
            return [self.program or "", "start"]
        if self.manager == "none":
            return [self.program or ""]
        # This also resets the count of starts, of which systemd allows five in ten seconds.
        systemctl("reset-failed", AUDITD_UNIT)
        program = find_program("systemctl") or "systemctl"
        loader = rules_unit(self.unit.get("Requires", "") + " " + self.unit.get("Wants", ""))
        if loader:
            systemctl("reset-failed", loader)
            if not with_rules:
                # Otherwise the rules would be deleted and loaded again. The other dependencies of auditd were met a
                # moment ago.
                return [program, "start", "--job-mode=ignore-dependencies", AUDITD_UNIT]
        return [program, "start", AUDITD_UNIT]

    def _prove(self, log: SystemLog, plugins: Sequence[str], what: str) -> int:
        """As _running_with(); an error of what is asked does not hide what was done before it."""
        try:
            return self._running_with(log, plugins, what)
        except (KernelError, OSError) as error:
            raise DaemonError(f"auditd {what}, but it is not known whether it is running: {error}") from error

    def _running_with(self, log: SystemLog, plugins: Sequence[str], what: str) -> int:
        """Wait until the kernel names an auditd that runs the plugins, and all of them stay; return its process id."""
        now = time.monotonic()
        since, prompt, deadline = now, now + _PROMPT_SECONDS, now + _PLUGIN_SECONDS + _SETTLE_SECONDS
        pid, processes = 0, {}  # type: int, Dict[str, int]
        while now < deadline:
            before = pid, processes
            pid, now = self.pid, time.monotonic()
            processes = programs_below(pid, plugins)
            complete = pid and len(processes) == len(set(plugins))
            if not complete or (pid, processes) != before:
                since = now
            elif now - since >= _SETTLE_SECONDS:
                return pid
            if pid and not complete and now > prompt:
                make_record("linux.audit waits for auditd to run its plugins")
                prompt = now + _PROMPT_SECONDS
            time.sleep(0.2)
        if not pid:
            raise log.error(f"auditd {what} but is not running")
        for plugin in plugins:
            if plugin not in processes:
                raise log.error(f"auditd (pid {pid}) does not run its plugin {plugin}")
        which = f"a plugin of auditd ({', '.join(plugins)})" if plugins else "auditd"
        raise log.error(f"{which} ends each time it is started")


def find_daemon(host: Host) -> Daemon:
    """The auditd of this host. If something keeps it from running, ``unavailable`` says what. Raises KernelError."""
    program = find_program("auditd")
    if program is None:
        return Daemon(host.version, unavailable="auditd is not installed on this host")
    unavailable, may_run = None, False
    try:
        with Kernel() as kernel:
            kernel.status()
    except (AuditUnavailable, PermissionDenied) as error:
        unavailable, may_run = str(error), isinstance(error, PermissionDenied)
    if os.path.isdir("/run/systemd/system"):
        unit = unit_properties(AUDITD_UNIT, "LoadState,ActiveState,Requires,Wants,RefuseManualStop")
        may_run = may_run or (unavailable is not None and unit.get("ActiveState") == "active")
        if unit.get("LoadState") in ("loaded", "masked"):
            return Daemon(host.version, program, "systemd", unit, unavailable, may_run)
    for script in _SCRIPTS:
        if os.access(script, os.X_OK):
            return Daemon(host.version, script, "sysvinit", None, unavailable, may_run)
    return Daemon(host.version, program, "none", None, unavailable, may_run)
