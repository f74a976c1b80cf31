# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reboots by the role immutable, counted: each is proved, whatever becomes of connections when the host goes down."""

import json
import os

import pytest

pytestmark = pytest.mark.fleet

# Of each guest. `REBOOTS=100 ./dev fleet -k counted` takes an hour and more.
REBOOTS = int(os.environ.get("REBOOTS", "3"))
VARIABLES = {"immutable_reboot": "always", "immutable_reboot_command": "systemctl reboot"}


def test_counted_reboots(lab, playbook, tmp_path):
    guests = lab.boot_all([(f"reboots-{release}", release) for release in ("bookworm", "trixie")])
    names = ",".join(guest.name for guest in guests)
    for guest in guests:
        guest.run("auditctl -e 1 >/dev/null")
    reboot = {"name": "linux.audit.immutable", "tasks_from": "reboot.yml"}
    tasks = [{"ansible.builtin.include_role": reboot} for _number in range(REBOOTS)]
    first = {"ansible.builtin.include_role": {"name": "linux.audit.immutable", "tasks_from": "lock.yml"}}
    path = tmp_path / "reboots.yml"
    path.write_text(json.dumps([{"hosts": names, "gather_facts": False, "vars": VARIABLES, "tasks": [first, *tasks]}]))
    lines = playbook(path, limit=names)
    assert not [line for line in lines if line["result"].get("failed")]
    proved = [line["host"] for line in lines if "Prove that the boot" in line["task"]]
    assert {guest.name: proved.count(guest.name) for guest in guests} == {guest.name: REBOOTS for guest in guests}
    broken = [line for line in lines if line["result"].get("unreachable")]
    print(f"{len(proved)} reboots were proved, and {len(broken)} connections broke after the host had booted")
    for guest in guests:
        assert "enabled 2" in guest.run("auditctl -s").stdout
        guest.stop()
