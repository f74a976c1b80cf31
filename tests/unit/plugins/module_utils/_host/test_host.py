# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running host: its users, groups, directories, kernel release and installed audit."""

import grp
import os
import pwd
import shutil

import pytest

from ansible_collections.linux.audit.plugins.module_utils._ansible import printable
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host

NO_NAMES = ["no-such-name-here", "", "a\0b", "a\udcff"]


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """programs(name=text): the programs of audit that are installed."""

    def programs(**texts):
        for name, text in texts.items():
            (tmp_path / name).write_text(text)
            (tmp_path / name).chmod(0o755)
        return tmp_path

    monkeypatch.setattr(
        shutil, "which", lambda name, path: str(tmp_path / name) if (tmp_path / name).exists() else None
    )
    return programs


def test_names_of_users_and_groups():
    """Existing names have their numbers, at every look-up."""
    host = Host()
    user, group = pwd.getpwuid(os.getuid()), grp.getgrgid(0)
    for _again in range(2):
        assert (host.uid(user.pw_name), host.gid(group.gr_name)) == (user.pw_uid, 0)
        for name in NO_NAMES:
            assert (host.uid(name), host.gid(name)) == (None, None)


def test_a_name_is_looked_up_once(monkeypatch):
    """A directory service may be slow."""
    asked = []

    def getpwnam(name):
        asked.append(name)
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", getpwnam)
    host = Host()
    assert [host.uid("x"), host.uid("x"), host.uid("y")] == [None] * 3
    assert asked == ["x", "y"]


def test_folders(tmp_path):
    (tmp_path / "file").touch()
    host = Host()
    paths = (str(tmp_path), str(tmp_path / "file"), str(tmp_path / "none"), "a\0b")
    assert [host.is_directory(path) for path in paths] == [True, False, False, False]


def test_a_path_is_looked_up_once(tmp_path):
    """Thousands of rules have their files in one directory."""
    (tmp_path / "link").symlink_to("target")
    host = Host()
    assert host.real_path(str(tmp_path / "link")) == str(tmp_path / "target")
    (tmp_path / "link").unlink()
    assert host.real_path(str(tmp_path / "link")) == str(tmp_path / "target")
    assert Host().real_path(str(tmp_path / "link")) == str(tmp_path / "link")
    assert host.real_path("/a\0b") is None


def test_the_kernel():
    """The machine, and the first two numbers of the release."""
    host, said = Host(), os.uname()
    assert host.machine == said.machine
    assert ".".join(map(str, host.kernel)) == ".".join(said.release.split("-")[0].split(".")[:2])


@pytest.mark.parametrize(
    ("installed", "version"),
    [
        ({}, None),
        ({"ausearch": "#!/bin/sh\necho ausearch version 3.0.9\n"}, (3, 0, 9)),
        ({"auditctl": '#!/bin/sh\n[ "$*" = -v ] && echo auditctl version 4.2\n'}, (4, 2)),
        ({"ausearch": '#!/bin/sh\n[ "$*" = --version ] && echo ausearch version 4.1\nexit 1\n',
          "auditctl": "#!/bin/sh\necho auditctl version 1.0\n"}, (4, 1)),
        # A program that prints nothing, and a program that cannot be run.
        ({"ausearch": "#!/bin/sh\n", "auditctl": "#!/bin/sh\necho auditctl version 2.8.5\n"}, (2, 8, 5)),
        ({"ausearch": "#!/nowhere\n", "auditctl": "#!/bin/sh\necho auditctl version 2.8\n"}, (2, 8)),
        ({"ausearch": "#!/bin/sh\necho ausearch version 3.0 >&2\n"}, None),
    ],
)  # fmt: skip
def test_the_installed_release(programs, installed, version):
    """From ausearch, because auditctl does not tell it to everybody; without ausearch, from auditctl."""
    folder = programs(**installed)
    host = Host()
    assert host.version == version
    # The version is looked up once.
    for name in installed:
        (folder / name).unlink()
    assert host.version == version


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("caf\u00e9", "caf\u00e9"), ("a\udcff", "a\\xff"), (["a\udcff", 1], ["a\\xff", 1]),
        ({"a": {"b": "\udcfe"}}, {"a": {"b": "\\xfe"}}), (None, None), (True, True),
    ],
)  # fmt: skip
def test_results_are_text(value, text):
    assert printable(value) == text
