# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_watch on a real kernel, with auditctl, augenrules and ausearch as witnesses."""

import pytest

from audited import FILE, HEADER, RULES_D, Audited, assert_message, task


@pytest.fixture
def host(guest, playbook, tmp_path):
    """The shared bookworm guest, without a rule."""
    guest.run("rm -rf /srv/watched && mkdir -p /srv/watched/tree/below && touch /srv/watched/file")
    return Audited(guest, playbook, tmp_path)


def modern(field, permissions, key, option="-F perm=", syscalls=""):
    """Rules of the style syscall, as they are returned."""
    return [
        f"-a always,exit -F arch={arch}{syscalls} -F {field} {option}{permissions} -F key={key}"
        for arch in ("b64", "b32")
    ]


def written(field, permissions, key):
    """Rules of the style syscall, as they are written."""
    return modern(field, permissions, key, option="-p ")


def listed(field, permissions, key):
    """Rules of the style syscall, as auditctl lists them."""
    return modern(field, permissions, key, syscalls=" -S all")


def events(host, key):
    return host.guest.run(f"ausearch --input-logs -k {key} 2>&1", check=False).stdout


@pytest.mark.parametrize(
    ("name", "field", "touched"),
    [("file", "path=/srv/watched/file", "file"), ("tree/", "dir=/srv/watched/tree", "tree/below/new")],
)
def test_a_watch_of_what_is_there_records_events(host, name, field, touched):
    key = "watch-" + name.strip("/")
    args = {"path": f"/srv/watched/{name}", "permissions": "aw", "keys": [key]}
    result, state = host.four_times("audit_watch", args)
    assert state.rules == listed(field, "wa", key)
    assert state.files[FILE] == HEADER + "".join(f"{line}\n" for line in written(field, "aw", key))
    assert sorted(result["added"]) == sorted(modern(field, "wa", key))
    assert [entry["before_header"] for entry in result["diff"]] == [FILE, "kernel"]
    host.guest.run(f"echo text >> /srv/watched/{touched}; sleep 0.3")
    assert f"/srv/watched/{touched}" in events(host, key)
    state = host.twice("audit_watch", {**args, "state": "absent", "keys": []})
    assert state.rules == []
    assert FILE not in state.files


def test_the_old_style(host):
    args = {"path": "/srv/watched/tree", "permissions": "wa", "keys": ["tree"], "style": "watch"}
    result, state = host.four_times("audit_watch", args)
    assert state.rules == ["-w /srv/watched/tree -p wa -k tree"]
    assert state.files[FILE] == f"{HEADER}-w /srv/watched/tree -p wa -k tree\n"
    assert result["added"] == ["-a always,exit -F dir=/srv/watched/tree -F perm=wa -F key=tree"]
    # Permissions are a part of what a watch is.
    state = host.twice("audit_watch", {**args, "permissions": "r"})
    assert state.rules == ["-w /srv/watched/tree -p wa -k tree", "-w /srv/watched/tree -p r -k tree"]


def test_each_style_is_recognised_as_the_other(host):
    host.write("10-old.rules", "# old\n-w /srv/watched/tree/ -p wa -k tree\n")
    host.write("20-new.rules", "\n".join(modern("path=/srv/watched/file", "aw", "file")) + "\n")
    host.guest.run("auditctl -R /etc/audit/audit.rules")
    before = host.state()
    old = {"path": "/srv/watched/tree", "permissions": "wa", "keys": ["tree"]}
    new = {"path": "/srv/watched/file", "permissions": "wa", "keys": ["file"], "style": "watch"}
    for result in host.tasks(task("audit_watch", old), task("audit_watch", new)):
        assert not result["changed"]
    assert host.state() == before
    # Keys change within the form that is held.
    _result, state = host.four_times("audit_watch", {**old, "keys": ["branch"]})
    assert state.files[f"{RULES_D}/10-old.rules"] == "# old\n-w /srv/watched/tree -p wa -k branch\n"
    _result, state = host.four_times("audit_watch", {**new, "keys": ["leaf", "two"]})
    assert "-w /srv/watched/tree -p wa -k branch" in state.rules
    assert len(state.rules) == 3
    assert sum("-F key=leaf -F key=two" in rule for rule in state.rules) == 2
    assert FILE not in state.files
    gone = [{**args, "keys": [], "state": "absent"} for args in (old, new)]
    for result in host.tasks(*(task("audit_watch", args) for args in gone)):
        assert result["changed"]
    assert host.state().rules == []


def test_a_missing_directory(host):
    args = {"path": "/srv/watched/later/file", "permissions": "wa", "keys": ["later"]}
    host.fails("audit_watch", args, "/srv/watched/later", "does not exist")
    host.fails(
        "audit_watch", {**args, "missing": "defer", "persistent": False}, "/srv/watched/later/file", "persistent: false"
    )
    _result, state = host.four_times("audit_watch", {**args, "missing": "defer"})
    assert state.rules == []
    assert state.files[FILE] == HEADER + "".join(
        f"{line}\n" for line in written("path=/srv/watched/later/file", "wa", "later")
    )
    (result,) = host.tasks(task("audit_watch", {**args, "missing": "defer"}))
    assert "/srv/watched/later/file" in result["warnings"][0]
    # When the directory is there, so is the watch.
    host.guest.run("mkdir /srv/watched/later")
    state = host.twice("audit_watch", {**args, "missing": "defer"})
    assert len(state.rules) == 2
    # A directory that is to be watched must be there itself.
    tree = {"path": "/srv/watched/no-tree/", "permissions": "wa"}
    host.fails("audit_watch", tree, "/srv/watched/no-tree", "does not exist")


def test_a_watch_of_what_is_gone_can_be_taken_away(host):
    args = {"path": "/srv/watched/tree", "permissions": "wa", "keys": ["tree"]}
    host.tasks(task("audit_watch", args))
    host.guest.run("rm -r /srv/watched/tree")
    # The kernel has dropped its rules.
    assert host.state().rules == []
    _result, state = host.four_times("audit_watch", {**args, "state": "absent"})
    assert FILE not in state.files


def test_what_is_wrong(host):
    before = host.state()
    wrong = [
        ({"path": "srv/watched"}, "srv/watched", "absolute"),
        ({"path": "/srv/watched/file", "permissions": "wb"}, "wb"),
        ({"path": "/srv/watched/file", "keys": ["a\nb"]}, r"a\nb"),
        ({"path": "/srv/watched/tree", "type": "file", "style": "watch"}, "/srv/watched/tree", "style: syscall"),
        ({"path": "/srv/watched/file", "type": "directory"}, "/srv/watched/file", "does not exist"),
        ({}, "path"),
    ]
    results = host.tasks(*(task("audit_watch", args) for args, *parts in wrong))
    for (args, *parts), result in zip(wrong, results, strict=True):
        assert result["failed"], args
        assert_message(result["msg"], *parts)
    assert host.state() == before


def test_release_4_loads_the_same_rules_from_the_file(boot, playbook, tmp_path):
    guest = boot("trixie")
    guest.run("mkdir -p /srv/watched; touch /srv/watched/file")
    host = Audited(guest, playbook, tmp_path)
    args = {"path": "/srv/watched/file", "permissions": "wa", "keys": ["file"]}
    state = host.twice("audit_watch", args)
    assert len(state.rules) == 2
    guest.run("auditctl -D; auditctl -R /etc/audit/audit.rules")
    loaded = host.twice("audit_watch", args, changed=False)
    assert loaded.rules == state.rules
    state = host.twice("audit_watch", {**args, "state": "absent"})
    assert state.rules == []
