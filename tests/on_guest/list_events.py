# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: loads rules as bytes, makes one event for each filter list, and prints which of them were recorded.

Reads a JSON list of cases from its standard input. A case is a list of rules in hexadecimal, as struct audit_rule_data.
The answer for each is {"refused": [errno or 0 of each rule], "recorded": {label: key}}. auditd must not run.
"""

import ctypes
import json
import mmap
import os
import re
import socket
import struct
import sys

NETLINK_AUDIT, READLOG, REQUEST_ACK = 9, 1, 5  # linux/netlink.h, linux/audit.h
SET, ADD_RULE, DEL_RULE, LIST_RULES, ERROR, DONE = 1001, 1011, 1012, 1013, 2, 3
USER_START, USER_LOGIN, USER_END, SYSCALL, PATH, URINGOP = 1105, 1112, 1106, 1300, 1302, 1336
GETPRIORITY, URING_SETUP, URING_ENTER = 140, 425, 426  # of x86_64
NOTHING = 0x7E57  # no such kind of priority: EINVAL
FILES = {"tmpfs": "/dev/shm/list-events", "root": "/root/list-events"}
MKDIRAT, SQES, GETEVENTS = 37, 0x10000000, 1  # linux/io_uring.h

libc = ctypes.CDLL(None, use_errno=True)


class Audit:
    """A netlink socket to the audit system."""

    def __init__(self, groups=0):
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.socket.settimeout(20)
        self.socket.bind((0, groups))

    def ask(self, kind, data=b""):
        """Send a request; its errno, and the payloads of the answers."""
        self.socket.send(struct.pack("=IHHII", 16 + len(data), kind, REQUEST_ACK, 1, 0) + data)
        code, answers, waiting = 0, [], {ERROR, DONE} if kind == LIST_RULES else {ERROR}
        while waiting:
            message = self.socket.recv(1 << 16)
            (answer,) = struct.unpack_from("=H", message, 4)
            if answer == ERROR:
                code = -struct.unpack_from("=i", message, 16)[0]
            elif answer == LIST_RULES:
                answers.append(message[16:])
            waiting.discard(answer)
        return code, answers

    def clear(self):
        """Delete every rule."""
        for data in self.ask(LIST_RULES)[1]:
            # A message is padded, and the kernel refuses more bytes than a rule has.
            (length,) = struct.unpack_from("=I", data, 1036)
            code, _answers = self.ask(DEL_RULE, data[: 1040 + length])
            assert not code, os.strerror(code)


def uring_mkdir(path):
    """Have io_uring make a directory that exists, which fails and is audited."""
    parameters = ctypes.create_string_buffer(120)
    ring = libc.syscall(URING_SETUP, 2, parameters)
    if ring < 0:
        raise OSError(ctypes.get_errno(), "io_uring_setup")
    entries, _completions = struct.unpack_from("=II", parameters.raw)
    tail, mask, array = (struct.unpack_from("=I", parameters.raw, 40 + place)[0] for place in (4, 8, 24))
    queue = mmap.mmap(ring, array + entries * 4, mmap.MAP_SHARED | mmap.MAP_POPULATE, offset=0)
    requests = mmap.mmap(ring, entries * 64, mmap.MAP_SHARED | mmap.MAP_POPULATE, offset=SQES)
    text = ctypes.create_string_buffer(path.encode())
    requests[:64] = struct.pack("=BBHiQQIIQ24x", MKDIRAT, 0, 0, -100, 0, ctypes.addressof(text), 0o700, 0, 1)
    struct.pack_into("=I", queue, array, 0)
    assert struct.unpack_from("=I", queue, mask)[0] == entries - 1
    struct.pack_into("=I", queue, tail, 1)
    libc.syscall(URING_ENTER, ring, 1, 1, GETEVENTS, None, 0)
    os.close(ring)


def act():
    """In a process of its own, because the list task is asked at its start: one event for each list."""
    child = os.fork()
    if not child:
        libc.syscall(GETPRIORITY, NOTHING, 7)
        for path in FILES.values():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        audit = Audit()
        for kind in (USER_START, USER_LOGIN):
            audit.ask(kind, b"list-events\0")
        uring_mkdir("/root")
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert status == 0


def label(kind, text):
    """The name of the event that a record is of, None for one that nobody asked about."""
    if kind == SYSCALL and f" a0={NOTHING:x} a1=7 " in text:
        return "call"
    if kind in (USER_START, USER_LOGIN) and "list-events" in text:
        return f"user {kind}"
    if kind == URINGOP and f"uring_op={MKDIRAT}" in text:
        return "uring"
    if kind == PATH:
        return next(
            (name for name, path in FILES.items() if f'name="{path}"' in text and "nametype=NORMAL" in text), None
        )
    return None


def observe(audit, listener, rules):
    """The outcome of one case."""
    audit.clear()
    refused = [audit.ask(ADD_RULE, bytes.fromhex(rule))[0] for rule in rules]
    act()
    audit.clear()
    audit.ask(USER_END, b"list-events ends\0")
    recorded = {}
    while True:
        message = listener.socket.recv(1 << 16)
        (kind,), text = struct.unpack_from("=H", message, 4), message[16:].decode(errors="replace")
        if kind == USER_END and "list-events ends" in text:
            return {"refused": refused, "recorded": recorded}
        name = label(kind, text)
        if name:
            found = re.search(r' key="([^"]*)"', text)
            recorded[name] = found[1] if found else ""


def main():
    audit, listener = Audit(), Audit(READLOG)
    assert audit.ask(SET, struct.pack("=11I", 1, 1, *[0] * 9))[0] == 0
    for path in FILES.values():
        open(path, "w").close()
    print(json.dumps([observe(audit, listener, rules) for rules in json.load(sys.stdin)]))


if __name__ == "__main__":
    main()
