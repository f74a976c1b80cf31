# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real kernel records on a file system that is mounted after a rule for its place is loaded, and before."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._policy.places import covered_later

_PREPARE = """
systemctl start auditd; auditctl -D >/dev/null; auditctl -e 1 >/dev/null
umount /srv/late/below /srv/late/own 2>/dev/null; mkdir -p /srv/late/below /srv/late/own
"""
_RULES = """
auditctl -a always,exit -F arch=b64 -F dir=/srv/late -F perm=wa -F key=mount-above-$1
auditctl -a always,exit -F arch=b64 -F path=/srv/late/own/file -F perm=wa -F key=mount-file-$1
"""
_MOUNT = "mount -t tmpfs late /srv/late/below; mount -t tmpfs late /srv/late/own"
_ACT = """
touch /srv/late/below/f /srv/late/own/file
auditctl -D >/dev/null; until auditctl -s | grep -q '^backlog 0'; do sleep 0.1; done; sleep 0.3
for key in above file; do
    ! ausearch --input-logs --raw -k mount-$key-$1 2>/dev/null | grep -q 'comm="touch"' || echo $key
done
"""


@pytest.mark.parametrize(("order", "recorded"), [("before", ["above"]), ("after", [])])
def test_a_rule_matches_on_what_was_mounted_when_it_was_loaded(guest, order, recorded):
    """A rule for the directory above gets the event of both files; with neither mounted in time, nothing gets it."""
    guest.run(_PREPARE)
    parts = [_MOUNT, _RULES] if order == "before" else [_RULES, _MOUNT]
    try:
        found = guest.run(f"set -- {order}\n" + "\n".join([*parts, _ACT])).stdout.split()
    finally:
        guest.run("umount /srv/late/below /srv/late/own; rm -r /srv/late")
    assert [word for word in found if word in ("above", "file")] == recorded


def test_a_place_that_nothing_is_mounted_on_later():
    assert covered_later("/proc/self", True) == []
