# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of syscalls against the libaudit of this machine, whatever release that is."""

import sys

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules import syscalls
from paths import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import libaudit

TABLES = (*syscalls.MACHINES, syscalls.IO_URING)


@pytest.fixture(scope="module")
def vendor():
    return libaudit.Libaudit()


@pytest.fixture(scope="module")
def release(vendor):
    """The release that knows all that this libaudit knows, by our dates."""
    return max(syscalls.since(machine, number) for machine in TABLES for number in vendor.syscalls(machine))


@pytest.mark.parametrize("machine", TABLES)
def test_every_name_of_libaudit_is_ours_in_both_directions(vendor, machine):
    theirs = vendor.syscalls(machine)
    print(f"{machine}: {len(theirs)} names in libaudit, {len(syscalls.names(machine))} in the table")
    assert {name: syscalls.number(machine, name) for name in theirs.values()} == {n: i for i, n in theirs.items()}
    assert {number: syscalls.name(machine, number) for number in theirs} == theirs


@pytest.mark.parametrize("machine", TABLES)
def test_every_name_of_ours_is_known_to_libaudit_since_its_release(vendor, release, machine):
    expected = {name for name, number in syscalls.names(machine).items() if syscalls.since(machine, number) <= release}
    known = {
        name
        for name in syscalls.names(machine)
        if vendor.number("syscall", name, libaudit.MACHINES[machine]) is not None
    }
    print(f"{machine}: {len(known)} names in libaudit as of {release}")
    assert known == expected


def test_aliases_are_read_and_never_printed(vendor):
    pairs = [(machine, alias, name) for machine, names in syscalls.ALIASES.items() for alias, name in names.items()]
    assert pairs
    for machine, alias, name in pairs:
        number = vendor.number("syscall", alias, libaudit.MACHINES[machine])
        assert syscalls.number(machine, alias) == number
        assert syscalls.name(machine, number) == vendor.name("syscall", number, libaudit.MACHINES[machine]) == name


@pytest.mark.parametrize(
    "name", ["OPENAT", "OpenAt", "openat ", "", "all", "257", "pread64", "umount", "timerfd", "accept"]
)
@pytest.mark.parametrize("machine", ["x86_64", "i386", "aarch64"])
def test_spelling_is_that_of_libaudit(vendor, machine, name):
    assert syscalls.number(machine, name) == vendor.number("syscall", name, libaudit.MACHINES[machine])


@pytest.mark.parametrize(
    ("machine", "name", "release"),
    [
        ("x86_64", "openat", (2, 8)),
        ("x86_64", "timerfd_create", (3, 0)),
        ("x86_64", "openat2", (3, 0, 1)),
        ("ppc64le", "openat2", (3, 0, 2)),
        ("x86_64", "cachestat", (3, 1, 2)),
        ("s390x", "semget", (4, 0, 3)),
        ("aarch64", "setxattrat", (4, 0, 4)),
        ("riscv64", "openat", (4, 0, 3)),
        ("riscv64", "open_tree_attr", (4, 0, 4)),
        ("uring", "openat", (3, 1)),
        ("uring", "ftruncate", (4, 0, 4)),
    ],
)
def test_since(machine, name, release):
    assert syscalls.since(machine, syscalls.number(machine, name)) == release


def test_a_machine_without_a_table_is_an_error_that_names_it():
    with pytest.raises(ValueError, match="'vax'.*x86_64"):
        syscalls.number("vax", "open")


def test_names_cannot_be_changed():
    with pytest.raises(TypeError):
        syscalls.names("x86_64")["open"] = 3
