# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audisp_plugin on the real daemons of a release that restarts plugins on a reload, and of one that does not."""

import pytest

from audited import assert_message, task
from daemon_host import CONF, PLUGINS_D, DaemonHost
from releases import releases

SYSLOG = f"{PLUGINS_D}/syslog.conf"
SITE = f"{PLUGINS_D}/site.conf"
ARRIVES = """
mark=$(cat /proc/sys/kernel/random/uuid); auditctl -m $mark >/dev/null
for i in $(seq 80); do journalctl -t audisp-syslog | grep -q $mark && echo arrives && exit; sleep 0.2; done
exit 1
"""
# What a change of the arguments of a plugin that runs takes.
RELEASES = {"bookworm": "restart", "sid": "reload"}

_PROGRAMS = """
printf '#!/bin/sh\\nwhile read -r line; do :; done\\n' >/usr/local/sbin/site; chmod 750 /usr/local/sbin/site
printf '#!/bin/sh\\nexit 1\\n' >/usr/local/sbin/dying; chmod 750 /usr/local/sbin/dying
cp /usr/local/sbin/site /usr/local/sbin/open; chmod 777 /usr/local/sbin/open
cp /usr/local/sbin/site /usr/local/sbin/theirs; chmod 750 /usr/local/sbin/theirs; chown 1 /usr/local/sbin/theirs
"""


on_both = pytest.mark.parametrize("plugged", list(RELEASES), indirect=True)
# What the releases do in the same way, or what unit tests have of both.
on_one = pytest.mark.parametrize("plugged", releases("bookworm", fleet=("sid",)), indirect=True)


@pytest.fixture(scope="module")
def plugged(lab, request):
    """A guest of each of the releases."""
    guest = lab.boot(request.param, name=f"{request.param}-plugged")
    guest.run(_PROGRAMS)
    yield guest
    guest.stop()


@pytest.fixture
def host(plugged, playbook, tmp_path):
    """That guest, with the files of the packages, and a daemon that has had no plugin yet."""
    plugged.run("kill $(pidof auditd); while pidof auditd >/dev/null; do sleep 0.1; done")
    return DaemonHost(plugged, playbook, tmp_path)


@on_both
def test_a_plugin_of_the_package(host):
    """It is started, restarted and stopped, each time by the cheapest action that does it."""
    pid, before = host.pid, host.read(SYSLOG)
    result, state = host.four_times("audisp_plugin", {"name": "syslog", "active": True})
    assert state.files[SYSLOG] == before.replace("active = no", "active = yes")
    assert (result["action"], result["pid"], result["file"]) == ("reload", pid, SYSLOG)
    assert (result["before"], result["after"]) == ({"active": "no"}, {"active": "yes"})
    assert [command for command in host.children() if "syslog LOG_INFO" in command]
    host.guest.run(ARRIVES)

    result, state = host.four_times("audisp_plugin", {"name": "syslog", "args": ["LOG_NOTICE"]})
    assert result["action"] == RELEASES[host.guest.release]
    assert [command for command in host.children() if "syslog LOG_NOTICE" in command]
    pid = host.pid

    result, state = host.four_times("audisp_plugin", {"name": "syslog", "active": False, "args": ["LOG_INFO"]})
    assert state.files[SYSLOG] == before
    assert (result["action"], host.pid) == ("reload", pid)
    assert host.children() == {}
    result, state = host.four_times("audisp_plugin", {"name": "syslog", "args": ["LOG_DEBUG"]})
    assert result["action"] == "none"


@on_one
def test_a_plugin_of_ones_own(host):
    """Its file is made, changed and removed; a backup of it is not run."""
    pid = host.pid
    result, state = host.four_times("audisp_plugin", {"name": "site", "plugin": "/usr/local/sbin/site"})
    direction = "direction = out\n" if host.guest.release == "bookworm" else ""
    assert state.files[SITE] == (
        f"active = yes\n{direction}path = /usr/local/sbin/site\ntype = always\nformat = string\n"
    )
    assert (result["action"], host.pid, len(host.children())) == ("reload", pid, 1)
    kept, removed, again = host.tasks(
        task("audisp_plugin", {"name": "site", "format": "binary", "backup": True}),
        *[task("audisp_plugin", {"name": "site", "state": "absent", "backup": True})] * 2,
    )
    assert kept["backup_file"].startswith(f"{SITE}.before-")
    assert (removed["changed"], removed["action"], again["changed"]) == (True, "reload", False)
    assert set(removed["after"].values()) == {None}
    assert host.children() == {}
    assert SITE not in host.state().files


@on_one
def test_the_first_plugin_of_a_daemon_that_had_some(host):
    """Until it is restarted, Bookworm's passes no records to it: the queue forgets where it was."""
    on, off = (task("audisp_plugin", {"name": "syslog", "active": active}) for active in (True, False))
    by_request = task("audisp_plugin", {"name": "syslog", "active": True, "apply": "reload"})
    first, off_again, refused, second, arrives = host.tasks(on, off, by_request, on, ARRIVES)
    assert (first["action"], off_again["action"]) == ("reload", "reload")
    assert arrives == "arrives\n"
    if host.guest.release == "bookworm":
        assert refused["failed"]
        assert_message(refused["msg"], "will not until it is restarted", "the old files are back")
        assert second["action"] == "restart"
    else:
        assert (refused["action"], second["changed"]) == ("reload", False)


