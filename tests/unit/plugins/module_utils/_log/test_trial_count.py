# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a trial counts, and what the counts mean."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils._kernel.records import KernelRecord, _record
from ansible_collections.linux.audit.plugins.module_utils._log import trial_report
from ansible_collections.linux.audit.plugins.module_utils._log.trial_count import Counts, Tally, log_bytes
from ansible_collections.linux.audit.plugins.module_utils._log.trial_report import (
    Elapsed,
    log_capacity,
    log_factor,
    report,
)

KEY = b"linux-audit-trial.7.9"
SYSCALL = b'arch=c000003e syscall=257 success=yes exit=3 items=1 auid=%s uid=0 comm="x" exe=%s key=%s'


def record(kind, serial, text):
    return KernelRecord(kind, b"audit(1700000000.123:%d):" % serial, serial, text)


def syscall(serial, key=b'"' + KEY + b'.0"', exe=b'"/usr/bin/cat"', auid=b"4294967295"):
    return record(1300, serial, SYSCALL % (auid, exe, key))


def path(serial, name=b'"/etc/shadow"', kind=b"NORMAL"):
    return record(1302, serial, b"item=0 name=%s inode=7 nametype=%s" % (name, kind))


def tally(*records):
    found = Tally({KEY + b".0": 0, KEY + b".1": 1}, KEY, 77)
    for one in records:
        found.add(one)
    return found


def test_a_message_of_the_kernel_becomes_a_record():
    found = _record(1300, b"audit(1700000000.123:42): arch=c000003e\0\n")
    assert found == KernelRecord(1300, b"audit(1700000000.123:42):", 42, b"arch=c000003e")
    assert _record(1300, b"no record") is None


def test_bytes_are_those_of_a_line_of_the_log():
    line = b'type=PATH msg=audit(1700000000.123:4): item=0 name="/etc/shadow" inode=7 nametype=NORMAL\n'
    assert log_bytes(path(4)) == len(line)
    assert log_bytes(record(1399, 4, b"x=1")) == len(b"type=UNKNOWN[1399] msg=audit(1700000000.123:4): x=1\n")


def test_events_belong_to_the_rule_whose_key_they_have():
    records = [
        syscall(1), path(1), record(1320, 1, b""),
        syscall(2, key=b'"other"'), path(2), record(1320, 2, b""),
        syscall(3, key=b'"' + KEY + b'.1"'), record(1320, 3, b""),
        syscall(4, key=b"(null)"),
        record(1112, 5, b"pid=1 msg='op=login'"),
        # A record of an event that has ended.
        path(1),
    ]  # fmt: skip
    found = tally(*records)
    sizes = [log_bytes(one) for one in records]
    assert found.rules[0].counts == Counts(1, 2, sizes[0] + sizes[1])
    assert found.rules[1].counts == Counts(1, 1, sizes[6])
    assert found.others == Counts(4, 5, sum(sizes[i] for i in (3, 4, 8, 9, 10)))
    assert found.events == 2


def test_records_of_events_that_overlap_are_told_apart():
    found = tally(syscall(1), syscall(2, key=b'"' + KEY + b'.1"'), path(1), path(2), path(1))
    assert (found.rules[0].counts.records, found.rules[1].counts.records) == (3, 2)


def test_what_the_trial_itself_does_does_not_count():
    changed = record(1305, 1, b'op=add_rule key="' + KEY + b'.0" list=4 res=1')
    joined = record(1335, 2, b"pid=77 uid=0 nl-mcgrp=1 op=connect res=1")
    called = record(1300, 2, b"arch=c000003e syscall=49 ppid=1 pid=77 auid=0 key=(null)")
    assert tally(changed, called._replace(serial=1), joined, called, record(1327, 2, b"proctitle=1")).others == Counts()
    # What others do counts, and so does an event whose number is used again.
    others = [record(1305, 1, b'op=add_rule key="x" list=4 res=1'), record(1335, 2, b"pid=777 op=connect res=1")]
    assert tally(*others).others.events == 2
    assert tally(joined, record(1320, 2, b""), syscall(2)).events == 1


def test_names_of_programs_users_and_files():
    spaced = b"/opt/a b".hex().upper().encode()
    found = tally(
        syscall(1), path(1, kind=b"PARENT", name=b'"/etc"'), path(1),
        syscall(2, exe=spaced, auid=b"1000"), path(2, name=b"2F746D702FFF"),
    ).rules[0]  # fmt: skip
    assert dict(found.programs) == {"/usr/bin/cat": 1, "/opt/a b": 1}
    assert dict(found.users) == {"unset": 1, "1000": 1}
    assert dict(found.paths) == {"/etc/shadow": 1, "/tmp/\udcff": 1}


def reported(found, seconds=10.0, capacity=None, top=2):
    return report(["first rule", "second rule"], found, Elapsed(seconds, top), capacity)


