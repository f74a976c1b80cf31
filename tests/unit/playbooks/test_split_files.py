# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that makes files of one file, on the controller."""

import json
import subprocess
import sys

from paths import ROOT

FILES = [{"name": "a.json", "text": "{}\n"}, {"name": "b.csv", "text": "é,{{ no_template }}\n"}]


def split(directory, files):
    """The program's exit status, what it prints, and what it says of errors."""
    listed = directory / ".list.json"
    listed.write_text(json.dumps(files))
    program = ROOT / "playbooks" / "files" / "split_files.py"
    done = subprocess.run([sys.executable, program, listed], capture_output=True, text=True, check=False)
    assert not listed.exists()
    return done.returncode, done.stdout.split(), done.stderr


def test_each_file_is_written_once_and_for_its_owner_alone(tmp_path):
    assert split(tmp_path, FILES) == (0, ["a.json", "b.csv"], "")
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.json", "b.csv"]
    assert [(tmp_path / file["name"]).read_text() for file in FILES] == [file["text"] for file in FILES]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}

    assert split(tmp_path, FILES) == (0, [], "")
    (tmp_path / "a.json").chmod(0o644)
    (tmp_path / "b.csv").write_text("other\n")
    assert split(tmp_path, FILES) == (0, ["a.json", "b.csv"], "")


def test_files_of_an_earlier_run_do_not_stay(tmp_path):
    """Nor does the signature of its checksums; whatever is not of a host is somebody else's."""
    names = ("hdf-web1.json", "hdf-gone.json")
    theirs = {"notes.txt", "debian.iso", "hdf-mine.json"}
    for name in theirs:
        (tmp_path / name).write_text("mine\n")
    (tmp_path / "SHA256SUMS").write_text(f"{64 * '0'}  debian.iso\n{64 * '0'} *../x\n{64 * '0'}  ../hdf-x.json\n")
    for hosts in (names, names[:1], names[:1]):
        sums = "".join(f"{64 * '0'}  {name}\n" for name in hosts)
        (tmp_path / "SHA256SUMS.asc").write_text("signature\n")
        listed = [{"name": name, "text": "{}\n"} for name in hosts] + [{"name": "SHA256SUMS", "text": sums}]
        assert split(tmp_path, listed)[0] == 0
        there = {path.name for path in tmp_path.iterdir()}
        assert there - {"SHA256SUMS.asc"} == {*theirs, "SHA256SUMS", *hosts}
    # The last run has changed nothing.
    assert "SHA256SUMS.asc" in there


def test_a_name_does_not_leave_the_directory(tmp_path):
    (tmp_path / "in").mkdir()
    assert split(tmp_path / "in", [{"name": "../out", "text": "x"}]) == (0, ["out"], "")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_nothing_is_written_if_a_text_cannot_be(tmp_path):
    status, printed, said = split(tmp_path, [*FILES, {"name": "c", "text": "\udc80"}])
    assert (status, printed, list(tmp_path.iterdir())) == (1, [], [])
    assert said.startswith(f"cannot write to {tmp_path}: 'utf-8' codec can't encode")


def test_what_cannot_be_written_is_named(tmp_path):
    (tmp_path / "a.json").mkdir()
    status, printed, said = split(tmp_path, FILES)
    assert (status, printed) == (1, [])
    assert "a.json" in said
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
