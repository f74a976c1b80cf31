# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_report: what aureport is asked for, and what the module returns of its answer."""

import errno
import json
import os

import pytest

import log_stand_ins
from ansible_collections.linux.audit.plugins.module_utils._log import report as report_module
from ansible_collections.linux.audit.plugins.module_utils._log.aureport import REPORTS
from ansible_collections.linux.audit.plugins.modules import audit_report
from log_stand_ins import LOGS
from running import run_module

SID = str(LOGS / "sid.log")
TIME = "2026-11-25T02:42:59Z"
HEAD = "\nSome Report\n=====\n# columns\n=====\n"


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """The directory of a stand-in for aureport, which prints what it printed on sid."""
    log_stand_ins.put_aureport(tmp_path, monkeypatch)
    log_stand_ins.put_library(monkeypatch)
    return tmp_path


@pytest.fixture
def report(programs):
    """report(**parameters): what the module returns."""

    def report(check_mode=False, **parameters):
        return run_module(audit_report.main, {"input_file": SID} | parameters, check=check_mode)

    return report


@pytest.fixture
def asked(programs):
    """What aureport was asked for by the last report."""
    return lambda: json.loads((programs / "asked").read_text())[3:]


def test_the_overview(report, asked):
    """One row of numbers, which are those of the whole log."""
    result = report()
    assert (result["changed"], result["truncated"]) == (False, False)
    (row,) = result["rows"]
    assert row == {
        "configuration_changes": 0, "account_changes": 2, "logins": 0, "failed_logins": 0, "authentications": 0,
        "failed_authentications": 0, "users": 2, "terminals": 2, "hosts": 3, "executables": 3, "commands": 2,
        "files": 9, "avcs": 0, "mac_events": 0, "failed_syscalls": 4, "anomalies": 0, "responses": 0,
        "crypto_events": 0, "integrity_events": 0, "virt_events": 0, "keys": 6, "pids": 3, "events": 12,
    }  # fmt: skip
    assert asked() == ["-i"]
    assert report(check_mode=True) == result


def test_rows(report, asked):
    """Clear ones as aureport has them, with their time."""
    result = report(report="key")
    assert asked() == ["-i", "--key"]
    assert len(result["rows"]) == 9
    assert result["rows"][0] == {
        "time": TIME, "key": "run", "success": True, "exe": "/usr/bin/echo", "auid": "joe", "event": 382,
    }  # fmt: skip
    assert [row["key"] for row in result["rows"]] == ["run", *["net"] * 3, "secret", *["odd"] * 3, "kill"]
    assert result["truncated"] is False


def test_rows_that_are_not_clear_are_those_of_the_event(report):
    """A name with spaces in it is taken from the log."""
    rows = report(report="file")["rows"]
    assert rows[1] == {
        "time": TIME, "file": "/srv/no socket }", "syscall": "connect", "success": False,
        "exe": "/usr/bin/python3.14", "auid": "joe", "event": 385,
    }  # fmt: skip
    assert rows[0]["file"] == "/bin/echo"
    assert len(rows) == 6


@pytest.mark.parametrize(
    ("limit", "number", "truncated"), [(0, 9, False), (1, 1, True), (8, 8, True), (9, 9, False), (10, 9, False)]
)
def test_limits(report, limit, number, truncated):
    """The first rows; and whether there are more."""
    result = report(report="key", limit=limit)
    assert (len(result["rows"]), result["truncated"]) == (number, truncated)
    assert result["rows"][0]["event"] == 382


@pytest.mark.parametrize(("limit", "number", "truncated"), [(0, 2, False), (1, 1, True), (2, 2, False), (3, 2, False)])
def test_totals(report, asked, limit, number, truncated):
    """With the same limits."""
    result = report(report="comm", summary=True, limit=limit)
    assert result["rows"] == [{"total": 9, "value": "python3"}, {"total": 1, "value": "echo"}][:number]
    assert result["truncated"] is truncated
    assert asked() == ["-i", "--comm", "--summary"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"success": True}, ["-i", "--key", "--success"]),
        ({"success": False}, ["-i", "--key", "--failed"]),
        ({"node": "a.example"}, ["-i", "--key", "--node", "a.example"]),
        ({"config": False}, ["-i", "--key", "--no-config"]),
        ({"config": True, "start": "@1", "end": "now"}, ["-i", "--key"]),
        (
            {"config": False, "node": "a", "success": True, "summary": True},
            ["-i", "--key", "--summary", "--success", "--node", "a", "--no-config"],
        ),
    ],
)
def test_what_aureport_is_asked_for(report, asked, programs, parameters, words):
    """Words of options alone: no time, which it would take in the format of the locale."""
    (programs / "key-summary").write_text("")
    report(report="key", **parameters)
    assert asked() == words


