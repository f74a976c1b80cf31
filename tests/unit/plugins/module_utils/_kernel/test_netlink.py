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


def messages_of(monkeypatch, answers):
    """A Kernel, and the messages that it sends: lists of (kind, flags, sequence number, data)."""
    sent = []

    class Socket(FakeSocket):
        def sendto(self, request, address):
            found = []
            while request:
                length, kind, flags, sequence, _port = struct.unpack_from("=IHHII", request)
                found.append((kind, flags, sequence, request[16:length]))
                request = request[(length + 3) & ~3 :]
            sent.append(found)
            self._datagrams += answers(found)

    monkeypatch.setattr(kernel_module.socket, "socket", lambda *kind: Socket(None))
    return Kernel(), sent


def test_requests_that_go_in_one_message(monkeypatch):
    """Only the last asks for an answer; a refusal of another one comes before it."""
    kernel, sent = messages_of(
        monkeypatch,
        lambda found: [
            message(1305, 0, b"audit(1.2:3): op=add_rule"),
            acknowledgement(found[0][2] - 1, errno.EPERM) + acknowledgement(found[1][2], errno.EEXIST),
            acknowledgement(found[2][2]),
        ],
    )
    data = [b"1234", b"12345", b"123456"]
    requests = [(ADD, data[0]), (ADD, data[1]), (DELETE, data[2])]
    assert kernel.request_all(requests) == {1: errno.EEXIST}
    assert kernel.request_all(requests) == {1: errno.EEXIST}
    for first, found in zip((1, 4), sent, strict=True):
        assert found == [(ADD, 1, first, data[0]), (ADD, 1, first + 1, data[1]), (DELETE, 5, first + 2, data[2])]


def test_a_message_without_an_answer(monkeypatch):
    """A refusal of the first request does not tell what became of the last."""
    kernel, _sent = messages_of(monkeypatch, lambda found: [acknowledgement(found[0][2], errno.EEXIST)])
    with pytest.raises(KernelError, match="did not answer"):
        kernel.request_all([(ADD, b""), (ADD, b"")])
    kernel.close()
    with pytest.raises(KernelError, match="closed"):
        kernel.request_all([(ADD, b"")])


@pytest.mark.parametrize(("code", "kind"), [(errno.ENOBUFS, OSError), (errno.ECONNREFUSED, AuditUnavailable)])
def test_a_message_that_is_not_sent(monkeypatch, code, kind):
    def fail(_found):
        raise OSError(code, os.strerror(code))

    kernel, _sent = messages_of(monkeypatch, fail)
    with pytest.raises(kind):
        kernel.request_all([(ADD, b"")])


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
            if left[0] and self._datagrams:
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
