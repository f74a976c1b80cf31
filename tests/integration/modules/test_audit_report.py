# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_report on logs of guests, and on those of other releases."""

import pytest

import provoked
from audited import Audited, assert_message, task
from direct import Direct

REPORTS = [
    "anomaly",
    "auth",
    "avc",
    "comm",
    "config",
    "crypto",
    "event",
    "executable",
    "file",
    "host",
    "integrity",
    "key",
    "login",
    "mac",
    "mods",
    "pid",
    "response",
    "syscall",
    "terminal",
    "user",
    "virt",
]


@pytest.fixture(scope="module", params=["bookworm", "sid"])
def library(request, boot):
    """The library on a guest that has logs of other releases."""
    guest = boot(request.param)
    guest.run("rm -rf /root/logs")
    guest.put(provoked.LOGS, "/root/logs")
    return Direct(guest)


def reported(library, *requests, **options):
    results = library.report(*requests, **options)
    for request, result in zip(requests, results, strict=True):
        assert not result.get("failed"), (request, result)
        assert (result["changed"], result["warnings"]) == (False, [])
    return [result["rows"] for result in results]


@pytest.mark.parametrize("release", ["bullseye", "bookworm", "sid"])
def test_reports_of_other_releases(library, release):
    log = {"input_file": f"/root/logs/{release}.log"}
    keys, failed, totals, overview, files, mods, range_of_time = reported(
        library,
        dict(log, report="key"),
        dict(log, report="key", success=False, limit=2),
        dict(log, report="executable", summary=True),
        log,
        dict(log, report="file"),
        dict(log, report="mods"),
        dict(log, report="log"),
    )
    assert [row["key"] for row in keys] == ["run", "net", "net", "net", "secret", "odd", "odd", "odd", "kill"]
    # aureport 4.2 looks names up on the host that reads, where there need be no such user.
    name = keys[0]["auid"]
    assert name in (("joe", "unknown(1000)") if library.guest.release == "sid" else ("joe",))
    assert [row["auid"] for row in keys] == [name] * 9
    assert [row["event"] for row in failed] == [row["event"] for row in keys[1:3]]
    assert sum(row["total"] for row in totals) >= 10
    assert overview[0]["failed_syscalls"] == 4
    # What aureport prints does not tell where the name of this socket ends.
    assert [row["syscall"] for row in files] == ["execve", "connect", *["openat"] * 4]
    assert files[1] == dict(
        files[1], file="/srv/no socket }", syscall="connect", success=False, auid="joe", event=keys[3]["event"],
        exe=keys[3]["exe"], time=keys[3]["time"],
    )  # fmt: skip
    assert {row["exe"] for row in mods} == {"/usr/sbin/useradd"}
    assert (range_of_time[0]["start"][:19] + "Z", range_of_time[0]["end"][:10]) == (mods[0]["time"], "2026-11-25")


def test_every_report_agrees_with_the_events(library):
    """Rows that aureport prints clearly say what is taken from the event where it does not."""
    provoked.provoke(library.guest)
    for report, rows in zip(
        REPORTS, reported(library, *[{"report": name, "limit": 20} for name in REPORTS]), strict=True
    ):
        for row in rows:
            assert row["time"].startswith("20") and row["event"] > 0, report
            assert row.get("auid", "root") in ("root", "joe", "unset"), (report, row)
    events, keys = reported(library, {"report": "event", "limit": 0}, {"report": "key", "limit": 0})
    assert len(events) > len(keys) >= 9


def test_times_and_locales(library):
    india = "TZ=Asia/Kolkata LC_ALL=de_DE.UTF-8"
    (rows,) = reported(library, {"input_file": "/root/logs/sid.log", "report": "key"}, environment=india)
    assert rows[0]["time"] == "2026-11-25T02:42:59Z"
    begin, end = "2026-11-25T08:12:56.656+05:30", "2026-11-25T08:12:57+05:30"
    early, late = reported(
        library,
        {"input_file": "/root/logs/sid.log", "report": "event", "start": begin, "end": end},
        {"input_file": "/root/logs/sid.log", "report": "event", "start": "@1795574579"},
        environment=india,
    )
    assert {row["type"] for row in early} == {"ADD_GROUP", "ADD_USER"}
    # A login is two rows of one event to some releases.
    assert len({row["event"] for row in late}) == 10


@pytest.mark.parametrize(
    ("request_", "parts"),
    [
        ({"report": "tty", "summary": True}, ["summary", "tty"]),
        ({"summary": True}, ["summary", "overview"]),
        ({"start": "11/25/26"}, ["11/25/26"]),
        ({"start": "now", "end": "today"}, ["later"]),
        ({"limit": -1}, ["limit"]),
        ({"node": "-k"}, ["node", "-k"]),
        ({"input_file": "/no/such"}, ["/no/such"]),
    ],
)
def test_what_is_refused(library, request_, parts):
    (result,) = library.report(request_)
    assert result["failed"]
    assert_message(result["msg"], *parts)


def test_the_module(boot, playbook, tmp_path):
    host = Audited(boot("bookworm"), playbook, tmp_path)
    checked, done, refused = host.tasks(
        task("audit_report", {"report": "config", "limit": 1}, check=True),
        task("audit_report", {"report": "config", "limit": 1}),
        task("audit_report", {"report": "no-such"}),
    )
    for result in (checked, done):
        assert (result["changed"], result["truncated"]) == (False, True)
        assert result["rows"][0]["type"] == "CONFIG_CHANGE"
    assert refused["failed"]
