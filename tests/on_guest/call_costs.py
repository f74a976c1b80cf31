# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest without auditd: how long system calls take while the kernel holds a set of rules.

Reads {"directories": [...], "files": [...], "sets": {name: [rules as bytes in hexadecimal]}} from the file that its
argument names, and prints nanoseconds per call, by set and call: the least of many rounds, so that what else the
machine does does not count. Standard library and x86_64.
"""

import ctypes
import json
import mmap
import os
import shutil
import struct
import sys
import tempfile
import time

from module_utils._kernel.netlink import Kernel
from module_utils._kernel.rule_changes import appended, change_rules, deleted
from module_utils.rules import wire

ROUNDS, CALLS = 150, 400
DIRECTORY = tempfile.mkdtemp(prefix="call-costs-")
MISSING, FILE = (os.path.join(DIRECTORY, name).encode() for name in ("missing", "file"))
PATH = ctypes.create_string_buffer(FILE)
NOWHERE = ctypes.create_string_buffer(MISSING)
BUFFER = ctypes.create_string_buffer(4096)
CLOSE = "close"


def place(buffer):
    """Where a buffer is in memory."""
    return ctypes.addressof(buffer)


def calls(descriptor):
    """What is measured: numbers of calls and their arguments; CLOSE closes what the call before it has opened."""
    return {
        "getppid": [(110,)],
        "read": [(0, descriptor, place(BUFFER), 1)],
        "open + close": [(2, place(PATH), 0), CLOSE],
        "open of a missing file": [(2, place(NOWHERE), 0)],
        "stat": [(4, place(PATH), place(BUFFER))],
        "fstat": [(5, descriptor, place(BUFFER))],
    }


def machine_code(sequence):
    """A loop of calls as a function of their count: Python itself takes longer for a call than the kernel."""
    loop = b""
    for call in sequence:
        if call == CLOSE:
            loop += b"\x89\xc7" + b"\xb8" + struct.pack("<I", 3)  # mov edi, eax; mov eax, 3
        else:
            # rdi, rsi, rdx
            for register, value in zip((b"\x48\xbf", b"\x48\xbe", b"\x48\xba"), call[1:]):  # noqa: B905, bullseye has no strict
                loop += register + struct.pack("<Q", value & 0xFFFFFFFFFFFFFFFF)
            loop += b"\xb8" + struct.pack("<I", call[0])  # mov eax
        loop += b"\x0f\x05"  # syscall
    loop += b"\x48\xff\xcb"  # dec rbx
    loop += b"\x0f\x85" + struct.pack("<i", -(len(loop) + 6))  # jnz, to the start of the loop
    return b"\x53\x48\x89\xfb" + loop + b"\x5b\xc3"  # push rbx; mov rbx, rdi; ...; pop rbx; ret


def measure():
    """Nanoseconds for each call, the least of several rounds."""
    descriptor = os.open(FILE, os.O_RDONLY)
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    held = (ctypes.c_char * 4096).from_buffer(code)
    function = ctypes.CFUNCTYPE(None, ctypes.c_long)(ctypes.addressof(held))
    found = {}
    for name, sequence in calls(descriptor).items():
        text = machine_code(sequence)
        held[: len(text)] = text
        rounds = []
        for _round in range(ROUNDS):
            began = time.perf_counter_ns()
            function(CALLS)
            rounds.append((time.perf_counter_ns() - began) / CALLS)
            os.lseek(descriptor, 0, os.SEEK_SET)
        found[name] = round(min(rounds), 1)
    return found


def measured_by_a_new_process():
    """A process gets an audit context when it starts, if the audit system is enabled by then."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, json.dumps(measure()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.wait()
    return json.loads(text)


def delete_all(kernel):
    """Delete the rules that were loaded here: there were none before."""
    change_rules(kernel, list(map(deleted, kernel.rules())))


def main(path):
    with open(path, encoding="utf-8") as file:
        job = json.load(file)
    for directory in job["directories"]:
        os.makedirs(directory, exist_ok=True)
    for name in job["files"]:
        os.makedirs(os.path.dirname(name), exist_ok=True)
        if not os.path.lexists(name):
            os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    with open(FILE, "wb") as file:
        file.write(b"x" * CALLS * 2)
    found = {}
    with Kernel() as kernel:
        if kernel.rules():
            sys.exit("The kernel holds rules, which would be measured as well; delete them first.")
        enabled = kernel.status().enabled
        kernel.set("enabled", 1)
        try:
            for name, rules in job["sets"].items():
                decoded = [wire.decode(bytes.fromhex(data)) for data in filter(None, rules)]
                change_rules(kernel, list(map(appended, decoded)))
                found[name] = measured_by_a_new_process()
                delete_all(kernel)
        finally:
            delete_all(kernel)
            kernel.set("enabled", enabled)
    print(json.dumps({"kernel": os.uname().release, "costs": found}))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    finally:
        shutil.rmtree(DIRECTORY)
