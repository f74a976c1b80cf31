# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""What a line was loaded as, by whichever release of auditctl and whatever was at its path, is recognised."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules.loaded_forms import loaded_forms
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from strategies import HOST, Host

# Before syscalls were added because of a permission, and after each change of which ones.
RELEASES = [None, (2, 8), (3, 0, 9), (3, 1, 2), (3, 1, 3), (4, 0), (4, 0, 2), (4, 0, 3), (4, 1), (4, 1, 2), (4, 2, 1)]
ADDING = [
    "-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa -k k",
    "-a always,exit -F arch=b32 -F dir=/etc -F perm=rx",
    "-a always,exit -F arch=b64 -S openat -F path=/etc/passwd -F perm=r",
    "-a never,exit -F arch=b64 -F path=/etc/passwd -F perm=a -S mount",
]
ONE = [
    "-a always,exit -F arch=b64 -S mount",
    "-a always,exit -F path=/etc/passwd -F perm=wa",
    "-a always,exit -F arch=b64 -S all -F path=/etc/passwd -F perm=wa",
    "-a never,user -F uid=0",
]


def forms(line):
    return list(loaded_forms(parse_line(line, HOST)))


@pytest.mark.parametrize("release", RELEASES, ids=str)
@pytest.mark.parametrize("line", [*ADDING, *ONE])
def test_that_of_each_release(line, release):
    assert parse_line(line, Host(version=release)).rule in forms(line)


@pytest.mark.parametrize("line", ADDING)
def test_they_differ_in_their_syscalls_alone(line):
    statement = parse_line(line, HOST)
    found = forms(line)
    assert found[0] == statement.rule
    assert {rule._replace(syscalls=None) for rule in found} == {statement.rule._replace(syscalls=None)}
    assert all(rule.syscalls is None or rule.syscalls >= statement.named_syscalls for rule in found)
    assert statement.rule._replace(syscalls=statement.named_syscalls or None) in found
    assert len(set(found)) > 2


@pytest.mark.parametrize("line", ONE)
def test_of_other_lines_the_rule_alone(line):
    assert forms(line) == [parse_line(line, HOST).rule]


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/cron.d"])
def test_a_watch_of_what_was_a_directory_or_not(path):
    own, other = forms(f"-w {path} -p wa -k k")
    assert own == parse_line(f"-w {path} -p wa -k k", HOST).rule
    assert {own.fields[0].name, other.fields[0].name} == {"path", "dir"}
    for name in ("path", "dir"):
        same = parse_line(f"-a always,exit -F {name}={path} -F perm=wa -k k", HOST).rule
        assert same in (own, other)
