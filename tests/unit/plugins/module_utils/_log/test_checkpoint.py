# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Up to where a log was searched: which place is kept, and what is new after it."""

import errno
import json
import os

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host import replacing
from ansible_collections.linux.audit.plugins.module_utils._host.files import FileError
from ansible_collections.linux.audit.plugins.module_utils._log import checkpoint as checkpoint_module
from ansible_collections.linux.audit.plugins.module_utils._log.checkpoint import Checkpoint, unfinished
from ansible_collections.linux.audit.plugins.module_utils._log.files import EventId, Log, event_id

NOW = 1_800_000_000


def record(seconds, serial, kind="SYSCALL", node="", milliseconds=123, rest="arch=c000003e"):
    return f"{node}type={kind} msg=audit({seconds}.{milliseconds:03d}:{serial}): {rest}\n"


def serials(parts):
    return [event_id(line).serial for part in parts for _offset, line in part.lines()]


class Search:
    """Searches of the log in a directory, each with the checkpoint of the one before."""

    def __init__(self, directory):
        self.directory, self.mark = directory, directory / "mark"

    def __call__(self, text=None, left=(), name="audit.log", start=None, source=None):
        """Write the log if a text is given; return the new events, as serial numbers, but those that are left."""
        if text is not None:
            (self.directory / name).write_text(text)
        self.checkpoint = Checkpoint(str(self.mark))
        with Log(str(source or self.directory)) as log:
            remaining = self.checkpoint.remaining(log, log.parts(start))
            found = dict.fromkeys(event_id(line) for part in remaining for _offset, line in part.lines())
            new = [identity for identity in found if identity and self.checkpoint.is_new(identity)]
            later = [identity for identity in new if identity.serial in left]
            returned = [identity for identity in new if identity not in later]
            self.checkpoint.advance(log, returned, later)
        self.checkpoint.write()
        return [identity.serial for identity in returned]

    @property
    def state(self):
        return json.loads(self.mark.read_text())

    def change(self, **values):
        """Change the place that is kept."""
        state = self.state
        state["place"].update(values)
        self.mark.write_text(json.dumps(state))


@pytest.fixture
def search(tmp_path, monkeypatch):
    """Searches of a log of its own, at a time that is given."""
    monkeypatch.setattr(checkpoint_module.time, "time", lambda: NOW + 0.9)
    return Search(tmp_path)


def test_what_is_kept(search):
    """The file by its inode and its first event, the place in it, the time; for nobody else to read."""
    text = record(100, 1, node="node=a.example ") + record(101, 2)
    assert search(text) == [1, 2]
    status = (search.directory / "audit.log").stat()
    assert search.state == {
        "version": 1,
        "place": {
            "device": status.st_dev,
            "inode": status.st_ino,
            "first": "100.123:1 a.example",
            "offset": len(text),
            "time": NOW,
        },
        "seen": [],
    }
    assert search.mark.stat().st_mode & 0o777 == 0o600
    assert search.mark.read_text().endswith("}\n")


def test_a_search_without_a_checkpoint_yet(search):
    """Everything is new, and nothing is lost."""
    search.checkpoint = Checkpoint(str(search.mark))
    assert (search.checkpoint.exists, search.checkpoint.lost) == (False, False)
    assert search(record(100, 1)) == [1]
    assert (Checkpoint(str(search.mark)).exists, search.checkpoint.lost) == (True, False)


def test_a_checkpoint_that_cannot_be_replaced_says_what_comes_of_it(search, monkeypatch):
    search(record(NOW - 10, 1))

    def fail(*_paths):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(replacing.os, "rename", fail)
        with pytest.raises(
            FileError, match="cannot be replaced, so the next search returns these events again: No space"
        ):
            search(record(NOW - 10, 1) + record(NOW - 9, 2))
    assert search() == [2]


def test_a_checkpoint_that_is_in_place_without_being_on_the_disk_says_where_the_next_search_begins(search, monkeypatch):
    search(record(NOW - 10, 1))

    def fail(_path):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patch:
        patch.setattr(replacing, "_sync_directory", fail)
        with pytest.raises(
            FileError, match="is in place, so the next search begins after these events.*: Input/output"
        ):
            search(record(NOW - 10, 1) + record(NOW - 9, 2))
    assert search() == []


def test_a_checkpoint_that_was_not_moved_is_not_written(search):
    """There would be nothing in it."""
    Checkpoint(str(search.mark)).write()
    assert not search.mark.exists()


