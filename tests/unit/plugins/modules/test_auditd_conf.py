# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd_conf, run as Ansible runs it, on a host that is played; and what all modules for files have in common."""

import os
import signal
import stat
import time

import pytest

from acted_host import CONF, NONE, failure, outcome, wait_for, warnings
from ansible_collections.linux.audit.plugins.module_utils._daemon.health import daemon_problems
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._host.processes import state_and_parent
from ansible_collections.linux.audit.plugins.modules import auditd_conf
from running import run_module


@pytest.fixture
def run(tmp_path):
    """run(parameters): the result of the module, for the file of the host that is played."""

    def run(check=False, diff=False, **parameters):
        parameters.setdefault("path", str(tmp_path / "etc" / "auditd.conf"))
        return run_module(auditd_conf.main, parameters, check, diff)

    return run


@pytest.mark.parametrize(
    ("apply", "of_reload", "of_restart"),
    [
        ("auto", (True, "reload", False, False), (True, "restart", False, False)),
        ("reload", (True, "reload", False, False), (True, "reload", False, True)),
        ("restart", (True, "restart", False, False), (True, "restart", False, False)),
        ("none", (True, "none", True, False), (True, "none", False, True)),
    ],
)
def test_what_is_done_and_what_is_left_to_do(host, run, apply, of_reload, of_restart):
    """Check mode says the same; a second run has nothing to do."""
    for settings, expected in (({"num_logs": 7}, of_reload), ({"local_events": False}, of_restart)):
        text, pid, received = host.conf.read_text(), host.pid, host.received
        checked = run(check=True, settings=settings, apply=apply)
        assert (host.conf.read_text(), host.pid, host.received) == (text, pid, received)
        done = run(settings=settings, apply=apply)
        assert outcome(checked) == outcome(done) == expected
        assert (checked["pid"], done["pid"]) == (pid, host.pid)
        sent = {"reload": ["SIGHUP"], "restart": ["SIGTERM"], "none": []}[done["action"]]
        assert host.received == received + sent
        # What the daemon does not do yet is left to do, whoever asks.
        assert outcome(run(settings=settings, apply=apply)) == (False, "none", *expected[2:])


def test_a_value_that_waits_for_a_restart_is_said_in_every_run_until_there_is_one(host, run):
    """Also after a reload, and where the file has the old value again nothing waits."""
    assert outcome(run(settings={"local_events": False}, apply="none")) == (True, "none", False, True)
    assert outcome(run(settings={"num_logs": 9}, apply="reload")) == (True, "reload", False, True)
    assert outcome(run(settings={"num_logs": 9}, apply="none")) == (False, "none", False, True)
    assert outcome(run(settings={"local_events": True}, apply="reload"))[3] is True
    assert outcome(run(settings={"local_events": True}, apply="none")) == NONE
    assert outcome(run(settings={"local_events": False}, apply="none")) == (True, "none", False, True)
    waiting = f"auditd (pid {host.pid}) runs with other values of local_events than {host.conf} says"
    assert [one for one in daemon_problems(host.pid, Host()) if one.startswith(waiting)]
    pid = host.pid
    for check in (True, False):
        assert outcome(run(check=check, settings={"num_logs": 9})) == (True, "restart", False, False)
    assert host.pid != pid
    assert not [one for one in daemon_problems(host.pid, Host()) if "restarted" in one]
    assert outcome(run(settings={"num_logs": 9}, apply="none")) == NONE


def test_a_file_that_the_daemon_has_not_read(host, run):
    """The file says what is asked for, and the daemon runs with an older one: a killed run leaves it so."""
    host.conf.write_text(CONF + "num_logs = 7\n")
    for check in (True, False):
        assert outcome(run(check=check, settings={"num_logs": 7})) == (True, "reload", False, False)
    assert host.received == ["SIGHUP"]
    assert outcome(run(settings={"num_logs": 7})) == NONE
    host.conf.write_text(CONF + "num_logs = 7\n")
    with host.log.open("a") as file:
        file.write(f"type=DAEMON_CONFIG msg=audit({time.time() - 60:.3f}:7): op=reconfigure auid=0 res=success\n")
        file.write(f"type=DAEMON_CONFIG msg=audit({time.time() + 60:.3f}:8): op=reconfigure auid=0 res=failed\n")
    assert outcome(run(check=True, settings={"num_logs": 7})) == (True, "reload", False, False)
    with host.log.open("a") as file:
        file.write(f"type=DAEMON_CONFIG msg=audit({time.time() + 60:.3f}:9): op=reconfigure auid=0 res=success\n")
    assert outcome(run(settings={"num_logs": 7})) == NONE


