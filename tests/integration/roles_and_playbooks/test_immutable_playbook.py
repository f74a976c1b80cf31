# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook immutable on a fleet with a host that cannot be reached and one whose rules do not load."""

import json

import pytest

pytestmark = pytest.mark.fleet

# The first host is the one that nobody answers for; reboots run in this order.
HOSTS = ("locked-1-gone", "locked-2-broken", "locked-3-sound", "locked-4-sound")
BREAK = "printf '%s\\n' '-w /nowhere/file -p wa' >/etc/audit/rules.d/50-broken.rules"


@pytest.fixture(scope="module")
def guests(lab):
    guests = lab.boot_all([(name, "bookworm") for name in HOSTS[1:]])
    guests[0].run(BREAK)
    yield guests
    for guest in guests:
        guest.stop()


@pytest.fixture
def lock(guests, results, tmp_path):
    """lock(variables) runs the playbook; it returns its lines, the rows of the table by host, and why hosts failed."""
    inventory = tmp_path / "gone.ini"
    inventory.write_text(f"{HOSTS[0]} ansible_host=127.0.0.1 ansible_port=9\n")

    def run(**extra):
        extra |= {"target": ",".join(HOSTS), "immutable_reboot_command": "systemctl reboot"}
        lines = results("ansible-playbook", "linux.audit.immutable", "-i", str(inventory), "-e", json.dumps(extra))
        shown = [line["result"] for line in lines if line["task"] == "Show the outcome on all hosts"]
        (table,) = [result["msg"] for result in shown if "msg" in result]
        assert table[0].split() == ["HOST", "OUTCOME", "LOCK", "STATE"]
        failed = {
            line["host"]: line["result"]["msg"]
            for line in lines
            if line["task"].startswith("Fail if") and line["result"].get("failed")
        }
        return lines, {row.split()[0]: row.split()[1:3] for row in table[1:]}, failed

    return run


def status(guest):
    return dict(line.split(maxsplit=1) for line in guest.run("auditctl -s").stdout.splitlines())


def test_hosts_that_can_be_locked_are_locked_and_rebooted(guests, lock):
    """The others are named, with the reason, in a table at the end."""
    boots = [guest.run("cat /proc/sys/kernel/random/boot_id").stdout for guest in guests]
    _lines, rows, failed = lock(immutable_reboot="always")
    assert rows == {
        HOSTS[0]: ["unreachable", "-"],
        HOSTS[1]: ["failed", "enabled"],
        HOSTS[2]: ["ok", "immutable"],
        HOSTS[3]: ["ok", "immutable"],
    }
    assert set(failed) == set(HOSTS[:2])
    assert failed[HOSTS[0]] == f"{HOSTS[0]}: the host cannot be reached."
    assert f"{HOSTS[1]}: Nothing is locked on {HOSTS[1]}" in failed[HOSTS[1]]
    assert "not loaded: -w /nowhere/file" in failed[HOSTS[1]] or "/nowhere/file" in failed[HOSTS[1]]
    assert [status(guest)["enabled"] for guest in guests] == ["1", "2", "2"]
    again = [guest.run("cat /proc/sys/kernel/random/boot_id").stdout for guest in guests]
    assert [before == after for before, after in zip(boots, again, strict=True)] == [True, False, False]


def test_after_a_reboot_that_fails_no_other_host_is_rebooted(guests, lock):
    """The third host does not load its rules at boot, so the fourth keeps running, and the table says so."""
    broken, kept = guests[1:]
    broken.run(BREAK)
    before = kept.run("cat /proc/sys/kernel/random/boot_id").stdout
    _lines, rows, failed = lock(immutable_reboot="always", immutable_allow_losses=True)
    assert (rows[HOSTS[2]][0], rows[HOSTS[3]][0]) == ("failed", "ok")
    assert f"{HOSTS[2]} was rebooted and does not hold what its files say" in failed[HOSTS[2]]
    assert kept.run("cat /proc/sys/kernel/random/boot_id").stdout == before
