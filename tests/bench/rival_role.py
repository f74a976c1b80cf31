# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role auditd beside that of linux-system-roles, of which the bench is given a checkout: second runs, 150 rules."""

import json
import subprocess

from figures import Pair
from tasks import playbook

RULES = 150
# Their role asks for the version of a package audit, which Debian calls auditd; this one holds nothing but the name.
CONTROL = "Package: audit\\nVersion: 1:3.0.9-1\\nArchitecture: all\\nMaintainer: bench\\nDescription: a name\\n"
NAMED = f"mkdir -p audit/DEBIAN; printf '{CONTROL}' >audit/DEBIAN/control; dpkg-deb --build audit; dpkg -i audit.deb"


def second_runs(lab, guest, checkout) -> tuple[str, list[Pair]]:
    """Seconds of a whole run that changes nothing; the least of two, of either role, one after the other."""
    guest.run(NAMED)
    text = [
        f"-a always,exit -F arch=b64 -S openat,unlinkat -F path=/etc/file{number} -F auid>={number} -F key=k{number}"
        for number in range(RULES)
    ]
    structures = [
        {
            "action": "always",
            "filter": "exit",
            "arch": "b64",
            "syscall": ["openat", "unlinkat"],
            "path": f"/etc/file{number}",
            "field": f"auid>={number}",
            "keyname": f"k{number}",
        }
        for number in range(RULES)
    ]
    # A guest has neither a way to more packages nor a boot loader.
    ours = {
        "role": "linux.audit.auditd",
        "vars": {"auditd_rules": text, "auditd_packages": ["auditd"], "auditd_kernel_arguments": []},
    }
    theirs = {"role": str(checkout), "vars": {"auditd_rules": structures}}
    least = [_second_run(lab, guest, role) for role in (theirs, ours)]
    commit = subprocess.run(
        ["git", "-C", checkout, "log", "-1", "--format=%h, %as"], stdout=subprocess.PIPE, text=True, check=False
    ).stdout.strip()
    title = f"Roles: second runs with {RULES} rules"
    return title, [
        Pair(f"`linux.audit.auditd` / `linux-system-roles.auditd` ({commit or 'a checkout'})", least[1], least[0])
    ]


def _second_run(lab, guest, role: dict) -> float:
    plays = [{"hosts": "all", "roles": [role]}]
    options = ("-i", lab.inventory, "-l", guest.name)
    (lab.directory / "role.yml").write_text(json.dumps(plays))
    return min([playbook(lab.directory, lab.directory / "role.yml", *options)[0] for _run in range(3)][1:])
