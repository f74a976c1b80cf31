# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd_service: starting, stopping and asking the daemon, run as Ansible runs it, on a host that is played."""

import errno
import os
import signal
from unittest import mock

import pytest

from acted_host import CONF, UNIT, failure, wait_for, warnings
from ansible_collections.linux.audit.plugins.module_utils._daemon import auditd
from ansible_collections.linux.audit.plugins.module_utils._host.processes import state_and_parent
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import Kernel, KernelError, PermissionDenied
from ansible_collections.linux.audit.plugins.modules import auditd_service
from running import run_module


def run(check=False, diff=False, **parameters):
    """The result of the module."""
    return run_module(auditd_service.main, parameters, check, diff)


@pytest.mark.parametrize("state", ["started", "stopped", "reloaded", "restarted", None])
def test_a_daemon_that_is_stopped_is_not_fine(host, state):
    """No state is reported for a daemon that takes no signal, and none is sent to it."""
    os.kill(host.pid, signal.SIGSTOP)
    wait_for(lambda: state_and_parent(host.pid)[0] == "T")
    assert f"auditd (pid {host.pid}) is stopped" in failure(run(**({"state": state} if state else {"report": True})))
    os.kill(host.pid, signal.SIGCONT)
    wait_for(lambda: host.received)
    assert host.received == ["SIGCONT"]


def test_rules_that_a_restart_drops_are_put_back(host):
    """The unit of audit 3 deletes all rules and loads them up to the first bad line."""
    rules = host.root / "rules"
    names = ("mount", "open", "chmod")
    one, two, three = (f"-a always,exit -S {name} -F key={name}\n" for name in names)
    rules.write_text(one + two + three)
    auditd = (host.root / "bin/auditd").read_text()
    written = f'    (ROOT / "rules").write_text({one!r})\n    say("Init'
    host.program("auditd", auditd.replace('    say("Init', written))
    (text,) = warnings(run(state="restarted"))
    assert text.startswith(
        "the start of auditd, which loads the rules files, left 1 of 3 rules in the kernel; 2 rules were put"
    )
    assert "order" not in text
    assert rules.read_text() == one + two + three


def test_another_program_in_the_place_of_the_daemon(stage):
    """auditd is stopped then, and can be kept from starting at boot; nothing else can be asked of it."""
    host = stage(runs=False)
    (host.root / "kernel.pid").write_text(str(os.getpid()))
    assert (run(state="stopped")["changed"], run(state="stopped")["pid"]) == (False, 0)
    assert run(enabled=False, check=True)["changed"]
    for parameters in ({"state": "started"}, {"state": "restarted"}, {"state": "reloaded"}, {"report": True}):
        assert f"(pid {os.getpid()}), which is not auditd" in failure(run(**parameters))


@pytest.mark.parametrize(
    ("runs", "state", "action"),
    [
        (True, "started", "none"), (True, "stopped", "stop"), (True, "reloaded", "reload"),
        (True, "restarted", "restart"), (False, "started", "start"), (False, "stopped", "none"),
        (False, "reloaded", "start"), (False, "restarted", "start"),
    ],
)  # fmt: skip
def test_states(stage, runs, state, action):
    """In check mode nothing is done, and the same is said."""
    host = stage(runs=runs)
    before = host.pid
    checked = run(check=True, state=state)
    assert (host.pid, host.received, host.calls()) == (before, [], [])
    done = run(state=state)
    for result in (checked, done):
        assert (result["action"], result["changed"]) == (action, action != "none")
        assert (result["manager"], result["version"], result["enabled"]) == ("systemd", "4.1.2", True)
        assert result["confirmed"] is True
        assert "report" not in result
        assert warnings(result) == []
    assert (checked["pid"], done["pid"]) == (before, host.pid)
    assert bool(host.pid) is (state != "stopped")
    assert (host.pid == before) is (action in ("none", "reload"))