def test_rates_and_shares():
    found = tally(*[syscall(number) for number in range(30)], syscall(99, key=b'"' + KEY + b'.1"'))
    result = reported(found)
    size = log_bytes(syscall(10))
    first, second = result["rules"]
    assert (first["rule"], first["events"], first["events_per_second"]) == ("first rule", 30, 3.0)
    assert first["bytes_per_hour"] == found.rules[0].counts.bytes * 360
    assert first["megabytes_per_day"] == round(found.rules[0].counts.bytes * 8640 / 2**20, 2)
    assert first["share"] + second["share"] == pytest.approx(1, abs=0.001)
    assert result["set"]["events"] == 31
    assert size == second["bytes"]


def test_the_noisiest_rule_comes_first():
    result = reported(tally(syscall(1, key=b'"' + KEY + b'.1"')))
    assert [rule["rule"] for rule in result["rules"]] == ["second rule", "first rule"]
    assert result["rules"][1]["share"] == 0


@pytest.mark.parametrize(
    ("chrony", "others", "share"), [(81, 19, 0.81), (9, 0, None), (10, 0, 1.0), (10, 41, None), (10, 40, 0.2)]
)
def test_the_exclusion_that_helps_most(chrony, others, share):
    records = [syscall(number, exe=b'"/usr/sbin/chronyd"') for number in range(chrony)]
    records += [syscall(1000 + n, exe=b'"/bin/%d"' % n, auid=b"1000") for n in range(others)]
    (rule, _other) = reported(tally(*records))["rules"]
    exclusion = rule["exclusion"]
    if share is None:
        assert exclusion is None
    else:
        assert (exclusion["exe"], exclusion["auid"], exclusion["share"]) == ("/usr/sbin/chronyd", "unset", share)
        assert exclusion["fields"] == ["exe=/usr/sbin/chronyd", "auid=unset"]
        assert exclusion["sentence"] == f"{share:.0%} of them: exe=/usr/sbin/chronyd, auid unset"


def test_as_many_names_as_asked_for():
    records = [syscall(number, exe=b'"/bin/%d"' % (number % 5)) for number in range(11)]
    assert [one["name"] for one in reported(tally(*records))["rules"][0]["programs"]] == ["/bin/0", "/bin/1"]
    assert reported(tally(*records), top=0)["rules"][0]["programs"] == []


def test_how_far_the_logs_reach_back():
    found = tally(syscall(1), syscall(2, key=b'"x"'))
    with_both = log_bytes(syscall(1)) + found.others.bytes
    capacity = with_both * 8640 * 3
    retention = reported(found, capacity=capacity)["retention"]
    assert retention["days_with"] == 3.0
    assert retention["days_without"] == round(capacity / (found.others.bytes * 8640), 2)
    assert reported(tally(), capacity=7)["retention"]["days_with"] is None
    assert reported(found)["retention"] == {"capacity_megabytes": None, "days_without": None, "days_with": None}


@pytest.mark.parametrize(
    ("conf", "capacity"),
    [
        ("max_log_file = 2\nnum_logs = 3\nmax_log_file_action = ROTATE\n", 6 << 20),
        ("max_log_file = 2\nnum_logs = 3\nmax_log_file_action = keep_logs\n", "disk"),
        ("max_log_file = 2\nnum_logs = 1\nmax_log_file_action = rotate\n", "disk"),
        ("max_log_file = 2\nnum_logs = ²\nmax_log_file_action = rotate\n", "disk"),
        ("write_logs = no\n", None),
        ("log_format = NOLOG\n", None),
        (None, None),
    ],
)
def test_how_much_the_logs_can_hold(tmp_path, monkeypatch, conf, capacity):
    path = tmp_path / "auditd.conf"
    monkeypatch.setattr(trial_report, "_CONFIGURATION", str(path))
    if conf is not None:
        path.write_text(f"log_file = {tmp_path}/audit.log\n{conf}")
    (tmp_path / "audit.log").write_text("x" * 5000)
    if capacity == "disk":
        status = trial_report.os.statvfs(tmp_path)
        assert log_capacity() == pytest.approx(status.f_bavail * status.f_frsize + 5000, rel=0.2)
    else:
        assert log_capacity() == capacity


def test_lines_of_the_log_are_longer_than_records(tmp_path, monkeypatch):
    conf, log = tmp_path / "auditd.conf", tmp_path / "audit.log"
    monkeypatch.setattr(trial_report, "_CONFIGURATION", str(conf))
    assert log_factor() == 1
    conf.write_text(f"log_file = {log}\n")
    log.write_bytes(b"type=A msg=audit(1.000:1): x=1\n" * 3)
    assert log_factor() == 1
    line = b"type=A msg=audit(1.000:1): " + b"x" * 72
    log.write_bytes((line + b"\n") + (b"node=web1 " + line + b"\x1dUID=" + b"y" * 35 + b"\n") * 3)
    assert log_factor() == pytest.approx(1.5)
    found = tally(syscall(1))
    rule = report(["first rule", "second rule"], found, Elapsed(10.0, 1, 1.5), None)["rules"][0]
    assert rule["bytes_per_hour"] == found.rules[0].counts.bytes * 540
