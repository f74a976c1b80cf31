# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules as bytes of the kernel."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
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
    # What is not used is zero, as in the memory that auditctl begins with.
    assert [word for start in (67, 131, 195) for word in found[start + 6 : start + 64]] == [0] * 58 * 3
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


@given(strategies.rules())
def test_the_layout_is_that_of_struct_audit_rule_data(rule):
    """Columns of 64 words, of which those that no field needs are zero; the strings follow, as long as they are."""
    data = wire.encode(rule)
    head = struct.Struct("=3I64I64I64I64II")
    found = head.unpack_from(data)
    count, mask, columns = found[2], found[3:67], [found[67 + 64 * number : 131 + 64 * number] for number in range(3)]
    assert len(data) == head.size + found[-1]
    assert count == len(rule.fields) + bool(rule.keys)
    assert [sum(column[count:]) for column in columns] == [0, 0, 0]
    if rule.list == "task":
        assert not any(mask)
    elif rule.syscalls is not None:
        assert {number for number in range(2048) if mask[number // 32] >> number % 32 & 1} == rule.syscalls


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


def many(count, keys=()):
    return Rule("exit", "always", tuple(Field("a0", "!=", number) for number in range(count)), None, keys)


@pytest.mark.parametrize("rule", [many(64), many(63, ("k",)), many(63), many(1), many(0)])
def test_as_many_fields_as_there_is_room_for(rule):
    """AUDIT_MAX_FIELDS is 64, the key included."""
    data = wire.encode(rule)
    assert words(data)[2] == len(rule.fields) + len(rule.keys)
    assert wire.decode(data) == rule


@pytest.mark.parametrize("rule", [many(65), many(64, ("k",))])
def test_more_fields_than_there_is_room_for(rule):
    with pytest.raises(RuleError, match="^has 65 fields; the kernel accepts at most 64, including the key$"):
        wire.encode(rule)


def changed(line, place, word):
    """The bytes of a rule with another word at that place."""
    data = bytearray(wire.encode(parse_line(line, HOST).rule))
    struct.pack_into("=I", data, 4 * place, word)
    return bytes(data)


@pytest.mark.parametrize(
    ("place", "word", "reason"),
    [
        (0, 2, "list 2, action 2, 1 fields"),  # AUDIT_FILTER_ENTRY, which is gone
        (0, 8, "list 8, action 2, 1 fields"),
        (0, 0x24, "list 36, action 2, 1 fields"),
        (1, 1, "list 4, action 1, 1 fields"),  # AUDIT_POSSIBLE, which is gone
        (1, 3, "list 4, action 3, 1 fields"),
        (2, 65, "list 4, action 2, 65 fields"),
    ],
)
def test_words_that_no_rule_has(place, word, reason):
    with pytest.raises(ValueError, match=f"^not an audit rule: {reason}$"):
        wire.decode(changed("-a always,exit -F uid=7", place, word))


def test_a_string_has_to_end_with_its_data():
    data = wire.encode(parse_line("-a always,exit -F path=/etc/a -F exe=/b -F key=k", HOST).rule)
    assert wire.decode(data + b"padding").keys == ("k",)
    with pytest.raises(ValueError, match="^not an audit rule: a string of 1 bytes goes beyond the end of the data$"):
        wire.decode(data[:-1])


def test_a_key_may_stand_before_other_fields():
    rule = Rule("exit", "always", (Field("path", "=", "/a"), Field("uid", "=", 7)), None, ("k",))
    data = bytearray(wire.encode(rule))
    # path, uid and key become path, key and uid; the strings stay as they are.
    for start in (67, 131, 195):
        one, other = struct.unpack_from("=2I", data, 4 * (start + 1))
        struct.pack_into("=2I", data, 4 * (start + 1), other, one)
    assert wire.decode(bytes(data)) == rule


def test_which_syscalls_a_list_looks_at():
    bits = 3 + 64  # the first word that is no longer the mask
    for line, syscalls in (
        ("-a always,exit", None),
        ("-a always,exit -S 0,31,32,63,64,2031", {0, 31, 32, 63, 64, 2031}),
        ("-a always,io_uring", None),
        ("-a always,io_uring -S 0,18", {0, 18}),
        ("-a always,user -F uid=0", None),
        ("-a always,task", None),
        ("-a always,exclude -F uid=0", None),
        ("-a always,filesystem -F fstype=debugfs", None),
    ):
        rule = parse_line(line, HOST).rule
        assert rule.syscalls == syscalls
        assert wire.decode(wire.encode(rule)).syscalls == syscalls
        # The classes of syscalls in the last word are none: all others decide whether it is all of them.
        assert wire.decode(changed(line, bits - 1, 0xFFFFFFFF)).syscalls == (
            None if syscalls is None else syscalls | set(range(2016, 2048))
        )
    # A mask in which one word is not full is not everything.
    partial = wire.decode(changed("-a always,exit", bits - 2, 0xFFFFFFFE)).syscalls
    assert partial == set(range(2032)) - {1984}
    # Lists that do not look at syscalls have none, whatever the mask says.
    assert wire.decode(changed("-a always,user -F uid=0", 3, 0)).syscalls is None
    assert wire.decode(changed("-a always,exit -S 1", 3, 0)).syscalls == frozenset()


@pytest.mark.parametrize("size", [0, 3, SIZE - 1])
def test_too_few_bytes(size):
    with pytest.raises(ValueError, match=f"{size} bytes are too few"):
        wire.decode(b"\x00" * size)
