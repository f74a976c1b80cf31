# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The netlink protocol, with a socket that plays the kernel, for answers that a real kernel never gives."""

import errno
import os
import struct

import pytest

from ansible_collections.linux.audit.plugins.module_utils._kernel import netlink as kernel_module
from ansible_collections.linux.audit.plugins.module_utils._kernel import reasons
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import (
    AuditUnavailable,
    Kernel,
    KernelError,
    KernelRule,
    PermissionDenied,
    RuleRefused,
    feature_names,
)
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule

GET, ADD, DELETE, LIST = 1000, 1011, 1012, 1013
ERROR, DONE = 2, 3
RULES = [
    Rule("exit", "always", (Field("path", "=", f"/etc/{name}"), Field("perm", "=", 10)), None, (name,))
    for name in "abc"
]


class FakeSocket:
    """Answers each request with the datagrams that a function of its kind and data returns, and then with nothing."""

    def __init__(self, answer, bind_error=None):
        self._answer = answer
        self._bind_error = bind_error
        self._datagrams = []
        self.requests = []

    def setsockopt(self, *values):
        pass

    def settimeout(self, seconds):
        pass

    def bind(self, address):
        if self._bind_error:
            raise OSError(self._bind_error, os.strerror(self._bind_error))

    def sendto(self, request, address):
        assert address == (0, 0)
        length, kind, flags, sequence, port = struct.unpack_from("=IHHII", request)
        assert (length, flags, port) == (len(request), 5, 0)
        self.requests.append((kind, request[16:]))
        self._datagrams += self._answer(kind, sequence)

    def recv_into(self, room, size=0, flags=0):
        if not self._datagrams:
            raise TimeoutError
        datagram = self._datagrams.pop(0)
        room[: len(datagram)] = datagram
        return len(datagram)

    def close(self):
        pass


def message(kind, sequence, payload=b""):
    text = struct.pack("=IHHII", 16 + len(payload), kind, 0, sequence, 0) + payload
    return text + b"\0" * (-len(text) % 4)


def acknowledgement(sequence, code=0):
    return message(ERROR, sequence, struct.pack("=i", -code) + b"\0" * 16)


def status(*words):
    return lambda kind, sequence: [
        acknowledgement(sequence),
        message(GET, sequence, struct.pack(f"={len(words)}I", *words)),
    ]


@pytest.fixture
def connect(monkeypatch):
    """connect(answer): a Kernel whose other end is a FakeSocket."""

    def connect(answer, **options):
        fake = FakeSocket(answer, **options)
        monkeypatch.setattr(kernel_module.socket, "socket", lambda *kind: fake)
        connection = Kernel()
        connection.fake = fake
        return connection

    return connect


def test_status_of_kernels_of_all_ages(connect):
    new = connect(status(0, 1, 2, 333, 4, 8192, 6, 7, 0x7F, 60000, 9)).status()
    assert new == (1, 2, 333, 4, 8192, 6, 7, 0x7F, 60000, 9)
    old = connect(status(0, 2, 1, 0, 0, 64, 0, 0)).status()
    assert (old.enabled, old.backlog_limit, old.features, old.backlog_wait_time_actual) == (2, 64, 0, 0)


def test_rules_are_read_from_any_packing_among_other_messages(connect):
    def answer(kind, sequence):
        data = [message(LIST, sequence, wire.encode(rule)) for rule in RULES]
        old = message(LIST, sequence - 1, wire.encode(RULES[0]))
        record = message(1305, 0, b"audit(1.2:3): op=add_rule")
        return [
            data[0],
            record + old + acknowledgement(sequence),
            data[1] + data[2] + message(DONE, sequence),
        ]

    with connect(answer) as kernel:
        assert kernel.rules() == [KernelRule(rule, wire.encode(rule)) for rule in RULES]
        assert [entry.rule for entry in kernel.rules()] == RULES
        assert [kind for kind, data in kernel.fake.requests] == [LIST, LIST]
    with pytest.raises(KernelError, match="closed"):
        kernel.rules()


