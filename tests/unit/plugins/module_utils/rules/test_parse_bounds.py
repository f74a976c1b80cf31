# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines at the bounds of what is read: the last that is, the first that is not; and rules that few people write."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_arguments, parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from strategies import HOST, Host

R = "-a always,exit -S open"
EXE = ("/" + "\U0001f600" * 60) * 10


def fields(count):
    return "".join(f" -F a0!={number}" for number in range(count))


@pytest.mark.parametrize(
    ("line", "reason", "more"),
    [
        # One byte more than the first of a pair is too much.
        (R + " " * (6143 - len(R)), "6143 bytes", R + " " * (6144 - len(R))),
        ("-a always,exit -F path=" + ("/" + "\U0001f600" * 60) * 15, "6143 bytes",
         f"-a always,exit -F path={('/' + chr(0x1F600) * 60) * 16} -F exe={EXE}"),
        ("-a always,exit" + fields(63), "at most 63 fields", "-a always,exit" + fields(64)),
        (R + fields(62) + " -k k", "at most 63 fields", R + fields(63) + " -k k"),
        (R + fields(62) + " -k k -k l", "at most 63 fields", R + fields(63) + " -F key=k"),
        (f"{R} -k {'x' * 128} -k {'y' * 127}", "256 bytes together", f"{R} -k {'x' * 128} -k {'y' * 128}"),
        (f"{R} -F key={'x' * 256}", "256 bytes together", f"{R} -F key={'x' * 257}"),
        (f"{R} -k {chr(233) * 64} -k {'y' * 127}", "256 bytes together", f"{R} -k {chr(233) * 64} -k {'y' * 128}"),
        ("-w /a -p w -k a", "so many short words", "-w / -p w -k a"),
        ("-w / -p w -k " + chr(233), "so many short words", "-w / -p w -k e"),
        ("-w /" + "x" * 255, "at most 255 bytes", "-w /" + "x" * 256),
        ("-w /a/" + "x" * 255, "at most 255 bytes", "-w /a/" + "x" * 256),
        ("-w /" + "x" * 255 + "/", "at most 255 bytes", "-w /" + "x" * 256 + "/"),
        ("-w /" + "\xe9" * 127, "at most 255 bytes", "-w /" + "\xe9" * 128),
        ("-w /" + "x" * 200 + "/" + "y" * 200, "absolute path", "-w x" + "x" * 200 + "/" + "y" * 200),
        ("-a always,exit -S 2031", "less than 2032", "-a always,exit -S 2032"),
        ("-a always,io_uring -S 2031", "less than 2032", "-a always,io_uring -S 2032"),
        ("-b 4294967295", "must be a number", "-b 4294967296"),
        ("-b 0", "must be a number", "-b -1"),
        ("-r 4294967295", "must be a number", "-r 4294967296"),
        ("--backlog_wait_time 4294967295", "must be a number", "--backlog_wait_time 4294967296"),
        ("-b 010", "must be a number", "-b 08"),
        ("-e 0", "from 0 to 2", "-e 00"),
        ("-e 2", "from 0 to 2", "-e 3"),
        ("-f 0", "from 0 to 2", "-f 0x0"),
        ("-f 2", "from 0 to 2", "-f 3"),
        ("-e 1", "from 0 to 2", "-e 01"),
        ("-f 1", "from 0 to 2", "-f 0x1"),
        ("-q a,b", "a mount point and a subtree, separated by a comma", "-q a,b,c"),
        ("-q a,b", "a mount point and a subtree, separated by a comma", "-q ab"),
        ("-q a,b", "a mount point and a subtree, separated by a comma", "-q ,b"),
        ("-q a,b", "a mount point and a subtree, separated by a comma", "-q a,"),
        ("-D -k x", "one rule or one setting", "-D -k x -k y"),
        ("-D", "one rule or one setting", "-D -S open"),
        ("-D", "one rule or one setting", "-D -F uid=0"),
        ("-D", "one rule or one setting", "-D -D"),
        ("-e 1", "one rule or one setting", "-e 1 -b 1"),
        ("-s", "is not an option for a rules file", "-v"),
        ("-i", "is not an option for a rules file", "-h"),
        ("-c", "is not an option for a rules file", "-R x"),
        (R, "one rule or one setting", f"{R} -e 1"),
        (R, "one rule or one setting", f"-e 1 {R}"),
        ("-a always,exit", "must be an action (always, never) and a list (user, task, exit, exclude",
         "-a always,exit,task"),
        ("-a always,exit", "must be an action", "-a exit,task"),
        ("-a exit,never", "must be an action", "-a always,never"),
        ("-a always,EXIT", "must be an action", "-a ALWAYS,exit"),
        ("-a always,exit", "exactly one of", "-a always,exit -a never,exit"),
        ("-a always,exit", "exactly one of", "-a always,exit -w /etc"),
        (R, "must come after the list", "-S open -a always,exit"),
        ("-a always,exit -F uid=0", "must come before the fields", "-F uid=0 -a always,exit"),
        ("-a always,exit -F uid=0 -p w", "-p needs a watch", "-a always,exit -p w -F uid=0"),
        ("-a always,exit -F uid=0 -p w", "-p needs a watch", "-a always,task -F uid=0 -p w"),
        ("-a always,exit -F uid=0 -p w -k x", "-k needs a syscall", "-a always,exit -F uid=0 -k x -p w"),
        ("-a always,exit -F uid=0 -p w -F key=x", "a key needs a syscall", "-a always,exit -F uid=0 -F key=x"),
        *(
            (f"{pair} -k x", "-k needs a syscall", "-a always,exit -F uid=0 -k x")
            for pair in (
                "-a always,exit -F path=/a", "-a always,exit -F dir=/a", "-a always,exit -F perm=w",
                "-a always,exit -F exe=/a", "-a always,filesystem -F fstype=debugfs", "-a always,io_uring -S openat",
                "-a always,exit -S all", "-w /etc/passwd",
            )
        ),
        ("-a always,exit -S ,open,", "-S needs the name or number", "-a always,exit -S ,"),
        (R, "is not an io_uring operation", "-a always,io_uring -S all"),
        (R, "the list exclude has no syscalls (-S); only exit and io_uring have them", "-a always,exclude -S open"),
        (R, "must be a number", "-a always,exit -S 2x"),
        ("-a always,exit -F arch=b64 -S open", "before the syscalls", "-a always,exit -S all -F arch=b64"),
        ("-a always,exit -S all -F uid=0", "before the syscalls", "-w /etc -F arch=b64"),
        ("-a always,exit -F inode=1", "only one path or dir or inode field", "-a always,exit -F inode=1 -F inode=2"),
        ("-a always,exit -F inode=1", "only one path or dir or inode field", "-a always,exit -F path=/a -F inode=2"),
        ("-w /a", "only one path or dir or inode field", "-w /a -F dir=/b"),
        ("-w /a -F exe=/a", "only one exe field", "-w /a -F exe=/a -F exe=/a"),
        ("-a always,exit -F auid!=unset", "an unset auid can only be compared with", "-a always,exit -F auid<unset"),
        ("-a always,exit -F auid=-1", "an unset auid can only be compared with", "-a always,exit -F auid>=4294967295"),
        ("-a always,exit -F auid>=4294967294", "-C works on the list exit only", "-a always,exit -C uid<euid"),
        ("-a always,exit -C uid=euid", "-C works on the list exit only; it compares", "-a always,task -C uid=euid"),
        ("-a always,exit -C uid=euid", "-C works on the list exit only; it compares", "-a always,exit -C uid=uid"),
        ("-a always,exit -C uid=euid", "-C works on the list exit only; it compares", "-a always,exit -C uid"),
        (f"{R} -F key=k", "can only be set", f"{R} -F KEY=k"),
        (f"{R} -F key=", "can only be set", f"{R} -F key!="),
        (f"{R} -F pid=1", "the value is missing after the operator", f"{R} -F pid="),
        ("-a always,exit -F path=/a", "does not work on the list exclude, only on exit",
         "-a always,exclude -F path=/a"),
        ("-a always,exit -F dir=/a", "does not work on the list user, only on exit", "-a always,user -F dir=/a"),
        ("-a always,exit -F perm=w", "does not work on the list user, only on exit", "-a always,user -F perm=w"),
        ("-a always,exit -F inode=1", "inode ends the evaluation of the list user", "-a always,user -F inode=1"),
        ("-a always,exit -F inode=1", "does not work on the list task", "-a always,task -F inode=1"),
        (f"{R} -k \x80", "a control character", f"{R} -k \x1f"),
        (f"{R} -k \xa0", "a control character", f"{R} -k \x7f"),
        (f"{R} -k x", "does not belong to any option", f"{R} -k x y"),
        (f"{R} -k x", "auditctl does not accept this", f"{R} -k"),
    ],
)  # fmt: skip
def test_the_last_that_is_read_and_the_first_that_is_not(line, reason, more):
    assert parse_line(line, HOST).text
    with pytest.raises(RuleError) as caught:
        parse_line(more, HOST)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("-F uid=0 -a always,exit", "-F uid=0"),
        (f"{R} -F =x", "-F =x"),
        (f"{R} -F bad=x", "bad"),
        ("-D -k x -k y", "-k"),
        ("-e 1 -b 1", "-b"),
        ("-a always,exit -w /a", "-a -w"),
        ("-S open -a always,exit", "-S open"),
        ("-a always,exit -S ,", "-S ,"),
        ("-q ab", "-q ab"),
        (f"{R} -F key!=x", "-F key!=x"),
        (f"{R} trailing words", "trailing"),
        ("-a always,exit -F key=x -F key=y", "-F key=x"),
        ("-a always,exit -F path=a", "-F path=a"),
    ],
)
def test_the_part_that_is_wrong(line, part):
    with pytest.raises(RuleError) as caught:
        parse_line(line, HOST)
    assert (caught.value.part, caught.value.rule) == (part, line)


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("always,exit,x", ""),
        ("exit,possible", "; the action possible no longer exists, and auditctl drops such a rule without an error"),
        ("POSSIBLE,entry", "; the action possible no longer exists, and auditctl drops such a rule without an error"),
        ("always,Entry", "; the list entry no longer exists: use exit"),
    ],
)
def test_hints(word, hint):
    with pytest.raises(RuleError) as caught:
        parse_line(f"-a {word}", HOST)
    assert caught.value.reason == (
        "must be an action (always, never) and a list (user, task, exit, exclude, filesystem, io_uring), "
        "separated by a comma" + hint
    )


