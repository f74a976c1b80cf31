# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each kind of value at its bounds: what it is to the kernel, how it is shown, and what is refused."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import FIELDS
from ansible_collections.linux.audit.plugins.module_utils.rules.values import KINDS, UNSET, decimal, parse_number
from strategies import HOST, Host

NUMBERS = [
    ("0", 0), ("7", 7), ("4294967295", UNSET), ("0x10", 16), ("0X1F", 31), ("0xffffffff", UNSET), ("010", 8), ("00", 0),
    ("037777777777", UNSET),
]  # fmt: skip
SIGNED = [*NUMBERS, ("-1", UNSET), ("-0", 0), ("-2147483648", 0x80000000), ("-0x10", 0xFFFFFFF0), ("-010", 0xFFFFFFF8)]
NO_NUMBERS = [
    "", "x", "4294967296", "0x100000000", "040000000000", "08", "0x", "1000abc", "1_000", "+1", " 1", "1 ", "1.0",
    "\uff11", "--1", "-", "0b1", "0o7",
]  # fmt: skip
READ = {
    "number": NUMBERS,
    "argument": SIGNED,
    "sessionid": [*SIGNED, ("unset", UNSET)],
    "auid": [*SIGNED, ("unset", UNSET), ("root", 0), ("daemon", 1)],
    "uid": [*(pair for pair in SIGNED if pair[1] != UNSET), ("root", 0), ("daemon", 1), ("4294967294", UNSET - 1),
            ("-2", UNSET - 1)],
    "gid": [*(pair for pair in NUMBERS if pair[1] != UNSET), ("shadow", 42), ("4294967294", UNSET - 1)],
    "exit": [*SIGNED, ("EPERM", 1), ("eperm", 1), ("-EPERM", UNSET), ("-ePerm", UNSET), ("EHWPOISON", 133),
             ("-EWOULDBLOCK", UNSET - 10)],
    "success": [*NUMBERS, ("yes", 1), ("no", 0)],
    "arch": [("b64", 0xC000003E), ("B32", 0x40000003), ("x86_64", 0xC000003E), ("0xC000003E", 0xC000003E),
             ("c000003e", 0xC000003E), ("3221225534", 0xC000003E), ("ppc64le", 0xC0000015)],
    "msgtype": [("1", 1), ("CWD", 1307), ("cwd", 1307), ("2147483647", 0x7FFFFFFF), ("UNKNOWN[1]", 1),
                ("unknown[1234567]", 1234567), ("0", 0), ("0x51b", 1307)],
    "perm": [("r", 4), ("w", 2), ("x", 1), ("a", 8), ("rwxa", 15), ("RW", 6), ("rrrr", 4), ("aw", 10)],
    "filetype": [("file", 0x8000), ("DIR", 0x4000), ("socket", 0xC000), ("link", 0xA000), ("character", 0x2000),
                 ("block", 0x6000), ("fifo", 0x1000), ("32768", 0x8000), ("4096", 0x1000)],
    "fstype": [("debugfs", 0x64626720), ("TRACEFS", 0x74726163), ("cgroup", 0x27E0EB), ("cgroup2", 0x63677270),
               ("0", 0), ("4294967294", UNSET - 1), ("0x1021994", 0x1021994)],
    "comparison": [("1", 1), ("25", 25), ("0x19", 25)],
    "saddr_fam": [("0", 0), ("2", 2), ("45", 45), ("0x2d", 45)],
    "string": [("s0", "s0"), ("x" * 4096, "x" * 4096), ("a<b>c", "a<b>c"), ("a&b", "a&b"), ("=", "="), (" ", " ")],
    "path": [("/a", "/a"), ("/a//b", "/a//b"), ("/xyz" * 1023 + "/ab", "/xyz" * 1023 + "/ab")],
    "dir": [("/", "/"), ("/a/", "/a/"), ("/a", "/a"), ("/xyz" * 1023 + "/ab", "/xyz" * 1023 + "/ab")],
    "exe": [("/a", "/a"), ("/\xe9x" * 1023, "/\xe9x" * 1023), ("/" + "x" * 255, "/" + "x" * 255)],
    "key": [("", ""), ("k", "k"), ("a=b", "a=b"), ("x" * 256, "x" * 256), ("\xe9" * 128, "\xe9" * 128),
            ("a<b", "a<b")],
}  # fmt: skip
OPERATORS = ["a!=b", "a>=b", "a<=b", "a&=b"]
CONTROLS = ["a\x00", "a\x1f", "a\x7f", "a\nb", "\t"]
REFUSED = {
    "number": [*NO_NUMBERS, "-1", "-0"],
    "argument": [*NO_NUMBERS, "-2147483649", "unset"],
    "sessionid": [*NO_NUMBERS, "-2147483649", "UNSET"],
    "auid": [*NO_NUMBERS, "-2147483649", "UNSET", "nobody-here"],
    "uid": [*NO_NUMBERS, "-1", "4294967295", "0xffffffff", "unset", "-2147483649", "nobody-here"],
    "gid": [*NO_NUMBERS, "4294967295", "-1", "-2", "unset", "daemon"],
    "exit": [*NO_NUMBERS, "-2147483649", "--EPERM", "--1", "-", "ENOTSUP", "E"],
    "success": [*NO_NUMBERS, "YES", "-1", "true"],
    "arch": ["", "b63", "vax", "0xC000003F", "c000_003e", "x86_64 ", "x86-64", "0x", "b64\n", "x86_640"],
    "msgtype": ["", "x", "2147483648", "-1", "UNKNOWN[0]", "UNKNOWN[12345678]", "UNKNOWN[]", "UNKNOWN[x]", "CWD\n",
                "CWD[1]", "_CWD", "1307x"],
    "perm": ["", "q", "rwxar", "rq", "r w"],
    "filetype": ["", "pipe", "1", "0x8000", "032768", "0100000"],
    "fstype": ["", "ext4", "4294967295", "4294967296", "-1", "08"],
    "comparison": ["", "0", "26", "-1", "uid"],
    "saddr_fam": ["", "-1", "46", "ipv4"],
    "string": ["", "x" * 4097, "\xe9" * 2049, *OPERATORS, *CONTROLS],
    "path": ["", "a", "a/b", "/a/", "/xyz" * 1024, "/" + "x" * 256, *("/" + text for text in OPERATORS + CONTROLS)],
    "dir": ["", "a", "/xyz" * 1024, "/" + "x" * 256, *("/" + text for text in OPERATORS + CONTROLS)],
    "exe": ["", "a", "/a/", "/xyz" * 1024, "/" + "x" * 256, *("/" + text for text in OPERATORS + CONTROLS)],
    "key": ["x" * 257, "\xe9" * 129, *OPERATORS, *CONTROLS],
}  # fmt: skip


