# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which programs of a host run with more privileges than their caller has."""

import ast
import os
import random
import subprocess
import sys

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host import mounts, privileged
from ansible_collections.linux.audit.plugins.module_utils._host.privileged import privileged_programs
from paths import PLUGINS


def test_privileged_programs(tmp_path):
    def program(name, mode):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
        path.chmod(mode)
        return str(path)

    wanted = [program("usr/setuid", 0o4755), program("usr/setgid", 0o2755)]
    program("usr/plain", 0o755)
    program("usr/no program", 0o4644)
    (tmp_path / "usr/link").symlink_to("setuid")
    (tmp_path / "usr/loop").symlink_to(".")
    (tmp_path / "usr/tree").mkdir(mode=0o2755)
    (tmp_path / "bin").symlink_to("usr")
    capable = program("usr/capable", 0o755)
    try:
        # VFS_CAP_REVISION_2, CAP_NET_RAW, as in linux/capability.h
        os.setxattr(capable, "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))
        wanted.append(capable)
    except OSError as error:
        print("without capabilities of files:", error)
    found = privileged_programs([str(tmp_path / part) for part in ("bin", "usr", "missing")])
    assert found == sorted(wanted)
    # Pseudo file systems do not run setuid programs.
    assert privileged_programs(["/proc/self"]) == []


MOUNTED = """
set -e
mkdir -p $1/tree/other $1/tree/own $1/nosuid $1/away
mount -t tmpfs none $1/tree/other
mount -t tmpfs none $1/away
mount -t tmpfs -o nosuid none $1/nosuid
for name in tree/top tree/own/below tree/other/elsewhere nosuid/ignored; do
    touch $1/$name
    chmod 4755 $1/$name
done
exec $2 -c '
import sys
sys.path.insert(0, sys.argv[1])
from module_utils._host import mounts, privileged
searched = [sys.argv[2] + "/tree", sys.argv[2] + "/nosuid", sys.argv[2] + "/tree/top"]
print(privileged.privileged_programs(searched))
# As if the file systems were on disks of this host.
mounts.MOUNTINFO = sys.argv[2] + "/mounts"
with open(mounts.MOUNTINFO, "w") as file:
    for name in ("tree/other", "nosuid", "away"):
        file.write(f"36 35 98:0 / {sys.argv[2]}/{name} rw - ext4 /dev/sdb1 rw\\n")
print(privileged.privileged_programs(searched))
print(privileged.unsearched_file_systems(searched))
' $3 $1
"""


def test_other_file_systems_and_those_without_setuid_are_left_out(tmp_path):
    """Real mounts, in a namespace of their own. Disks below a directory are searched; those elsewhere are named."""
    command = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*command, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("nothing can be mounted here: not root, or no namespaces")
    done = subprocess.run(
        [*command, "sh", "-c", MOUNTED, "sh", tmp_path, sys.executable, PLUGINS],
        stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    alone, with_disks, unsearched = map(ast.literal_eval, done.stdout.splitlines())
    assert alone == [f"{tmp_path}/tree/own/below", f"{tmp_path}/tree/top"]
    assert with_disks == [f"{tmp_path}/tree/{name}" for name in ("other/elsewhere", "own/below", "top")]
    assert unsearched == [f"{tmp_path}/away"]


def test_a_directory_is_searched_once(tmp_path, monkeypatch):
    """Packs of one task that search the same directory, alone or among others, read it once."""
    (tmp_path / "usr").mkdir()
    (tmp_path / "opt").mkdir()
    read = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: read.append(path) or scandir(path))
    usr, opt = str(tmp_path / "usr"), str(tmp_path / "opt")
    for directories in ([usr], [opt, usr], [usr]):
        privileged_programs(directories)
    assert read == [usr, opt]


def random_tree(directory, chance, depth=3):
    """Files of all modes, links and directories, some of which carry what a program would."""
    for number in range(chance.randrange(6)):
        path = directory / f"{chance.choice(('a', 'b c', 'ä'))}{number}"
        kind = chance.randrange(4) if depth else 0
        if kind == 1:
            path.symlink_to(chance.choice((".", "..", "a0", "nothing")))
        elif kind > 1:
            path.mkdir()
            random_tree(path, chance, depth - 1)
            path.chmod(chance.choice((0o755, 0o2755, 0o4711)))
        else:
            path.write_text("")
            path.chmod(chance.randrange(0o10000))


def plainly(top):
    """The same by os.walk(), which asks about everything."""
    for directory, _directories, files in os.walk(top):
        for name in files:
            status = os.lstat(os.path.join(directory, name))
            if not os.path.islink(os.path.join(directory, name)) and status.st_mode & 0o111 and status.st_mode & 0o6000:
                yield os.path.join(directory, name)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_found_is_what_a_plain_walk_finds(tmp_path, monkeypatch, seed):
    """However the directory is spelled, and whether or not the host tells what is mounted."""
    top = tmp_path / "top"
    top.mkdir()
    random_tree(top, random.Random(seed))
    (tmp_path / "through").symlink_to(".")
    for spelled in (f"{top}", f"{top}//", f"{tmp_path}/through/top", f"{tmp_path}/./top/"):
        wanted = sorted(plainly(spelled))
        assert privileged_programs([spelled]) == wanted
        with monkeypatch.context() as patched:
            patched.setattr(mounts, "MOUNTINFO", str(tmp_path / "nothing"))
            privileged._programs_below.cache_clear()
            assert privileged_programs([spelled]) == wanted


def test_a_mount_point_is_recognised_however_the_path_to_it_is_spelled(tmp_path, monkeypatch):
    """Through a link, with a slash at the end, and with a name that mountinfo escapes."""
    mountinfo = tmp_path / "mounts"
    points = {"plain": "plain", "a b": "a\\040b", "back\\slash": "back\\134slash"}
    for name in points:
        (tmp_path / "top" / name / "in").mkdir(parents=True)
        (tmp_path / "top" / name / "in" / "su").write_text("")
        (tmp_path / "top" / name / "in" / "su").chmod(0o4755)
    root = "35 1 8:1 / / rw - {kind} /dev/sda1 rw\n"
    below = "".join(f"36 35 0:9 / {tmp_path}/top/{name} rw - nfs4 server:/ rw\n" for name in points.values())
    (tmp_path / "through").symlink_to(".")
    spellings = (f"{tmp_path}/top", f"{tmp_path}/top/", f"{tmp_path}/through/top")
    assert [len(privileged_programs([spelled])) for spelled in spellings] == [3, 3, 3]
    monkeypatch.setattr(mounts, "MOUNTINFO", str(mountinfo))
    (tmp_path / "top" / "own").mkdir()
    (tmp_path / "top" / "own" / "su").write_text("")
    (tmp_path / "top" / "own" / "su").chmod(0o4755)
    device = os.stat(tmp_path).st_dev
    # A mount point on the same device is one that a later mount hides. Where a subvolume, which is mounted nowhere, is
    # another device, each directory is asked about.
    for kind, of_top, number in (("ext4", device, 4), ("ext4", -1, 1), ("btrfs", device, 4), ("btrfs", -1, 0)):
        mountinfo.write_text(root.format(kind=kind) + below)
        monkeypatch.setattr(privileged, "_device", lambda top, of_top=of_top: of_top)
        privileged._programs_below.cache_clear()
        assert [len(privileged_programs([spelled])) for spelled in spellings] == [number] * 3
