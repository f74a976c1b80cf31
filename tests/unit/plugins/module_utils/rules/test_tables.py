# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of names and numbers against the libaudit of this machine, whatever release that is."""

import platform
import sys

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules import syscalls, tables
from paths import ROOT

sys.path.insert(0, str(ROOT / "tools"))
import libaudit


@pytest.fixture(scope="module")
def vendor():
    return libaudit.Libaudit()


def test_errors_are_those_of_libaudit_in_both_directions(vendor):
    theirs = vendor.table("errno", range(1, 4096))
    print(f"{len(theirs)} errors in libaudit")
    native = platform.machine()
    assert {
        number: tables.errno_name(number, native) for number in range(1, 4096) if tables.errno_name(number, native)
    } == theirs
    assert {number: tables.errno_number(name, native) for number, name in theirs.items()} == {n: n for n in theirs}


@pytest.mark.parametrize("name", [*tables.ERRNO_ALIASES, "ENOTSUP", "eperm", "Eperm", "", "1", "EPERM "])
def test_errors_are_read_as_by_libaudit(vendor, name):
    assert tables.errno_number(name, platform.machine()) == (vendor.number("errno", name) or None)


def test_powerpc_has_one_error_more():
    assert tables.errno_number("EDEADLOCK", "ppc64le") == 58
    assert tables.errno_name(58, "ppc64le") == "EDEADLOCK"
    assert tables.errno_name(58, "x86_64") is None


def test_record_types_are_those_of_libaudit_in_both_directions(vendor):
    theirs = vendor.table("msg_type", range(1, 4096))
    release = max(tables.record_type_since(name) for name in theirs.values())
    expected = {number: name for name, number in tables.record_types() if tables.record_type_since(name) <= release}
    print(f"{len(theirs)} record types in libaudit as of {release}, {len(dict(tables.record_types()))} in the table")
    assert theirs == expected
    for number, name in theirs.items():
        assert tables.record_type_name(number) == name
        assert tables.record_type_number(name.lower()) == number


def test_every_dated_record_type_is_in_the_table():
    assert set(tables._record_types_since()) <= set(dict(tables.record_types()))


@pytest.mark.parametrize("name", ["UNKNOWN[1307]", "UNKNOWN[9999]", "CWD", "cwd", "NO_SUCH_TYPE", ""])
def test_record_types_are_read_as_by_libaudit(vendor, name):
    assert tables.record_type_number(name) == vendor.number("msg_type", name)


@pytest.mark.parametrize(
    "word", [*tables.MACHINES, *tables.MACHINE_WORDS, "X86_64", "vax", "ia64", "alpha", "b32", "b64", "B64"]
)
def test_words_of_arch_are_those_of_libaudit(vendor, word):
    name = tables.machine(word)
    if name and tables.MACHINES[name].since == (4, 0, 3) and "setxattrat" not in vendor.syscalls("x86_64").values():
        assert vendor.arch(word) is None  # setxattrat came with 4.0.4, so this libaudit is older than the machine
    else:
        assert vendor.arch(word) == tables.arch_number(word, platform.machine())


def test_b32_and_b64_are_relative_to_the_host():
    for host, b32, b64 in [
        ("x86_64", "i386", "x86_64"),
        ("aarch64", "arm", "aarch64"),
        ("armv7l", "arm", None),
        ("ppc64le", None, "ppc64le"),
        ("s390x", "s390", "s390x"),
        ("riscv64", "riscv32", "riscv64"),
        ("i686", "i386", None),
        ("vax", None, None),
    ]:
        numbers = tables.arch_number("b32", host), tables.arch_number("B64", host)
        assert tuple(number and tables.arch_name(number) for number in numbers) == (b32, b64)


@pytest.mark.parametrize("text", ["0xC000003E", "3221225534", "c000003e", "C000003E", "030000000076", "x86_64"])
def test_numbers_of_an_arch(text):
    assert tables.arch_number(text, "aarch64") == 0xC000003E
    assert tables.arch_name(0xC000003E) == "x86_64"


@pytest.mark.parametrize("text", ["", "0xC000003F", "1", "c000003ez", "0x", "08", "deadbeef", "-1"])
def test_other_numbers_are_refused(text):
    assert tables.arch_number(text, "x86_64") is None


def test_every_machine_has_a_table_of_syscalls():
    assert set(tables.MACHINES) == set(syscalls.MACHINES)
    for machine in tables.MACHINES.values():
        assert syscalls.number(machine.name, "openat") is not None
        assert {machine.b32, machine.b64} - {None} <= set(tables.MACHINES)


def test_file_types_are_those_of_libaudit(vendor):
    theirs = vendor.table("ftype", range(0x10000))
    print(f"{len(theirs)} file types in libaudit")
    assert {number: name for name, number in tables.FILE_TYPES.items()} == theirs


def test_file_systems_are_those_of_libaudit(vendor):
    for name, number in tables.FILE_SYSTEMS.items():
        theirs = vendor.number("fstype", name)
        assert theirs == number or (theirs is None and name in tables.FILE_SYSTEMS_SINCE)


@pytest.mark.parametrize("name", ["DM_EVENT", "dm_event", "Dm_Event"])
def test_a_record_type_is_as_old_in_either_case(name):
    assert tables.record_type_since(name) == (3, 1)
    assert tables.record_type_since("cwd") == tables.record_type_since("no_such_type") == (2, 8)
