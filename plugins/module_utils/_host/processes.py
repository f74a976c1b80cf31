# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes, as proc(5) describes them."""

from typing import List, Optional, Tuple

__all__ = ("process_name", "start_time", "state_and_parent")


def start_time(pid: int) -> Optional[str]:
    """When a process started, in ticks since the boot; None without it. With the pid this identifies the process."""
    words = _stat_words(pid)
    return words[19] if words else None


def state_and_parent(pid: int) -> Optional[Tuple[str, int]]:
    """The state and the parent of a process, None if there is no such process."""
    words = _stat_words(pid)
    return (words[0], int(words[1])) if words else None


def process_name(pid: int) -> Optional[str]:
    """The name of a process (comm), None if there is no such process."""
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="surrogateescape") as file:
            return file.read().rstrip("\n")
    except OSError:
        return None


def _stat_words(pid: int) -> List[str]:
    """The words of /proc/PID/stat after the name, which may contain any character."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []
