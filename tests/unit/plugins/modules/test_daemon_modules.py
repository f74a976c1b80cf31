# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules for the daemon and its files, run as Ansible runs them, on a host that is played."""

import contextlib
import importlib
import io
import json
import os
import stat

import pytest
from ansible.module_utils import basic

from acted_host import CONF, UNIT, ActedHost, wait_for
from ansible_collections.linux.audit.plugins.modules import (
    audisp_plugin,
    audisp_remote_conf,
    auditd_conf,
    auditd_service,
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="the files of the daemon must be owned by root")
REMOTE = "remote_server = 192.0.2.1\n"
MODULES = {
    "audisp_plugin": audisp_plugin, "audisp_remote_conf": audisp_remote_conf, "auditd_conf": auditd_conf,
    "auditd_service": auditd_service,
}  # fmt: skip


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """stage(version): a host on which that release of auditd runs."""
    hosts = []

    def stage(version="4.1.2", runs=True):
        # As on a host, whatever the umask of who runs the tests.
        hosts.append(ActedHost(tmp_path, monkeypatch, version=version))
        hosts[0].installed(version)
        hosts[0].remote.write_text(REMOTE)
        hosts[0].remote.chmod(0o640)
        if runs:
            hosts[0].run()
        return hosts[0]

    yield stage
    for host in hosts:
        host.close()


@pytest.fixture
def host(stage):
    return stage()


@pytest.fixture
def run(monkeypatch, tmp_path):
    """run(module, parameters): the result of a module that is run in this process."""

    def run(module, check=False, diff=False, **parameters):
        if module == "auditd_conf":
            # Its own is that of the machine that runs the tests.
            parameters.setdefault("path", str(tmp_path / "etc" / "auditd.conf"))
        given = {**parameters, "_ansible_check_mode": check, "_ansible_diff": diff}
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": given}).encode())
        # Older releases of ansible-core have no such name.
        monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
        # What a module warned of is kept for the process, which is that of one module.
        for name in ("ansible.module_utils.common.warnings",):
            held = importlib.import_module(name)
            for attribute in ("_global_warnings", "_global_deprecations"):
                with contextlib.suppress(AttributeError):
                    getattr(held, attribute).clear()
        output = io.StringIO()
        with contextlib.redirect_stdout(output), pytest.raises(SystemExit) as ended:
            MODULES[module].main()
        result = json.loads(output.getvalue())
        assert (ended.value.code == 0) is not bool(result.get("failed"))
        return result

    return run


def failure(result):
    assert result.get("failed"), result
    return result["msg"]


def warnings(result):
    """Texts, which newer releases of ansible-core wrap."""
    found = result.get("warnings", [])
    return [text if isinstance(text, str) else str(text) for text in found]