def test_files_after_the_place_are_read_whole_and_those_before_not(search):
    """Whatever was rotated in between."""
    search(record(100, 1), name="audit.log.2")
    search(record(101, 2), name="audit.log.1")
    search(record(102, 3))
    (search.directory / "audit.log").write_text(record(102, 3) + record(102, 4))
    for number in (2, 1, 0):
        old = search.directory / (f"audit.log.{number}" if number else "audit.log")
        old.rename(search.directory / f"audit.log.{number + 1}")
    assert search(record(103, 5)) == [4, 5]
    assert search.checkpoint.lost is False
    assert search() == []


def test_the_place_is_at_the_end_of_the_newest_file(search):
    """When nothing is left."""
    search(record(100, 1), name="audit.log.1")
    search(record(101, 2) + record(102, 3))
    place = search.state["place"]
    assert (place["first"], place["offset"]) == ("101.123:2", len(record(101, 2) * 2))
    checkpoint = Checkpoint(str(search.mark))
    with Log(str(search.directory)) as log:
        checkpoint.advance(log, [], [EventId(500, 0, 9, None)])
        checkpoint.write()
    assert search.state["place"] == place


def test_a_log_that_shrank_is_another(search):
    """Its place is beyond the end."""
    search(record(100, 1) + record(101, 2))
    assert search(record(100, 1)) == []
    assert search.checkpoint.lost is True


def test_a_log_that_ends_at_the_place_is_the_same(search):
    """Nothing was written since."""
    text = record(100, 1) + record(101, 2)
    search(text)
    assert search(text) == []
    assert search.checkpoint.lost is False
    with Log(str(search.directory)) as log:
        assert Checkpoint(str(search.mark)).remaining(log, log.parts()) == []


def test_an_inode_that_is_used_again(search):
    """The first event is another: the log is gone; what is older than the search is not new."""
    search(record(100, 1))
    text = record(NOW - 1, 7) + record(NOW, 8) + record(NOW + 1, 9)
    assert search(text) == [8, 9]
    assert search.checkpoint.lost is True


@pytest.mark.parametrize("name", ["inode", "device"])
def test_another_file_with_the_same_first_event_is_another(search, name):
    """A copy, as of a log that is truncated after it was copied."""
    text = record(100, 1)
    search(text)
    search.change(**{name: search.state["place"][name] + 1})
    assert search(text + record(NOW, 2)) == [2]
    assert search.checkpoint.lost is True


def test_a_log_without_a_record_then(search):
    """Its first event was not known; it has one now."""
    assert search("") == []
    assert search.state["place"]["first"] is None
    assert search(record(100, 1)) == [1]
    assert search.checkpoint.lost is False


def test_a_log_that_has_lost_its_records(search):
    """It had a first event, and has none now, as if somebody had emptied and refilled it."""
    search(record(100, 1))
    assert search("x" * 200 + "\n") == []
    assert search.checkpoint.lost is True


def test_half_a_line_is_not_passed_over(search):
    """The place is where the last whole line ends."""
    whole, next_one = record(100, 1), record(101, 2)
    assert search(whole + next_one[:30]) == [1]
    assert search.state["place"]["offset"] == len(whole)
    assert search(whole + next_one) == [2]


def test_the_later_of_a_start_and_the_place_counts(search):
    """A start that is before the place brings nothing back; one that is after it passes over what is between."""
    text = record(100, 1) + record(101, 2)
    search(text)
    assert search(text + record(102, 3), start=50) == [3]
    text += record(102, 3)
    assert search(text + record(1000, 4), start=1000) == [4]
    # Part.begin lies at or after the place where the file has more than a probe reads only.
    with Log(str(search.directory)) as log:
        (part,) = log.parts()
        moved = part._replace(begin=len(text) + 10)
        search.change(offset=len(text))
        (remaining,) = Checkpoint(str(search.mark)).remaining(log, [moved])
        assert remaining.begin == len(text) + 10


def test_what_is_left_comes_again_and_what_was_returned_does_not(search):
    """Those around it are remembered, as the place is before them."""
    text = record(100, 1) + record(101, 2) + record(101, 3) + record(102, 4)
    assert search(text, left=[2]) == [1, 3, 4]
    assert search.state["place"]["offset"] == 0
    assert search.state["seen"] == ["100.123:1", "101.123:3", "102.123:4"]
    assert search(text, left=[2]) == []
    assert search(text + record(103, 5)) == [2, 5]
    assert search.state["seen"] == []
    assert search() == []


