# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules for the daemon's files plan, and what they refuse; files are real, the daemon is not asked."""

import os
import stat

import pytest

from ansible_collections.linux.audit.plugins.module_utils._daemon import conf_module, dispatcher
from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_module import (
    ConfError,
    Effect,
    Request,
    asked_settings,
    plan,
    version_of,
)
from ansible_collections.linux.audit.plugins.module_utils._daemon.keywords import AUDITD_CONF, PLUGINS, REMOTE_CONF
from ansible_collections.linux.audit.plugins.module_utils._daemon.validation import Target
from ansible_collections.linux.audit.plugins.module_utils._host.files import Edit

BASE = "# top\nspace_left = 75\nadmin_space_left = 50\n"
OPTIONS = {"validate": True, "strict": True, "repair": False, "backup": False}
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="files must be owned by root")


@pytest.fixture
def conf(tmp_path):
    """conf(text, wanted, options): what is planned for a file with that text; a path stands for its own text."""
    path = tmp_path / "auditd.conf"

    def conf(text, wanted, version=(3, 0, 9), file=AUDITD_CONF, mode=0o640, **options):
        keywords = {key: options.pop(key) for key in ("tolerated", "further", "removed") if key in options}
        if text is not None:
            path.write_text(text)
            path.chmod(mode)
        request = Request(file, str(path), wanted, lambda before, after: Effect("none"), **keywords)
        return plan(request, Target(version), {**OPTIONS, **options})

    conf.path = str(path)
    return conf


@ROOT_ONLY
class TestPlan:
    """Files before and after."""

    def test_an_edit(self, conf):
        planned = conf(BASE, {"num_logs": "5"}, mode=0o600)
        assert planned.edits == [Edit(conf.path, BASE, BASE + "num_logs = 5\n", mode=0o600)]
        assert planned.after == {**planned.before, "num_logs": "5"}

    def test_nothing_to_do(self, conf):
        for text in (BASE, BASE + "# no newline"):
            assert conf(text, {"space_left": "075", "num_logs": None}).edits == []

    def test_a_file_that_is_not_there(self, conf):
        planned = conf(None, {"space_left": "2"})
        assert planned.edits == [Edit(conf.path, None, "space_left = 2\n", mode=0o640)]
        with pytest.raises(ConfError, match="space_left must be above"):
            conf(None, {"num_logs": "5"})

    def test_a_backup_comes_first(self, conf):
        backup, edit = conf(BASE, {"num_logs": "5"}, backup=True).edits
        assert (backup.before, backup.after, backup.mode) == (None, BASE, edit.mode)
        assert os.path.basename(backup.path).startswith("auditd.conf.before-")
        assert conf(BASE, {"space_left": "75"}, backup=True).edits == []

    def test_removal(self, conf):
        assert conf(BASE, {}, removed=True).edits == [Edit(conf.path, BASE, None, mode=0o640)]
        os.unlink(conf.path)
        assert conf(None, {}, removed=True).edits == []

    def test_lines_that_are_broken_are_named(self, conf):
        with pytest.raises(ConfError) as caught:
            conf(BASE + "num_logs=5\nname = a", {"freq": "5"})
        assert f"{conf.path}:4: 'num_logs=5' needs a space" in str(caught.value)
        assert f"{conf.path}:5: 'name = a' has no newline" in str(caught.value)
        assert str(caught.value).count("repair: true") == 2

    def test_what_is_asked_for_has_no_line_yet(self, conf):
        with pytest.raises(ConfError) as caught:
            conf(BASE, {"num_logs": "1000"})
        assert str(caught.value) == f"{conf.path}: num_logs = 1000: must be a number from 0 to 999"

    def test_what_is_set_anew_need_not_be_right(self, conf):
        planned = conf(BASE + "num_logs=5\nname = a", {"num_logs": "6", "name": "b"})
        assert planned.edits[0].after == BASE + "num_logs = 6\nname = b\n"
        planned = conf(BASE + "name = a", {"name": "a"})
        assert planned.edits[0].after == BASE + "name = a\n"

    def test_repair(self, conf):
        planned = conf(BASE + "num_logs=5\njunk\nfreq = x\nname = a", {"freq": "5"}, repair=True)
        assert planned.edits[0].after == BASE + "num_logs = 5\n# junk\nfreq = 5\nname = a\n"
        planned = conf(BASE, {}, repair=True, mode=0o666)
        assert planned.edits == [Edit(conf.path, BASE, BASE, mode=0o644)]
        with pytest.raises(ConfError, match="space_left must be above"):
            conf("space_left = 5\nadmin_space_left = 50\n", {"freq": "5"}, repair=True)

    def test_modes_and_links(self, conf, tmp_path):
        with pytest.raises(ConfError, match="has mode 0666"):
            conf(BASE, {}, mode=0o666)
        os.rename(conf.path, tmp_path / "other")
        os.symlink(tmp_path / "other", conf.path)
        with pytest.raises(ConfError, match="not a regular file"):
            conf(None, {"freq": "5"})

    def test_unknown_keywords(self, conf):
        with pytest.raises(ConfError, match="tomorrow is no keyword"):
            conf(BASE, {"tomorrow": "5"})
        planned = conf(BASE, {"tomorrow": "5"}, strict=False)
        assert planned.edits[0].after == BASE + "tomorrow = 5\n"
        assert planned.warnings == [f"{conf.path}: tomorrow is no keyword of auditd.conf"]
        with pytest.raises(ConfError, match="num_logs = x"):
            conf(BASE, {"tomorrow": "5", "num_logs": "x"}, strict=False)

    def test_nothing_is_checked_if_so_asked(self, conf):
        planned = conf("junk\n", {"tomorrow": "5", "num_logs": "x"}, validate=False, mode=0o666)
        assert planned.edits[0].after == "junk\ntomorrow = 5\nnum_logs = x\n"

    def test_keys_that_may_be_without_a_value(self, conf):
        text = "remote_server = \nmode = immediate\n"
        with pytest.raises(ConfError, match="'remote_server =' has no value"):
            conf(text, {"port": "61"}, file=REMOTE_CONF)
        tolerated = {"file": REMOTE_CONF, "tolerated": lambda after: ["remote_server"]}
        assert conf(text, {"port": "61"}, **tolerated).edits[0].after == text + "port = 61\n"
        # The other checks are made all the same.
        with pytest.raises(ConfError, match="mode forward needs"):
            conf(text, {"mode": "forward", "format": "ascii"}, **tolerated)
        with pytest.raises(ConfError, match="auditd.conf: not so"):
            conf(text, {"port": "61"}, further=lambda after: ["not so"], **tolerated)


