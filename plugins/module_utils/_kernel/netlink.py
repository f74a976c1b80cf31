# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's audit system over NETLINK_AUDIT: rules, status and settings (linux/audit.h, linux/netlink.h)."""

import contextlib
import errno
import os
import socket
import struct
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..rules import wire
from ..rules.model import Rule
from .errors import AuditUnavailable, KernelError, PermissionDenied

__all__ = (
    "IMMUTABLE",
    "NETLINK_AUDIT",
    "AuditUnavailable",
    "Kernel",
    "KernelError",
    "KernelRule",
    "PermissionDenied",
    "Status",
    "feature_names",
    "messages",
    "widen",
)

NETLINK_AUDIT = 9
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_REQUEST, _ACK = 1, 4
_GET, _SET, _USER, _LIST_RULES = 1000, 1001, 1005, 1013
_SET_FEATURE, _GET_FEATURE = 1018, 1019
# AUDIT_STATUS_*: the bit that tells which value of the status a request sets
_STATUS_BITS = {
    "enabled": 0x0001,
    "failure": 0x0002,
    "rate_limit": 0x0008,
    "backlog_limit": 0x0010,
    "backlog_wait_time": 0x0020,
    "lost": 0x0040,
}
_FEATURE_VERSION = 1
_LOGINUID_IMMUTABLE = 1 << 1
# AUDIT_FEATURE_BITMAP_*, from bit 0 on
_FEATURES = (
    "backlog_limit",
    "backlog_wait_time",
    "executable_path",
    "exclude_extend",
    "sessionid_filter",
    "lost_reset",
    "filter_fs",
)
_HEADER = struct.Struct("=IHHII")
_TIMEOUT = 10.0
_DATAGRAM = 1 << 18
# How often a question whose answer was lost is asked once more.
_ASK_AGAIN = 2
# asm-generic/socket.h; Python's socket module lacks it.
_SO_RCVBUFFORCE = 33
_LISTING_BYTES = 1 << 25
#: The value of ``enabled`` that locks rules and settings until the next boot (auditctl(8), -e 2)
IMMUTABLE = 2


class AnswersLost(KernelError):
    """The kernel has answered, and there was no room for all of the answer."""


class KernelRule(NamedTuple):
    """A rule that the kernel holds: its value, and the exact bytes that delete it."""

    rule: Rule
    data: bytes


class Status(NamedTuple):
    """struct audit_status. A value that an older kernel does not report is 0.

    ``enabled``: 0 off, 1 on, 2 immutable until the next boot. ``failure``: 0 silent, 1 printk, 2 panic. ``rate_limit``
    in records per second, ``backlog_limit`` and ``backlog`` in records, the wait times in jiffies. ``features``:
    AUDIT_FEATURE_BITMAP_*.
    """

    enabled: int
    failure: int
    pid: int
    rate_limit: int
    backlog_limit: int
    lost: int
    backlog: int
    features: int
    backlog_wait_time: int
    backlog_wait_time_actual: int


