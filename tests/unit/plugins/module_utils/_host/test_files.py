# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are read, written, and put back."""

import contextlib
import errno
import os
import stat
import subprocess
import sys
import time

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host import files
from ansible_collections.linux.audit.plugins.module_utils._host.files import (
    Edit,
    FileError,
    file_diffs,
    read_text,
)
from ansible_collections.linux.audit.plugins.module_utils._host.processes import start_time
from ansible_collections.linux.audit.plugins.module_utils._host.replacing import write_atomically, written
from effects import record_files
from paths import PLUGINS
from played_root import play_root


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


def test_a_power_cut_finds_the_old_file_or_the_new_one(tmp_path, monkeypatch):
    """The text is on the disk before the rename, and the rename is before the change is reported."""
    log = []
    record_files(monkeypatch, log, tmp_path)
    path = str(tmp_path / "x.rules")
    write_atomically(path, "new\n")
    assert log == [("sync", "temporary"), ("write", "x.rules"), ("sync", ".")]
    log.clear()
    write_atomically(path, None)
    assert log == [("remove", "x.rules"), ("sync", ".")]


def test_the_mode_is_there_before_the_name(tmp_path, monkeypatch):
    """Nobody can read a protected text in between, and the umask does not matter."""
    seen, real = [], os.rename

    def rename(source, target):
        seen.append(stat.S_IMODE(os.stat(source).st_mode))
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    before = os.umask(0o077)
    try:
        for mode in (0o640, 0o600, 0o644):
            write_atomically(str(tmp_path / f"{mode}.rules"), "new\n", mode)
    finally:
        os.umask(before)
    assert seen == [0o640, 0o600, 0o644]


@pytest.mark.parametrize(
    "attributes",
    [
        {"security.selinux": b"system_u:object_r:auditd_etc_t:s0\0", "system.posix_acl_access": b"list", "user.x": b""},
        {},
    ],
)
def test_extended_attributes_are_kept_except_digests_of_the_content(tmp_path, monkeypatch, attributes):
    """A new file has the label of its directory; a draft has its label before the rename."""
    path = tmp_path / "x.rules"
    path.write_text("old")
    held = {path.stat().st_ino: {**attributes, "security.ima": b"digest", "security.evm": b"digest"}}

    def set_(name, attribute, value, *rest, **options):
        assert os.path.realpath(name) != os.path.realpath(path)
        held.setdefault(os.stat(name).st_ino, {})[attribute] = value

    monkeypatch.setattr(os, "listxattr", lambda name: list(held[os.stat(name).st_ino]))
    monkeypatch.setattr(os, "getxattr", lambda name, attribute: held[os.stat(name).st_ino][attribute])
    monkeypatch.setattr(os, "setxattr", set_)
    write_atomically(str(path), "new")
    assert path.read_text() == "new"
    assert held.get(path.stat().st_ino, {}) == attributes


def test_an_attribute_that_the_file_system_refuses_keeps_no_other_from_being_copied(tmp_path, monkeypatch):
    path = tmp_path / "x.rules"
    path.write_text("old")
    copied = []

    def set_(_name, attribute, _value):
        if attribute == "trusted.first":
            raise OSError(errno.ENOTSUP, "Operation not supported")
        copied.append(attribute)

    monkeypatch.setattr(os, "listxattr", lambda name: ["trusted.first", "security.selinux"])
    monkeypatch.setattr(os, "getxattr", lambda name, attribute: b"value")
    monkeypatch.setattr(os, "setxattr", set_)
    write_atomically(str(path), "new")
    assert copied == ["security.selinux"]


@pytest.mark.parametrize(("before", "after"), [(0o600, 0o600), (0o400, 0o400), (0o640, 0o640), (0o666, 0o640)])
def test_a_stricter_mode_is_never_loosened(tmp_path, before, after):
    path = tmp_path / "x.rules"
    path.write_text("old")
    path.chmod(before)
    write_atomically(str(path), "new\n")
    assert stat.S_IMODE(path.stat().st_mode) == after


@pytest.mark.parametrize(("owner", "kept"), [(0, 7), (7, 0)])
def test_the_group_of_a_file_of_root_is_kept(tmp_path, monkeypatch, owner, kept):
    play_root(monkeypatch)
    path = tmp_path / "x.rules"
    path.write_text("old")
    os.chown(path, owner, 7)
    write_atomically(str(path), "new\n")
    assert (path.stat().st_uid, path.stat().st_gid) == (0, kept)


def test_large_texts_are_read_and_written_whole(tmp_path):
    path = tmp_path / "x.rules"
    text = "".join(f"# line {number} \udcff\r\n" for number in range(100_000)) + "no end"
    write_atomically(str(path), text)
    assert read_text(str(path)) == text
    assert path.stat().st_size == len(text.encode("utf-8", "surrogateescape"))


def test_a_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    path = tmp_path / "x.rules"
    path.write_text("old")

    def refuse(*args):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(FileError, match=f"{path} cannot be read: Permission denied"):
        read_text(str(path))


def test_a_file_that_is_put_back_has_its_mode_again(tmp_path):
    """Although the edit made it stricter, with another text or with the same; so has one that was removed."""
    paths = [tmp_path / name for name in ("changed", "stricter", "removed")]
    for path in paths:
        path.write_text("old\n")
        path.chmod(0o644)
    edits = [
        Edit(str(path), "old\n", text, mode=0o600) for path, text in zip(paths, ("new\n", "old\n", None), strict=True)
    ]
    modes = []

    def fail():
        modes.extend(path.exists() and stat.S_IMODE(path.stat().st_mode) for path in paths)
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"), written(edits):
        fail()
    assert modes == [0o600, 0o600, False]
    assert [(path.read_text(), stat.S_IMODE(path.stat().st_mode)) for path in paths] == [("old\n", 0o644)] * 3


