# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_trial against a kernel in memory: what it adds, counts and removes, and when it stops."""

import errno
import itertools
import os
import struct
import types

import pytest

from ansible_collections.linux.audit.plugins.module_utils._kernel import lock, records
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import (
    KernelError,
    KernelRule,
    PermissionDenied,
    Status,
)
from ansible_collections.linux.audit.plugins.module_utils._kernel.records import (
    KernelRecord,
    Records,
    RecordsMissed,
)
from ansible_collections.linux.audit.plugins.module_utils._log import trial as trial_module
from ansible_collections.linux.audit.plugins.module_utils._log.temporary_rules import own_key
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from ansible_collections.linux.audit.plugins.modules import audit_trial
from kernel_double import requested
from running import run_module
from strategies import HOST

HELD = "-a always,exit -F arch=b64 -S mount -F key=mounts"
OPEN = "-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F key=access"
KEY = own_key("linux-audit-trial")


def rule(line):
    return parse_line(line, HOST).rule


class Kernel:
    """Holds rules, and sends records while rules of a trial are there."""

    def __init__(self):
        self.held, self.done, self.settings, self.lost = [rule(HELD)], [], {"enabled": 1, "pid": 7}, [0]
        self.queue, self.missed, self.refused, self.silent, self.serial = [], 0, {}, False, 0

    def __enter__(self):
        return self

    def __exit__(self, *_exception):
        pass

    def close(self):
        pass

    def status(self):
        lost = self.lost.pop(0) if len(self.lost) > 1 else self.lost[0]
        return Status(**(dict.fromkeys(Status._fields, 0) | self.settings | {"lost": lost}))

    def rules(self):
        return [KernelRule(held, wire.encode(held)) for held in self.held]

    def _do(self, what, changed):
        self.done.append((what, render(changed, "x86_64")))
        return self.refused.get(what)

    def request_all(self, requests):
        refused = {}
        for place, request in enumerate(requests):
            operation, changed = requested(*request)
            problem = self._do(operation, changed)
            if problem:
                refused[place] = problem
            elif operation == "append":
                self.held.append(changed)
            else:
                self.held.remove(changed)
        return refused

    def message(self, text):
        if not self.silent:
            self.send(1005, f"pid=1 msg='text={text} res=success'".encode())

    def send(self, kind, text):
        self.serial += 1
        self.queue.append(KernelRecord(kind, b"audit(1.000:%d):" % self.serial, self.serial, text))

    def make(self, events, number=0):
        """Events of one of the rules of the trial."""
        for _event in range(events):
            self.send(1300, b'auid=0 exe="/bin/x" key="%s.%d"' % (KEY.encode(), number))

    def read(self, _seconds):
        if self.missed and self.done and not self.queue:
            raise RecordsMissed("too many")
        found, self.queue = self.queue, []
        return found


@pytest.fixture
def kernel(tmp_path, monkeypatch):
    kernel = Kernel()
    monkeypatch.setattr(trial_module, "Kernel", lambda: kernel)
    monkeypatch.setattr(trial_module, "Records", lambda: kernel)
    # A clock that goes on by a tenth of a second whenever it is read.
    clock = itertools.count()
    monkeypatch.setattr(trial_module, "time", types.SimpleNamespace(monotonic=lambda: next(clock) / 10))
    monkeypatch.setattr(lock, "_LOCK_FILES", (str(tmp_path / "lock"),))
    return kernel


@pytest.fixture
def run(kernel):
    """What the module returns; afterwards the kernel holds what it held, unless it refuses to delete."""

    def run(*rules, check=False, **parameters):
        held = [one for one in kernel.held if "linux-audit-trial.4194305" not in str(one.keys)]
        result = run_module(audit_trial.main, {"rules": list(rules), "seconds": 1, **parameters}, check=check)
        assert kernel.held == held or check or "delete" in kernel.refused
        return result

    return run


