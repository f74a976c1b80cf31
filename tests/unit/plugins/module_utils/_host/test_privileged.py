# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which programs of a host run with more privileges than their caller has."""

import ast
import os
import subprocess
import sys

import pytest

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
from module_utils._host import privileged
searched = [sys.argv[2] + "/tree", sys.argv[2] + "/nosuid", sys.argv[2] + "/tree/top"]
print(privileged.privileged_programs(searched))
# As if the file systems were on disks of this host.
privileged._MOUNTS = sys.argv[2] + "/mounts"
with open(privileged._MOUNTS, "w") as file:
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
