# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One change for each module that changes something: what the guest holds before it, and the module's parameters."""

import os
import shutil
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .host_state import DRAFTS, kept_files, load, put_back, run, start_daemon, write_files

__all__ = ("SCENARIOS", "Scenario")

RULES_D = "/etc/audit/rules.d"
OWN, SET, CONTROL = (f"{name}.rules" for name in ("50-linux-audit", "40-linux-audit-ruleset", "99-linux-audit-control"))
FIRST = "-a always,exit -F arch=b64 -S mount,umount2 -F key=mounts"
SECOND = "-a always,exit -F arch=b64 -S umount2 -F key=umounts"
THIRD = "-a never,exit -F arch=b64 -S mount -F auid=7"
HOSTS = "-w /etc/hosts -p wa -k hosts"
NAME = "-a always,exit -F arch=b64 -S sethostname -F key=name"
PASSWD = "-w /etc/passwd -p wa -k identity"
BACKLOG = "-b 8192"
CHECKPOINT = "/var/lib/marks/search"
# So many that several go to the kernel with one message; their order is free.
_LARGE = [f"-w /etc/large{number} -p wa -k large" for number in range(20)]
_INSTALLED = {f"/etc/audit/{name}": f"/root/{name}.installed" for name in ("auditd.conf", "audisp-remote.conf")}


class Scenario(NamedTuple):
    """``files``: of rules.d beforehand. ``daemon``: the daemon is part of what may change, and so are its files.

    ``prepare``: what else is done beforehand. ``directories``: those whose files may change. ``acts``: the module
    changes something each time.
    """

    module: str
    parameters: dict[str, Any]
    files: dict[str, Sequence[str]] = {}
    daemon: bool = False
    prepare: Callable[[], None] = lambda: None
    directories: Sequence[str] = ("/etc/audit",)
    acts: bool = False

    @property
    def thin(self):
        """Whether only some calls of those that are alike are hindered, because a run takes seconds."""
        return self.daemon or self.module in ("audit_search", "audit_trace", "audit_trial")

    def reset(self):
        """Bring the guest to what it holds beforehand, without help from what is tested."""
        if self.module not in _KEPT:
            self._make_files()
            _KEPT[self.module] = kept_files("/etc/audit")
        put_back("/etc/audit", _KEPT[self.module])
        lines = [line for lines in self.files.values() for line in lines]
        load([BACKLOG, "--backlog_wait_time 60000", "-r 0", "-f 1", *lines])
        if self.daemon:
            start_daemon()
        self.prepare()

    def _make_files(self):
        for name in os.listdir("/etc/audit"):
            if name.startswith(DRAFTS) and name != ".linux-audit.lock":
                os.unlink(f"/etc/audit/{name}")
        write_files(RULES_D, {name: "".join(f"{line}\n" for line in lines) for name, lines in self.files.items()})
        run("augenrules")
        for path, kept in _INSTALLED.items():
            if not os.path.exists(kept):
                shutil.copy(path, kept)
            shutil.copy(kept, path)
        run("sed", "-i", "s/^active = .*/active = no/", "/etc/audit/plugins.d/syslog.conf")


# The files of the one scenario that a process tries; augenrules makes them once.
_KEPT: dict = {}


def _stopped():
    from .host_state import stop_daemon

    stop_daemon()


def _with_checkpoint():
    """A checkpoint, and three events since."""
    from .hindering import run_module

    os.makedirs(os.path.dirname(CHECKPOINT), 0o700, exist_ok=True)
    for name in os.listdir(os.path.dirname(CHECKPOINT)):
        os.unlink(os.path.join(os.path.dirname(CHECKPOINT), name))
    # A log of its own, which does not grow meanwhile.
    with open("/root/search.log", "w", encoding="utf-8") as file:
        file.write(_record(1) + _record(2))
    run_module("audit_search", _SEARCH, traced=False)
    with open("/root/search.log", "a", encoding="utf-8") as file:
        file.write("".join(map(_record, (3, 4, 5))))


