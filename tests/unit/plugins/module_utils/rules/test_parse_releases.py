# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a line becomes on the last release before auditctl changed, on the first one after it, and on the next."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules._releases import DEPENDENT, is_unknown, readable_value
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import FIELDS
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file, parse_line
from strategies import Host

EXIT = "-a always,exit -F arch=b64"


@pytest.mark.parametrize(
    ("line", "release", "text", "unread"),
    [
        # The lists in upper case, and io_uring, since 3.1.
        ("-a always,EXIT", (3, 0, 9), "-a always,exit", ("-a always,EXIT",)),
        ("-a always,EXIT", (3, 1), "-a always,exit", ()),
        ("-a always,EXIT", (3, 1, 1), "-a always,exit", ()),
        ("-a always,EXIT", None, "-a always,exit", ()),
        ("-a always,exit", (2, 8), "-a always,exit", ()),
        ("-a always,io_uring", (3, 0, 9), "-a always,io_uring", ("-a always,io_uring",)),
        ("-a always,io_uring", (3, 1), "-a always,io_uring", ()),
        ("-a always,io_uring", (3, 1, 1), "-a always,io_uring", ()),
        ("-d always,io_uring", (3, 0, 9), "-d always,io_uring", ("-d always,io_uring",)),
        # -A deletes in 4.0.4 to 4.1.0.
        ("-A always,exit", None, "-a always,exit", ()),
        ("-A always,exit", (2, 8), "-a always,exit", ()),
        ("-A always,exit", (4, 0, 3), "-a always,exit", ()),
        ("-A always,exit", (4, 0, 4), "-a always,exit", ("-A",)),
        ("-A always,exit", (4, 0, 5), "-a always,exit", ("-A",)),
        ("-A always,exit", (4, 1), "-a always,exit", ("-A",)),
        ("-A always,exit", (4, 1, 0), "-a always,exit", ("-A",)),
        ("-A always,exit", (4, 1, 1), "-a always,exit", ()),
        ("-A always,exit", (4, 1, 2), "-a always,exit", ()),
        ("-a always,exit", (4, 0, 4), "-a always,exit", ()),
        ("-a always,EXIT", (4, 0, 4), "-a always,exit", ()),
        ("-a always,io_uring", (4, 0, 4), "-a always,io_uring", ()),
        ("-A always,io_uring", (3, 0, 9), "-a always,io_uring", ("-A always,io_uring",)),
        # Names of syscalls: mseal came with 4.0.2.
        (f"{EXIT} -S mseal", (4, 0, 1), f"{EXIT} -S 462", ("-S mseal",)),
        (f"{EXIT} -S mseal", (4, 0, 2), f"{EXIT} -S mseal", ()),
        (f"{EXIT} -S mseal", (4, 0, 3), f"{EXIT} -S mseal", ()),
        (f"{EXIT} -S open,mseal", (4, 0), f"{EXIT} -S open,462", ("-S mseal",)),
        (f"{EXIT} -S 462", (4, 0), f"{EXIT} -S 462", ()),
        # What all releases know is asked of none.
        (f"{EXIT} -S open", (2, 7), f"{EXIT} -S open", ()),
        (f"{EXIT} -S userfaultfd", (2, 7), f"{EXIT} -S userfaultfd", ()),
        # Operations of io_uring.
        ("-a always,io_uring -S ftruncate", (4, 0, 3), "-a always,io_uring -S 55", ("-S ftruncate",)),
        ("-a always,io_uring -S ftruncate", (4, 0, 4), "-a always,io_uring -S ftruncate", ()),
        # Record types, in either case.
        *(
            (f"-a always,exclude -F msgtype={word}", release, f"-a always,exclude -F msgtype={text}", unread)
            for word in ("DM_EVENT", "dm_event", "Dm_Event")
            for release, text, unread in (
                (None, word, ()),
                ((3, 0, 9), "1339", (f"-F msgtype={word}",)),
                ((3, 1), word, ()),
                ((3, 1, 1), word, ()),
            )
        ),
        *(
            (f"-a always,exclude -F msgtype={word}", release, f"-a always,exclude -F msgtype={text}", unread)
            for word, release, text, unread in (
                ("cwd", (2, 7), "cwd", ()),
                ("CWD", (2, 7), "CWD", ()),
                ("1307", (2, 7), "1307", ()),
                ("unknown[1307]", None, "1307", ("-F msgtype=unknown[1307]",)),
                ("software_update", (2, 8, 1), "1138", ("-F msgtype=software_update",)),
                ("software_update", (2, 8, 2), "software_update", ()),
                ("OPENAT2", (3, 0, 6), "1337", ("-F msgtype=OPENAT2",)),
                ("OPENAT2", (3, 0, 7), "OPENAT2", ()),
                ("OPENAT2", (3, 0, 8), "OPENAT2", ()),
            )
        ),
        # What no release reads in the way that it is written.
        (f"{EXIT} -F success=yes", None, f"{EXIT} -F success=1", ("-F success=yes",)),
        (f"{EXIT} -F success=no", None, f"{EXIT} -F success=0", ("-F success=no",)),
        (f"{EXIT} -F success=1", None, f"{EXIT} -F success=1", ()),
        (f"{EXIT} -F filetype=16384", None, f"{EXIT} -F filetype=dir", ("-F filetype=16384",)),
        (f"{EXIT} -F filetype=dir", None, f"{EXIT} -F filetype=dir", ()),
        ("-a never,filesystem -F fstype=cgroup", None, "-a never,filesystem -F fstype=0x27e0eb",
         ("-F fstype=cgroup",)),
        ("-a never,filesystem -F fstype=0x27e0eb", None, "-a never,filesystem -F fstype=0x27e0eb", ()),
        ("-a never,filesystem -F fstype=tracefs", None, "-a never,filesystem -F fstype=tracefs", ()),
    ],
)  # fmt: skip
def test_text_and_what_the_host_would_not_read(line, release, text, unread):
    statement = parse_line(line, Host(version=release))
    assert statement.text == text
    assert statement.unread == unread