def test_the_place_is_two_seconds_before_what_is_left(search):
    """As long as records of one event may be apart; of what was returned twelve seconds are remembered."""
    text = "".join(record(100 + number, number) for number in range(30))
    assert search(text, left=[20]) == [number for number in range(30) if number != 20]
    lines = text.splitlines(True)
    assert search.state["place"]["offset"] == sum(map(len, lines[:18]))
    assert search.state["seen"] == [f"{100 + number}.123:{number}" for number in range(8, 30) if number != 20]


def test_of_what_is_left_the_oldest_counts(search):
    """Whatever the order."""
    text = "".join(record(100 + number, number) for number in range(30))
    search(text, left=[25, 20, 22])
    assert search.state["place"]["offset"] == sum(map(len, text.splitlines(True)[:18]))
    assert search(left=[]) == [20, 22, 25]


def test_what_is_remembered_is_kept_as_long_as_something_is_left(search):
    """By more than one search."""
    text = record(100, 1) + record(101, 2) + record(101, 3)
    assert search(text, left=[2]) == [1, 3]
    assert search(text + record(101, 4), left=[2]) == [4]
    assert search.state["seen"] == ["100.123:1", "101.123:3", "101.123:4"]
    assert search(text + record(101, 4)) == [2]


def test_the_place_never_moves_back(search):
    """What is left may have a record that is older than what was there before."""
    text = record(100, 1) + record(101, 2)
    search(text)
    more = text + record(90, 3) + record(102, 4)
    assert search(more, left=[3]) == [4]
    assert search.state["place"]["offset"] == len(text)
    assert search(more) == [3]


def test_what_is_left_in_a_rotated_file(search):
    """The place is in that file."""
    search(record(100, 1) + record(200, 2), name="audit.log.1")
    search.mark.unlink()
    assert search(record(300, 3), left=[2]) == [1, 3]
    assert search.state["place"]["inode"] == (search.directory / "audit.log.1").stat().st_ino
    assert search.state["place"]["first"] == "100.123:1"
    assert search.state["place"]["offset"] == len(record(100, 1))
    assert search() == [2]


def test_what_is_left_and_is_not_there_any_more(search):
    """The place is at the end."""
    search(record(100, 1))
    checkpoint = Checkpoint(str(search.mark))
    with Log(str(search.directory)) as log:
        checkpoint.advance(log, [], [EventId(500, 0, 9, None)])
        checkpoint.write()
    assert search.state["place"]["offset"] == len(record(100, 1))


def test_events_of_one_number_are_told_apart(search):
    """By their time, to the millisecond, and by their node."""
    first = record(100, 7) + record(100, 7, milliseconds=124) + record(100, 7, node="node=a ") + record(101, 9)
    assert search(first, left=[9]) == [7, 7, 7]
    assert search.state["seen"] == ["100.123:7", "100.123:7 a", "100.124:7"]
    again = first + record(100, 7, node="node=b ") + record(101, 7)
    assert search(again) == [9, 7, 7]


def test_a_node_that_is_no_text(search):
    """It is told apart, too, and can be written."""
    (search.directory / "audit.log").write_bytes(b"node=\xff " + record(100, 1).encode() + record(101, 2).encode())
    assert search(left=[2]) == [1]
    assert search.state["seen"] == ["100.123:1 \\xff"]
    assert search() == [2]


def test_lines_that_are_no_records_do_not_matter(search):
    """Neither to where the place is, nor to what is left."""
    text = "no record\n" + record(100, 1) + "nor this\n" + record(105, 2) + record(105, 3)
    assert search(text, left=[3]) == [1, 2]
    assert search.state["place"]["offset"] == text.index(record(105, 2))


def right(**place):
    values = {"device": 1, "inode": 2, "first": None, "offset": 0, "time": 0} | place
    return {"version": 1, "place": values, "seen": []}


