# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audisp_plugin: plugins of the daemon, run as Ansible runs it, on a host that is played."""

import os
import stat

import pytest

from acted_host import CONF, NONE, REMOTE, failure, outcome
from ansible_collections.linux.audit.plugins.module_utils._host.processes import programs_below
from ansible_collections.linux.audit.plugins.modules import audisp_plugin
from running import run_module


def run(check=False, diff=False, **parameters):
    """The result of the module."""
    return run_module(audisp_plugin.main, parameters, check, diff)


@pytest.mark.parametrize(("version", "need"), [("4.1.99", "restart"), ("4.2", "reload")])
def test_the_life_of_a_plugin(stage, version, need):
    """It is started, changed, kept as it is, stopped and taken away."""
    host = stage(version)
    path = str(host.program("site", "#!/bin/sh\nwhile read line; do :; done\n"))
    file = host.plugins_d / "site.conf"
    done = run(name="site", plugin=path)
    assert outcome(done) == (True, "reload", False, False)
    assert (done["file"], stat.S_IMODE(file.stat().st_mode)) == (str(file), 0o640)
    assert file.read_text() == f"active = yes\npath = {path}\ntype = always\nformat = string\n"
    assert outcome(run(name="site", plugin=path)) == NONE
    assert outcome(run(name="site", args=["a", "b"])) == (True, need, False, False)
    assert outcome(run(name="site", active=False)) == (True, "reload", False, False)
    assert outcome(run(name="site", args=[])) == (True, "none", False, False)
    assert outcome(run(name="site", state="absent")) == (True, "none", False, False)
    assert not file.exists()
    assert outcome(run(name="site", state="absent")) == NONE


def test_an_active_plugin_that_does_not_run_is_started(host):
    """The file says that it runs; nobody has told the daemon."""
    path = host.plugin("site")
    for check in (True, False):
        assert outcome(run(check=check, name="site", active=True)) == (True, "reload", False, False)
    assert programs_below(host.pid, [path])
    assert outcome(run(name="site", active=True)) == NONE
    assert outcome(run(name="site", active=True, apply="none")) == NONE


def test_a_plugin_that_runs_although_it_is_not_active_is_ended(host):
    path = host.plugin("site")
    assert outcome(run(name="site")) == (True, "reload", False, False)
    host.plugin("site", active=False)
    assert outcome(run(name="site", active=False, apply="none")) == (False, "none", True, False)
    assert outcome(run(name="site", active=False)) == (True, "reload", False, False)
    assert not programs_below(host.pid, [path])
    assert outcome(run(name="site", active=False)) == NONE


def test_a_plugin_that_runs_is_taken_away(host):
    """A reload ends it; another one that runs the same program goes on."""
    path = host.plugin("site")
    host.plugin("other")
    (host.plugins_d / "other.conf").write_text((host.plugins_d / "site.conf").read_text())
    result = run(name="other", state="absent", backup=True)
    assert outcome(result) == (True, "reload", False, False)
    assert os.path.basename(result["backup_file"]).startswith("other.conf.before-")
    result = run(name="site", state="absent")
    assert outcome(result) == (True, "reload", False, False)
    assert (result["before"]["path"], result["after"]["path"]) == (path, None)


@pytest.mark.parametrize(
    ("version", "mode", "part"),
    [
        ("4.0.3", 0o550, "at least mode 0750"), ("4.0.3", 0o750, None), ("4.0.4", 0o550, None),
        ("4.0.4", 0o540, "at least mode 0550"), ("4.1.99", 0o770, None), ("4.2", 0o770, "must not be writable"),
        ("4.2", 0o752, "must not be writable"), ("4.2", 0o755, None),
    ],
)  # fmt: skip
def test_programs(stage, version, mode, part):
    """Those that the daemon does not run are refused, unless the plugin is not active."""
    host = stage(version, runs=False)
    path = host.program("site", "#!/bin/sh\n", mode)
    result = run(check=True, name="site", plugin=str(path))
    assert result["changed"] if part is None else part in failure(result)
    assert run(check=True, name="site", plugin=str(path), active=False)["changed"]
    os.chown(path, 7, 7)
    assert "this one is owned by user 7" in failure(run(name="site", plugin=str(path)))
    # A folder of nobody's is not read.
    other = host.root / "folder"
    done = run(name="site", plugin=str(path), directory=f"{other}/")
    assert (outcome(done), done["file"]) == ((True, "none", False, False), f"{other}/site.conf")


def test_a_plugin_that_gets_no_records(stage):
    """Has the daemon restarted, unless only a reload is asked for."""
    host = stage("4.0.2")
    host.constant("_READ_SECONDS", 0.2)
    host.play(stalls=True)
    asked = {"name": "site", "plugin": str(host.program("site", "#!/bin/sh\nwhile read line; do :; done\n"))}
    message = failure(run(apply="reload", **asked))
    assert "passes no records to its plugins, and will not until it is restarted" in message
    assert not (host.plugins_d / "site.conf").exists()
    assert outcome(run(**asked)) == (True, "restart", False, False)


