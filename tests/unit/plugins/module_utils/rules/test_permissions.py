# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Letters of permissions, and the syscalls that a release of auditctl adds because of them."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules import syscalls, tables
from ansible_collections.linux.audit.plugins.module_utils.rules.permissions import (
    format_permissions,
    matchable_syscalls,
    permission_syscalls,
    permission_syscalls_refused,
)


def test_letters_of_permissions_are_those_of_listings():
    assert [format_permissions(bits) for bits in range(16)] == [
        "", "x", "w", "wx", "r", "rx", "rw", "rwx", "a", "xa", "wa", "wxa", "ra", "rxa", "rwa", "rwxa",
    ]  # fmt: skip


def names(permissions, machine, version):
    return {syscalls.name(machine, number) for number in permission_syscalls(permissions, machine, version)}


def test_old_releases_add_no_syscalls_for_permissions():
    for version in (None, (2, 8, 5), (3, 0, 9), (3, 1, 2)):
        assert names("rwxa", "x86_64", version) == set()
        assert permission_syscalls_refused("rwxa", "aarch64", version) == set()


@pytest.mark.parametrize(
    ("permissions", "release", "more"),
    [
        ("x", (4, 2), "execveat"),
        ("w", (4, 1, 2), "quotactl_fd"),
        ("r", (4, 0, 4), "listxattrat getxattrat"),
        ("r", (4, 1, 2), "file_getattr"),
        ("r", (4, 2), "quotactl_fd stat lstat fstat newfstatat statx"),
        ("a", (4, 0, 4), "setxattrat removexattrat"),
        ("a", (4, 1, 2), "fchmodat2 file_setattr"),
    ],
)
def test_a_release_adds_syscalls_for_a_permission(permissions, release, more):
    releases = [(3, 1, 3), (3, 1, 5), (4, 0), (4, 0, 2), (4, 0, 4), (4, 1, 1), (4, 1, 2), (4, 1, 4), (4, 2), (4, 2, 1)]
    before = [one for one in releases if one < release][-1]
    assert names(permissions, "x86_64", release) - names(permissions, "x86_64", before) == set(more.split())


@pytest.mark.parametrize(
    ("permission", "name", "before", "since", "after"),
    [
        ("x", "execve", (3, 1, 2), (3, 1, 3), (3, 1, 4)),
        ("x", "execveat", (4, 1, 9), (4, 2), (4, 2, 1)),
        ("w", "openat", (3, 1, 2), (3, 1, 3), (3, 1, 4)),
        ("w", "quotactl_fd", (4, 1, 1), (4, 1, 2), (4, 1, 3)),
        ("r", "readlink", (3, 1, 2), (3, 1, 3), (3, 1, 4)),
        ("r", "listxattrat", (4, 0, 3), (4, 0, 4), (4, 0, 5)),
        ("r", "file_getattr", (4, 1, 1), (4, 1, 2), (4, 1, 3)),
        ("r", "statx", (4, 1, 9), (4, 2), (4, 2, 1)),
        ("a", "chmod", (3, 1, 2), (3, 1, 3), (3, 1, 4)),
        ("a", "setxattrat", (4, 0, 3), (4, 0, 4), (4, 0, 5)),
        ("a", "fchmodat2", (4, 1, 1), (4, 1, 2), (4, 1, 3)),
    ],
)
def test_the_release_that_added_a_syscall(permission, name, before, since, after):
    assert [name in names(permission, "x86_64", version) for version in (before, since, after)] == [False, True, True]


@pytest.mark.parametrize(
    ("version", "refused"),
    [((3, 1, 2), False), ((3, 1, 3), True), ((3, 1, 4), True), ((4, 0, 3), True), ((4, 0, 4), False),
     ((4, 0, 5), False)],
)  # fmt: skip
def test_the_releases_that_refuse_what_a_machine_lacks(version, refused):
    for permissions in ("w", "W", "rwxa"):
        found = permission_syscalls_refused(permissions, "aarch64", version)
        assert ("rename" in found, "renameat" in found) == (refused, False)