@pytest.mark.parametrize(
    "state",
    [
        right(device="1"),
        right(inode=None),
        right(offset="0"),
        right(time=1.5),
        right(more=1),
        right() | {"version": 2},
        right() | {"seen": None},
        right() | {"seen": ["x"]},
        right() | {"seen": [5]},
        right() | {"seen": [""]},
        right(first=5),
        right(offset=-1),
        right() | {"place": None},
        {"place": right()["place"], "seen": []},
        {"version": 1, "seen": []},
        {"version": 1, "place": right()["place"]},
        [],
        "text",
    ],
)
def test_what_is_no_checkpoint(search, state):
    """The message names the file, and says what to do; the file is left alone."""
    search.mark.write_text(json.dumps(state))
    with pytest.raises(FileError, match=f"^{search.mark} is not a checkpoint of audit_search; name another file, or"):
        Checkpoint(str(search.mark))
    assert json.loads(search.mark.read_text()) == state


@pytest.mark.parametrize(
    "data", [b"", b"\0\0\0", b"\xff\xfe", b"{", b"[" * 100_000, b'{"version": 1, "place": {"device"', b"1" * 5000]
)
def test_a_damaged_checkpoint_is_refused(search, data):
    """Cut off, binary, or of another format; never a traceback."""
    search.mark.write_bytes(data)
    with pytest.raises(FileError, match=f"^{search.mark} is not a checkpoint of audit_search"):
        Checkpoint(str(search.mark))


def test_a_path_with_a_zero_byte_is_refused():
    """By a sentence that names it."""
    with pytest.raises(FileError, match="has a zero byte"):
        Checkpoint("/tmp/a\0b")


def test_a_place_that_is_not_put_in_place_is_searched_again(search):
    """A search that is killed before its events have been printed loses none."""
    text = record(100, 1) + record(101, 2)
    (search.directory / "audit.log").write_text(text)
    checkpoint = Checkpoint(str(search.mark))
    with Log(str(search.directory)) as log:
        checkpoint.advance(log, [EventId(100, 123, 1, None)], [])
    put_in_place = checkpoint.draft()
    assert not search.mark.exists()
    assert search() == [1, 2]
    put_in_place()
    assert search() == []


def test_what_is_one(search):
    """The tests above fail for what they change alone."""
    search.mark.write_text(json.dumps(right()))
    assert Checkpoint(str(search.mark)).exists


def test_a_checkpoint_that_is_no_file(search):
    """A directory, or a pipe, is refused and not waited for."""
    search.mark.mkdir()
    with pytest.raises(FileError, match=f"{search.mark} "):
        Checkpoint(str(search.mark))


def test_a_directory_that_is_not_there_is_made(search):
    """For the checkpoint."""
    search.mark = search.directory / "new" / "mark"
    assert search(record(100, 1)) == [1]
    assert search.mark.exists()


@pytest.mark.parametrize(
    ("last", "whole"),
    [
        (record(109, 1, "PROCTITLE"), True),
        (record(109, 1, "EOE", rest=""), True),
        (record(109, 1, "DAEMON_START"), True),
        (record(109, 1, "USER_LOGIN", rest="pid=1 msg='op=login'"), True),
        (record(109, 1, "PATH"), False),
        (record(109, 1, "PATH", rest='name="msg=\'"'), False),
        (record(109, 1, "PROCTITLED"), False),
        (record(110, 1, "PROCTITLE"), False),
        (record(109, 1, "PROCTITLE", node="node=a "), False),
        (record(109, 1, "PROCTITLE", milliseconds=124), False),
    ],
)
def test_what_ends_an_event(tmp_path, last, whole):
    """A record that is written last, or alone; of the same event."""
    path = tmp_path / "a.log"
    for text in (record(109, 1) + last, last + record(109, 1)):
        path.write_text(text)
        with Log(str(path)) as log:
            assert (EventId(109, 123, 1, None) not in unfinished(log.parts(), 110)) is whole


def test_how_long_the_end_of_an_event_is_waited_for(tmp_path):
    """Two seconds; that of an event whose clock is ahead as long as it is."""
    path = tmp_path / "a.log"
    path.write_text("no record\n" + "".join(record(seconds, seconds) for seconds in (107, 108, 109, 110, 111, 500)))
    with Log(str(path)) as log:
        assert [identity.serial for identity in unfinished(log.parts(), 110)] == [109, 110, 111, 500]
        assert [identity.serial for identity in unfinished(log.parts(), 110.5)] == [109, 110, 111, 500]
        assert [identity.serial for identity in unfinished(log.parts(), 111)] == [110, 111, 500]
        assert [identity.serial for identity in unfinished(log.parts(), 502)] == []