def test_what_is_sent(connect):
    kernel = connect(lambda kind, sequence: [acknowledgement(sequence)])
    kernel.append(RULES[0])
    kernel.prepend(RULES[0])
    kernel.delete(KernelRule(RULES[0], b"as listed"))
    (add, appended), (also_add, prepended), deletion = kernel.fake.requests
    assert (add, also_add, deletion) == (ADD, ADD, (DELETE, b"as listed"))
    assert appended == wire.encode(RULES[0])
    assert struct.unpack_from("=I", prepended)[0] == 4 | 0x10
    assert prepended[4:] == appended[4:]


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        (errno.EEXIST, ["the rule exists"]),
        (errno.EINVAL, ["this kernel does not support its list, or one of its fields, operators or values"]),
        (errno.ENOENT, ["the directory of /etc/a does not exist"]),
        (errno.ENAMETOOLONG, ["too long"]),
        (errno.E2BIG, [os.strerror(errno.E2BIG), str(errno.E2BIG)]),
    ],
)
def test_a_refusal_names_rule_and_reason(connect, code, parts):
    kernel = connect(lambda kind, sequence: [acknowledgement(sequence, code)])
    with pytest.raises(RuleRefused) as refused:
        kernel.append(RULES[0])
    assert (refused.value.code, refused.value.rule) == (code, RULES[0])
    for part in [*parts, "add", "path=/etc/a", "key=a"]:
        assert part in str(refused.value)


def test_a_refusal_to_delete(connect):
    kernel = connect(lambda kind, sequence: [acknowledgement(sequence, errno.ENOENT)])
    with pytest.raises(RuleRefused, match="refuses to delete .*/etc/a.*there is no such rule"):
        kernel.delete(KernelRule(RULES[0], wire.encode(RULES[0])))


@pytest.mark.parametrize(("enabled", "reason"), [(2, "immutable until the next boot"), (1, "permission denied")])
def test_why_a_change_is_not_permitted(connect, enabled, reason):
    def answer(kind, sequence):
        return status(0, enabled)(kind, sequence) if kind == GET else [acknowledgement(sequence, errno.EPERM)]

    with pytest.raises(RuleRefused, match=reason):
        connect(answer).append(RULES[0])


@pytest.mark.parametrize(
    ("code", "uid", "capabilities", "kind", "reason"),
    [
        (errno.EPERM, 1000, None, PermissionDenied, r"only root can read and change audit rules \(become: true\)"),
        (errno.EPERM, 0, "0000003fbfffffff", PermissionDenied, "CAP_AUDIT_CONTROL"),
        (errno.EPERM, 0, "000001ffffffffff", PermissionDenied, "process namespace"),
        (
            errno.ECONNREFUSED,
            0,
            None,
            AuditUnavailable,
            r"cannot reach the audit system: it is disabled \(booted with audit=0",
        ),
        (errno.EPROTONOSUPPORT, 0, None, AuditUnavailable, "audit=0"),
        (errno.EIO, 0, None, KernelError, os.strerror(errno.EIO)),
    ],
)
def test_an_audit_system_that_cannot_be_reached(connect, monkeypatch, tmp_path, code, uid, capabilities, kind, reason):
    monkeypatch.setattr(kernel_module.os, "geteuid", lambda: uid)
    (tmp_path / "status").write_text(f"Name:\tx\nCapEff:\t{capabilities}\n" if capabilities else "")
    monkeypatch.setattr(reasons, "open", lambda path, **how: (tmp_path / "status").open(**how), raising=False)
    with pytest.raises(kind, match=reason):
        connect(lambda kind, sequence: [acknowledgement(sequence, code)]).status()
    with pytest.raises(kind, match=reason):
        connect(lambda kind, sequence: [], bind_error=code)


