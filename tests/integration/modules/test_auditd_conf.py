# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd_conf on a real daemon."""

import re

import pytest

from audited import assert_message, task
from daemon_host import CONF, DaemonHost


@pytest.fixture(scope="module")
def configured(lab):
    """A guest of its own, as its daemon is killed and misled."""
    guest = lab.boot("bookworm", name="configured")
    yield guest
    guest.stop()


@pytest.fixture
def host(configured, playbook, tmp_path):
    """That guest, with the files of the package."""
    return DaemonHost(configured, playbook, tmp_path)


def test_what_takes_a_reload(host):
    """Lines are changed where they stand; the daemon is the same process."""
    pid, before = host.pid, host.read(CONF)
    args = {
        "settings": {
            "num_logs": 9, "space_left": "20%", "admin_space_left": "10%", "max_log_file_action": "rotate",
            "name": "here", "verify_email": False, "action_mail_acct": "audit@here",
        }
    }  # fmt: skip
    result, state = host.four_times("auditd_conf", args)
    assert state.files[CONF] == (
        before.replace("num_logs = 5", "num_logs = 9").replace("\nspace_left = 75", "\nspace_left = 20%")
        .replace("admin_space_left = 50", "admin_space_left = 10%").replace("mydomain\n", "mydomain\nname = here\n")
        .replace("verify_email = yes", "verify_email = no").replace("acct = root", "acct = audit@here")
    )  # fmt: skip
    assert result["before"] == {
        "action_mail_acct": "root", "admin_space_left": "50", "name": None, "num_logs": "5", "space_left": "75",
        "verify_email": "yes",
    }  # fmt: skip
    assert result["after"]["num_logs"] == "9"
    assert (result["action"], result["pid"], result["version"]) == ("reload", pid, "3.0.9")
    assert (result["reload_required"], result["restart_required"]) == (False, False)
    assert host.pid == pid
    assert [entry["before_header"] for entry in result["diff"]] == [CONF]


LISTENS = "cat /proc/net/tcp /proc/net/tcp6 | grep -c ':003C 0*:0000 0A'; :"


def test_what_takes_a_restart(host):
    """A port is opened, and closed by taking out its line; a reload is not enough for either."""
    pid = host.pid
    result, state = host.four_times("auditd_conf", {"option": "tcp_listen_port", "value": 60})
    assert "##tcp_listen_port = 60\ntcp_listen_port = 60\n" in state.files[CONF]
    assert (result["action"], host.pid != pid, result["pid"]) == ("restart", True, host.pid)
    assert host.guest.run(LISTENS).stdout == "1\n"
    left, again, none, info, closed = host.tasks(
        task("auditd_conf", {"option": "tcp_listen_port", "value": 61, "apply": "reload"}),
        task("auditd_conf", {"option": "tcp_listen_port", "value": 61, "apply": "reload"}),
        task("auditd_conf", {"settings": {"num_logs": 8}, "apply": "none"}),
        {"linux.audit.audit_info": {}},
        task("auditd_conf", {"settings": {"tcp_listen_port": None}, "apply": "restart"}),
    )
    assert (left["action"], left["restart_required"], left["reload_required"]) == ("reload", True, False)
    assert (again["changed"], again["action"], again["restart_required"]) == (False, "none", True)
    # The port still waits, whatever else a task sets.
    assert (none["action"], none["restart_required"], none["reload_required"]) == ("none", True, False)
    assert any("runs with other values of tcp_listen_port than" in words for words in info["daemon"]["problems"]), info
    assert (closed["before"], closed["after"]) == ({"tcp_listen_port": "61"}, {"tcp_listen_port": None})
    assert host.guest.run(LISTENS).stdout == "0\n"
    result, _state = host.four_times("auditd_conf", {"option": "tcp_listen_port", "state": "absent"}, changed=False)
    assert (result["before"], result["action"]) == ({}, "none")


def test_what_is_there_in_other_words(host):
    settings = {"log_format": "enriched", "flush": "Incremental_Async", "freq": "050", "use_libwrap": True}
    host.four_times("auditd_conf", {"settings": settings}, changed=False)


def test_other_files_and_releases(host):
    """They are written and checked; the daemon is not touched."""
    pid = host.pid
    path = "/etc/audit/other/auditd.conf"
    args = {"path": path, "version": "4.2.1", "settings": {"report_interval": "1h", "space_left": 2}}
    result, state = host.four_times("auditd_conf", args)
    assert state.files[path] == "report_interval = 1h\nspace_left = 2\n"
    assert (result["action"], result["version"], host.pid) == ("none", "4.2.1", pid)
    (kept,) = host.tasks(task("auditd_conf", {"settings": {"freq": 60}, "backup": True}))
    assert re.match(rf"{CONF}\.before-[-\dTZ]+$", kept["backup_file"])
    assert "freq = 50\n" in host.read(kept["backup_file"])
    host.guest.run("rm -r /etc/audit/other")


