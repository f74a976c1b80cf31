# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real auditd of three releases started, stopped, reloaded and restarted, and what becomes of it when it fails.

The unit of the bookworm guest refuses to be stopped, as it does on other distributions, and there is no `service`.
That of trixie does not start auditd before the rules have been loaded. The auditd of forky ends on a reload with a bad
file. The kernels keep records while no auditd runs (audit=1).
"""

import json

import pytest

from audited import Audited, assert_message, task
from paths import MODULE_UTILS, ON_GUEST
from probing import EVENT, prepare, probing
from releases import releases

CONF = "/etc/audit/auditd.conf"
SYSLOG = "/etc/audit/plugins.d/syslog.conf"
DYING = "/etc/audit/plugins.d/dying.conf"
PLUGIN = "active = {}\ndirection = out\npath = {}\ntype = always\nformat = string\n"
RULE = "-a always,exit -F arch=b64 -S mount -F key=mounts"
PID = "auditctl -s | sed -n 's/^pid //p'"

_REFUSING = """
mkdir -p /etc/systemd/system/auditd.service.d
printf '[Unit]\\nRefuseManualStop=yes\\n' >/etc/systemd/system/auditd.service.d/refuse.conf
systemctl daemon-reload
rm /usr/sbin/service
"""
# Wait for a condition, at most for as long as 200 of these take.
_UNTIL = "for i in $(seq 200); do {} && break; sleep 0.1; done"
# Until what a daemon that is told to report says is that its log is suspended; each record has it look at the disk.
_SUSPENDED = (
    f"auditctl -m full >/dev/null; kill -CONT $({PID}); sleep 0.1; "
    "grep -q 'logging suspended = yes' /run/audit/auditd.state"
)
# A daemon reads its files again, and says so.
_READS = "journalctl -q -t auditd | grep -c 'config change requested'"
_READ_AGAIN = f"told=$({_READS}); kill -HUP $({PID}); {_UNTIL.format(f'[ $({_READS}) -gt $told ]')}"
# A plugin that ends at once.
_DYING = "printf '#!/bin/sh\\nexit 1\\n' >/root/dying; chmod 750 /root/dying"


@pytest.fixture(scope="module")
def boot_once(lab):
    """boot_once(release): a guest with what the modules are made of, where effect.py can import it."""
    guests = {}

    def boot_once(release):
        if release not in guests:
            guest = guests[release] = lab.boot(release, name=f"{release}-service", kernel_args="audit=1")
            plugins = "/root/lib/ansible_collections/linux/audit/plugins"
            guest.run(f"mkdir -p {plugins}; {_DYING}" + (_REFUSING if release == "bookworm" else ""))
            guest.put(MODULE_UTILS, f"{plugins}/module_utils")
            guest.put(ON_GUEST / "effect.py", "/root/effect.py")
        return guests[release]

    yield boot_once
    for guest in guests.values():
        guest.stop()


@pytest.fixture
def host(boot_once, playbook, tmp_path):
    """host(release): that guest, without a rule."""
    return lambda release: Audited(boot_once(release), playbook, tmp_path)


def service(check=False, **parameters):
    """A task of the module."""
    made = task("auditd_service", parameters, check=check)
    del made["diff"]
    return made


def ended(number):
    """A command that ends the daemon by a signal, and waits until its process is gone."""
    return f"pid=$({PID}); kill -{number} $pid; {_UNTIL.format('! kill -0 $pid 2>/dev/null')}"


def effects(guest, cases, enter=""):
    """What came of each case, by effect.py."""
    command = f"{enter} env PYTHONPATH=/root/lib python3 -B /root/effect.py"
    return json.loads(guest.run(command, input=json.dumps(cases), timeout=240).stdout)


def read(guest, path):
    return guest.run(f"cat {path}").stdout


def test_states_actions_and_reports(host):
    """Where systemd refuses to stop it, and there is no `service`."""
    host = host("bookworm")
    assert "refuse" in host.guest.run("systemctl stop auditd", check=False).stderr
    steps = [
        # what is asked for, changed, action, whether it runs afterwards
        (service(state="started"), False, "none", True),
        (service(state="stopped"), True, "stop", False),
        (service(state="stopped"), False, "none", False),
        (service(state="reloaded", check=True), True, "start", False),
        (service(state="started"), True, "start", True),
        (service(state="restarted"), True, "restart", True),
        (service(state="reloaded"), True, "reload", True),
        (service(enabled=False), True, "none", True),
        (service(enabled=True), True, "none", True),
        (service(rotate=True, check=True), True, "none", True),
        (service(rotate=True), True, "none", True),
        (service(resume=True, report=True), False, "none", True),
    ]
    witness = f"{PID}; systemctl is-enabled auditd; ls /var/log/audit | wc -l"
    results = host.tasks(witness, *[word for step in steps for word in (step[0], witness)])
    seen = [tuple(output.split()) for output in results[::2]]
    for (asked, changed, action, runs), result, before, after in zip(
        steps, results[1::2], seen[:-1], seen[1:], strict=True
    ):
        assert not result.get("failed"), (asked, result)
        assert (result["changed"], result["action"]) == (changed, action), (asked, result)
        assert (int(after[0]) > 0) is runs, asked
        if asked["check_mode"] or not changed:
            assert before == after, asked
        else:
            assert result["pid"] == int(after[0])
            assert (before[0] != after[0]) is (action in ("start", "stop", "restart")), asked
        parameters = asked["linux.audit.auditd_service"]
        if not asked["check_mode"]:
            assert result["enabled"] is (after[1] == "enabled")
            assert int(after[2]) - int(before[2]) == ("rotate" in parameters), asked
    result = results[-2]
    assert (result["manager"], result["version"]) == ("systemd", "3.0.9")
    assert result["report"]["audit_version"] == "3.0.9"
    assert result["report"]["logging_suspended"] is False
    assert result["report"]["plugin_queue_size"] == 0
    assert result["report"]["max_log_size"] == "8192 KB"


def test_a_boot_goes_by_links_that_systemd_has_not_read_yet(host):
    """Something else has made or removed one since systemd has read the unit, and what it remembers is wrong."""
    link, ask = "/etc/systemd/system/multi-user.target.wants/auditd.service", "systemctl show -p UnitFileState auditd"
    remembered, gone, again, disabled, seen, enabled = host("bookworm").tasks(
        f"{ask} >/dev/null; mv {link} /root/link; {ask}", service(enabled=False),
        f"systemctl daemon-reload; {ask}; mv /root/link {link}; {ask}", service(enabled=False),
        "systemctl is-enabled auditd", service(enabled=True),
    )  # fmt: skip
    assert (remembered.strip(), again.split()) == ("UnitFileState=enabled", ["UnitFileState=disabled"] * 2)
    assert [one["changed"] for one in (gone, disabled, enabled)] == [False, True, True]
    assert (disabled["enabled"], seen.strip(), enabled["enabled"]) == (False, "disabled", True)


def test_logging_that_was_suspended_is_resumed(host):
    """As for want of space, which a full disk is not needed for."""
    host = host("forky")
    host.guest.run(f"cp -p {CONF} /root/auditd.conf")
    full = (
        f"sed -i 's/^space_left .*/space_left = 99999/; s/^admin_space_left .*/admin_space_left = 99998/' {CONF};"
        f"{_READ_AGAIN}; {_UNTIL.format(_SUSPENDED)}"
    )
    free = f"cp -p /root/auditd.conf {CONF}; {_READ_AGAIN}"
    _full, check, done, again = host.tasks(
        f"{full}; {free}", service(resume=True, report=True, check=True),
        service(resume=True, report=True), service(resume=True, report=True),
    )  # fmt: skip
    for result, outcome in ((check, (True, True)), (done, (True, False)), (again, (False, False))):
        assert not result.get("failed"), result
        assert (result["changed"], result["report"]["logging_suspended"]) == outcome, result


# A journal that has much else to do: what the daemon says is to be read three seconds later.
_LATE = "systemctl kill -s STOP systemd-journald; (sleep 3; systemctl kill -s CONT systemd-journald) >/dev/null 2>&1 &"


def cases(guest):
    """What is put into effect, and what is to come of it: done (an action) or words of the error; pid kept; running."""
    conf, syslog = read(guest, CONF), read(guest, SYSLOG)
    bad = {CONF: conf + "nonsense = 1\n"}
    aborts = guest.release == "forky"
    return [
        ({"files": {CONF: conf + "# reload\n"}, "need": "reload"}, "reload", True, True),
        ({"files": {CONF: conf}, "need": "none"}, "none", True, True),
        ({"files": bad, "need": "reload"}, ['Unknown keyword "nonsense"', "runs again"], not aborts, True),
        ({"files": bad, "need": "restart"}, ['Unknown keyword "nonsense"', "runs again"], False, True),
        ({"files": bad, "need": "reload", "before": _LATE}, ['Unknown keyword "nonsense"', "again"], not aborts, True),
        ({"files": bad, "need": "restart", "before": _LATE}, ['Unknown keyword "nonsense"', "again"], False, True),
        (
            {"files": {SYSLOG: syslog.replace("= no", "= yes")}, "need": "restart", "plugins": ["/sbin/audisp-syslog"]},
            "restart", False, True,
        ),
        ({"files": {SYSLOG: syslog}, "need": "reload"}, "reload", True, True),
        (
            {"files": {DYING: PLUGIN.format("yes", "/root/dying")}, "need": "restart", "plugins": ["/root/dying"]},
            ["/root/dying", "runs again"], False, True,
        ),
        # One that was killed does not run, whatever systemd makes of it, and need not.
        ({"files": {CONF: conf + "# killed\n"}, "need": "restart", "start": True,
          "before": ended(9)}, None, False, True),
        ({"files": {CONF: conf}, "need": "none"}, "none", True, True),
    ]  # fmt: skip


@pytest.mark.parametrize("release", releases("forky", fleet=("bookworm", "trixie")))
def test_files_are_put_into_effect_or_put_back(host, release):
    """The daemon runs with the new settings or with the old ones; it is never left stopped."""
    guest = host(release).guest
    expected = cases(guest)
    results = effects(guest, [case for case, *_rest in expected])
    for (case, outcome, kept, runs), result in zip(expected, results, strict=True):
        seen = (case, result)
        if isinstance(outcome, list):
            assert_message(result["error"], *outcome)
            assert set(result["files"]) == {"old"}, seen
        else:
            assert result["done"]["action"] == outcome or outcome is None, seen
            assert set(result["files"]) == {"new"}, seen
            assert result["done"]["pid_after"] == result["after"], seen
        assert (bool(result["after"]), result["alive"]) == (runs, runs), seen
        assert (result["before"] == result["after"]) is kept, seen
    assert guest.run("systemctl is-active auditd").stdout == "active\n"
    assert guest.run(f"ls {DYING}", check=False).returncode


def test_a_daemon_that_does_not_run_stays_so(host):
    host = host("bookworm")
    guest = host.guest
    conf = read(guest, CONF)
    host.tasks(service(state="stopped"))
    bad = {CONF: conf + "nonsense = 1\n"}
    alone, fails, starts = effects(guest, [
        {"files": {CONF: conf + "# alone\n"}, "need": "restart"},
        {"files": bad, "need": "restart", "start": True},
        {"files": {CONF: conf}, "need": "reload", "start": True},
    ])  # fmt: skip
    assert (alone["done"]["action"], alone["files"], alone["after"]) == ("none", ["new"], 0)
    assert_message(fails["error"], "does not start", 'Unknown keyword "nonsense"', "is not running, as before")
    assert (fails["files"], fails["after"]) == (["old"], 0)
    assert (starts["done"]["action"], starts["alive"]) == ("start", True)


def test_a_configuration_that_would_stop_it_is_not_tried(host):
    """What somebody else has broken: a daemon that runs is left alone, unless that is asked for."""
    host = host("forky")
    host.guest.run(f"cp -p {CONF} /root/auditd.conf; echo 'nonsense = 1' >>{CONF}")
    before, reloaded, restarted, after, asked, none, started = host.tasks(
        PID, service(state="reloaded"), service(state="restarted"), PID,
        service(state="restarted", validate=False), f"{PID}; cp -p /root/auditd.conf {CONF}", service(state="started"),
    )  # fmt: skip
    assert before == after != "0\n"
    for result in (reloaded, restarted, asked):
        assert result["failed"]
        assert_message(result["msg"], CONF, "nonsense")
    assert none == "0\n"
    assert started["action"] == "start" or started["pid"] > 0


def test_rules_that_cannot_be_loaded(host):
    """A restart leaves those of the kernel alone; a start, which loads them, says what is wrong with them."""
    host = host("trixie")
    host.load(RULE)
    host.write("70-bad.rules", "-w relative -p wa\n")
    restarted, rules, stopped, started, _removed, again = host.tasks(
        service(state="restarted"), "auditctl -l", service(state="stopped"), service(state="started"),
        "rm /etc/audit/rules.d/70-bad.rules", service(state="started"),
    )  # fmt: skip
    assert restarted["action"] == "restart", restarted
    assert rules == RULE + "\n"
    assert stopped["action"] == "stop"
    assert started["failed"]
    assert_message(started["msg"], "audit-rules.service", "The path must start with '/'", "error in line")
    assert "backlog_limit" not in started["msg"]
    assert (again["action"], again["pid"] > 0) == ("start", True)


def test_without_systemd(host):
    """By its script of sysvinit or, without one, by itself: as on a host whose first process is another one."""
    host = host("trixie")
    conf = read(host.guest, CONF)
    host.tasks(service(state="stopped"))
    tried = [
        {"need": "restart", "start": True},
        {"files": {CONF: conf + "# x\n"}, "need": "reload"},
        {"files": {CONF: conf}, "need": "restart"},
        {"files": {CONF: conf + "nonsense = 1\n"}, "need": "restart"},
    ]
    hide = "mount -t tmpfs none /run/systemd"
    for manager, more, words in (
        # Nothing is read from the script's exit status, and there is no log.
        ("sysvinit", ":", "was started but is not running"),
        ("none", "mount -t tmpfs none /etc/init.d", "does not start: its configuration has a mistake"),
    ):
        enter = f"unshare --mount sh -c '{hide}; {more}; exec \"$@\"' sh"
        started, reloaded, restarted, failed = effects(host.guest, tried, enter)
        assert started["manager"] == manager
        assert [result["done"]["action"] for result in (started, reloaded, restarted)] == ["start", "reload", "restart"]
        assert reloaded["before"] == reloaded["after"] == started["after"]
        assert restarted["alive"] and restarted["after"] != restarted["before"]
        assert_message(failed["error"], words, "runs again")
        assert (failed["files"], failed["alive"]) == (["old"], True)
        host.guest.run(ended("TERM"))
    (result,) = host.tasks(service(state="started"))
    assert result["action"] == "start", result


def test_in_a_container_files_are_written_alone(host):
    guest = host("bookworm").guest
    conf = read(guest, CONF)
    alone, starts, back = effects(guest, [
        {"files": {CONF: conf + "# x\n"}, "need": "restart"},
        {"files": {CONF: conf}, "need": "restart", "start": True},
        {"files": {CONF: conf}, "need": "restart"},
    ], "unshare --pid --fork --mount-proc")  # fmt: skip
    assert (alone["done"]["action"], alone["files"], back["done"]["action"]) == ("none", ["new"], "none")
    assert_message(starts["error"], "container")


@pytest.mark.parametrize(("action", "lost"), [("reloaded", 0), ("restarted", 400)])
def test_events_while_the_daemon_reads_its_files_again(lab, host, capsys, action, lost):
    """A reload loses none; a restart what comes while the old daemon ends, as it reads no more, and not the rest."""
    host = host("trixie")
    prepare(host.guest)
    host.load("-b 60000", "-a always,exclude -F msgtype=PROCTITLE")
    host.load(*(EVENT.format(f"0x{place:X}", "k") for place in (1001, 1002, 1003)))
    with probing(lab, host.guest) as probe:
        (result,) = host.tasks(service(state=action))
    assert result["changed"], result
    found = probe.result
    with capsys.disabled():
        print(f"\n{action}: {found.made} events made, {found.logged} logged", flush=True)
    assert found.lost == 0
    assert found.made - found.logged <= lost
    assert found.made > found.seconds * 900


@pytest.mark.parametrize("release", releases("trixie", fleet=("bookworm",)))
def test_a_locked_kernel(host, release):
    """Only rules and settings are locked: the daemon is free, and the rules stay. The last test of these guests."""
    host = host(release)
    host.load(RULE, "-e 2")
    states = ("reloaded", "restarted", "stopped", "started")
    results = host.tasks(*[service(state=state) for state in states], "auditctl -l; auditctl -s | head -1")
    assert [result.get("action") for result in results[:-1]] == ["reload", "restart", "stop", "start"], results
    assert results[-1].splitlines() == [RULE, "enabled 2"]
