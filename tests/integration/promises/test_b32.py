# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rule for 32-bit system calls seen to match, in the kernel of this machine: guests have no 32-bit entry.

One rule for one process and a call that does nothing is added for a second, and audit is on meanwhile.
"""

import contextlib
import fcntl
import platform
import re
import signal
import socket
import struct
import subprocess
import sys
import time

import pytest

from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import (
    AuditUnavailable,
    Kernel,
    PermissionDenied,
)
from ansible_collections.linux.audit.plugins.module_utils._kernel.rule_changes import appended, change_rules, deleted
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver
from lab.cache import cache_directory

NETLINK_AUDIT, READLOG, SYSCALL = 9, 1, 1300  # linux/netlink.h, linux/audit.h
I386, GETPRIORITY = "40000003", "96"  # AUDIT_ARCH_I386, asm/unistd_32.h
NOTHING = 0x7E57  # no such kind of priority: EINVAL

# Waits for a line, asks for the priority as a 64-bit and as a 32-bit program does, says what both answered.
CHILD = f"""
import ctypes, mmap
input()
libc = ctypes.CDLL(None)
wide = libc.getpriority({NOTHING}, 0)
code = bytes.fromhex("53 b8 60000000 bb") + ({NOTHING}).to_bytes(4, "little") + bytes.fromhex("31c9 cd80 5b c3")
#                push rbx; mov eax, 96; mov ebx, NOTHING;        xor ecx, ecx; int 0x80; pop rbx; ret
page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
page.write(code)
narrow = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
print(wide, narrow, flush=True)
"""


@pytest.fixture
def kernel():
    """The audit system of this machine, on; as it was afterwards."""
    if platform.machine() != "x86_64":
        pytest.skip(f"{platform.machine()} has no 32-bit system calls of x86")
    try:
        kernel = Kernel()
        status = kernel.status()
    except (AuditUnavailable, PermissionDenied) as error:
        pytest.skip(f"this machine's audit system cannot be asked: {error}")
    if status.enabled == 2:
        pytest.skip("this machine's audit system is immutable")
    with kernel, (cache_directory() / "machine.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = kernel.status().enabled
        kernel.set("enabled", 1)
        try:
            yield kernel
        finally:
            kernel.set("enabled", before)


@contextlib.contextmanager
def held(kernel, text):
    """Have the kernel hold a rule."""
    rule = parse_line(text, Resolver()).rule
    change_rules(kernel, [appended(rule)])
    try:
        yield
    finally:
        change_rules(kernel, [deleted([found for found in kernel.rules() if found.rule == rule][0])])  # noqa: RUF015


def test_a_b32_rule_records_a_32_bit_call_and_not_the_64_bit_one(kernel):
    command = [sys.executable, "-c", CHILD]
    with (
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_AUDIT) as listener,
        subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child,
    ):
        listener.bind((0, READLOG))
        key = f"linux-audit-b32-{child.pid}"
        fields = f"-F pid={child.pid} -F a0={NOTHING} -F key={key}"
        with held(kernel, f"-a always,exit -F arch=b32 -S getpriority {fields}"):
            answers, _errors = child.communicate("\n")
            if child.returncode == -signal.SIGSEGV:
                pytest.skip("this machine's kernel has no 32-bit entry")
            records = list(syscall_records(listener, key))
    assert answers == "-1 -22\n"
    assert [(record["arch"], record["syscall"], record["pid"]) for record in records] == [
        (I386, GETPRIORITY, str(child.pid))
    ]
    assert key not in str(kernel.rules())


def syscall_records(listener, key):
    """Yield the records of a key, as dicts, until none of any kind has come for two seconds, or for twenty at most."""
    listener.settimeout(2)
    deadline = time.monotonic() + 20
    with contextlib.suppress(TimeoutError):
        while time.monotonic() < deadline:
            message = listener.recv(1 << 16)
            text = message[16:].decode(errors="replace")
            if struct.unpack_from("=IH", message)[1] == SYSCALL and key in text:
                yield dict(re.findall(r"(\w+)=(\S+)", text))
