# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest without auditd: makes a system call of every number, with two rules in the kernel.

Pairs of rules are bytes in hexadecimal, on stdin. Prints for each pair the numbers that the first rule records, and
those that only the second records. Standard library and x86_64; calls are made by a user without rights, each by a
process of its own, which ends after a moment.
"""

import ctypes
import json
import os
import re
import signal
import socket
import struct
import sys

from module_utils._kernel.netlink import Kernel
from module_utils._kernel.rule_changes import appended, change_rules, deleted
from module_utils.rules import wire

AUDIT, READLOG, SYSCALL, USER = 9, 1, 1300, 1005  # linux/netlink.h, linux/audit.h
NUMBERS = range(601)
NOBODY = 4242
HERE = -100  # AT_FDCWD
# Fork without a new stack, calls that stop the process for good, and what ends it before the next call.
LAST = {15, 56, 57, 58, 60, 231, 435}

CALL = ctypes.CDLL(None, use_errno=True).syscall
CALL.restype = ctypes.c_long
PATH = ctypes.create_string_buffer(b"/root/nothing")
HOW = ctypes.create_string_buffer(struct.pack("=QQQ", os.O_RDWR, 0, 0))
# To read, to write, and what no call takes: flags are the second argument of open, the third of openat.
ARGUMENTS = (
    (ctypes.addressof(PATH), 0, 0, 0),
    (HERE, ctypes.addressof(PATH), 1, 0),
    (ctypes.addressof(PATH), 1, 0, 0),
    (HERE, ctypes.addressof(PATH), ctypes.addressof(HOW), 24),
    (-1, -1, -1, -1),
)


def make_calls(number):
    """Make the call with all arguments, in a process of its own."""
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            for arguments in ARGUMENTS[-1:] if number in LAST else ARGUMENTS:
                signal.setitimer(signal.ITIMER_REAL, 0.3)
                CALL(number, *map(ctypes.c_long, arguments))
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def recorded(kernel, pair):
    """The numbers that each of two rules records while the kernel holds both, the first of them first."""
    change_rules(kernel, [appended(wire.decode(data)) for data in pair])
    found = {"narrow": set(), "wide": set()}
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, AUDIT) as log:
            log.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)  # SO_RCVBUFFORCE
            log.bind((0, READLOG))
            log.settimeout(60)
            for number in NUMBERS:
                make_calls(number)
            kernel.message("the end")
            while True:
                message = log.recv(65536)
                (kind,) = struct.unpack_from("=H", message, 4)
                if kind == USER and b"the end" in message:
                    return [sorted(found["narrow"]), sorted(found["wide"])]
                match = re.search(rb'syscall=(\d+) .* key="(narrow|wide)"', message) if kind == SYSCALL else None
                if match:
                    found[match.group(2).decode()].add(int(match.group(1)))
    finally:
        change_rules(kernel, list(map(deleted, kernel.rules())))


if __name__ == "__main__":
    with Kernel() as kernel:
        pairs = [[bytes.fromhex(text) for text in pair] for pair in json.load(sys.stdin)]
        print(json.dumps([recorded(kernel, pair) for pair in pairs]))
