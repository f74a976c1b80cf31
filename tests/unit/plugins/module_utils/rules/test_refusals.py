# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused: the error names the rule and the part, and says what is allowed. Nothing else is ever raised."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_arguments, parse_file, parse_line
from paths import DATA
from strategies import HOST, Host

# Line, the part that the error names, and what it says of the part.
REFUSALS = [
    (
        "-a always,exit -S no_such_call",
        "no_such_call",
        "auditctl knows no syscall of that name on x86_64; check the spelling, or write the number",
    ),
    (
        "-a always,exit -F arch=b32 -S accept",
        "accept",
        "auditctl knows no syscall of that name on i386; check the spelling, or write the number",
    ),
    (
        "-a always,exit -F arch=aarch64 -S open",
        "open",
        "auditctl knows no syscall of that name on aarch64; check the spelling, or write the number",
    ),
    (
        "-a always,exit -S 2047",
        "2047",
        "a syscall number must be less than 2032; to the kernel, greater numbers are classes of syscalls",
    ),
    (
        "-a always,io_uring -S ppoll",
        "ppoll",
        "is not an io_uring operation that auditctl knows; for all of them, leave out -S",
    ),
    ("-a always,task -S open", "-S open", "the list task has no syscalls (-S); only exit and io_uring have them"),
    ("-a always,exit -S open -F arch=b64", "-F arch=b64", "arch must come before the syscalls (-S)"),
    (
        "-a always,exit -F arch=vax",
        "-F arch=vax",
        "vax is not an arch that auditctl knows on x86_64; use b64, b32, a name such as x86_64, or an "
        "AUDIT_ARCH_* number",
    ),
    (
        "-a always,exit -F arch=c000_003e",
        "-F arch=c000_003e",
        "c000_003e is not an arch that auditctl knows on x86_64; use b64, b32, a name such as x86_64, or an "
        "AUDIT_ARCH_* number",
    ),
    (
        "-a always,exit -F uid=nobody-here",
        "-F uid=nobody-here",
        "nobody-here is neither a number nor the name of a user on the host",
    ),
    (
        "-a always,exit -F gid=nobody-here",
        "-F gid=nobody-here",
        "nobody-here is neither a number nor the name of a group on the host",
    ),
    ("-a always,exit -F uid&1", "-F uid&1", "uid can only be compared with =, !=, <, <=, > or >="),
    ("-a always,exit -F path!=/etc", "-F path!=/etc", "path can only be compared with ="),
    ("-a always,exit -F nofield=1", "nofield", "there is no field of that name; auditctl(8) lists the fields"),
    ("-a always,exit -F uid", "-F uid", "a field needs an operator: one of != >= <= &= = > < &"),
    ("-a always,exit -F uid=", "-F uid=", "the value is missing after the operator"),
    (
        "-a always,exit -F msgtype=CWD",
        "-F msgtype=CWD",
        "msgtype does not work on the list exit, only on user, exclude",
    ),
    (
        "-a always,user -F ppid=1",
        "-F ppid=1",
        "ppid ends the evaluation of the list user in the kernel, which disables every later rule of the "
        "list; ppid works only on exit",
    ),
    (
        "-a always,exclude -F msgtype=CWD -F key=x",
        "x",
        "key ends the evaluation of the list exclude in the kernel, which disables every later rule of the "
        "list; key works only on task, exit, filesystem, io_uring",
    ),
    (
        "-a always,exit -F uid=1000abc",
        "-F uid=1000abc",
        "1000abc must be a number from -2147483648 to 4294967295 (decimal, hexadecimal after 0x, or octal "
        "after 0), with nothing after it",
    ),
    (
        "-a always,exit -F uid=-1",
        "-F uid=-1",
        "-1 cannot be used here: the kernel accepts -1 (unset) only for auid and sessionid",
    ),
    ("-a always,exit -F auid>unset", "-F auid>unset", "an unset auid can only be compared with = or !="),
    (
        "-a always,exit -F a0=4294967296",
        "-F a0=4294967296",
        "4294967296 must be a number from -2147483648 to 4294967295 (decimal, hexadecimal after 0x, or octal "
        "after 0), with nothing after it",
    ),
    (
        "-a always,exit -F pid=-0",
        "-F pid=-0",
        "-0 must be a number up to 4294967295 (decimal, hexadecimal after 0x, or octal after 0), with nothing after it",
    ),
    (
        "-a always,exit -F exit=ENOTSUP",
        "-F exit=ENOTSUP",
        "ENOTSUP is neither a number nor the name of an error, such as -EPERM or EACCES",
    ),
    (
        "-a always,exit -F saddr_fam=ipv4",
        "-F saddr_fam=ipv4",
        "ipv4 must be the number of an address family (2 is ipv4, 10 is ipv6) from 0 to 45 (decimal, "
        "hexadecimal after 0x, or octal after 0), with nothing after it",
    ),
    (
        "-a always,exit -F sessionid=x",
        "-F sessionid=x",
        "x must be unset or a number from -2147483648 to 4294967295 (decimal, hexadecimal after 0x, or octal "
        "after 0), with nothing after it",
    ),
    *(
        (line, part, "a rule can have only one perm field; write all letters in one, as in perm=wa (after -w: -p wa)")
        for line, part in (
            ("-a always,exit -F perm=r -F perm=w", "-F perm=w"),
            ("-a always,exit -F perm=r -F perm=r", "-F perm=r"),
            ("-a always,exit -F uid=0 -p r -F perm=w", "-F perm=w"),
            ("-w /etc/passwd -F perm=w", "-F perm=w"),
            ("-w /etc/passwd -p r -F perm=w", "-F perm=w"),
            ("-a always,exit -F arch=b64 -F perm=x -p w", "-p w"),
            ("-a always,exit -S open -F perm=x -p w", "-p w"),
        )
    ),
    (
        "-a always,exit -F perm=q",
        "-F perm=q",
        "q must be one to four of the letters r (read), w (write), x (execute) and a (attributes)",
    ),
    (
        "-a always,exit -F filetype=pipe",
        "-F filetype=pipe",
        "pipe is not a file type; use one of block, character, dir, fifo, file, link, socket",
    ),
    (
        "-a always,filesystem -F fstype=ext4",
        "-F fstype=ext4",
        "ext4 is not a type of file system that auditctl knows; use cgroup, cgroup2, debugfs, tracefs, or a "
        "magic number",
    ),
    (
        "-a always,exclude -F msgtype=UNKNOWN[0]",
        "-F msgtype=UNKNOWN[0]",
        "UNKNOWN[0] is neither the number nor the name of a record type, such as CWD",
    ),
    ("-a always,exit -F path=etc/passwd", "-F path=etc/passwd", "etc/passwd must be an absolute path"),
    ("-a always,exit -F path=/etc/", "-F path=/etc/", "/etc/ must not end with a slash; for a directory tree, use dir"),
    ("-a always,exit -F path=/etc/a -F dir=/etc", "-F dir=/etc", "a rule can have only one path or dir or inode field"),
    ("-a always,exit -F exe=/a -F exe=/b", "-F exe=/b", "a rule can have only one exe field"),
    ("-w etc/passwd", "-w etc/passwd", "must be an absolute path, with a last part of at most 255 bytes"),
    (
        "-a always,exit -C uid=gid",
        "-C uid=gid",
        "-C works on the list exit only; it compares with = or != two different ones of auid, uid, euid, "
        "suid, fsuid and obj_uid, or of gid, egid, sgid, fsgid and obj_gid",
    ),
    (
        "-a always,exit -k x",
        "-k x",
        "-k needs a syscall (-S) or a path, dir, perm, exe or fstype before it; to match every syscall, write -S all",
    ),
    (
        "-a always,exit -F key=x",
        "-F key=x",
        "a key needs a syscall (-S) or a path, dir, perm, exe or fstype in the rule; to match every syscall, "
        "write -S all",
    ),
    (
        "-a always,exit -S open -F key!=x",
        "-F key!=x",
        "a key can only be set, with key=NAME; the kernel never compares it",
    ),
    (
        "-a always,exit -S open -k a!=b",
        "a!=b",
        "must not contain !=, >=, <= or &=, because auditctl would take it for the operator",
    ),
    (
        "-a always,exit -S open -k " + "x" * 257,
        "x" * 257,
        "is too long: the keys of a rule can have at most 256 bytes together",
    ),
    (
        "-a always,entry -S open",
        "-a always,entry",
        "must be an action (always, never) and a list (user, task, exit, exclude, filesystem, io_uring), "
        "separated by a comma; the list entry no longer exists: use exit",
    ),
    (
        "-a exit,possible",
        "-a exit,possible",
        "must be an action (always, never) and a list (user, task, exit, exclude, filesystem, io_uring), "
        "separated by a comma; the action possible no longer exists, and auditctl drops such a rule without "
        "an error",
    ),
    (
        "-a always",
        "-a always",
        "must be an action (always, never) and a list (user, task, exit, exclude, filesystem, io_uring), "
        "separated by a comma",
    ),
    ("-a always,exit -d always,exit", "-a -d", "a rule has exactly one of -a, -A, -d, -w and -W"),
    ("-S open", "", "a rule has exactly one of -a, -A, -d, -w and -W"),
    ("-a always,exit -p wa", "-p wa", "-p needs a watch (-w), or a field of a rule on the list exit, before it"),
    (
        "-a always,exit -S open trailing",
        "trailing",
        "does not belong to any option; spaces separate words, and a space inside a word is written '\\ '",
    ),
    (
        '-a always,exit -S open -k "my key"',
        'key"',
        "does not belong to any option; spaces separate words, and a space inside a word is written '\\ '",
    ),
    ("-z", "z", "auditctl does not accept this (option -z not recognized)"),
    (
        "-b many",
        "many",
        "must be a number up to 4294967295 (decimal, hexadecimal after 0x, or octal after 0), with nothing after it",
    ),
    ("-e 3", "-e 3", "must be a number from 0 to 2"),
    ("-e 0x1", "-e 0x1", "must be a number from 0 to 2"),
    ("-D -e 1", "-e", "one line holds one rule or one setting; write this on a line of its own"),
    ("-l", "-l", "is not an option for a rules file"),
    ("", "", "is empty; a rule starts with -a, -A or -w"),
    (
        "-w / -p w -k a",
        "",
        "has so many short words that auditctl would drop the last ones, because it has room for one word in "
        "three bytes; give all syscalls in one -S, separated by commas, or choose longer keys",
    ),
    ("-a always,exit\t-S open", "", "contains a tab; a rule is one line, and only spaces separate its words"),
    (
        "-a always,exit -S open\r",
        "",
        "contains a carriage return; a rule is one line, and only spaces separate its words",
    ),
    ("-a always,exit -S open\n-D", "", "contains a line end; a rule is one line, and only spaces separate its words"),
    ("-a always,exit -S open -k a\x01b", "", "contains a control character"),
    ("-a always,exit -S open" + " " * 6143, "", "is longer than 6143 bytes; auditctl takes the rest for another line"),
    (
        "-a always,exit -S open -k " + "é" * 3070,
        "",
        "is longer than 6143 bytes; auditctl takes the rest for another line",
    ),
    (
        "-a always,exit" + "".join(f" -F a0!={n}" for n in range(64)),
        "",
        "a rule can have at most 63 fields, including the key",
    ),
]


