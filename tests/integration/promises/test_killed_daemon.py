# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Daemons that hang, and modules that are killed in the middle of their work with the daemon, on real hosts."""

import json

import pytest

from daemon_host import CONF, DaemonHost, task
from paths import MODULE_UTILS, ON_GUEST

SET = {"settings": {"freq": 33}}
ALIVE = 'kill -0 $(pidof auditd) && auditctl -s | grep -q "pid $(pidof auditd)"'


@pytest.fixture(scope="module")
def spare(lab):
    """A guest of audit 3, whose unit loads the rules when auditd starts, with what the modules are made of."""
    guest = lab.boot("bookworm", name="killed-daemon")
    plugins = "/root/lib/ansible_collections/linux/audit/plugins"
    guest.run(f"mkdir -p {plugins}")
    guest.put(MODULE_UTILS, f"{plugins}/module_utils")
    guest.put(ON_GUEST / "killed_daemon.py", "/root/killed_daemon.py")
    yield guest
    guest.stop()


@pytest.fixture
def host(spare, playbook, tmp_path):
    return DaemonHost(spare, playbook, tmp_path)


def killed(guest, what):
    """Do it in a process that is killed at that moment; what it printed, if it was not killed."""
    done = guest.run(
        f"PYTHONPATH=/root/lib python3 -B /root/killed_daemon.py {what}; exit $?", check=False, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def freq(guest):
    return guest.run(f"sed -n 's/^freq = //p' {CONF}").stdout.strip()


def test_a_daemon_that_is_stopped_is_not_reported_as_fine(host):
    """Nothing is written, no signal waits for it, and once it goes on it lives and takes the change."""
    pid = host.guest.run("pidof auditd").stdout
    before = freq(host.guest)
    host.guest.run("kill -STOP $(pidof auditd)")
    try:
        results = host.tasks(
            task("auditd_conf", SET),
            *({"linux.audit.auditd_service": {"state": state}} for state in ("reloaded", "restarted", "stopped")),
            {"linux.audit.auditd_service": {"report": True}},
        )
        pending = host.guest.run("grep -E '^(ShdPnd|SigPnd)' /proc/$(pidof auditd)/status").stdout.split()[1::2]
    finally:
        host.guest.run("kill -CONT $(pidof auditd)")
    for result in results:
        assert result["failed"], result
        assert "is stopped, by SIGSTOP or a debugger" in result["msg"]
    assert freq(host.guest) == before
    assert [int(mask, 16) for mask in pending] == [0, 0]
    (done,) = host.tasks(task("auditd_conf", SET))
    assert (done["changed"], done["confirmed"]) == (True, True), done
    assert host.guest.run("pidof auditd").stdout == pid


def test_after_a_kill_between_write_and_reload_the_next_run_reloads(host):
    """The file is right and the daemon is not, which is what the next run compares."""
    status, said = killed(host.guest, "write")
    assert status == 137, said
    assert freq(host.guest) == "33"
    (again,) = host.tasks(task("auditd_conf", SET))
    assert (again["changed"], again["action"], again["confirmed"]) == (True, "reload", True), again
    (last,) = host.tasks(task("auditd_conf", SET))
    assert (last["changed"], last["action"]) == (False, "none"), last


def test_after_a_kill_in_a_restart_the_daemon_is_started_all_the_same(host):
    """By a process that outlives the module; the next run finds nothing to repair."""
    before = host.guest.run("pidof auditd").stdout
    status, said = killed(host.guest, "restart")
    assert status == 137, said
    host.guest.run("for try in $(seq 100); do pidof auditd >/dev/null && break; sleep 0.1; done; sleep 1")
    after = host.guest.run("pidof auditd").stdout
    assert after not in ("", before)
    host.guest.run(ALIVE)
    (done,) = host.tasks({"linux.audit.auditd_service": {"state": "started", "report": True}})
    assert (done["changed"], done["report"]["logging_suspended"]) == (False, False), done


def test_a_restart_keeps_the_rules_that_a_bad_line_would_drop(host):
    """The unit of audit 3 deletes all rules and loads those before the line; they are put back, with a warning."""
    host.load("-w /etc/hosts -p wa -k one", "-w /etc/motd -p wa -k two")
    held = host.guest.run("auditctl -l").stdout
    host.guest.run("printf -- '-D\\n-w /nowhere/x -p wa\\n' >/etc/audit/rules.d/50-bad.rules")
    try:
        (done,) = host.tasks({"linux.audit.auditd_service": {"state": "restarted"}})
        assert host.guest.run("auditctl -l").stdout == held
    finally:
        host.guest.run("rm /etc/audit/rules.d/50-bad.rules; auditctl -D >/dev/null; augenrules >/dev/null")
    assert any(" put back" in warning for warning in done["warnings"]), json.dumps(done)


def test_a_restart_does_not_bring_back_what_the_files_no_longer_have(host):
    """An admin removes a rule from rules.d, and leaves the rest to the next restart."""
    path = "/etc/audit/rules.d/50-removed.rules"
    host.guest.run(f"printf -- '-D\\n-w /etc/hosts -p wa -k one\\n-w /etc/motd -p wa -k two\\n' >{path}")
    host.guest.run("augenrules --load")
    host.guest.run(f"sed -i /motd/d {path}")
    try:
        (done,) = host.tasks({"linux.audit.auditd_service": {"state": "restarted"}})
        assert host.guest.run("auditctl -l").stdout == "-w /etc/hosts -p wa -k one\n"
    finally:
        host.guest.run(f"rm {path}; auditctl -D >/dev/null; augenrules >/dev/null")
    (warning,) = done["warnings"]
    assert "dropped 1 rule from the kernel, which the rules files no longer have" in warning
    assert "path=/etc/motd" in warning


def test_two_runs_at_once_lose_no_setting(host):
    """One setting by each run; all of them are in the file when the last is done."""
    settings = {
        "freq": 21, "num_logs": 7, "max_log_file": 9, "space_left": 80, "admin_space_left": 41, "priority_boost": 5,
    }  # fmt: skip
    script = "".join(
        f"PYTHONPATH=/root/lib python3 -B /root/killed_daemon.py set {key} {value} & "
        for key, value in settings.items()
    )
    done = host.guest.run(f"{script} wait", timeout=300)
    held = dict(line.split(" = ", 1) for line in host.guest.run(f"grep ' = ' {CONF}").stdout.splitlines())
    assert {key: held[key] for key in settings} == {key: str(value) for key, value in settings.items()}, done.stderr