def _record(serial):
    return (
        f"type=USER msg=audit(1700000000.{serial:03d}:{serial}): pid=1 uid=0 auid=4294967295 ses=4294967295 "
        "subj=unconfined msg='text=x exe=\"/usr/sbin/auditctl\" hostname=? addr=? terminal=? res=success'\n"
    )


_SEARCH = {"checkpoint": CHECKPOINT, "input_file": "/root/search.log"}

SCENARIOS = {
    "audit_rule present": Scenario("audit_rule", {"rules": [NAME, FIRST]}, {OWN: [SECOND], "20-other.rules": [HOSTS]}),
    "audit_rule absent": Scenario(
        "audit_rule", {"key": "mounts", "state": "absent"}, {OWN: [FIRST, SECOND], "20-other.rules": [HOSTS]}
    ),
    "audit_watch": Scenario(
        "audit_watch", {"path": "/etc/passwd", "permissions": "wa", "keys": ["id"]}, {OWN: [HOSTS]}
    ),
    "audit_ruleset": Scenario(
        "audit_ruleset",
        {"content": "\n".join(["-D", "-b 9000", SECOND, FIRST, NAME, HOSTS])},
        {SET: ["-D", BACKLOG, THIRD, FIRST, SECOND, PASSWD], "20-other.rules": [HOSTS]},
    ),
    "audit_ruleset purge": Scenario(
        "audit_ruleset",
        {"content": "\n".join(["-D", "-b 9000", SECOND, FIRST, NAME]), "purge": "all"},
        {SET: ["-D", BACKLOG, THIRD, FIRST, SECOND, PASSWD], "20-other.rules": [HOSTS]},
    ),
    "audit_ruleset large": Scenario(
        "audit_ruleset",
        {"content": "\n".join(["-D", SECOND, *_LARGE[10:], THIRD, FIRST]), "persistent": False},
        {SET: ["-D", BACKLOG, THIRD, *_LARGE[:10], FIRST, SECOND], "20-other.rules": [HOSTS]},
    ),
    "audit_control": Scenario(
        "audit_control",
        {"backlog_limit": 9000, "rate_limit": 5000, "failure": "silent"},
        {CONTROL: [BACKLOG], OWN: [HOSTS]},
    ),
    "auditd_conf": Scenario(
        "auditd_conf", {"settings": {"log_format": "RAW", "num_logs": 7}, "backup": True}, daemon=True
    ),
    "auditd_conf restart": Scenario(
        "auditd_conf", {"settings": {"log_format": "RAW"}, "apply": "restart"}, daemon=True
    ),
    "audisp_plugin": Scenario("audisp_plugin", {"name": "syslog", "active": True}, daemon=True),
    "audisp_remote_conf": Scenario(
        "audisp_remote_conf", {"settings": {"remote_server": "192.0.2.1", "queue_depth": 9000}}, daemon=True
    ),
    "auditd_service stopped": Scenario("auditd_service", {"state": "stopped", "enabled": False}, daemon=True),
    "auditd_service started": Scenario("auditd_service", {"state": "started"}, daemon=True, prepare=_stopped),
    "auditd_service restarted": Scenario("auditd_service", {"state": "restarted"}, daemon=True, acts=True),
    "audit_trace": Scenario(
        "audit_trace", {"command": ["/bin/true"], "syscall": ["openat"]}, {OWN: [HOSTS, FIRST]}, acts=True
    ),
    "audit_trial": Scenario(
        "audit_trial",
        {"rules": [NAME, "-A never,exit -F arch=b64 -S mount -F auid=8"], "seconds": 1},
        {OWN: [HOSTS, FIRST]},
    ),
    "audit_search": Scenario(
        "audit_search", _SEARCH, prepare=_with_checkpoint, directories=(os.path.dirname(CHECKPOINT),)
    ),
}
