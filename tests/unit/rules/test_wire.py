# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules as bytes of the kernel."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.syntax import parse_line, render
from strategies import HOST

SIZE = 4 * (3 + 4 * 64 + 1)  # struct audit_rule_data without its strings


def words(data):
    return struct.unpack_from("=260I", data)


def test_a_rule_word_by_word():
    line = (
        "-a always,exit -F arch=b64 -S read,openat -F path=/etc/passwd -F perm=wa -F a0&=0x10 -F auid!=unset -k a -k bc"
    )
    data = wire.encode(parse_line(line, HOST).rule)
    found = words(data)
    assert found[:3] == (4, 2, 6)  # AUDIT_FILTER_EXIT, AUDIT_ALWAYS, fields
    assert {number: word for number, word in enumerate(found[3:67]) if word} == {0: 1, 8: 2}
    assert found[67:73] == (11, 105, 106, 200, 9, 210)
    assert found[131:137] == (0xC000003E, 11, 10, 0x10, 0xFFFFFFFF, 4)
    assert found[195:201] == (0x40000000,) * 3 + (0x48000000, 0x30000000, 0x40000000)
    assert found[259] == 15
    assert data[SIZE:] == b"/etc/passwda\x01bc"


@pytest.mark.parametrize(
    ("line", "first", "last"),
    [
        # The kernel clears the upper half of the last word, which stands for classes of syscalls.
        ("-a always,exit", 0xFFFFFFFF, 0x0000FFFF),
        ("-a always,user", 0xFFFFFFFF, 0x0000FFFF),
        ("-a always,exclude -F msgtype=CWD", 0xFFFFFFFF, 0x0000FFFF),
        ("-a always,filesystem -F fstype=debugfs", 0xFFFFFFFF, 0x0000FFFF),
        ("-a always,task", 0, 0),
        ("-a always,exit -S 0,2031", 1, 0x00008000),
    ],
)
def test_mask(line, first, last):
    mask = words(wire.encode(parse_line(line, HOST).rule))[3:67]
    assert (mask[0], mask[63]) == (first, last)


@given(strategies.rules())
def test_what_is_encoded_is_decoded(rule):
    assert wire.decode(wire.encode(rule)) == rule


def test_what_the_tables_do_not_know_is_kept():
    rule = Rule("exit", "always", (Field("f999", "=", 7), Field("uid", "0x7000000", 1)), frozenset({1}), ("k",))
    data = wire.encode(rule)
    assert words(data)[67:69] == (999, 1)
    assert words(data)[196] == 0x7000000
    assert wire.decode(data) == rule
    assert "f999=7" in render(rule, "x86_64")


def test_bytes_that_are_no_text_are_kept():
    rule = Rule("exit", "always", (Field("path", "=", "/etc/\udcff\udc80"),), None, ("\udcfe",))
    assert wire.encode(rule).endswith(b"/etc/\xff\x80\xfe")
    assert wire.decode(wire.encode(rule)) == rule


def test_a_prepended_rule_is_the_rule():
    rule = parse_line("-a always,exit -S open", HOST).rule
    data = wire.encode(rule)
    assert wire.decode(struct.pack("=I", words(data)[0] | wire.PREPEND) + data[4:]) == rule


@given(st.binary(max_size=2000))
def test_random_bytes_are_a_rule_or_a_value_error(data):
    _decodes_or_refuses(data)


@given(strategies.rules(), st.data())
def test_damaged_bytes_are_a_rule_or_a_value_error(rule, data):
    whole = bytearray(wire.encode(rule))
    for _count in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(whole) // 4 - 1)) * 4
        whole[place : place + 4] = data.draw(st.integers(0, 0xFFFFFFFF)).to_bytes(4, "little")
    _decodes_or_refuses(bytes(whole[: data.draw(st.integers(0, len(whole)))]))


def _decodes_or_refuses(data):
    try:
        rule = wire.decode(data)
    except ValueError as error:
        assert str(error)
    else:
        render(rule, "x86_64")
        assert wire.decode(wire.encode(rule)) == rule


@pytest.mark.parametrize("size", [0, 3, SIZE - 1])
def test_too_few_bytes(size):
    with pytest.raises(ValueError, match=f"{size} bytes are too few"):
        wire.decode(b"\x00" * size)
