# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files are plugins, which plugins are active, and in which folders they are."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._daemon.errors import ConfError
from ansible_collections.linux.audit.plugins.module_utils._daemon.keywords import (
    AUDISPD_CONF,
    AUDITD_CONF,
    PLUGIN_CONF,
    PLUGINS,
)
from ansible_collections.linux.audit.plugins.module_utils._daemon.plugins_d import (
    installed_plugins,
    is_read,
    known_plugin,
    read_plugins,
)
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
def test_active_plugins(tmp_path, text, active):
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
def test_names_that_releases_read(name, old, new):
    assert (is_read(name, (3, 0)), is_read(name, (4, 0, 2)), is_read(name, (4, 0, 3))) == (old, old, new)


def test_a_missing_folder_has_no_plugins_and_a_file_is_no_folder(tmp_path):
    assert read_plugins(str(tmp_path / "none"), None) == []
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="file cannot be read"):
        read_plugins(str(tmp_path / "file"), None)


def test_a_folder_is_read_as_the_release_does(tmp_path):
    """In the order of names, without what the release does not read and what is not a file."""
    for name in ("b.conf", "a", "old.rpmnew", "twice.conf.rpmnew", ".hidden"):
        (tmp_path / name).write_text("active = yes\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "gone.conf").symlink_to(tmp_path / "nowhere")
    for version, names in (((4, 0, 2), ["a", "b", "old.rpmnew"]), ((4, 0, 3), ["a", "b"]),
                           (None, ["a", "b", "old.rpmnew"])):  # fmt: skip
        assert [plugin.name for plugin in read_plugins(str(tmp_path), version)] == names


def test_plugins_are_known_by_their_files_too():
    for name, known in PLUGINS.items():
        plugin = known((4, 2))
        assert known_plugin(name, (4, 2)) == known_plugin(plugin.file, (4, 2)) == plugin
    assert known_plugin("site", (4, 2)) is None


# The first release that has it so, and what its file says.
STEPS = {
    "syslog": {(2, 8): "builtin_syslog", (3, 0): "/sbin/audisp-syslog"},
    "af_unix": {(2, 8): "builtin_af_unix", (3, 1, 1): "/sbin/audisp-af_unix", (4, 0, 4): "/sbin/audisp-af_unix",
                (4, 1, 2): "/sbin/audisp-af_unix"},
    "au-remote": {(2, 8): "/sbin/audisp-remote"},
    "filter": {(4, 0, 1): "/sbin/audisp-filter"},
    "ids": {(3, 0): "/usr/sbin/audisp-ids"},
    "statsd": {(3, 0): "/sbin/audisp-statsd"},
    "zos-remote": {(2, 8): "/sbin/audispd-zos-remote", (3, 0): "/sbin/audispd-zos-remote"},
}  # fmt: skip


OLDEST = (2, 8)


def before(version):
    """The latest release that could come before a release."""
    return (*version[:-1], version[-1] - 1, 999) if version[-1] else (version[0] - 1, 999)


@pytest.mark.parametrize("name", PLUGINS)
def test_known_plugins(name):
    """Each plugin exists from its first release on, and each step differs from its release on."""
    plugins = {since: known_plugin(name, since) for since in STEPS[name]}
    assert {since: plugin.path for since, plugin in plugins.items()} == STEPS[name]
    assert len(set(plugins.values())) == len(plugins)
    for number, since in enumerate(STEPS[name]):
        if number:
            assert known_plugin(name, before(since)) == list(plugins.values())[number - 1]
        elif since != OLDEST:
            with pytest.raises(ConfError, match=f"comes with audit since {'.'.join(map(str, since))}; this is audit"):
                known_plugin(name, before(since))


def test_the_socket_of_programs():
    """What its plugin is given, release by release."""
    args = {version: known_plugin("af_unix", version).args for version in ((3, 1, 1), (4, 0, 4), (4, 1, 2))}
    assert args == {
        (3, 1, 1): "0640 /var/run/audispd_events",
        (4, 0, 4): "0640 /var/run/audispd_events string",
        (4, 1, 2): "0640 /run/audit/audispd_events string",
    }


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The files and folders of audit 2.8 and of 3.0, each folder with one plugin; named by the release."""
    paths = ((AUDITD_CONF, ["auditd.conf"]), (AUDISPD_CONF, ["audispd.conf"]), (PLUGIN_CONF, ["old", "new"]))
    for file, names in paths:
        steps = [(since, str(tmp_path / name)) for since, name in zip(((2, 8), (3, 0)), names, strict=False)]
        monkeypatch.setattr(file.path, "steps", tuple(steps))
    for name in ("old", "new", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"of_{name}.conf").write_text("active = yes\n")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "version", "names"),
    [
        (None, (2, 8), ["of_old"]), (None, (3, 0), ["of_new"]), (None, None, ["of_old", "of_new"]),
        ("auditd.conf", (3, 0), ["of_other"]), ("auditd.conf", (2, 8), ["of_old"]),
        ("audispd.conf", (2, 8), ["of_other"]), ("audispd.conf", (3, 0), ["of_new"]),
        ("auditd.conf", None, ["of_old", "of_new", "of_other"]),
    ],
)  # fmt: skip
def test_installed_plugins_are_those_in_the_folder_of_the_configuration(folders, file, version, names):
    """Without a release, those in all folders that one may read."""
    if file:
        (folders / file).write_text(f"plugin_dir = {folders}/other/\n")
    assert [plugin.name for plugin in installed_plugins(version)] == names


def test_a_folder_that_is_configured_twice_is_read_once(folders):
    """A configuration may name the standard folder."""
    (folders / "auditd.conf").write_text(f"plugin_dir = {folders}/new\n")
    assert [plugin.name for plugin in installed_plugins(None)] == ["of_old", "of_new"]