@on_both
def test_records_keep_the_name_of_their_node(host):
    """The daemon looks it up only when it starts, and since 4.2 forgets it over every reload."""
    node = """
    mark=$(cat /proc/sys/kernel/random/uuid); auditctl -m $mark >/dev/null
    for i in $(seq 50); do grep -a $mark /var/log/audit/audit.log && exit; sleep 0.1; done; exit 1
    """
    tasks = {
        "the name": task("auditd_conf", {"settings": {"name_format": "hostname"}}),
        "something else": task("auditd_conf", {"settings": {"num_logs": 7}}),
        "a plugin": task("audisp_plugin", {"name": "site", "plugin": "/usr/local/sbin/site"}),
        "told to": task("auditd_service", {"state": "reloaded"}),
        "by request": task("auditd_conf", {"settings": {"num_logs": 8}, "apply": "reload"}),
    }
    results = host.tasks(*(step for change in tasks.values() for step in (change, node)))
    actions = dict(zip(tasks, [result["action"] for result in results[::2]], strict=True))
    nodes = [stdout.split()[0] for stdout in results[1::2]]
    warned, left = results[6].get("warnings"), results[8]["restart_required"]
    named = f"node={host.guest.name}"
    if host.guest.release == "bookworm":
        assert actions == dict.fromkeys(tasks, "reload") | {"the name": "restart"}
        assert (nodes, warned, left) == ([named] * 5, None, False)
    else:
        assert actions == dict.fromkeys(tasks, "restart") | {"told to": "reload", "by request": "reload"}
        assert (nodes, left) == ([named] * 3 + ["node=(null)"] * 2, True)
        assert_message(warned[0], "only when it starts", "state: restarted keeps the name")


@on_one
def test_a_plugin_that_ends_at_once_is_taken_back(host):
    before = host.state()
    dying, gone, broken = host.tasks(
        task("audisp_plugin", {"name": "dying", "plugin": "/usr/local/sbin/dying"}),
        task("audisp_plugin", {"name": "gone", "plugin": "/usr/local/sbin/gone", "validate": False}),
        task("audisp_plugin", {"name": "syslog", "active": True, "plugin": "/usr/local/sbin/dying"}),
    )
    for result in (dying, gone, broken):
        assert result["failed"], result
        assert_message(result["msg"], "/usr/local/sbin/", "the old files are back")
    assert host.state() == before
    assert host.pid


@on_one
def test_what_is_wrong_is_named_and_costs_nothing(host):
    old = host.guest.release == "bookworm"
    cases = [
        ({"name": "../x"}, "name must be a word", "'../x'"),
        ({"name": "site.d"}, "name must be a word"),
        ({"name": "site"}, "site is not a plugin of audit (af_unix, au-remote", "set plugin"),
        ({"name": "site", "plugin": "/usr/local/sbin/none"}, "path = /usr/local/sbin/none", "there is no such file"),
        ({"name": "site", "plugin": "/usr/local/sbin/theirs"}, "owned by root", "user 1"),
        ({"name": "site", "plugin": "/usr/local/sbin/site", "args": ["a\nb"]}, "args must be one line"),
        ({"name": "site", "plugin": "builtin_syslog"}, "path = builtin_syslog"),
        ({"name": "au-remote", "active": True}, "has no remote_server", "set it first"),
        ({"name": "site", "plugin": "/usr/local/sbin/site", "type": "never"}, "type", "always, builtin"),
    ]
    if old:
        cases += [
            ({"name": "filter"}, "filter comes with audit since 4.0.1; this is audit 3.0.9"),
            ({"name": "site", "plugin": "/usr/local/sbin/site", "args": list("abc")}, "before audit 4.0.1"),
        ]
    else:
        cases.append(({"name": "site", "plugin": "/usr/local/sbin/open"}, "since audit 4.2", "0777"))
    host.refused("audisp_plugin", *cases)


@on_one
def test_the_folder_that_the_daemon_is_told(host):
    """A plugin goes where it is looked for; elsewhere it is written and not run."""
    other = "/etc/audit/other.d"
    moved, there, here = host.tasks(
        task("auditd_conf", {"settings": {"plugin_dir": other}, "apply": "restart"}),
        task("audisp_plugin", {"name": "site", "plugin": "/usr/local/sbin/site"}),
        task("audisp_plugin", {"name": "site", "plugin": "/usr/local/sbin/site", "directory": PLUGINS_D}),
    )
    assert moved["action"] == "restart"
    assert (there["file"], there["action"]) == (f"{other}/site.conf", "reload")
    assert (here["file"], here["action"]) == (SITE, "none")
    assert len(host.children()) == 1
    assert host.settings(CONF)["plugin_dir"] == other


@on_both
def test_a_file_of_an_older_release_is_brought_up_to_date(host):
    path = f"{PLUGINS_D}/af_unix.conf"
    host.guest.run(f"printf 'active = no\\npath = builtin_af_unix\\ntype = builtin\\nargs = 0600 /run/own\\n' >{path}")
    _result, state = host.four_times("audisp_plugin", {"name": "af_unix", "active": True})
    assert "args = 0600 /run/own\n" in state.files[path]
    if host.guest.release == "bookworm":
        assert "path = builtin_af_unix\ntype = builtin\n" in state.files[path]
    else:
        assert "path = /sbin/audisp-af_unix\ntype = always\n" in state.files[path]
        assert len(host.children()) == 1
    host.guest.run("test -S /run/own")