@pytest.mark.parametrize(
    ("line", "watched"),
    [
        ("-w /", ("dir", "/")),
        ("-w //", ("dir", "//")),
        ("-w ///", ("dir", "/")),
        ("-w /a/", ("path", "/a")),
        ("-w /etc/", ("dir", "/etc")),
        ("-w /a//b/", ("path", "/a//b")),
    ],
)
def test_what_is_watched(line, watched):
    host = Host(directories=("/etc",))
    first, second = parse_line(line, host).rule.fields
    assert (first.name, first.value) == watched
    assert second == ("perm", "=", 15)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("-w /a -p r -p w", [("path", "=", "/a"), ("perm", "=", 2)]),
        ("-a always,exit -F path=/a -F perm=r -p w", [("path", "=", "/a"), ("perm", "=", 2)]),
        ("-a always,exit -F perm=r -F uid=0 -p w", [("perm", "=", 2), ("uid", "=", 0)]),
        ("-a always,exit -F uid=0 -p w", [("uid", "=", 0), ("perm", "=", 2)]),
        ("-a always,exit -F uid=0 -F uid!=1", [("uid", "=", 0), ("uid", "!=", 1)]),
    ],
)
def test_fields_of_a_rule(line, found):
    assert list(parse_line(line, HOST).rule.fields) == found