@pytest.mark.parametrize(("line", "part", "reason"), REFUSALS, ids=[row[0][:60] for row in REFUSALS])
def test_refusal(line, part, reason):
    with pytest.raises(RuleError) as caught:
        parse_line(line, HOST)
    error = caught.value
    assert error.part == part
    assert error.reason == reason
    assert error.rule == line
    assert reason in str(error)


def test_message():
    line = parse_file("-D\n-a always,exit -F uid=1000abc -k x\n", "50-site.rules", HOST)[1]
    assert str(line.error) == (
        "50-site.rules:2: audit rule '-a always,exit -F uid=1000abc -k x': '-F uid=1000abc': 1000abc must be a number "
        "from -2147483648 to 4294967295 (decimal, hexadecimal after 0x, or octal after 0), with nothing after it"
    )


@pytest.mark.parametrize("key", ["a\nb", "a\x00", "a\x01b", "\x7f", "a\tb"])
def test_key_with_a_control_character(key):
    with pytest.raises(RuleError, match="control character") as caught:
        parse_arguments(["-a", "always,exit", "-S", "open", "-k", key], HOST)
    assert caught.value.part == key
    assert str(caught.value).isprintable()


def test_collected_refusals():
    """Each of tests/data/refused.rules, which auditctl is asked about in tests/integration."""
    lines = parse_file((DATA / "refused.rules").read_bytes().decode(), "refused.rules", HOST)
    lines = [line for line in lines if line.statement or line.error]
    assert len(lines) > 200
    assert not [line.text for line in lines if line.statement]
    for line in lines:
        assert line.error.rule == line.text
        assert str(line.error).isprintable()
        assert len(str(line.error)) < 1200


