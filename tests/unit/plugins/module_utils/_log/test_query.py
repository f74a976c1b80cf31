# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked for, and which events are it. That ausearch and libauparse do their part is tested on guests."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._log.files import EventId
from ansible_collections.linux.audit.plugins.module_utils._log.query import ARGUMENTS, SearchError, query
from ansible_collections.linux.audit.plugins.module_utils._log.times import TimeError
from strategies import HOST


def ask(**given):
    return query({**dict.fromkeys(ARGUMENTS), "exact": True, **given}, HOST, 1769690096.0)


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({}, []),
        ({"key": ["a"], "pid": [1], "user": ["root"], "start": "today"}, []),
        ({"event_id": "4711"}, ["-a", "4711"]),
        ({"event_id": "1769690000.123:4711"}, ["-a", "4711"]),
        ({"message_type": ["syscall", "1400", "UNKNOWN[1399]"]}, ["-m", "1300,1400,1399"]),
        ({"message_type": ["systemd"]}, ["-m", "1127,1128,1129,1130,1131"]),
        ({"node": ["a", "b.example"]}, ["-n", "a", "-n", "b.example"]),
    ],
)
def test_ausearch_is_asked_for_little(given, arguments):
    assert ask(**given).arguments() == arguments


def test_an_event_with_its_time_is_looked_for_at_that_time():
    wanted = ask(event_id="1769690000.123:4711")
    assert wanted.start == wanted.end == 1769690000.123
    assert wanted.in_time(EventId(1769690000, 123, 4711, None))
    assert not wanted.in_time(EventId(1769690000, 124, 4711, None))


def test_times_are_inclusive():
    wanted = ask(start="@10.5", end="@11")
    assert [wanted.in_time(EventId(10, ms, 1, None)) for ms in (499, 500, 501)] == [False, True, True]
    assert [wanted.in_time(EventId(11, ms, 1, None)) for ms in (0, 1)] == [True, False]


@pytest.mark.parametrize(
    ("given", "texts", "others"),
    [
        ({"key": ["net"]}, [b'key="net"', b"key=6E6574016F7574"], [b'key="other"']),
        (
            {"file": ["/etc/passwd"]},
            [b'name="passwd"', b'name="/etc/passwd"', b"name=706173737764"],
            [b'name="/etc/group"'],
        ),
        ({"file": ["/srv/odd/"]}, [b'cwd="/srv/odd"', b'name="odd/x"'], [b'name="/srv"']),
        ({"file": ["/"]}, [b"anything"], []),
        ({"auid": ["root"]}, [b" auid=0 ", b'AUID="root"'], [b" auid=1 "]),
        ({"pid": [12]}, [b" pid=12 "], [b" ppid=12 "]),
        ({"session": ["unset"]}, [b" ses=4294967295 "], [b" ses=1 "]),
        ({"auid": ["-1"]}, [b" auid=4294967295 "], [b" auid=1 "]),
        ({"syscall": ["openat"]}, [b" syscall=257 ", b" syscall=295 ", b" syscall=56 "], [b" syscall=2 "]),
        ({"syscall": ["openat"], "key": ["zz"]}, [b' syscall=257 key="zz"'], [b" syscall=257 ", b'key="zz"']),
    ],
)
def test_what_cannot_match_is_not_interpreted(given, texts, others):
    wanted = ask(**given)
    assert [wanted.may_match(text) for text in texts] == [True] * len(texts)
    assert [wanted.may_match(text) for text in others] == [False] * len(others)


EVENT = {
    "success": True,
    "subject": {
        "auid": {"id": 1000, "name": "joe"},
        "uid": {"id": 0, "name": "root"},
        "euid": {"id": 0, "name": "root"},
        "gid": {"id": 5, "name": "tty"},
        "pid": 12,
        "ppid": 1,
        "exe": "/usr/bin/vi",
        "comm": "vi",
    },
    "syscall": {"name": "openat", "number": 257},
    "paths": [{"name": "passwd", "path": "/etc/passwd"}, {"name": "/srv/odd/x", "path": "/srv/odd/x"}],
    "addresses": [{"path": "/run/socket"}],
    "targets": [{"pid": 99, "comm": "victim"}],
    "keys": ["identity", "other"],
    "records": [
        {"type": "SYSCALL", "fields": {"tty": "pts0"}},
        {"type": "USER_LOGIN", "fields": {"addr": "192.0.2.1"}},
    ],
}