# The classes of Linux 7.2 (include/asm-generic/audit_*.h), and what audit_classify_syscall() decides by itself.
KERNEL = {
    1: "execve execveat",
    2: """
        rename mkdir rmdir creat link unlink symlink mknod mkdirat mknodat unlinkat renameat linkat symlinkat renameat2
        acct swapon quotactl truncate truncate64 ftruncate ftruncate64 bind fallocate open openat openat2 socketcall
    """,
    4: """
        readlink quotactl listxattr listxattrat llistxattr flistxattr getxattr getxattrat lgetxattr fgetxattr
        readlinkat open openat openat2
    """,
    8: """
        chmod fchmod chown lchown fchown setxattr setxattrat lsetxattr fsetxattr removexattr removexattrat
        lremovexattr fremovexattr fchownat fchmodat fchmodat2 chown32 fchown32 lchown32 link linkat
    """,
}


@pytest.mark.parametrize("machine", tables.MACHINES.values())
@pytest.mark.parametrize("bit", KERNEL)
def test_matchable_syscalls_include_the_classes_of_the_newest_kernel(machine, bit):
    known = syscalls.names(machine.name)
    kernel = {known[name] for name in KERNEL[bit].split() if name in known}
    assert kernel
    assert kernel <= matchable_syscalls(bit, machine.number)


@pytest.mark.parametrize("machine", tables.MACHINES.values())
def test_matchable_syscalls_include_what_every_release_adds(machine):
    for version in ((3, 1, 3), (4, 0, 2), (4, 0, 4), (4, 1, 2), (4, 2, 1)):
        assert permission_syscalls("rwxa", machine.name, version) <= matchable_syscalls(15, machine.number)
    assert matchable_syscalls(15, machine.number) == frozenset().union(
        *(matchable_syscalls(bit, machine.number) for bit in (1, 2, 4, 8))
    )


@pytest.mark.parametrize(
    ("releases", "missing"),
    [
        (((3, 1, 3), (3, 1, 5), (4, 0, 3)), "execveat fchmodat2 setxattrat removexattrat getxattrat listxattrat"),
        (((4, 0, 4), (4, 1, 1)), "execveat fchmodat2"),
        (((4, 1, 2), (4, 1, 4)), "execveat"),
        (((4, 2), (4, 2, 1)), ""),
    ],
)
def test_what_a_release_leaves_out_of_what_the_kernel_matches(releases, missing):
    """As the table in docs/rules.md says."""
    kernel = set(" ".join(KERNEL.values()).split()) & set(syscalls.names("x86_64"))
    for version in releases:
        assert kernel - names("rwxa", "x86_64", version) == set(missing.split())


def test_nothing_is_matchable_without_a_permission_or_an_arch():
    assert matchable_syscalls(0, tables.MACHINES["x86_64"].number) == frozenset()
    assert matchable_syscalls(2, 0xDEADBEEF) == frozenset()


def test_permissions_are_a_union():
    assert names("x", "x86_64", (4, 0, 2)) == {"execve"}
    assert names("WA", "x86_64", (4, 0, 2)) == names("w", "x86_64", (4, 0, 2)) | names("a", "x86_64", (4, 0, 2))
    assert {"openat", "link", "chmod"} <= names("wa", "x86_64", (4, 0, 2))


def test_syscalls_that_a_machine_lacks_are_left_out_or_make_auditctl_refuse():
    assert "rename" not in names("w", "aarch64", (4, 0, 4))
    assert "renameat" in names("w", "aarch64", (4, 0, 4))
    assert "rename" in permission_syscalls_refused("w", "aarch64", (4, 0, 2))
    assert permission_syscalls_refused("w", "aarch64", (4, 0, 4)) == set()
    assert permission_syscalls_refused("x", "aarch64", (4, 0, 2)) == set()
    assert permission_syscalls_refused("rwxa", "x86_64", (4, 0, 2)) == set()