@pytest.mark.parametrize(
    ("line", "syscalls"),
    [
        ("-a always,exit", None),
        ("-a always,exit -S all", None),
        ("-a always,exit -S open,all", None),
        ("-w /a", None),
        ("-w /a -S open", None),
        ("-a always,exit -S open -S close", {2, 3}),
        ("-a always,task -F uid=0", None),
        ("-a always,exit -S ,open,,0x3", {2, 3}),
    ],
)
def test_syscalls_of_a_rule(line, syscalls):
    assert parse_line(line, HOST).rule.syscalls == syscalls


def test_a_host_whose_machine_has_no_table():
    host = Host(machine="vax")
    assert parse_line("-a always,exit -S 2", host).rule.syscalls == {2}
    assert parse_line("-a always,io_uring -S openat", host).rule.syscalls == {18}
    with pytest.raises(RuleError, match="the names of this arch's syscalls are not known here; write the number"):
        parse_line("-a always,exit -S open", host)


def test_errors_name_the_arguments_where_there_is_no_line():
    with pytest.raises(RuleError) as caught:
        parse_arguments(["-w", "a b"], HOST)
    assert caught.value.rule == r"-w a\ b"


def rule(*given, **more):
    return Rule(**{"list": "exit", "action": "always", "fields": tuple(Field(*field) for field in given), **more})


