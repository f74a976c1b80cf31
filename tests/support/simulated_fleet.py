# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets of any size, with what modules would say of their hosts: a few with each kind of trouble, and most without."""

from __future__ import annotations

import random

from ansible_collections.linux.audit.plugins.plugin_utils import evidence, fleet, report_document, report_host

FILES = "/etc/audit/rules.d"
KEYS = (
    "exec",
    "access",
    "identity",
    "perm_mod",
    "delete",
    "logins",
    "time-change",
    "modules",
    "mounts",
    "scope",
    "b32",
)
PATHS = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/sudoers", "/etc/ssh/sshd_config", "/var/log/lastlog")
TEXT_MET = {"status": "met", "origin": "x:1", "in_auditctl_l": True}
NO_DRIFT = {"missing": [], "extra": [], "other_key": [], "out_of_order": [], "settings": []}


def watch(path: str, key: str) -> str:
    """A rule in canonical form."""
    return f"-a always,exit -F path={path} -F perm=wa -F key={key}"


#: What is asked of the hosts, and the rule for it, again and again.
REQUIREMENTS = (
    ("Changes of users and groups are recorded", watch("/etc/passwd", "identity")),
    ("Uses of privileged commands are recorded", "-a always,exit -F path=/usr/bin/sudo -F perm=x -F key=privileged"),
    ("Loading of kernel modules is recorded", "-a always,exit -F arch=b64 -S init_module,finit_module -F key=modules"),
    ("Changes of permissions are recorded", "-a always,exit -F arch=b64 -S chmod,fchmod,fchmodat -F key=perm_mod"),
    ("Failed accesses to files are recorded", "-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F key=access"),
    ("The audit configuration is locked until a boot", "-e 2"),
    ("Changes of the rights of administrators are recorded", watch("/etc/sudoers", "actions")),
    ("Changes of the time are recorded", "-a always,exit -F arch=b64 -S clock_settime -F key=time-change"),
)


def healthy(dice: random.Random) -> dict:
    """What audit_info returns of a host that is in sync."""
    rules = [{"text": watch(path, "identity"), "rule": {"fields": [f"path={path}"]}} for path in PATHS]
    size = dice.randint(40, 320) << 20
    days = round(dice.uniform(9, 120), 2)
    rate = round(size / days)
    shares = sorted((dice.random() ** 3 for _key in KEYS), reverse=True)
    keys = [
        {"key": key, "events": round(size * share / 1100), "bytes": round(size * share / sum(shares)),
         "bytes_a_day": round(rate * share / sum(shares))}
        for key, share in zip(dice.sample(KEYS, len(KEYS)), shares, strict=True)
    ]  # fmt: skip
    audit, kernel = dice.choice(
        (("3.0.9", "6.1.0-41-amd64"), ("4.0.2", "6.12.57+deb13-amd64"), ("3.1.5", "5.14.0-611.el9"))
    )
    return {
        "available": True, "in_sync": True, "recording": True, "reboot_required": False, "pending": [], "rules": rules,
        "status": {"enabled": dice.choice(("enabled", "immutable", "immutable")), "failure": "printk", "pid": 612,
                   "lost": 0, "backlog": dice.choice((0, 0, 0, 3)), "backlog_limit": 8192, "rate_limit": 0},
        "daemon": {"pid": 612, "running": True, "name": "auditd", "problems": []},
        "plugins": [{"name": "au-remote", "path": "x", "active": True, "running": True},
                    {"name": "syslog", "path": "y", "active": False, "running": False}],
        "drift": {name: [] for name in NO_DRIFT}, "origins": {}, "problems": [],
        "files": [{"path": f"{FILES}/30-site.rules", "line": place, "text": rule["text"], "rule": rule["rule"]}
                  for place, rule in enumerate(rules, 1)],
        "versions": {"audit": audit, "kernel": kernel},
        "retention": {"bytes": size, "oldest": f"2026-{dice.randint(8, 11):02}-{dice.randint(1, 24):02}T03:12:44.119Z",
                      "newest": "2026-11-27T05:59:59.004Z", "bytes_a_day": rate, "capacity": 320 << 20,
                      "free": dice.randint(1, 40) << 30, "disk": 50 << 30, "days": days, "keys": keys},
    }  # fmt: skip


def drifted(info: dict, dice: random.Random) -> None:
    """A rule of the file is gone, one has another key, one is in no file, and a setting differs."""
    path = dice.choice(PATHS[1:])
    missing = watch(path, "identity")
    info.update(in_sync=False)
    info["drift"] = NO_DRIFT | {
        "missing": [missing],
        "extra": dice.choice(([], [watch("/root/.ssh", "temp_debug")])),
        "other_key": dice.choice(
            ([], [{"file": watch("/etc/passwd", "identity"), "kernel": watch("/etc/passwd", "passwd")}])
        ),
        "settings": dice.choice(([], [{"name": "backlog_limit", "file": 8192, "kernel": 64}])),
    }
    info["origins"] = {missing: f"{FILES}/30-site.rules:{PATHS.index(path) + 1}",
                       watch("/etc/passwd", "identity"): f"{FILES}/30-site.rules:1",
                       "backlog_limit": f"{FILES}/10-base.rules:2"}  # fmt: skip