def _is_refused_or_read(call):
    try:
        call()
    except RuleError as error:
        assert error.reason
        assert error.rule or not error.part
        assert str(error).isprintable()
    else:
        return True
    return False


@given(strategies.hostile_lines())
def test_hostile_lines(line):
    _is_refused_or_read(lambda: parse_line(line, HOST))


@given(strategies.wrong_lines())
def test_wrong_lines(line):
    _is_refused_or_read(lambda: parse_line(line, HOST))


@given(
    st.lists(st.text(max_size=20) | st.sampled_from(["-a", "always,exit", "-S", "all", "-F", "-k", "-w", "-p", "-D"]))
)
def test_hostile_arguments(arguments):
    _is_refused_or_read(lambda: parse_arguments(arguments, HOST))


@given(st.sampled_from(sorted({*strategies.BY_NAME})), st.sampled_from(("=", "!=", ">=", "&")), st.text(max_size=12))
@pytest.mark.parametrize("filter_list", ["exit", "exclude", "filesystem"])
def test_hostile_values(filter_list, name, operator, value):
    arguments = ["-a", f"always,{filter_list}", "-F", name + operator + value]
    if _is_refused_or_read(lambda: parse_arguments(arguments, HOST)):
        for field in parse_arguments(arguments, HOST).rule.fields:
            assert isinstance(field.value, str) or 0 <= field.value <= 0xFFFFFFFF


