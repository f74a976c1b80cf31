# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of hosts and logs on a terminal and in a spreadsheet."""

import sys
import unicodedata

import pytest

from ansible_collections.linux.audit.plugins.filter.answers import FilterModule
from ansible_collections.linux.audit.plugins.plugin_utils.printable import for_spreadsheet, printable, width

FILTERS = FilterModule().filters()
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def test_every_character_that_is_not_shown_is_escaped():
    """All of Unicode, as this Python knows it."""
    characters = [chr(number) for number in range(sys.maxunicode + 1)]
    kept = [one for one in characters if unicodedata.category(one) in HIDDEN and printable(one) == one]
    assert kept == []
    escaped = [printable(one) for one in characters if printable(one) != one]
    assert all(text.isascii() and text.startswith("\\") for text in escaped)
    assert len(set(escaped)) == len(escaped)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b", "a b"), ("\x1b[2J", r"\x1b[2J"), ("\x9b", r"\x9b"), ("\u202e", r"\u202e"), ("\u200b", r"\u200b"),
        ("\u2066", r"\u2066"), ("\u2028", r"\u2028"), ("\U000e0041", r"\U000e0041"), ("\udcff", r"\udcff"),
        ("\ue000", r"\ue000"), ("\u3164", r"\u3164"), ("\u00e9\u4e2d", "\u00e9\u4e2d"), ("\u00a0", r"\xa0"),
    ],
)  # fmt: skip
def test_printable(text, shown):
    assert printable(text) == shown
    assert FILTERS["printable"]({text: [text, 1, None, True]}) == {shown: [shown, 1, None, True]}
    # Tables and files of rows whose texts nobody escaped before.
    assert FILTERS["table"]([{"a": text + "x"}]) == ["A", shown + "x"]
    assert FILTERS["csv"]([{"a": text + "x"}]).splitlines()[1] == shown + "x"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\uff1d"])
def test_no_text_is_a_formula(start):
    assert for_spreadsheet(f"{start}1") == "'" + printable(f"{start}1")
    assert for_spreadsheet(f"x{start}1") == printable(f"x{start}1")
    # Where the decimal sign is a comma, semicolons separate cells.
    assert for_spreadsheet(f"x; {start}1;{start}2") == printable(f"x; '{start}1;'{start}2")
    assert for_spreadsheet(f"  {start}1") == printable(f"  '{start}1")
    assert FILTERS["csv"]([{start: 1}]).splitlines()[0] == "'" + printable(start)


def test_a_number_is_no_text():
    assert FILTERS["csv"]([{"a": -1, "b": "-1"}]) == "a,b\n-1,'-1\n"


def test_columns_are_aligned_with_wide_and_combining_characters():
    lines = FILTERS["table"]([{"a": "\u4e2d\u6587", "b": "x"}, {"a": "e\u0301e", "b": "x"}, {"a": "abcd", "b": "x"}])
    assert [width(line) for line in lines] == [7, 7, 7, 7]
    assert [line.rstrip("xB")[-2:] for line in lines] == ["  "] * 4
    (_head, line) = FILTERS["table"]([{"a": "\u4e2d" * 31}])
    assert line == "\u4e2d" * 28 + "..."


def test_a_row_with_other_keys_keeps_the_columns_of_the_others():
    rows = [{"host": "a", "state": "failed"}, {"host": "b", "state": "ok", "lock": "on"}]
    assert FILTERS["table"](rows) == ["HOST  STATE   LOCK", "a     failed  -", "b     ok      on"]
    assert FILTERS["csv"](rows).splitlines() == ["host,state,lock", "a,failed,", "b,ok,on"]


def test_exact_texts_can_be_asked_for():
    event = {"time": "t", "subject": {"exe": "\x1b"}}
    assert FILTERS["event_rows"]([event], "program", escape=False) == [{"program": "\x1b"}]
    assert FILTERS["event_rows"]([event], "program") == [{"program": r"\x1b"}]