def silent(info: dict, _dice: random.Random) -> None:
    """A rule that a distribution ships records nothing."""
    info.update(recording=False)
    info["problems"] = [{"path": "kernel", "line": 0, "text": "-a never,task", "reason": "switches auditing off",
                         "stops_recording": True, "stops_loading": False, "lost_at_boot": False}]  # fmt: skip


def waiting(info: dict, _dice: random.Random) -> None:
    """A change is staged on a locked kernel."""
    info["status"]["enabled"] = "immutable"
    rule = watch("/etc/sudoers", "actions")
    info.update(in_sync=False, reboot_required=True, pending=[rule], drift=NO_DRIFT | {"missing": [rule]})
    info["origins"] = {rule: f"{FILES}/50-actions.rules:1"}


def dead(info: dict, _dice: random.Random) -> None:
    """No daemon takes the records, and some are lost."""
    info["daemon"].update(pid=0, running=False, name=None,
                          problems=["auditd is not running, so nothing takes the records of the kernel"])  # fmt: skip
    info["status"].update(lost=18204, backlog=8192)
    info["plugins"][0]["running"] = False


def loses(info: dict, _dice: random.Random) -> None:
    """A rule whose directory is gone: loaded now, and not after a boot."""
    rule = {"fields": ["dir=/opt/app"]}
    info["rules"] = [*info["rules"], {"text": "-a always,exit -F dir=/opt/app -F perm=wa -F key=app", "rule": rule}]
    line = {"path": f"{FILES}/60-app.rules", "line": 2, "text": "-w /opt/app -p wa -k app"}
    info["files"] = [*info["files"], line | {"rule": rule}]
    reason = "is refused by the kernel, because /opt/app does not exist"
    info["problems"] = [
        line | {"reason": reason, "stops_loading": True, "lost_at_boot": True, "stops_recording": False}
    ]


#: What is wrong with which share of the hosts.
TROUBLES = ((0.004, silent), (0.006, dead), (0.03, drifted), (0.01, waiting), (0.01, loses))


def judged(host: str, info: dict, dice: random.Random, requirements: int) -> dict:
    """What audit_compliance says of the host, as compliance_host returns it."""
    wanted = []
    for place in range(requirements):
        bad = (
            info["recording"] is False
            or (place == 5 and info["status"]["enabled"] != "immutable")
            or dice.random() < 0.0002
        )
        said = {"status": "not met" if bad else "met", "by": [], "keys": [], "missing": [], "off_by": [], "reason": ""}
        title, text = REQUIREMENTS[place % len(REQUIREMENTS)]
        rule = {"wanted": text, "kernel": said,
                "files": said | {"origins": []}, "text": TEXT_MET}  # fmt: skip
        wanted.append({
            "standard": "our_baseline", "id": f"SITE-{1 + place:03}", "title": title,
            "severity": "medium", "kernel": said["status"], "files": said["status"], "text": "met",
            "rules": [rule] if bad else [],
            "checks": [], "left_out": [], "exception": None,
        })  # fmt: skip
    standard = {"name": "our_baseline", "title": "Our baseline", "release": "3", "sha256": "0" * 64}
    return evidence.host_entry(host, {"requirements": wanted, "standards": [standard], "proof": {}})


def entry(place: int, dice: random.Random, requirements: int) -> dict:
    """The entry of one host."""
    # A host keeps its name, however its luck changes.
    host = f"{random.Random(place).choice(('web', 'db', 'app', 'build'))}{place:04}.example.org"
    luck = dice.random()
    if luck < 0.003:
        return report_host.silent_entry(host, "unreachable")
    if luck < 0.005:
        return report_host.silent_entry(host, "failed: The module interpreter '/usr/bin/python3' was not found.")
    info = healthy(dice)
    luck -= 0.005
    for share, trouble in TROUBLES:
        if 0 <= luck < share:
            trouble(info, dice)
        luck -= share
    remote = "remote logging is not confirmed: no record has arrived" if info["daemon"]["name"] is None else ""
    row = {"host": host, **fleet.drift_row(info, {"report": {}}, (), remote)}
    found = judged(host, info, dice, requirements) if requirements else None
    return report_host.host_entry(row, info, remote, found)


def simulated(hosts: int, requirements: int = 54, results: int = 1, seed: int = 7) -> dict:
    """The document of the last of several results, which differ in a few hosts."""
    document, entries = {}, []
    for number in range(results):
        when = f"2026-11-{27 - results + 1 + number:02}T06:00:00Z"
        # Each day some hosts are otherwise than the day before.
        entries = [
            entry(
                place, random.Random(f"{seed}-{place}-{(place + number) // 9 if place % 5 == 0 else 0}"), requirements
            )
            for place in range(hosts)
        ]
        document = report_document.document(entries, when, [document] if document else [])
    return document