MATCHES = [
    {"key": ["identity"]},
    {"key": ["no", "other"]},
    {"key": ["dent"], "exact": False},
    {"file": ["/etc/passwd"]},
    {"file": ["passwd"]},
    {"file": ["/srv/odd/"]},
    {"file": ["/srv/"]},
    {"file": ["/etc/passwd/"]},
    {"file": ["/run/socket"]},
    {"file": ["/etc/pa"], "exact": False},
    {"auid": ["joe"]},
    {"auid": ["1000"]},
    {"user": ["joe"]},
    {"user": ["0"]},
    {"uid": ["root", "joe"]},
    {"group": ["5"]},
    {"pid": [12]},
    {"ppid": [1, 2]},
    {"session": ["unset"]},
    {"session": ["-1"]},
    {"syscall": ["OPENAT"]},
    {"syscall": ["257"]},
    {"success": True},
    {"terminal": ["pts0"]},
    {"host": ["192.0.2.1"]},
    {"target": ["victim"]},
    {"target": ["99"]},
    {"executable": ["/usr/bin/vi"], "comm": ["vi"]},
]
DIFFERS = [
    {"key": ["dent"]},
    {"key": ["identity"], "success": False},
    {"file": ["/etc"]},
    {"file": ["/etc/pa"]},
    {"file": ["/srv/od"]},
    {"auid": ["root"]},
    {"uid": ["joe"]},
    {"user": ["unset"]},
    {"group": ["joe"]},
    {"egid": ["5"]},
    {"pid": [1]},
    {"session": ["1"]},
    {"syscall": ["open"]},
    {"terminal": ["pts"]},
    {"host": ["192.0.2"]},
    {"target": ["vi"]},
    {"executable": ["vi"]},
    {"comm": ["v"]},
]


@pytest.mark.parametrize("given", MATCHES)
def test_what_matches(given):
    assert ask(**given).matches(EVENT)


@pytest.mark.parametrize("given", DIFFERS)
def test_what_does_not(given):
    assert not ask(**given).matches(EVENT)


@pytest.mark.parametrize(
    ("given", "part"),
    [
        ({"event_id": "1:2"}, "event_id"),
        ({"event_id": "0x10"}, "event_id"),
        ({"event_id": "-1"}, "event_id"),
        ({"uid": ["1000abc"]}, "1000abc"),
        ({"uid": ["-2"]}, "-2"),
        ({"uid": ["4294967296"]}, "4294967296"),
        ({"gid": ["a b"]}, "a b"),
        ({"auid": [""]}, "auid"),
        ({"session": ["one"]}, "one"),
        ({"pid": [-1]}, "-1"),
        ({"pid": [2147483648]}, "2147483648"),
        ({"syscall": ["opennat"]}, "opennat"),
        ({"syscall": [""]}, "syscall"),
        ({"message_type": ["SYSCAL"]}, "SYSCAL"),
        ({"message_type": ["12abc"]}, "12abc"),
        ({"node": ["-x"]}, "-x"),
        ({"node": [" a"]}, " a"),
        ({"node": ["a "]}, "a "),
        ({"node": ["a\x00b"]}, "control characters"),
        ({"node": ["a\x1fb"]}, "control characters"),
        ({"key": [""]}, "key"),
        ({"file": [""]}, "file"),
    ],
)
def test_what_is_refused_and_by_which_name(given, part):
    with pytest.raises(SearchError, match=part.replace("-", r"\-")) as problem:
        ask(**given)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("given", "part"), [({"start": "12:00"}, "start: "), ({"start": "now", "end": "today"}, "later")]
)
def test_periods_that_are_refused(given, part):
    """A start or an end that is not a time, and an end before the start."""
    with pytest.raises(TimeError, match=part) as problem:
        ask(**given)
    assert "\n" not in str(problem.value)