class Kernel:
    """A connection to the audit system of the running kernel. Raises AuditUnavailable or PermissionDenied."""

    def __init__(self) -> None:
        self._sequence = 0
        # Answers are received here: recv() would ask for as much memory, and give it back, for each of thousands.
        self._received = memoryview(bytearray(_DATAGRAM))
        self._socket: Optional[socket.socket] = None
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_AUDIT)
            widen(self._socket)
            self._socket.bind((0, 0))
        except OSError as error:
            from .reasons import connection_error

            raise connection_error(error) from error

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def status(self) -> Status:
        """Whether auditing is on, its limits and counters (AUDIT_GET)."""
        replies = self._answers(_GET)
        if not replies:
            raise KernelError("the kernel did not answer the request for the audit status")
        words = struct.unpack_from(f"={len(replies[0]) // 4}I", replies[0])
        # The first word tells which values a request sets; in an answer it means nothing.
        values = (words[1:] + (0,) * 10)[:10]
        return Status(*values)

    def rules(self) -> List[KernelRule]:
        """All rules, list by list in the order in which the kernel evaluates them (AUDIT_LIST_RULES)."""
        try:
            # Read everything before decoding: the kernel drops answers that are not read soon.
            listed = self._answers(_LIST_RULES, many=True)
            return [KernelRule(wire.decode(data), data) for data in listed]
        except ValueError as error:
            raise KernelError(f"the kernel lists a rule that cannot be decoded ({error})") from error

    def _answers(self, kind: int, many: bool = False) -> List[bytes]:
        """What the kernel answers to a question, which changes nothing; asked again if answers were lost."""
        for _again in range(_ASK_AGAIN):
            with contextlib.suppress(AnswersLost):
                return list(self._ask(kind, b"", kind, many))
            self._drain()
        return list(self._ask(kind, b"", kind, many))

    def set(self, name: str, value: int) -> None:
        """Set one value of the status (AUDIT_SET). Raises KernelError."""
        values = dict.fromkeys(Status._fields, 0)
        values[name] = value
        self._command(_SET, struct.pack("=11I", _STATUS_BITS[name], *values.values()), f"set {name} to {value}")

    def reset_lost(self) -> int:
        """Set the counter of lost records to 0; return its value before that."""
        status = dict.fromkeys(Status._fields, 0)
        request = struct.pack("=11I", _STATUS_BITS["lost"], *status.values())
        return self._command(_SET, request, "reset the counter of lost records")

    def loginuid_immutable(self) -> Tuple[bool, bool]:
        """Whether login uids cannot change once they are set, and whether this is locked until the next boot."""
        replies = self._answers(_GET_FEATURE)
        _version, _mask, features, locked = struct.unpack_from("=4I", replies[0])
        return bool(features & _LOGINUID_IMMUTABLE), bool(locked & _LOGINUID_IMMUTABLE)

    def set_loginuid_immutable(self) -> None:
        """Make login uids immutable, and lock this until the next boot, as auditctl does."""
        request = struct.pack("=4I", _FEATURE_VERSION, *[_LOGINUID_IMMUTABLE] * 3)
        self._command(_SET_FEATURE, request, "make login uids immutable")

    def message(self, text: str) -> None:
        """Record a message (type USER), like ``auditctl -m``."""
        self._command(_USER, f"text={text} res=success".encode("utf-8", "surrogateescape") + b"\0", "record a message")

    def _command(self, kind: int, data: bytes, asked: str) -> int:
        """Send a request that is not about a rule; return the number in the kernel's answer."""
        try:
            return sum(struct.unpack("=i", value)[0] for value in self._ask(kind, data, None))
        except OSError as error:
            reason = os.strerror(error.errno or 0)
            if error.errno == errno.EPERM and self.status().enabled == IMMUTABLE:
                reason = "the audit system is immutable until the next boot (enabled 2)"
            elif error.errno == errno.EINVAL:
                reason = "the kernel does not support this setting, or this value"
            raise KernelError(f"the kernel refuses to {asked}: {reason}") from error

    def request_all(self, requests: Sequence[Tuple[int, bytes]]) -> Dict[int, int]:
        """Send requests, which have no other answer than whether they are done, in one message.

        Returns the errno of those that the kernel refuses, by their place. Raises OSError if the message was not sent,
        or its acknowledgement not received. The kernel takes the requests one after the other. It acknowledges the last
        one, as that asks for it; the others it answers only to refuse them.
        """
        first, last = self._sequence + 1, self._sequence + len(requests)
        self._sequence = last
        parts: List[bytes] = []
        for sequence, (kind, data) in enumerate(requests, first):
            flags = _REQUEST | (_ACK if sequence == last else 0)
            # A message starts at a multiple of four.
            parts += (_HEADER.pack(_HEADER.size + len(data), kind, flags, sequence, 0), data, b"\0" * (-len(data) % 4))
        refused: Dict[int, int] = {}
        with self._connected(None) as connection:
            connection.sendto(b"".join(parts), (0, 0))
            while True:
                try:
                    answers = list(messages(_receive(connection, self._received)))
                except OSError as error:
                    if error.errno == errno.ENOBUFS:
                        self._drain()
                    raise
                for kind, sequence, payload in answers:
                    if kind == _NLMSG_ERROR and first <= sequence <= last:
                        code = -struct.unpack_from("=i", payload)[0]
                        if code:
                            refused[sequence - first] = code
                        if sequence == last:
                            return refused

    def _drain(self) -> None:
        """Read what is left after answers were lost: until nothing is, the kernel drops all others, too."""
        while self._socket:
            try:
                self._socket.recv_into(self._received, 0, socket.MSG_DONTWAIT)
            except OSError:
                return

    def _ask(self, kind: int, data: bytes, answer: Optional[int], many: bool = False) -> Iterator[bytes]:
        """Send one request; yield the payloads of its answers until they are complete.

        Raises OSError with the kernel's errno if the kernel refuses a change, and KernelError for all other failures.
        """
        self._sequence += 1
        header = _HEADER.pack(_HEADER.size + len(data), kind, _REQUEST | _ACK, self._sequence, 0)
        acknowledged, finished = False, answer is None
        with self._connected(answer) as connection:
            connection.sendto(header + data, (0, 0))
            while not (acknowledged and finished):
                for kind_of_reply, sequence, payload in messages(_receive(connection, self._received)):
                    if sequence != self._sequence:
                        continue
                    if kind_of_reply == _NLMSG_ERROR:
                        code = struct.unpack_from("=i", payload)[0]
                        if code < 0:
                            raise OSError(-code, os.strerror(-code))
                        if code:
                            # A positive code is not an error, but the value of a counter before its reset.
                            yield payload[:4]
                        acknowledged = True
                    elif kind_of_reply == _NLMSG_DONE:
                        finished = True
                    elif kind_of_reply == answer:
                        finished = finished or not many
                        yield payload

    @contextlib.contextmanager
    def _connected(self, answer: Optional[int]) -> Iterator[socket.socket]:
        """The open socket, for a request that has an answer, or for a change, which has none. See _ask()."""
        if self._socket is None:
            raise KernelError("the connection to the audit system is closed")
        try:
            yield self._socket
        except socket.timeout:
            raise KernelError(f"the kernel did not answer an audit request within {_TIMEOUT:.0f} seconds") from None
        except OSError as error:
            if answer is None and error.errno not in (errno.ECONNREFUSED,):
                raise
            if error.errno == errno.ENOBUFS:
                raise AnswersLost("answers of the kernel were lost: there was no room for them") from error
            from .reasons import connection_error

            raise connection_error(error) from error