class TestService:
    """auditd_service."""

    @pytest.mark.parametrize(
        ("runs", "state", "action"),
        [
            (True, "started", "none"), (True, "stopped", "stop"), (True, "reloaded", "reload"),
            (True, "restarted", "restart"), (False, "started", "start"), (False, "stopped", "none"),
            (False, "reloaded", "start"), (False, "restarted", "start"),
        ],
    )  # fmt: skip
    def test_states(self, stage, run, runs, state, action):
        """In check mode nothing is done, and the same is said."""
        host = stage(runs=runs)
        before = host.pid
        checked = run("auditd_service", check=True, state=state)
        assert (host.pid, host.received, host.calls()) == (before, [], [])
        done = run("auditd_service", state=state)
        for result in (checked, done):
            assert (result["action"], result["changed"]) == (action, action != "none")
            assert (result["manager"], result["version"], result["enabled"]) == ("systemd", "4.1.2", True)
            assert "report" not in result
            assert warnings(result) == []
        assert (checked["pid"], done["pid"]) == (before, host.pid)
        assert bool(host.pid) is (state != "stopped")
        assert (host.pid == before) is (action in ("none", "reload"))

    def test_a_boot(self, host, run):
        """Is told to start the daemon or not, once; check mode says what would be."""
        checked = run("auditd_service", check=True, enabled=False)
        assert (checked["changed"], checked["enabled"], host.calls()) == (True, False, [])
        for changed in (True, False):
            done = run("auditd_service", enabled=False)
            assert (done["changed"], done["enabled"], done["action"]) == (changed, False, "none")
        assert host.calls() == [f"disable {UNIT}"]
        both = run("auditd_service", enabled=True, state="restarted")
        assert (both["changed"], both["enabled"], both["action"]) == (True, True, "restart")
        # The boot is told first: what fails then has not ended the daemon.
        assert host.calls(of=("enable", "start")) == [f"enable {UNIT}", f"start {UNIT}"]
        host.unit(UnitFileState="disabled", Refuses="Read-only file system")
        pid = host.pid
        assert "Read-only file system" in failure(run("auditd_service", enabled=True, state="restarted"))
        assert host.pid == pid

    def test_a_host_without_systemd_has_no_word_on_boots(self, host, run):
        host.unit(LoadState="not-found")
        result = run("auditd_service", state="started")
        assert (result["manager"], result["enabled"]) == ("none", None)
        assert "only be told to systemd" in failure(run("auditd_service", enabled=True))

    def test_mistakes_in_the_file(self, host, run):
        """Are refused where the daemon would read them; in check mode too, and not where nobody asks for that."""
        host.conf.write_text(CONF + "num_logs = 5\nflush = often\n")
        for state in ("reloaded", "restarted"):
            for check in (True, False):
                message = failure(run("auditd_service", check=check, state=state))
                assert "auditd runs, and would not with the configuration that is there now" in message
                assert f"{host.conf}:5: flush = often: must be one of" in message
        assert (host.received, host.calls()) == ([], [])
        for state in ("started", "stopped"):
            assert run("auditd_service", check=True, state=state)["changed"] is (state == "stopped")
        assert run("auditd_service", state="reloaded", validate=False)["action"] == "reload"
        # The daemon's group is looked up on this host, and a log of its own is looked at.
        for line, part in (("log_group = nobodys", "group of this host"), ("log_file = /no/where/x", "there is no")):
            host.conf.write_text(f"{CONF}{line}\n")
            assert part in failure(run("auditd_service", state="reloaded"))
        host.conf.write_text(f"{CONF}log_group = root\nlog_file = {host.log}\n")
        assert run("auditd_service", state="reloaded")["changed"]

    def test_a_daemon_of_an_unknown_release(self, host, run):
        """Is not judged."""
        (host.root / "bin" / "ausearch").unlink()
        host.conf.write_text(CONF + "flush = often\n")
        result = run("auditd_service", state="reloaded")
        assert (result["action"], result["version"]) == ("reload", None)

    @pytest.mark.parametrize(
        ("version", "line", "state", "forgets"),
        [
            ("4.1.2", "name_format = hostname", "reloaded", False),
            ("4.1.2", "name_format = hostname\nname = x", "reloaded", True),
            ("4.1.2", "name_format = user\nname = x", "reloaded", False),
            ("4.2", "name_format = fqd", "reloaded", True),
            ("4.2", "name_format = fqd", "restarted", False),
        ],
    )
    def test_a_name_that_a_reload_forgets(self, stage, run, version, line, state, forgets):
        """Is warned of."""
        host = stage(version)
        host.conf.write_text(f"{CONF}{line}\n")
        said = warnings(run("auditd_service", state=state))
        assert [("forgets it at a reload" in text) for text in said] == [True] * forgets

    def test_a_reload_that_nobody_confirms(self, host, run):
        """Is warned of."""
        host.play(hup="silent")
        host.constant("_ANSWER_SECONDS", 0.2)
        (said,) = warnings(run("auditd_service", state="reloaded"))
        assert "has not said that it did" in said

    def test_rotate_and_report(self, host, run):
        checked = run("auditd_service", check=True, rotate=True)
        assert (checked["changed"], host.received) == (True, [])
        done = run("auditd_service", rotate=True)
        assert (done["changed"], done["action"], host.received) == (True, "none", ["SIGUSR1"])
        told = run("auditd_service", report=True)
        assert (told["changed"], told["report"]["audit_version"]) == (False, "4.1.2")
        assert told["pid"] == host.pid

    def test_resume(self, host, run):
        """Only what is suspended is resumed; a check tells what is so."""
        assert run("auditd_service", resume=True)["changed"] is False
        (host.root / "suspended").touch()
        checked = run("auditd_service", check=True, resume=True, report=True)
        assert (checked["changed"], checked["report"]["logging_suspended"]) == (True, True)
        assert "SIGUSR2" not in host.received
        done = run("auditd_service", resume=True, report=True)
        assert (done["changed"], done["report"]["logging_suspended"]) == (True, False)
        assert host.received.count("SIGUSR2") == 1
        assert "report" not in run("auditd_service", resume=True)

    def test_a_daemon_that_takes_its_time_to_resume(self, host, run):
        """Is asked until it has; one that does not is said."""
        (host.root / "suspended").touch()
        host.play(resumes=False)
        host.constant("_RESUME_SECONDS", 0.3)
        message = failure(run("auditd_service", resume=True))
        assert "what made it suspend that is still so" in message
        assert host.received.count("SIGCONT") > 2

    def test_a_daemon_that_does_not_run_is_asked_for_nothing(self, stage, run):
        host = stage(runs=False)
        message = failure(run("auditd_service", resume=True, rotate=True, report=True))
        assert message == "resume and rotate and report can only be asked of a daemon that runs: auditd does not"
        assert "rotate can only be asked" in failure(run("auditd_service", check=True, rotate=True, state="stopped"))
        # It would run.
        assert run("auditd_service", check=True, rotate=True, state="started")["changed"]
        assert run("auditd_service", rotate=True, state="started")["action"] == "start"
        assert host.received == ["SIGUSR1"]

    def test_what_keeps_the_daemon_from_running(self, host, run):
        """Fails what needs one, and not what does not."""
        host.unavailable = "this host is a container"
        for check in (True, False):
            assert failure(run("auditd_service", check=check, state="started")) == "this host is a container"
        assert run("auditd_service", state="stopped")["changed"] is False

    def test_only_root_asks(self, host, run, monkeypatch):
        monkeypatch.setattr(os, "geteuid", lambda: 1000)
        assert "only root" in failure(run("auditd_service", state="started"))

    def test_a_folder_in_the_place_of_the_file(self, host, run):
        """Is a message, and no traceback."""
        host.conf.unlink()
        host.conf.mkdir()
        assert "auditd.conf" in failure(run("auditd_service", state="reloaded"))

    def test_parameters(self, host, run):
        assert "value of state must be one of" in failure(run("auditd_service", state="paused"))


