# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an error says of a rule, and that nothing in it harms a terminal."""

import re

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules.errors import MisreadError, RuleError, counted, shown
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver
from paths import PLUGINS


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("is wrong",), "is wrong"),
        (("is wrong", "part"), "'part': is wrong"),
        (("is wrong", "", "rule"), "audit rule 'rule': is wrong"),
        (("is wrong", "part", "rule"), "audit rule 'rule': 'part': is wrong"),
        # What is the whole rule is not said twice.
        (("is wrong", "rule", "rule"), "audit rule 'rule': is wrong"),
        (("is wrong", "part", "rule", "f:7"), "f:7: audit rule 'rule': 'part': is wrong"),
        (("is wrong", "", "", "f:7"), "f:7: is wrong"),
        (("is\twrong", "p\x1b", "r\n", "f\r:7"), r"f\r:7: audit rule 'r\n': 'p\x1b': is\twrong"),
    ],
)
def test_text(arguments, text):
    assert str(RuleError(*arguments)) == text


def test_of_a_whole_rule():
    error = RuleError("is wrong", "part").of("rule", "f:7")
    assert (error.reason, error.part, error.rule, error.origin) == ("is wrong", "part", "rule", "f:7")
    # What is known stays.
    again = error.of("another rule", "g:8")
    assert (again.rule, again.origin) == ("rule", "f:7")
    assert (error.of("x").rule, error.of("x").origin) == ("rule", "f:7")
    assert RuleError("is wrong").of("rule").origin == ""


@pytest.mark.parametrize(
    ("line", "misread"),
    [
        # auditctl loads something for each of these, in some release at least.
        ("-a always,exit -S open -F a0=1x", True),
        ("-a always,exit -S 2040", True),
        ("-a always,exit -S open -F perm=r -F perm=w", True),
        ("-a exit,possible -S open", True),
        ("-a always,exclude -F success=1", True),
        ("-a always,task -F perm=r", True),
        ("-a always,exit\t-S open", True),
        ("-w\\ /etc -p wa", True),
        ("#" + "x" * 6143, True),
        # Each of these ends auditctl -R.
        ("-a always,exit -S no_such_call", False),
        ("-a always,exit -S open -F uid=nobody-here", False),
        ("-a always,exit -S open -F exit=ENOSUCH", False),
        ("-a always,exit -F path=/a -F path=/b", False),
        ("-a always,nowhere", False),
        ("-w relative", False),
        ("-z", False),
    ],
)
def test_errors_tell_whether_auditctl_reads_the_line_as_something_else(line, misread):
    (parsed,) = parse_file(line, "f", Resolver())
    assert isinstance(parsed.error, RuleError)
    assert isinstance(parsed.error, MisreadError) is misread
    assert type(parsed.error.of("rule")) is type(parsed.error)


@pytest.mark.parametrize(
    ("text", "visible"),
    [
        ("", ""),
        ("a b", "a b"),
        ("x" * 300, "x" * 300),
        ("x" * 301, "x" * 300 + "..."),
        ("a\x00\x7f", r"a\x00\x7f"),
        ("\u202e\udcff", r"\u202e\udcff"),
        ("'\\", "'\\"),
        ("\xe9", "\xe9"),
    ],
)
def test_shown(text, visible):
    assert shown(text) == visible


def test_a_host_of_which_only_the_machine_is_known():
    host = Resolver()
    assert (host.machine, host.version) == ("x86_64", None)
    assert [(host.uid(name), host.gid(name)) for name in ("root", "daemon")] == [(0, 0), (None, None)]
    assert [host.is_directory(path) for path in ("/etc/", "/etc", "/")] == [True, False, True]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((0, "rule"), "0 rules"),
        ((1, "host"), "1 host"),
        ((1, "rule", "never take"), "1 rule never takes"),
        ((2, "rule", "never take"), "2 rules never take"),
        ((1, "rule", "are"), "1 rule is"),
        ((1, "verdict", "have"), "1 verdict has"),
        ((1, "rule", "were"), "1 rule was"),
        ((3, "rule", "were"), "3 rules were"),
    ],
)
def test_numbers_agree_with_nouns_and_verbs(arguments, text):
    assert counted(*arguments) == text


def test_no_message_counts_but_by_the_one_owner_of_plurals():
    """None has "1 rules" in it."""
    plural = re.compile(r"\{len\([^{}]*\)\} (?:more )?(?!bytes )[a-z]+s\b")
    found = [str(path) for path in PLUGINS.rglob("*.py") if plural.search(path.read_text())]
    assert found == []