@pytest.mark.parametrize(
    "answer",
    [
        lambda kind, sequence: [],
        lambda kind, sequence: [acknowledgement(sequence)],
        lambda kind, sequence: [message(LIST, sequence, wire.encode(RULES[0])), acknowledgement(sequence)],
        lambda kind, sequence: [message(DONE, sequence + 1), acknowledgement(sequence + 1)],
        lambda kind, sequence: [b"\0" * 40, b""],
    ],
)
def test_an_answer_that_does_not_end(connect, answer):
    with pytest.raises(KernelError, match="did not answer"):
        connect(answer).rules()


@pytest.mark.parametrize("data", [b"", b"\xff" * 40, b"\xff" * 2000, wire.encode(RULES[0])[:-1]])
def test_data_that_is_not_a_rule_is_an_error(connect, data):
    kernel = connect(
        lambda kind, sequence: [message(LIST, sequence, data) + message(DONE, sequence) + acknowledgement(sequence)]
    )
    with pytest.raises(KernelError, match="the kernel lists a rule that cannot be decoded"):
        kernel.rules()


@pytest.mark.parametrize(
    ("bits", "names"),
    [
        (0, []),
        (1, ["backlog_limit"]),
        (0x42, ["backlog_wait_time", "filter_fs"]),
        (0x80, ["0x80"]),
        (
            0x3F,
            [
                "backlog_limit",
                "backlog_wait_time",
                "executable_path",
                "exclude_extend",
                "sessionid_filter",
                "lost_reset",
            ],
        ),
    ],
)
def test_features(bits, names):
    assert feature_names(bits) == names


def losing(answer, times):
    """A socket that has no room for an answer, so many times."""
    left = [times]

    class Losing(FakeSocket):
        def recv_into(self, room, size=0, flags=0):
            if left[0]:
                left[0] -= 1
                self._datagrams.clear()
                raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))
            return super().recv_into(room, size, flags)

    return Losing(answer)


def holding(*rules):
    """A kernel that acknowledges every change and holds these rules."""

    def answer(kind, sequence):
        listed = [message(LIST, sequence, wire.encode(rule)) for rule in rules] + [message(DONE, sequence)]
        return [acknowledgement(sequence), *(listed if kind == LIST else ())]

    return answer


@pytest.mark.parametrize(("times", "told"), [(1, True), (2, True), (3, False)])
def test_a_question_whose_answer_was_lost_is_asked_again(monkeypatch, times, told):
    """A few times; then the error says what has happened."""
    fake = losing(holding(*RULES), times)
    monkeypatch.setattr(kernel_module.socket, "socket", lambda *kind: fake)
    with Kernel() as kernel:
        if told:
            assert [held.rule for held in kernel.rules()] == RULES
        else:
            with pytest.raises(KernelError, match="answers of the kernel were lost"):
                kernel.rules()


@pytest.mark.parametrize(("times", "told"), [(1, True), (3, False)])
def test_the_status_is_asked_for_again(monkeypatch, times, told):
    """As every question that changes nothing."""

    def answer(kind, sequence):
        return [acknowledgement(sequence), message(kind, sequence, bytes(44))]

    fake = losing(answer, times)
    monkeypatch.setattr(kernel_module.socket, "socket", lambda *kind: fake)
    with Kernel() as kernel:
        if told:
            assert kernel.status().enabled == 0
            assert kernel.loginuid_immutable() == (False, False)
        else:
            with pytest.raises(KernelError, match="answers of the kernel were lost"):
                kernel.status()


@pytest.mark.parametrize(
    ("held", "action", "done"),
    [(RULES, "append", True), ((), "append", False), ((), "delete", True), (RULES, "delete", False)],
)
def test_a_change_whose_acknowledgement_was_lost_is_looked_at(monkeypatch, held, action, done):
    """What the kernel holds decides whether it was made."""
    fake = losing(holding(*held), 1)
    monkeypatch.setattr(kernel_module.socket, "socket", lambda *kind: fake)
    with Kernel() as kernel:
        change = RULES[0] if action == "append" else KernelRule(RULES[0], wire.encode(RULES[0]))
        if done:
            getattr(kernel, action)(change)
        else:
            with pytest.raises(RuleRefused, match="No buffer space"):
                getattr(kernel, action)(change)
