# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes, as proc(5) describes them."""

import os
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

__all__ = ("bytes_read", "has_connection", "process_name", "programs_below", "runs_program", "start_time",
           "state_and_parent")  # fmt: skip

# The state of a TCP connection that both sides have confirmed, in /proc/net/tcp.
_ESTABLISHED = "01"

# Any other error tells nothing about the process: whoever took it for the end of one would stop waiting for it.
_GONE = (FileNotFoundError, ProcessLookupError)


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
    except _GONE:
        return None


def runs_program(pid: int, program: str) -> bool:
    """Whether a process runs a program, which may be a script."""
    try:
        if os.path.samefile(f"/proc/{pid}/exe", program):
            return True
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return os.fsencode(program) in file.read().split(b"\0")
    except OSError:
        return False


def programs_below(pid: int, programs: Sequence[str]) -> Dict[str, int]:
    """Which of the programs the children and grandchildren of a process run, with their process ids."""
    found: Dict[str, int] = {}
    if not programs or not pid:
        return found
    states = {number: state_and_parent(number) for number in map(int, filter(str.isdigit, os.listdir("/proc")))}
    parents = {number: state[1] for number, state in states.items() if state}
    for number, parent in parents.items():
        if pid in (parent, parents.get(parent)):
            found.update((program, number) for program in programs if runs_program(number, program))
    return found


def bytes_read(pid: int) -> Optional[int]:
    """How many bytes a process has read (rchar); None without the process, or if its kernel does not count them."""
    try:
        with open(f"/proc/{pid}/io", encoding="utf-8") as file:
            return int(file.readline().split()[1])
    except OSError:
        return None


def has_connection(pid: int) -> bool:
    """Whether a process has a TCP connection that is established."""
    directory = f"/proc/{pid}/fd"
    try:
        links = [os.readlink(os.path.join(directory, name)) for name in os.listdir(directory)]
    except OSError:
        return False
    sockets = {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}
    return any(words[3] == _ESTABLISHED and words[9] in sockets for words in _tcp_sockets(pid))


def _tcp_sockets(pid: int) -> Iterator[List[str]]:
    for name in ("tcp", "tcp6"):
        try:
            with open(f"/proc/{pid}/net/{name}", encoding="ascii") as file:
                lines = file.readlines()[1:]
        except OSError:
            continue
        yield from (line.split() for line in lines)


def _stat_words(pid: int) -> List[str]:
    """The words of /proc/PID/stat after the name, which may contain any character."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except _GONE:
        return []
