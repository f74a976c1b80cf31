# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A full or read-only disk, a lock by `-e 2`, other tools and a dying daemon in the middle of a change."""

import json

import pytest

from faults import prepare
from paths import ON_GUEST

FILE_CHANGES = (
    "audit_rule present", "audit_rule absent", "audit_watch", "audit_ruleset", "audit_control", "auditd_conf",
    "audisp_plugin", "audisp_remote_conf",
)  # fmt: skip


@pytest.fixture(scope="module")
def interfered(lab):
    """A guest of its own, for what interferes."""
    guest = lab.boot("bookworm", name="interfered")
    prepare(guest)
    guest.put(ON_GUEST / "interfered.py", "/root/lib/interfered.py")
    yield guest
    guest.stop()


def on(guest, *words):
    command = "PYTHONPATH=/root/lib python3 -B /root/lib/interfered.py " + " ".join(f"'{word}'" for word in words)
    return json.loads(guest.run(command, timeout=400).stdout)


def assert_kept(guest, scenario, interference, *said):
    """The promises are kept by a run and by the next one; returns what the first one found."""
    found = on(guest, "begin", scenario, interference)
    assert found["problems"] == [], found
    for text in said:
        assert found["result"].get("failed"), found
        assert text in found["result"]["msg"]
    again = on(guest, "next")
    assert again["problems"] == [], again
    return found


@pytest.mark.parametrize("scenario", ["audit_ruleset", "auditd_conf"])
def test_a_full_disk_changes_nothing(interfered, scenario):
    assert_kept(interfered, scenario, "full", "No space left")


@pytest.mark.fleet
@pytest.mark.parametrize("scenario", FILE_CHANGES)
@pytest.mark.parametrize(
    ("fault", "said"), [("full", "No space left"), ("quota", "No space left"), ("read-only", "Read-only")]
)
def test_a_disk_that_takes_nothing_changes_nothing(interfered, scenario, fault, said):
    assert_kept(interfered, scenario, fault, said)


def test_a_read_only_disk_changes_nothing(interfered):
    assert_kept(interfered, "audit_rule present", "read-only", "Read-only")


def test_rules_that_others_add_or_delete_meanwhile_stay_as_they_left_them(interfered):
    assert assert_kept(interfered, "many", "added by others")["foreign"]
    assert not assert_kept(interfered, "many", "deleted by others")["foreign"]


@pytest.mark.fleet
@pytest.mark.parametrize("interference", ["own rule deleted", "emptied by others", "set by others"])
def test_what_others_undo_is_not_reported_as_done(interfered, interference):
    assert_kept(interfered, "many", interference)


def test_a_daemon_that_is_killed_in_the_middle_is_not_reported_as_fine(interfered):
    assert_kept(interfered, "auditd_conf", "killed")


@pytest.mark.fleet
@pytest.mark.parametrize("scenario", ["auditd_conf", "auditd_conf restart"])
@pytest.mark.parametrize("interference", ["killed", "dead", "slow", "hangs"])
def test_a_daemon_that_fails_in_the_middle(interfered, scenario, interference):
    assert_kept(interfered, scenario, interference)


@pytest.mark.fleet
def test_rules_are_changed_while_the_daemon_is_dead(interfered):
    assert_kept(interfered, "audit_ruleset", "dead")


def test_rules_that_are_locked_in_the_middle(interfered):
    """By `auditctl -e 2`, which holds until the next boot; that boot loads what is in the files."""
    found = on(interfered, "begin", "many", "locked")
    assert found["problems"] == [], found
    assert found["result"]["failed"], found
    locked = on(interfered, "next")
    assert any(word in str(locked["result"]) for word in ("immutable", "locked", "-e 2")), locked
    interfered.run("mv /root/kept.json /root/interfered.json")
    interfered.reboot()
    assert on(interfered, "next")["problems"] == []
