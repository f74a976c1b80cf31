# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A search that passes over parts of the log, or reads it from the end, finds what one finds that reads all of it."""

import itertools
import random

import pytest

import generated_logs
import log_stand_ins
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._log import files, latest, selection, sieve, tools
from ansible_collections.linux.audit.plugins.module_utils._log.files import Log, event_id
from ansible_collections.linux.audit.plugins.module_utils._log.query import ARGUMENTS, query
from ansible_collections.linux.audit.plugins.module_utils._log.search import search
from ansible_collections.linux.audit.plugins.module_utils._log.selection import Selection
from ansible_collections.linux.audit.plugins.module_utils._log.sieve import Sieve, rarest

QUERIES = [
    {},
    {"key": ["wanted"]},
    {"key": ["net"], "exact": False},
    {"key": ["a b"]},
    {"key": ["ünder", "identity"]},
    {"pid": [101]},
    {"success": False},
    {"file": ["secret"]},
    {"auid": ["0"], "key": ["wanted"]},
    {"session": ["3"], "pid": [102, 103]},
    {"node": ["b c"], "key": ["net"]},
]
# Smaller than the generated logs, as the real sizes are smaller than real logs.
SIZES = [
    (files, "_BLOCK", 1000),
    (sieve, "_NEAR", 8000),
    (latest, "_FIRST", 4000),
    (latest, "_DOUBTFUL", 8000),
    (tools, "_OUTPUT", 2000),
]


@pytest.fixture(params=["stand-in", "real"])
def programs(request, monkeypatch, tmp_path):
    """ausearch and libauparse, or stand-ins for them."""
    for module, name, value in SIZES:
        monkeypatch.setattr(module, name, value)
    if request.param == "stand-in":
        (tmp_path / "bin").mkdir()
        log_stand_ins.put_ausearch(tmp_path / "bin", monkeypatch)
        log_stand_ins.put_library(monkeypatch)
    else:
        log_stand_ins.need_real_library()
        log_stand_ins.need_real_program("ausearch")
    return request.param


def wanted(parameters):
    asked = {name: entry.get("default") for name, entry in ARGUMENTS.items()}
    return query(asked | parameters, Host(), 2e9)


def found(log, parameters, slow, monkeypatch, limit=0, from_end=False):
    with monkeypatch.context() as changed:
        if slow:
            changed.setattr(selection, "rarest", lambda *_choices: None)
        return search(log, wanted(parameters), limit, from_end, with_text=True, count=slow)


@pytest.mark.parametrize("seed", range(6))
def test_the_same_as_the_slow_way(programs, monkeypatch, tmp_path, seed):
    """The same events with the same records in the same order, forward and from the end, whatever the log is like."""
    chance = random.Random(seed)
    text = "".join(line + "\n" for line in generated_logs.lines(chance, chance.choice([5, 60, 300]), seed % 3 == 0))
    generated_logs.write(chance, tmp_path, text)
    for parameters in chance.sample(QUERIES, 3):
        for limit, from_end in ((0, False), (3, False), (3, True), (20, True)):
            with Log(str(tmp_path)) as log:
                fast = found(log, parameters, False, monkeypatch, limit, from_end)
                slow = found(log, parameters, True, monkeypatch, limit, from_end)
            if from_end and seed % 3 == 0:
                # With a clock that jumps, the events that were written last are not those with the latest times.
                assert (len(fast.events), fast.truncated) == (len(slow.events), slow.truncated)
            else:
                assert (fast.events, fast.truncated) == (slow.events, slow.truncated), (parameters, limit, from_end)
            assert fast.total in ([None, slow.total] if fast.truncated else [slow.total])


class Printed:
    """Stands in for an ausearch that has printed some lines."""

    def __init__(self, lines, size):
        self.text, self.size = b"".join(lines), size

    def blocks(self):
        while self.text:
            cut = self.text.find(b"\n", self.size) + 1 or len(self.text)
            yield self.text[:cut]
            self.text = self.text[cut:]


@pytest.mark.parametrize("size", [1, 100, 250, 1000])
def test_an_event_with_the_text_is_whole_wherever_the_output_is_cut(size):
    """Events without it may lose lines, but two with the same id stay two, as ausearch has printed them."""
    chance, left_out = random.Random(size), 0
    for _round in range(200):
        lines, wanted = [], []
        for number in [chance.randrange(9) for _event in range(30)]:
            stamp = chance.choice([b"type=PATH", b"node=a type=PATH"]) + b" msg=audit(1.000:%d): " % number
            rare = chance.random() < 0.1
            records = [stamp + b"%d\n" % chance.randrange(99) for _record in range(chance.randrange(1, 9))]
            records[-1:] = [stamp + b"RARE\n"] if rare else records[-1:]
            if lines and event_id(lines[-1]) == event_id(records[0]):
                continue
            lines += records
            wanted += [records] if rare else []
        left = list(selection._lines(Printed(lines, size), [b"RARE"]))
        events = [list(records) for _event, records in itertools.groupby(left, event_id)]
        assert [records for records in events if any(b"RARE" in line for line in records)] == wanted
        left_out += len(lines) - len(left)
    assert (left_out > 0) is (size > 1)


def fed(log, texts):
    with Log(str(log)) as opened:
        return b"".join(block for part in Sieve(opened.parts(), texts) for block in part.blocks())


