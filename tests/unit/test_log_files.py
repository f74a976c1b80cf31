# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the log, places in them, and checkpoints."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils import log_files
from ansible_collections.linux.audit.plugins.module_utils.checkpoint import Checkpoint, unfinished
from ansible_collections.linux.audit.plugins.module_utils.files import FileError
from ansible_collections.linux.audit.plugins.module_utils.log_files import EventId, Log, event_id


def record(seconds, serial, kind="SYSCALL", node=""):
    return f"{node}type={kind} msg=audit({seconds}.123:{serial}): arch=c000003e\n"


def events(log, start=None, end=None):
    """Serial numbers of the records that are read."""
    lines = b"".join(block for part in log.parts(start) for block in part.blocks(start, end)).splitlines()
    return [event_id(line).serial for line in lines]


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


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A log that is many times larger than what is probed at once, of one record a second from 1,000,000 on."""
    monkeypatch.setattr(log_files, "_PROBE_BYTES", 8192)
    monkeypatch.setattr(log_files, "_LONGEST_LINE", 1024)
    monkeypatch.setattr(log_files, "_BLOCK", 1000)
    path = tmp_path / "large.log"

    def write(times):
        path.write_text("".join(record(seconds, number) for number, seconds in enumerate(times)))
        return str(path)

    return write


def test_only_the_end_is_read_for_what_is_late(large):
    with Log(large(range(1_000_000, 1_003_000))) as log:
        assert log.files[0].end > 100_000
        for start in (0, 1_000_000, 1_001_234, 1_002_999):
            assert events(log, start) == list(range(max(0, start - 1_000_000), 3000))
            (part,) = log.parts(start)
            assert part.end - part.begin < 50 * (1_003_000 - max(start, 1_000_000)) + 20_000
        assert log.parts(1_003_100) == []
        assert events(log, 1_001_000, 1_001_002.5) == [1000, 1001, 1002]


def test_a_clock_that_was_set_back_hides_nothing(large):
    times = [*range(1_001_000, 1_002_000), *range(1_000_000, 1_003_000)]
    with Log(large(times)) as log:
        for start in (1_000_500, 1_001_500, 1_002_500):
            assert events(log, start) == [number for number, seconds in enumerate(times) if seconds >= start]


def test_records_of_calls_that_began_long_ago_hide_nothing(large):
    times = [seconds if seconds % 7 else 1_000_000 for seconds in range(1_000_000, 1_003_000)]
    with Log(large(times)) as log:
        for start in (1_001_500, 1_002_999):
            assert events(log, start) == [number for number, seconds in enumerate(times) if seconds >= start]
        assert events(log, None, 1_000_000.5)[-1] == 2995


@pytest.fixture
def marked(tmp_path):
    """marked(text, returned, left): search a log of that text with the checkpoint, return what is new in it."""

    def search(text, left=(), name="audit.log"):
        (tmp_path / name).write_text(text)
        checkpoint = Checkpoint(str(tmp_path / "mark"))
        with Log(str(tmp_path)) as log:
            lines = b"".join(b for part in checkpoint.remaining(log, log.parts()) for b in part.blocks()).splitlines()
            new = [found for found in dict.fromkeys(map(event_id, lines)) if checkpoint.is_new(found)]
            checkpoint.advance(
                log, [found for found in new if found.serial not in left], [n for n in new if n.serial in left]
            )
        checkpoint.write()
        return [found.serial for found in new if found.serial not in left], checkpoint.lost

    return search


def test_a_checkpoint_moves_on(marked, tmp_path):
    text = record(100, 1) + record(101, 2)
    assert marked(text) == ([1, 2], False)
    assert marked(text) == ([], False)
    text += record(102, 3)
    assert marked(text) == ([3], False)
    (tmp_path / "audit.log").rename(tmp_path / "audit.log.1")
    assert marked(record(103, 4)) == ([4], False)
    assert (tmp_path / "mark").stat().st_mode & 0o777 == 0o600


def test_what_was_left_is_found_later_and_the_rest_is_not(marked):
    text = record(100, 1) + record(101, 2) + record(101, 3) + record(102, 4)
    assert marked(text, left=[2]) == ([1, 3, 4], False)
    assert marked(text + record(101, 2)) == ([2], False)
    assert marked(text + record(101, 2)) == ([], False)


def test_a_log_that_is_gone_is_told(marked, tmp_path):
    assert marked(record(100, 1)) == ([1], False)
    (tmp_path / "audit.log").unlink()
    assert marked(record(2_000_000_000, 2), name="audit.log.1") == ([2], True)


@pytest.mark.parametrize("text", ["", "{}", "[]", "dev=1\ninode=2\n", '{"version": 2, "place": {}, "seen": []}', "\0"])
def test_what_is_no_checkpoint(tmp_path, text):
    (tmp_path / "mark").write_text(text)
    with pytest.raises(FileError, match="is not a checkpoint"):
        Checkpoint(str(tmp_path / "mark"))


def test_events_that_are_not_finished(tmp_path):
    text = (
        record(100, 1) + record(109, 2) + record(109, 3) + record(109, 3, "PROCTITLE") + record(109, 4, "PATH")
        + "type=USER_LOGIN msg=audit(109.123:5): pid=1 msg='op=login res=success'\n" + record(200, 6)
    )  # fmt: skip
    (tmp_path / "a.log").write_text(text)
    with Log(str(tmp_path / "a.log")) as log:
        assert [found.serial for found in unfinished(log, 110)] == [2, 4, 6]
        assert [found.serial for found in unfinished(log, 120)] == [6]
