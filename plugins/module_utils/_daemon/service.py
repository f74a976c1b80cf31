# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit daemon as a service: what the module auditd_service asks of it."""

import os
import time
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple

from .._ansible import printable
from .._host.files import FileError, read_text
from .._host.host import Host
from .auditd import CONFIGURATION, Daemon, DaemonError, find
from .conf_file import parse, values
from .keywords import AUDITD_CONF
from .validation import Target, check, dotted, forgets_name

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

__all__ = ("mistakes", "run_service", "suspended")

_RESUME_SECONDS = 5.0

# By state: what is done to a daemon that runs, and to one that does not.
_ACTIONS = {
    "started": ("none", "start"),
    "stopped": ("stop", "none"),
    "reloaded": ("reload", "start"),
    "restarted": ("restart", "start"),
}


def mistakes(text: Optional[str], target: Target) -> List[str]:
    """What would keep a daemon with this auditd.conf from starting; the last line counts only if it is ended."""
    read = (text or "")[: (text or "").rfind("\n") + 1]
    return [problem.at(CONFIGURATION) for problem in check(AUDITD_CONF, parse(read), target)]


def suspended(report: Mapping[str, Any]) -> bool:
    """Whether a report of the daemon's state says that something has been suspended."""
    return bool(report.get("logging_suspended") or report.get("plugin_queueing_suspended"))


def run_service(module: "AnsibleModule") -> None:
    """Do what the parameters of the module auditd_service ask for, and leave the module with its result."""
    try:
        if os.geteuid() != 0:
            raise DaemonError("only root can ask or tell the audit daemon anything (become: true)")
        host = Host()
        daemon = find(host)
        action, changed = _state(daemon, host, module)
        result = _asked_of(daemon, module.params, action, module.check_mode)
    except (DaemonError, FileError) as error:
        module.fail_json(msg=printable(str(error)))
    result.update(
        changed=changed or result["changed"],
        action=action,
        manager=daemon.manager,
        version=dotted(daemon.version) if daemon.version else None,
        enabled=daemon.enabled,
    )
    if module.check_mode and module.params["enabled"] is not None:
        result["enabled"] = module.params["enabled"]
    module.exit_json(**printable(result))


def _state(daemon: Daemon, host: Host, module: "AnsibleModule") -> Tuple[str, bool]:
    """Bring the daemon to the state, and what a boot does; return the action, and whether anything has changed."""
    state, enabled = module.params["state"], module.params["enabled"]
    action = _ACTIONS[state][0 if daemon.settled_pid() else 1] if state else "none"
    if daemon.unavailable and action != "none":
        raise DaemonError(daemon.unavailable)
    if module.params["validate"] and action in ("reload", "restart"):
        _refuse_mistakes(host)
    switch = enabled is not None and daemon.enabled is not enabled
    if action == "reload" and _forgets_name(host):
        module.warn(
            "auditd looks up the name for name_format only when it starts, and this one forgets it at a reload: its "
            "records are then of another node, or of (null). state: restarted keeps it, and so does name_format user"
        )
    if switch and not module.check_mode:
        daemon.enable(enabled)
    if action != "none" and not module.check_mode:
        done = getattr(daemon, action)()
        if action == "reload" and not done.confirmed:
            module.warn("auditd was told to read its files again, and has not said that it did")
    return action, action != "none" or switch


def _refuse_mistakes(host: Host) -> None:
    """Raise DaemonError if the daemon that runs would not come to run with the file that is there now."""
    if host.version is None:
        return
    wrong = mistakes(read_text(CONFIGURATION), Target(host.version, None, _stat, host.gid))
    if wrong:
        raise DaemonError("auditd runs, and would not with the configuration that is there now: " + "; ".join(wrong))


def _forgets_name(host: Host) -> bool:
    """Whether the daemon, with the configuration that is there now, has another node name after a reload."""
    return host.version is not None and forgets_name(values(parse(read_text(CONFIGURATION) or "")), host.version)


def _stat(path: str) -> Optional[os.stat_result]:
    try:
        return os.stat(path)
    except OSError:
        return None


def _asked_of(daemon: Daemon, parameters: Mapping[str, Any], action: str, check_mode: bool) -> Dict[str, Any]:
    """What is asked of a daemon that runs: to resume, to rotate, to report."""
    changed = False
    report: Dict[str, Any] = {}
    runs = bool(daemon.pid)
    asked = [name for name in ("resume", "rotate", "report") if parameters[name]]
    if asked and not runs and not (check_mode and action == "start"):
        raise DaemonError(f"{' and '.join(asked)} can only be asked of a daemon that runs: auditd does not")
    if runs and (parameters["resume"] or parameters["report"]):
        report = daemon.report()
    if parameters["resume"] and suspended(report):
        changed = True
        if not check_mode:
            report = _resumed(daemon)
    if parameters["rotate"]:
        changed = True
        if not check_mode:
            daemon.rotate()
    return {"changed": changed, "pid": daemon.pid, **({"report": report} if parameters["report"] else {})}


def _resumed(daemon: Daemon) -> Dict[str, Any]:
    """Have the daemon resume what it suspended; return its report. A thread of it that is busy takes its time."""
    daemon.resume()
    deadline = time.monotonic() + _RESUME_SECONDS
    report = daemon.report()
    while suspended(report):
        if time.monotonic() > deadline:
            raise DaemonError("auditd was told to resume logging, and what made it suspend that is still so")
        report = daemon.report()
    return report