def test_parts_without_the_texts_are_passed_over(monkeypatch, tmp_path):
    """ausearch gets the event that has the text, and little else."""
    for module, name, value in SIZES[:2]:
        monkeypatch.setattr(module, name, value)
    lines = [f'type=SYSCALL msg=audit({1000 + n * 3}.000:{n}): key="{n}"\n' for n in range(5000)]
    log = tmp_path / "audit.log"
    log.write_text("".join(lines))
    given = fed(log, [b'key="2500"']).decode()
    assert lines[2500] in given
    assert len(given) < 6 * 1000 < log.stat().st_size / 30
    assert fed(log, [b"nothing"]) == b""


@pytest.mark.parametrize("place", ["first", "middle", "last"])
def test_an_event_is_given_whole_wherever_the_text_is(monkeypatch, tmp_path, place):
    """Its records are spread over many blocks, and records of others lie between them."""
    for module, name, value in SIZES[:2]:
        monkeypatch.setattr(module, name, value)
    count = 200
    has = {"first": 0, "middle": count // 2, "last": count - 1}[place]
    lines = []
    for number in range(count):
        lines.append(f"type=PATH msg=audit(2000.000:7): item={number} {'WANTED' if number == has else 'other'}\n")
        lines += [f"type=PATH msg=audit(2000.000:{100 + number}): x={extra}\n" for extra in range(30)]
    others = [f"type=PATH msg=audit({1000 + n}.000:{n}): y=1\n" for n in range(900)]
    log = tmp_path / "audit.log"
    log.write_text("".join(others + lines))
    given = fed(log, [b"WANTED"]).decode()
    assert given.count("audit(2000.000:7)") == count
    assert len(given) < log.stat().st_size - 20_000


def test_an_event_stays_open_as_long_as_auditd_conf_says(monkeypatch, tmp_path):
    """What ends the event is given as well, so that it comes before later events."""
    for module, name, value in SIZES[:2]:
        monkeypatch.setattr(module, name, value)
    lines = [f"type=PATH msg=audit({1000 + n // 100}.000:{n}): {'WANTED' if n == 10 else ''}\n" for n in range(4000)]
    log = tmp_path / "audit.log"
    log.write_text("".join(lines))
    for seconds, last in (
        ({}, 1002),
        ({"end_of_event_timeout": "30"}, 1030),
        ({"end_of_event_timeout": "x"}, 1002),
        ({"end_of_event_timeout": "²"}, 1002),
    ):
        monkeypatch.setattr(sieve, "read_settings", lambda _path, values=seconds: values)
        assert f"audit({last}.000" in fed(log, [b"WANTED"]).decode()
        assert f"audit({last + 2}.000" not in fed(log, [b"WANTED"]).decode()


def test_the_rarest_text_is_searched_for(tmp_path):
    """Of several criteria the one that passes over most; none that has too many texts."""
    log = tmp_path / "audit.log"
    log.write_text("type=A msg=audit(1.000:1): common\n" * 50 + "type=A msg=audit(1.000:2): common rare\n")
    with Log(str(log)) as opened:
        parts = opened.parts()
        assert rarest([[b"common"], [b"rare"]], parts) == [b"rare"]
        assert rarest([[b"common", b"rare"], [b"rare", b"r"]], parts) == [b"rare", b"r"]
        assert rarest([[b"x"] * 9, [b"common"]], parts) == [b"common"]
        assert rarest([[b"x"] * 9], parts) is None
        assert rarest([], parts) is None


def test_the_last_events_do_not_depend_on_what_is_long_before(programs, tmp_path, monkeypatch):
    """Only the end of the log is read, so how many there are is not known; count reads all of it."""
    lines = [
        f"type=USER_LOGIN msg=audit({1000 + n}.000:{n}): pid=1 uid=0 auid=0 ses=1 msg='op=login res=success'\n"
        for n in range(3000)
    ]
    (tmp_path / "audit.log").write_text("".join(lines))
    read = []
    copy = files.Part.copy

    def noted(part, pipe):
        read.append(part.end - part.begin)
        return copy(part, pipe)

    monkeypatch.setattr(files.Part, "copy", noted)
    with Log(str(tmp_path)) as log:
        few = search(log, wanted({}), 5, latest=True)
        assert (few.truncated, few.total) == (True, None)
        assert [event["id"] for event in few.events] == list(range(2995, 3000))
        assert sum(read) < 20_000 < log.files[0].end / 10
        counted = search(log, wanted({}), 5, latest=True, count=True)
    assert (counted.events, counted.truncated, counted.total) == (few.events, True, 3000)


def test_a_very_large_event_is_cut_and_says_so(programs, tmp_path, monkeypatch):
    """The first records are kept, and of the others those that may be why it is wanted."""
    monkeypatch.setattr(selection, "MOST_RECORDS", 10)
    stamp = "audit(1000.000:7)"
    call = generated_logs.CALL.format(success="yes", pid=7, auid=0, key="(null)")
    lines = [f"type=SYSCALL msg={stamp}: {call}\n"]
    for item in range(100):
        lines.append(f'type=PATH msg={stamp}: item={item} name="/srv/{item}" inode=1 dev=fe:01 nametype=NORMAL\n')
    (tmp_path / "audit.log").write_text("".join(lines))
    with Log(str(tmp_path)) as log:
        (event,) = search(log, wanted({"file": ["77"], "exact": False})).events
        with Selection(log.parts(), wanted({})) as selected:
            (whole,) = selected
    assert [path["name"] for path in event["paths"]] == [f"/srv/{item}" for item in [*range(9), 77]]
    assert (event["left_out"], whole.left_out) == (90, 91)