def test_each_parameter_has_its_line(stage):
    """And changes it alone."""
    host = stage(runs=False)
    host.plugin("site", active=False)
    path = str(host.program("other", "#!/bin/sh\n"))
    for parameter, value, key, text in (
        ("format", "binary", "format", "binary"), ("type", "builtin", "type", "builtin"),
        ("direction", "out", "direction", "out"), ("plugin", path, "path", path), ("active", True, "active", "yes"),
        ("args", ["a", "b"], "args", "a b"),
    ):  # fmt: skip
        result = run(name="site", **{parameter: value})
        assert (list(result["after"].items()), result["changed"]) == ([(key, text)], True)


def test_the_folder_is_that_of_the_configuration(host):
    """Of auditd.conf since 3.0, and of audispd.conf before."""
    host.conf.write_text(f"{CONF}plugin_dir = {host.root}/here/\n")
    (host.root / "etc" / "audispd.conf").write_text(f"plugin_dir = {host.root}/there\n")
    path = str(host.program("site", "#!/bin/sh\n"))
    for version, folder in (("3.0", "here"), ("2.8.99", "there")):
        done = run(check=True, name="site", plugin=path, version=version)
        assert done["file"] == f"{host.root}/{folder}/site.conf"
    assert "plugin ends at once" not in failure(run(name="site", plugin=f"{path}/none"))


def test_a_part_of_the_daemon_is_no_program(stage):
    """It is there whatever files there are."""
    host = stage("2.8.5", runs=False)
    result = run(name="syslog")
    assert (result["changed"], result["after"]["path"]) == (True, "builtin_syslog")
    assert (host.plugins_d / "syslog.conf").exists()


def test_a_name_that_a_reload_forgets(stage):
    """Makes it a restart."""
    host = stage("4.2")
    host.conf.write_text(f"{CONF}name_format = hostname\n")
    path = host.plugin("site", active=False)
    assert outcome(run(check=True, name="site", plugin=path, active=True))[1] == "restart"


def test_the_plugin_for_other_hosts(stage):
    """Needs a file with a server, and a folder for its queue, which is made and goes again if it fails."""
    host = stage("4.2")
    path = str(host.program("audisp-remote", "#!/bin/sh\nwhile read line; do :; done\n"))
    spool = host.root / "spool" / "audit"
    host.remote.write_text("remote_server =\n")
    asked = {"name": "au-remote", "plugin": path}
    assert "has no remote_server, without which the plugin ends" in failure(run(**asked))
    host.remote.write_text(f"{REMOTE}port = x\n")
    message = failure(run(**asked))
    assert f"{host.remote}:2: port = x" in message and "remote_server" not in message
    host.remote.write_text(f"{REMOTE}disk_low_action = exec /no/where\n")
    assert "there is no file /no/where" in failure(run(**asked))
    host.remote.write_text(f"{REMOTE}disk_low_action = exec {host.program('act', '', 0o750)}\n")
    assert run(check=True, **asked)["changed"]
    host.remote.write_text(f"{REMOTE}transport = krb5\n")
    assert "built without krb5" in failure(run(**asked))
    # The last line counts without a newline, and words in upper case do.
    host.remote.write_text(f"{REMOTE}queue_file = {spool}/remote.log\nmode = FORWARD")
    assert run(check=True, **asked)["created"] == [str(spool)]
    assert not spool.exists()
    host.play(hup="dies")
    host.constant("_ANSWER_SECONDS", 0.2)
    host.constant("_PLUGIN_SECONDS", 0.3)
    assert "is not running" in failure(run(**asked))
    assert not spool.exists()
    host.play(hup="taken")
    done = run(**asked)
    assert (outcome(done), done["created"]) == ((True, "reload", False, False), [str(spool)])
    assert (stat.S_IMODE(spool.stat().st_mode), stat.S_IMODE(spool.parent.stat().st_mode)) == (0o700, 0o755)
    assert outcome(run(**asked)) == NONE
    spool.rmdir()
    # The folder alone is made again.
    done = run(**asked)
    assert (outcome(done), done["created"]) == ((True, "none", False, False), [str(spool)])


def test_parameters(host):
    assert "missing required arguments: name" in failure(run())
    assert "name must be a word" in failure(run(name="a/b"))
    assert "site is not a plugin of audit (af_unix, " in failure(run(name="site"))
    for key, value in (("direction", "in"), ("type", "none"), ("format", "text"), ("state", "gone")):
        assert f"value of {key} must be one of" in failure(run(name="x", **{key: value}))


def test_a_folder_that_cannot_be_read(host):
    host.conf.write_text(f"{CONF}plugin_dir = {host.conf}\n")
    assert "auditd.conf" in failure(run(name="site", plugin="/bin/true", active=False))