def test_what_is_wrong_is_named_and_costs_nothing(host):
    host.refused(
        "auditd_conf",
        ({"settings": {"num_logs": 1000}}, CONF, "num_logs = 1000", "from 0 to 999"),
        ({"settings": {"num_logs": 7, "q_dept": 5}}, "q_dept is not a keyword of auditd.conf"),
        ({"settings": {"report_interval": 5}}, "audit 4.0.5 added report_interval to auditd.conf; this is audit 3.0.9"),
        ({"settings": {"space_left": 50}}, "space_left must be above admin_space_left", "admin_space_left is 50"),
        ({"settings": {"flush": "incremental", "freq": 0}}, "needs a freq of 1 or more"),
        ({"settings": {"name_format": "user"}}, "needs a name"),
        ({"settings": {"disk_full_action": "exec /root/none"}}, "there is no file /root/none"),
        ({"settings": {"disk_full_action": "exec /root/shipped"}}, "there is no file"),
        ({"settings": {"tcp_listen_port": 0}}, "from 1 to 65535", "to turn it off, remove its line"),
        ({"settings": {"transport": "tls"}}, "one of tcp, krb5", "audit 4.2 added tls"),
        ({"settings": {"log_group": "nobodys"}}, "a group of this host"),
        ({"settings": {"log_file": "/var/log/audit.log"}}, "directly in /var/log"),
        ({"settings": {"name": "a\nnum_logs = 0"}}, "name must be one line"),
        ({"settings": {"name": ""}}, "name must have a value"),
        ({"settings": {"name": ["a"]}}, "name must be a text"),
        ({"settings": {"a b": 5}}, "'a b' is not a keyword"),
        ({"settings": {}}, "names no keyword"),
        ({"option": "num_logs"}, "option needs a value"),
        ({"option": "num_logs", "value": 5, "version": "next"}, "a release of audit from 2.8 on", "'next'"),
        ({"option": "num_logs", "value": 5, "settings": {"freq": 5}}, "mutually exclusive"),
        ({}, "one of the following is required: settings, option"),
    )


def test_a_file_that_is_broken(host):
    """It is named with its lines; repaired if asked, but for what several lines say together."""
    lines = ["num_logs=9", "junk", "report_interval = 5", "flush = often", "name = last"]
    host.guest.run(f"cat >>{CONF}", input="\n".join(lines))
    count = len(host.read(CONF).splitlines())
    broken = {"settings": {"freq": 60}}
    message = host.fails("auditd_conf", broken, "repair: true")
    added = "audit 4.0.5 added report_interval"
    for number, words in enumerate(["num_logs=9", "junk", added, "flush = often", "name = last"], count - 4):
        assert re.search(rf"{CONF}:{number}: '?{words}", message), (number, message)
    # Lines that the task sets are replaced.
    fixed = {"settings": {"num_logs": 9, "flush": "none", "freq": 60}}
    assert f"{CONF}:{count - 3}" in host.fails("auditd_conf", fixed, "junk")
    result, state = host.four_times("auditd_conf", {**broken, "repair": True})
    assert state.files[CONF].endswith("num_logs = 9\n# junk\n# report_interval = 5\n# flush = often\nname = last\n")
    assert (result["after"]["num_logs"], result["after"]["name"], host.settings(CONF)["freq"]) == ("9", "last", "60")

    host.guest.run(f"chmod 642 {CONF}")
    (mode,) = host.tasks(task("auditd_conf", broken))
    assert_message(mode["msg"], "has mode 0642", "repair: true")
    _result, state = host.four_times("auditd_conf", {**broken, "repair": True})
    host.guest.run(f"mv {CONF} /root/elsewhere; ln -s /root/elsewhere {CONF}")
    host.fails("auditd_conf", broken, "not a regular file")


def test_unknown_keywords_that_are_wanted(host):
    args = {"settings": {"keyword_of_tomorrow": 5}, "strict": False, "apply": "none"}
    result, state = host.four_times("auditd_conf", args)
    assert "keyword_of_tomorrow = 5\n" in state.files[CONF]
    assert "keyword_of_tomorrow is not a keyword" in result["warnings"][0]


@pytest.mark.parametrize(
    ("settings", "apply", "words"),
    [
        ({"keyword_of_tomorrow": 5}, "restart", 'Unknown keyword "keyword_of_tomorrow"'),
        ({"name_format": "user"}, "restart", "name missing"),
        ({"num_logs": "many"}, "reload", "should only be numbers"),
        ({"log_file": "/nowhere/audit.log"}, "auto", "Could not open dir /nowhere"),
    ],
)
def test_a_wrong_configuration_leaves_no_host_without_a_daemon(host, settings, apply, words):
    """Not even one that nobody checks."""
    before = host.state()
    (result,) = host.tasks(task("auditd_conf", {"settings": settings, "apply": apply, "validate": False}))
    assert result["failed"]
    assert_message(result["msg"], words, "the old files are back")
    assert host.state() == before
    assert host.pid
    (again,) = host.tasks(task("auditd_conf", {"settings": {"num_logs": 5}, "apply": "restart"}))
    assert (again["changed"], host.guest.run("systemctl is-active auditd").stdout) == (False, "active\n")


def test_a_daemon_that_does_not_run_is_not_started(host):
    host.guest.run("kill $(pidof auditd); while pidof auditd; do sleep 0.1; done")
    check, done = host.tasks(
        task("auditd_conf", {"settings": {"num_logs": 9}}, check=True),
        task("auditd_conf", {"settings": {"num_logs": 9}}),
    )
    for result in (check, done):
        assert (result["changed"], result["action"], result["pid"]) == (True, "none", 0)
        assert (result["reload_required"], result["restart_required"]) == (False, False)
    assert host.guest.run("pidof auditd || echo none").stdout == "none\n"
