# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines and files of rules: what is read, what is written, and that the one is the other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from ansible_collections.linux.audit.plugins.module_utils.rules import syscalls, tables
from ansible_collections.linux.audit.plugins.module_utils.rules.list_semantics import field_order_counts
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical, equivalent
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_arguments, parse_file, parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from ansible_collections.linux.audit.plugins.module_utils.rules.words import quote, split
from paths import DATA
from strategies import HOST, Host


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("   ", []),
        ("-a always,exit", ["-a", "always,exit"]),
        ("  -k   x  ", ["-k", "x"]),
        (r"-k a\ b", ["-k", "a b"]),
        (r"-k a\\b", ["-k", r"a\b"]),
        (r"-k a\\ b", ["-k", "a\\", "b"]),
        (r"-k a\tb", ["-k", r"a\tb"]),
        ("-k a\\", ["-k", "a\\"]),
        (r"-k \ ", ["-k", " "]),
        ('-k "a b"', ["-k", '"a', 'b"']),
        ("-k\tx", ["-k\tx"]),
    ],
)
def test_split(line, words):
    assert split(line) == words


@given(st.lists(st.text(min_size=1)))
def test_split_takes_quotes_away(words):
    assert split(" ".join(map(quote, words))) == words


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("-a  exit,always  -S open", "-a exit,always -S open"),
        ("-aalways,exit -Sopen -Fuid=0 -kx", "-a always,exit -S open -F uid=0 -k x"),
        ("-A always,exit -S open", "-a always,exit -S open"),
        ("-d always,exit -S open", "-d always,exit -S open"),
        ("-a always,EXIT -S open", "-a always,exit -S open"),
        ("-w /etc/ -p wa -k x", "-w /etc/ -p wa -k x"),
        ("-W /etc -p wa", "-W /etc -p wa"),
        ("-a always,exit -S open -F uid=root", "-a always,exit -S open -F uid=root"),
        ("-a always,exit -S open -F key=", "-a always,exit -S open"),
        ("-a always,exit -F success=yes", "-a always,exit -F success=1"),
        ("-a always,exit -F Success!=no", "-a always,exit -F Success!=0"),
        ("-a always,exit -F filetype!=16384", "-a always,exit -F filetype!=dir"),
        ("-a always,filesystem -F fstype=cgroup2", "-a always,filesystem -F fstype=0x63677270"),
        ("-a always,filesystem -F fstype=DEBUGFS", "-a always,filesystem -F fstype=debugfs"),
        ("-a always,exclude -F msgtype=unknown[1307]", "-a always,exclude -F msgtype=1307"),
        (r"-w /tmp/a\ b -k a\\b", r"-w /tmp/a\ b -k a\\b"),
    ],
)
def test_text_is_what_auditctl_reads(line, text):
    statement = parse_line(line, HOST)
    assert statement.text == text
    assert parse_line(text, HOST).text == text
    assert parse_line(text, HOST).rule == statement.rule


@pytest.mark.parametrize(
    ("release", "call", "record_type"),
    [
        (None, "mseal", "DM_EVENT"),
        ((4, 0, 2), "mseal", "DM_EVENT"),
        ((4, 0), "462", "DM_EVENT"),
        ((3, 0, 9), "462", "1339"),
    ],
)
def test_names_that_the_host_does_not_know_are_written_as_numbers(release, call, record_type):
    host = Host(version=release)
    assert parse_line("-a always,exit -S open,mseal", host).text == f"-a always,exit -S open,{call}"
    assert (
        parse_line("-a always,exclude -F msgtype=DM_EVENT", host).text == f"-a always,exclude -F msgtype={record_type}"
    )


@pytest.mark.parametrize(
    ("line", "operation", "watch"),
    [
        ("-a always,exit -S open", "append", False),
        ("-A always,exit -S open", "prepend", False),
        ("-d always,exit -S open", "delete", False),
        ("-w /etc/passwd", "append", True),
        ("-W /etc/passwd", "delete", True),
    ],
)
def test_operations(line, operation, watch):
    statement = parse_line(line, HOST)
    assert (statement.operation, statement.watch, statement.control) == (operation, watch, None)


@pytest.mark.parametrize(
    ("line", "control", "text"),
    [
        ("-D", ("-D", ""), "-D"),
        ("-D -k x", ("-D", "x"), "-D -k x"),
        (" -b  8192", ("-b", "8192"), "-b 8192"),
        ("-b 0x2000", ("-b", "0x2000"), "-b 0x2000"),
        ("-f2", ("-f", "2"), "-f 2"),
        ("-e 2", ("-e", "2"), "-e 2"),
        ("-r 0", ("-r", "0"), "-r 0"),
        ("-i", ("-i", ""), "-i"),
        ("-c", ("-c", ""), "-c"),
        ("--backlog_wait_time=60000", ("--backlog_wait_time", "60000"), "--backlog_wait_time 60000"),
        ("--loginuid-immutable", ("--loginuid-immutable", ""), "--loginuid-immutable"),
        ("-q /mnt,/srv", ("-q", "/mnt,/srv"), "-q /mnt,/srv"),
    ],
)
def test_settings(line, control, text):
    statement = parse_line(line, HOST)
    assert (statement.operation, statement.control, statement.text, statement.rule) == ("control", control, text, None)


def test_watch_is_a_directory_if_the_host_says_so():
    assert parse_line("-w /etc", HOST).rule.fields[0] == ("dir", "=", "/etc")
    assert parse_line("-w /etc", Host(directories=())).rule.fields[0] == ("path", "=", "/etc")
    assert parse_line("-w /", Host(directories=())).rule.fields[0] == ("dir", "=", "/")


