# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events as tables."""

import csv
import io
import re

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.linux.audit.plugins.filter.answers import FilterModule
from ansible_collections.linux.audit.plugins.plugin_utils.answers import COLUMNS
from paths import PLUGINS

FILTERS = FilterModule().filters()
event_rows, table, as_csv = FILTERS["event_rows"], FILTERS["table"], FILTERS["csv"]

EVENT = {
    "time": "2026-01-29T12:34:56.123Z",
    "id": 7,
    "node": None,
    "types": ["SYSCALL", "CWD"],
    "kind": None,
    "action": "opened-file",
    "object": None,
    "how": None,
    "success": False,
    "subject": {"auid": {"id": 1000, "name": "joe"}, "uid": {"id": 0, "name": "root"}, "pid": 12, "exe": "/bin/cat"},
    "syscall": {"name": "kill", "arguments": ["0x1", "SIGKILL", "0x0", None]},
    "command": ["cat", "a b", "\x1b[2J"],
    "cwd": "/",
    "keys": ["a", "b"],
    "paths": [{"name": "/etc/", "path": "/etc", "type": "PARENT"}, {"name": "x", "path": "/etc/x", "type": "CREATE"}],
    "addresses": [{"family": "inet", "address": "192.0.2.1", "port": 80, "path": None}],
    "targets": [{"pid": 99, "comm": "victim"}, {"pid": 100}],
    "records": [{"type": "NETFILTER_CFG", "fields": {"op": "xt_replace", "table": "filter"}}],
}
EMPTY = {
    **dict.fromkeys(EVENT),
    "time": "t",
    "types": [],
    "subject": {},
    "command": [],
    "keys": [],
    "paths": [],
    "addresses": [],
    "targets": [],
    "records": [],
}


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("user", "joe"),
        ("as", "root"),
        ("event", "7"),
        ("host", ""),
        ("types", "SYSCALL, CWD"),
        ("action", "kill"),
        ("command", "cat 'a b' '\\x1b[2J'"),
        ("path", "/etc/x"),
        ("address", "192.0.2.1"),
        ("port", "80"),
        ("signal", "SIGKILL"),
        ("target", "victim"),
        ("target_pid", "99, 100"),
        ("firewall", "xt_replace filter"),
        ("result", "failed"),
        ("key", "a, b"),
        ("program", "/bin/cat"),
        ("session", ""),
    ],
)
def test_columns(column, text):
    assert event_rows([EVENT], [column]) == [{column: text}]


SUBJECT = {
    "auid": {"id": 1000, "name": "joe"},
    "uid": {"id": 1, "name": "bin"},
    "euid": {"id": 0, "name": "root"},
    "session": 3,
    "terminal": "pts0",
    "hostname": "a.example",
    "address": "192.0.2.7",
    "pid": 12,
    "exe": "/bin/cat",
    "comm": "cat",
}
LESS = {"uid": {"id": 0, "name": "root"}, "address": "192.0.2.7", "comm": "cat"}


@pytest.mark.parametrize(
    ("changed", "column", "text"),
    [
        ({"subject": SUBJECT}, "as", "root"),
        ({"subject": SUBJECT}, "session", "3"),
        ({"subject": SUBJECT}, "terminal", "pts0"),
        ({"subject": SUBJECT}, "from", "a.example"),
        ({"subject": SUBJECT}, "pid", "12"),
        ({"subject": SUBJECT}, "program", "/bin/cat"),
        ({"subject": LESS}, "as", "root"),
        ({"subject": LESS}, "user", "root"),
        ({"subject": LESS}, "from", "192.0.2.7"),
        ({"subject": LESS}, "program", "cat"),
        ({"node": "n"}, "host", "n"),
        ({"node": "n", "host": "h"}, "host", "h"),
        ({"object": "/etc/x"}, "object", "/etc/x"),
        ({"syscall": None}, "action", "opened-file"),
        ({"syscall": None}, "signal", ""),
        ({"syscall": {"name": "x", "arguments": ["xSIGKILL", "SIGRT_1", "SIGRTMIN+1"]}}, "signal", "SIGRTMIN+1"),
        ({"success": True}, "result", "success"),
        ({"success": None}, "result", ""),
        ({"addresses": [{"path": "/run/s"}, {"path": None}]}, "address", "/run/s"),
        ({"paths": EVENT["paths"][:1]}, "path", "/etc"),
        ({"paths": [{"name": "x"}, {"name": "y", "path": "/y"}, {"name": "x"}]}, "path", "x, /y"),
        ({"object": "\u00e9\u200b\n"}, "object", "\u00e9\\u200b\\n"),
        ({"records": [{"type": "NETFILTER_CFG", "fields": {"table": "nat"}}, {"type": "X", "fields": {"op": "x"}}]},
         "firewall", "nat"),
    ],
)  # fmt: skip
def test_what_a_column_says_first(changed, column, text):
    """What names it best, and what there is instead."""
    assert event_rows([EVENT | changed], column) == [{column: text}]