def test_a_boot(host):
    """Is told to start the daemon or not, once; check mode says what would be."""
    checked = run(check=True, enabled=False)
    assert (checked["changed"], checked["enabled"], host.calls()) == (True, False, [])
    for changed in (True, False):
        done = run(enabled=False)
        assert (done["changed"], done["enabled"], done["action"]) == (changed, False, "none")
    assert host.calls() == [f"disable {UNIT}"]
    both = run(enabled=True, state="restarted")
    assert (both["changed"], both["enabled"], both["action"]) == (True, True, "restart")
    # The boot is told first: what fails then has not ended the daemon.
    assert host.calls(of=("enable", "start")) == [f"enable {UNIT}", f"start {UNIT}"]
    host.unit(UnitFileState="disabled", Refuses="Read-only file system")
    pid = host.pid
    assert "Read-only file system" in failure(run(enabled=True, state="restarted"))
    assert host.pid == pid


def test_a_host_without_systemd_has_no_word_on_boots(host):
    host.unit(LoadState="not-found")
    result = run(state="started")
    assert (result["manager"], result["enabled"]) == ("none", None)
    assert "only be set with systemd" in failure(run(enabled=True))


def test_mistakes_in_the_file(host):
    """Are refused where the daemon would read them; in check mode too, and not where nobody asks for that."""
    host.conf.write_text(CONF + "num_logs = 5\nflush = often\n")
    for state in ("reloaded", "restarted"):
        for check in (True, False):
            message = failure(run(check=check, state=state))
            assert "it is running, but would not run with its configuration as it is now" in message
            assert f"{host.conf}:5: flush = often: must be one of" in message
    assert (host.received, host.calls()) == ([], [])
    for state in ("started", "stopped"):
        assert run(check=True, state=state)["changed"] is (state == "stopped")
    assert run(state="reloaded", validate=False)["action"] == "reload"
    # The daemon's group is looked up on this host, and a log of its own is looked at.
    for line, part in (("log_group = nobodys", "group of this host"), ("log_file = /no/where/x", "there is no")):
        host.conf.write_text(f"{CONF}{line}\n")
        assert part in failure(run(state="reloaded"))
    host.conf.write_text(f"{CONF}log_group = root\nlog_file = {host.log}\n")
    assert run(state="reloaded")["changed"]


def test_a_daemon_of_an_unknown_release(host):
    """Is not judged."""
    (host.root / "bin" / "ausearch").unlink()
    host.conf.write_text(CONF + "flush = often\n")
    result = run(state="reloaded")
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
def test_a_name_that_a_reload_forgets(stage, version, line, state, forgets):
    """Is warned of."""
    host = stage(version)
    host.conf.write_text(f"{CONF}{line}\n")
    said = warnings(run(state=state))
    assert [("forgets that name at this reload" in text) for text in said] == [True] * forgets


def test_a_reload_that_nobody_confirms(host):
    """Is warned of."""
    host.play(hup="silent")
    host.constant("_ANSWER_SECONDS", 0.2)
    result = run(state="reloaded")
    (said,) = warnings(result)
    assert "has not said that it did" in said
    assert result["confirmed"] is False


def test_rotate_and_report(host):
    checked = run(check=True, rotate=True)
    assert (checked["changed"], host.received) == (True, [])
    done = run(rotate=True)
    assert (done["changed"], done["action"], host.received) == (True, "none", ["SIGUSR1"])
    told = run(report=True)
    assert (told["changed"], told["report"]["audit_version"]) == (False, "4.1.2")
    assert told["pid"] == host.pid


def test_resume(host):
    """Only what is suspended is resumed; a check tells what is so."""
    assert run(resume=True)["changed"] is False
    (host.root / "suspended").touch()
    checked = run(check=True, resume=True, report=True)
    assert (checked["changed"], checked["report"]["logging_suspended"]) == (True, True)
    assert "SIGUSR2" not in host.received
    done = run(resume=True, report=True)
    assert (done["changed"], done["report"]["logging_suspended"]) == (True, False)
    assert host.received.count("SIGUSR2") == 1
    assert "report" not in run(resume=True)


def test_a_daemon_that_takes_its_time_to_resume(host):
    """Is asked until it has; one that does not is said."""
    (host.root / "suspended").touch()
    host.play(resumes=False)
    host.constant("_RESUME_SECONDS", 0.3)
    message = failure(run(resume=True))
    assert "logging is still suspended: first remove the cause" in message
    assert host.received.count("SIGCONT") > 2