def test_arguments_may_have_what_lines_cannot_have():
    assert parse_arguments(["-a", "always,exit", "-S", "open", "-k", ""], HOST).text == "-a always,exit -S open"
    assert parse_arguments(["-w", "/tmp/a b"], HOST).text == r"-w /tmp/a\ b"


def test_file():
    text = (
        "# comment\n\n-D\n  # more\n-a always,exit -S open\r\n\t-w /etc\n-w /etc/passwd -p wa\n   \n-a nonsense\n-e 2"
    )
    lines = parse_file(text, "10-x.rules", HOST)
    assert [line.origin for line in lines] == [f"10-x.rules:{number}" for number in range(1, 11)]
    assert "\n".join(line.text for line in lines) == text
    kinds = [line.statement.operation if line.statement else "error" if line.error else "" for line in lines]
    assert kinds == ["", "", "control", "", "error", "error", "append", "", "error", "control"]
    assert [line.error.origin for line in lines if line.error] == ["10-x.rules:5", "10-x.rules:6", "10-x.rules:9"]
    assert str(lines[4].error).startswith("10-x.rules:5: audit rule '-a always,exit -S open\\r'")


@pytest.mark.parametrize(("text", "count"), [("", 0), ("\n", 1), ("-D", 1), ("-D\n", 1), ("-D\n\n", 2), ("\n\n-D", 3)])
def test_lines_of_a_file(text, count):
    assert len(parse_file(text, "x", HOST)) == count


@pytest.mark.parametrize("name", ["baseline.rules", "grammar.rules"])
def test_collected_rules(name):
    lines = parse_file((DATA / name).read_bytes().decode(), name, HOST)
    assert not [str(line.error) for line in lines if line.error]
    rules = [line.statement.rule for line in lines if line.statement]
    assert len(rules) > 140
    for rule in rules:
        assert parse_line(render(rule, "x86_64"), HOST).rule.fields == rule.fields


@given(strategies.rules())
def test_what_is_rendered_is_parsed(made):
    line = render(made, "x86_64")
    parsed = parse_line(line, HOST).rule
    # arch is written before -S, wherever it was.
    assert sorted(map(str, parsed.fields)) == sorted(map(str, made.fields))
    assert parsed._replace(fields=()) == made._replace(fields=())
    assert parse_line(render(parsed, "x86_64"), HOST).rule == parsed
    assert equivalent(parse_line(render(canonical(made), "x86_64"), HOST).rule, made)


@given(strategies.spelled_rules())
def test_what_is_parsed_is_rendered(pair):
    statement = parse_line(pair[1], HOST)
    assert equivalent(parse_line(render(statement.rule, "x86_64"), HOST).rule, statement.rule)
    assert parse_line(statement.text, HOST).rule == statement.rule


MACHINES = {
    # machine: what b64 and b32 are there, and a syscall with its number on either
    "x86_64": {"b64": ("x86_64", "openat", 257), "b32": ("i386", "openat", 295)},
    "i386": {"b32": ("i386", "open", 5)},
    "i686": {"b32": ("i386", "open", 5)},
    "aarch64": {"b64": ("aarch64", "openat", 56), "b32": ("arm", "openat", 322)},
    "armv7l": {"b32": ("arm", "open", 5)},
    "ppc64le": {"b64": ("ppc64le", "openat", 286)},
    "s390x": {"b64": ("s390x", "openat", 288), "b32": ("s390", "chown", 182)},
    "riscv64": {"b64": ("riscv64", "openat", 56), "b32": ("riscv32", "openat", 56)},
}


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("arch", ["b64", "b32"])
def test_other_machines(machine, arch):
    host = Host(machine=machine)
    if arch not in MACHINES[machine]:
        reason = f"'-F arch={arch}': {arch} is not an arch that auditctl knows on {machine};"
        with pytest.raises(ValueError, match=reason):
            parse_line(f"-a always,exit -F arch={arch} -S 1", host)
        return
    name, call, number = MACHINES[machine][arch]
    rule = parse_line(f"-a always,exit -F arch={arch} -S {call}", host).rule
    assert rule.arch == tables.MACHINES[name].number
    assert rule.syscalls == {number}
    assert render(rule, machine) == f"-a always,exit -F arch={arch} -S {call}"
    # The same rule, seen from a host that has no such machine beside it.
    foreign = "s390x" if machine != "s390x" else "x86_64"
    assert render(rule, foreign) == f"-a always,exit -F arch={name} -S {call}"
    assert parse_line(render(rule, foreign), Host(machine=foreign)).rule == rule


@pytest.mark.parametrize("machine", ["aarch64", "ppc64le", "s390x", "riscv64", "armv7l", "i686"])
def test_every_spelling_on_other_machines(machine):
    host = Host(machine=machine)

    @given(strategies.spelled_rules(host))
    def check(pair):
        made, line = pair
        rule = parse_line(line, host).rule
        # Of some rules the order of the fields counts, which a line may change.
        assert equivalent(rule, made) or field_order_counts(made)
        assert equivalent(parse_line(render(rule, machine), host).rule, rule)

    check()


def test_without_arch_syscalls_are_those_of_the_host():
    assert parse_line("-a always,exit -S chown", Host(machine="x86_64")).rule.syscalls == {92}
    assert parse_line("-a always,exit -S chown", Host(machine="s390x")).rule.syscalls == {212}
    assert parse_line("-a always,io_uring -S openat", Host(machine="s390x")).rule.syscalls == {
        syscalls.number("uring", "openat")
    }