def test_every_kind_is_here():
    assert set(READ) == set(REFUSED) == set(KINDS) == {field.kind for field in FIELDS}


@pytest.mark.parametrize("kind", READ)
def test_what_is_read(kind):
    assert {text: KINDS[kind].parse(text, HOST) for text, _value in READ[kind]} == dict(READ[kind])


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_refused(kind):
    for text in REFUSED[kind]:
        with pytest.raises(RuleError) as caught:
            KINDS[kind].parse(text, HOST)
        assert caught.value.part == text


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        (
            "number",
            "x",
            "must be a number up to 4294967295 (decimal, hexadecimal after 0x, or octal after 0), with "
            "nothing after it",
        ),
        (
            "argument",
            "x",
            "must be a number from -2147483648 to 4294967295 (decimal, hexadecimal after 0x, or octal after "
            "0), with nothing after it",
        ),
        (
            "gid",
            "4294967295",
            "must be a number from 0 to 4294967294 (decimal, hexadecimal after 0x, or octal after 0), with "
            "nothing after it",
        ),
        (
            "saddr_fam",
            "46",
            "must be the number of an address family (2 is ipv4, 10 is ipv6) from 0 to 45 (decimal, "
            "hexadecimal after 0x, or octal after 0), with nothing after it",
        ),
        (
            "comparison",
            "26",
            "must be the number of a comparison from 1 to 25 (decimal, hexadecimal after 0x, or octal after "
            "0), with nothing after it",
        ),
        (
            "sessionid",
            "x",
            "must be unset or a number from -2147483648 to 4294967295 (decimal, hexadecimal after 0x, or "
            "octal after 0), with nothing after it",
        ),
        (
            "success",
            "x",
            "must be yes, no or a number up to 4294967295 (decimal, hexadecimal after 0x, or octal after 0), "
            "with nothing after it",
        ),
        (
            "msgtype",
            "2147483648",
            "must be a number from 0 to 2147483647 (decimal, hexadecimal after 0x, or octal after 0), with "
            "nothing after it",
        ),
        ("uid", "-1", "cannot be used here: the kernel accepts -1 (unset) only for auid and sessionid"),
        ("uid", "unset", "cannot be used here: the kernel accepts -1 (unset) only for auid and sessionid"),
        ("uid", "x", "is neither a number nor the name of a user on the host"),
        ("auid", "x", "is neither a number nor the name of a user on the host"),
        ("gid", "x", "is neither a number nor the name of a group on the host"),
        ("exit", "x", "is neither a number nor the name of an error, such as -EPERM or EACCES"),
        (
            "arch",
            "x",
            "is not an arch that auditctl knows on x86_64; use b64, b32, a name such as x86_64, or an "
            "AUDIT_ARCH_* number",
        ),
        ("msgtype", "x", "is neither the number nor the name of a record type, such as CWD"),
        ("filetype", "x", "is not a file type; use one of block, character, dir, fifo, file, link, socket"),
        (
            "fstype",
            "x",
            "is not a type of file system that auditctl knows; use cgroup, cgroup2, debugfs, tracefs, or a "
            "magic number",
        ),
        ("string", "", "must have 1 to 4096 bytes"),
        ("path", "/xyz" * 1024, "must have 1 to 4095 bytes"),
        ("path", "a", "must be an absolute path"),
        ("exe", "/a/", "must not end with a slash; for a directory tree, use dir"),
        ("string", "\x01", "must not contain a control character, such as a tab or a line end"),
        ("string", "a!=b", "must not contain !=, >=, <= or &=, because auditctl would take it for the operator"),
        ("key", "x" * 257, "is too long: the keys of a rule can have at most 256 bytes together"),
        ("key", "\x01", "must not contain a control character, such as a tab or a line end"),
        ("key", "a&=b", "must not contain !=, >=, <= or &=, because auditctl would take it for the operator"),
    ],
)
def test_why_it_is_refused(kind, text, reason):
    with pytest.raises(RuleError) as caught:
        KINDS[kind].parse(text, HOST)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("number", 4294967295, "4294967295"),
        ("argument", 0xAB, "0xAB"),
        ("sessionid", UNSET, "unset"),
        ("sessionid", UNSET - 1, "-2"),
        ("sessionid", 0x80000000, "-2147483648"),
        ("sessionid", 0x7FFFFFFF, "2147483647"),
        ("auid", UNSET, "unset"),
        ("auid", 1000, "1000"),
        ("auid", UNSET - 1, "-2"),
        ("uid", UNSET - 1, "-2"),
        ("uid", 0, "0"),
        ("gid", UNSET - 1, "4294967294"),
        ("exit", UNSET, "-EPERM"),
        ("exit", 1, "1"),
        ("exit", 0, "0"),
        ("exit", UNSET - 132, "-EHWPOISON"),
        ("exit", UNSET - 133, "-134"),
        ("success", 1, "1"),
        ("arch", 0xC000003E, "x86_64"),
        ("msgtype", 1307, "CWD"),
        ("msgtype", 1999, "1999"),
        ("perm", 15, "rwxa"),
        ("perm", 8, "a"),
        ("filetype", 0x8000, "file"),
        ("fstype", 0x64626720, "debugfs"),
        ("fstype", 0x74726163, "tracefs"),
        ("fstype", 0x27E0EB, "0x27e0eb"),
        ("comparison", 7, "7"),
        ("saddr_fam", 2, "2"),
        ("path", "/a", "/a"),
        ("dir", "/a", "/a"),
        ("exe", "/a", "/a"),
        ("key", "k", "k"),
        ("string", "s", "s"),
    ],
)
def test_how_it_is_shown(kind, value, text):
    assert KINDS[kind].format(value) == text
    assert KINDS[kind].parse(text, HOST) == value


