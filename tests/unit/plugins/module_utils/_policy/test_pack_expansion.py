# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What remains of a rule pack on a host: its users, directories, syscalls and features."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._policy import packs as expansion
from ansible_collections.linux.audit.plugins.module_utils._policy.packs import read_pack
from pack_host import PackHost, expanded, hide_this_machine, rules


@pytest.fixture(autouse=True)
def host(monkeypatch):
    """A host with two setuid programs; nothing of this machine is read."""
    hide_this_machine(monkeypatch)
    return PackHost()


def test_unknown_users_and_missing_directories_are_left_out_with_a_note(host, monkeypatch):
    pack = expanded("exclusions", host, time_users=["daemon", "chrony"])
    assert [rule.value("uid") for rule in rules(pack) if rule.value("uid") is not None] == [1, 1]
    assert pack.notes == ["exclusions: this host does not have the users or groups chrony"]
    pack = expanded("process_kills", host, exclude_users=["nobody_there", "1000"])
    assert {field[1:] for rule in rules(pack) for field in rule.fields if field.name == "auid"} == {("!=", 1000)}
    assert pack.notes == ["process_kills: this host does not have the users or groups nobody_there"]

    monkeypatch.setattr(expansion, "missing_directory", lambda rule: rule.value("dir") and "/no")
    pack = expanded("kernel_modules", host)
    assert {rule.value("dir") for rule in rules(pack)} == {None}
    assert pack.notes == ["kernel_modules: this host does not have the directories /no"]


def test_saddr_fam_only_where_kernel_and_audit_have_it():
    def words(**options):
        pack = expanded("network_connections", PackHost(**options))
        return [line.text for line in pack.lines if line.statement], pack.notes

    for options in ({"kernel": (4, 18)}, {"version": (2, 8, 5)}):
        lines, notes = words(**options)
        assert not any("saddr_fam" in line for line in lines)
        assert "-a always,exit -F arch=b64 -S connect -F a2!=110 -F key=network_connections" in lines
        assert len(notes) == 1
        assert "Datagrams" in notes[0]
    lines, notes = words(kernel=(5, 10))
    assert not any("a2!=110" in line or "sendto" in line for line in lines)
    assert len(notes) == 1
    lines, notes = words()
    assert any("sendto,sendmsg,sendmmsg -F saddr_fam=10" in line for line in lines)
    assert notes == []
    # A rule that was not asked for makes no note.
    pack = expanded("network_connections", PackHost(kernel=(4, 18)), incoming=False, datagrams=False)
    assert pack.notes == []
    assert not any("bind" in line.text for line in pack.lines)


def test_other_machines_get_their_own_syscalls():
    def first(name, part, **options):
        return next(line.text for line in expanded(name, PackHost(**options)).lines if part in line.text)

    line = first("unsuccessful_access", "openat", machine="aarch64")
    assert " -S truncate,ftruncate,openat,openat2,open_by_handle_at " in line
    # auditctl of these releases expands perm=wa there to syscalls that it then refuses.
    assert " -F arch=b64 -F path=/etc/passwd -p wa " in first(
        "file_integrity", "/etc/passwd", machine="aarch64", version=(4, 0, 2)
    )
    assert " -F arch=b64 -F path=/etc/passwd " in first("file_integrity", "/etc/passwd", version=(4, 0, 2))
    assert {
        line.text.split()[3] for line in expanded("process_kills", PackHost("ppc64le")).lines if line.statement
    } == {"arch=b64"}


def test_a_directory_is_watched_as_a_tree(host):
    lines = [line.text for line in expanded("file_integrity", host, paths=["/srv/data", "/srv/data/file"]).lines]
    for field in ("dir=/srv/data", "path=/srv/data/file"):
        assert f"-a always,exit -F arch=b32 -F {field} -F perm=wa -F key=file_integrity" in lines


def test_strange_names_of_setuid_programs_cannot_stop_the_others(host, monkeypatch):
    lines = [line.text for line in expanded("privileged_commands", host).lines]
    assert any(r" -F path=/opt/a\ b -F perm=x " in line for line in lines)
    monkeypatch.setattr(expansion, "privileged_programs", lambda directories: ["/opt/x\ny", "/usr/bin/su"])
    pack = expanded("privileged_commands", host)
    assert any(rule.value("path") == "/usr/bin/su" for rule in rules(pack))
    (note,) = pack.notes
    assert note.startswith("privileged_commands: no rule can be written for ")
    assert r"/opt/x\ny" in note


@pytest.mark.parametrize(
    ("feature", "kernel", "audit"),
    [
        ("filesystem_list", (4, 16), (2, 8)),
        ("saddr_fam", (5, 3), (3, 0)),
        ("saddr_fam_of_each_call", (5, 16), (3, 0)),
    ],
)
def test_a_feature_exists_since_its_release(feature, kernel, audit):
    """The releases of kernel and audit decide; without audit, only the kernel's."""
    text = f"# Text\n## when: {feature}\n-a always,exit -S mount -F key=k\n"

    def has(version, kernel):
        pack = read_pack("own", text, {}, PackHost(version=version, kernel=kernel))
        assert bool(pack.notes) is not bool(rules(pack))
        return bool(rules(pack))

    older = (kernel[0], kernel[1] - 1)
    assert [has(audit, kernel), has((*audit, 1), (kernel[0] + 1, 0)), has(None, kernel)] == [True] * 3
    assert [has(audit, older), has((audit[0] - 1, 9, 9), kernel), has(None, older)] == [False] * 3
    notes = read_pack("own", text, {}, PackHost(version=audit, kernel=older)).notes
    assert notes == [f"own: this host does not have what is needed for Text ({feature})"]


def test_a_feature_that_depends_on_a_file(monkeypatch, tmp_path):
    text = "## when: selinux\n-a always,exit -S mount -F key=k\n"
    monkeypatch.setitem(expansion.FEATURES, "selinux", expansion.Feature(path=str(tmp_path / "class")))
    assert rules(read_pack("own", text, {}, PackHost())) == []
    (tmp_path / "class").mkdir()
    assert len(rules(read_pack("own", text, {}, PackHost()))) == 1


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("-a always,exit -F arch={arch} -F path={path} -F key=k", "'path': is not a parameter of this task"),
        ("## when: sometimes\n-a always,exit -S all -F key=k", "'sometimes': is not a parameter of this task"),
        ("-a always,exit -S", "option without a value"),
        ("-a always,exit -S all -F uid={users} -F kez=k", "no field of that name"),
        ("nonsense", "nonsense"),
    ],
)
def test_an_error_in_a_custom_pack_names_its_line(text, part, host):
    errors = [str(line.error) for line in read_pack("own", text, {"users": 0}, host).lines if line.error]
    assert len(errors) == 1
    assert part in errors[0]
    assert errors[0].startswith("own")


def test_a_custom_pack(host):
    text = "# Who reads it\n-a always,exit -F arch={arch} -F path={paths} -F perm=r -F auid!={not_by} -F key=own\n"
    pack = read_pack("own", text, {"paths": "/srv/x", "not_by": [0, "daemon"]}, host)
    assert [line.text for line in pack.lines] == ["# Who reads it"] + [
        f"-a always,exit -F arch={arch} -F path=/srv/x -F perm=r -F auid!=0 -F auid!=daemon -F key=own"
        for arch in ("b64", "b32")
    ]