def test_rules_are_appended_under_keys_of_their_own_and_removed(run, kernel):
    result = run(OPEN, "-a never,exit -F arch=b64 -S openat -F uid=7")
    added = [line for what, line in kernel.done if what == "append"]
    assert added == [
        f"-a never,exit -S all -F pid={os.getpid()} -F key={KEY}.own",
        OPEN.replace("access", f"{KEY}.0"),
        f"-a never,exit -F arch=b64 -S openat -F uid=7 -F key={KEY}.1",
    ]
    assert (result["changed"], result["removed"], result["stopped"], result["lost"]) == (False, 0, None, 0)
    assert result["seconds"] >= 1


def test_prepended_rules_come_before_the_others_and_the_last_of_them_first(run, kernel):
    one, two = (f"-A never,exit -F arch=b64 -S openat -F uid={user}" for user in (7, 8))
    result = run(OPEN, one, two)
    added = [line for what, line in kernel.done if what == "append"][1:]
    assert added == [
        f"-a never,exit -F arch=b64 -S openat -F uid=8 -F key={KEY}.0",
        f"-a never,exit -F arch=b64 -S openat -F uid=7 -F key={KEY}.1",
        OPEN.replace("access", f"{KEY}.2"),
    ]
    assert [line.partition(" -F key")[0] for line in result["tried"]] == [
        *(line.replace("-A", "-a") for line in (two, one)), OPEN.partition(" -F key")[0],
    ]  # fmt: skip


def test_events_under_way_when_the_rules_are_removed_count(run, kernel, monkeypatch):
    real = Kernel._do

    def do(self, what, changed):
        self.make(3 if what == "delete" else 0)
        return real(self, what, changed)

    monkeypatch.setattr(Kernel, "_do", do)
    result = run(OPEN)
    assert result["rules"][0]["events"] == 6
    assert result["stopped"] is None


def test_check_mode_says_what_it_would_try(run, kernel):
    result = run(OPEN, HELD, check=True)
    assert result["tried"] == [OPEN]
    assert result["left_out"] == [{"rule": HELD, "reason": "the kernel has a rule that matches the same"}]
    assert kernel.done == []
    assert "rules" not in result


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (HELD.replace("mounts", "other"), "the kernel has a rule that matches the same"),
        (OPEN.replace("access", "again"), "an earlier rule of the set matches the same"),
        ("-a always,exclude -F msgtype=CWD", "a rule of the list exclude would change what is recorded already"),
        ("-a never,task", "a rule of the list task would change what is recorded already"),
        ("-a never,filesystem -F fstype=tracefs", "list filesystem"),
        ("-w /no/such/directory -p wa", "the directory /no/such does not exist"),
        ("-a always,exit -S all -F uid=no-such-user", "name of a user"),
    ],
)
def test_rules_that_are_left_out(run, line, reason):
    result = run(OPEN, line)
    assert result["tried"] == [OPEN]
    (left_out,) = result["left_out"]
    assert left_out["rule"] == line
    assert reason in left_out["reason"]


def test_a_set_without_a_rule_to_try_changes_nothing(run, kernel):
    result = run("-D", "-b 64", HELD)
    assert (result["tried"], kernel.done) == ([], [])
    assert "rules" not in result


def test_a_wrong_line_is_an_error_before_anything_is_added(run, kernel):
    result = run(OPEN, "-a always,exit -S opennat -k x")
    assert result["failed"]
    assert "nothing was tried" in result["msg"]
    assert "opennat" in result["msg"]
    assert kernel.done == []


@pytest.mark.parametrize(
    ("prepare", "stopped"),
    [
        (lambda kernel: kernel.make(11), "rate_limit"),
        (lambda kernel: kernel.lost.extend([0, 0, 5]), "lost"),
        (lambda kernel: setattr(kernel, "missed", 1), "unread"),
    ],
)
def test_it_stops_at_once(run, kernel, prepare, stopped):
    prepare(kernel)
    result = run(OPEN, rate_limit=10, seconds=60)
    assert result["stopped"] == stopped
    assert result["seconds"] < 10
    assert stopped in result["warnings"][0]


