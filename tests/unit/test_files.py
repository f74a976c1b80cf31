# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: read, written, and put back."""

import contextlib
import os
import pathlib
import stat
import subprocess
import sys
import time

import pytest

from ansible_collections.linux.audit.plugins.module_utils import files
from ansible_collections.linux.audit.plugins.module_utils.files import (
    Edit,
    FileError,
    read_text,
    write_atomically,
    written,
)


def test_a_file_is_written_with_its_mode_and_nothing_beside_it(tmp_path):
    path = tmp_path / "x.rules"
    path.write_text("old")
    path.chmod(0o666)
    write_atomically(str(path), "new\n")
    assert path.read_text() == "new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    write_atomically(str(path), "new\n", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_atomically(str(path), None)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_regular_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in ("pipe", "."):
        with pytest.raises(FileError, match="not a regular file|Is a directory"):
            read_text(str(tmp_path / path))
    assert read_text(str(tmp_path / "none")) is None


def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.rules"
    path.write_text("old")

    def fail(*paths):
        raise OSError(28, "No space left")

    monkeypatch.setattr(files.os, "rename", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(str(path), "new")
    assert [file.name for file in tmp_path.iterdir()] == ["x.rules"]
    assert path.read_text() == "old"


WRITE_WITHOUT_END = """
import sys
sys.path.insert(0, sys.argv[1])
from module_utils.files import write_atomically
print(flush=True)
for number in range(10**9):
    write_atomically(sys.argv[2], "line %d\\n" % number * 5000)
"""


def test_a_kill_leaves_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "x.rules"
    plugins = pathlib.Path(files.__file__).parent.parent
    for moment in range(8):
        # Under another name the package needs no Ansible.
        with subprocess.Popen(
            [sys.executable, "-c", WRITE_WITHOUT_END, plugins, path], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout.readline() == "\n"
            while not path.exists():
                time.sleep(0.001)
            time.sleep(0.003 * moment)
            process.kill()
        lines = path.read_text().splitlines()
        assert len(lines) == 5000
        assert len(set(lines)) == 1
        path.unlink()


def test_edits_are_taken_back_together(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("old\n")
    edits = [Edit(str(one), "old\n", "new\n"), Edit(str(two), None, "new\n")]

    def fail():
        assert (one.read_text(), two.read_text()) == ("new\n", "new\n")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), written(edits):
        fail()
    assert one.read_text() == "old\n"
    assert not two.exists()
    bad = Edit("/proc/linux-audit", None, "new\n")
    with (
        pytest.raises(FileError, match="No such file or directory; nothing has changed"),
        written([*edits, bad]),
    ):
        pytest.fail("written")
    assert one.read_text() == "old\n"
    assert not two.exists()
    with contextlib.suppress(FileNotFoundError):
        two.unlink()
    with written(edits):
        pass
    assert (one.read_text(), two.read_text()) == ("new\n", "new\n")
