# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rules.d that others use as well: links, and another task with the same file."""

import os

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host.files import FileError
from ansible_collections.linux.audit.plugins.module_utils._policy.declaration import DEFAULT_FILE
from changing import System, present
from kernel_double import rendered

PASSWD, SHADOW, GROUP = (f"-w /etc/{name} -p wa -k {name}" for name in ("passwd", "shadow", "group"))


@pytest.fixture
def host(monkeypatch, tmp_path):
    """A kernel without rules and an empty rules.d."""
    return System(monkeypatch, tmp_path)


def test_links_are_neither_followed_nor_in_the_way(host, tmp_path):
    """A link to a file is replaced or moved, its target stays; a link to /dev/null stays as it is."""
    target = tmp_path / "elsewhere"
    target.write_text(f"{SHADOW}\n")
    links = {"10-null.rules": "/dev/null", "20-file.rules": target, "30-gone.rules": "nothing", host.file.name: target}
    for name, leads in links.items():
        (host.directory / name).symlink_to(leads)
    outcome = host.declare([PASSWD])
    assert host.lines_of(host.file.name)[-1] == PASSWD
    assert not host.file.is_symlink()
    told = [problem for problem in outcome.problems if "10-null.rules' is a symbolic link to /dev/null" in problem]
    assert len(told) == 1
    outcome = host.declare([PASSWD], "all")
    assert sorted(os.listdir(host.directory)) == ["10-null.rules", host.file.name]
    assert os.readlink(host.directory / "10-null.rules") == "/dev/null"
    assert target.read_text() == f"{SHADOW}\n"
    assert not host.declare([PASSWD], "all").outcome.changed
    with pytest.raises(FileError, match="is not a regular file"):
        host.declare([GROUP], file="10-null.rules")
    with pytest.raises(FileError, match="is not a regular file"):
        host.apply(present(GROUP), file="10-null.rules")
    assert host.kernel.lines == rendered(PASSWD)


def test_two_tasks_without_a_file_do_not_replace_each_other_silently(host):
    """A set that grows, shrinks or gets other keys does not say so, nor one with a file of its own."""

    def warned(*lines, **options):
        said = host.declare(list(lines), **{"file": DEFAULT_FILE, **options}).warnings
        return [warning for warning in said if "another task" in warning]

    assert warned(PASSWD, SHADOW) == []
    assert warned(PASSWD, SHADOW, GROUP) == []
    assert warned(PASSWD, SHADOW) == []
    assert warned(PASSWD, SHADOW.replace("-k shadow", "-k other")) == []
    (warning,) = warned(GROUP, PASSWD, check=True)
    assert (
        [warning]
        == warned(GROUP, PASSWD)
        == [
            f"other rules replace 1 rule that an earlier run has declared in {DEFAULT_FILE}: "
            "'-a always,exit -F path=/etc/shadow -F perm=wa -F key=other'; if another task declares them, give each "
            "task a file of its own"
        ]
    )
    assert warned(GROUP, PASSWD) == []
    assert warned(PASSWD, file="30-own.rules") == []
    assert warned(SHADOW, file="30-own.rules") == []


def test_a_directory_under_the_name_of_a_rules_file(host):
    """Nobody knows what its owner meant: no task changes anything, and all say why."""
    (host.directory / "60-directory.rules").mkdir()
    for change in (
        lambda: host.declare([PASSWD]),
        lambda: host.apply(present(PASSWD)),
        lambda: host.set({"failure": 2}),
    ):
        with pytest.raises(FileError, match="60-directory.rules cannot be read: Is a directory"):
            change()
    assert host.files() == {}
    assert host.kernel.lines == []