@given(strategies.hostile_lines() | st.text(), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_hostile_files(text, end):
    lines = parse_file(text + end + text, "x", HOST)
    assert "\n".join(line.text for line in lines) in (text + end + text, (text + end + text)[:-1])


@pytest.mark.parametrize("size", [10**4, 10**6])
def test_very_long_lines(size):
    for line in ("-a always,exit -S open " + "x" * size, "-k " * size, "\\" * size, " " * size, "=" * size):
        _is_refused_or_read(lambda line=line: parse_line(line, HOST))


def test_bytes_that_are_no_text():
    line = b"-w /tmp/\xff\xfe -k \xe2\x80\xae".decode("utf-8", "surrogateescape")
    statement = parse_line(line, HOST)
    assert statement.text == line
    broken = line.replace("/tmp", "tmp")
    with pytest.raises(RuleError) as caught:
        parse_line(broken, HOST)
    # Neither lone surrogates nor characters that turn the direction of text reach a terminal.
    assert str(caught.value).isprintable()
    assert "\\udcff" in str(caught.value)
    assert "\\u202e" in str(caught.value)


def test_a_name_that_the_host_knows():
    line = "-a always,exit -S open -F uid=www-data"
    with pytest.raises(RuleError, match="nor the name of a user"):
        parse_line(line, HOST)
    assert parse_line(line, Host(users={"www-data": 33})).rule.fields == (("uid", "=", 33),)
