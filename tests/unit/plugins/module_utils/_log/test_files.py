# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the log, and what is read of them."""

import errno
import gc
import gzip
import os
import warnings

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host.files import FileError
from ansible_collections.linux.audit.plugins.module_utils._log import files as log_files
from ansible_collections.linux.audit.plugins.module_utils._log.files import EventId, Log, event_id
from log_records import events, record


@pytest.mark.parametrize(
    ("line", "identity"),
    [
        (record(5, 7), EventId(5, 123, 7, None)),
        (record(5, 7, node="node=a.example "), EventId(5, 123, 7, b"a.example")),
        (record(5, 7, kind="UNKNOWN[1400]"), EventId(5, 123, 7, None)),
        ("type=SYSCALL msg=audit(5.123", None),
        ("key=type=SYSCALL msg=audit(5.123:7):", None),
        (" " + record(5, 7), None),
        ("", None),
    ],
)
def test_which_event_a_line_is_of(line, identity):
    assert event_id(line.encode()) == identity


def test_rotated_files_are_read_oldest_first(tmp_path):
    for name, serial in (("audit.log", 4), ("audit.log.1", 3), ("audit.log.2", 2), ("audit.log.10", 1)):
        (tmp_path / name).write_text(record(100 + serial, serial))
    (tmp_path / "audit.log.2.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / "audit.log.3").symlink_to("audit.log.2")
    with Log(str(tmp_path)) as log:
        assert events(log) == [1, 2, 3, 4]
        assert events(log, 103.2) == [4]
        assert events(log, None, 102.2) == [1, 2]


def test_a_log_that_is_rotated_while_it_is_opened_is_read_once(tmp_path, monkeypatch):
    (tmp_path / "audit.log").write_text(record(1, 1))
    listed = log_files.os.listdir

    def rotate_and_list(directory):
        (tmp_path / "audit.log").rename(tmp_path / "audit.log.1")
        (tmp_path / "audit.log").write_text(record(2, 2))
        return listed(directory)

    monkeypatch.setattr(log_files.os, "listdir", rotate_and_list)
    with Log(str(tmp_path)) as log:
        assert events(log) == [1]


def test_half_a_line_is_left_out(tmp_path):
    log_file = tmp_path / "a.log"
    log_file.write_text(record(1, 1) + record(2, 2)[:30])
    with Log(str(log_file)) as log:
        assert events(log) == [1]
        assert log.files[0].torn
    log_file.write_text("no end of a line")
    with Log(str(log_file)) as log:
        assert log.parts() == []


def test_what_is_no_log(tmp_path):
    for path, part in ((tmp_path / "none", "No such file"), (tmp_path, "audit.log")):
        with pytest.raises(FileError, match=part):
            Log(str(path))
    (tmp_path / "empty").touch()
    with Log(str(tmp_path / "empty")) as log:
        assert (log.parts(), log.files[0].first(), log.files[0].last()) == ([], None, None)


def test_an_event_is_told_apart_by_all_of_its_id():
    """Not by its number alone, which begins at 1 with each boot."""
    lines = [record(5, 7), record(6, 7), record(5, 8), record(5, 7, node="node=a ")]
    assert len({event_id(line.encode()) for line in lines}) == 4
    assert event_id(b"type=A msg=audit(5.124:7):") != event_id(b"type=A msg=audit(5.123:7):")
    assert event_id(b"type=A msg=audit(12345678901.001:4294967295):") == EventId(12345678901, 1, 4294967295, None)
    for text in (b"5.12:7", b"5.1234:7", b"123456789012.123:7", b".123:7", b"5.123:", b"-5.123:7"):
        assert event_id(b"type=A msg=audit(" + text + b"):") is None


@pytest.mark.parametrize("block", [1, 7, 50, 63, 64, 65, 1 << 17])
def test_lines_across_the_ends_of_blocks(tmp_path, monkeypatch, block):
    """Each line once, with its offset, however much is read at a time; with times, too."""
    monkeypatch.setattr(log_files, "_BLOCK", block)
    texts = [record(number, number, node="node=" + "x" * number + " ") for number in range(1, 40)]
    texts[5:5] = ["no record\n", "\n"]
    (tmp_path / "a.log").write_text("".join(texts))
    with Log(str(tmp_path / "a.log")) as log:
        (part,) = log.parts()
        offsets = [sum(map(len, texts[:place])) for place in range(len(texts))]
        assert list(part.lines()) == [(o, t.rstrip("\n").encode()) for o, t in zip(offsets, texts, strict=True)]
        assert b"".join(part.blocks()) == "".join(texts).encode()
        assert b"".join(part.blocks(20, 22.5)) == "".join(texts[21:24]).encode()
        shorter = part._replace(begin=offsets[3], end=offsets[5])
        assert list(shorter.lines()) == [(offsets[n], texts[n].rstrip("\n").encode()) for n in (3, 4)]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (2.123, None, [2, 3]),
        (2.1231, None, [2, 3]),
        (2.124, None, [3]),
        (2.122, None, [2, 3]),
        (None, 2.123, [1, 2]),
        (None, 2.122, [1]),
        (None, 2.124, [1, 2]),
        (0, 0, []),
        (2.123, 2.123, [2]),
        (3.124, None, []),
        (0, None, [1, 2, 3]),
        (None, 0, []),
    ],
)
def test_bounds_are_inclusive_to_the_millisecond(tmp_path, start, end, expected):
    """A bound of 0 is one, too; lines that are no records lie between no times."""
    (tmp_path / "a.log").write_text("no record\n" + "".join(record(number, number) for number in (1, 2, 3)))
    with Log(str(tmp_path / "a.log")) as log:
        (part,) = log.parts()
        lines = b"".join(part.blocks(start, end)).splitlines()
        if start is None and end is None:
            assert lines.pop(0) == b"no record"
        assert [event_id(line).serial for line in lines] == expected