def test_a_daemon_that_does_not_run_is_asked_for_nothing(stage):
    host = stage(runs=False)
    message = failure(run(resume=True, rotate=True, report=True))
    assert message == "resume and rotate and report needs a daemon that is running, but auditd is not running"
    assert "rotate needs a daemon that is running" in failure(run(check=True, rotate=True, state="stopped"))
    # It would run.
    assert run(check=True, rotate=True, state="started")["changed"]
    assert run(rotate=True, state="started")["action"] == "start"
    assert host.received == ["SIGUSR1"]


def test_what_keeps_the_daemon_from_running(host):
    """Fails what needs one, and not what does not."""
    host.unavailable = "this host is a container"
    for check in (True, False):
        assert failure(run(check=check, state="started")) == "this host is a container"
        # Its unit is active, so it is not stopped, whatever the kernel says.
        assert failure(run(check=check, state="stopped")) == "this host is a container"
    host.unit(ActiveState="inactive")
    assert run(state="stopped")["changed"] is False


def test_a_daemon_that_may_run_is_not_said_to_be_stopped(host, monkeypatch):
    """Whoever may not ask the kernel does not know."""
    refused = PermissionDenied("the kernel refuses audit requests")
    monkeypatch.setattr(Kernel, "status", mock.Mock(side_effect=refused))
    assert failure(run(state="stopped")) == str(refused)


def test_what_was_done_before_an_error_is_said(host, monkeypatch):
    """The daemon has ended, and does not start at boot, and then the kernel does not answer."""
    real, asked = Kernel.status, []

    def status(kernel):
        asked.append(host.pid)
        if not real(kernel).pid:
            raise KernelError("no answer")
        return real(kernel)

    monkeypatch.setattr(Kernel, "status", status)
    message = failure(run(state="stopped", enabled=False))
    assert "is not running any more, but then no answer; auditd is now set not to start at boot" in message


@pytest.mark.parametrize("error", [KernelError("no answer"), OSError(errno.EIO, "Input/output error", "/proc/1/stat")])
def test_what_changed_is_said_with_any_error(host, monkeypatch, error):
    """The daemon is looked at again after an error of the kernel or of /proc, which comes once."""
    real, failures = auditd.Daemon.stop, [error]

    def stop(daemon):
        real(daemon)
        raise failures.pop()

    monkeypatch.setattr(auditd.Daemon, "stop", stop)
    said = "/proc/1/stat: Input/output error" if isinstance(error, OSError) else "no answer"
    message = failure(run(state="stopped", enabled=False))
    assert message == f"{said}; auditd is not running any more; auditd is now set not to start at boot"
    # There is nothing left to do, so nothing is said.
    assert run(state="stopped", enabled=False)["changed"] is False


def test_a_daemon_that_was_started_is_said_to_be_when_the_kernel_does_not_answer_then(host, monkeypatch):
    run(state="stopped")
    real = Kernel.status

    def status(kernel):
        if real(kernel).pid:
            raise KernelError("no answer")
        return real(kernel)

    monkeypatch.setattr(Kernel, "status", status)
    assert failure(run(state="started")) == "auditd was started, but it is not known whether it is running: no answer"


def test_only_root_asks(host, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "only root can talk to the audit daemon" in failure(run(state="started"))


def test_a_folder_in_the_place_of_the_file(host):
    """Is a message, and no traceback."""
    host.conf.unlink()
    host.conf.mkdir()
    assert "auditd.conf" in failure(run(state="reloaded"))


def test_parameters(host):
    assert "value of state must be one of" in failure(run(state="paused"))
    for asked in ({}, {"validate": False}):
        message = failure(run(**asked))
        assert message == "one of the following is required: state, enabled, rotate, resume, report"
    # A task that says false asks for something: that nothing be done.
    assert run(report=False)["changed"] is False


def test_a_report_is_awaited(host):
    """A module that asks for one returns it, and the process that it asked is that of the kernel."""
    result = run(report=True, state="started")
    assert result["pid"] == host.pid
    assert wait_for(lambda: host.received) == ["SIGCONT"]
