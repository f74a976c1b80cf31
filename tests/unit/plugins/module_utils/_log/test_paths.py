# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names of an event are paths, and which are relative to a descriptor; the records are those of real kernels."""

import time

import pytest

from ansible_collections.linux.audit.plugins.module_utils._log.auparse import Record, RecordField
from ansible_collections.linux.audit.plugins.module_utils._log.paths import Place, places

HERE, THERE = "ffffff9c", "4"


def record(kind, **values):
    return Record(kind, [RecordField(name, value, value) for name, value in values.items()])


def resolved(call, arguments, *paths, cwd="/root", more=()):
    """The places of an event; each path is its name and its type."""
    numbers = {f"a{number}": value for number, value in enumerate(arguments)}
    records = [record("PATH", name=name, nametype=kind) for name, kind in paths]
    return places([record("SYSCALL", **numbers), record("CWD", cwd=cwd), *more, *records], call)


@pytest.mark.parametrize("first", ["ffffff9c", "ffffffffffffff9c"])
def test_a_name_in_the_working_directory_is_joined_to_it(first):
    """AT_FDCWD is an int, which some programs extend to 64 bits."""
    assert resolved("openat", [first], ("f", "NORMAL")) == [Place("f", "/root/f", None)]
    assert resolved("unlinkat", [first], ("/root", "PARENT"), ("f", "DELETE")) == [
        Place("/root", "/root", None),
        Place("f", "/root/f", None),
    ]
    assert resolved("open", ["7ffc"], ("f", "NORMAL")) == [Place("f", "/root/f", None)]


@pytest.mark.parametrize(
    "call", ["openat", "openat2", "unlinkat", "mkdirat", "fchownat", "fchmodat", "fchmodat2", "execveat", "utimensat"]
)
def test_a_name_that_is_relative_to_a_descriptor_is_not_joined(call):
    """It stays as it is, with the number of the descriptor."""
    assert resolved(call, [THERE], ("sub/f", "NORMAL")) == [Place("sub/f", None, 4)]
    assert resolved(call, [THERE], ("/srv/f", "NORMAL")) == [Place("/srv/f", "/srv/f", None)]


def test_a_parent_that_the_kernel_made_up_is_left_out():
    """It writes the working directory as the parent of a plain name, even if the name is relative to a descriptor."""
    assert resolved("unlinkat", [THERE], ("/root", "PARENT"), ("g", "DELETE")) == [
        Place(None, None, 4),
        Place("g", None, 4),
    ]
    assert resolved("unlinkat", [THERE], ("sub/", "PARENT"), ("sub/g", "DELETE")) == [
        Place("sub/", None, 4),
        Place("sub/g", None, 4),
    ]
    assert resolved("unlinkat", [THERE], ("/", "PARENT"), ("/g", "DELETE"), cwd="/") == [
        Place("/", "/", None),
        Place("/g", "/g", None),
    ]


def test_each_name_of_a_rename_has_its_own_descriptor():
    """Of records that go, the first is the old name, and the second a file that is replaced."""
    paths = ("/root", "PARENT"), ("/root", "PARENT"), ("old", "DELETE"), ("new", "DELETE"), ("new", "CREATE")
    assert resolved("renameat2", [HERE, "1", THERE], *paths) == [
        Place("/root", "/root", None),
        Place(None, None, 4),
        Place("old", "/root/old", None),
        Place("new", None, 4),
        Place("new", None, 4),
    ]
    assert [place.descriptor for place in resolved("renameat", [THERE, "1", HERE], *paths)] == [4, None, 4, None, None]
    assert [place.descriptor for place in resolved("rename", ["1", "2"], *paths)] == [None] * 5


def test_each_name_of_a_link_has_its_own_descriptor():
    """A link has one parent, that of the new name."""
    paths = ("old", "NORMAL"), ("/root", "PARENT"), ("new", "CREATE")
    assert resolved("linkat", [THERE, "1", HERE], *paths) == [
        Place("old", None, 4),
        Place("/root", "/root", None),
        Place("new", "/root/new", None),
    ]
    assert resolved("linkat", [HERE, "1", THERE], *paths) == [
        Place("old", "/root/old", None),
        Place(None, None, 4),
        Place("new", None, 4),
    ]


def test_a_name_whose_side_is_not_known_is_not_joined():
    """If either descriptor is a real one."""
    assert resolved("renameat", [HERE, "1", THERE], ("x", "UNKNOWN")) == [Place("x", None, 4)]
    assert resolved("renameat", [HERE, "1", HERE], ("x", "UNKNOWN")) == [Place("x", "/root/x", None)]


@pytest.mark.parametrize(("call", "arguments"), [("symlink", ["1"]), ("symlinkat", ["1", HERE])])
def test_what_a_symbolic_link_says_is_no_path(call, arguments):
    """It is relative to the link, if it is relative."""
    paths = ("../f", "UNKNOWN"), ("/srv/", "PARENT"), ("/srv/l", "CREATE")
    assert resolved(call, arguments, *paths)[::2] == [Place("../f", None, None), Place("/srv/l", "/srv/l", None)]
    assert resolved(call, arguments, ("/srv/f", "UNKNOWN"))[0] == Place("/srv/f", "/srv/f", None)


def test_absolute_names_in_the_root_of_a_descriptor_are_not_absolute():
    """RESOLVE_IN_ROOT of openat2(2)."""
    for resolve, place in (("0x10", Place("/etc/f", None, 4)), ("0x8", Place("/etc/f", "/etc/f", None))):
        how = record("OPENAT2", resolve=resolve)
        assert resolved("openat2", [THERE], ("/etc/f", "NORMAL"), more=[how]) == [place]


def test_a_name_of_io_uring_is_not_joined():
    """Its record has no descriptor, but the operation may have one."""
    records = [record("URINGOP", uring_op="openat"), record("CWD", cwd="/root"), record("PATH", name="f")]
    assert places(records, None) == [Place("f", None, -1)]


def test_no_name():
    """fchmod(2) and the like know only a descriptor."""
    assert resolved("fchmod", ["4"], ("(null)", "NORMAL")) == [Place(None, None, None)]


def test_a_call_without_its_arguments():
    """Then nobody knows what a name is relative to."""
    assert places([record("CWD", cwd="/"), record("PATH", name="f")], "openat") == [Place("f", None, -1)]


@pytest.mark.parametrize(("call", "arguments"), [("unlinkat", [THERE]), ("renameat", [HERE, "1", THERE])])
def test_many_names_take_time_in_proportion(call, arguments):
    """A log may have an event of any size."""
    began = time.monotonic()
    paths = [("/root", "PARENT"), ("old", "DELETE")] * 50_000
    assert len(resolved(call, arguments, *paths)) == 100_000
    assert time.monotonic() - began < 30
