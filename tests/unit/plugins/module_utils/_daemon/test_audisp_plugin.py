# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted of the file of a plugin, what a change of it needs, and which programs the daemon does not run."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._daemon.audisp_plugin import (
    AudispPlugin,
    effect_of_change,
    program_problems,
)
from ansible_collections.linux.audit.plugins.module_utils._daemon.errors import ConfError
from ansible_collections.linux.audit.plugins.module_utils._daemon.keywords import PLUGIN_CONF
from ansible_collections.linux.audit.plugins.module_utils._daemon.plugins_d import known_plugin
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.modules.audisp_plugin import asked_plugin
from played_root import play_root

ASKED = {
    "name": "syslog", "state": "present", "active": None, "direction": None, "plugin": None, "type": None, "args": None,
    "format": None, "directory": None,
}  # fmt: skip


def requested(parameters, version):
    """The request that the module makes of its parameters."""
    return AudispPlugin(asked_plugin(parameters), version, Host())


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
    known = known_plugin(parameters["name"], version)
    file = tmp_path / f"{known.file if known else parameters['name']}.conf"
    if text:
        file.write_text(text)
    request = requested(parameters, version)
    assert (request.path, dict(request.wanted)) == (str(file), wanted)
    assert list(request.wanted) == [key for key in PLUGIN_CONF.keywords if key in wanted]


@pytest.mark.parametrize(
    ("asked", "version", "part"),
    [
        ({"name": "../etc"}, (3, 0), "name must be a word"),
        ({"name": "filter"}, (3, 0), "comes with audit since 4.0.1; this is audit 3.0"),
        ({"name": "site"}, (3, 0), "for a custom one, set plugin"),
        ({"name": "site", "plugin": "/a\tb"}, (3, 0), "plugin must be one line"),
    ],
)
def test_what_is_refused(tmp_path, asked, version, part):
    with pytest.raises(ConfError, match=part):
        requested({**ASKED, "directory": str(tmp_path), **asked}, version)


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
def test_what_a_change_of_a_plugin_needs(before, after, old, new):
    for version, need in (((4, 1, 2), old), ((4, 2), new)):
        effect = effect_of_change(before, after, version, ["/sbin/z"])
        assert effect.need == need
        assert effect.plugins == ((after["path"],) if need != "none" and after.get("active") == "yes" else ())
        goes = before.get("active") == "yes" and after.get("active") != "yes"
        assert effect.ended == (("/sbin/x",) if goes else ())
        # Another plugin goes on to run the same program.
        assert effect_of_change(before, after, version, ["/sbin/x"]).ended == ()


def test_programs_that_the_daemon_does_not_run(tmp_path, monkeypatch):
    play_root(monkeypatch)
    path = tmp_path / "program"
    held = {"active": "yes", "path": str(path)}
    assert "needs its program, and there is no such file" in program_problems(held, (4, 2), Host())[0]
    path.touch()
    cases = ((0o640, (3, 0), "mode 0750"), (0o550, (3, 0), "0750"), (0o770, (4, 2), "since audit 4.2"))
    for mode, version, part in cases:
        path.chmod(mode)
        assert part in program_problems(held, version, Host())[0]
    for mode, version in ((0o750, (3, 0)), (0o770, (4, 1)), (0o550, (4, 2))):
        path.chmod(mode)
        assert program_problems(held, version, Host()) == []


@pytest.mark.parametrize(("version", "direction"), [((4, 1, 1, 9), "out"), ((4, 1, 2), None)])
def test_a_new_plugin_has_a_direction_in_older_releases(version, direction):
    request = requested({**ASKED, "name": "site", "plugin": "/usr/bin/site", "directory": "/none"}, version)
    assert request.wanted.get("direction") == direction
