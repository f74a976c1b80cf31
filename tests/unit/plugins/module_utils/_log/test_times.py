# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Points in time as users write them."""

import time

import pytest

from ansible_collections.linux.audit.plugins.module_utils._log.times import WORDS, TimeError, iso, parse

# A Thursday, 2026-01-29T12:34:56Z
NOW = 1769690096.0


@pytest.fixture
def zone(monkeypatch):
    """zone(name): the host's time zone."""

    def zone(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield zone
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-29T12:34:56Z", NOW),
        ("2026-01-29t12:34:56z", NOW),
        ("2026-01-29 12:34:56+00:00", NOW),
        ("2026-01-29T18:04:56+05:30", NOW),
        ("2026-01-29T18:04:56+0530", NOW),
        ("2026-01-29T04:34:56-08", NOW),
        ("2026-01-29T12:34Z", NOW - 56),
        ("2026-01-29T12:34:56.250Z", NOW + 0.25),
        ("2028-02-29T00:00:00Z", 1835395200),
        ("1970-01-01T00:00:00Z", 0),
        ("@1769690096", NOW),
        ("@1769690096.5", NOW + 0.5),
    ],
)
def test_times_with_a_zone(zone, text, seconds):
    for name in ("UTC", "America/New_York"):
        zone(name)
        assert parse(text, 0) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "01/29/26",
        "01/29/2026 12:34:56",
        "12:34:56",
        "2026-01-29",
        "2026-01-29T12:34:56",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-29T24:00:00Z",
        "2026-01-29T12:60:00Z",
        "2026-01-29T12:34:60Z",
        "2026-01-29T12:34:61Z",
        "1970-01-01T24:00:00Z",
        "1969-12-31T23:59:59Z",
        "1769690096",
        "@-1",
        "checkpoint",
        "tomorrow",
        "2026-01-29T12:34:56Z\n",
        "x2026-01-29T12:34Z",
        "15 minutes",
        "ago",
        "- ago",
        "-2h ago",
        "2 hours from now",
        "1 month ago",
        "-2y",
        "-2",
        "+2h",
        "-1,5h",
        "-2hh",
        "5000 weeks ago",
        "٢026-01-29T12:34:56Z",
    ],
)
def test_what_is_no_time_or_no_single_one_is_refused(text):
    with pytest.raises(TimeError) as problem:
        parse(text, NOW)
    assert f"'{text}'" in str(problem.value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("15 minutes ago", 900),
        ("1 minute ago", 60),
        ("90 Seconds AGO", 90),
        ("2h ago", 7200),
        ("1 day 2 hours ago", 93600),
        ("3 weeks ago", 1814400),
        ("-2h", 7200),
        ("-15m", 900),
        ("- 15 min", 900),
        ("-1h30m", 5400),
        ("-1.5h", 5400),
        ("-2d", 172800),
        ("-1w", 604800),
        ("-0s", 0),
    ],
)
def test_times_before_now(zone, text, seconds):
    """The same whatever the time zone, because a day is 24 hours long."""
    zone("Europe/Berlin")
    assert parse(text, NOW) == NOW - seconds


def test_a_relative_time_with_an_unknown_unit_names_the_unit():
    """A month has no fixed length."""
    with pytest.raises(TimeError, match="'months' is no unit; the units are seconds, minutes, hours, days and weeks"):
        parse("2 months ago", NOW)


@pytest.mark.parametrize(
    ("word", "begin"),
    [
        ("now", "2026-01-29T13:34:56+01:00"),
        ("recent", "2026-01-29T13:24:56+01:00"),
        ("this-hour", "2026-01-29T13:00:00+01:00"),
        ("today", "2026-01-29T00:00:00+01:00"),
        ("yesterday", "2026-01-28T00:00:00+01:00"),
        ("this-week", "2026-01-25T00:00:00+01:00"),
        ("week-ago", "2026-01-22T00:00:00+01:00"),
        ("this-month", "2026-01-01T00:00:00+01:00"),
        ("this-year", "2026-01-01T00:00:00+01:00"),
    ],
)
def test_words_are_of_the_hosts_time_zone(zone, word, begin):
    zone("Europe/Berlin")
    assert parse(word, NOW) == parse(word.upper(), NOW) == parse(begin, 0)


def test_days_that_are_not_24_hours_long(zone):
    zone("Europe/Berlin")
    noon = parse("2026-03-29T12:00:00+02:00", 0)
    assert parse("today", noon) == parse("2026-03-29T00:00:00+01:00", 0)
    assert parse("week-ago", noon) == parse("2026-03-22T00:00:00+01:00", 0)


def test_a_week_begins_on_sunday(zone):
    """On a Sunday it is today."""
    zone("UTC")
    sunday = parse("2026-01-25T10:00:00Z", 0)
    assert parse("this-week", sunday) == parse("2026-01-25T00:00:00Z", 0)
    assert parse("this-week", sunday - 86400) == parse("2026-01-18T00:00:00Z", 0)


def test_boot_is_when_the_kernel_says():
    with open("/proc/stat", encoding="ascii") as file:
        (boot,) = [int(line.split()[1]) for line in file if line.startswith("btime ")]
    assert abs(parse("boot", time.time()) - boot) < 5
    assert set(WORDS) > {"boot", "now"}


def test_what_is_written_can_be_read():
    assert iso(1769690096, 7) == "2026-01-29T12:34:56.007Z"
    assert iso(1769690096) == "2026-01-29T12:34:56Z"
    assert parse(iso(1769690096, 250), 0) == NOW + 0.25
