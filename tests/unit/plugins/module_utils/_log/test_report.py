# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The columns of reports, taken from events."""

from ansible_collections.linux.audit.plugins.module_utils._log.aureport import REPORTS
from ansible_collections.linux.audit.plugins.module_utils._log.report import COLUMNS, columns_of


def test_columns_are_taken_from_an_event():
    """Each from what answers it; of several the first that says something."""
    first = {"acct": "?", "id": "eve", "tclass": "file", "comm": "cat", "data": "ls", "exe": "/bin/cat", "addr": "a"}
    second = {"acct": "joe", "tcontext": "b_t", "seperms": "read", "seperm": "write", "seresult": "denied", "ses": "3",
              "scontext": "a_t", "tty": "pts0", "terminal": "ssh", "hostname": "h", "comm": "dog"}  # fmt: skip
    event = {
        "id": 7, "types": ["AVC", "SYSCALL"], "success": False, "syscall": {"name": "openat"}, "keys": ["k", "l"],
        "subject": {"auid": {"id": 1000, "name": "joe"}, "pid": 12},
        "paths": [{"name": "/etc", "type": "PARENT"}, {"type": "CREATE"}, {"name": "x", "type": "CREATE"}],
        "records": [{"type": "AVC", "fields": first}, {"type": "SYSCALL", "fields": second}],
    }  # fmt: skip
    assert columns_of(event, list(COLUMNS)) == {
        "account": "eve", "auid": "joe", "class": "file", "comm": "cat", "data": "ls", "event": 7, "exe": "/bin/cat",
        "file": "x", "host": "a", "key": "k", "object": "b_t", "permission": "read", "pid": 12, "result": "denied",
        "session": "3", "subject": "a_t", "success": False, "syscall": "openat", "terminal": "pts0", "type": "AVC",
    }  # fmt: skip
    assert columns_of(event | {"paths": event["paths"][:1]}, ["file"]) == {"file": "/etc"}
    fields = {"type": "AVC", "fields": {"seperm": "w", "terminal": "ssh", "acct": "joe", "hostname": "?", "addr": "b"}}
    assert columns_of(event | {"records": [fields]}, ["permission", "terminal", "account", "host"]) == {
        "permission": "w", "terminal": "ssh", "account": "joe", "host": "b",
    }  # fmt: skip


def test_every_column_can_be_taken_from_an_event():
    event = {
        "id": 7,
        "types": ["TTY"],
        "success": None,
        "subject": {},
        "syscall": None,
        "paths": [],
        "keys": [],
        "records": [],
    }
    for _option, columns in REPORTS.values():
        values = columns_of(event, columns.split())
        assert values.pop("event") == 7
        assert values.pop("type", "TTY") == "TTY"
        assert not any(values.values())
    assert set(COLUMNS) == {column for _option, columns in REPORTS.values() for column in columns.split()}
