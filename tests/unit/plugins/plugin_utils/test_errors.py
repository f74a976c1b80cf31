# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of filters, which show what hosts have sent."""

import pytest

from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError
from fuzz.targets import FILTERS
from paths import PLUGINS


def test_a_line_of_a_message_stays_one():
    assert str(FilterError("first\x1b\n", "second\u202e")) == "first\\x1b\\n\nsecond\\u202e"


def test_filters_raise_no_other_error():
    files = [*(PLUGINS / "filter").glob("*.py"), *(PLUGINS / "test").glob("*.py")]
    assert [path.name for path in files if "AnsibleFilterError" in path.read_text()] == []


def test_the_distribution_of_a_host_is_shown_and_not_obeyed():
    with pytest.raises(FilterError, match=r"There is no STIG for \\x1b\[2J\\u202e 9 here"):
        FILTERS["host_standards"](["stig"], {"distribution": "\x1b[2J\u202e", "distribution_version": "9"})
