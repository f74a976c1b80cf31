# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules with a permission that we call the same record the same syscalls; rules that record fewer are other rules.

Every call that a kernel matches with a permission is made on a guest while the kernel holds one form of a rule after
another: as its own auditctl loads it, as auditctl of any other release does, with all syscalls, and with a few.
"""

import itertools
import json
import re

import pytest

import strategies
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.model import equivalent
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.permissions import (
    PERMISSIONS,
    matchable_syscalls,
    permission_variants,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.syscalls import number
from paths import MODULE_UTILS, ON_GUEST
from releases import releases

WATCHED = "-F dir=/root/seen"
LEAST = {"x": "execve", "w": "openat", "r": "openat", "a": "chmod,fchmod,fchmodat"}
#: A syscall that the rule of each release before this one leaves out, by permission.
LATE = {"x": ("execveat", (4, 2)), "a": ("fchmodat2", (4, 1, 2)), "r": ("getxattrat", (4, 0, 4))}


@pytest.fixture(scope="module", params=releases("trixie", fleet=("bullseye", "bookworm", "sid")))
def guest(request, lab):
    """A guest without auditd, whose kernel records."""
    guest = lab.boot(request.param, name=f"events-{request.param}")
    guest.run("systemctl stop auditd; auditctl -D; auditctl -e 1; auditctl -b 8192; mkdir -p /root/seen")
    guest.put(MODULE_UTILS, "/root/module_utils")
    guest.put(ON_GUEST / "permitted.py", "/root/permitted.py")
    yield guest
    guest.stop()


@pytest.fixture(scope="module")
def host(guest):
    """The library's view of the guest."""
    version = re.search(r"version ([\d.]+)", guest.run("auditctl -v").stdout).group(1)
    return strategies.Host(version=tuple(map(int, version.split("."))), directories=("/root/seen",))


def recorded(guest, rules):
    """The sets of syscalls that are recorded under each of the rules."""
    rows = guest.run(
        "PYTHONPATH=/root python3 /root/permitted.py",
        input=json.dumps([wire.encode(rule).hex() for rule in rules]),
        timeout=300,
    ).stdout
    return [frozenset(row) for row in json.loads(rows)]


def as_auditctl_loads(guest, line):
    """The rule that the kernel holds after the guest's auditctl has loaded a line."""
    guest.run("cat > /root/one.rules; auditctl -R /root/one.rules", input=line + "\n")
    data = guest.run(
        "PYTHONPATH=/root python3 -",
        input="from module_utils._kernel.netlink import Kernel\nprint(Kernel().rules()[0].data.hex())\n",
    ).stdout
    guest.run("auditctl -D")
    return wire.decode(bytes.fromhex(data))


@pytest.mark.parametrize("letter", PERMISSIONS)
def test_rules_that_are_the_same_record_the_same_syscalls(guest, host, letter):
    line = f"-a always,exit -F arch=b64 {WATCHED} -F perm={letter} -F key=seen"
    own = as_auditctl_loads(guest, line)
    assert parse_line(line, host).rule == own
    every, few = (
        parse_line(f"-a always,exit -F arch=b64 -S {names} {WATCHED} -p {letter} -F key=seen", host).rule
        for names in ("all", LEAST[letter])
    )
    matchable = every._replace(syscalls=matchable_syscalls(PERMISSIONS[letter], every.arch))
    variants = [every._replace(syscalls=added or None) for added in permission_variants(letter, "x86_64")]
    forms = list(dict.fromkeys([own, every, few, matchable, *variants]))
    events = dict(zip(forms, recorded(guest, forms), strict=True))
    assert events[every] == events[matchable] != frozenset()
    for one, other in itertools.combinations(forms, 2):
        assert events[one] == events[other] or not equivalent(one, other)
    assert equivalent(own, few) is (own.syscalls == few.syscalls)
    assert not equivalent(few, every)
    assert events[few] < events[every]
    name, since = LATE.get(letter, ("openat2", (3, 1, 3)))
    lost = (3, 1, 3) <= host.version < since
    assert (number("x86_64", name) in events[every] - events[own]) is lost