def outcome(result):
    return result["changed"], result["action"], result["reload_required"], result["restart_required"]


NONE = (False, "none", False, False)


class TestConf:
    """auditd_conf, and what all modules for files have in common."""

    @pytest.mark.parametrize(
        ("apply", "of_reload", "of_restart"),
        [
            ("auto", (True, "reload", False, False), (True, "restart", False, False)),
            ("reload", (True, "reload", False, False), (True, "reload", False, True)),
            ("restart", (True, "restart", False, False), (True, "restart", False, False)),
            ("none", (True, "none", True, False), (True, "none", False, True)),
        ],
    )
    def test_what_is_done_and_what_is_left_to_do(self, host, run, apply, of_reload, of_restart):
        """Check mode says the same; a second run has nothing to do."""
        for settings, expected in (({"num_logs": 7}, of_reload), ({"local_events": False}, of_restart)):
            text, pid, received = host.conf.read_text(), host.pid, host.received
            checked = run("auditd_conf", check=True, settings=settings, apply=apply)
            assert (host.conf.read_text(), host.pid, host.received) == (text, pid, received)
            done = run("auditd_conf", settings=settings, apply=apply)
            assert outcome(checked) == outcome(done) == expected
            assert (checked["pid"], done["pid"]) == (pid, host.pid)
            sent = {"reload": ["SIGHUP"], "restart": ["SIGTERM"], "none": []}[done["action"]]
            assert host.received == received + sent
            assert outcome(run("auditd_conf", settings=settings, apply=apply)) == NONE

    def test_the_result(self, host, run):
        """Only what has changed is before and after; without diff mode there is no diff."""
        result = run("auditd_conf", settings={"num_logs": 7, "space_left": "075", "admin_space_left": 40, "name": None})
        assert (result["file"], result["version"], result["created"]) == (str(host.conf), "4.1.2", [])
        assert result["before"] == {"num_logs": None, "admin_space_left": "50"}
        assert result["after"] == {"num_logs": "7", "admin_space_left": "40"}
        assert not {"diff", "backup_file"} & set(result)
        assert host.conf.read_text() == "# top\nspace_left = 75\nadmin_space_left = 40\nnum_logs = 7\n"
        assert stat.S_IMODE(host.conf.stat().st_mode) == 0o640
        result = run("auditd_conf", diff=True, backup=True, settings={"num_logs": None})
        (entry,) = result["diff"]
        assert (entry["before_header"], entry["after_header"]) == (str(host.conf),) * 2
        assert entry["before"] == entry["after"] + "num_logs = 7\n"
        with open(result["backup_file"], encoding="utf-8") as file:
            assert file.read() == entry["before"]
        assert stat.S_IMODE(os.stat(result["backup_file"]).st_mode) == 0o640
        checked = run("auditd_conf", check=True, diff=True, backup=True, settings={"num_logs": 8})
        assert not os.path.exists(checked["backup_file"]) or checked["backup_file"] == result["backup_file"]
        assert "backup_file" not in run("auditd_conf", diff=True, backup=True, settings={"space_left": 75})

    def test_bytes_that_are_no_text(self, host, run):
        r"""Are \xff in results, and stay in the file."""
        host.conf.write_bytes(CONF.encode() + b"# \xff\nname = a\xff\n")
        result = run("auditd_conf", diff=True, option="name", value="b")
        assert (result["before"]["name"], result["after"]["name"]) == ("a\\xff", "b")
        assert host.conf.read_bytes() == CONF.encode() + b"# \xff\nname = b\n"

    @pytest.mark.parametrize(
        ("mode", "version", "left"),
        [(0o600, "4.1.2", 0o600), (0o644, "4.1.2", 0o644), (0o664, "4.1.2", 0o644), (0o660, "4.1.2", 0o640)],
    )
    def test_modes(self, stage, run, mode, version, left):
        """What the file has is kept, but for what others could write."""
        host = stage(version)
        host.conf.chmod(mode)
        assert run("auditd_conf", settings={"num_logs": 7})["changed"]
        assert stat.S_IMODE(host.conf.stat().st_mode) == left

    def test_an_owner(self, host, run):
        """Other than root is refused, or mended."""
        os.chown(host.conf, 7, 7)
        assert "must be owned by root, not by user 7" in failure(run("auditd_conf", settings={"num_logs": 7}))
        assert host.conf.stat().st_uid == 7
        assert run("auditd_conf", settings={"num_logs": 7}, repair=True)["changed"]
        assert (host.conf.stat().st_uid, host.conf.stat().st_gid) == (0, 0)
        os.chown(host.conf, 7, 7)
        # Nothing else is to change.
        assert run("auditd_conf", settings={"num_logs": 7}, repair=True)["changed"]
        assert host.conf.stat().st_uid == 0

    def test_what_the_daemon_would_not_take(self, host, run):
        """Is refused before anything is written, also in check mode; not if nothing is to be checked."""
        for check in (True, False):
            assert "num_logs = x" in failure(run("auditd_conf", check=check, option="num_logs", value="x"))
            assert "is no keyword" in failure(run("auditd_conf", check=check, option="tomorrow", value="x"))
        assert (host.conf.read_text(), host.received) == (CONF, [])
        (said,) = warnings(run("auditd_conf", option="tomorrow", value="x", strict=False))
        assert "tomorrow is no keyword of auditd.conf" in said
        message = failure(run("auditd_conf", option="num_logs", value="nonsense", validate=False))
        assert "Unknown keyword" in message and "runs again as before" in message
        assert host.conf.read_text() == CONF + "tomorrow = x\n"

    def test_files_that_are_named(self, host, run):
        """Are looked at on this host, as is the group."""
        for key, value, part in (
            ("log_file", "/no/where/x", "there is no /no/where"), ("log_group", "nobodys", "a group of this host"),
            ("space_left_action", "exec /no/where", "there is no file /no/where"),
        ):  # fmt: skip
            assert part in failure(run("auditd_conf", option=key, value=value))
        assert run("auditd_conf", check=True, settings={"log_file": str(host.log), "log_group": "root"})["changed"]

    def test_the_release(self, host, run):
        """Is that of the host, or another that is asked for, whose programs are not those of this host."""
        assert "since audit 4.2, and this is 4.1.2" in failure(run("auditd_conf", option="tls_auth", value="psk"))
        done = run("auditd_conf", option="tls_auth", value="psk", version="4.2", apply="none")
        assert (done["version"], done["changed"]) == ("4.2", True)
        assert "a release of audit from 2.8 on" in failure(run("auditd_conf", option="freq", value=1, version="2.7.9"))
        host.program("auditd", "#!/bin/sh\n")
        host.conf.write_text(CONF)
        assert "built without krb5" in failure(run("auditd_conf", option="transport", value="krb5"))
        assert run("auditd_conf", check=True, option="transport", value="krb5", version="4.1.3")["changed"]

    def test_a_host_without_audit(self, host, run):
        """Needs to be told the release; then the file alone is written."""
        host.close()
        for name in ("auditd", "ausearch"):
            (host.root / "bin" / name).unlink()
        assert "audit is not installed on this host" in failure(run("auditd_conf", option="freq", value=1))
        done = run("auditd_conf", option="local_events", value=False, version="3.0")
        assert (outcome(done), done["pid"]) == ((True, "none", False, False), 0)

    def test_a_daemon_that_does_not_run(self, stage, run):
        """Reads the file when it is started: nothing is left to do, and nothing started."""
        host = stage(runs=False)
        for check in (True, False):
            done = run("auditd_conf", check=check, option="local_events", value=False)
            assert outcome(done) == (True, "none", False, False)
        assert host.calls() == []

    def test_another_file(self, host, run):
        """Is no matter of the daemon; one called audispd.conf has other keywords."""
        other = host.root / "etc" / "other.conf"
        assert outcome(run("auditd_conf", path=str(other), settings={"space_left": 5})) == (True, "none", False, False)
        assert (other.read_text(), stat.S_IMODE(other.stat().st_mode)) == ("space_left = 5\n", 0o640)
        other = host.root / "audispd.conf"
        assert "since audit 3.0" in failure(run("auditd_conf", path=str(other), settings={"q_depth": 5}))
        done = run("auditd_conf", path=str(other), settings={"q_depth": 5}, version="2.8.5")
        assert outcome(done) == (True, "none", False, False)
        assert "nowhere" in failure(run("auditd_conf", path=f"{host.conf}/nowhere", settings={"space_left": 5}))
        assert host.received == []

    def test_the_older_dispatcher(self, stage, run):
        """Of audit 2.8 has a file of its own, which is taken by a reload."""
        host = stage("2.8.5")
        path = host.root / "etc" / "audispd.conf"
        done = run("auditd_conf", path=str(path), settings={"max_restarts": 5})
        assert outcome(done) == (True, "reload", False, False)

    def test_parameters(self, host, run):
        for parameters, part in (
            ({}, "one of the following is required: settings, option"),
            ({"settings": {}, "option": "x"}, "mutually exclusive"),
            ({"settings": {"x": 1}, "value": 1}, "mutually exclusive"),
            ({"option": "freq"}, "option needs a value, or state: absent"),
            ({"settings": {}}, "settings names no keyword"),
            ({"settings": {"a b": 1}}, "'a b' is no keyword"),
            ({"settings": {"a": [1]}}, "a must be a text"),
            ({"settings": {"freq": 1}, "apply": "soon"}, "value of apply must be one of"),
        ):
            assert part in failure(run("auditd_conf", **parameters))
        assert host.conf.read_text() == CONF


