# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit system in memory, at the other end of the netlink socket, for faults that a real kernel hardly ever has.

It keeps rules as the bytes that were sent, and treats them like kernel/audit.c and kernel/auditfilter.c. So the tests
cover all of the code that talks to a kernel.
"""

from __future__ import annotations

import collections
import enum
import errno
import os
import socket
import struct
import types

from ansible_collections.linux.audit.plugins.module_utils._kernel import lock
from ansible_collections.linux.audit.plugins.module_utils._kernel import netlink as kernel_module
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import KernelRule
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from strategies import HOST

__all__ = ("NO_ROOM", "Fault", "KernelDouble", "connected", "rendered", "requested", "rules_of", "statements")

_HEADER = struct.Struct("=IHHII")
# linux/audit.h and linux/netlink.h
_GET, _SET, _USER, _ADD_RULE, _DEL_RULE, _LIST_RULES, _SET_FEATURE, _GET_FEATURE = (
    1000, 1001, 1005, 1011, 1012, 1013, 1018, 1019,
)  # fmt: skip
_ERROR, _DONE, _ACK = 2, 3, 4
_PREPEND = 0x10
_LOCKED = 2
_LOGINUID_IMMUTABLE = 1 << 1
# The values of struct audit_status that a request can set, by their bits, in the order of audit_receive_msg().
_SETTABLE = {
    0x0001: "enabled", 0x0002: "failure", 0x0008: "rate_limit", 0x0010: "backlog_limit", 0x0020: "backlog_wait_time",
}  # fmt: skip
_MOST = {"enabled": 2, "failure": 2, "backlog_wait_time": 150000}
_STATUS = (
    "enabled", "failure", "pid", "rate_limit", "backlog_limit", "lost", "backlog", "features", "backlog_wait_time",
    "backlog_wait_time_actual",
)  # fmt: skip
# Fields whose value is the length of a string in the buffer: labels, then paths, then the key.
_STRINGS = {*range(13, 18), *range(19, 24), 105, 107, 112, 210}
_PATH, _TREE, _EXECUTABLE = 105, 107, 112


class Fault(enum.Enum):
    """How a request can fail, other than by a refusal."""

    NOT_DONE = "acknowledged, and not done"
    NOT_HEARD = "neither done nor answered"
    ANSWER_LOST = "done, and not answered"


#: No failure of a request: it is done or refused, and the socket says that it had no room for an answer (ENOBUFS).
NO_ROOM = "no room for the answer"


def statements(*lines):
    """Lines of auditctl, as the library parses them."""
    return tuple(parse_line(line, HOST) for line in lines)


def rules_of(lines):
    """The rules of lines."""
    return [statement.rule for statement in statements(*lines)]


def rendered(*lines):
    """Lines as auditctl -l would list them."""
    return [render(rule, HOST.machine) for rule in rules_of(lines)]


class KernelDouble:
    """What the kernel holds, and which requests it got.

    ``held``: the bytes of the rules of all lists, in one sequence. ``log``: the requests that change something, as
    tuples. ``messages``: how many of these came with each message. ``faults``: by the number of a request, from 0, how
    it fails: an errno, a Fault or NO_ROOM. ``before``: by the same number, a function to call first. ``unreachable``:
    the errno of a system that cannot be reached. ``connections``: how many are open.
    """

    def __init__(self, *lines):
        self.held = []
        self.enabled, self.failure, self.pid, self.rate_limit, self.backlog_limit = 1, 1, 0, 0, 64
        self.lost, self.backlog, self.features = 0, 0, 0x7F
        self.backlog_wait_time, self.backlog_wait_time_actual = 15000, 0
        self.loginuid_immutable = self.loginuid_locked = False
        self.log, self.messages, self.faults, self.before = [], [], {}, {}
        self.requests = 0
        self.unreachable = None
        self.on_message = lambda text: None
        self.connections = 0
        self.load(*lines)

    def load(self, *lines):
        """Hold these rules as well."""
        self.hold(rules_of(lines))

    def hold(self, rules):
        """Hold these rules as well."""
        self.held += [wire.encode(rule) for rule in rules]

    def forget(self):
        """Number requests from 0 again, and forget what was asked."""
        self.requests = 0
        self.log.clear()
        self.messages.clear()

    def fail(self, number, fault):
        """Let one of the next requests fail: 0 is the next."""
        self.faults = {self.requests + number: fault}

    def rules(self):
        """What AUDIT_LIST_RULES lists: list by list, in the order in which the kernel evaluates the rules."""
        ordered = sorted(self.held, key=_list_of)
        return [KernelRule(wire.decode(data), data) for data in ordered]

    @property
    def lines(self):
        """The same, as lines of auditctl."""
        return [render(entry.rule, HOST.machine) for entry in self.rules()]

    @property
    def canonical(self):
        """The same, as values that are equal if the rules mean the same."""
        return [canonical(entry.rule) for entry in self.rules()]

    @property
    def settings(self):
        """All settings, by name."""
        return {name: getattr(self, name) for name in [*_SETTABLE.values(), "loginuid_immutable"]}

    @property
    def operations(self):
        """The kinds of the requests of the log."""
        return [entry[0] for entry in self.log]

    # What follows is the kernel's side.

    def answer(self, kind, data):
        """The replies to a request (kind and data), and the code of the acknowledgement; None for no answer."""
        if kind == _GET:
            values = [getattr(self, name) for name in _STATUS]
            return [(_GET, struct.pack("=11I", 0, *values))], 0
        if kind == _GET_FEATURE:
            words = (1, 0xFFFFFFFF, self.loginuid_immutable * _LOGINUID_IMMUTABLE,
                     self.loginuid_locked * _LOGINUID_IMMUTABLE)  # fmt: skip
            return [(_GET_FEATURE, struct.pack("=4I", *words))], 0
        if kind == _LIST_RULES:
            return [(_LIST_RULES, entry.data) for entry in self.rules()] + [(_DONE, b"")], 0
        number, self.requests = self.requests, self.requests + 1
        self.before.get(number, lambda: None)()
        fault = self.faults.get(number)
        self.log.append(_described(kind, data))
        if isinstance(fault, int):
            return [], -fault
        code = self._change(kind, data) if fault in (None, Fault.ANSWER_LOST, NO_ROOM) else 0
        return None if fault in (Fault.NOT_HEARD, Fault.ANSWER_LOST) else ([], code)

    def _change(self, kind, data):
        change = {
            _ADD_RULE: self._add_rule, _DEL_RULE: self._delete_rule, _SET: self._set, _SET_FEATURE: self._set_feature,
            _USER: self._message,
        }[kind]  # fmt: skip
        return change(data)

    def _add_rule(self, data):
        """audit_add_rule(): flags are compared too, so a prepended rule may be held already, but no appended rule."""
        if self.enabled == _LOCKED:
            return -errno.EPERM
        (flags,) = struct.unpack_from("=I", data)
        if data in self.held:
            return -errno.EEXIST
        if not _directory_is_there(data):
            return -errno.ENOENT
        if flags & _PREPEND:
            self.held.insert(0, struct.pack("=I", flags & ~_PREPEND) + data[4:])
        else:
            self.held.append(data)
        return 0

    def _delete_rule(self, data):
        """audit_del_rule(): delete the first identical rule."""
        if self.enabled == _LOCKED:
            return -errno.EPERM
        if data not in self.held:
            return -errno.ENOENT
        self.held.remove(data)
        return 0

    def _set(self, data):
        """AUDIT_SET; the counter of lost records is reset even if the system is locked."""
        mask, *values = struct.unpack("=11I", data)
        wanted = dict(zip(_STATUS, values, strict=True))
        for bit, name in _SETTABLE.items():
            if mask & bit:
                if wanted[name] > _MOST.get(name, wanted[name]):
                    return -errno.EINVAL
                if self.enabled == _LOCKED:
                    return -errno.EPERM
                setattr(self, name, wanted[name])
        lost = self.lost if mask & 0x0040 else 0
        self.lost -= lost
        return lost

    def _set_feature(self, data):
        """audit_set_feature(): the lock is of the feature, not of the system."""
        _version, mask, features, lock = struct.unpack("=4I", data)
        if mask & _LOGINUID_IMMUTABLE:
            wanted = bool(features & _LOGINUID_IMMUTABLE)
            if self.loginuid_locked and wanted != self.loginuid_immutable:
                return -errno.EPERM
            self.loginuid_immutable = wanted
            self.loginuid_locked |= bool(lock & _LOGINUID_IMMUTABLE)
        return 0

    def _message(self, data):
        self.on_message(data.rstrip(b"\0").decode())
        return 0


def _list_of(data):
    return struct.unpack_from("=I", data)[0] & ~_PREPEND


def requested(kind, data):
    """What a request asks for a rule ("append", "prepend" or "delete"), and the rule."""
    (flags,) = struct.unpack_from("=I", data)
    operation = "delete" if kind == _DEL_RULE else "prepend" if flags & _PREPEND else "append"
    return operation, wire.decode(struct.pack("=I", flags & ~_PREPEND) + data[4:])


def _described(kind, data):
    """A request as a tuple, for the log."""
    if kind in (_ADD_RULE, _DEL_RULE):
        operation, rule = requested(kind, data)
        return operation, render(rule, HOST.machine)
    if kind == _SET:
        mask, *values = struct.unpack("=11I", data)
        named = [(name, values[_STATUS.index(name)]) for bit, name in _SETTABLE.items() if mask & bit]
        return "set", *(named[0] if named else ("lost", 0))
    if kind == _SET_FEATURE:
        return "set", "loginuid_immutable", True
    return "message", data.rstrip(b"\0").decode()


def _directory_is_there(data):
    """Whether the kernel finds the directory of the path of a rule (audit_get_nd(), kern_path())."""
    (count,) = struct.unpack_from("=I", data, 8)
    kinds = struct.unpack_from("=64I", data, 12 + 256)[:count]
    values = struct.unpack_from("=64I", data, 12 + 512)[:count]
    offset = 12 + 4 * 256 + 4
    for kind, value in zip(kinds, values, strict=True):
        if kind in _STRINGS:
            text, offset = data[offset : offset + value], offset + value
            needed = {_TREE: text, _PATH: os.path.dirname(text), _EXECUTABLE: os.path.dirname(text)}.get(kind)
            if needed is not None and not os.path.isdir(needed):
                return False
    return True


class _Connection:
    """A netlink socket whose other end is a KernelDouble."""

    def __init__(self, kernel):
        self._kernel = kernel
        self._datagrams = collections.deque()
        kernel.connections += 1

    def setsockopt(self, *values):
        """Ignored: the room for answers is not limited."""

    def settimeout(self, seconds):
        """Ignored: an answer that is not there at once never comes."""

    def bind(self, address):
        """The kernel chooses the address."""
        assert address == (0, 0)

    def close(self):
        """Called once for each connection."""
        self._kernel.connections -= 1

    def sendto(self, request, address):
        """Take a message, which may have several requests, and prepare the answers."""
        if self._kernel.unreachable:
            raise OSError(self._kernel.unreachable, os.strerror(self._kernel.unreachable))
        assert address == (0, 0)
        before = self._kernel.requests
        self._take(request)
        if self._kernel.requests > before:
            self._kernel.messages.append(self._kernel.requests - before)
        if any(self._kernel.faults.get(number) == NO_ROOM for number in range(before, self._kernel.requests)):
            self._datagrams = collections.deque([None])

    def _take(self, request):
        while request:
            length, kind, flags, sequence, _port = _HEADER.unpack_from(request)
            answer = self._kernel.answer(kind, request[_HEADER.size : length])
            if answer is None:
                # Nothing else of the message is done or answered.
                return
            replies, code = answer
            acknowledgement = struct.pack("=i", code) + request[: _HEADER.size]
            # A thread of the kernel sends the replies, usually after the acknowledgement.
            for reply, payload in [(_ERROR, acknowledgement)] * bool(code or flags & _ACK) + replies:
                text = _HEADER.pack(_HEADER.size + len(payload), reply, 0, sequence, 0) + payload
                self._datagrams.append(text + b"\0" * (-len(text) % 4))
            request = request[(length + 3) & ~3 :]

    def recv_into(self, room, size=0, flags=0):
        """The next datagram."""
        if not self._datagrams:
            raise TimeoutError
        datagram = self._datagrams.popleft()
        if datagram is None:
            raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))
        room[: len(datagram)] = datagram
        return len(datagram)


def connected(monkeypatch, kernel_of, directory):
    """Connect every Kernel to the double that ``kernel_of`` returns, and have a lock for this directory alone."""

    def connection(family, *kind):
        assert family == socket.AF_NETLINK
        return _Connection(kernel_of())

    monkeypatch.setattr(kernel_module, "socket", types.SimpleNamespace(**{**vars(socket), "socket": connection}))
    file = directory.parents[1] / f"{directory.parent.name}-{directory.name}.lock"
    monkeypatch.setattr(lock, "_LOCK_FILES", (str(file),))