@pytest.mark.parametrize(
    ("parameters", "wanted"),
    [
        ({"settings": {"Num_Logs": 5, "name": None, "use_libwrap": True}},
         {"num_logs": "5", "name": None, "use_libwrap": "yes"}),
        ({"settings": {"num_logs": 5}, "state": "absent"}, {"num_logs": None}),
        ({"option": "num_logs", "value": 5}, {"num_logs": "5"}),
        ({"option": "num_logs", "state": "absent"}, {"num_logs": None}),
    ],
)  # fmt: skip
def test_settings(parameters, wanted):
    standard = {"settings": None, "option": None, "value": None, "state": "present"}
    assert asked_settings({**standard, **parameters}) == wanted


class _Host:
    def __init__(self, version):
        self.version = version


def test_versions():
    assert version_of({"version": None}, _Host((3, 0))) == (3, 0)
    assert version_of({"version": "4.1.2"}, _Host(None)) == (4, 1, 2)
    with pytest.raises(ConfError, match="audit is not installed"):
        version_of({"version": None}, _Host(None))
    for text in ("next", "2.7", "4", "4.x"):
        with pytest.raises(ConfError, match="a release of audit from 2.8 on"):
            version_of({"version": text}, _Host(None))


@pytest.mark.parametrize(
    ("asked", "need", "done"),
    [
        ("auto", "none", "none"), ("auto", "restart", "restart"), ("reload", "restart", "reload"),
        ("reload", "none", "none"), ("restart", "none", "restart"), ("none", "restart", "none"),
    ],
)  # fmt: skip
def test_what_is_done(asked, need, done):
    assert conf_module._asked(asked, need) == done


def test_directories_are_made_and_go_again(tmp_path):
    path = tmp_path / "spool" / "audit"
    with conf_module._made([str(path)]):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    path.rmdir()

    def fail():
        with conf_module._made([str(path)]):
            raise ConfError("no")

    with pytest.raises(ConfError):
        fail()
    assert not path.exists()


