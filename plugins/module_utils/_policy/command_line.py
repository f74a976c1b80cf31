# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines of kernels: that of the running one, and those of boot loaders, which decide about the next boot."""

import glob
import re
from typing import Iterator, List, NamedTuple, Optional

from .problem import RulesProblem

__all__ = ("CommandLine", "argument", "boot_loader_lines", "boot_loader_problems", "running_line")

# What boot loaders read, and which of the lines there are command lines. Xen gets its Linux as a module.
_GRUB = re.compile(r"\s*(linux(efi|16)?\s|module2?\s|set (default_)?kernelopts=)")
_FILES = (
    ("/boot/grub*/grub.cfg", _GRUB),
    ("/boot/grub*/grubenv", re.compile(r"kernelopts=")),
    ("/boot/efi/EFI/*/grub.cfg", _GRUB),
    ("/boot/loader/entries/*.conf", re.compile(r"options\s")),
    ("/boot/efi/loader/entries/*.conf", re.compile(r"options\s")),
    ("/efi/loader/entries/*.conf", re.compile(r"options\s")),
    ("/etc/kernel/cmdline", re.compile("")),
    ("/boot/cmdline.txt", re.compile("")),
    ("/boot/firmware/cmdline.txt", re.compile("")),
    ("/boot/extlinux/extlinux.conf", re.compile(r"\s*append\s", re.IGNORECASE)),
)
_RUNNING = "/proc/cmdline"
# An entry whose arguments are those of a variable, which another line sets.
_OF_VARIABLE = re.compile(r"\$\{?(default_)?kernelopts")
_AUDIT = re.compile(r"""(?:^|[\s"'=])audit=([^\s"']*)""")
# The kernel reads them in any case, audit_enable().
_OFF = ("0", "off")


class CommandLine(NamedTuple):
    """A command line: where it is written, as "path:line", and its text."""

    origin: str
    text: str


def argument(line: CommandLine, name: str) -> Optional[str]:
    """The value of an argument, "" for one without a value, None if it is not there. Of several, the last counts."""
    found = re.findall(rf"""(?:^|[\s"'=]){re.escape(name)}(?:=([^\s"']*)|(?=[\s"']|$))""", line.text)
    return found[-1] if found else None


def running_line() -> CommandLine:
    """The command line of the running kernel."""
    with open(_RUNNING, encoding="utf-8", errors="replace") as file:
        return CommandLine(_RUNNING, file.read().strip())


def boot_loader_lines() -> List[CommandLine]:
    """Every command line of a boot loader, without those that are no more than a variable that another one sets."""
    found = list(_written_lines())
    rest = [line for line in found if not _OF_VARIABLE.search(line.text)]
    return rest or found


def _written_lines() -> Iterator[CommandLine]:
    for pattern, is_command_line in _FILES:
        for path in sorted(glob.glob(pattern)):
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    lines = list(enumerate(file, 1))
            except OSError:
                continue
            for number, line in lines:
                if is_command_line.match(line):
                    yield CommandLine(f"{path}:{number}", line)


def boot_loader_problems() -> List[RulesProblem]:
    """A problem for every command line with which a kernel has no audit system. Of several words the last counts."""
    found = []
    for line in _written_lines():
        values = _AUDIT.findall(line.text)
        if values and values[-1].lower() in _OFF:
            reason = "switches auditing off: a kernel that is booted with it has no audit system"
            found.append(RulesProblem(line.origin, f"audit={values[-1]}", reason, silent=True))
    return found
