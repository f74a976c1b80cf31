# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problems of rules files, which are found before anything is changed."""

import os

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._policy import checks as preflight
from ansible_collections.linux.audit.plugins.module_utils._policy.checks import examine, not_for_files, unsupported
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import RulesDirectory, RulesFile
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file, parse_line
from played_root import play_root

ALL_FEATURES = 0x7F
PASSWD = "-w /etc/passwd -p wa -k passwd"


class Release(Host):
    """A host with an auditctl of some release."""

    machine = "x86_64"

    def __init__(self, *version):
        super().__init__()
        self._version, self._version_known = version or None, True


@pytest.fixture
def said():
    """said(text, ...): the problems of files 1.rules, 2.rules, ... on audit 3.0.9."""

    def said(*texts, features=ALL_FEATURES, host=None):
        host = host or Release(3, 0, 9)
        files = [
            RulesFile(f"{number}.rules", text, tuple(parse_file(text, f"{number}.rules", host)))
            for number, text in enumerate(texts, 1)
        ]
        return examine(files, host, features)

    return said


def test_files_without_problems(said):
    assert said(f"-D\n-b 8192\n# x\n{PASSWD}\n", "-w /etc/group -p wa\n-e 2\n") == []


def test_a_repeated_rule_stops_auditctl(said):
    (problem,) = said(f"{PASSWD}\n", f"-b 5\n{PASSWD}\n")
    assert str(problem) == (
        f"2.rules:2: '{PASSWD}' repeats an earlier rule (1.rules:1: '{PASSWD}'); auditctl would load no line after it"
    )
    (problem,) = said(f"-i\n{PASSWD}\n{PASSWD}\n")
    assert not problem.stops
    assert said(f"{PASSWD}\n-d always,exit -F path=/etc/passwd -F perm=wa -F key=passwd\n{PASSWD}\n") == []
    assert said(f"{PASSWD}\n-D -k passwd\n{PASSWD}\n") == []


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("-a always,filesystem -F fstype=tracefs", "the action always does nothing on the list filesystem"),
        ("-a never,user", "a rule without a field matches nothing on the list user"),
        ("-a always,exit -S openat -F uid>5 -F uid<3", "no event meets all of its conditions of uid"),
        ("-a always,exit -S openat -F exit<0", "exit<0 never matches"),
    ],
)
def test_a_rule_that_has_no_effect_by_itself_is_dead_and_loaded(said, line, reason):
    (problem,) = said(f"{PASSWD}\n{line}\n")
    assert (problem.origin, problem.text) == ("1.rules:2", line)
    assert problem.reason.startswith(f"has no effect: {reason}")
    assert problem.dead
    assert not (problem.stops or problem.lost or problem.silent)


def test_prepended_rules_are_looked_at_first(said):
    wide, narrow = "-A always,exit -F dir=/etc -F perm=wa", "-w /etc/hosts -p wa"
    (problem,) = said(f"{narrow}\n{wide}\n")
    assert problem.origin == "1.rules:1"
    assert problem.reason.startswith("is never evaluated: an earlier rule matches every event that it matches")
    assert problem.reason.endswith(f"(1.rules:2: '{wide}')")
    assert said("-a always,exit -F dir=/etc -F perm=wa\n-A always,exit -F path=/etc/hosts -F perm=wa\n") == []
    first = "-A always,exit -F path=/etc/passwd -F perm=wa -F key=passwd"
    (problem,) = said(f"{PASSWD}\n{first}\n")
    assert (problem.origin, problem.stops, problem.dead) == ("1.rules:1", False, True)
    (problem,) = said(f"{first}\n{PASSWD}\n")
    assert (problem.origin, problem.stops) == ("1.rules:2", True)
    # auditctl of these releases deletes a rule instead.
    found = said(f"{narrow}\n{wide}\n", host=Release(4, 0, 5))
    assert [one.origin for one in found] == ["1.rules:2"]
    assert found[0].reason.endswith(
        "because of '-A'; write '-a always,exit -F dir=/etc -F perm=wa' before all other rules of the list exit"
    )