@pytest.mark.parametrize(
    ("parameters", "numbers"),
    [
        ({}, [373, 390]),
        ({"start": "@1795574579.256"}, [390, 390]),
        ({"end": "@1795574576.656"}, [373, 373]),
        ({"start": "2026-11-25T02:42:59.096Z", "end": "@1795574579.096"}, [382, 382]),
    ],
)
def test_aureport_gets_what_lies_between_the_times(report, programs, parameters, numbers):
    """Both included."""
    report(**parameters)
    lines = [line for line in (programs / "got").read_bytes().split(b"\n") if line]
    assert [int(line.partition(b")")[0].rpartition(b":")[2]) for line in (lines[0], lines[-1])] == numbers


def test_the_range_of_each_file(report, tmp_path):
    """Oldest first, without aureport; a file without a record has none."""
    directory = tmp_path / "logs"
    directory.mkdir()
    for number, release in enumerate(("sid", "bookworm")):
        (directory / f"audit.log.{number + 1}").write_bytes((LOGS / f"{release}.log").read_bytes())
    (directory / "audit.log").write_text("no record\n")
    result = report(report="log", input_file=str(directory))
    assert [row["file"] for row in result["rows"]] == [str(directory / f"audit.log.{number}") for number in (2, 1)]
    assert result["rows"][1] == {
        "file": str(directory / "audit.log.1"),
        "start": "2026-11-25T02:42:56.656Z",
        "end": "2026-11-25T02:42:59.256Z",
    }
    assert result["truncated"] is False
    assert not (tmp_path / "asked").exists()


# A row of each report, as aureport prints it, and what some of its columns say.
ROWS = {
    "anomaly": ("ANOM_ABEND /bin/x pts0 ? joe 7", {"type": "ANOM_ABEND", "terminal": "pts0", "host": None}),
    "auth": ("joe 192.0.2.1 ssh /usr/sbin/sshd no 7", {"account": "joe", "host": "192.0.2.1", "success": False}),
    "avc": ("cat a_t openat file read b_t denied 7", {"subject": "a_t", "object": "b_t", "result": "denied"}),
    "comm": ("cat pts0 ? joe 7", {"comm": "cat"}),
    "config": ("CONFIG_CHANGE joe yes 7", {"type": "CONFIG_CHANGE", "success": True}),
    "crypto": ("joe CRYPTO_SESSION success 7", {"type": "CRYPTO_SESSION", "success": True}),
    "event": ("7 SYSCALL joe yes", {"type": "SYSCALL", "auid": "joe", "success": True}),
    "executable": ("/bin/x pts0 ? joe 7", {"exe": "/bin/x"}),
    "file": ("/a openat yes /bin/x joe 7", {"file": "/a", "syscall": "openat"}),
    "host": ("192.0.2.1 connect joe 7", {"host": "192.0.2.1", "syscall": "connect"}),
    "integrity": ("INTEGRITY_DATA no 7", {"success": False}),
    "key": ("k yes /bin/x joe 7", {"key": "k"}),
    "login": ("joe 192.0.2.1 ssh /usr/sbin/sshd failed 7", {"success": False, "terminal": "ssh"}),
    "mac": ("joe MAC_STATUS yes 7", {"type": "MAC_STATUS"}),
    "mods": ("joe ? pts0 /usr/sbin/useradd eve success 7", {"account": "eve", "success": True}),
    "pid": ("12 /bin/x openat joe 7", {"pid": 12, "exe": "/bin/x"}),
    "response": ("RESP_ACCT_LOCK yes 7", {"type": "RESP_ACCT_LOCK"}),
    "syscall": ("openat 12 cat joe 7", {"pid": 12, "comm": "cat"}),
    "terminal": ("pts0 ? /bin/x joe 7", {"terminal": "pts0"}),
    "tty": ("7 joe pts0 3 bash ls", {"session": "3", "data": "ls", "comm": "bash"}),
    "user": ("joe pts0 ? /bin/x 7", {"auid": "joe"}),
    "virt": ("VIRT_CONTROL yes 7", {"type": "VIRT_CONTROL"}),
}


def test_each_report_has_a_row_below():
    """So that none is left untested."""
    assert set(ROWS) == set(REPORTS)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_each_report(report, programs, asked, name):
    """By the names of its columns."""
    text, values = ROWS[name]
    (programs / name).write_text(f"{HEAD}1. 01/29/26 12:34:56 {text}\n")
    (row,) = report(report=name)["rows"]
    assert row["time"] == "2026-01-29T12:34:56Z"
    assert row["event"] == 7
    assert {column: row[column] for column in values} == values
    assert set(row) == {"time", *REPORTS[name][1].split()}
    assert asked() == ["-i", f"--{name}"]


def test_an_unclear_row_whose_event_is_not_there(report, programs):
    """Nothing is guessed: it has its time and its number."""
    (programs / "key").write_text(HEAD + "1. 01/29/26 12:34:56 a b yes /bin/x joe 7\n")
    assert report(report="key")["rows"] == [
        {"time": "2026-01-29T12:34:56Z", "event": 7, "key": None, "success": None, "exe": None, "auid": None}
    ]