def test_a_file_that_cannot_be_put_back_is_named(tmp_path, monkeypatch):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("old\n")
    two.write_text("old\n")
    real = os.rename

    def rename(source, target):
        if (target, os.path.getsize(source)) == (str(one), 4) and one.read_text() == "new\n":
            raise OSError(errno.EROFS, "Read-only file system", target)
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    with (
        pytest.raises(FileError, match=f"broken; and {one} could not be put back") as error,
        written([Edit(str(one), "old\n", "new\n"), Edit(str(two), "old\n", "newer\n")]),
    ):
        raise ValueError("broken")
    assert str(two) not in str(error.value)
    assert (one.read_text(), two.read_text()) == ("new\n", "old\n")


def test_a_change_by_something_else_is_not_overwritten(tmp_path):
    """Neither one made before the file is replaced, nor one made after; what this run replaced is put back."""
    one, two, new = tmp_path / "one", tmp_path / "two", tmp_path / "new"
    one.write_text("old\n")
    two.write_text("theirs\n")
    edits = [Edit(str(one), "old\n", "ours\n"), Edit(str(two), "old\n", "ours\n")]
    with pytest.raises(FileError, match=f"^{two} has been changed by something else .* run it again$"), written(edits):
        pytest.fail("written")
    assert (one.read_text(), two.read_text()) == ("old\n", "theirs\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]
    two.unlink()
    with pytest.raises(FileError, match=f"^{two} has been removed by something else"), written(edits):
        pytest.fail("written")
    new.write_text("theirs\n")
    with (
        pytest.raises(FileError, match=f"^{new} was made by something else"),
        written([Edit(str(new), None, "ours\n")]),
    ):
        pytest.fail("written")
    assert new.read_text() == "theirs\n"


def test_a_change_that_something_else_makes_meanwhile_stays(tmp_path):
    """A failed run puts back only what is still its own."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("old\n")
    with (
        pytest.raises(FileError, match=f"; and {one} was not put back, because something else has changed it since$"),
        written([Edit(str(one), "old\n", "ours\n"), Edit(str(two), None, "ours\n")]),
    ):
        raise ValueError(one.write_text("theirs\n"))
    assert one.read_text() == "theirs\n"
    assert not two.exists()


def test_a_compiled_file_is_shown_only_if_it_changes_alone():
    own, made = Edit("/a", None, "x\n"), Edit("/b", "y\n", None, compiled=True)
    assert [entry["before_header"] for entry in file_diffs([own, made])] == ["/a"]
    assert file_diffs([made]) == [{"before_header": "/b", "after_header": "/b", "before": "y\n", "after": ""}]
    assert file_diffs([]) == []


def test_a_pipe_is_refused_without_waiting(tmp_path):
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
from module_utils._host.replacing import write_atomically
print(flush=True)
for number in range(10**9):
    write_atomically(sys.argv[2], "line %d\\n" % number * 5000)
"""


def test_a_kill_leaves_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "x.rules"
    for moment in range(8):
        # Under another name, the package does not need Ansible.
        with subprocess.Popen(
            [sys.executable, "-c", WRITE_WITHOUT_END, PLUGINS, path], stdout=subprocess.PIPE, text=True
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


def test_the_draft_of_a_killed_run_is_removed_and_that_of_a_live_one_stays(tmp_path):
    path, own = tmp_path / "x.rules", os.getpid()
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        process.wait()
    left = tmp_path / f".linux-audit.{process.pid}.12345.abc"
    # The process has another start, so that number belongs to another process now.
    reused = tmp_path / f".linux-audit.{own}.1.abc"
    live = tmp_path / f".linux-audit.{own}.{start_time(own)}.abc"
    others = tmp_path / ".linux-audit.lock"
    # A run that was killed while it made a backup has left one there.
    (tmp_path / "d.before-1").mkdir()
    in_backup = tmp_path / "d.before-1" / left.name
    in_backup.touch()
    write_atomically(str(tmp_path / "d.before-2" / "x"), "kept\n")
    assert not in_backup.exists()
    for name in (left, reused, live, others):
        name.touch()
    write_atomically(str(path), "new\n")
    assert sorted(child for child in tmp_path.iterdir() if not child.is_dir()) == sorted([live, others, path])


def test_a_draft_names_the_process_that_makes_it(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "rename", lambda *paths: pytest.fail(os.path.basename(paths[0])))
    with pytest.raises(pytest.fail.Exception, match=rf"\.linux-audit\.{os.getpid()}\.{start_time(os.getpid())}\."):
        write_atomically(str(tmp_path / "x.rules"), "new\n")


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
        pytest.raises(FileError, match="No such file or directory; no file has changed"),
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


def test_modes_of_the_configuration_follow_the_benchmarks_of_the_distribution(tmp_path, monkeypatch):
    marker, file = tmp_path / "redhat-release", tmp_path / "file"
    monkeypatch.setattr(files, "_RED_HAT", str(marker))
    assert files.configuration_mode() == 0o640
    marker.touch()
    assert files.configuration_mode() == 0o600
    file.touch()
    for mode, too_open in ((0o600, False), (0o400, False), (0o640, True), (0o604, True)):
        file.chmod(mode)
        assert files.is_too_open(str(file), 0o600) is too_open
    assert not files.is_too_open(str(tmp_path / "none"), 0o600)
