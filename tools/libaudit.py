# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print every table of a libaudit as JSON, number to name: libaudit.py [PATH-OF-LIBRARY]

A program of its own because a library of another release of Debian needs that release's dynamic linker.
"""

import ctypes
import json
import sys

# machine_t of libaudit.h
MACHINES = {
    "i386": 0,
    "x86_64": 1,
    "ppc64": 3,
    "ppc": 4,
    "s390x": 5,
    "s390": 6,
    "arm": 8,
    "aarch64": 9,
    "ppc64le": 10,
    "uring": 11,
    "riscv32": 12,
    "riscv64": 13,
}
SYSCALLS = range(2048)  # as many as the mask of a rule has bits


class Libaudit:
    def __init__(self, path="libaudit.so.1"):
        self._library = ctypes.CDLL(path)

    def number(self, kind, name, *machine):
        """The number of a name, None for an unknown one. ``kind`` as in audit_name_to_<kind>()."""
        number = getattr(self._library, "audit_name_to_" + kind)(name.encode(), *machine)
        return None if number == -1 else number

    def name(self, kind, number, *machine):
        """The name of a number, None for an unknown one. ``kind`` as in audit_<kind>_to_name()."""
        function = getattr(self._library, f"audit_{kind}_to_name")
        function.restype = ctypes.c_char_p
        name = function(number, *machine)
        return None if name is None else name.decode()

    def table(self, kind, numbers, *machine):
        """Names by number. Raises ValueError where the library does not find the number by the name again."""
        table = {}
        for number in numbers:
            name = self.name(kind, number, *machine)
            if name is not None:
                if self.number(kind, name, *machine) != number:
                    raise ValueError(f"libaudit says {kind} {number} is {name}, but {name} is not {number}")
                table[number] = name
        return table

    def arch(self, word):
        """AUDIT_ARCH_* of a word for ``-F arch=``, None for an unknown one."""
        machine = self._library.audit_determine_machine(word.encode())
        return self._library.audit_machine_to_elf(machine) & 0xFFFFFFFF if machine >= 0 else None

    def syscalls(self, machine):
        return self.table("syscall", SYSCALLS, MACHINES[machine])


if __name__ == "__main__":
    libaudit = Libaudit(*sys.argv[1:])
    json.dump(
        {
            "syscall": {machine: libaudit.syscalls(machine) for machine in MACHINES},
            "msg_type": libaudit.table("msg_type", range(1, 4096)),
            "errno": libaudit.table("errno", range(1, 4096)),
        },
        sys.stdout,
    )