@pytest.mark.parametrize(
    ("release", "more"),
    [(None, False), ((2, 8), False), ((3, 1, 2), False), ((3, 1, 3), True), ((3, 1, 4), True)],
)
def test_perm_adds_syscalls_after_an_arch_or_a_syscall(release, more):
    host = Host(version=release)

    def syscalls(line):
        return parse_line(line, host).rule.syscalls

    assert (syscalls(f"{EXIT} -S openat -F perm=x") == {257, 59}) is more
    assert (syscalls("-a always,exit -S openat -F perm=x") == {257, 59}) is more
    # Without -S the rule has what auditctl adds, or else all syscalls; with -S all it keeps all of them.
    assert syscalls(f"{EXIT} -F perm=x") == ({59} if more else None)
    assert syscalls(f"{EXIT} -S all -F perm=x") is None
    assert syscalls("-a always,exit -F path=/usr/bin/id -F perm=x") is None
    assert syscalls(f"{EXIT} -F path=/usr/bin/id -p x") is None
    # What comes later does not count, nor an arch of which there is no table.
    assert syscalls("-a always,exit -F perm=x -S openat") == {257}
    assert syscalls(f"{EXIT} -S openat -F path=/etc/passwd -p x") == {257}


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (f"{EXIT} -F perm=x", set()),
        (f"{EXIT} -S openat -F perm=x", {257}),
        (f"{EXIT} -F perm=x -S openat", {257}),
        ("-a always,exit -S openat -F perm=x", {257}),
        ("-a always,exit -F perm=x -F arch=b64", None),
        ("-a always,exit -F path=/usr/bin/id -F perm=x", None),
        (f"{EXIT} -S all -F perm=x", None),
        (f"{EXIT} -F perm=x -S all", None),
        (f"{EXIT} -F path=/usr/bin/id -p x", None),
        (f"{EXIT} -S openat", None),
        ("-w /usr/bin/id -p x", None),
    ],
)
def test_lines_that_each_release_loads_as_another_rule(line, named):
    for release in (None, (3, 0, 9), (4, 0, 2)):
        assert parse_line(line, Host(version=release)).named_syscalls == named
    rules = {parse_line(line, Host(version=release)).rule for release in ((3, 0, 9), (4, 0, 2), (4, 2))}
    assert len(rules) == (1 if named is None else 3)