def test_bounds_that_are_no_whole_milliseconds_in_binary(tmp_path):
    """1795574579.086 times 1000 is a little less than a whole number."""
    (tmp_path / "a.log").write_text(record(1795574579, 1).replace(".123", ".086"))
    with Log(str(tmp_path / "a.log")) as log:
        (part,) = log.parts()
        assert b"".join(part.blocks(1795574579.086, 1795574579.086))
        assert not b"".join(part.blocks(1795574579.087))
        assert not b"".join(part.blocks(None, 1795574579.085))


@pytest.mark.parametrize(
    ("text", "end"),
    [(b"", 0), (b"\n", 1), (b"a", 0), (b"a\n", 2), (b"a\nb", 2), (b"a\n\n", 3), (b"\0\n\xff", 2)],
)
def test_where_the_last_whole_line_ends(tmp_path, text, end):
    """What is after it is half a line, or nothing."""
    (tmp_path / "a.log").write_bytes(text)
    with Log(str(tmp_path / "a.log")) as log:
        (file,) = log.files
        assert (file.end, file.torn, file.size) == (end, end < len(text), len(text))
        assert [part.end for part in log.parts()] == ([end] if end else [])


def test_the_end_of_a_file_whose_lines_are_longer_than_what_is_read_at_once(tmp_path, monkeypatch):
    """As much is read as it takes."""
    monkeypatch.setattr(log_files, "_HEADER_BYTES", 50)
    path = tmp_path / "a.log"
    path.write_text(record(1, 1) * 9 + record(2, 2) + "x" * 20)
    with Log(str(path)) as log:
        (file,) = log.files
        assert (file.end, file.torn) == (len(record(1, 1)) * 10, True)
        assert file.last() == EventId(2, 123, 2, None)
        assert file.first() == EventId(1, 123, 1, None)


def test_first_and_last(tmp_path):
    """Of records; lines that are none do not count, nor does half a one."""
    text = "no record\n" + record(5, 1) + record(7, 2) + record(6, 3) + "no record\n" + record(9, 4).rstrip("\n")
    (tmp_path / "a.log").write_text(text)
    with Log(str(tmp_path / "a.log")) as log:
        assert log.files[0].first() == EventId(5, 123, 1, None)
        assert log.files[0].last() == EventId(6, 123, 3, None)


