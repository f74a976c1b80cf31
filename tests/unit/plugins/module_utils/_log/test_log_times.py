# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where in a log a time begins."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._log import files as log_files
from ansible_collections.linux.audit.plugins.module_utils._log.files import Log, event_id
from log_records import events, record


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


def test_a_line_that_is_longer_than_any_should_be(tmp_path, monkeypatch):
    """It is passed over where the log is probed, and read where it is read."""
    monkeypatch.setattr(log_files, "_LONGEST_LINE", 256)
    monkeypatch.setattr(log_files, "_PROBE_BYTES", 512)
    monkeypatch.setattr(log_files, "_BLOCK", 100)
    long_line = record(105, 2).rstrip("\n") + " a0=" + "x" * 3000 + "\n"
    path = tmp_path / "a.log"
    path.write_text(record(100, 1) + long_line + record(110, 3))
    with Log(str(path)) as log:
        assert events(log) == [1, 2, 3]
        assert [events(log, start) for start in (100, 105, 110)] == [[1, 2, 3], [2, 3], [3]]
        assert events(log, 121) == []
    # A file that is nothing but the beginning of one line has no end of a line in what is looked at.
    path.write_text("x" * 3000)
    with Log(str(path)) as log:
        assert (log.files[0].first(), log.files[0].last()) == (None, None)
        assert b"".join(block for part in log.parts() for block in part.blocks(1)) == b""


def test_where_a_time_begins_in_a_large_log(large):
    """Ten seconds before it at the latest, at the beginning of a line, and at most two probes before it."""
    with Log(large(range(1_000_000, 1_003_000))) as log:
        (file,) = log.files
        seconds = {offset: event_id(line).seconds for part in log.parts() for offset, line in part.lines()}
        for start in range(1_000_000, 1_003_009, 41):
            offset = file.since(start)
            assert seconds[offset] <= max(1_000_000, start - 10)
            wanted = next(place for place, second in seconds.items() if second >= start - 10)
            assert wanted - offset < 9500
        assert file.since(1_003_009) < file.end == file.since(1_003_010)


@pytest.mark.parametrize(("late", "found"), [(10, True), (11, False)])
def test_how_much_later_than_its_records_a_log_is_read(tmp_path, late, found):
    """Records are up to ten seconds out of order; a log whose last record is older is not read at all."""
    (tmp_path / "a.log").write_text(record(100, 1))
    with Log(str(tmp_path / "a.log")) as log:
        assert bool(log.parts(100 + late)) is found
        assert log.files[0].since(100 + late) == (0 if found else log.files[0].end)


def test_the_probe_of_the_end_counts(tmp_path, monkeypatch):
    """What was written last, after the last place that is probed."""
    monkeypatch.setattr(log_files, "_PROBE_BYTES", 2000)
    monkeypatch.setattr(log_files, "_LONGEST_LINE", 200)
    early = "".join(record(100, number) for number in range(30))
    (tmp_path / "a.log").write_text(early + record(500, 99))
    with Log(str(tmp_path / "a.log")) as log:
        assert log.files[0].end < 2000
        assert events(log, 500) == [99]
        assert log.files[0].since(500) == 0
        assert log.files[0].since(511) == log.files[0].end


def test_places_without_records_are_passed_over(tmp_path, monkeypatch):
    """What is before them may be what is looked for."""
    monkeypatch.setattr(log_files, "_PROBE_BYTES", 500)
    monkeypatch.setattr(log_files, "_LONGEST_LINE", 200)
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