class TestPlugin:
    """audisp_plugin."""

    @pytest.mark.parametrize(("version", "need"), [("4.1.99", "restart"), ("4.2", "reload")])
    def test_the_life_of_a_plugin(self, stage, run, version, need):
        """It is started, changed, kept as it is, stopped and taken away."""
        host = stage(version)
        path = str(host.program("site", "#!/bin/sh\nwhile read line; do :; done\n"))
        file = host.plugins_d / "site.conf"
        done = run("audisp_plugin", name="site", plugin=path)
        assert outcome(done) == (True, "reload", False, False)
        assert (done["file"], stat.S_IMODE(file.stat().st_mode)) == (str(file), 0o640)
        assert file.read_text() == f"active = yes\npath = {path}\ntype = always\nformat = string\n"
        assert outcome(run("audisp_plugin", name="site", plugin=path)) == NONE
        assert outcome(run("audisp_plugin", name="site", args=["a", "b"])) == (True, need, False, False)
        assert outcome(run("audisp_plugin", name="site", active=False)) == (True, "reload", False, False)
        assert outcome(run("audisp_plugin", name="site", args=[])) == (True, "none", False, False)
        assert outcome(run("audisp_plugin", name="site", state="absent")) == (True, "none", False, False)
        assert not file.exists()
        assert outcome(run("audisp_plugin", name="site", state="absent")) == NONE

    def test_a_plugin_that_runs_is_taken_away(self, host, run):
        """A reload ends it; another one that runs the same program goes on."""
        path = host.plugin("site")
        host.plugin("other")
        (host.plugins_d / "other.conf").write_text((host.plugins_d / "site.conf").read_text())
        result = run("audisp_plugin", name="other", state="absent", backup=True)
        assert outcome(result) == (True, "reload", False, False)
        assert os.path.basename(result["backup_file"]).startswith("other.conf.before-")
        result = run("audisp_plugin", name="site", state="absent")
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
    def test_programs(self, stage, run, version, mode, part):
        """Those that the daemon does not run are refused, unless the plugin is not active."""
        host = stage(version, runs=False)
        path = host.program("site", "#!/bin/sh\n", mode)
        result = run("audisp_plugin", check=True, name="site", plugin=str(path))
        assert result["changed"] if part is None else part in failure(result)
        assert run("audisp_plugin", check=True, name="site", plugin=str(path), active=False)["changed"]
        os.chown(path, 7, 7)
        assert "this one is owned by user 7" in failure(run("audisp_plugin", name="site", plugin=str(path)))
        # A folder of nobody's is not read.
        other = host.root / "folder"
        done = run("audisp_plugin", name="site", plugin=str(path), directory=f"{other}/")
        assert (outcome(done), done["file"]) == ((True, "none", False, False), f"{other}/site.conf")

    def test_a_plugin_that_gets_no_records(self, stage, run):
        """Has the daemon restarted, unless only a reload is asked for."""
        host = stage("4.0.2")
        host.constant("_READ_SECONDS", 0.2)
        host.play(stalls=True)
        asked = {"name": "site", "plugin": str(host.program("site", "#!/bin/sh\nwhile read line; do :; done\n"))}
        message = failure(run("audisp_plugin", apply="reload", **asked))
        assert "passes no records to its plugins, and will not before it is restarted" in message
        assert not (host.plugins_d / "site.conf").exists()
        assert outcome(run("audisp_plugin", **asked)) == (True, "restart", False, False)

    def test_each_parameter_has_its_line(self, stage, run):
        """And changes it alone."""
        host = stage(runs=False)
        host.plugin("site", active=False)
        path = str(host.program("other", "#!/bin/sh\n"))
        for parameter, value, key, text in (
            ("format", "binary", "format", "binary"), ("type", "builtin", "type", "builtin"),
            ("direction", "out", "direction", "out"), ("plugin", path, "path", path), ("active", True, "active", "yes"),
            ("args", ["a", "b"], "args", "a b"),
        ):  # fmt: skip
            result = run("audisp_plugin", name="site", **{parameter: value})
            assert (list(result["after"].items()), result["changed"]) == ([(key, text)], True)

    def test_the_folder_is_that_of_the_configuration(self, host, run):
        """Of auditd.conf since 3.0, and of audispd.conf before."""
        host.conf.write_text(f"{CONF}plugin_dir = {host.root}/here/\n")
        (host.root / "etc" / "audispd.conf").write_text(f"plugin_dir = {host.root}/there\n")
        path = str(host.program("site", "#!/bin/sh\n"))
        for version, folder in (("3.0", "here"), ("2.8.99", "there")):
            done = run("audisp_plugin", check=True, name="site", plugin=path, version=version)
            assert done["file"] == f"{host.root}/{folder}/site.conf"
        assert "plugin ends at once" not in failure(run("audisp_plugin", name="site", plugin=f"{path}/none"))

    def test_a_part_of_the_daemon_is_no_program(self, stage, run):
        """It is there whatever files there are."""
        host = stage("2.8.5", runs=False)
        result = run("audisp_plugin", name="syslog")
        assert (result["changed"], result["after"]["path"]) == (True, "builtin_syslog")
        assert (host.plugins_d / "syslog.conf").exists()

    def test_a_name_that_a_reload_forgets(self, stage, run):
        """Makes it a restart."""
        host = stage("4.2")
        host.conf.write_text(f"{CONF}name_format = hostname\n")
        path = host.plugin("site", active=False)
        assert outcome(run("audisp_plugin", check=True, name="site", plugin=path, active=True))[1] == "restart"

    def test_the_plugin_for_other_hosts(self, stage, run):
        """Needs a file with a server, and a folder for its queue, which is made and goes again if it fails."""
        host = stage("4.2")
        path = str(host.program("audisp-remote", "#!/bin/sh\nwhile read line; do :; done\n"))
        spool = host.root / "spool" / "audit"
        host.remote.write_text("remote_server =\n")
        asked = {"name": "au-remote", "plugin": path}
        assert "names no remote_server, without which the plugin ends" in failure(run("audisp_plugin", **asked))
        host.remote.write_text(f"{REMOTE}port = x\n")
        message = failure(run("audisp_plugin", **asked))
        assert f"{host.remote}:2: port = x" in message and "remote_server" not in message
        host.remote.write_text(f"{REMOTE}disk_low_action = exec /no/where\n")
        assert "there is no file /no/where" in failure(run("audisp_plugin", **asked))
        host.remote.write_text(f"{REMOTE}disk_low_action = exec {host.program('act', '', 0o750)}\n")
        assert run("audisp_plugin", check=True, **asked)["changed"]
        host.remote.write_text(f"{REMOTE}transport = krb5\n")
        assert "built without krb5" in failure(run("audisp_plugin", **asked))
        # The last line counts without a newline, and words in upper case do.
        host.remote.write_text(f"{REMOTE}queue_file = {spool}/remote.log\nmode = FORWARD")
        assert run("audisp_plugin", check=True, **asked)["created"] == [str(spool)]
        assert not spool.exists()
        host.play(hup="dies")
        host.constant("_ANSWER_SECONDS", 0.2)
        host.constant("_PLUGIN_SECONDS", 0.3)
        assert "does not run" in failure(run("audisp_plugin", **asked))
        assert not spool.exists()
        host.play(hup="taken")
        done = run("audisp_plugin", **asked)
        assert (outcome(done), done["created"]) == ((True, "reload", False, False), [str(spool)])
        assert (stat.S_IMODE(spool.stat().st_mode), stat.S_IMODE(spool.parent.stat().st_mode)) == (0o700, 0o755)
        assert outcome(run("audisp_plugin", **asked)) == NONE
        spool.rmdir()
        # The folder alone is made again.
        done = run("audisp_plugin", **asked)
        assert (outcome(done), done["created"]) == ((True, "none", False, False), [str(spool)])

    def test_parameters(self, host, run):
        assert "missing required arguments: name" in failure(run("audisp_plugin"))
        assert "name must be a word" in failure(run("audisp_plugin", name="a/b"))
        assert "none of af_unix" in failure(run("audisp_plugin", name="site"))
        for key, value in (("direction", "in"), ("type", "none"), ("format", "text"), ("state", "gone")):
            assert f"value of {key} must be one of" in failure(run("audisp_plugin", name="x", **{key: value}))

    def test_a_folder_that_cannot_be_read(self, host, run):
        host.conf.write_text(f"{CONF}plugin_dir = {host.conf}\n")
        assert "auditd.conf" in failure(run("audisp_plugin", name="site", plugin="/bin/true", active=False))