def test_a_change_that_means_nothing_to_the_daemon_is_not_read_later(host, run):
    assert outcome(run(settings={"verify_email": True})) == (True, "none", False, False)
    assert outcome(run(settings={"verify_email": True})) == NONE
    assert host.received == []


def test_a_daemon_that_confirms_nothing_is_told_again(host, run):
    host.constant("_ANSWER_SECONDS", 0.3)
    host.play(hup="silent", records=False)
    result = run(settings={"num_logs": 7})
    assert (outcome(result), result["confirmed"]) == ((True, "reload", False, False), False)
    assert warnings(result) == [
        f"auditd (pid {host.pid}) was told to read its files again, but has not said that it did"
    ]
    host.play(hup="taken", records=True)
    result = run(settings={"num_logs": 7})
    assert (outcome(result), result["confirmed"], warnings(result)) == ((True, "reload", False, False), True, [])
    assert outcome(run(settings={"num_logs": 7})) == NONE


@pytest.mark.parametrize("apply", ["auto", "reload", "restart"])
def test_a_daemon_that_is_stopped_gets_no_signal(host, run, apply):
    """It would obey later: a pending TERM ends it when it goes on. Nothing is written either."""
    os.kill(host.pid, signal.SIGSTOP)
    wait_for(lambda: state_and_parent(host.pid)[0] == "T")
    for check in (True, False):
        assert f"auditd (pid {host.pid}) is stopped, by SIGSTOP" in failure(
            run(check=check, settings={"num_logs": 7}, apply=apply)
        )
    assert host.conf.read_text() == CONF
    assert run(settings={"num_logs": 7}, apply="none")["changed"]
    os.kill(host.pid, signal.SIGCONT)
    wait_for(lambda: host.received)
    assert host.received == ["SIGCONT"]


ONE, TWO, THREE, FOUR = (f"-a always,exit -S {name} -F key={name}" for name in ("mount", "open", "chmod", "unlink"))


def loses_rules(host, *left):
    """The unit of audit 3 deletes all rules and loads them until the first bad line; the start succeeds."""
    auditd = (host.root / "bin/auditd").read_text()
    text = "".join(f"{line}\\n" for line in left)
    host.program("auditd", auditd.replace('    say("Init', f'    (ROOT / "rules").write_text("{text}")\n    say("Init'))
    return host.root / "rules"


def lines(*rules):
    """The text of a file."""
    return "".join(f"{rule}\n" for rule in rules)


def test_rules_that_a_restart_drops_are_put_back(host, run):
    """Also those that no file has, because somebody or something has loaded them into the kernel alone."""
    rules = loses_rules(host, ONE, THREE)
    rules.write_text(lines(ONE, TWO, THREE, THREE))
    compiled = host.root / "audit.rules"
    compiled.write_text(lines("-D", ONE, THREE, "-w /nowhere/x -p wa", THREE))
    host.constant("_COMPILED", str(compiled))
    result = run(settings={"local_events": False})
    assert outcome(result) == (True, "restart", False, False)
    assert rules.read_text() == lines(ONE, THREE, TWO, THREE)
    (text,) = warnings(result)
    assert "left 2 of 4 rules in the kernel; 2 rules were put back, of which no file has 1" in text
    assert "does not hold them in the order that they had" in text
    rules.write_text(lines(ONE))
    assert warnings(run(settings={"local_events": True})) == []