B64 = ("arch", "=", 0xC000003E)
B32 = ("arch", "=", 0x40000003)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (rule(), "-a always,exit -S all"),
        (rule(action="never", syscalls=frozenset({2, 0})), "-a never,exit -S read,open"),
        (rule(syscalls=frozenset({2, 999})), "-a always,exit -S open,999"),
        (rule(syscalls=frozenset()), "-a always,exit -S none"),
        (rule(list="io_uring"), "-a always,io_uring"),
        (rule(list="io_uring", syscalls=frozenset({18, 999})), "-a always,io_uring -S openat,999"),
        (rule(("uid", "=", 0), list="user", syscalls=frozenset({1})), "-a always,user -F uid=0"),
        # arch is written before -S, with what comes before it, and after a perm that comes first.
        (rule(("uid", "=", 0), B64, ("gid", "=", 0)), "-a always,exit -F uid=0 -F arch=b64 -S all -F gid=0"),
        (rule(("uid", "=", 0), B64, B32, ("gid", "=", 0)),
         "-a always,exit -F uid=0 -F arch=b64 -F arch=b32 -S all -F gid=0"),
        (rule(("uid", "=", 0), ("gid", "=", 0)), "-a always,exit -S all -F uid=0 -F gid=0"),
        (rule(("perm", "=", 2), ("uid", "=", 0), syscalls=frozenset({2})),
         "-a always,exit -F perm=w -S open -F uid=0"),
        (rule(("perm", "=", 2), ("uid", "=", 0)), "-a always,exit -F perm=w -F uid=0"),
        # After arch or -S it is -p, to which no release adds syscalls.
        (rule(("uid", "=", 0), ("perm", "=", 2), syscalls=frozenset({2})), "-a always,exit -S open -F uid=0 -p w"),
        (rule(B64, ("perm", "=", 2), syscalls=frozenset({2})), "-a always,exit -F arch=b64 -S open -p w"),
        (rule(B64, ("perm", "=", 1), syscalls=frozenset({59})), "-a always,exit -F arch=b64 -S execve -p x"),
        (rule(B64, ("perm", "=", 2)), "-a always,exit -F arch=b64 -p w"),
        (rule(B32, syscalls=frozenset({5})), "-a always,exit -F arch=b32 -S open"),
        (rule(("arch", "!=", 0xC000003E)), "-a always,exit -F arch!=b64 -S all"),
        (rule(("arch", "=", 0xC00000B7), syscalls=frozenset({56})), "-a always,exit -F arch=aarch64 -S openat"),
        (rule(("arch", "=", 0xDEADBEEF), syscalls=frozenset({56})), "-a always,exit -F arch=0xdeadbeef -S 56"),
        (rule(("field_compare", "=", 1)), "-a always,exit -S all -C uid=obj_uid"),
        (rule(("field_compare", "!=", 25)), "-a always,exit -S all -C sgid!=fsgid"),
        (rule(("field_compare", "=", 26)), "-a always,exit -S all -F field_compare=26"),
        (rule(("field_compare", "=", 0)), "-a always,exit -S all -F field_compare=0"),
        (rule(("field_compare", "=", 1), list="task"), "-a always,task -F field_compare=1"),
        (rule(("f999", "<", 7)), "-a always,exit -S all -F f999<7"),
        (rule(("path", "=", "/a b")), r"-a always,exit -S all -F path=/a\ b"),
        (rule(keys=("a b", "c")), r"-a always,exit -S all -F key=a\ b -F key=c"),
    ],
)  # fmt: skip
def test_rendered(given, text):
    assert render(given, "x86_64") == text
