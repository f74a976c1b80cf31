# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The row of a host, from what modules say of it, and the report on a fleet."""

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.linux.audit.plugins.filter.fleet import FilterModule

FILTERS = FilterModule().filters()
drift_row, fleet_report = FILTERS["drift_row"], FILTERS["fleet_report"]

NOTHING = {"missing": [], "extra": [], "other_key": [], "out_of_order": [], "settings": []}
IN_SYNC = {
    "available": True, "in_sync": True, "reboot_required": False, "pending": [], "drift": NOTHING, "files": [],
    "problems": [], "status": {"enabled": "enabled", "lost": 0, "backlog": 1, "backlog_limit": 64},
    "daemon": {"pid": 7, "running": True, "name": "auditd", "problems": []},
}  # fmt: skip
SILENT = {
    "path": "kernel", "line": 0, "text": "-a never,task", "reason": "switches auditing off", "stops_loading": False,
    "stops_recording": True,
}  # fmt: skip
REPORT = {"report": {"logging_suspended": False, "plugin_queueing_suspended": False}}
MISSING = {"in_sync": False, "drift": NOTHING | {"missing": ["-w /a -p wa"]}}


def daemon(*problems, **more):
    return {"daemon": IN_SYNC["daemon"] | {"problems": list(problems)} | more}


def test_a_host_on_which_nothing_is_wrong_is_in_sync():
    assert drift_row(IN_SYNC, REPORT, [{"changed": False, "added": []}, {}]) == {
        "state": "in sync", "lock": "enabled", "lost": 0, "backlog": "1/64", "daemon": "auditd", "reasons": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("audit", "options", "state", "reasons"),
    [
        (MISSING, {}, "drift: 1", ["not loaded: -w /a -p wa"]),
        (daemon("auditd is not running", name=None), {}, "daemon: 1", ["auditd is not running"]),
        ({"problems": [SILENT]}, {}, "not recording: 1", ["kernel: '-a never,task' switches auditing off"]),
        ({}, {"report": {"report": {"logging_suspended": True}}}, "daemon: 1",
         ["auditd has suspended logging, for example because the disk was full"]),
        ({}, {"report": {"failed": False, "msg": "auditd has not written its report"}}, "daemon: 1",
         ["auditd has not written its report"]),
        ({}, {"report": {"skipped": True}}, "in sync", []),
        ({}, {"remote": "remote logging is not confirmed"}, "daemon: 1", ["remote logging is not confirmed"]),
        ({}, {"declared": [{"changed": True, "added": ["-w /b"], "removed": ["-w /c"], "settings": ["-b 9"]}]},
         "not as declared: 3",
         ["declared, and not held: -w /b", "held, and not declared: -w /c",
          "declared, and another value in the kernel: -b 9"]),
        ({}, {"declared": [{"changed": True, "file": "/f", "after": {"freq": "20", "flush": None}}]},
         "not as declared: 2", ["declared, and not in /f: freq = 20", "in /f, and declared to be absent: flush"]),
        ({}, {"declared": [{"changed": True, "file": "/f", "after": {}, "action": "reload"}]}, "not as declared: 1",
         ["auditd does not run as declared, and needs: reload"]),
        ({}, {"declared": [{"changed": True, "added": [], "removed": [], "settings": []}]}, "not as declared: 1",
         ["the files in rules.d are not as declared"]),
        ({}, {"declared": [{"results": [{"changed": False}, {"failed": True, "msg": "no such plugin"}]}]},
         "not as declared: 1", ["the declaration cannot be compared: no such plugin"]),
        ({"reboot_required": True, "pending": ["-w /a"], **MISSING}, {}, "waiting for reboot: 1",
         ["not loaded: -w /a -p wa", "waits for a reboot: -w /a"]),
        # What is staged is named once.
        ({"reboot_required": True, "pending": ["-w /a -p wa"], **MISSING}, {}, "waiting for reboot: 1",
         ["not loaded: -w /a -p wa"]),
        # The worst is the state; all of it is a reason.
        ({"problems": [SILENT], **MISSING}, {}, "not recording: 1",
         ["kernel: '-a never,task' switches auditing off", "not loaded: -w /a -p wa"]),
    ],
)  # fmt: skip
def test_all_that_is_wrong_is_a_reason(audit, options, state, reasons):
    row = drift_row(IN_SYNC | audit, **options)
    assert (row["state"], row["reasons"]) == (state, reasons)


@pytest.mark.parametrize(
    ("audit", "state"),
    [
        ({"unreachable": True, "msg": "no route"}, "unreachable"),
        ({"failed": False, "msg": "/usr/bin/python3: not found"}, "failed: /usr/bin/python3: not found"),
        ({"available": False, "reason": "this is a container"}, "no audit: this is a container"),
    ],
)
def test_a_host_that_was_not_compared_is_not_in_sync(audit, state):
    row = drift_row(audit)
    assert (row["state"], row["reasons"]) == (state, [state])


def test_a_report_has_totals_and_the_worst_hosts_first():
    results = {"a": IN_SYNC, "b": IN_SYNC | MISSING, "c": {"unreachable": True}, "d": IN_SYNC}
    rows = [{"host": host} | drift_row(result) for host, result in results.items()]
    rows.append({"host": "e", "state": "failed"})
    assert fleet_report(rows) == [
        "5 hosts: 1 failed, 1 unreachable, 1 drift, 2 in sync.",
        "HOST  STATE        LOCK     LOST  BACKLOG  DAEMON",
        "e     failed       -        -     -        -",
        "c     unreachable  -        -     -        -",
        "b     drift: 1     enabled  0     1/64     auditd",
        "a     in sync      enabled  0     1/64     auditd",
        "d     in sync      enabled  0     1/64     auditd",
        "c: unreachable",
        "b: not loaded: -w /a -p wa",
    ]


def test_what_is_no_result_and_no_row_is_refused():
    with pytest.raises(AnsibleFilterError, match=r"linux.audit.drift_row takes a result of audit_info"):
        drift_row(["in sync"])
    with pytest.raises(AnsibleFilterError, match=r"got a value that no module returns"):
        drift_row(IN_SYNC | {"status": 5})
    with pytest.raises(AnsibleFilterError, match=r"linux.audit.fleet_report takes a list of rows"):
        fleet_report([{"state": "in sync"}])
