# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much of a log each key has, and how far back the log reaches."""

import os
import random

import pytest

import generated_logs
from ansible_collections.linux.audit.plugins.module_utils._log import retention as module
from ansible_collections.linux.audit.plugins.module_utils._log.files import Log, event_id
from ansible_collections.linux.audit.plugins.module_utils._log.retention import retention, usage_of

CONF = {"max_log_file": "8", "num_logs": "5", "max_log_file_action": "ROTATE"}


def record(seconds, serial, fields, node=""):
    return f"{node}type=SYSCALL msg=audit({seconds}.000:{serial}): {fields}\n"


def made(tmp_path, monkeypatch, lines, settings):
    monkeypatch.setattr(module, "read_settings", lambda _path: settings)
    path = tmp_path / "audit.log"
    path.write_text("".join(lines))
    with Log(str(path)) as log:
        return retention(log)


def test_bytes_a_day_by_key(tmp_path, monkeypatch):
    """Records without a key count for the key of their event, one with two keys for both."""
    both = b"a b\x01id".hex().upper()
    lines = [
        record(86400, 1, 'x=1 key="id"\x1dUID="root"'),
        record(86400, 1, "y=1"),
        record(86400, 1, "y=1 key=(null)", node="node=web "),
        record(2 * 86400, 2, f"x=1 key={both}"),
        record(3 * 86400, 3, "z=1"),
    ]
    sizes = [len(line) for line in lines]
    found = made(tmp_path, monkeypatch, lines, CONF)
    assert (found["bytes"], found["bytes_a_day"]) == (sum(sizes), round(sum(sizes) / 2))
    assert (found["oldest"], found["newest"]) == ("1970-01-02T00:00:00.000Z", "1970-01-04T00:00:00.000Z")
    assert (found["capacity"], found["days"]) == (5 * 8 << 20, round((5 * 8 << 20) / (sum(sizes) / 2), 2))
    assert {row["key"]: (row["events"], row["bytes"]) for row in found["keys"]} == {
        "id": (2, sizes[0] + sizes[1] + sizes[3]),
        None: (2, sizes[2] + sizes[4]),
        "a b": (1, sizes[3]),
    }
    assert [row["key"] for row in found["keys"]] == ["id", None, "a b"]
    assert found["keys"][2]["bytes_a_day"] == round(sizes[3] / 2)


def test_the_key_of_a_change_of_rules_counts(tmp_path, monkeypatch):
    """As ausearch -k has it, although the record of the call that changes the rule has no key."""
    lines = [record(1, 1, 'op=add_rule key="id" list=4 res=1'), record(1, 1, "syscall=44 key=(null)")]
    found = made(tmp_path, monkeypatch, lines, CONF)
    assert {row["key"]: (row["events"], row["bytes"]) for row in found["keys"]} == {"id": (1, sum(map(len, lines)))}


@pytest.mark.parametrize(
    "changed",
    [
        {"max_log_file_action": "keep_logs"},
        {"num_logs": "1"},
        {"max_log_file": "x"},
        {"num_logs": "²"},
        {"num_logs": "9" * 5000},
    ],
)
def test_a_log_that_is_not_rotated_may_fill_the_disk(tmp_path, monkeypatch, changed):
    """The same if rotation would need more than the disk has."""
    lines = [record(1000, 1, "x"), record(2000, 2, "x")]
    free = os.statvfs(tmp_path)
    for settings in (CONF | changed, CONF | {"max_log_file": str(10**9)}):
        found = made(tmp_path, monkeypatch, lines, settings)
        assert found["free"] == pytest.approx(free.f_bavail * free.f_frsize, rel=0.2)
        assert found["disk"] == free.f_blocks * free.f_frsize
        assert found["capacity"] == pytest.approx(free.f_bavail * free.f_frsize, rel=0.2)


def test_a_log_of_one_moment_has_no_rate(tmp_path, monkeypatch):
    """Nor has one without records."""
    found = made(tmp_path, monkeypatch, [record(1000, 1, 'key="id"')], CONF)
    assert (found["bytes_a_day"], found["days"], found["keys"][0]["bytes_a_day"]) == (None, None, None)
    found = made(tmp_path, monkeypatch, ["no record\n"], CONF)
    assert (found["bytes"], found["oldest"], found["days"], found["keys"]) == (0, None, None, [])


@pytest.mark.parametrize("seed", range(10))
def test_nothing_is_counted_twice_or_left_out(tmp_path, monkeypatch, seed):
    """Whatever is interleaved, events and bytes of each key are those of a count that keeps all events."""
    chance = random.Random(seed)
    lines = [line + "\n" for line in generated_logs.lines(chance, 200, clock_jumps=True)]
    events = {}
    for line in lines:
        identity = event_id(line.encode())
        if identity:
            events.setdefault(identity, []).append(line)
    expected = {}
    for texts in events.values():
        spelled = [text.partition(" key=")[2].split()[0].partition("\x1d")[0] for text in texts if " key=" in text]
        names = [name for name in generated_logs.KEYS if any(_has(text, name) for text in spelled)] or [None]
        for name in names:
            count, size = expected.get(name, (0, 0))
            expected[name] = (count + 1, size + sum(len(text.encode()) for text in texts))
    path = tmp_path / "audit.log"
    path.write_text("".join(lines))
    with Log(str(path)) as log:
        usage = usage_of(log)
    assert usage.keys == expected
    assert usage.size == sum(len(text.encode()) for texts in events.values() for text in texts)


def _has(spelled, name):
    return spelled == f'"{name}"' or (spelled[:1] not in '"(' and name in bytes.fromhex(spelled).decode().split("\x01"))