def test_what_is_written_later_is_not_read(tmp_path):
    """Neither is what a line is completed with; a log that is rotated or removed is read on."""
    path = tmp_path / "audit.log"
    path.write_text(record(1, 1) + record(2, 2)[:20])
    with Log(str(path)) as log:
        with path.open("a") as file:
            file.write(record(2, 2)[20:] + record(3, 3))
        assert events(log) == [1]
        path.rename(tmp_path / "audit.log.1")
        path.write_text("")
        assert events(log) == [1]
        (tmp_path / "audit.log.1").unlink()
        assert events(log) == [1]


def test_a_log_that_shrinks_while_it_is_read(tmp_path, monkeypatch):
    """The whole lines that are left are returned; nothing waits for the rest."""
    monkeypatch.setattr(log_files, "_BLOCK", len(record(1, 1)))
    path = tmp_path / "a.log"
    path.write_text(record(1, 1) * 5)
    with Log(str(path)) as log:
        (part,) = log.parts()
        blocks = part.blocks()
        assert next(blocks) == record(1, 1).encode()
        with path.open("r+") as file:
            file.truncate(len(record(1, 1)) + 10)
        assert list(blocks) == []
        assert len(list(part.lines())) == 1


def test_reads_that_return_less_than_is_asked_for(tmp_path, monkeypatch):
    """As those of some file systems do: the rest is read as well."""
    (tmp_path / "a.log").write_text("".join(record(number, number) for number in range(1, 9)))
    pread, sizes = log_files.os.pread, []

    def little(handle, size, offset):
        sizes.append(size)
        return pread(handle, min(size, 10), offset)

    monkeypatch.setattr(log_files.os, "pread", little)
    with Log(str(tmp_path / "a.log")) as log:
        assert events(log) == list(range(1, 9))
        (file,) = log.files
        assert file.read(5, 30) == (tmp_path / "a.log").read_bytes()[5:30]
        sizes.clear()
        assert file.read(file.size - 3, file.size + 10) == (tmp_path / "a.log").read_bytes()[-3:]
    assert sizes == [13, 10]


def test_files_are_closed(tmp_path):
    """Those of a log that was read, and of one that is refused."""
    for name in ("audit.log", "audit.log.1"):
        (tmp_path / name).write_text(record(1, 1))
    os.mkfifo(tmp_path / "audit.log.9")
    before = os.listdir("/proc/self/fd")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ResourceWarning)
        with pytest.raises(FileError, match=r"audit\.log\.9 is not a regular file") as problem:
            Log(str(tmp_path))
        problem = None  # noqa: F841  # what it holds is freed
        gc.collect()
    # Python closes what is forgotten, and says so.
    assert [str(one.message) for one in said] == []
    (tmp_path / "audit.log.9").unlink()
    with Log(str(tmp_path)) as log:
        assert len(log.files) == 2
    assert os.listdir("/proc/self/fd") == before


def test_the_same_file_by_two_names_is_read_once(tmp_path):
    """And its second handle closed."""
    (tmp_path / "audit.log").write_text(record(1, 1))
    os.link(tmp_path / "audit.log", tmp_path / "audit.log.1")
    before = len(os.listdir("/proc/self/fd"))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", ResourceWarning)
        log = Log(str(tmp_path))
        gc.collect()
    assert [str(one.message) for one in said] == []
    with log:
        assert [file.path for file in log.files] == [str(tmp_path / "audit.log")]
        assert len(os.listdir("/proc/self/fd")) == before + 1
        status = (tmp_path / "audit.log").stat()
        assert log.files[0].identity == (status.st_dev, status.st_ino)


def test_rotated_files_without_the_newest_are_a_log(tmp_path):
    """So it is between the two steps of a rotation; names that are none of it do not count."""
    (tmp_path / "audit.log.1").write_text(record(1, 1))
    for name in ("audit.log.1.gz", "audit.log.old", "xaudit.log.1", "auditXlog.2", "audit.log.-1", "audit.log."):
        (tmp_path / name).write_text(record(9, 9))
    with Log(str(tmp_path)) as log:
        assert events(log) == [1]
        assert [file.path for file in log.files] == [str(tmp_path / "audit.log.1")]