@pytest.mark.parametrize("compiled", [True, False])
def test_rules_that_the_files_no_longer_have_are_not_put_back(host, run, compiled):
    """Somebody has removed two of them from rules.d; augenrules compiles it in the restart, or has before."""
    rules = loses_rules(host, FOUR, ONE)
    rules.write_text(lines(ONE, TWO, THREE))
    old, new = host.root / "old", host.root / "audit.rules"
    old.write_text(lines("-D", ONE, TWO) if compiled else "")
    new.write_text(lines("-D", FOUR, ONE, "-a nonsense", THREE))
    host.constant("_FORMER", str(old))
    host.constant("_COMPILED", str(new))
    if not compiled:
        auditd = (host.root / "bin/auditd").read_text()
        write = f'(ROOT / "audit.rules").write_text({new.read_text()!r})'
        host.program("auditd", auditd.replace('    say("Init', f'    {write}\n    say("Init'))
        new.write_text(lines("-D", ONE, TWO, THREE))
    said = warnings(run(settings={"local_events": False}))
    assert rules.read_text() == lines(FOUR, ONE, THREE)
    lost, gone = said
    assert "left 2 of 3 rules in the kernel; 1 rule was put back. Look in the rules files for a line" in lost
    assert "order" not in lost
    assert gone == (
        f"the restart of auditd dropped 1 rule from the kernel, which the rules files no longer have: '{TWO}'"
    )


def test_a_rule_that_has_another_key_in_the_files_is_not_put_back(host, run):
    rules = loses_rules(host, ONE.replace("key=mount", "key=new"), TWO)
    rules.write_text(lines(ONE, TWO))
    assert warnings(run(settings={"local_events": False})) == []
    assert rules.read_text() == lines(ONE.replace("key=mount", "key=new"), TWO)


def test_the_result(host, run):
    """Only what has changed is before and after; without diff mode there is no diff."""
    result = run(settings={"num_logs": 7, "space_left": "075", "admin_space_left": 40, "name": None})
    assert (result["file"], result["version"], result["created"]) == (str(host.conf), "4.1.2", [])
    assert result["before"] == {"num_logs": None, "admin_space_left": "50"}
    assert result["after"] == {"num_logs": "7", "admin_space_left": "40"}
    assert not {"diff", "backup_file"} & set(result)
    assert host.conf.read_text() == "# top\nspace_left = 75\nadmin_space_left = 40\nnum_logs = 7\n"
    assert stat.S_IMODE(host.conf.stat().st_mode) == 0o640
    result = run(diff=True, backup=True, settings={"num_logs": None})
    (entry,) = result["diff"]
    assert (entry["before_header"], entry["after_header"]) == (str(host.conf),) * 2
    assert entry["before"] == entry["after"] + "num_logs = 7\n"
    with open(result["backup_file"], encoding="utf-8") as file:
        assert file.read() == entry["before"]
    assert stat.S_IMODE(os.stat(result["backup_file"]).st_mode) == 0o640
    checked = run(check=True, diff=True, backup=True, settings={"num_logs": 8})
    assert not os.path.exists(checked["backup_file"]) or checked["backup_file"] == result["backup_file"]
    assert "backup_file" not in run(diff=True, backup=True, settings={"space_left": 75})


def test_bytes_that_are_no_text(host, run):
    r"""Are \xff in results, and stay in the file."""
    host.conf.write_bytes(CONF.encode() + b"# \xff\nname = a\xff\n")
    result = run(diff=True, option="name", value="b")
    assert (result["before"]["name"], result["after"]["name"]) == ("a\\xff", "b")
    assert host.conf.read_bytes() == CONF.encode() + b"# \xff\nname = b\n"


@pytest.mark.parametrize(
    ("mode", "version", "left"),
    [(0o600, "4.1.2", 0o600), (0o644, "4.1.2", 0o644), (0o664, "4.1.2", 0o644), (0o660, "4.1.2", 0o640)],
)
def test_modes(stage, run, mode, version, left):
    """What the file has is kept, but for what others could write."""
    host = stage(version)
    host.conf.chmod(mode)
    assert run(settings={"num_logs": 7})["changed"]
    assert stat.S_IMODE(host.conf.stat().st_mode) == left


def test_an_owner(host, run):
    """Other than root is refused, or mended."""
    os.chown(host.conf, 7, 7)
    assert "must be owned by root, not by user 7" in failure(run(settings={"num_logs": 7}))
    assert host.conf.stat().st_uid == 7
    assert run(settings={"num_logs": 7}, repair=True)["changed"]
    assert (host.conf.stat().st_uid, host.conf.stat().st_gid) == (0, 0)
    os.chown(host.conf, 7, 7)
    # Nothing else is to change.
    assert run(settings={"num_logs": 7}, repair=True)["changed"]
    assert host.conf.stat().st_uid == 0


