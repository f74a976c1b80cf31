# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every field with every operator on every list, against a table of what kernel and auditctl take."""

import itertools
import re
import sys

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import (
    ACTIONS,
    BY_NAME,
    BY_NUMBER,
    COMPARISONS,
    FIELDS,
    LISTS,
    OPERATORS,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from paths import ROOT
from strategies import HOST

sys.path.insert(0, str(ROOT / "tools"))
import libaudit

# Operators of a field, as an error says them, by a word for them. Lists, in the order of an error, by first letter:
# Task eXit User Exclude Filesystem Io_uring.
OPERATOR_SETS = {
    "equal": "=",
    "either": "= or !=",
    "ordered": "=, !=, <, <=, > or >=",
    "any": "=, !=, <, <=, >, >=, & or &=",
}
LIST_LETTERS = {"t": "task", "x": "exit", "u": "user", "e": "exclude", "f": "filesystem", "i": "io_uring"}
EXPECTED = """
    arch          either  . x . . . i  b64
    msgtype       ordered . . u e . .  CWD
    fstype        either  . . . . f .  debugfs
    path          equal   . x . . . .  /etc/passwd
    dir           equal   . x . . . .  /etc
    exe           either  t x u e . i  /usr/bin/su
    perm          equal   . x . . . .  wa
    filetype      either  . x . . . .  file
    inode         either  . x . . . .  1
    devmajor      ordered . x . . . .  1
    devminor      any     . x . . . .  1
    success       ordered . x . . . .  1
    exit          ordered . x . . . .  -EPERM
    a0            any     . x . . . i  1
    a1            any     . x . . . i  1
    a2            any     . x . . . i  1
    a3            any     . x . . . i  1
    saddr_fam     ordered . x . . . i  2
    pers          any     t x . . . i  1
    pid           ordered t x u e . i  1
    ppid          ordered . x . . . .  1
    auid          ordered t x u e . i  1000
    loginuid      ordered t x u e . i  1000
    uid           ordered t x u e . i  root
    euid          ordered t x . . . i  1
    suid          ordered t x . . . i  1
    fsuid         ordered t x . . . i  1
    obj_uid       ordered . x . . . .  1
    gid           ordered t x u e . i  root
    egid          ordered t x . . . i  1
    sgid          ordered t x . . . i  1
    fsgid         ordered t x . . . i  1
    obj_gid       ordered . x . . . .  1
    sessionid     ordered . x . . . .  1
    subj_user     either  t x u e . i  system_u
    subj_role     either  t x u e . i  object_r
    subj_type     either  t x u e . i  etc_t
    subj_sen      ordered t x u e . i  s0
    subj_clr      ordered t x u e . i  s0
    obj_user      either  . x . . . .  system_u
    obj_role      either  . x . . . .  object_r
    obj_type      either  . x . . . .  etc_t
    obj_lev_low   ordered . x . . . .  s0
    obj_lev_high  ordered . x . . . .  s0
    field_compare either  . x . . . .  1
    """
ROWS = [(name, OPERATOR_SETS[operators], {LIST_LETTERS[letter] for letter in letters if letter != "."}, value)
        for name, operators, *letters, value in map(str.split, EXPECTED.strip().splitlines())]  # fmt: skip


def test_every_field_is_in_the_table():
    assert {row[0] for row in ROWS} | {"key"} == set(BY_NAME)
    assert len(FIELDS) == len({field.number for field in FIELDS}) == len(BY_NAME) - 1


def test_numbers_are_those_of_libaudit():
    vendor = libaudit.Libaudit()
    assert {field.name: field.number for field in FIELDS} == {
        field.name: vendor.number("field", field.name) for field in FIELDS
    }
    assert BY_NAME["loginuid"].number == vendor.number("field", "loginuid")
    assert {number: field.name for number, field in BY_NUMBER.items()} == {field.number: field.name for field in FIELDS}
    assert {name: vendor.number("action", name) for name in ("never", "always")} == ACTIONS
    # The list io_uring came with audit 3.1.
    assert {name: vendor.number("flag", name) or {"user": 0, "io_uring": 7}[name] for name in LISTS} == LISTS
    assert set(LISTS) == set(LIST_LETTERS.values())


def test_operators_are_made_of_four_bits():
    """AUDIT_BIT_MASK, AUDIT_LESS_THAN, AUDIT_GREATER_THAN and AUDIT_EQUAL of linux/audit.h."""
    bits = {"&": 0x08000000, "<": 0x10000000, ">": 0x20000000, "=": 0x40000000}
    assert {"!=": bits["<"] | bits[">"]} | {
        name: sum(bits[sign] for sign in name) for name in (">=", "<=", "&=", "=", ">", "<", "&")
    } == OPERATORS
    # What begins as another one does is looked for first.
    assert sorted(OPERATORS, key=len, reverse=True) == list(OPERATORS)


def test_numbers_of_comparisons_are_those_of_the_kernel():
    """AUDIT_COMPARE_* of linux/audit.h, at places that a shift would miss."""
    numbers = {1: "uid=obj_uid", 9: "fsgid=obj_gid", 10: "uid=auid", 19: "suid=fsuid", 20: "gid=egid", 25: "sgid=fsgid"}
    assert {number: "=".join(COMPARISONS[number - 1]) for number in numbers} == numbers


def wrong_list(name, filter_list, lists):
    """What an error says of a field on a list on which the kernel does not evaluate it."""
    allowed = ", ".join(word for word in LIST_LETTERS.values() if word in lists)
    if filter_list in ("user", "exclude") and name not in ("path", "dir", "perm"):
        ends = f"{name} ends the evaluation of the list {filter_list} in the kernel, which disables every later rule of"
        return f"{ends} the list; {name} works only on {allowed}"
    return f"{name} does not work on the list {filter_list}, only on {allowed}"


@pytest.mark.parametrize(("name", "operators", "lists", "value"), ROWS, ids=[row[0] for row in ROWS])
def test_field_by_operator_by_list(name, operators, lists, value):
    for filter_list, operator in itertools.product(LISTS, OPERATORS):
        line = f"-a always,{filter_list} -F {name}{operator}{value}"
        part = f"-F {name}{operator}{value}"
        if operator not in re.findall("[!<>=&]+", operators):
            with pytest.raises(RuleError) as caught:
                parse_line(line, HOST)
            assert caught.value.part == part
            assert caught.value.reason == f"{BY_NAME[name].name} can only be compared with {operators}"
        elif filter_list not in lists:
            with pytest.raises(RuleError) as caught:
                parse_line(line, HOST)
            assert caught.value.part == part
            assert caught.value.reason == wrong_list(BY_NAME[name].name, filter_list, lists)
        else:
            (field,) = parse_line(line, HOST).rule.fields
            assert (field.name, field.operator) == (BY_NAME[name].name, operator)


@pytest.mark.parametrize("filter_list", LISTS)
def test_keys_by_list(filter_list):
    line = f"-a always,{filter_list} -F key=x" + {"filesystem": " -F fstype=debugfs"}.get(
        filter_list, " -F exe=/usr/bin/su"
    )
    if filter_list in ("user", "exclude"):
        with pytest.raises(RuleError, match="ends the evaluation of the list"):
            parse_line(line, HOST)
    else:
        assert parse_line(line, HOST).rule.keys == ("x",)
