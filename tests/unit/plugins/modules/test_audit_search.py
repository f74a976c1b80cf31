# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_search on recorded logs: ausearch puts events together, libauparse says what they mean.

All of it runs on stand-ins for both; and on the real ones where they are installed.
"""

import errno
import functools
import io
import json
import os

import pytest

import log_stand_ins
import running
from ansible_collections.linux.audit.plugins.module_utils._log import checkpoint as checkpoint_module
from ansible_collections.linux.audit.plugins.module_utils._log import search as search_module
from ansible_collections.linux.audit.plugins.modules import audit_search
from log_stand_ins import LOGS
from running import run_module

# What is in the log of sid, by the serial numbers.
ACCOUNTS, LOGIN, RUN, NET, SECRET, ODD, KILL = [373, 374], [381], [382], [383, 384, 385], [386], [387, 388, 389], [390]
DEEDS = RUN + NET + SECRET + ODD + KILL
ALL = ACCOUNTS + LOGIN + DEEDS
SID = str(LOGS / "sid.log")
SECONDS = 1795574579


@pytest.fixture(params=["stand-in", "real"])
def search(request, monkeypatch, tmp_path):
    """search(check_mode, **parameters): what the module returns of the log of sid."""
    if request.param == "stand-in":
        (tmp_path / "bin").mkdir()
        log_stand_ins.put_ausearch(tmp_path / "bin", monkeypatch)
        log_stand_ins.put_library(monkeypatch)
    else:
        log_stand_ins.need_real_library()
        log_stand_ins.need_real_program("ausearch")

    def search(check_mode=False, **parameters):
        return run_module(audit_search.main, {"input_file": SID} | parameters, check=check_mode)

    return search


def ids(result):
    assert not result.get("failed"), result
    return [event["id"] for event in result["events"]]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, ALL),
        ({"key": "net"}, NET),
        ({"key": ["out", "kill"]}, NET + KILL),
        ({"key": "ne"}, []),
        ({"key": "ne", "exact": False}, NET),
        ({"file": "/srv/secret"}, SECRET),
        ({"file": "secret"}, SECRET),
        ({"file": "/srv/odd/"}, ODD),
        ({"file": "/srv/odd/na me\nof two lines"}, ODD[:1]),
        ({"file": "/srv/no socket }"}, NET[-1:]),
        ({"executable": "/usr/bin/echo"}, RUN),
        ({"executable": "/bin/echo"}, []),
        ({"comm": "echo"}, RUN),
        ({"target": "1089"}, KILL),
        ({"target": "python3"}, KILL),
        ({"host": "?"}, ACCOUNTS),
        ({"terminal": "?"}, ACCOUNTS),
        ({"user": "joe"}, LOGIN + DEEDS),
        ({"auid": "joe", "uid": "root"}, LOGIN),
        ({"uid": "1000"}, DEEDS),
        ({"euid": "root"}, LOGIN),
        ({"group": "joe"}, DEEDS),
        ({"gid": "0"}, LOGIN),
        ({"egid": "joe"}, DEEDS),
        ({"pid": 1088}, RUN),
        ({"ppid": [1087, 1063]}, LOGIN + DEEDS),
        ({"session": 2}, LOGIN + DEEDS),
        ({"session": "unset"}, []),
        ({"syscall": "connect"}, NET),
        ({"syscall": ["257", "kill"]}, SECRET + ODD + KILL),
        ({"success": False}, NET + SECRET),
        ({"success": True, "uid": "joe"}, RUN + ODD + KILL),
        ({"message_type": "EXECVE"}, RUN),
        ({"message_type": ["1006", "EXECVE"]}, LOGIN + RUN),
        ({"event_id": "382"}, RUN),
        ({"event_id": f"{SECONDS}.096:382"}, RUN),
        ({"event_id": f"{SECONDS}.097:382"}, []),
        ({"node": "elsewhere"}, []),
        ({"start": f"@{SECONDS}.256"}, KILL),
        ({"end": f"@{SECONDS}.086"}, ACCOUNTS + LOGIN),
        ({"end": f"@{SECONDS}.085"}, ACCOUNTS),
        ({"start": f"@{SECONDS}.176", "end": f"@{SECONDS}.176"}, NET[:2]),
        ({"start": "@1", "end": "@2"}, []),
    ],
)
def test_every_criterion(search, parameters, found):
    """What is asked for is found, and nothing else."""
    result = search(**parameters)
    assert ids(result) == found
    assert (result["changed"], result["truncated"], result["malformed"]) == (False, False, 0)


@pytest.mark.parametrize(
    ("parameters", "found", "truncated"),
    [
        ({"limit": 0}, DEEDS, False),
        ({"limit": 8}, DEEDS[:8], True),
        ({"limit": 9}, DEEDS, False),
        ({"limit": 1}, DEEDS[:1], True),
        ({"limit": 1, "latest": True}, DEEDS[-1:], True),
        ({"limit": 8, "latest": True}, DEEDS[-8:], True),
        ({"limit": 9, "latest": True}, DEEDS, False),
        ({"limit": 0, "latest": True}, DEEDS, False),
    ],
)
def test_limits(search, parameters, found, truncated):
    """The first or the last events, and whether there are more; those that are not wanted do not count."""
    result = search(uid="joe", **parameters)
    assert (ids(result), result["truncated"]) == (found, truncated)


def test_limits_without_a_criterion(search):
    """Then events are interpreted only when they are returned."""
    result = search(limit=2, latest=True)
    assert (ids(result), result["truncated"], result["total"]) == (ALL[-2:], True, len(ALL))
    assert search(limit=2)["total"] is None
    assert search(limit=0, uid="joe")["total"] == len(DEEDS)
    assert result["events"][0]["syscall"]["name"] == "openat"


@pytest.mark.parametrize("criterion", [{}, {"key": "secret"}])
def test_raw(search, criterion):
    """The lines as well, if they are asked for; whether events were interpreted before or not."""
    (event,) = search(event_id="386", raw=True, **criterion)["events"]
    assert len(event["text"]) == 4
    assert event["text"][0].startswith(f"type=SYSCALL msg=audit({SECONDS}.196:386): arch=c000003e syscall=257 ")
    (event,) = search(event_id="386", **criterion)["events"]
    assert "text" not in event


def test_check_mode(search):
    """Nothing is changed anyway."""
    assert search(check_mode=True, key="secret") == search(key="secret")


def test_a_checkpoint(search, tmp_path):
    """Each event once, in portions; check mode says the same, and leaves the place where it is."""
    mark = tmp_path / "mark"
    parameters = {"uid": "joe", "limit": 4, "checkpoint": str(mark)}
    checked = search(check_mode=True, **parameters)
    assert (ids(checked), checked["changed"], mark.exists()) == (DEEDS[:4], True, False)
    results = [search(**parameters) for _time in range(4)]
    assert [ids(result) for result in results] == [DEEDS[:4], DEEDS[4:8], DEEDS[8:], []]
    assert [result["truncated"] for result in results] == [True, True, False, False]
    assert [result["changed"] for result in results] == [True, True, True, False]


def test_a_checkpoint_is_replaced_after_the_events_have_been_printed(search, tmp_path, monkeypatch):
    """If they cannot be printed, the next search returns them again."""
    mark = tmp_path / "mark"
    parameters = {"uid": "joe", "checkpoint": str(mark)}

    class Broken(io.StringIO):
        def flush(self):
            raise BrokenPipeError

    with monkeypatch.context() as patch:
        patch.setattr(running.io, "StringIO", Broken)
        with pytest.raises(BrokenPipeError):
            search(**parameters)
    assert not mark.exists()
    assert ids(search(**parameters)) == DEEDS
    assert ids(search(**parameters)) == []


def test_a_new_checkpoint_is_a_change_even_without_events(search, tmp_path):
    """The file was made."""
    parameters = {"key": "no such", "checkpoint": str(tmp_path / "mark")}
    assert [search(**parameters)["changed"] for _time in range(2)] == [True, False]


def test_a_checkpoint_in_check_mode_is_left_alone(search, tmp_path):
    """The next search finds the same."""
    parameters = {"uid": "joe", "checkpoint": str(tmp_path / "mark"), "limit": 2}
    search(**parameters)
    before = (tmp_path / "mark").read_text()
    assert ids(search(check_mode=True, **parameters)) == ids(search(check_mode=True, **parameters)) == DEEDS[2:4]
    assert (tmp_path / "mark").read_text() == before


def test_what_is_not_finished_is_returned_later(search, tmp_path, monkeypatch):
    """An event of now, whose last record is not there yet."""
    monkeypatch.setattr(checkpoint_module.time, "time", lambda: SECONDS + 1.0)
    text = (LOGS / "sid.log").read_bytes()
    last = text.rindex(b"type=PROCTITLE")
    log = tmp_path / "a.log"
    log.write_bytes(text[:last])
    parameters = {"input_file": str(log), "checkpoint": str(tmp_path / "mark"), "uid": "joe"}
    assert ids(search(**parameters)) == DEEDS[:-1]
    log.write_bytes(text)
    # Written in its place: the same file.
    assert ids(search(**parameters)) == KILL
    assert ids(search(**parameters)) == []


def test_a_log_that_is_gone(search, tmp_path):
    """It is said, by the name of the checkpoint."""
    log, mark = tmp_path / "a.log", tmp_path / "mark"
    log.write_bytes((LOGS / "sid.log").read_bytes())
    parameters = {"input_file": str(log), "checkpoint": str(mark)}
    assert "warnings" not in search(**parameters)
    state = json.loads(mark.read_text())
    state["place"]["inode"] += 1
    state["place"]["time"] = SECONDS
    mark.write_text(json.dumps(state))
    result = search(**parameters)
    (warning,) = result["warnings"]
    assert str(mark) in warning and "is gone" in warning
    assert ids(result) == LOGIN + DEEDS


def test_a_log_that_does_not_reach_back_to_the_start_says_so(search):
    """As a gap, and as a warning if nothing is found; a log that does has none."""
    result = search(start="2026-11-24T00:00:00Z", key="no such")
    assert result["begins"] is not None
    (gap,) = result["gaps"]
    assert gap == f"the log begins at {result['begins'][:19]}Z, which is after start; what was before is not in it"
    assert result["warnings"] == [f"that no event was found may mean nothing: {gap}"]
    assert result["begins"].startswith("2026-11-25T02:42:")
    assert "warnings" not in search(start="2026-11-24T00:00:00Z")
    assert search(start=result["begins"])["gaps"] == search()["gaps"] == []


def test_an_empty_log_says_so(search, tmp_path):
    """Nothing was found in nothing."""
    (tmp_path / "a.log").touch()
    result = search(input_file=str(tmp_path / "a.log"))
    assert (result["events"], result["gaps"], result["begins"]) == ([], ["the log has no record"], None)


def test_half_a_line_is_said(search, tmp_path):
    """By the name of the file."""
    log = tmp_path / "a.log"
    log.write_bytes((LOGS / "sid.log").read_bytes() + b"type=SYSCALL msg=aud")
    result = search(input_file=str(log), key="kill")
    assert ids(result) == KILL
    assert result["warnings"] == [f"left out the incomplete line at the end of {log}"]


def test_records_that_ausearch_does_not_understand(search, tmp_path):
    """They are counted, and said."""
    log = tmp_path / "a.log"
    log.write_bytes(b"type=SYSCALL nonsense\n" + (LOGS / "sid.log").read_bytes())
    result = search(input_file=str(log), key="kill")
    assert ids(result) == KILL
    if result["malformed"]:  # Releases differ in what they understand.
        assert result["malformed"] == 1
        assert result["warnings"] == ["ausearch did not understand 1 records and left out their events"]


def test_events_of_several_nodes_with_one_number(search, tmp_path):
    """They are events of their own; a node is found by its name."""
    event = b"".join(line + b"\n" for line in (LOGS / "sid.log").read_bytes().split(b"\n") if b":386)" in line)
    log = tmp_path / "a.log"
    log.write_bytes(b"".join(b"node=%s %s" % (node, line) for node in (b"a", b"b") for line in event.splitlines(True)))
    result = search(input_file=str(log), key="secret")
    assert [(event["id"], event["node"]) for event in result["events"]] == [(386, "a"), (386, "b")]
    (found,) = search(input_file=str(log), key="secret", node="b")["events"]
    assert (found["node"], len(found["records"])) == ("b", 4)


@pytest.mark.parametrize("node", ["my host", "a  b c", "type= x", "x type"])
def test_a_node_whose_name_has_spaces(search, tmp_path, node):
    """Its events are found and complete, by its name as well; the lines are returned as the log has them."""
    event = b"".join(line + b"\n" for line in (LOGS / "sid.log").read_bytes().split(b"\n") if b":386)" in line)
    lines = [b"node=%s %s" % (name, line) for name in (node.encode(), b"my") for line in event.splitlines(True)]
    log = tmp_path / "a.log"
    log.write_bytes(b"".join(lines))
    for parameters in ({"key": "secret"}, {}):
        result = search(input_file=str(log), **parameters)
        assert [(event["node"], len(event["records"])) for event in result["events"]] == [(node, 4), ("my", 4)]
        assert result["malformed"] == 0
    (found,) = search(input_file=str(log), node=node, raw=True)["events"]
    assert found["node"] == node
    assert found["text"] == [line.decode().rstrip("\n") for line in lines[:4]]
    assert found["records"][0]["fields"]["exe"].startswith("/usr/bin/python3")


def test_a_directory_of_rotated_logs(search, tmp_path):
    """All of its files are searched, of several releases."""
    for number, release in enumerate(("sid", "bookworm", "bullseye")):
        name = f"audit.log.{number}" if number else "audit.log"
        (tmp_path / name).write_bytes((LOGS / f"{release}.log").read_bytes())
    result = search(input_file=str(tmp_path), key="run")
    # ausearch itself decides in which order it prints events of several hosts.
    times = {event["time"] for event in result["events"]}
    assert len(times) == 3
    assert "2026-11-25T02:42:59.096Z" in times
    assert all(event["command"][1] == "two words" for event in result["events"])


@pytest.fixture
def refused(monkeypatch, tmp_path):
    """refused(**parameters): the message with which the module fails. Neither ausearch nor libauparse is needed."""
    log_stand_ins.put_ausearch(tmp_path, monkeypatch)
    log_stand_ins.put_library(monkeypatch)

    def refused(**parameters):
        result = run_module(audit_search.main, {"input_file": SID} | parameters)
        assert result["failed"] is True
        return result["msg"]

    return refused


@pytest.mark.parametrize(
    ("parameters", "parts"),
    [
        ({"limit": -1}, ["limit must be 0"]),
        ({"checkpoint": "/c", "end": "now"}, ["checkpoint cannot be combined with end or latest"]),
        ({"checkpoint": "/c", "latest": True}, ["checkpoint cannot be combined with end or latest"]),
        ({"checkpoint": SID}, [SID, "is not a checkpoint"]),
        ({"checkpoint": "/c\0d"}, ["has a zero byte"]),
        ({"input_file": "/c\0d"}, ["has a zero byte"]),
        ({"node": "c\0d"}, ["control characters"]),
        ({"input_file": "/no/such/log"}, ["the log /no/such/log cannot be read: No such file"]),
        ({"start": "01/31/26"}, ["start: '01/31/26' is not a time"]),
        ({"end": "12:00"}, ["end: '12:00' is not a time"]),
        ({"start": "@2", "end": "@1"}, ["start '@2' is later than end '@1'"]),
        ({"uid": "1x"}, ["uid: '1x' is neither a number nor a name"]),
        ({"uid": "9" * 5000}, ["uid: 999", "is larger than any id (4294967295)"]),
        ({"session": "9" * 5000}, ["session: 999", "is larger than any id (4294967295)"]),
        ({"syscall": "9" * 5000}, ["syscall: '999", "is neither the name of a system call nor a number"]),
        ({"no_such": 1}, ["no_such"]),
    ],
)
def test_what_the_module_refuses(refused, parameters, parts):
    """With a message that names it."""
    message = refused(**parameters)
    for part in parts:
        assert part in message


def test_without_ausearch_or_the_library(refused, tmp_path, monkeypatch):
    """The message says what is missing."""
    (tmp_path / "ausearch").unlink()
    assert "ausearch is not installed" in refused()

    log_stand_ins.put_ausearch(tmp_path, monkeypatch)
    log_stand_ins.take_library(monkeypatch)
    assert "libauparse.so.0 is not installed" in refused()


def test_an_ausearch_that_fails(refused, tmp_path):
    """Its words are the message; bytes that are no text are shown."""
    log_stand_ins.program(tmp_path, "ausearch", "import sys; sys.stderr.buffer.write(b'bad \\xff\\n'); sys.exit(5)")
    assert refused() == "ausearch failed (5): bad \\xff"


def test_a_checkpoint_that_cannot_be_written(refused, tmp_path, monkeypatch):
    """The message names the file."""
    mark = tmp_path / "mark"

    def full(path, text, mode):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(checkpoint_module, "drafted", full)
    assert refused(checkpoint=str(mark)) == f"the checkpoint {mark} cannot be written: No space left on device"

    def named(path, text, mode):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), "/some/other")

    monkeypatch.setattr(checkpoint_module, "drafted", named)
    assert refused(checkpoint=str(mark)) == f"the checkpoint {mark} cannot be written: Read-only file system"


def test_ausearch_is_ended_when_the_limit_is_reached(search, tmp_path):
    """The rest of a long log is not waited for, and nothing of ausearch is left."""
    text = (LOGS / "sid.log").read_bytes()
    (tmp_path / "a.log").write_bytes(text * 300)
    search(limit=1)
    files = sorted(os.listdir("/proc/self/fd"))
    result = search(input_file=str(tmp_path / "a.log"), limit=1)
    assert (len(result["events"]), result["truncated"]) == (1, True)
    assert sorted(os.listdir("/proc/self/fd")) == files


def test_only_events_that_may_be_wanted_are_interpreted(tmp_path, monkeypatch):
    """That is what takes time."""
    log_stand_ins.put_ausearch(tmp_path, monkeypatch)
    library, fed = log_stand_ins.put_library(monkeypatch), []
    feed = library.auparse_feed
    library.auparse_feed = functools.partial(lambda *arguments: fed.append(arguments) or feed(*arguments))
    result = run_module(audit_search.main, {"input_file": SID, "key": "secret"})
    assert (ids(result), len(fed)) == (SECRET, 1)


def test_a_history_of_directories_that_is_not_read_to_its_end_is_told(search, monkeypatch):
    """It takes two readings to know what is in a directory that the log has named."""
    said = "directories on the way to the path were replaced so often that events which do not name it may be missing"
    assert said not in search(file="/srv/odd/").get("warnings", [])
    monkeypatch.setattr(search_module, "_MOST_LESSONS", 1)
    assert said in search(file="/srv/odd/")["warnings"]