def test_what_the_daemon_would_reject(host, run):
    """Is refused before anything is written, also in check mode; not if nothing is to be checked."""
    for check in (True, False):
        assert "num_logs = x" in failure(run(check=check, option="num_logs", value="x"))
        assert "is not a keyword" in failure(run(check=check, option="tomorrow", value="x"))
    assert (host.conf.read_text(), host.received) == (CONF, [])
    (said,) = warnings(run(option="tomorrow", value="x", strict=False))
    assert "tomorrow is not a keyword of auditd.conf" in said
    message = failure(run(option="num_logs", value="nonsense", validate=False))
    assert "Unknown keyword" in message and "runs again as before" in message
    assert host.conf.read_text() == CONF + "tomorrow = x\n"


def test_files_that_are_named(host, run):
    """Are looked at on this host, as is the group."""
    for key, value, part in (
        ("log_file", "/no/where/x", "there is no /no/where"), ("log_group", "nobodys", "a group of this host"),
        ("space_left_action", "exec /no/where", "there is no file /no/where"),
    ):  # fmt: skip
        assert part in failure(run(option=key, value=value))
    assert run(check=True, settings={"log_file": str(host.log), "log_group": "root"})["changed"]


def test_the_release(host, run):
    """Is that of the host, or another that is asked for, whose programs are not those of this host."""
    message = failure(run(option="tls_auth", value="psk"))
    assert "audit 4.2 added tls_auth to auditd.conf; this is audit 4.1.2" in message
    done = run(option="tls_auth", value="psk", version="4.2", apply="none")
    assert (done["version"], done["changed"]) == ("4.2", True)
    assert "a release of audit from 2.8 on" in failure(run(option="freq", value=1, version="2.7.9"))
    host.program("auditd", "#!/bin/sh\n")
    host.conf.write_text(CONF)
    assert "built without krb5" in failure(run(option="transport", value="krb5"))
    assert run(check=True, option="transport", value="krb5", version="4.1.3")["changed"]


def test_a_host_without_audit(host, run):
    """Needs to be told the release; then the file alone is written."""
    host.close()
    for name in ("auditd", "ausearch"):
        (host.root / "bin" / name).unlink()
    assert "audit is not installed on this host" in failure(run(option="freq", value=1))
    done = run(option="local_events", value=False, version="3.0")
    assert (outcome(done), done["pid"]) == ((True, "none", False, False), 0)


def test_a_daemon_that_does_not_run(stage, run):
    """Reads the file when it is started: nothing is left to do, and nothing started."""
    host = stage(runs=False)
    for check in (True, False):
        done = run(check=check, option="local_events", value=False)
        assert outcome(done) == (True, "none", False, False)
    assert host.calls() == []


def test_another_file(host, run):
    """Does not concern the daemon. A file called audispd.conf has other keywords."""
    other = host.root / "etc" / "other.conf"
    assert outcome(run(path=str(other), settings={"space_left": 5})) == (True, "none", False, False)
    assert (other.read_text(), stat.S_IMODE(other.stat().st_mode)) == ("space_left = 5\n", 0o640)
    other = host.root / "audispd.conf"
    assert "audit 3.0 removed q_depth from audispd.conf" in failure(run(path=str(other), settings={"q_depth": 5}))
    done = run(path=str(other), settings={"q_depth": 5}, version="2.8.5")
    assert outcome(done) == (True, "none", False, False)
    assert "nowhere" in failure(run(path=f"{host.conf}/nowhere", settings={"space_left": 5}))
    assert host.received == []


def test_the_older_dispatcher(stage, run):
    """Of audit 2.8 has a file of its own, which is taken by a reload."""
    host = stage("2.8.5")
    path = host.root / "etc" / "audispd.conf"
    done = run(path=str(path), settings={"max_restarts": 5})
    assert outcome(done) == (True, "reload", False, False)


def test_parameters(host, run):
    for parameters, part in (
        ({}, "one of the following is required: settings, option"),
        ({"settings": {}, "option": "x"}, "mutually exclusive"),
        ({"settings": {"x": 1}, "value": 1}, "mutually exclusive"),
        ({"option": "freq"}, "option needs a value, or state: absent"),
        ({"settings": {}}, "settings names no keyword"),
        ({"settings": {"a b": 1}}, "'a b' is not a keyword"),
        ({"settings": {"a": [1]}}, "a must be a text"),
        ({"settings": {"freq": 1}, "apply": "soon"}, "value of apply must be one of"),
    ):
        assert part in failure(run(**parameters))
    assert host.conf.read_text() == CONF
