# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Structures as texts: nothing is lost, and nothing in them is taken for a template or a structure."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.filter.compliance import FilterModule as Compliance
from ansible_collections.linux.audit.plugins.filter.packed import FilterModule as Packed
from ansible_collections.linux.audit.plugins.plugin_utils.errors import FilterError
from judged_fleet import FLEET, HOSTILE, fleet

FILTERS = Packed().filters() | Compliance().filters()
packed, unpacked = FILTERS["packed"], FILTERS["unpacked"]
TEXTS = st.text(st.sampled_from(list('{}%#"\\u07b é\n\udc80')), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda parts: st.lists(parts, max_size=4) | st.dictionaries(TEXTS, parts, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_was_packed_comes_out_again(value):
    text = packed(value)
    assert unpacked(text) == value
    assert not any(brace in text for brace in ("{{", "{%", "{#"))
    assert text.isascii()
    assert not text.startswith(("{", "["))


def test_other_values_are_left_alone():
    for value in ("text", {"a": 1}, None, ["packed "]):
        assert unpacked(value) == value


@pytest.mark.parametrize(
    ("name", "value"), [("packed", {"a": object()}), ("packed", {"a": {1}}), ("unpacked", "packed {")]
)
def test_what_cannot_be_packed_or_unpacked(name, value):
    with pytest.raises(FilterError, match=f"linux.audit.{name} takes "):
        FILTERS[name](value)


def test_evidence_is_the_same_of_packed_entries():
    document = fleet(**FLEET, hostile={"failed": True, "msg": HOSTILE})
    again = FILTERS["compliance_document"]([packed(entry) for entry in document["hosts"]], document["generated"])
    assert json.dumps(again, sort_keys=True) == json.dumps(document, sort_keys=True)
    for name in ("compliance_report", "compliance_files"):
        assert FILTERS[name](packed(document)) == FILTERS[name](document)
    for text in ("packed 1", "packed {", "x"):
        with pytest.raises(FilterError):
            FILTERS["compliance_report"](text)