ASKED = {
    "name": "syslog", "state": "present", "active": None, "direction": None, "plugin": None, "type": None, "args": None,
    "format": None, "directory": None,
}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "version", "text", "wanted"),
    [
        ({}, (4, 2), None, {"active": "yes", "path": "/sbin/audisp-syslog", "type": "always", "args": "LOG_INFO",
                            "format": "string"}),
        ({}, (2, 8, 5), None, {"active": "yes", "direction": "out", "path": "builtin_syslog", "type": "builtin",
                               "args": "LOG_INFO", "format": "string"}),
        ({"active": False}, (3, 0), "active = yes\npath = /a/bc\ntype = always\nargs = x\nformat = string\n",
         {"active": "no"}),
        ({"args": []}, (4, 2), "active = yes\npath = /a/bc\ntype = always\nargs = x\nformat = string\n",
         {"args": None}),
        ({"args": ["a", "b"]}, (4, 2), "active = yes\npath = /sbin/x\n",
         {"type": "always", "args": "a b", "format": "string"}),
        ({}, (4, 2), "active = no\npath = builtin_syslog\ntype = builtin\nargs = x\nformat = string\n",
         {"path": "/sbin/audisp-syslog", "type": "always"}),
        ({"name": "site", "plugin": "/usr/bin/site", "active": False}, (4, 2), None,
         {"active": "no", "path": "/usr/bin/site", "type": "always", "format": "string"}),
    ],
)  # fmt: skip
def test_what_is_wanted_of_a_plugin(tmp_path, asked, version, text, wanted):
    parameters = {**ASKED, "directory": str(tmp_path), **asked}
    known = dispatcher.known_plugin(parameters["name"], version)
    file = tmp_path / f"{known.file if known else parameters['name']}.conf"
    if text:
        file.write_text(text)
    request = dispatcher.plugin_request(parameters, version)
    assert (request.path, dict(request.wanted)) == (str(file), wanted)
    assert list(request.wanted) == [key for key in dispatcher.PLUGIN_CONF.keywords if key in wanted]


@pytest.mark.parametrize(
    ("asked", "version", "part"),
    [
        ({"name": "../etc"}, (3, 0), "name must be a word"),
        ({"name": "filter"}, (3, 0), "comes with audit since 4.0.1, and this is 3.0"),
        ({"name": "site"}, (3, 0), "for another one say what to run"),
        ({"name": "site", "plugin": "/a\tb"}, (3, 0), "plugin must be one line"),
    ],
)
def test_what_is_no_plugin(tmp_path, asked, version, part):
    with pytest.raises(ConfError, match=part):
        dispatcher.plugin_request({**ASKED, "directory": str(tmp_path), **asked}, version)


def test_plugins_are_known_by_their_files_too():
    for name, known in PLUGINS.items():
        plugin = known((4, 2))
        assert dispatcher.known_plugin(name, (4, 2)) == dispatcher.known_plugin(plugin.file, (4, 2)) == plugin
    assert dispatcher.known_plugin("site", (4, 2)) is None


ON, OFF = {"active": "yes", "path": "/sbin/x"}, {"active": "no", "path": "/sbin/x"}


@pytest.mark.parametrize(
    ("before", "after", "old", "new"),
    [
        (OFF, ON, "reload", "reload"),
        (ON, OFF, "reload", "reload"),
        (ON, {}, "reload", "reload"),
        ({}, OFF, "none", "none"),
        (OFF, {**OFF, "args": "a"}, "none", "none"),
        (OFF, {**ON, "args": "a"}, "reload", "reload"),
        (ON, {**ON, "args": "a"}, "restart", "reload"),
        (ON, {**ON, "path": "/sbin/y"}, "restart", "reload"),
        (ON, {**ON, "format": "STRING"}, "none", "none"),
        (ON, {**ON, "direction": "out"}, "none", "none"),
    ],
)
def test_what_a_change_of_a_plugin_takes(before, after, old, new):
    for version, need in (((4, 1, 2), old), ((4, 2), new)):
        effect = dispatcher._plugin_effect(before, after, version, ["/sbin/z"])
        assert effect.need == need
        assert effect.plugins == ((after["path"],) if need != "none" and after.get("active") == "yes" else ())
        goes = before.get("active") == "yes" and after.get("active") != "yes"
        assert effect.ended == (("/sbin/x",) if goes else ())
        # Another plugin goes on to run the same program.
        assert dispatcher._plugin_effect(before, after, version, ["/sbin/x"]).ended == ()


@ROOT_ONLY
def test_programs_that_the_daemon_does_not_run(tmp_path):
    path = tmp_path / "program"
    held = {"active": "yes", "path": str(path)}
    assert "that is there" in dispatcher.unfit(held, (4, 2))[0]
    path.touch()
    unfit = ((0o640, (3, 0), "mode 0750"), (0o550, (3, 0), "0750"), (0o770, (4, 2), "since audit 4.2"))
    for mode, version, part in unfit:
        path.chmod(mode)
        assert part in dispatcher.unfit(held, version)[0]
    for mode, version in ((0o750, (3, 0)), (0o770, (4, 1)), (0o550, (4, 2))):
        path.chmod(mode)
        assert dispatcher.unfit(held, version) == []