def _receive(connection: socket.socket, room: memoryview) -> bytes:
    """The next datagram. Most are there already: a socket with a timeout would ask poll(2) before each of them."""
    try:
        size = connection.recv_into(room, 0, socket.MSG_DONTWAIT)
    except BlockingIOError:
        connection.settimeout(_TIMEOUT)
        try:
            size = connection.recv_into(room)
        finally:
            connection.settimeout(None)
    return bytes(room[:size])


def feature_names(features: int) -> List[str]:
    """The names of AUDIT_FEATURE_BITMAP_*, in lower case; an unknown bit of a newer kernel is a number."""
    bits = [bit for bit in range(32) if features >> bit & 1]
    return [_FEATURES[bit] if bit < len(_FEATURES) else hex(1 << bit) for bit in bits]


def widen(connection: socket.socket) -> None:
    """Make room for tens of thousands of rules: the kernel waits a tenth of a second for a reader, then drops them.

    Without CAP_NET_ADMIN, net.core.rmem_max limits the room.
    """
    try:
        connection.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _LISTING_BYTES)
    except PermissionError:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _LISTING_BYTES)


def messages(data: bytes) -> Iterator[Tuple[int, int, bytes]]:
    """The netlink messages of one datagram: type, sequence number, payload."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, _flags, sequence, _port = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size:
            return
        yield kind, sequence, data[offset + _HEADER.size : offset + length]
        offset += (length + 3) & ~3
