# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_trace: what it finds, and that it leaves nothing behind."""

import pytest

from audited import Audited, assert_message, task
from releases import releases

# A file that only this reads.
READ = {"command": ["/bin/cat", "/etc/hostname"], "syscall": ["openat", "execve"]}
SHELL = ["sh", "-c", "echo out; echo err >&2; /bin/cat hosts >/dev/null; exit 3"]
OTHERS = ["-a always,exit -F arch=b64 -S openat -F path=/etc/hostname -F key=other", "-w /etc/passwd -p wa -k identity"]


@pytest.fixture(scope="module", params=releases("bookworm", fleet=("sid",)))
def host(request, boot, playbook, tmp_path_factory):
    return Audited(boot(request.param), playbook, tmp_path_factory.mktemp("trace"))


def names(result):
    return [path["name"] for call in result["calls"] for path in call["paths"] if "name" in path]


def test_what_is_traced_and_that_other_rules_stay(host):
    host.load(*OTHERS)
    before = host.state()
    results = host.tasks(
        task("audit_trace", READ, check=True),
        task("audit_trace", READ),
        task("audit_trace", {"command": SHELL, "chdir": "/etc", "limit": 0}),
        task("audit_trace", {"command": ["sleep", "60"], "duration": 2, "syscall": ["clock_nanosleep", "execve"]}),
    )  # fmt: skip
    checked, read, shell, slow = results
    for result in (checked, read, shell, slow):
        assert not result.get("failed"), result
        assert (result["changed"], result["removed"], result["lost"]) == (True, 0, 0)
    assert checked["calls"] == []
    assert names(read)[0] == "/bin/cat"
    assert "/etc/hostname" in names(read)
    assert {call["syscall"]["name"] for call in read["calls"]} == {"openat", "execve"}
    assert {call["subject"]["pid"] for call in read["calls"]} == {read["pid"]}
    # Whatever rules others have: it is recorded once, under the key of the trace.
    assert all(call["keys"] == [read["key"]] for call in read["calls"])
    assert read["result"] == {"rc": 0, "stdout": read["result"]["stdout"], "stderr": "", "timed_out": False}
    assert read["calls"][0]["syscall"]["name"] == "execve"
    assert (shell["result"]["rc"], shell["result"]["stdout"], shell["result"]["stderr"]) == (3, "out\n", "err\n")
    assert "hosts" in names(shell)  # read by its child
    assert shell["calls"][0]["syscall"]["name"] == "execve"
    assert len(shell["calls"]) > 50
    assert (slow["result"]["rc"], slow["result"]["timed_out"]) == (-9, True)
    assert slow["calls"]
    loop = "sh -c 'while :; do cat /etc/group; sleep 0.1; done' </dev/null >/dev/null 2>&1 & echo $!"
    pid = host.guest.run(loop).stdout
    (watched,) = host.tasks(task("audit_trace", {"pid": int(pid), "duration": 2, "syscall": ["openat"]}))
    host.guest.run(f"kill {int(pid)}")
    assert watched["changed"] is False
    assert "/etc/group" in names(watched)
    assert host.state() == before


def test_what_cannot_be_traced(host):
    host.guest.run("auditctl -D")
    before = host.state()
    refused = [
        ({"command": ["/no/such/program"]}, ["/no/such/program"]),
        ({"command": ["no-such-program"]}, ["no-such-program"]),
        ({"command": []}, ["empty"]),
        ({"command": ["id"], "syscall": ["opennat"]}, ["opennat"]),
        ({"pid": 999999}, ["999999"]),
        ({"pid": 1, "duration": 0}, ["duration"]),
        ({"pid": 1, "command": ["id"]}, ["mutually exclusive"]),
    ]
    results = host.tasks(*[task("audit_trace", args) for args, _parts in refused])
    for (_args, parts), result in zip(refused, results, strict=True):
        assert result["failed"]
        assert_message(result["msg"], *parts)
    off, never, stopped = host.tasks(
        "auditctl -e 0", task("audit_trace", READ), "auditctl -e 1; auditctl -a never,task", task("audit_trace", READ),
        "auditctl -d never,task; service auditd stop", task("audit_trace", READ), "systemctl start auditd; auditctl -D",
    )[1::2]  # fmt: skip
    for result, parts in ((off, ["enabled 0", "audit_control"]), (never, ["never,task"]), (stopped, ["daemon"])):
        assert result["failed"]
        assert_message(result["msg"], *parts)
    assert host.state() == before


SLOW = {"command": ["sleep", "20"], "syscall": ["openat"]}
# Runs the module in the background, ends it by a signal when its rules are there, and says what rules there are then.
ENDED = r"""
until auditctl -l | grep -q linux-audit-trace; do sleep 0.1; done
pid=$(auditctl -l | sed -n 's/.*key=linux-audit-trace[.]\([0-9]*\)[.].*/\1/p' | head -1)
kill -SIGNAL $pid
while kill -0 $pid 2>/dev/null; do sleep 0.1; done
sleep 1; auditctl -l | grep -c linux-audit-trace; pgrep -c -x sleep
true
"""


@pytest.mark.parametrize(("signal", "left"), [("TERM", 0), ("KILL", 2)])
def test_a_run_that_is_ended_leaves_no_rule_or_one_that_the_next_run_removes(host, signal, left):
    asynchronous = task("audit_trace", SLOW) | {"async": 60, "poll": 0}
    before = host.state()
    _started, output, after = host.tasks(asynchronous, ENDED.replace("SIGNAL", signal), task("audit_trace", READ))
    assert output.split()[0] == str(left)
    assert after["removed"] == left
    assert "/etc/hostname" in names(after)
    assert host.state() == before


def test_immutable_mode(host):
    try:
        results = host.tasks("auditctl -e 2", task("audit_trace", READ, check=True), task("audit_trace", READ))
        for result in results[1:]:
            assert result["failed"]
            assert_message(result["msg"], "immutable", "next boot")
    finally:
        host.guest.reboot()
