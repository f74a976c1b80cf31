# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The power fails right after a module has reported a change: at the next boot, the file is there, new and whole."""

import pytest

RULES = "/etc/audit/rules.d/50-linux-audit.rules"
CONF, PLUGIN = "/etc/audit/auditd.conf", "/etc/audit/plugins.d/site.conf"
# A file system that promises no more than POSIX does. By default, ext4 writes a file out before it replaces another one
# of that name, and writes everything every few seconds.
STRICT = "mount -o remount,noauto_da_alloc,commit=300 /"
# Whatever else waits for the disk makes it write all that was changed before. So does auditd, at its leisure.
QUIET = "sed -i 's/^flush = .*/flush = none/; /^freq = /d' /etc/audit/auditd.conf; systemctl kill -s HUP auditd; sync"
WATCHED = "-w /srv/{} -p wa -k power"
LONG = [WATCHED.format(number) for number in range(500)]
SITE = {"name": "site", "plugin": "/bin/true", "active": False, "apply": "none"}


@pytest.fixture(scope="module")
def guest(lab):
    """A guest of its own."""
    guest = lab.boot("bookworm", name="power")
    yield guest
    guest.stop()


def lines(text):
    """What a file says, without comments and empty lines."""
    return [line for line in text.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize(
    ("module", "arguments", "path", "new"),
    [
        ("audit_rule", {"rules": [WATCHED.format("one")]}, RULES,
         lambda old: [*lines(old), "-i", WATCHED.format("one")]),
        ("audit_ruleset", {"rules": LONG, "file": RULES.rpartition("/")[2]}, RULES, lambda _old: ["-i", *LONG]),
        ("auditd_conf", {"settings": {"num_logs": 9}}, CONF,
         lambda old: ["num_logs = 9" if line.startswith("num_logs =") else line for line in lines(old)]),
        ("audisp_plugin", SITE, PLUGIN,
         lambda _old: ["active = no", "direction = out", "path = /bin/true", "type = always", "format = string"]),
    ],
)  # fmt: skip
def test_a_change_that_was_reported_survives(guest, ansible, module, arguments, path, new):
    guest.run(f"{STRICT}; {QUIET}")
    old = guest.run(f"cat {path} 2>/dev/null || :").stdout
    assert ansible(guest, module, arguments)["changed"]
    guest.stop()
    guest.start()
    assert lines(guest.run(f"cat {path} || :").stdout) == new(old)
    assert guest.run(f"find {path.rpartition('/')[0]} -name '.linux-audit.*'").stdout == ""
