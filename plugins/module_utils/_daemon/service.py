# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit daemon as a service: brought to a state, and asked to rotate, resume or report."""

import contextlib
import time
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from .._host.files import file_status, read_text
from .._host.host import Host
from .._kernel.lock import locked
from ..rules.errors import AuditError
from .auditd import Daemon, find_daemon
from .conf_file import parse, read_settings
from .errors import DaemonError, OtherDaemon
from .kept_rules import rules_kept
from .keywords import AUDITD_CONF, AUDITD_CONF_PATH
from .meaning import forgets_name
from .schema import dotted
from .state_report import is_suspended
from .target import Target
from .validation import check

__all__ = ("ServiceRequest", "manage_daemon", "mistakes")

_RESUME_SECONDS = 5.0

# By state: what is done to a daemon that is running, and to one that is not.
_ACTIONS = {
    "started": ("none", "start"),
    "stopped": ("stop", "none"),
    "reloaded": ("reload", "start"),
    "restarted": ("restart", "start"),
}


class ServiceRequest(NamedTuple):
    """What is asked of the daemon: the parameters of the module auditd_service."""

    state: Optional[str] = None
    enabled: Optional[bool] = None
    rotate: bool = False
    resume: bool = False
    report: bool = False
    validate: bool = True


def mistakes(text: Optional[str], target: Target) -> List[str]:
    """What would keep a daemon with this auditd.conf from starting. It does not read a last line without a newline."""
    read = (text or "")[: (text or "").rfind("\n") + 1]
    return [problem.at(AUDITD_CONF_PATH) for problem in check(AUDITD_CONF, parse(read), target)]


def manage_daemon(request: ServiceRequest, host: Host, check_mode: bool) -> Dict[str, Any]:
    """Do what is asked, while no other run changes the host; the result of the module. Raises AuditError."""
    with locked(not check_mode):
        return _managed(request, host, check_mode)


def _managed(request: ServiceRequest, host: Host, check_mode: bool) -> Dict[str, Any]:
    daemon = find_daemon(host)
    try:
        daemon.refuse_stopped(daemon.settled_pid())
    except OtherDaemon:
        # auditd is not running, so it can be stopped, and start at boot or not; nothing else can be asked of it.
        if request.state not in (None, "stopped") or request.rotate or request.resume or request.report:
            raise
        with _errors_say_what_changed(daemon, request):
            return _managed_without(daemon, request, check_mode)
    with _errors_say_what_changed(daemon, request):
        return _managed_auditd(daemon, host, request, check_mode)


@contextlib.contextmanager
def _errors_say_what_changed(daemon: Daemon, request: ServiceRequest) -> Iterator[None]:
    """Add to an error how the daemon differs from before, because what failed may have acted, or what came before."""
    pid, enabled = _pid(daemon), _enabled(daemon, request)
    try:
        yield
    except (AuditError, OSError) as error:
        changes = [_change_of_enabled(enabled, daemon, request)]
        # Methods of the daemon say by themselves whether it is running.
        if not isinstance(error, DaemonError):
            changes.insert(0, _change_of_process(pid, daemon))
        if not any(changes):
            raise
        where = f"{error.filename}: " if isinstance(error, OSError) and error.filename else ""
        said = (isinstance(error, OSError) and error.strerror) or str(error)
        raise DaemonError("; ".join([where + said, *filter(None, changes)])) from error


def _pid(daemon: Daemon) -> int:
    try:
        return daemon.settled_pid()
    except OtherDaemon:
        return 0


def _enabled(daemon: Daemon, request: ServiceRequest) -> Optional[bool]:
    """Whether the daemon starts at boot, if that is asked for."""
    return None if request.enabled is None else daemon.enabled


def _change_of_process(before: int, daemon: Daemon) -> str:
    try:
        pid = _pid(daemon)
    except (AuditError, OSError):
        return "whether auditd is running now is not known"
    if pid == before:
        return ""
    return f"auditd is running now (pid {pid})" if pid else "auditd is not running any more"


def _change_of_enabled(before: Optional[bool], daemon: Daemon, request: ServiceRequest) -> str:
    try:
        enabled = _enabled(daemon, request)
    except (AuditError, OSError):
        return "whether auditd is set to start at boot is not known"
    return "" if enabled is before else f"auditd is now set{'' if enabled else ' not'} to start at boot"


