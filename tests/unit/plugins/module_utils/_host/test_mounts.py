# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mounted, under names that any user may choose."""

import os
import subprocess
import sys

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host import mounts
from ansible_collections.linux.audit.plugins.module_utils._host.mounts import Mount
from paths import PLUGINS

# What Python takes for the end of a line, for a space, or for the end of a file, and what the kernel escapes.
NAMES = (
    "a b",
    "a\tb",
    "a\nb",
    "a\\b",
    "a#b",
    "a\rb",
    "a\r\nb",
    "a\x0bb",
    "a\x1cb",
    "a\x85b",
    "a\u2028b",
    "a\xa0b",
    " - ",
    "\\040",
)
LISTED = """
import os, subprocess, sys
sys.path.insert(0, sys.argv[1])
from module_utils._host.mounts import mounts
for name in sys.argv[3:]:
    point = os.path.join(sys.argv[2], name)
    os.mkdir(point)
    subprocess.run(["mount", "-n", "-t", "tmpfs", "none", point], check=True)
print([mount.point for mount in mounts() if mount.point.startswith(sys.argv[2])])
"""


def test_the_kernel_lists_names_of_any_characters(tmp_path):
    """Real mounts, in a namespace of their own."""
    command = ["unshare", "--mount", "--propagation", "private"]
    if subprocess.run([*command, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("nothing can be mounted here: not root, or no namespaces")
    done = subprocess.run(
        [*command, sys.executable, "-c", LISTED, PLUGINS, tmp_path, *NAMES],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    assert done.stdout.strip() == repr([os.path.join(tmp_path, name) for name in NAMES])


def test_a_source_may_be_of_any_characters_and_empty(tmp_path, monkeypatch):
    listed = tmp_path / "mountinfo"
    listed.write_bytes(
        b"1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n2 1 0:9 / /home/u\xff\\040x rw - fuse.a\r\x85  rw,user_id=7\n"
    )
    monkeypatch.setattr(mounts, "MOUNTINFO", str(listed))
    assert mounts.mounts() == [Mount("/", "ext4", "/dev/sda1"), Mount("/home/u\udcff x", "fuse.a\r\udc85", "")]
    monkeypatch.setattr(mounts, "MOUNTINFO", str(tmp_path / "nothing"))
    assert mounts.mounts() == []