def test_rules_that_an_earlier_rule_shadows(said):
    wide, other = "-w /etc -p wa -k etc", "-w /etc -p wa -k conf"
    same, within = said(f"{wide}\n{other}\n", f"{PASSWD}\n")
    assert "another key (1.rules:1: '-w /etc -p wa -k etc')" in str(same)
    assert "every event that it matches (1.rules:1:" in str(within)
    assert not same.stops
    assert not within.stops


def test_a_missing_directory_stops_auditctl(said, tmp_path):
    (problem,) = said(f"-w {tmp_path}/no/such -p wa\n")
    assert (problem.origin, problem.stops) == ("1.rules:1", True)
    assert f"{tmp_path}/no does not exist" in problem.reason


@pytest.mark.parametrize(
    ("line", "bit", "name"),
    [
        ("-a never,filesystem -F fstype=tracefs", 6, "list filesystem"),
        ("-a always,exit -S all -F exe=/usr/bin/id", 2, "field exe"),
        ("-a always,exit -S all -F sessionid=3", 4, "field sessionid"),
        ("-a always,exclude -F uid=0", 3, "exclude with fields other than msgtype"),
    ],
)
def test_features_that_an_old_kernel_lacks(said, line, bit, name):
    rule = parse_line(line, Host()).rule
    assert unsupported(rule, ALL_FEATURES) is None
    assert name in unsupported(rule, ALL_FEATURES & ~(1 << bit))
    (problem,) = said(f"{line}\n", features=ALL_FEATURES & ~(1 << bit))
    assert name in problem.reason
    assert said(f"{line}\n", features=None) == []


@pytest.mark.parametrize(
    ("line", "version", "part"),
    [
        ("-a always,exit -S all -F success=no", (4, 2), "-F success=no"),
        ("-a always,exit -F arch=b64 -S mseal -k x", (3, 0, 9), "-S mseal"),
        ("-a always,EXIT -S mount", (3, 0, 9), "-a always,EXIT"),
        ("-A always,exit -S mount", (4, 1, 0), "-A"),
        ("-a always,io_uring -S openat", (3, 0, 9), "-a always,io_uring"),
    ],
)
def test_lines_that_the_auditctl_of_the_host_cannot_read(said, line, version, part):
    host = Release(*version)
    (problem,) = said(f"{line}\n", host=host)
    assert f"'{part}'" in problem.reason
    assert problem.stops
    # If another spelling works, it is written; otherwise the user is told.
    assert bool(not_for_files(parse_line(line, host), host)) is ("io_uring" in line)


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("-a always,EXIT -S mount", (3, 1)),
        ("-A always,exit -S mount", (4, 1, 1)),
        ("-a always,io_uring -S openat", (3, 1)),
        ("-a always,io_uring -S openat", ()),
    ],
)
def test_lines_that_other_releases_can_read(said, line, version):
    assert said(f"{line}\n", host=Release(*version)) == []


def test_invalid_lines_and_a_file_without_a_final_newline(said):
    problems = said(f"{PASSWD}\r\n\t-b 5\n-w /etc/group -p wa", "-w /etc/hosts -p wa", "")
    assert [problem.origin for problem in problems] == ["1.rules:1", "1.rules:2", "1.rules:3", "2.rules:1"]
    assert ["carriage return" in str(problems[0]), "tab" in str(problems[1])] == [True, True]
    assert "the first line of the next file is appended to it" in problems[2].reason


def test_a_file_name_that_augenrules_ignores():
    (problem,) = examine([RulesFile("/etc/audit/rules.d/my own.rules", "", ())], Release())
    assert problem.origin == "/etc/audit/rules.d/my own.rules"
    assert "space" in problem.reason


@pytest.mark.parametrize("white_space", [True, False])
def test_a_lock_that_augenrules_does_not_move(said, monkeypatch, white_space):
    monkeypatch.setattr(preflight, "awk_knows_white_space", lambda: white_space)
    problems = said(f"  -e 2\n{PASSWD}\n")
    assert [problem.stops for problem in problems] == ([] if white_space else [True])
    assert said(f"-e 2\n{PASSWD}\n") == []


