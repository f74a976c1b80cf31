# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest without auditd: which syscalls on files each rule records. Rules are bytes in hexadecimal, on stdin.

Every call that some kernel matches with a permission is made below /root/seen, which the rules watch. Prints, for each
rule, the numbers of the recorded syscalls. Standard library and x86_64; calls are made by their numbers.
"""

import ctypes
import json
import os
import re
import shutil
import socket
import struct
import sys

from module_utils._kernel.netlink import Kernel
from module_utils._kernel.rule_changes import appended, change_rules, deleted
from module_utils.rules import wire

AUDIT, READLOG, SYSCALL, USER = 9, 1, 1300, 1005  # linux/netlink.h, linux/audit.h
PLACE, FILE, PROGRAM, LINK = b"/root/seen", b"/root/seen/file", b"/root/seen/program", b"/root/seen/link"
NEW, OTHER = b"/root/seen/new", b"/root/seen/other"
HERE = -100  # AT_FDCWD
NAME, TEXT = b"user.test", b"text"

CALL = ctypes.CDLL(None, use_errno=True).syscall
CALL.restype = ctypes.c_long


def make_calls():
    """Make every call once."""
    buffer = ctypes.create_string_buffer(256)
    # struct open_how, and struct xattr_args twice. A call that the kernel refuses is recorded as well.
    how = ctypes.create_string_buffer(struct.pack("=QQQ", os.O_RDWR, 0, 0))
    value = ctypes.create_string_buffer(TEXT)
    setting = ctypes.create_string_buffer(struct.pack("=QII", ctypes.addressof(value), len(TEXT), 0))
    getting = ctypes.create_string_buffer(struct.pack("=QII", ctypes.addressof(buffer), 256, 0))
    descriptor = os.open(FILE, os.O_RDWR)
    try:
        for call in (
            *((2, FILE, flags) for flags in (os.O_RDONLY, os.O_WRONLY)),
            *((257, HERE, FILE, flags, 0) for flags in (os.O_RDONLY, os.O_WRONLY)),
            (437, HERE, FILE, how, 24),
            (85, NEW, 0o600), (82, NEW, OTHER), (264, HERE, OTHER, HERE, NEW), (316, HERE, NEW, HERE, OTHER, 0),
            (86, OTHER, NEW), (87, NEW), (265, HERE, OTHER, HERE, NEW, 0), (263, HERE, NEW, 0),
            (88, FILE, NEW), (87, NEW), (266, FILE, HERE, NEW), (87, NEW), (87, OTHER),
            (133, NEW, 0o010600, 0), (87, NEW), (259, HERE, NEW, 0o010600, 0), (87, NEW),
            (83, NEW, 0o700), (84, NEW), (258, HERE, NEW, 0o700), (84, NEW),
            (76, FILE, 8), (77, descriptor, 8), (285, descriptor, 0, 0, 8),
            (89, LINK, buffer, 256), (267, HERE, LINK, buffer, 256),
            (90, FILE, 0o640), (91, descriptor, 0o600), (268, HERE, FILE, 0o640), (452, HERE, FILE, 0o600, 0),
            (92, FILE, 0, 0), (93, descriptor, 0, 0), (94, FILE, 0, 0), (260, HERE, FILE, 0, 0, 0),
            (188, FILE, NAME, TEXT, 4, 0), (191, FILE, NAME, buffer, 256), (194, FILE, buffer, 256), (197, FILE, NAME),
            (189, FILE, NAME, TEXT, 4, 0), (192, FILE, NAME, buffer, 256), (195, FILE, buffer, 256), (198, FILE, NAME),
            (190, descriptor, NAME, TEXT, 4, 0), (193, descriptor, NAME, buffer, 256), (196, descriptor, buffer, 256),
            (199, descriptor, NAME),
            (463, HERE, FILE, 0, NAME, setting, 16), (464, HERE, FILE, 0, NAME, getting, 16),
            (465, HERE, FILE, 0, buffer, 256), (466, HERE, FILE, 0, NAME),
            (468, HERE, FILE, buffer, 24, 0), (469, HERE, FILE, buffer, 24, 0),
            (4, FILE, buffer), (332, HERE, FILE, 0, 0x7FF, buffer),
        ):  # fmt: skip
            CALL(*call)
    finally:
        os.close(descriptor)
    for call in ((59, PROGRAM, 0, 0), (322, HERE, PROGRAM, 0, 0, 0)):
        child = os.fork()
        if child == 0:
            CALL(*call)
            os._exit(1)
        assert os.waitpid(child, 0)[1] == 0


def recorded(kernel, data):
    """The numbers of the syscalls that are recorded while the kernel holds a rule."""
    rule = wire.decode(data)
    change_rules(kernel, [appended(rule)])
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, AUDIT) as log:
            log.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
            log.bind((0, READLOG))
            log.settimeout(30)
            make_calls()
            kernel.message("the end")
            numbers = set()
            while True:
                message = log.recv(65536)
                (kind,) = struct.unpack_from("=H", message, 4)
                if kind == USER and b"the end" in message:
                    return sorted(numbers)
                found = re.search(rb"syscall=(\d+) ", message) if kind == SYSCALL and b'key="seen"' in message else None
                if found:
                    numbers.add(int(found.group(1)))
    finally:
        change_rules(kernel, [deleted([held for held in kernel.rules() if held.data == data][0])])  # noqa: RUF015


if __name__ == "__main__":
    os.makedirs(PLACE, exist_ok=True)
    with open(FILE, "wb") as file:
        file.write(TEXT)
    shutil.copy("/bin/true", PROGRAM)
    if not os.path.lexists(LINK):
        os.symlink(FILE, LINK)
    with Kernel() as kernel:
        print(json.dumps([recorded(kernel, bytes.fromhex(text)) for text in json.load(sys.stdin)]))
