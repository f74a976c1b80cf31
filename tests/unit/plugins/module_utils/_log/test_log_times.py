# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where in a log a time begins."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._log import files as log_files
from ansible_collections.linux.audit.plugins.module_utils._log.files import Log, event_id
from log_records import events, record


@pytest.fixture
def large(tmp_path, monkeypatch):
    """A log that is many times larger than what is read at once, of one record a second from 1,000,000 on."""
    monkeypatch.setattr(log_files, "_SEARCHED", 1024)
    monkeypatch.setattr(log_files, "_HEADER_BYTES", 64)
    monkeypatch.setattr(log_files, "_BLOCK", 1000)
    path = tmp_path / "large.log"

    def write(times):
        path.write_text("".join(record(seconds, number) for number, seconds in enumerate(times)))
        return str(path)

    return write


def test_only_the_end_is_read_for_what_is_late(large):
    """From the very record on."""
    with Log(large(range(1_000_000, 1_003_000))) as log:
        assert log.files[0].end > 100_000
        seconds = {offset: event_id(line).seconds for part in log.parts() for offset, line in part.lines()}
        for start in (0, 1_000_000, 1_001_234, 1_001_234.9, 1_002_999):
            assert events(log, start) == [number for number in range(3000) if 1_000_000.123 + number >= start]
            (part,) = log.parts(start)
            assert seconds[part.begin] == max(1_000_000, int(start))
        assert log.parts(1_003_000) == []
        assert events(log, 1_001_000, 1_001_002.5) == [1000, 1001, 1002]


def test_a_clock_that_was_set_back_hides_nothing(large):
    """The period that is wanted may come twice."""
    times = [*range(1_001_000, 1_002_000), *range(1_000_000, 1_003_000)]
    with Log(large(times)) as log:
        for start in (1_000_500, 1_001_500, 1_002_500):
            assert events(log, start) == [number for number, seconds in enumerate(times) if seconds >= start]


@pytest.mark.parametrize("place", [0, 1, 17, 1499, 2998, 2999])
def test_one_record_whose_clock_ran_ahead_is_found_wherever_it_is(large, place):
    """All records before and after it are older than the start."""
    times = [*range(1_000_000, 1_000_000 + place), 2_000_000, *range(1_000_001 + place, 1_003_000)]
    with Log(large(times)) as log:
        assert events(log, 1_900_000) == [place]
        (part,) = log.parts(1_900_000)
        assert next(part.lines())[1].decode() + "\n" == record(2_000_000, place)


def test_records_of_calls_that_began_long_ago_hide_nothing(large):
    """They are older than what is around them."""
    times = [seconds if seconds % 7 else 1_000_000 for seconds in range(1_000_000, 1_003_000)]
    with Log(large(times)) as log:
        for start in (1_001_500, 1_002_999):
            assert events(log, start) == [number for number, seconds in enumerate(times) if seconds >= start]
        assert events(log, None, 1_000_000.5)[-1] == 2995


@pytest.mark.parametrize("size", [50, 3000, 70_000, 1_100_000])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_lines_of_any_length_hide_nothing(tmp_path, size, place):
    """The first, one in the middle or the last."""
    lines = [record(100, 1), record(105, 2), record(110, 3)]
    lines[place] = lines[place].rstrip("\n") + " a0=" + "x" * size + "\n"
    path = tmp_path / "a.log"
    path.write_text("".join(lines))
    with Log(str(path)) as log:
        (file,) = log.files
        assert (file.first().serial, file.last().serial, file.torn) == (1, 3, False)
        assert events(log) == [1, 2, 3]
        assert [events(log, start) for start in (100, 105, 110, 111)] == [[1, 2, 3], [2, 3], [3], []]
    path.write_text("".join(lines) + record(120, 4).rstrip("\n") + "x" * size)
    with Log(str(path)) as log:
        assert (log.files[0].torn, events(log, 110)) == (True, [3])


@pytest.mark.parametrize("size", [3000, 40_000])
def test_a_line_that_no_record_has_is_passed_over(tmp_path, monkeypatch, size):
    """A power cut can leave a hole, which reads as zero bytes; what is before and after it is found."""
    monkeypatch.setattr(log_files, "_LONGEST_LINE", 20_000)
    monkeypatch.setattr(log_files, "_BLOCK", 1000)
    path = tmp_path / "a.log"
    path.write_text(record(100, 1) + "\0" * size + "\n" + record(110, 2) + "\0" * size)
    with Log(str(path)) as log:
        assert (log.files[0].first().serial, log.files[0].last().serial, log.files[0].torn) == (1, 2, True)
        (part,) = log.parts()
        lines = [(offset, line) for offset, line in part.lines() if event_id(line)]
        assert lines == [
            (0, record(100, 1).strip().encode()),
            (len(record(100, 1)) + size + 1, record(110, 2).strip().encode()),
        ]
        longest = max(len(line) for _offset, line in part.lines())
        assert longest == (size if size < 20_000 else len(record(100, 1)) - 1)
    path.write_text("\0" * size)
    with Log(str(path)) as log:
        assert (log.files[0].first(), log.files[0].last(), log.parts()) == (None, None, [])


@pytest.mark.parametrize(
    "start", [0, 1, 9, 10, 99, 100, 999, 1_000, 1_099, 1_700_000_000, 9_999_999_999, 10_000_000_000, 99_999_999_999]
)
def test_numbers_are_compared_as_numbers(tmp_path, start):
    """Whatever their length, and with zeros at the beginning."""
    seconds = sorted({start + more for more in (-101, -10, -1, 0, 1, 10, 900, 10**9) if 0 <= start + more < 10**11})
    for text in ("{}", "{:011d}"):
        for second in seconds:
            (tmp_path / "a.log").write_text(record(text.format(second), 7))
            with Log(str(tmp_path / "a.log")) as log:
                assert bool(log.parts(start)) is (second >= start)


def test_a_time_that_no_record_can_have(tmp_path):
    """A year that has five digits."""
    (tmp_path / "a.log").write_text(record(99_999_999_999, 1))
    with Log(str(tmp_path / "a.log")) as log:
        assert log.parts(10**11) == []


def test_places_without_records_are_passed_over(tmp_path, monkeypatch):
    """What is before them may be what is looked for."""
    monkeypatch.setattr(log_files, "_SEARCHED", 500)
    path = tmp_path / "a.log"
    path.write_text(record(100, 1) + "nothing\n" * 300 + record(500, 2) + record(500, 3))
    with Log(str(path)) as log:
        assert events(log, 500) == [2, 3]
        assert events(log, 100) == [1, 2, 3]
        assert events(log, 600) == []
    path.write_text("nothing\n" * 300)
    with Log(str(path)) as log:
        assert log.files[0].since(1) == log.files[0].end
        assert log.parts(1) == []
        assert len(log.parts()) == 1
