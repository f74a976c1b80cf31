# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mask that a permission is given lacks no call that a kernel matches with it: every number is tried."""

import json

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules import syscalls, wire
from ansible_collections.linux.audit.plugins.module_utils.rules._permission_masks import archs_of, narrowed
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.permissions import PERMISSIONS
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from paths import MODULE_UTILS, ON_GUEST
from releases import releases
from strategies import Host

MACHINE = "x86_64"
#: A call that each permission needs, whatever the kernel.
CERTAIN = {"x": "execve", "w": "unlink", "r": "readlink", "a": "chmod"}


def wide(letter):
    """A rule for a permission and every call of one user."""
    return Rule("exit", "always", (Field("perm", "=", PERMISSIONS[letter]), Field("uid", "=", 4242)), None, ("wide",))


def narrow(letter):
    """The rule with the mask that it is given."""
    return narrowed(wide(letter), archs_of(MACHINE))._replace(keys=("narrow",))


@pytest.fixture(scope="module")
def tried(lab):
    """By permission, what the narrow rule records of all numbers, and what only the wide rule does."""
    guest = lab.boot("trixie", name="numbers")
    guest.run("systemctl stop auditd; auditctl -D; auditctl -e 1; auditctl -b 65536; auditctl -r 0")
    guest.put(MODULE_UTILS, "/root/module_utils")
    guest.put(ON_GUEST / "every_number.py", "/root/every_number.py")
    pairs = [[wire.encode(rule).hex() for rule in (narrow(letter), wide(letter))] for letter in PERMISSIONS]
    said = guest.run("cd /root; PYTHONPATH=. python3 -B every_number.py", input=json.dumps(pairs), timeout=500).stdout
    assert guest.run("auditctl -s | grep '^lost '").stdout.split() == ["lost", "0"]
    guest.stop()
    return dict(zip(PERMISSIONS, json.loads(said), strict=True))


@pytest.mark.parametrize("letter", PERMISSIONS)
def test_the_narrow_rule_records_whatever_the_wide_one_would(tried, letter):
    """Of all numbers to 600, those of no call among them."""
    recorded, missed = tried[letter]
    assert missed == []
    assert syscalls.number(MACHINE, CERTAIN[letter]) in recorded
    assert syscalls.number(MACHINE, "getppid") not in recorded


@pytest.mark.parametrize("release", releases("bullseye", "trixie", fleet=("bookworm", "sid")))
def test_every_release_loads_the_same_mask(boot, release):
    """The line of a directory's rule without arch, as the real auditctl of the release loads it."""
    guest = boot(release)
    version = tuple(map(int, guest.run("auditctl -v").stdout.split()[-1].split(".")))
    guest.run("mkdir -p /root/seen; auditctl -D")
    host = Host(version=version, directories=("/root/seen",))
    rules = []
    for letter in (*PERMISSIONS, "wa", "rwxa"):
        (rule,) = [parse_line(f"-w /root/seen -p {letter} -k seen-{letter}", host).rule]
        rules.append(narrowed(rule, archs_of(MACHINE)))
    lines = [render(rule, MACHINE, version) for rule in rules]
    guest.run("cat > /root/narrow.rules; auditctl -R /root/narrow.rules", input="\n".join(lines) + "\n")
    guest.put(MODULE_UTILS, "/root/module_utils")
    listed = guest.run(
        "cd /root; PYTHONPATH=. python3 -B -; auditctl -D >/dev/null",
        input="from module_utils._kernel.netlink import Kernel\n"
        "for held in Kernel().rules():\n    print(held.data.hex())\n",
    ).stdout.split()
    held = {wire.decode(bytes.fromhex(data)).keys: wire.decode(bytes.fromhex(data)).syscalls for data in listed}
    assert held == {rule.keys: rule.syscalls for rule in rules}


def test_only_the_watch_of_a_file_sees_it_through_a_link(boot):
    """So the rule of a directory does not replace that of a file: the kernel has both, and the file's records."""
    guest = boot("trixie")
    guest.run("auditctl -D; mkdir -p /root/tree; touch /root/tree/file; ln -f /root/tree/file /root/link")
    guest.run("auditctl -a always,exit -F dir=/root/tree -F perm=wa -F key=by-tree")
    guest.run("auditctl -a always,exit -F path=/root/tree/file -F perm=wa -F key=by-file")
    guest.run("echo >> /root/tree/file; echo >> /root/link; auditctl -D; sleep 1")
    found = {
        key: guest.run(
            f"ausearch --input-logs -k {key} --raw | grep -c 'type=SYSCALL.* syscall=257 '; true"
        ).stdout.strip()
        for key in ("by-tree", "by-file")
    }
    assert found == {"by-tree": "1", "by-file": "1"}