def test_the_last_arch_is_the_one_whose_syscalls_are_added():
    line = "-a always,exit -F arch=b64 -F arch=b32 -S open -F perm=x"
    assert parse_line(line, Host(version=(3, 1, 3))).rule.syscalls == {5, 11}


@pytest.mark.parametrize("syscalls", ["", " -S all", " -S openat"])
def test_a_perm_that_the_machine_makes_auditctl_refuse_is_written_with_p(syscalls):
    line = f"{EXIT}{syscalls} -F path=/etc/passwd -F perm=wa -F key=k"
    refused, read = (parse_line(line, Host("aarch64", version)) for version in ((4, 0, 2), (4, 0, 4)))
    assert refused.unread == ("-F perm=wa",)
    assert refused.text == line.replace("-F perm=", "-p ")
    assert (read.unread, read.text) == ((), line)
    before = "-a always,exit -F perm=wa -F arch=b64 -F path=/etc/passwd"
    assert parse_line(before, Host("aarch64", (4, 0, 2))).unread == ()


ARM64 = Host("aarch64", (4, 0, 2))


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("-a always,exit -S openat -F perm=wa", "-a always,exit -F perm=wa -S openat"),
        ("-a always,exit -S all -F perm=wa -k x", "-a always,exit -F perm=wa -S all -k x"),
        ("-a always,exit -F uid=0 -S all -F perm=wa", "-a always,exit -F uid=0 -S all -p wa"),
        ("-a always,exit -F arch=b64 -F perm=wa -F arch=b64", "-a always,exit -F arch=b64 -p wa -F arch=b64"),
        ("-a always,exit -F perm=wa -F arch=b64", "-a always,exit -F perm=wa -F arch=b64"),
        ("-w /etc/passwd -p wa", "-w /etc/passwd -p wa"),
    ],
)
def test_permissions_on_a_machine_without_the_syscalls_of_the_expansion(line, text):
    """The forms that the real auditctl of arm64 reads; see tests/integration/promises/test_other_machines.py."""
    statement = parse_line(line, ARM64)
    assert statement.text == text
    assert bool(statement.unread) is (line != text)
    again = parse_line(text, ARM64)
    assert (again.text, again.unread, again.rule) == (text, (), statement.rule)


def test_an_arch_after_expanded_permissions_is_not_read():
    """From 3.1.3 on, -F perm= adds syscalls, and auditctl takes no arch after syscalls."""
    line = "-a always,exit -F arch=b64 -F perm=w -F arch=b64"
    assert parse_line(line, Host(version=(3, 1, 2))).unread == ()
    statement = parse_line(line, Host(version=(3, 1, 3)))
    assert statement.unread == ("-F arch=b64",)
    assert statement.text == "-a always,exit -F arch=b64 -p w -F arch=b64"


@pytest.mark.parametrize(
    "line",
    [
        "-a always,exit -S \u212aill",
        "-a alway\u017f,exit -S open",
        "-a always,exi\uff54 -S open",
        "-a always,exit -F s\u212ae=1",
        "-a always,exit -F path=/x -F perm=\uff52",
        "-a always,exit -S \u0661",
        "-a always,exit -F pid=\u00b2",
        "-a always,exit -F uid=\u0661",
        "-a always,exit -F arch=\u017f390 -S open",
        "-a always,exit -S all -F exit=-E\u017fRCH",
        "-a always,exit -S all -F filetype=\u017focket",
        "-a always,exclude -F msgtype=U\u017fER",
        "-a always,exclude -F msgtype=UNKNOWN[\u0661]",
        "-a always,filesystem -F fstype=cgroup\u00b2",
        "-e \u0661",
    ],
)
def test_only_letters_and_digits_of_ascii_are_words_of_auditctl(line):
    """Python folds some letters to ASCII and reads digits of every script; auditctl compares bytes."""
    with pytest.raises(RuleError):
        parse_line(line, Host())


