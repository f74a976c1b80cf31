# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories that may be missing when a boot loads the rules."""

import os

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host import mounts
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._policy import places
from ansible_collections.linux.audit.plugins.module_utils._policy.checks import examine
from ansible_collections.linux.audit.plugins.module_utils._policy.places import may_be_missing_at_boot
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import RulesFile
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file
from ansible_collections.linux.audit.plugins.modules import audit_rule
from changing import System
from running import run_module

MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:21 / {root}/run rw,nosuid shared:2 - tmpfs tmpfs rw
24 22 0:22 / {root}/run/held rw shared:3 master:1 - ext4 /dev/sdb1 rw
25 22 0:23 / {root}/with\\040space rw shared:4 - nfs4 server:/home rw
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A directory whose part run is said to be a tmpfs, and "with space" an NFS; nothing is made by tmpfiles."""
    root = tmp_path.resolve()
    for name in ("run/faillock", "run/held/within", "with space/alice", "etc/within"):
        (root / name).mkdir(parents=True)
    (root / "mounts").write_text(MOUNTS.format(root=root))
    (root / "tmpfiles.d").mkdir()
    monkeypatch.setattr(mounts, "MOUNTINFO", str(root / "mounts"))
    monkeypatch.setattr(places, "_TMPFILES", (str(root / "tmpfiles.d"),))
    monkeypatch.setattr(places, "_FSTAB", str(root / "fstab"))
    return root


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("run/faillock", "is on a tmpfs, which is empty after a boot"),
        ("with space/alice", "(nfs4), which may be mounted after the rules are loaded"),
        # Mount points are there before anything is mounted on them.
        ("run", ""),
        ("with space", ""),
        ("run/held/within", ""),
        ("etc/within", ""),
    ],
)
def test_file_systems_that_are_empty_or_late_at_boot(root, name, words):
    found = may_be_missing_at_boot(str(root / name))
    assert words in found if words else found is None


@pytest.mark.parametrize(
    ("options", "is_late"),
    [("defaults", False), ("rw,nofail", True), ("noauto", True), ("_netdev,rw", True), ("x-nofail", False)],
)
def test_a_local_file_system_that_a_boot_does_not_wait_for(root, options, is_late):
    (root / "fstab").write_text(f"# comment\n/dev/sdb1 {root}/run/held ext4 {options} 0 2\n")
    found = may_be_missing_at_boot(str(root / "run/held/within"))
    late = f"is on {root}/run/held (ext4), which may be mounted after the rules are loaded"
    assert found == (late if is_late else None)
    assert may_be_missing_at_boot(str(root / "run/held")) is None


def test_a_link_leads_to_where_it_points(root):
    (root / "etc/link").symlink_to(root / "run")
    assert "tmpfs" in may_be_missing_at_boot(str(root / "etc/link/faillock"))


def test_a_directory_that_tmpfiles_makes_at_boot(root):
    (root / "tmpfiles.d/pam.conf").write_text(f"# pam\n\nd {root}/run/faillock 0755 root root\n")
    assert may_be_missing_at_boot(str(root / "run/faillock")) is None


def test_a_tmpfiles_file_that_another_of_its_name_replaces_makes_nothing(root, monkeypatch):
    (root / "tmpfiles.d/pam.conf").write_text(f"d {root}/run/faillock 0755 root root\n")
    (root / "etc/pam.conf").symlink_to(os.devnull)
    monkeypatch.setattr(places, "_TMPFILES", (str(root / "etc"), str(root / "tmpfiles.d")))
    assert "tmpfs" in may_be_missing_at_boot(str(root / "run/faillock"))


@pytest.mark.parametrize(
    ("mode", "removable"), [(0o755, False), (0o777, True), (0o1777, False), (0o775, False), (0o757, True)]
)
def test_a_directory_that_users_other_than_root_can_remove(root, mode, removable):
    os.chmod(root / "etc", mode)
    if os.stat(root / "etc").st_gid != 0 and mode == 0o775:
        removable = True
    found = may_be_missing_at_boot(str(root / "etc/within"))
    assert bool(found) is removable
    if removable:
        assert f"can be removed by users other than root, who can write to {root}/etc" in found


@pytest.mark.parametrize(
    ("rule", "start", "end"),
    [
        (
            "-a always,exit -F dir={}/run/faillock -F perm=wa",
            "may be refused by the kernel at a boot, because {}/run/faillock is on a tmpfs",
            "is empty after a boot",
        ),
        (
            "-w {}/run/faillock -p wa",
            "may watch a file after a boot, and record nothing in {}/run/faillock, because it is on a tmpfs",
            "is empty after a boot",
        ),
        ("-w {}/run/faillock/alice -p wa", "may be refused by the kernel at a boot", "is empty after a boot"),
    ],
)
def test_a_task_warns_of_its_own_rule_on_such_a_directory(root, monkeypatch, tmp_path, rule, start, end):
    host = System(monkeypatch, tmp_path)
    result = run_module(audit_rule.main, {"rules_dir": str(host.directory), "rule": rule.format(root)})
    (warning,) = result["warnings"]
    assert start.format(root) in warning
    assert warning.endswith(end)


def test_places_are_read_once_however_many_rules_there_are(root, monkeypatch):
    """With ten thousand rules, reading mounts and tmpfiles for each took most of the time."""
    (root / "tmpfiles.d/pam.conf").write_text(f"d {root}/run/faillock 0755 root root\n")
    reads = []
    read = open

    def counted(path, *arguments, **options):
        reads.append(str(path))
        return read(path, *arguments, **options)

    monkeypatch.setattr("builtins.open", counted)
    names = [str(root / "run/faillock"), *(f"{root}/run/{number}" for number in range(100))] * 2
    alone = [may_be_missing_at_boot(name) for name in names]
    assert len(reads) > 200
    reads.clear()
    with places.places_read_once():
        together = [may_be_missing_at_boot(name) for name in names]
    assert together == alone
    assert sorted(reads) == sorted([str(root / "mounts"), str(root / "fstab"), str(root / "tmpfiles.d/pam.conf")])


@pytest.mark.parametrize(
    ("line", "silent", "words"),
    [
        ("-a always,exit -F dir={0}/with\\ space -F perm=wa", True, "{0}/with space (nfs4)"),
        ("-a always,exit -F path={0}/with\\ space/file -F perm=wa", True, "{0}/with space (nfs4)"),
        ("-a always,exit -F dir={0} -F perm=wa", False, "{0}/run/held (ext4), {0}/with space (nfs4)"),
        ("-a always,exit -F path={0}/file -F perm=wa", None, ""),
        ("-a always,exit -F dir={0}/etc -F perm=wa", None, ""),
        ("-a always,exit -F dir={0}/run/held -F perm=wa", True, "{0}/run/held (ext4)"),
    ],
)
def test_a_rule_that_is_loaded_before_something_is_mounted_there(root, line, silent, words):
    """The kernel puts the rule on what is there before: tests/integration/promises/test_late_mounts.py."""
    (root / "fstab").write_text(f"/dev/sdb1 {root}/run/held ext4 nofail 0 2\n")
    text = line.format(root) + "\n"
    found = examine([RulesFile("1.rules", text, tuple(parse_file(text, "1.rules", Host())))], Host())
    found = [problem for problem in found if "may record nothing on" in problem.reason]
    costs = [(one.silent, one.lost, one.partial) for one in found]
    assert costs == ([] if silent is None else [(silent, silent, not silent)])
    assert all(f"nothing on {words.format(root)} after a boot" in one.reason for one in found)
