# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of a fleet: hosts that hold what their files say, one that does not, and one without a daemon."""

import pytest

HOSTS = ("bookworm", "sid")


@pytest.fixture(scope="module")
def guests(boot):
    guests = [boot(name) for name in HOSTS]
    for guest in guests:
        guest.run(
            "auditctl -D >/dev/null; rm -f /etc/audit/rules.d/[4-9]*;"
            "echo '-w /etc/hosts -p wa -k hosts' >/etc/audit/rules.d/50-hosts.rules;"
            "augenrules --load >/dev/null; auditctl --reset-lost >/dev/null"
        )
    yield guests
    for guest in guests:
        guest.run("rm /etc/audit/rules.d/50-hosts.rules; augenrules --load >/dev/null; auditctl -D >/dev/null")


@pytest.fixture
def drift(guests, playbook):
    """drift(extra variables) runs the playbook; it returns the rows of the table by host, and who has failed."""

    def run(**extra):
        lines = playbook("linux.audit.drift", limit=",".join(HOSTS), extra=extra)
        table = next(line["result"]["msg"] for line in lines if line["task"] == "The fleet" and "msg" in line["result"])
        assert table[0].split() == ["HOST", "STATE", "LOCK", "LOST", "BACKLOG", "DAEMON"]
        return dict(row.split(maxsplit=1) for row in table[1:]), [
            line["result"]["msg"] for line in lines if line["result"].get("failed")
        ]

    return run


def test_a_fleet(guests, drift):
    limits = [guest.run("auditctl -s | sed -n 's/^backlog_limit //p'").stdout.strip() for guest in guests]
    in_sync = {
        host: ["in", "sync", "enabled", "0", f"0/{limit}", "auditd"] for host, limit in zip(HOSTS, limits, strict=True)
    }
    rows, failed = drift(drift_fail=True)
    assert ({host: row.split() for host, row in rows.items()}, failed) == (in_sync, [])

    # A rule is lost, one is too many, and a setting is another.
    guests[1].run("auditctl -W /etc/hosts -p wa -k hosts; auditctl -w /etc/motd -p wa -k motd; auditctl -f 0")
    rows, failed = drift()
    assert rows["bookworm"].split() == in_sync["bookworm"]
    assert rows["sid"].startswith("drift: 3 ")
    assert failed == []
    rows, failed = drift(drift_fail=True)
    assert failed == ["sid: drift: 3"]

    # Nobody takes the records.
    guests[1].run("augenrules --load >/dev/null; auditctl -f 1; kill $(pidof auditd); sleep 2")
    rows, failed = drift(drift_fail=True)
    assert (rows["sid"].split()[:2], rows["sid"].split()[-1], failed) == (["in", "sync"], "none", [])
    guests[1].run("systemctl start auditd")
