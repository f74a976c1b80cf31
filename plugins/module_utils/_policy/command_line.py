# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the next boot starts a kernel without its audit system: audit=0 on the command line of a boot loader."""

import glob
import re
from typing import List

from .problem import RulesProblem

__all__ = ("boot_loader_problems",)

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
_AUDIT = re.compile(r"""(?:^|[\s"'=])audit=([^\s"']*)""")
# The kernel reads them in any case, audit_enable().
_OFF = ("0", "off")


def boot_loader_problems() -> List[RulesProblem]:
    """A problem for every command line with which a kernel has no audit system. Of several words the last counts."""
    found = []
    for pattern, is_command_line in _FILES:
        for path in sorted(glob.glob(pattern)):
            try:
                with open(path, encoding="utf-8", errors="replace") as file:
                    lines = list(enumerate(file, 1))
            except OSError:
                continue
            for number, line in lines:
                values = _AUDIT.findall(line) if is_command_line.match(line) else []
                if values and values[-1].lower() in _OFF:
                    reason = "switches auditing off: a kernel that is booted with it has no audit system"
                    found.append(RulesProblem(f"{path}:{number}", f"audit={values[-1]}", reason, silent=True))
    return found
