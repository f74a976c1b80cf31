# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are plugins, and which of those are active."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._daemon.plugins_d import is_read, read_plugins
from ansible_collections.linux.audit.plugins.module_utils._host.files import FileError


@pytest.mark.parametrize(
    ("text", "active"),
    [
        ("# a\nactive = yes\npath = /sbin/a\n", True),
        ("ACTIVE = YES\n", True),
        ("active = no\nactive = yes\n", True),
        ("active = yes\nactive = no\n", False),
        ("active = no\n", False),
        ("#active = yes\n", False),
        ("active = yes please\n", False),
        ("active=yes\n", False),
        ("active = yes", False),
        ("", False),
    ],
)
def test_active(tmp_path, text, active):
    path = tmp_path / "a.conf"
    path.write_text(text)
    (plugin,) = read_plugins(str(tmp_path), (4, 2))
    assert (plugin.name, plugin.path, plugin.active) == ("a", str(path), active)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("a.conf", True, True),
        ("README", True, True),
        ("a.rpmnew", True, False),
        ("a.conf~", True, False),
        ("a.conf.rpmnew", False, False),
        ("a.conf.before-2026-01-31T12-00-00Z", False, False),
        ("a.b.conf", False, False),
        (".conf", False, False),
    ],
)
def test_names(name, old, new):
    assert (is_read(name, (3, 0)), is_read(name, (4, 0, 2)), is_read(name, (4, 0, 3))) == (old, old, new)


def test_no_folder_and_what_is_no_folder(tmp_path):
    assert read_plugins(str(tmp_path / "none"), None) == []
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="file cannot be read"):
        read_plugins(str(tmp_path / "file"), None)


def test_a_folder_is_read_as_the_release_does(tmp_path):
    """By name; what the release does not take for a plugin's file, and what is no file, is passed over."""
    for name in ("b.conf", "a", "old.rpmnew", "twice.conf.rpmnew", ".hidden"):
        (tmp_path / name).write_text("active = yes\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "gone.conf").symlink_to(tmp_path / "nowhere")
    for version, names in (((4, 0, 2), ["a", "b", "old.rpmnew"]), ((4, 0, 3), ["a", "b"]),
                           (None, ["a", "b", "old.rpmnew"])):  # fmt: skip
        assert [plugin.name for plugin in read_plugins(str(tmp_path), version)] == names