class TestRemote:
    """audisp_remote_conf."""

    @pytest.mark.parametrize(("version", "action"), [("4.1.99", "restart"), ("4.2", "reload")])
    @pytest.mark.parametrize("active", [True, False])
    def test_a_change(self, stage, run, version, action, active):
        """Counts for the plugin once it is started anew, if it runs."""
        host = stage(version, runs=False)
        host.plugin("audisp-remote", active=active)
        host.run()
        done = run("audisp_remote_conf", option="port", value=61)
        assert outcome(done) == (True, action if active else "none", False, False)
        assert (done["file"], host.remote.read_text()) == (str(host.remote), REMOTE + "port = 61\n")
        assert outcome(run("audisp_remote_conf", option="port", value=61)) == NONE

    def test_a_server(self, host, run):
        """May be missing only as long as the plugin is not active, or for a file that is not in use."""
        host.remote.write_text("remote_server = \n")
        assert run("audisp_remote_conf", option="port", value=61)["changed"]
        host.plugin("audisp-remote")
        host.remote.write_text("# nothing\n")
        message = failure(run("audisp_remote_conf", option="port", value=61))
        assert "remote_server must have a value while" in message and "audisp-remote.conf has the plugin" in message
        host.remote.write_text("remote_server = \n")
        assert "has no value" in failure(run("audisp_remote_conf", option="port", value=61))
        other = host.root / "other.conf"
        done = run("audisp_remote_conf", option="port", value=61, path=str(other))
        assert (outcome(done), other.read_text()) == ((True, "none", False, False), "port = 61\n")

    def test_what_its_program_is_built_with(self, host, run):
        """Not auditd's build counts."""
        host.program("audisp-remote", "libgssapi_krb5")
        assert run("audisp_remote_conf", option="transport", value="krb5")["changed"]
        host.program("audisp-remote", "nothing")
        assert "built without krb5" in failure(run("audisp_remote_conf", option="port", value=62))

    @pytest.mark.parametrize(
        ("line", "directory"),
        [("", "/var/spool/audit"), ("queue_file = {}/spool/x\n", "{}/spool")],
    )
    def test_a_queue(self, host, run, line, directory):
        """Needs a folder in mode forward, and none otherwise."""
        host.remote.write_text(REMOTE + line.format(host.root))
        folder = directory.format(host.root)
        done = run("audisp_remote_conf", check=True, option="mode", value="forward")
        assert done["created"] == ([] if os.path.isdir(folder) else [folder])
        assert run("audisp_remote_conf", check=True, option="port", value=61)["created"] == []

    def test_parameters(self, host, run):
        assert "one of the following is required: settings, option" in failure(run("audisp_remote_conf"))
        assert "mutually exclusive" in failure(run("audisp_remote_conf", settings={}, option="x"))
        assert "mutually exclusive" in failure(run("audisp_remote_conf", settings={}, value="x"))


def test_a_report_is_awaited(host, run):
    """A module that asks for one returns it, and the process that it asked is that of the kernel."""
    result = run("auditd_service", report=True, state="started")
    assert result["pid"] == host.pid
    assert wait_for(lambda: host.received) == ["SIGCONT"]
