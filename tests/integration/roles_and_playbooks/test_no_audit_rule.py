# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule with which distributions switch auditing off: the role auditd removes it, and immutable does not lock it."""

import json

import pytest

# As Fedora's 10-no-audit.rules and the audit.rules of SLES and Amazon Linux have it.
FILE = "/etc/audit/rules.d/10-no-audit.rules"
RULE = "-a task,never"
WATCH = "-w /etc/hosts -p wa -k watched"
ROLE = {
    "role": "linux.audit.auditd",
    "auditd_manage_packages": False,
    "auditd_kernel_arguments": [],
    "auditd_journald_audit": "unmanaged",
    "auditd_rule_packs": [],
    "auditd_rules": [WATCH],
}
REMOVAL = "linux.audit.auditd : Remove the distribution's rule that switches auditing off"


@pytest.fixture
def silent(guest):
    """A guest as such a distribution installs it."""
    guest.run(
        "find /etc/audit/rules.d -name '*.rules' ! -name audit.rules -delete;"
        f"auditctl -D >/dev/null; printf -- '-D\\n\\n{RULE}\\n' >{FILE};"
        "augenrules --load >/dev/null"
    )
    assert "-a never,task" in guest.run("auditctl -l").stdout
    yield guest
    guest.run(
        f"rm -f {FILE} /etc/audit/rules.d/[4-9]*;"
        "augenrules --load >/dev/null; auditctl -D >/dev/null; service auditd restart >/dev/null 2>&1 || true"
    )


def test_the_role_auditd_removes_it(silent, changes):
    """From the kernel and the file, once; the file and its other lines stay."""
    assert REMOVAL in changes(silent, ROLE)
    assert "task" not in silent.run("auditctl -l").stdout
    assert silent.run(f"cat {FILE}").stdout == "-D\n\n"
    assert "task" not in silent.run("augenrules --load >/dev/null; auditctl -l").stdout
    assert changes(silent, ROLE) == []


def test_the_role_keeps_it_if_told_to(silent, changes):
    """A host on which nothing is to be recorded may be meant."""
    role = ROLE | {"auditd_keep_no_audit_rule": True}
    assert REMOVAL not in changes(silent, role)
    assert "-a never,task" in silent.run("auditctl -l").stdout
    assert RULE in silent.run(f"cat {FILE}").stdout


def locking(playbook, guest, tmp_path):
    """Why the role immutable locks nothing; in check mode, so that the guest is of use afterwards."""
    path = tmp_path / "lock.yml"
    path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "roles": ["linux.audit.immutable"]}]))
    lines = playbook(path, limit=guest.name, check=True)
    return [line["result"]["msg"] for line in lines if line["result"].get("failed")]


@pytest.mark.parametrize(
    ("command", "part"),
    [
        (":", f"{FILE}:3: '{RULE}' switches auditing off: the kernel records no system call"),
        (":", "kernel: '-a never,task' switches auditing off: the kernel records no system call"),
        (f"printf -- '-a never,exit -S all\\n' >{FILE}; augenrules --load", "never,exit -S all"),
        (f"printf -- '-e 0\\n' >{FILE}; auditctl -D; auditctl -e 0", f"{FILE}:1: '-e 0' switches auditing off: "),
        (f"rm {FILE}; auditctl -D; auditctl -e 0", "kernel: 'enabled 0' switches auditing off: "),
    ],
)
def test_the_role_immutable_locks_nothing(silent, playbook, tmp_path, command, part):
    """It names the file, the line and the rule."""
    silent.run(f"({command}) >/dev/null")
    try:
        (said,) = locking(playbook, silent, tmp_path)
    finally:
        silent.run("auditctl -e 1 >/dev/null")
    assert said.startswith(f"Nothing is locked on {silent.name}, because auditing is switched off there")
    assert part in said


def test_a_host_without_it_can_be_locked(silent, playbook, tmp_path):
    silent.run(f"rm {FILE}; augenrules --load >/dev/null; auditctl -D >/dev/null")
    assert not any("auditing is switched off" in said for said in locking(playbook, silent, tmp_path))
