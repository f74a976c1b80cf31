# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes of the daemon's plugins: whether old ones have ended, and whether they read records."""

import re
import time
from typing import Iterable, Mapping

from .._host.processes import bytes_read, runs_program
from .._kernel.netlink import Kernel
from .messages import SystemLog

__all__ = ("await_end", "make_record", "pass_records")

# audisp-remote may first try to reach a host that does not answer.
_END_SECONDS, _READ_SECONDS = 90.0, 2.0
# What the daemon says, since audit 4.2, when it has read its files and accepts nothing from those of its plugins.
_PLUGINS_KEPT = re.compile("Plugin configuration reload failed")


def await_end(processes: Mapping[str, int], log: SystemLog) -> None:
    """Wait until the processes of plugins, by program, have ended. Raises DaemonError."""
    deadline = time.monotonic() + _END_SECONDS
    for plugin, pid in processes.items():
        while runs_program(pid, plugin):
            if time.monotonic() > deadline or any(map(_PLUGINS_KEPT.match, log.words())):
                raise log.error(f"auditd has not ended its plugin {plugin} (pid {pid})")
            time.sleep(0.1)


def pass_records(pids: Iterable[int]) -> bool:
    """Make a record, and see whether every plugin reads something. Raises KernelError."""
    before = {pid: bytes_read(pid) for pid in pids}
    make_record("linux.audit checks that auditd passes records to its plugins")
    deadline = time.monotonic() + _READ_SECONDS
    while any(bytes_read(pid) == count for pid, count in before.items()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def make_record(text: str) -> None:
    """Have the kernel make a record of a text, which auditd passes to its plugins. Raises KernelError."""
    with Kernel() as kernel:
        kernel.message(text)
