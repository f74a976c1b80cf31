# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: `foreign_auditctl.py MACHINE DIRECTORY FILE` lets auditctl of another machine read a rules file.

DIRECTORY has that machine's auditctl and libraries, and qemu-MACHINE-static runs it, without a kernel of that machine.
A client of qemu's gdbstub stands in for the kernel: it stops the process wherever libaudit is called to talk with it,
reads the rule from the memory of the process, and returns what a kernel with all features would say. Prints JSON: the
rules as hexadecimal bytes in order, the exit status, and what auditctl wrote to stderr.
"""

import json
import os
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time

# What gdb calls the program counter, the return address, the result of a function and its second, third and fourth
# argument; and the size of each.
REGISTERS = {
    "aarch64": (32, 30, 0, (1, 2, 3), 8),
    "arm": (15, 14, 0, (1, 2, 3), 4),
    "ppc64le": (64, 67, 3, (4, 5, 6), 8),
    "riscv64": (32, 1, 10, (11, 12, 13), 8),
    "s390x": (1, 16, 4, (5, 6, 7), 8),
}
# Functions of libaudit that never run, and what they return instead.
RESULTS = {
    "audit_add_rule_data": 1,
    "audit_delete_rule_data": 1,
    "audit_get_features": 0x7F,  # all of AUDIT_FEATURE_BITMAP_*
    "audit_is_enabled": 1,
}
PSTATE = 33
QEMU = "/root/machines/qemu"
AT_PHDR, AT_ENTRY = 3, 9
HEAD = 1040  # bytes of struct audit_rule_data before its strings


class Debugger:
    """The gdb remote protocol, as far as it is needed here."""

    def __init__(self, path, machine):
        self.machine = machine
        self.order = "big" if machine == "s390x" else "little"
        self.counter, self.link, self.result, self.arguments, self.size = REGISTERS[machine]
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(0.01)
        self.stream = self.socket.makefile("rb")
        self.ask("qXfer:features:read:target.xml:0,800")  # or qemu does not answer when asked for one register

    def ask(self, packet):
        """The answer to a packet, as bytes."""
        self.send(packet)
        return self.answer()

    def send(self, packet):
        """Send a packet whose answer comes later."""
        data = packet.encode()
        self.socket.sendall(b"$%s#%02x" % (data, sum(data) % 256))

    def answer(self):
        """The next answer, with its escapes and repetitions resolved."""
        while self.stream.read(1) != b"$":
            pass
        data = bytearray()
        while True:
            byte = self.stream.read(1)
            if byte == b"#":
                break
            if byte == b"}":
                data.append(self.stream.read(1)[0] ^ 0x20)
            elif byte == b"*":
                data += data[-1:] * (self.stream.read(1)[0] - 29)
            else:
                data += byte
        self.stream.read(2)
        self.socket.sendall(b"+")
        return bytes(data)

    def number(self, data, size=None):
        """A number of the machine."""
        return int.from_bytes(data[: size or self.size], self.order)

    def register(self, number):
        """The content of a register."""
        return self.number(bytes.fromhex(self.ask(f"p{number:x}").decode()))

    def leave(self, result):
        """Return from the function that the process is at the start of, and let the process run on."""
        # The lowest bit of an address of arm says which instructions are there.
        address = self.register(self.link) & ~(self.size == 4)
        self.write(self.result, result)
        self.write(self.counter, address)
        if self.machine == "aarch64":
            # A machine with branch target identification expects the landing pad of a call (BTYPE), not a return.
            self.write(PSTATE, self.register(PSTATE) & ~0xC00, 4)
        return self.ask("c")

    def write(self, register, value, size=None):
        """Put a number into a register."""
        answer = self.ask(f"P{register:x}={value.to_bytes(size or self.size, self.order).hex()}")
        assert answer == b"OK", answer

    def memory(self, address, size):
        """Some bytes of the process."""
        return bytes.fromhex(self.ask(f"m{address:x},{size:x}").decode())

    def auxiliary(self):
        """The auxiliary vector of the process."""
        data = self.ask("qXfer:auxv:read::0,1000")[1:]
        words = [self.number(data[place:]) for place in range(0, len(data), self.size)]
        return dict(zip(words[::2], words[1::2], strict=False))

    def breakpoint(self, address, put=True):
        """Put a breakpoint there, or remove it."""
        answer = self.ask(f"{'Z' if put else 'z'}0,{address:x},{2 if self.size == 4 else 4}")
        assert answer == b"OK", answer


def exported(path):
    """The addresses of the functions of RESULTS in a library, with their names, by its dynamic symbols."""
    with open(path, "rb") as file:
        data = file.read()
    order, wide = ("<" if data[5] == 1 else ">"), data[4] == 2
    offset = struct.unpack_from(order + ("Q" if wide else "I"), data, 40 if wide else 32)[0]
    size, count = struct.unpack_from(order + "HH", data, 58 if wide else 46)
    layout = struct.Struct(order + ("IIQQQQIIQQ" if wide else "10I"))
    sections = [layout.unpack_from(data, offset + size * number) for number in range(count)]
    symbols = next(section for section in sections if section[1] == 11)  # SHT_DYNSYM
    strings = sections[symbols[6]][4]
    found = {}
    for place in range(symbols[4], symbols[4] + symbols[5], symbols[9]):
        if wide:
            name, value = struct.unpack_from(order + "I4xQ", data, place)
        else:
            name, value = struct.unpack_from(order + "II", data, place)
        word = data[strings + name : data.index(b"\0", strings + name)].decode()
        found[word] = value
    return {found[name] & ~1: name for name in RESULTS}


def mapped(process, directory, name):
    """The address at which the process has a program or library, as this machine maps it, and its path."""
    with open(f"/proc/{process}/maps") as maps:
        for line in maps:
            found = re.match(rf"([0-9a-f]+)-\S+ \S+ 00000000 .* ({directory}/\S*/{name}\S*)$", line.rstrip())
            if found:
                return int(found.group(1), 16), found.group(2)
    raise LookupError(f"{name} is not mapped")


def read_rules(debugger, process, directory):
    """The rules that auditctl wants to send, until it ends."""
    auxiliary = debugger.auxiliary()
    entry = auxiliary[AT_ENTRY] & ~1
    debugger.breakpoint(entry)
    debugger.ask("c")
    debugger.breakpoint(entry, put=False)
    address, path = mapped(process, directory, "libaudit.so")
    # Where qemu maps the memory of a process of 32 bits.
    offset = mapped(process, directory, "auditctl")[0] - (auxiliary[AT_PHDR] & ~0xFFF)
    names = {address - offset + symbol: name for symbol, name in exported(path).items()}
    if debugger.machine == "ppc64le":
        # The library calls itself at the local entry of a function, two instructions after the global one.
        names.update({place + 8: name for place, name in list(names.items())})
    for place in names:
        debugger.breakpoint(place)
    rules = []
    answer = debugger.ask("c")
    while answer[:1] == b"T":
        place = debugger.register(debugger.counter)
        assert place in names, (answer, hex(place))
        name = names[place]
        if name in ("audit_add_rule_data", "audit_delete_rule_data"):
            rule, *numbers = map(debugger.register, debugger.arguments)
            head = debugger.memory(rule, HEAD)
            length = debugger.number(head[-4:], 4)
            # The function itself would put the list and the action into the rule.
            prefix = b"".join((number & 0xFFFFFFFF).to_bytes(4, debugger.order) for number in numbers)
            rules.append(prefix + head[8:] + (debugger.memory(rule + HEAD, length) if length else b""))
        answer = debugger.leave(RESULTS[name])
    return rules


def main(machine, directory, rules_file):
    """Run auditctl; print what it said and what it wanted to send."""
    with tempfile.TemporaryDirectory() as temporary, tempfile.TemporaryFile() as errors:
        path = os.path.join(temporary, "gdb")
        command = [f"{QEMU}-{machine}-static", "-g", path, "-L", directory, "-E", "LD_BIND_NOW=1"]
        process = subprocess.Popen([*command, f"{directory}/usr/sbin/auditctl", "-R", rules_file], stderr=errors)
        rules = read_rules(Debugger(path, machine), process.pid, directory)
        status = process.wait()
        errors.seek(0)
        text = errors.read().decode("utf-8", "surrogateescape")
    print(json.dumps({"status": status, "rules": [rule.hex() for rule in rules], "errors": text}))


if __name__ == "__main__":
    main(*sys.argv[1:])