def test_values_without_a_name_are_shown_as_numbers():
    assert KINDS["arch"].format(0xDEADBEEF) == "0xdeadbeef"
    assert KINDS["filetype"].format(1) == "1"


def test_values_that_are_relative_to_the_host():
    assert KINDS["arch"].parse("b64", Host("aarch64")) == 0xC00000B7
    assert KINDS["exit"].parse("EDEADLOCK", Host("ppc64le")) == 58
    assert KINDS["exit"].parse("EDEADLOCK", Host("x86_64")) == 35
    assert KINDS["uid"].parse("me", Host(users={"me": 1000})) == 1000
    assert KINDS["gid"].parse("us", Host(groups={"us": 100})) == 100
    # A user whose id is what stands for no user.
    with pytest.raises(RuleError, match="unset"):
        KINDS["uid"].parse("odd", Host(users={"odd": UNSET}))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("12", 12), ("9" * 20, 10**20 - 1), ("9" * 21, None), ("", None), ("-1", None), ("1a", None),
        ("\u0661", None), ("\u00b2", None),
    ],
)  # fmt: skip
def test_decimal_digits(text, number):
    assert decimal(text) == number


def test_the_longest_number():
    assert parse_number("9" * 20, most=10**20) == (10**20 - 1) & UNSET
    with pytest.raises(RuleError, match="must be a number"):
        parse_number("1" + "0" * 20, most=10**20)