def test_an_event_of_the_same_number_at_another_time_is_not_taken(report, programs):
    """Numbers begin at 1 with each boot."""
    (programs / "key").write_text(HEAD + "1. 11/25/26 02:42:58 a b yes /bin/x joe 385\n")
    assert report(report="key")["rows"][0]["key"] is None
    (programs / "key").write_text(HEAD + "1. 11/25/26 02:42:59 a b yes /bin/x joe 385\n")
    assert report(report="key")["rows"][0]["key"] == "net"


def test_lines_that_are_no_records_do_not_matter(report, programs):
    """Where the log is searched for the event of a row."""
    log = programs / "a.log"
    log.write_bytes(b"no record\n" + (LOGS / "sid.log").read_bytes())
    assert report(report="file", input_file=str(log))["rows"][1]["file"] == "/srv/no socket }"


def test_a_number_that_is_none(report, programs):
    """As of a process that is not known."""
    (programs / "pid").write_text(f"{HEAD}1. 01/29/26 12:34:56 ? /bin/x openat joe 7\n")
    assert report(report="pid")["rows"][0]["pid"] is None


def test_clear_rows_do_without_the_library(report, monkeypatch):
    """It is loaded only when a row is not clear."""
    log_stand_ins.take_library(monkeypatch)
    assert len(report(report="key")["rows"]) == 9
    result = report(report="file")
    assert "libauparse.so.0 is not installed" in result["msg"]


@pytest.mark.parametrize(
    ("parameters", "part"),
    [
        ({"report": "tty", "summary": True}, "aureport has no summary of the report tty"),
        ({"report": "log", "summary": True}, "aureport has no summary of the report log"),
        ({"summary": True}, "aureport has no summary of the report overview"),
        ({"limit": -1}, "limit must be 0"),
        ({"node": "-k"}, "node: '-k' is not the name of a node"),
        ({"node": "a b "}, "node: 'a b ' is not the name of a node"),
        ({"node": ""}, "node: '' is not the name of a node"),
        ({"start": "01/31/26"}, "start: '01/31/26' is not a time"),
        ({"end": "12:00"}, "end: '12:00' is not a time"),
        ({"start": "@2", "end": "@1"}, "start '@2' is later than end '@1'"),
        ({"report": "log", "start": "@2", "end": "@1"}, "start '@2' is later"),
        ({"input_file": "/no/such"}, "the log /no/such cannot be read: No such file"),
        ({"report": "nothing"}, "value of report must be one of"),
    ],
)
def test_what_is_refused(report, parameters, part):
    """With a message that names it."""
    result = report(**parameters)
    assert result["failed"] is True
    assert part in result["msg"]


def test_a_start_that_is_the_end(report):
    """A millisecond is a time, too."""
    assert not report(start="@5", end="@5").get("failed")


def test_aureport_that_is_missing_or_fails(report, programs):
    """Its words are the message; bytes that are no text are shown."""
    log_stand_ins.program(programs, "aureport", "import sys; sys.stderr.buffer.write(b'bad \\xff\\n'); sys.exit(5)")
    assert report()["msg"] == "aureport failed (5): bad \\xff"
    (programs / "aureport").unlink()
    assert "aureport is not installed" in report()["msg"]


def test_an_error_of_the_system(report, monkeypatch):
    """As of a program that cannot be started; the message names it."""

    def refuse(*_arguments, **_options):
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM), "/sbin/aureport")

    monkeypatch.setattr(report_module, "LogTool", refuse)
    assert report()["msg"] == "/sbin/aureport: Cannot allocate memory"


def test_bytes_that_are_no_text(report, programs):
    """They are shown."""
    (programs / "key-summary").write_text("3  a\udcff\n", errors="surrogateescape")
    body = "import sys; sys.stdin.read(); sys.stdout.buffer.write(b'3  a\\xff b\\n')"
    log_stand_ins.program(programs, "aureport", body)
    assert report(report="key", summary=True)["rows"] == [{"total": 3, "value": "a\\xff b"}]


@pytest.mark.parametrize("name", ["overview", *sorted(REPORTS)])
def test_the_real_one_takes_each_option(name, monkeypatch):
    """What it finds in the recorded logs can be read."""
    log_stand_ins.need_real_program("aureport")
    log_stand_ins.put_library(monkeypatch)
    for summary in (False, True) if name not in ("overview", "tty") else (False,):
        parameters = {"input_file": SID, "report": name, "summary": summary}
        result = run_module(audit_report.main, parameters)
        assert not result.get("failed"), result
    expected = {"overview": 1, "key": 2, "file": 6, "mods": 2}
    assert len(result["rows"]) >= expected.get(name, 0)