def test_as_many_events_as_the_limit_do_not_stop_it(run, kernel):
    kernel.make(10)
    result = run(OPEN, rate_limit=10)
    assert (result["stopped"], result["rules"][0]["events"]) == (None, 10)


def test_without_the_last_record_the_counts_may_be_too_low(run, kernel):
    kernel.silent = True
    assert run(OPEN)["stopped"] == "unread"


def test_rules_of_killed_trials_are_removed_and_those_of_running_ones_stay(run, kernel):
    left = OPEN.replace("access", "linux-audit-trial.4194305.1.0")
    other = HELD.replace("mounts", f"{own_key('linux-audit-trial')}.0")
    kernel.held += [rule(left), rule(other)]
    assert run(OPEN, check=True)["removed"] == 1
    kernel.held.remove(rule(other))
    assert run(OPEN)["removed"] == 1
    assert [render(one, "x86_64") for one in kernel.held] == [HELD]


def test_rules_that_cannot_be_removed_are_named(run, kernel):
    kernel.refused["delete"] = errno.EIO
    result = run(OPEN)
    assert result["failed"]
    assert f"rules of this trial may be left in the kernel, with keys that begin with {KEY}" in result["msg"]


def test_a_rule_that_the_kernel_refuses_ends_the_trial(run, kernel):
    kernel.refused["append"] = errno.EINVAL
    result = run(OPEN)
    assert result["failed"]
    assert "everything is as it was before" in result["msg"]


@pytest.mark.parametrize(
    ("settings", "line", "part"),
    [
        ({"enabled": 2}, HELD, "immutable until the next boot"),
        ({"enabled": 0}, HELD, "auditing is off"),
        ({"pid": 0}, HELD, "no audit daemon runs"),
        ({}, "-a never,task", "never,task"),
    ],
)
@pytest.mark.parametrize("check", [True, False])
def test_where_nothing_can_be_tried(run, kernel, settings, line, part, check):
    kernel.settings.update(settings)
    kernel.held = [rule(line)]
    result = run(OPEN, check=check)
    assert result["failed"]
    assert part in result["msg"]
    assert kernel.done == []


@pytest.mark.parametrize("parameters", [{"seconds": 0}, {"rate_limit": 0}, {"top": -1}])
def test_parameters_that_make_no_sense(run, parameters):
    assert "must be 1 or more" in run(OPEN, **parameters)["msg"]


class Socket:
    """A netlink socket that answers what a test says."""

    def __init__(self, answer):
        self.answer = answer

    def bind(self, address):
        self.address = address
        if isinstance(self.answer, OSError) and self.answer.errno == errno.EPERM:
            raise self.answer

    def settimeout(self, seconds):
        self.seconds = seconds

    def setsockopt(self, *_option):
        pass

    def recv(self, _size):
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def close(self):
        pass


@pytest.fixture
def group(monkeypatch):
    """group(answer): a reader of the multicast group whose socket gives that answer."""

    def group(answer):
        monkeypatch.setattr(records.socket, "socket", lambda *_arguments: Socket(answer))
        return Records()

    return group


def test_records_of_the_group_are_read(group):
    payload = b"audit(1700000000.123:42): pid=1\0"
    data = struct.pack("=IHHII", 16 + len(payload), 1300, 0, 0, 0) + payload
    with group(data) as reader:
        assert reader._socket.address == (0, 1)
        assert reader.read(1) == [KernelRecord(1300, b"audit(1700000000.123:42):", 42, b"pid=1")]
    with pytest.raises(KernelError, match="closed"):
        reader.read(1)


def test_no_record_and_missed_records_are_told_apart(group):
    assert group(TimeoutError()).read(1) == []
    with pytest.raises(RecordsMissed):
        group(OSError(errno.ENOBUFS, "x")).read(1)
    with pytest.raises(KernelError, match="cannot reach the audit system"):
        group(OSError(errno.EIO, "x")).read(1)


def test_who_may_not_read_records_is_told_what_is_missing(group):
    with pytest.raises(PermissionDenied, match="CAP_AUDIT_READ"):
        group(OSError(errno.EPERM, "x"))
