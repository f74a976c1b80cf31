# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which events are about a file, by the inode that its path had at that place of the log."""

import os
import time

import pytest

from ansible_collections.linux.audit.plugins.module_utils._log import file_history
from ansible_collections.linux.audit.plugins.module_utils._log.file_history import (
    FileHistory,
    RulesOfPath,
    rules_of_path,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule

NO_KEYS = RulesOfPath(set(), set())


def path(name=None, inode=1, kind="NORMAL", descriptor=None):
    """A path of an event; a name that does not begin with a slash is relative to a descriptor."""
    entry = {"inode": inode, "device": "08:01", "type": kind}
    if name and name.startswith("/"):
        entry["path"] = name
    elif name or descriptor is not None:
        entry["descriptor"] = 4 if descriptor is None else descriptor
    return entry | ({"name": name} if name else {})


def event(call, *paths, keys=(), node=None, records=()):
    return {
        "syscall": {"name": call}, "paths": list(paths), "keys": list(keys), "node": node, "records": list(records),
        "types": ["SYSCALL", *(record["type"] for record in records)],
    }  # fmt: skip


def found(wanted, *events, keys=NO_KEYS, look=()):
    """The places of the events that are about the wanted path."""
    history = FileHistory([wanted], keys)
    for inode in look:
        history._see((None, wanted), file_history._Sight(float("inf"), (None, "08:01", inode), False, False))
    while history.read_again():
        for place, one in enumerate(events, 1):
            history.learn(place, one)
    return [place for place, one in enumerate(events, 1) if history.matches(place, one)]


OPENED = event("openat", path("/d/f"))
FD = event("fchmod", path())
BY_FD = event("openat", path("f"))


@pytest.mark.parametrize("order", [(OPENED, FD, BY_FD), (FD, OPENED, BY_FD), (FD, BY_FD, OPENED)])
def test_an_inode_that_a_path_had_is_known_before_and_after(order):
    """Whatever the name of the event."""
    assert found("/d/f", *order) == [1, 2, 3]


def test_what_is_not_the_inode_is_not_found():
    """The device and the node count as well."""
    other = event("fchmod", path(inode=2))
    elsewhere = event("fchmod", path() | {"device": "08:02"})
    node = event("fchmod", path(), node="web1")
    assert found("/d/f", OPENED, other, elsewhere, node) == [1]


def test_an_inode_is_that_of_the_file_until_it_is_removed():
    """After that it is that of another file, which is not the wanted one."""
    removed = event("unlink", path("/d/f", kind="DELETE"))
    made = event("openat", path("/o/x", kind="CREATE"))
    assert found("/d/f", FD, removed, FD, made, FD) == [1, 2]
    assert found("/d/f", event("unlink", path("/o/x", kind="DELETE")), FD, removed) == [2, 3]
    assert found("/d/f", made, FD, event("unlink", path("/o/x", kind="DELETE")), FD, OPENED) == [4, 5]


def test_an_inode_is_that_of_a_new_file_from_its_creation_on():
    """Not before, and not after it has another name."""
    made = event("openat", path("/d/f", kind="CREATE"))
    moved = event("rename", path("/d/f", kind="DELETE"), path("/d/g", kind="CREATE"))
    assert found("/d/f", FD, made, FD, moved, FD) == [2, 3, 4]
    assert found("/d/g", FD, made, FD, moved, FD) == [4, 5]


def test_a_file_that_is_replaced():
    """The old inode is that of the path before, and the new one after."""
    replaced = event(
        "rename", path("/d/t", 2, "DELETE"), path("/d/f", 1, "DELETE"), path("/d/f", 2, "CREATE")
    )  # fmt: skip
    new = event("fchmod", path(inode=2))
    assert found("/d/f", FD, new, replaced, FD, new) == [1, 3, 5]


def test_a_file_with_another_link_lives_on():
    """What is done by the other name is done to it, also after a link is removed."""
    linked = event("link", path("/d/f"), path("/o/x", kind="CREATE"))
    removed = event("unlink", path("/o/x", kind="DELETE"))
    assert found("/d/f", event("openat", path("/o/x")), linked, removed, FD) == [1, 2, 3, 4]


def test_what_is_there_now_is_known():
    """The path has that inode since the last event that says something else."""
    assert found("/d/f", FD, look=[1]) == [1]
    assert found("/d/f", FD, event("unlink", path("/o/x", kind="DELETE")), FD, look=[1]) == [3]


def test_a_directory_that_is_removed_with_all_below_it():
    """rm opens directories, and removes names that are relative to them, the deepest first."""
    events = [
        event("unlinkat", path(None, 11, "PARENT", 5), path("y", 1, "DELETE", 5)),
        event("unlinkat", path(None, 10, "PARENT", 4), path("sub", 11, "DELETE")),
        event("unlinkat", path(None, 77, "PARENT", 4), path("y", 78, "DELETE")),
        event("unlinkat", path("/", 9, "PARENT"), path("/d", 10, "DELETE")),
    ]
    assert found("/d/", *events) == [1, 2, 4]
    assert found("/d/sub/y", *events) == [1]
    assert found("/d/sub/y", event("openat", path("/d/sub", 11)), *events[:1]) == [2]


def test_the_key_of_a_rule_says_what_no_inode_says():
    """Of a rule for this path alone any file without a name; of a shared one the last name must be right."""
    gone = event("unlinkat", path("f", 5, "DELETE"), keys=["mine"])
    other = event("unlinkat", path("g", 6, "DELETE"), keys=["mine"])
    nameless = event("fchmod", path(inode=7), keys=["mine"])
    assert found("/d/f", gone, other, nameless, keys=RulesOfPath({"mine"}, set())) == [1, 3]
    assert found("/d/f", gone, other, nameless, keys=RulesOfPath(set(), {"mine"})) == [1]
    assert found("/d/f", gone, other, nameless, keys=RulesOfPath(set(), {"your"})) == []
    # The inode of the path is known, and is another one.
    assert found("/d/f", gone, keys=RulesOfPath(set(), {"mine"}), look=[1]) == []
    assert found("/d/", gone, other, nameless, keys=RulesOfPath({"mine"}, set())) == [1, 2, 3]


def test_a_rule_that_went_with_its_file_is_known_by_its_record():
    """The kernel has it no more."""
    gone = event("unlinkat", path("f", 5, "DELETE"), keys=["mine"])
    record = {"type": "CONFIG_CHANGE", "fields": {"op": "remove_rule", "path": "/d/f", "key": "mine"}}
    removal = event("unlinkat", path("d", 9, "DELETE"), keys=["mine"], records=[record])
    assert found("/d/f", gone, removal) == [1]


@pytest.mark.parametrize(
    ("fields", "keys"),
    [
        ([Field("path", "=", "/d/f")], RulesOfPath({"k"}, set())),
        ([Field("dir", "=", "/d")], RulesOfPath(set(), {"k"})),
        ([Field("dir", "=", "/")], RulesOfPath(set(), {"k"})),
        ([Field("path", "=", "/d/fx")], RulesOfPath(set(), set())),
        ([Field("dir", "=", "/d/f")], RulesOfPath({"k"}, set())),
        ([], RulesOfPath(set(), set())),
    ],
)
def test_which_rules_watch_a_path(fields, keys):
    """A rule for a directory above it watches others as well."""
    rule = Rule("exit", "always", tuple(fields), None, ("k",))
    assert rules_of_path([rule], ["/d/f"]) == keys
    shared = Rule("exit", "always", (Field("path", "=", "/other"),), None, ("k",))
    assert rules_of_path([rule, shared], ["/d/f"]).only == set()


def test_files_of_this_host(tmp_path, monkeypatch):
    """Each below a directory, up to a number; what is left out is named."""
    (tmp_path / "f").touch()
    os.link(tmp_path / "f", tmp_path / "g")
    status = os.stat(tmp_path / "f")
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}"
    touched = event("fchmod", {"inode": status.st_ino, "device": device, "type": "NORMAL"}, node="me")
    for wanted in (str(tmp_path / "f"), f"{tmp_path}/"):
        history = FileHistory([wanted], NO_KEYS)
        history.look([None, "me"])
        assert history.matches(1, touched)
        assert history.may_match(b"type=PATH inode=%d dev=" % status.st_ino)
        assert history.unlisted == []
    monkeypatch.setattr(file_history, "_MOST_FILES", 1)
    history.look([None])
    assert history.unlisted == [f"{tmp_path}/"]


@pytest.mark.parametrize("events", [20_000])
def test_many_events_take_time_in_proportion(events):
    """A file that is opened, made and removed again and again; an event with as many paths."""
    made, gone = event("openat", path("/d/f", kind="CREATE")), event("unlink", path("/d/f", kind="DELETE"))
    large = event("openat", *(path(f"/d/{number}", number) for number in range(events)))
    began = time.monotonic()
    assert len(found("/d/f", *[made, OPENED, gone] * (events // 3))) == events // 3 * 3
    assert found("/d/", large) == [1]
    assert time.monotonic() - began < 30
