# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What aureport prints, on three releases (tests/data/reports), as data."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._log.aureport import (
    REPORTS,
    read_overview,
    read_rows,
    read_totals,
)
from paths import DATA

REPORT_FILES = DATA / "reports"
RELEASES = ("bullseye", "bookworm", "sid")


def printed(release, report):
    return (REPORT_FILES / f"{release}-{report}.txt").read_text().splitlines(True)


def rows(release, report):
    return list(read_rows(printed(release, report), REPORTS[report][1].split()))


@pytest.mark.parametrize("release", RELEASES)
def test_rows(release):
    found = rows(release, "key")
    assert [row.values["key"] for row in found] == ["run", "net", "net", "net", "secret", "odd", "odd", "odd", "kill"]
    assert {row.values["auid"] for row in found} == {"joe"}
    assert [row.values["success"] for row in found] == [True, *[False] * 4, *[True] * 4]
    assert [row.event for row in found] == [row.values["event"] for row in found]
    assert all(1795573000 < row.seconds < 1795575000 for row in found)


@pytest.mark.parametrize("release", RELEASES)
def test_a_name_with_spaces_is_not_guessed(release):
    found = rows(release, "file")
    assert [row.values is None for row in found] == [False, True, *[False] * 4]
    assert found[1].event == rows(release, "key")[3].event


@pytest.mark.parametrize("release", RELEASES)
def test_totals_and_numbers(release):
    assert read_totals(printed(release, "comm-summary")) == [
        {"total": 9, "value": "python3"},
        {"total": 1, "value": "echo"},
    ]
    overview = read_overview(printed(release, "overview"))
    assert len(overview) == 23
    assert (overview["failed_syscalls"], overview["keys"], overview["configuration_changes"]) == (4, 6, 0)


HEAD = ["\n", "Key Report\n", "====\n", "# date time key success exe auid event\n", "====\n"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["<no events of interest were found>\n", "\n"], []),
        (["1. 01/29/26 12:34:56 a yes /bin/x joe 7\n"], [(7, True)]),
        (["1. 01/29/26 12:34:56 a ? ? unset 7\n"], [(7, True)]),
        (
            ["1. 01/29/26 12:34:56 a b yes /bin/x joe 7\n", "2. 01/29/26 12:34:56 a yes /x joe 8\n"],
            [(7, False), (8, True)],
        ),
        (["1. 01/29/26 12:34:56 a\n", "b yes /bin/x joe 7\n"], [(7, False)]),
        (["1. 01/29/26 12:34:56 a\\012b yes /bin/x joe 7\n"], [(7, False)]),
        (["1. 01/29/26 12:34:56 \n"], [(0, False)]),
    ],
)
def test_rows_that_are_odd(lines, expected):
    found = list(read_rows(HEAD + lines, REPORTS["key"][1].split()))
    assert [(row.event, row.values is not None) for row in found] == expected
    assert all(row.seconds == 1769690096 for row in found)


def test_what_is_unknown_is_none():
    (row,) = read_rows([*HEAD, "1. 01/29/26 12:34:56 (none) ? (null) unset 7\n"], REPORTS["key"][1].split())
    assert row.values == {"key": None, "success": None, "exe": None, "auid": "unset", "event": 7}


def test_rules_and_heads_are_no_rows():
    """Whatever the words of the head are; what precedes the second rule is not a row."""
    lines = ["\n", "Key Report\n", "=====\n", "1. 01/29/26 12:34:56 k yes /x joe 7\n", "X\n", "\n",
             "3. 01/29/26 12:34:56 k yes /x joe 9\n", "=\n", "2. 01/29/26 12:34:56 k no /x joe 8\n"]  # fmt: skip
    assert [row.event for row in read_rows(lines, REPORTS["key"][1].split())] == [8]
    assert list(read_rows(["=====\n", "=====\n", "<no events>\n"], ["event"])) == []


def test_lines_that_are_no_totals_or_numbers():
    """They are passed over."""
    assert read_totals(["total  key\n", "12  a  b\n", "1 x\n", " 3  y\n", "4  \n"]) == [
        {"total": 12, "value": "a  b"}, {"total": 4, "value": ""},
    ]  # fmt: skip
    assert read_overview(["Number of keys: 5\n", "Number of unicorns: 7\n", "keys: 3\n", "Number of users: x\n"]) == {
        "keys": 5
    }