def test_heads_and_long_words_of_a_table():
    """A head has words; sixty characters are shown, of more fifty-seven."""
    rows = [{"target_pid": "x" * 60, "user": "a"}, {"target_pid": "x" * 61, "user": ""}]
    assert table(rows) == ["TARGET PID".ljust(62) + "USER", "x" * 60 + "  a", "x" * 57 + "...  -"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: event_rows([EVENT], "no_such,user"),
            "linux.audit.event_rows: unknown column: no_such; the columns are",
        ),
        (
            lambda: event_rows([EVENT], ["user", "x", "y"]),
            "linux.audit.event_rows: unknown column: x, y; the columns are",
        ),
        (
            lambda: event_rows([{"a": 1}], ["user"]),
            "linux.audit.event_rows takes events of audit_search, and one of these",
        ),
        (lambda: event_rows(5, ["user"]), "linux.audit.event_rows takes a list of dictionaries"),
        (lambda: table({}), "linux.audit.table takes a list of dictionaries"),
        (lambda: table(None), "linux.audit.table takes a list of dictionaries"),
        (lambda: table([{}, 1]), "linux.audit.table takes a list of dictionaries"),
        (lambda: as_csv(""), "linux.audit.csv takes a list of dictionaries"),
    ],
)
def test_errors_name_the_filter(call, message):
    """And what is wrong."""
    with pytest.raises(AnsibleFilterError) as problem:
        call()
    assert message in str(problem.value)


def test_every_column_of_an_event_that_says_nothing():
    (row,) = event_rows([EMPTY], list(COLUMNS))
    assert {column for column, text in row.items() if text} == {"time"}


def test_a_daemon_is_the_user_that_it_runs_as():
    daemon = dict(EVENT, subject={"auid": {"id": 4294967295, "name": "unset"}, "uid": {"id": 33, "name": None}})
    assert event_rows([daemon], "user, as") == [{"user": "33", "as": "33"}]


def test_the_page_lists_the_columns():
    page = yaml.safe_load((PLUGINS / "filter" / "event_rows.yml").read_text())
    text = " ".join(page["DOCUMENTATION"]["options"]["columns"]["description"])
    assert set(re.findall(r"V\((\w+)\)", text)) == set(COLUMNS)


def test_tables_are_aligned_and_have_no_empty_columns():
    rows = event_rows([EVENT, dict(EVENT, id=1234, success=None)], "event,session,result,user")
    assert table(rows) == ["EVENT  RESULT  USER", "7      failed  joe", "1234   -       joe"]
    assert table([]) == []
    assert table([{"total": 0, "value": "x" * 99}])[1] == "0      " + "x" * 57 + "..."


def test_csv_can_be_read_back():
    rows = event_rows([dict(EVENT, command=["a,b", 'q"', "x" * 99])], "event,command")
    assert list(csv.DictReader(io.StringIO(as_csv(rows)))) == rows
    assert as_csv([]) == ""


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda: event_rows([EVENT], ["no_such"]), "no_such"),
        (lambda: event_rows([EVENT], []), "column"),
        (lambda: event_rows([{"a": 1}], ["user"]), "audit_search"),
        (lambda: event_rows("text", ["user"]), "list"),
        (lambda: table("text"), "list"),
        (lambda: as_csv({"a": 1}), "list"),
    ],
)
def test_errors(call, part):
    with pytest.raises(AnsibleFilterError, match=part):
        call()
