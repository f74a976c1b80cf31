# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write plugins/module_utils/rules/_generated_syscalls.py: the kernel's syscalls under audit's names.

Numbers come from kernel headers. RENAMED lists by hand where audit's name differs from the kernel's. The result must
equal the tables of the newest libaudit, number by number; otherwise nothing is written. Names that only the kernel
knows are left out, because auditctl would refuse them.
"""

import re
import sys

import sources

SUMMARY = "Names of syscalls by machine and of io_uring operations, in the form that syscalls.decode() reads."

#: Headers by machine as (release of Debian, path). A later header adds what the earlier ones lack.
HEADERS = {
    "x86_64": [("sid", "x86/asm/unistd_64.h")],
    "i386": [("sid", "x86/asm/unistd_32.h")],
    "aarch64": [("sid", "arm64/asm/unistd_64.h")],
    # audit keeps the syscalls of the old ABI
    "arm": [("sid", "arm/asm/unistd-oabi.h")],
    # One table for 32 and 64 bit. 64 bit gives some numbers other names (291 newfstatat): audit has those of 32 bit.
    "ppc": [("sid", "powerpc/asm/unistd_32.h"), ("sid", "powerpc/asm/unistd_64.h")],
    "s390x": [("sid", "s390/asm/unistd_64.h")],
    # Since Linux 5.1 a new syscall has the same number on all machines.
    "s390": [("trixie", "s390/asm/unistd_32.h"), ("sid", "s390/asm/unistd_64.h")],
    "riscv64": [("sid", "riscv/asm/unistd_64.h")],
    "riscv32": [("sid", "riscv/asm/unistd_32.h")],
}

#: The kernel's name to audit's.
RENAMED = {
    "x86_64": "pread64:pread pwrite64:pwrite",
    "i386": "kexec_load:sys_kexec_load sched_rr_get_interval_time64:sched_rr_get_interval64",
    "aarch64": "getdents64:getdents pread64:pread pwrite64:pwrite fstat:newfstat",
    "arm": "_llseek:llseek _newselect:newselect _sysctl:sysctl arm_fadvise64_64:fadvise64_64"
    " arm_sync_file_range:sync_file_range sched_rr_get_interval_time64:sched_rr_get_interval64",
    "ppc": "pread64:pread pwrite64:pwrite timerfd_create:timerfd perf_event_open:perf_counter_open",
    "s390x": "pread64:pread pwrite64:pwrite",
    "s390": "pread64:pread pwrite64:pwrite",
}

_DEFINE = re.compile(r"^#define __NR_(\w+)\s+\(?(?:__NR_SYSCALL_BASE \+ )?(\d+)\)?$", re.MULTILINE)
_OPERATIONS = re.compile(r"^enum io_uring_op \{(.*?)IORING_OP_LAST", re.MULTILINE | re.DOTALL)


def kernel_syscalls(given, machine):
    """Names by number, in audit's words."""
    renamed = dict(pair.split(":") for pair in RENAMED.get(machine, "").split())
    table = {}
    for release, path in HEADERS[machine]:
        for name, number in _DEFINE.findall(given.header(path, release)):
            table.setdefault(int(number), renamed.get(name, name))
    return table


def kernel_operations(given):
    """Names of io_uring operations by number, in audit's words."""
    (body,) = _OPERATIONS.findall(given.header("linux/io_uring.h"))
    names = re.findall(r"^\s*IORING_OP_(\w+),", body, re.MULTILINE)
    return {number: name.lower() for number, name in enumerate(names)}


def generate(given):
    audit = given.libaudit()["syscall"]
    lines = ["NAMES = {\n"]
    wrong = []
    for machine in (*HEADERS, "uring"):
        kernel = kernel_operations(given) if machine == "uring" else kernel_syscalls(given, machine)
        known = {number: name for number, name in kernel.items() if number in audit[machine]}
        left_out = [f"{name}({number})" for number, name in sorted(kernel.items()) if number not in known]
        for number, name in audit[machine].items():
            if known.get(number) != name:
                wrong.append(f"{machine} {number}: {name} in libaudit, {known.get(number)} by the headers")
        print(f"{machine}: {len(known)} names; unknown to audit: {' '.join(left_out) or 'none'}", file=sys.stderr)
        lines.append(f'    "{machine}": """\n{sources.encode(known)}\n""",\n')
    for machine in ("ppc64le", "ppc64"):
        if audit[machine] != audit["ppc"]:
            wrong.append(f"{machine} no longer has the same table as ppc")
    if wrong:
        raise SystemExit("\n".join(wrong))
    return "".join([*lines, "}\n"])


if __name__ == "__main__":
    sys.exit(sources.run(__doc__, sources.RULES / "_generated_syscalls.py", SUMMARY, generate))