def _managed_auditd(daemon: Daemon, host: Host, request: ServiceRequest, check_mode: bool) -> Dict[str, Any]:
    """The result for a host whose audit daemon is auditd, running or not."""
    action, changed, confirmed, warnings = _bring_to_state(daemon, host, request, check_mode)
    result = _signalled(daemon, request, action, check_mode)
    result.update(
        changed=changed or result["changed"],
        action=action,
        confirmed=confirmed,
        manager=daemon.manager,
        version=dotted(daemon.version) if daemon.version else None,
        enabled=daemon.enabled,
        warnings=warnings,
    )
    if check_mode and request.enabled is not None:
        result["enabled"] = request.enabled
    return result


def _managed_without(daemon: Daemon, request: ServiceRequest, check_mode: bool) -> Dict[str, Any]:
    """The result for a host on which another program has the place of auditd, which is not running."""
    switch = request.enabled is not None and daemon.enabled is not request.enabled
    if switch and not check_mode:
        daemon.enable(bool(request.enabled))
    return {
        "changed": switch,
        "pid": 0,
        "action": "none",
        "confirmed": True,
        "manager": daemon.manager,
        "version": dotted(daemon.version) if daemon.version else None,
        "enabled": request.enabled if request.enabled is not None else daemon.enabled,
    }


def _bring_to_state(
    daemon: Daemon, host: Host, request: ServiceRequest, check_mode: bool
) -> Tuple[str, bool, bool, List[str]]:
    """Bring the daemon to its state, and set whether it starts at boot.

    Returns the action, whether it changes anything, whether the daemon has confirmed it, and warnings.
    """
    action = _ACTIONS[request.state][0 if daemon.settled_pid() else 1] if request.state else "none"
    if daemon.unavailable and (action != "none" or (daemon.may_run and request.state)):
        raise DaemonError(daemon.unavailable)
    if request.validate and action in ("reload", "restart"):
        _refuse_mistakes(host)
    switch = request.enabled is not None and daemon.enabled is not request.enabled
    warnings, confirmed = [], True
    if action == "reload" and _forgets_name(host):
        warnings.append(
            "auditd looks up the name for name_format only when it starts, and forgets that name at this reload: its "
            "records then carry another node name, or (null). state: restarted keeps the name, and so does "
            "name_format = user"
        )
    if switch and not check_mode:
        daemon.enable(bool(request.enabled))
    if action != "none" and not check_mode:
        done, said = _acted(daemon, action)
        warnings += said
        confirmed = action != "reload" or done.confirmed
        if not confirmed:
            warnings.append("auditd was told to read its files again, but has not said that it did")
    return action, action != "none" or switch, confirmed, warnings


def _acted(daemon: Daemon, action: str) -> Tuple[Any, List[str]]:
    """What a method of the daemon returns, and warnings."""
    if action != "restart":
        return getattr(daemon, action)(), []
    with rules_kept() as said:
        done = daemon.restart()
    return done, said


def _refuse_mistakes(host: Host) -> None:
    """Raise DaemonError if a daemon that is running would not run with the file as it is now."""
    if host.version is None:
        return
    wrong = mistakes(read_text(AUDITD_CONF_PATH), Target(host.version, None, file_status, host.gid))
    if wrong:
        raise DaemonError(
            "auditd is left alone: it is running, but would not run with its configuration as it is now: "
            + "; ".join(wrong)
        )


def _forgets_name(host: Host) -> bool:
    """Whether the daemon, with its configuration as it is now, has another node name after a reload."""
    return host.version is not None and forgets_name(read_settings(AUDITD_CONF_PATH), host.version)


def _signalled(daemon: Daemon, request: ServiceRequest, action: str, check_mode: bool) -> Dict[str, Any]:
    """Ask a daemon that is running to resume, to rotate, to report."""
    changed = False
    report: Dict[str, Any] = {}
    running = bool(daemon.pid)
    asked = [name for name in ("resume", "rotate", "report") if getattr(request, name)]
    if asked and not running and not (check_mode and action == "start"):
        raise DaemonError(f"{' and '.join(asked)} needs a daemon that is running, but auditd is not running")
    if running and (request.resume or request.report):
        report = daemon.report()
    if request.resume and is_suspended(report):
        changed = True
        if not check_mode:
            report = _resumed(daemon)
    if request.rotate:
        changed = True
        if not check_mode:
            daemon.rotate()
    return {"changed": changed, "pid": daemon.pid, **({"report": report} if request.report else {})}


def _resumed(daemon: Daemon) -> Dict[str, Any]:
    """Have the daemon resume what it suspended, which one of its threads may do late; return its report."""
    daemon.resume()
    deadline = time.monotonic() + _RESUME_SECONDS
    report = daemon.report()
    while is_suspended(report):
        if time.monotonic() > deadline:
            raise DaemonError(
                "auditd was told to resume logging, but logging is still suspended: first remove the cause, such as a "
                "full disk"
            )
        report = daemon.report()
    return report