@pytest.mark.parametrize(
    ("line", "before", "since"),
    [
        ("-a always,exit -F arch=riscv64 -S all", (4, 0, 2), (4, 0, 3)),
        ("-a always,exit -F arch=armv8l -S openat", (3, 0, 5), (3, 0, 6)),
        ("-a always,exit -S all -F saddr_fam=45", (3, 0), (3, 0, 9)),
        ("-a never,filesystem -F fstype=cgroup2", (4, 1, 4), (4, 2)),
    ],
)
def test_words_that_are_newer_than_the_release(line, before, since):
    assert parse_line(line, Host(version=since)).unread == ()
    statement = parse_line(line, Host(version=before))
    assert len(statement.unread) == 1
    # The machine has another name that every release reads.
    assert ("arch=aarch64" in statement.text) is ("armv8l" in line)


@pytest.mark.parametrize("machine", ["armv7l", "i686"])
def test_numbers_that_auditctl_of_32_bits_reads_as_others(machine):
    """strtol(3) returns 2147483647 for all of them; uids, arguments and inodes are read with strtoul(3)."""
    narrow, wide = Host(machine, (4, 0, 2)), Host("aarch64", (4, 0, 2))
    for condition in ("gid=2147483648", "obj_gid=4294967294", "pid>0x80000000", "devmajor!=4294967295"):
        line = f"-a always,exit -S openat -F {condition}"
        assert parse_line(line, narrow).unread == (f"-F {condition}",)
        assert parse_line(line, wide).unread == ()
    exit_code = parse_line("-a always,exit -S openat -F exit=0xffffffff", narrow)
    assert (exit_code.text, exit_code.unread) == ("-a always,exit -S openat -F exit=-EPERM", ("-F exit=0xffffffff",))
    assert parse_line(exit_code.text, narrow).unread == ()
    for condition in ("uid=4294967294", "a0=0xffffffff", "inode=4294967295", "gid=2147483647", "exit=-1"):
        assert parse_line(f"-a always,exit -S openat -F {condition}", narrow).unread == ()


@pytest.mark.parametrize(
    "line",
    [
        r"-w/srv/with\ space -p wa",
        f"-a always,exit -F path=/etc/{'a' * 256} -F perm=wa",
        f"-a always,exit -F dir=/etc/{'a' * 256}/b -F perm=wa",
        f"-w /etc/{'a' * 256}/b -p wa",
        f"-a always,exit -S all -F exe=/usr/bin/{'a' * 256}",
        "-a always,exit -F path=/etc/. -F perm=wa",
        "-a always,exit -S all -F exe=/usr/bin/..",
        "-a always,exit -S all -F exe=/",
    ],
)
def test_what_auditctl_misreads_and_paths_that_the_kernel_refuses(line):
    with pytest.raises(RuleError):
        parse_line(line, Host())


def test_a_comment_of_which_auditctl_reads_the_rest_as_a_line():
    fits, too_long = "#" + "x" * 6142, "#" + "x" * 6143
    assert [bool(line.error) for line in parse_file(f"{fits}\n{too_long}\n", "x", Host())] == [False, True]


@pytest.mark.parametrize("machine", ["x86_64", "armv7l", "riscv64"])
@pytest.mark.parametrize("release", [None, (2, 8), (4, 0, 2), (4, 2, 1)])
def test_fields_that_do_not_depend_on_the_release_are_not_asked_about(machine, release):
    """What the parser leaves out changes nothing: such a field is readable everywhere, whatever its value."""
    others = [field for field in FIELDS if field.name not in DEPENDENT and field.name != "key"]
    assert len(others) > 20
    host = Host(machine=machine, version=release)
    for kind in others:
        for value, text in ((0, "0"), (0xFFFFFFFF, "4294967295"), (1, "yes"), (45, "45")):
            field = Field(kind.name, "=", value)
            assert readable_value(field, text, host) == text
            assert not is_unknown(field, host)
