# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record types by category."""

import collections

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules import tables
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.record_types import (
    CATEGORIES,
    category_of,
    expand,
    names_of,
)


def test_each_type_is_in_one_category():
    found = collections.Counter(name for category in CATEGORIES for name in names_of(category))
    assert found == dict.fromkeys(dict(tables.record_types()), 1)


@pytest.mark.parametrize("category", CATEGORIES)
def test_categories_name_types_that_are_there(category):
    words = [word for word in CATEGORIES[category].split() if "-" not in word]
    assert set(words) <= set(names_of(category))
    assert names_of(category)


def test_a_category_of_a_type():
    assert category_of("ADD_USER") == "accounts"
    assert category_of("apparmor_denied") == "apparmor"
    with pytest.raises(KeyError):
        category_of("NONE_SUCH")


def test_names_numbers_and_categories_in_order():
    assert expand(["cwd", "1307", "1999", "network", "CWD"]) == [
        "CWD", "1999", "SOCKETCALL", "SOCKADDR", "NETFILTER_PKT", "NETFILTER_CFG",
    ]  # fmt: skip
    # A category is written in lower case.
    assert expand(["APPARMOR"]) == ["APPARMOR"]
    assert len(expand(["apparmor"])) > 1


@pytest.mark.parametrize("word", ["CRYPTO", "", "CWD;id", "-1", "cwd\n", "٣", "UNKNOWN[x]", "99999999999"])
def test_what_is_neither_is_refused(word):
    with pytest.raises(RuleError, match="category"):
        expand([word])
