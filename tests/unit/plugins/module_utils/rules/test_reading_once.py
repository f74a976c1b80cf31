# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read once, or on a shorter way, says what reading all of it says."""

import getopt

import pytest
from hypothesis import given
from hypothesis import strategies as st

import strategies
from ansible_collections.linux.audit.plugins.module_utils.rules import parse
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.list_semantics import DROPPED, decision
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from ansible_collections.linux.audit.plugins.module_utils.rules.silence import silences
from ansible_collections.linux.audit.plugins.module_utils.rules.structure import to_structure
from paths import DATA
from strategies import HOST

LINES = [line for name in ("grammar.rules", "refused.rules") for line in (DATA / name).read_text().splitlines() if line]
WORDS = st.sampled_from(
    [
        "-a",
        "-F",
        "-S",
        "-k",
        "-w",
        "-D",
        "-i",
        "-c",
        "-b",
        "-e",
        "--signal",
        "--backlog_wait_time",
        "--backlog",
        "--reset-lost",
        "--",
        "-",
        "-Fuid=0",
        "-kx",
        "always,exit",
        "x",
    ]
    + [""]
)


class Remembering(strategies.Host):
    """The same host, which keeps what was read for it."""

    def __init__(self):
        super().__init__()
        self.already_read = {}


@given(st.lists(WORDS, max_size=8))
def test_options_are_those_of_getopt(arguments):
    """The quick way to the pairs of option and value finds what getopt finds, and refuses nothing else."""
    try:
        expected = getopt.gnu_getopt(arguments, parse._SHORT_OPTIONS, list(parse._LONG_OPTIONS))
    except getopt.GetoptError:
        expected = None
    try:
        found = parse._options(arguments)
    except RuleError:
        found = None
    assert found == expected


def outcome(line, host):
    """The statement of a line, or the words of its error."""
    try:
        return parse_line(line, host)
    except RuleError as error:
        return str(error)


@given(st.lists(st.sampled_from(LINES), max_size=6))
def test_lines_mean_the_same_after_others(lines):
    """A host that keeps what was read gives each line the statement, or the error, that it has by itself."""
    host = Remembering()
    assert [outcome(line, host) for line in lines * 2] == [outcome(line, HOST) for line in lines * 2]


def test_a_line_is_read_once():
    """The second reading of a line is the first one."""
    host, line = Remembering(), "-a always,exit -F arch=b64 -S open -F uid=root -k x"
    assert parse_line(line, host) is parse_line(line, host)
    assert parse_line(line, HOST) is not parse_line(line, HOST)


@given(strategies.rules(), st.sampled_from([None, (2, 8), (3, 0, 9), (3, 1, 5), (4, 0, 2), (4, 2, 1)]))
def test_a_release_that_is_found_out_is_written_for_like_one_that_is_known(rule, version):
    """render() may leave a release unasked, but never writes another line because of that."""
    for machine in ("x86_64", "aarch64"):
        assert render(rule, machine, lambda: version) == render(rule, machine, version)
        assert to_structure(rule, machine, lambda: version) == to_structure(rule, machine, version)


@pytest.mark.parametrize(
    ("line", "depends"),
    [
        ("-a always,exit -F arch=b64 -S openat -F path=/etc/passwd -F auid>=1000", False),
        ("-a always,exit -F path=/etc/passwd -F perm=wa", False),
        ("-a always,exclude -F uid=0", False),
        ("-a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa", True),
        ("-a always,exit -F arch=b64 -S 451", True),
        ("-a always,exclude -F msgtype=CWD", True),
    ],
)
def test_a_release_is_found_out_where_a_line_depends_on_it(line, depends):
    """To find it out, a host runs a program."""
    asked = []
    render(parse_line(line, HOST).rule, "x86_64", lambda: asked.append(1))
    assert bool(asked) is depends


SILENCING = [
    parse_line(line, HOST).rule
    for line in (
        "-a never,task",
        "-a never,exit",
        "-a never,exit -F arch=b64 -S all",
        "-a never,exit -F auid>=1000 -S all",
        "-a never,exit -F auid<1000 -S all",
        "-a always,exclude -F msgtype=SYSCALL",
        "-a never,filesystem -F fstype!=debugfs",
    )
]


@given(st.lists(st.one_of(strategies.rules(), st.sampled_from(SILENCING)), max_size=8))
def test_rules_that_record_at_the_end_silence_nothing(rules):
    """What is switched off depends on no rule after the last one that leaves events out."""
    last = max((place for place, rule in enumerate(rules) if decision(rule) is DROPPED), default=-1)
    assert silences(rules) == silences(rules[: last + 1])


def test_each_silencing_rule_is_found():
    """The rules with which the test above is meant to fail switch something off."""
    pairs = [SILENCING[3:5]]
    assert all(silences([rule]) for rule in SILENCING if rule not in SILENCING[3:5])
    assert all(map(silences, pairs))
