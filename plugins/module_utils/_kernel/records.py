# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel records, as it records it: the multicast group of NETLINK_AUDIT, beside the audit daemon.

Since Linux 3.16, every record goes to the group AUDIT_NLGRP_READLOG as well, in the order in which the daemon gets it.
"""

import errno
import re
import socket
from typing import List, NamedTuple, Optional

from .netlink import NETLINK_AUDIT, KernelError, PermissionDenied, messages, widen
from .reasons import connection_error

__all__ = ("KernelRecord", "Records", "RecordsMissed")

_READLOG = 1
_IDENTITY = re.compile(rb"audit\((\d+\.\d+):(\d+)\): ?")
_BYTES = 1 << 16


class RecordsMissed(KernelError):
    """The kernel had no room for a record, because too many were not read yet."""


class KernelRecord(NamedTuple):
    """One record: its type, its identity as the log has it (``audit(TIME:SERIAL):``), its serial number, its text."""

    type: int
    identity: bytes
    serial: int
    text: bytes


class Records:
    """A reader of the multicast group. Raises AuditUnavailable or PermissionDenied."""

    def __init__(self) -> None:
        self._socket: Optional[socket.socket] = None
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_AUDIT)
            widen(self._socket)
            self._socket.bind((0, _READLOG))
        except OSError as error:
            self.close()
            if error.errno in (errno.EPERM, errno.EACCES):
                raise PermissionDenied(
                    "reading what the kernel records needs the capability CAP_AUDIT_READ in the initial namespaces, "
                    "and Linux 3.16 or newer"
                ) from error
            raise connection_error(error) from error

    def __enter__(self) -> "Records":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the group."""
        if self._socket:
            self._socket.close()
            self._socket = None

    def read(self, seconds: float) -> List[KernelRecord]:
        """The next records; none if none comes within that time. Raises RecordsMissed."""
        if self._socket is None:
            raise KernelError("the connection to the audit system is closed")
        self._socket.settimeout(max(seconds, 0.001))
        try:
            data = self._socket.recv(_BYTES)
        except socket.timeout:
            return []
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                raise RecordsMissed("records came faster than they could be read") from error
            raise connection_error(error) from error
        return [record for record in (_record(kind, payload) for kind, _sequence, payload in messages(data)) if record]


def _record(kind: int, payload: bytes) -> Optional[KernelRecord]:
    match = _IDENTITY.match(payload)
    if match is None:
        return None
    text = payload[match.end() :].rstrip(b"\0\n")
    return KernelRecord(kind, match.group(0).rstrip(), int(match.group(2)), text)