def test_a_single_file_is_read_without_what_it_was_rotated_to(tmp_path):
    """Only a directory, or the log of auditd, stands for all files."""
    (tmp_path / "audit.log").write_text(record(2, 2))
    (tmp_path / "audit.log.1").write_text(record(1, 1))
    with Log(str(tmp_path / "audit.log")) as log:
        assert events(log) == [2]


def test_a_compressed_log_has_no_records(tmp_path):
    """It is read, as any file is, and holds none."""
    path = tmp_path / "audit.log.1.gz"
    path.write_bytes(gzip.compress(record(1, 1).encode() * 100))
    with Log(str(path)) as log:
        assert [event_id(line) for part in log.parts() for _offset, line in part.lines() if event_id(line)] == []
        assert log.files[0].first() is None


def refusing(function, path, code):
    """The function, but for a path that it refuses with an errno."""

    def refuse(name, *arguments, **options):
        if str(name) == str(path):
            raise OSError(code, os.strerror(code), str(name))
        return function(name, *arguments, **options)

    return refuse


def test_what_may_not_be_read(tmp_path, monkeypatch):
    """A file, or the directory; the message says which. Root may read all, so the refusal is made here."""
    (tmp_path / "audit.log").write_text(record(1, 1))
    with monkeypatch.context() as patch:
        patch.setattr(log_files.os, "listdir", refusing(os.listdir, tmp_path, errno.EACCES))
        with pytest.raises(FileError, match=f"^the logs in {tmp_path} cannot be read: Permission denied$"):
            Log(str(tmp_path))
    monkeypatch.setattr(os, "open", refusing(os.open, tmp_path / "audit.log", errno.EACCES))
    for source in (tmp_path, tmp_path / "audit.log"):
        with pytest.raises(FileError, match=f"^the log {tmp_path}/audit.log cannot be read: Permission denied$"):
            Log(str(source))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    """It is no regular file, and nobody may ever write to it."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match=f"^{tmp_path}/pipe is not a regular file$"):
        Log(str(tmp_path / "pipe"))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("log_file = {}/mine.log\n", "mine.log"),
        ("  LOG_FILE   =  {}/mine.log  \n", "mine.log"),
        # What auditd does not read: no spaces round the sign, tabs, a last line without a newline.
        ("log_file={}/mine.log\n", "audit.log"),
        ("log_file\t=\t{}/mine.log\n", "audit.log"),
        ("log_file = {}/mine.log", "audit.log"),
        ("log_file = {0}/other.log\nlog_file = {0}/mine.log\n", "mine.log"),
        ("#log_file = {}/mine.log\n", "audit.log"),
        ("log_file = {}/a b\n", "audit.log"),
        ("xlog_file = {}/mine.log\n", "audit.log"),
        ("log_file =\n", "audit.log"),
        ("", "audit.log"),
        (None, "audit.log"),
    ],
)
def test_the_log_that_auditd_is_told_to_write(tmp_path, monkeypatch, text, name):
    """With what it was rotated to; the usual one where auditd.conf names none."""
    if text is not None:
        (tmp_path / "auditd.conf").write_text(text.format(tmp_path))
    monkeypatch.setattr(log_files, "_CONFIGURATION", str(tmp_path / "auditd.conf"))
    monkeypatch.setattr(log_files, "_DEFAULT", str(tmp_path / "audit.log"))
    for number, file in enumerate(("mine.log", "audit.log", "other.log"), 1):
        (tmp_path / file).write_text(record(number, number))
        (tmp_path / f"{file}.1").write_text(record(number, number + 10))
    with Log(None) as log:
        assert [file.path for file in log.files] == [str(tmp_path / f"{name}.1"), str(tmp_path / name)]


def test_the_usual_places():
    """Those of the packages."""
    assert (log_files._CONFIGURATION, log_files._DEFAULT) == ("/etc/audit/auditd.conf", "/var/log/audit/audit.log")
