# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which paths are symbolic links: the answers are those of lstat(2), with few calls of it."""

import collections
import contextlib
import os
import stat

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host.links import Links

MANY = 500
NAMES = ("a", "A", "b c", "ä", "\udcff", "x" * 255, "*", "tab\t", ".hidden")
ABSENT = ("", ".", "..", "no", "B c", "Ä", "x" * 256, "nul\0", "\ud800", "a/", "a/b", "link/", "link/b", "tree/")


def lstat_says(path):
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return None


@pytest.fixture
def directory(tmp_path):
    for number, name in enumerate(NAMES):
        if number % 2:
            (tmp_path / name).symlink_to("nowhere")
        else:
            (tmp_path / name).write_text("")
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "b").write_text("")
    (tmp_path / "link").symlink_to("tree")
    (tmp_path / "to_itself").symlink_to("to_itself")
    return str(tmp_path)


@pytest.fixture
def lookups(monkeypatch):
    """The paths that lstat is asked for."""
    asked, lstat = [], os.lstat
    monkeypatch.setattr(os, "lstat", lambda path: asked.append(path) or lstat(path))
    return asked


def in_directory(directory, names):
    return [f"{directory}/{name}" for name in names]


@pytest.mark.parametrize("kind", ["ext4", "nfs4"])
@pytest.mark.parametrize("first", [0, MANY])
def test_the_answers_are_those_of_lstat(directory, kind, first):
    """Before a directory has been listed, and afterwards."""
    links = Links(lambda path: kind)
    for path in in_directory(directory, map(str, range(first))):
        assert links.is_link(path) is None
    for path in in_directory(directory, (*NAMES, *ABSENT, "tree", "link", "to_itself")) + ["/", "relative", "/bin", ""]:
        assert links.is_link(path) is lstat_says(path), path
    assert links.is_link(f"{directory}/link/") is False
    assert links.is_link(f"{directory}/link") is True


def test_a_directory_of_many_rules_is_listed(directory, lookups):
    links = Links(lambda path: "ext4")
    for path in in_directory(directory, map(str, range(MANY))):
        links.is_link(path)
    # 16 of the names, and one that tells whether the directory ignores the case.
    assert len(lookups) <= 17


def test_a_directory_with_far_more_entries_than_rules_is_not_listed(directory, lookups):
    for number in range(MANY):
        os.mkdir(f"{directory}/entry{number}")
    links = Links(lambda path: "ext4")
    for path in in_directory(directory, map(str, range(50))):
        links.is_link(path)
    assert len(lookups) == 50
    for path in in_directory(directory, map(str, range(MANY))):
        links.is_link(path)
    assert len(lookups) < 80


@pytest.mark.parametrize("kind", ["autofs", "cifs", "fuse.sshfs", "nfs4", "proc", "vfat", "zfs", None])
def test_what_is_not_listed_may_exist_on_other_file_systems(directory, lookups, monkeypatch, kind):
    """They make names when these are looked up, hide them, or know several spellings of one."""
    monkeypatch.setattr(os, "scandir", lambda path: pytest.fail("it was listed"))
    links = Links(lambda path: kind)
    for path in in_directory(directory, map(str, range(MANY))):
        links.is_link(path)
    assert len(lookups) == MANY


def test_only_wanted_names_are_looked_up_where_types_of_files_are_not_listed(directory, monkeypatch):
    """There, an entry needs a lookup to tell if it is a link. No file system here is like that, so entries note it."""
    asked, scandir = [], os.scandir
    Entry = collections.namedtuple("Entry", "name is_symlink")

    @contextlib.contextmanager
    def listed(path):
        with scandir(path) as entries:
            yield [Entry(one.name, lambda one=one: asked.append(one.name) or one.is_symlink()) for one in entries]

    monkeypatch.setattr(os, "scandir", listed)
    links = Links(lambda path: "xfs")
    for path in in_directory(directory, (*map(str, range(MANY)), "link", "tree")):
        links.is_link(path)
    assert asked == ["link", "tree"]


def test_a_directory_that_ignores_the_case_is_not_listed(directory, lookups, monkeypatch):
    """As one of ext4 with chattr +F. Few kernels can mount these, so lexists(3) stands in for such a one."""
    os.remove(f"{directory}/A")
    monkeypatch.setattr(os.path, "lexists", lambda path: os.path.basename(path).lower() in os.listdir(directory))
    links = Links(lambda path: "ext4")
    for path in in_directory(directory, map(str, range(MANY))):
        links.is_link(path)
    assert len(lookups) == MANY


def test_a_directory_that_cannot_be_listed_or_is_none(tmp_path, lookups):
    (tmp_path / "file").write_text("")
    for directory in (tmp_path / "file", tmp_path / "absent"):
        links = Links(lambda path: "ext4")
        for path in in_directory(directory, map(str, range(MANY))):
            assert links.is_link(path) is None
