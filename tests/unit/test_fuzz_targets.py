# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets of `./dev fuzz`, with the inputs that are kept, with odd numbers, and with what hypothesis makes up."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from fuzz.targets import CALLS, FILTERS, TARGETS, call_filter
from paths import DATA
from spoiling import replaced, size_of
from strategies import rules

KEPT = [
    pytest.param(path.parent.name, path, id=f"{path.parent.name}-{path.name}") for path in (DATA / "fuzz").glob("*/*")
]
# A digit that int() refuses, digits that the kernel's tools refuse, and more of them than int() takes.
NUMBERS = ["²", "①", "٣", "9" * 5000, "-" + "9" * 5000, "0x" + "f" * 5000]
FIELDS = ("uid", "exit", "msgtype", "arch", "fstype", "inode", "sessionid", "saddr_fam", "perm", "gid")
KEYWORDS = ("num_logs", "space_left", "freq", "q_depth", "tcp_listen_port", "log_group", "tcp_client_max_idle", "port")
TEMPLATES = [
    *(("parser", f"-a always,exit -S open -F {field}={{}}") for field in FIELDS),
    *(("parser", line) for line in ("-a always,exit -S {}", "-b {}", "-w /x -p {}", "-a always,exit -F arch={}")),
    *(("linter", line) for line in ("-w /x/ -p wa -k {}\n-e 2\n", "-a always,exit -S {} -F exit=EPERM -F auid>={}")),
    *(("configuration", f"{keyword} = {value}\n") for keyword in KEYWORDS for value in ("{}", "{}%", "{}-{}")),
    *(("points_in_time", text) for text in ("@{}", "{}-01-01T00:00Z")),
    *(("events", f"type=USER msg=audit({stamp}): pid={{}}") for stamp in ("{}.000:1", "1.000:{}")),
    ("own_packs", "-a always,exit -F uid={}\n"),
    ("filters", '["-b {}"]'),
]  # fmt: skip


@pytest.mark.parametrize(("name", "path"), KEPT)
def test_what_was_found_once_is_not_found_again(name, path):
    TARGETS[name](path.read_bytes())


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number[:4])
@pytest.mark.parametrize(("name", "template"), TEMPLATES)
def test_numbers_that_are_no_numbers(name, template, number):
    TARGETS[name](template.replace("{}", number).encode())


ODD = [
    None, True, -1, 10**400, float("nan"), "", "\0", "²", "\udcff", "{{ 1 }}", [], [None], [[]], [{}], {}, {"a": None},
    {"": {}}, "\x1b[2J\x9b\u202e\n\u115f", {"\x1b": "\u2028"},
]  # fmt: skip


def test_a_call_of_each_filter_is_kept():
    assert {path.stem for path in CALLS.glob("*.json")} == set(FILTERS)


@pytest.mark.parametrize("name", sorted(FILTERS))
def test_any_part_of_what_a_filter_is_given_may_be_anything(name):
    """As root on a host can make its results."""
    given = json.loads((CALLS / f"{name}.json").read_text())
    FILTERS[name](*given)
    for place in range(1, size_of(given)):
        for value in ODD:
            call_filter(FILTERS[name], replaced(given, [place], value))


@given(st.lists(rules().map(lambda one: render(one, "x86_64")), max_size=6))
def test_rules_can_be_linted_and_repaired(lines):
    TARGETS["linter"]("\n".join(lines).encode("utf-8", "surrogateescape"))


@pytest.mark.parametrize("name", sorted(TARGETS))
@settings(max_examples=50)
@given(data=st.one_of(st.binary(max_size=2000), st.text(max_size=500).map(lambda text: text.encode())))
def test_anything(name, data):
    TARGETS[name](data)
