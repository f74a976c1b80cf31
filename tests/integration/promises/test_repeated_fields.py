# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that have a field twice: auditctl, the kernel and the library refuse the same ones, and load the same bytes."""

import itertools

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import FIELDS
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from releases import releases
from vendor import Vendor

#: Two values of each kind of field.
VALUES = {
    "arch": ("b64", "b32"),
    "msgtype": ("CWD", "PATH"),
    "fstype": ("tracefs", "debugfs"),
    "path": ("/etc/passwd", "/etc/shadow"),
    "dir": ("/etc", "/usr"),
    "exe": ("/bin/true", "/bin/false"),
    "perm": ("r", "wa"),
    "filetype": ("file", "socket"),
    "comparison": ("1", "2"),
    "string": ("a", "b"),
}
ONCE = {"path", "dir", "exe", "inode", "perm"}

OTHERS = (
    "-a always,exit -F path=/etc/passwd -F dir=/etc",
    "-a always,exit -F dir=/etc -F inode=7",
    "-a always,exit -F inode=7 -F inode=8",
    "-w /etc/passwd -F path=/etc/shadow",
    "-w /etc/passwd -p r -p w -k last-permissions",
    "-a always,exit -F path=/etc/passwd -F perm=r -p wa -k replaced",
    "-a always,exit -F arch=b64 -p r -p wa -k both-with-p",
    "-a always,exit -S open -k one -k two -k one",
    "-a always,exit -F arch=b64 -F arch=b64 -S open -k arch-twice",
    "-a always,exit -F arch=b64 -F arch!=b32 -S open -k arch-and-not",
    "-a always,exit -F arch!=b32 -S open -k not-arch",
    "-a always,exit -F arch!=b32 -F path=/etc/passwd -F perm=wa -k not-arch-with-perm",
    "-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa -F arch=b64 -k arch-after-perm",
    "-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa -S mount -k syscall-after-perm",
    "-a always,exit -F perm=wa -F arch=b64 -F path=/etc/passwd -S mount -k perm-first",
    "-a always,exit -S 2 -F path=/etc/passwd -F perm=x -k number-before-perm",
    "-a always,exit -S all -F path=/etc/passwd -F perm=x -k all-before-perm",
    "-a always,exit -F path=/etc/passwd -F perm=x -S all -k all-after-perm",
    "-C uid!=euid -a always,exit",
    "-a always,exit -S all -C uid!=euid -C uid!=euid -k compared-twice",
    "-a always,exit -S all -F exit=-EPERM -F exit=-EACCES -k exit-twice",
)


def twice(kind):
    """A line with a field of that kind twice, and the line that has the same value twice."""
    first, second = VALUES.get(kind.kind, ("1", "2"))
    filter_list = "exit" if "exit" in kind.lists else kind.lists[0]
    for one, two in ((first, second), (first, first)):
        yield f"-a always,{filter_list} -F {kind.name}={one} -F {kind.name}={two}"


LINES = [line for kind in FIELDS if kind.name != "key" for line in twice(kind)] + list(OTHERS)


@pytest.fixture(scope="module", params=releases("trixie", fleet=("bullseye", "bookworm", "sid")))
def vendor(request, lab):
    """auditctl and the kernel of a guest without a security module, because one without a policy refuses labels."""
    guest = lab.boot(request.param, name=f"twice-{request.param}", kernel_args="lsm=capability selinux=0")
    yield Vendor(guest)
    guest.stop()


def test_the_same_refusals_and_the_same_bytes(vendor):
    """All that the library refuses and auditctl loads are two permissions, which the kernel holds as two conditions."""
    ours, errors, unread = {}, {}, []
    for line in LINES:
        try:
            statement = parse_line(line, vendor.host)
        except RuleError as error:
            errors[line] = str(error)
            continue
        if statement.unread:
            unread.append(line)
        ours[statement.text] = wire.encode(statement.rule)
    assert len(ours) > len(FIELDS)
    # After the syscalls that -F perm= adds, no arch is read.
    assert all("arch-after-perm" in line for line in unread)
    assert len(vendor.load(unread)) == len(unread)
    assert {line for line in errors if not any(f"-F {name}=" in line for name in ONCE)} == {
        "-C uid!=euid -a always,exit"
    }
    assert vendor.load(ours) == {}
    lists = sorted(ours.values(), key=lambda data: wire.LISTS[wire.decode(data).list])
    assert vendor.rules() == lists
    loaded = set(errors) - {list(errors)[place] for place in vendor.load(errors)}
    assert loaded == {line for line in errors if "only one perm field" in errors[line]}
    assert {tuple(field.name for field in wire.decode(data).fields) for data in vendor.rules()} == {("perm", "perm")}


def test_two_permissions_that_others_have_loaded(vendor):
    """Such a rule can be listed, written down so that auditctl reads it, and deleted."""
    arch, path = Field("arch", "=", 0xC000003E), Field("path", "=", "/etc/passwd")
    perms = [Field("perm", "=", bits) for bits in (4, 2)]
    for fields, syscalls in itertools.product(
        ((arch, path, *perms), (*perms, path), (path, perms[0], arch, perms[1])), (None, frozenset({2}))
    ):
        held = Rule("exit", "always", fields, syscalls, ("two",))
        line = render(held, vendor.host.machine, vendor.host.version)
        assert vendor.load([line]) == {}
        (data,) = vendor.rules()
        found = wire.decode(data)
        assert (sorted(found.fields), found.syscalls, found.keys) == (sorted(fields), syscalls, ("two",))
        vendor.guest.run(
            "PYTHONPATH=/root python3 -",
            input="from module_utils._kernel.netlink import Kernel\n"
            "from module_utils._kernel.rule_changes import change_rules, deleted\n"
            "kernel = Kernel()\n"
            "change_rules(kernel, list(map(deleted, kernel.rules())))\n"
            "assert kernel.rules() == []\n",
        )
