# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit daemon as a service: brought to a state, and asked to rotate, resume or report."""

import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

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
        return _managed_without(daemon, request, check_mode)
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
        try:
            done, said = _acted(daemon, action)
        except AuditError as error:
            if not switch:
                raise
            which = "" if request.enabled else " not"
            raise DaemonError(f"{error}; before that, auditd was set{which} to start at boot") from error
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