@pytest.mark.parametrize(
    "line",
    [
        "-a always,exit -S all -F auid=no-such-user",
        "-a always,exclude -F msgtype=NO_SUCH_TYPE",
        "-a always,exit -S all -F no_such_field=1",
        "-a always,exit -S all -F auid",
        "-a always,exit -S all -F auid=",
        "-x",
        "-w /etc/passwd -p wb",
        "-a always,exit -S all -F filetype=no-such-type",
        "-a always,exit -S no_such_syscall",
        "-a always,exit -F path=etc/passwd",
        "-a always,user -F perm=wa",
        "-a always,exit -k needs-something-before-it",
        "-w /etc/passwd and more",
        "-d always,exit -S swapon",
        "-W /etc/passwd -p wa",
    ],
)
def test_a_line_that_auditctl_refuses_stops_it(said, line):
    (problem,) = said(f"{line}\n")
    assert problem.stops
    assert [problem.stops for problem in said(f"-i\n{line}\n")] == [False]


def test_lines_that_augenrules_moves_stop_what_comes_after_them_then(said):
    """A lock comes last. What is at the head stops all, in spite of -i; of several such lines, the last is kept."""
    assert [problem.stops for problem in said(f"-e 3\n{PASSWD}\n")] == [False]
    assert [problem.stops for problem in said(f"-i\n{PASSWD}\n-b many\n")] == [True]
    assert [problem.stops for problem in said(f"-f many\n{PASSWD}\n-f 1\n")] == [False]


def test_what_is_deleted_must_be_there(said):
    assert said(f"{PASSWD}\n-W /etc/passwd -p wa -k passwd\n") == []
    (problem,) = said(f"-W /etc/passwd -p wa -k passwd\n{PASSWD}\n")
    assert problem.reason == "deletes a rule that no line before it adds, which the kernel refuses"
    assert problem.stops
    assert len(said(f"{PASSWD}\n-D -k pass\n-W /etc/passwd -p wa -k passwd\n")) == 1


def test_a_misspelt_errno_stops_auditctl(said):
    assert [problem.stops for problem in said("-a always,exit -S open -F exit=-EACCESS\n")] == [True]


def test_a_rule_that_auditctl_loads_although_it_harms_does_not_stop_it(said):
    (problem,) = said("-a always,user -F euid=0\n")
    assert not problem.stops


def test_auditctl_continues_only_after_the_line_that_says_so(said):
    unknown = "-a always,exit -S all -F auid=no-such-user"
    assert [problem.stops for problem in said(f"{unknown}\n-i\n{unknown}\n")] == [True, False]
    assert [problem.stops for problem in said(f"{PASSWD}\n{PASSWD}\n", f"-c\n{PASSWD}\n")] == [True, False]


@pytest.fixture
def directory(tmp_path):
    """directory(): the problems of the files of a directory as a whole, by name."""

    def directory():
        problems = examine(RulesDirectory(str(tmp_path), Release(3, 0, 9)).files, Release(3, 0, 9))
        return {(os.path.basename(problem.origin), problem.reason) for problem in problems}

    return directory


def test_files_and_directories_that_everybody_can_write(tmp_path, directory):
    path = tmp_path / "x.rules"
    path.write_text(f"{PASSWD}\n")
    path.chmod(0o640)
    assert directory() == set()
    path.chmod(0o646)
    tmp_path.chmod(0o777)
    reason = "is world-writable, so every user can change the rules"
    assert directory() == {(tmp_path.name, reason), ("x.rules", reason)}


def test_a_file_of_another_user(tmp_path, directory, monkeypatch):
    play_root(monkeypatch)
    path = tmp_path / "x.rules"
    path.write_text(f"{PASSWD}\n")
    os.chown(path, 7, 0)
    assert directory() == {("x.rules", "belongs to uid 7, who can change the rules, and not to root")}


def test_links_in_the_directory(tmp_path, directory):
    (tmp_path / "other").write_text(f"{PASSWD}\n")
    (tmp_path / "a.rules").symlink_to("other")
    (tmp_path / "b.rules").symlink_to("nothing")
    replaced = "a task that changes the file replaces the link"
    assert directory() == {
        ("a.rules", f"is a symbolic link; {replaced}"),
        ("b.rules", f"is a symbolic link, and leads nowhere; {replaced}"),
    }
