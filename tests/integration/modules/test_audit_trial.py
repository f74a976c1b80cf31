# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_trial: what it counts is what was made, and it leaves nothing behind."""

import pytest

from audited import Audited, assert_message, task
from releases import releases

READ = "-a always,exit -F arch=b64 -S openat -F path=/root/trial-read -F key=read"
MADE = "-a always,exit -F arch=b64 -S mkdir,mkdirat -F dir=/root/trial -F auid!=7 -F key=made"
QUIET = "-a always,exit -F arch=b64 -S umount2 -F key=quiet"
HELD = "-a always,exit -F arch=b64 -S openat -F path=/root/trial-held -F key=held"
WIDER = "-a always,exit -F arch=b64 -S openat,openat2 -F path=/root/trial-held -F key=wider"
SET = [READ, MADE, QUIET, HELD, WIDER, "-a always,exclude -F msgtype=CWD", "-w /no/such/directory -p wa -k none"]

PREPARED = "mkdir -p /root/trial; rm -rf /root/trial/*; echo x >/root/trial-read; echo x >/root/trial-held"
# The terminal of the task may hang up before the process is in a session of its own.
# Waits in the background until all rules of a trial are there, then makes 40 events of one rule and 15 of another, and
# 10 that a rule of the host records.
NOISE = r"""
trap '' HUP
setsid sh -c '
until auditctl -l | grep -q "key=linux-audit-trial.*[.]LAST$"; do sleep 0.1; done
sleep 0.5
for i in $(seq 40); do cat /root/trial-read; done
for i in $(seq 15); do mkdir /root/trial/$i; done
for i in $(seq 10); do cat /root/trial-held; done
' </dev/null >/dev/null 2>&1 &
true
"""
# Events of the log with the keys of trials, and the bytes of all their lines without what the enriched format adds.
LOGGED = r"""
auditctl -m trial-is-over >/dev/null
until grep -q trial-is-over /var/log/audit/audit.log; do sleep 0.1; done
python3 -c '
import collections, glob, re
lines, keys = collections.defaultdict(list), {}
for line in open("/var/log/audit/audit.log", "rb"):
    event = re.search(rb"msg=audit\(([0-9.:]+)\)", line)
    lines[event and event.group(1)].append(line)
    key = re.search(rb"type=SYSCALL.* key=\"(linux-audit-trial[^\"]*)\"", line)
    if key:
        keys[event.group(1)] = key.group(1).decode().rpartition(".")[2]
counts = collections.Counter(keys.values())
sizes = collections.Counter()
for event, key in keys.items():
    sizes[key] += sum(len(line.rstrip(b"\n").split(b"\x1d")[0]) + 1 for line in lines[event])
for key in sorted(counts):
    print(key, counts[key], sizes[key])
'
"""
EMPTY_LOG = "systemctl kill -s USR1 auditd; sleep 1; true"


@pytest.fixture(scope="module", params=releases("bookworm", fleet=("bullseye", "sid")))
def host(request, boot, playbook, tmp_path_factory):
    return Audited(boot(request.param), playbook, tmp_path_factory.mktemp("trial"))


def by_key(result):
    """The counts of each rule, by the key that it has in the set."""
    return {rule["rule"].rpartition("key=")[2]: rule for rule in result["rules"]}


def test_what_is_made_is_counted_and_nothing_else_changes(host):
    host.guest.run(PREPARED)
    host.load(HELD)
    before = host.state()
    asked = {"rules": SET, "seconds": 8}
    checked, untouched, _noise, tried, logged = host.tasks(
        task("audit_trial", asked, check=True), "auditctl -l", EMPTY_LOG + NOISE.replace("LAST", "3"),
        task("audit_trial", asked), LOGGED,
    )  # fmt: skip
    for result in (checked, tried):
        assert not result.get("failed"), result
        assert (result["changed"], result["removed"], result["lost"], result["stopped"]) == (False, 0, 0, None)
    assert untouched.splitlines() == before.rules
    assert checked["tried"] == tried["tried"]
    assert [line.rpartition("key=")[2] for line in tried["tried"]] == ["read", "made", "quiet", "wider"]
    reasons = {one["rule"].split()[-1]: one["reason"] for one in tried["left_out"]}
    assert "matches the same" in reasons["key=held"]
    assert "list exclude" in reasons["msgtype=CWD"]
    assert "/no/such" in reasons["none"]
    counts = by_key(tried)
    assert {key: rule["events"] for key, rule in counts.items()} == {"read": 40, "made": 15, "quiet": 0, "wider": 0}
    # The log has the same events, of the same bytes.
    found = {line.split()[0]: tuple(map(int, line.split()[1:])) for line in logged.splitlines()}
    assert found == {str(n): (counts[key]["events"], counts[key]["bytes"]) for n, key in enumerate(["read", "made"])}
    assert host.state() == before
    read, made = counts["read"], counts["made"]
    assert read["programs"] == [{"name": read["exclusion"]["exe"], "events": 40, "share": 1.0}]
    assert read["exclusion"]["exe"].endswith("/cat")
    assert read["paths"][0] == {"name": "/root/trial-read", "events": 40, "share": 1.0}
    assert made["programs"][0]["events"] == 15
    assert read["share"] + made["share"] == pytest.approx(1, abs=0.001)
    assert tried["set"]["events"] == 55
    # Debian's auditd writes the enriched format.
    assert 1.1 < tried["factor"] < 2
    assert read["bytes_per_hour"] == pytest.approx(read["bytes"] * tried["factor"] * 3600 / tried["seconds"], rel=0.001)
    assert tried["retention"]["capacity_megabytes"] > 1
    assert tried["retention"]["days_with"] < (tried["retention"]["days_without"] or 10**9)


