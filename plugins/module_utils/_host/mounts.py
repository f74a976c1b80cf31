# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mounted on this host, as the kernel lists it."""

import os
import re
from typing import List, NamedTuple

__all__ = ("MOUNTINFO", "Mount", "mounts", "unescaped")

MOUNTINFO = "/proc/self/mountinfo"


class Mount(NamedTuple):
    """A mounted file system: where, its type (``ext4``), and what of (``/dev/sda1``, ``none``)."""

    point: str
    kind: str
    source: str


def mounts() -> List[Mount]:
    """All mounts in their order, proc_pid_mountinfo(5); nothing if the host does not tell.

    Any user may have mounted something (fusermount3(1)), under a name of any characters.
    """
    try:
        with open(MOUNTINFO, "rb") as file:
            # Names as os.scandir() has them, whatever the locale is. The kernel escapes the line feed, and nothing else
            # that Python takes for the end of a line or for a space.
            return [_read(os.fsdecode(line)) for line in file]
    except OSError:
        return []


def _read(line: str) -> Mount:
    before, _dash, after = line.partition(" - ")
    kind, source, _options = after.split(" ", 2)
    return Mount(unescaped(before.split(" ")[4]), kind, unescaped(source))


def unescaped(text: str) -> str:
    r"""A path of mountinfo or fstab(5), which have a space as \040 and a backslash as \134."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text) if "\\" in text else text