BUSY = r"""
trap '' HUP
setsid timeout 40 sh -c '
until auditctl -l | grep -q "key=linux-audit-trial.*[.]0"; do sleep 0.1; done
while auditctl -l | grep -q linux-audit-trial; do for i in $(seq 50); do cat /root/trial-read; done; done
' </dev/null >/dev/null 2>&1 &
true
"""


def test_a_flood_stops_the_trial_at_once(host):
    host.guest.run(PREPARED)
    before = host.state()
    _noise, result = host.tasks(BUSY, task("audit_trial", {"rules": [READ], "seconds": 30, "rate_limit": 5}))
    assert not result.get("failed"), result
    assert result["stopped"] == "rate_limit"
    assert result["seconds"] < 20
    assert "rate_limit" in result["warnings"][0]
    assert host.state() == before


ENDED = r"""
until auditctl -l | grep -q linux-audit-trial; do sleep 0.1; done
pid=$(auditctl -l | sed -n 's/.*key=linux-audit-trial[.]\([0-9]*\)[.].*/\1/p' | head -1)
sleep WAIT
kill -SIGNAL $pid
while kill -0 $pid 2>/dev/null; do sleep 0.1; done
sleep 1; auditctl -l | grep -c linux-audit-trial
true
"""


@pytest.mark.parametrize(
    ("signal", "wait"),
    [
        ("TERM", "2"),
        ("KILL", "0"),
        pytest.param("HUP", "0", marks=pytest.mark.fleet),
        pytest.param("KILL", "2", marks=pytest.mark.fleet),
    ],
)
def test_a_run_that_is_ended_leaves_no_rule_or_rules_that_the_next_run_removes(host, signal, wait):
    asynchronous = task("audit_trial", {"rules": [READ, MADE], "seconds": 30}) | {"async": 60, "poll": 0}
    before = host.state()
    ended = ENDED.replace("SIGNAL", signal).replace("WAIT", wait)
    _started, left, after = host.tasks(asynchronous, ended, task("audit_trial", {"rules": [READ], "seconds": 1}))
    if signal == "KILL":
        assert 1 <= int(left) <= 3
    else:
        assert int(left) == 0
    assert after["removed"] == int(left)
    assert host.state() == before


def test_what_cannot_be_tried(host):
    host.guest.run("auditctl -D")
    before = host.state()
    refused = [
        ({"rules": [READ], "seconds": 0}, ["seconds"]),
        ({"rules": ["-a always,exit -S opennat -k x", READ]}, ["nothing was tried", "opennat"]),
        ({"seconds": 5}, ["one of the following is required"]),
    ]
    results = host.tasks(*[task("audit_trial", args) for args, _parts in refused])
    for (_args, parts), result in zip(refused, results, strict=True):
        assert result["failed"]
        assert_message(result["msg"], *parts)
    trial = task("audit_trial", {"rules": [READ], "seconds": 1})
    off, never, stopped = host.tasks(
        "auditctl -e 0", trial, "auditctl -e 1; auditctl -a never,task", trial,
        "auditctl -d never,task; service auditd stop", trial, "systemctl start auditd; auditctl -D",
    )[1::2]  # fmt: skip
    for result, parts in ((off, ["enabled 0", "audit_control"]), (never, ["never,task"]), (stopped, ["daemon"])):
        assert result["failed"]
        assert_message(result["msg"], *parts)
    assert host.state() == before


WITHOUT = """cat >/root/python-without-audit-read <<'END'
#!/bin/sh
exec setpriv --bounding-set -audit_read --inh-caps -audit_read /usr/bin/python3 "$@"
END
chmod 755 /root/python-without-audit-read
"""


def test_without_the_capability_to_read_records(host):
    """As root without CAP_AUDIT_READ: the module says what it lacks, and leaves no rule."""
    host.guest.run(WITHOUT)
    before = host.state()
    python = {"vars": {"ansible_python_interpreter": "/root/python-without-audit-read"}}
    (result,) = host.tasks(task("audit_trial", {"rules": [READ], "seconds": 1}) | python)
    assert result["failed"]
    assert_message(result["msg"], "CAP_AUDIT_READ", "3.16")
    assert host.state() == before


def test_immutable_mode(host):
    asked = {"rules": [READ], "seconds": 1}
    try:
        results = host.tasks("auditctl -e 2", task("audit_trial", asked, check=True), task("audit_trial", asked))
        for result in results[1:]:
            assert result["failed"]
            assert_message(result["msg"], "immutable", "next boot")
    finally:
        host.guest.reboot()
