# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verdict is about: which kernel, in which boot, with which rules, at which time."""

import hashlib
import json
import os
import re
import time
from typing import Any, Dict, Mapping, Optional

from .._host.files import FileError, read_text
from .._host.host import Host
from .._host.processes import process_name
from .._host.programs import ProgramError, find_program, run_program
from .._kernel.settings import BY_OPTION
from ..rules.render import render
from .held_views import KernelView

__all__ = ("checksum", "proof", "service_state")

_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")


def checksum(value: Any) -> str:
    """The SHA-256 of a value of lists, dictionaries and texts, in one form of its JSON."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def proof(kernel: KernelView, host: Host) -> Dict[str, Any]:
    """The rules of the kernel with their checksum, and what else tells which kernel was judged, and when."""
    rules = [render(rule, host.machine, host.release) for rule in kernel.rules]
    version = host.version
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "boot_id": _read(_BOOT_ID).strip(),
        "kernel": os.uname().release,
        "machine": host.machine,
        "audit": ".".join(map(str, version)) if version else "",
        "distribution": _distribution(),
        "enabled": str(BY_OPTION["-e"].word(kernel.status.enabled)),
        "lost": kernel.status.lost,
        "backlog": kernel.status.backlog,
        "daemon": (process_name(kernel.status.pid) if kernel.status.pid else None) or "",
        "rules": rules,
        "sha256": checksum(rules),
    }


def _read(path: str) -> str:
    try:
        return read_text(path) or ""
    except FileError:
        return ""


def _distribution() -> str:
    text = next((text for text in map(_read, _OS_RELEASE) if text), "")
    found = re.search(r'^PRETTY_NAME=(["\']?)(.*)\1$', text, re.MULTILINE)
    return found.group(2) if found else ""


def service_state(pid: int) -> Mapping[str, Optional[bool]]:
    """Whether auditd gets the records of the kernel, and whether it is started at boot (None: that is not known)."""
    running = bool(pid) and process_name(pid) == "auditd"
    program = find_program("systemctl")
    if program is None:
        return {"running": running, "enabled": None}
    try:
        word = run_program([program, "is-enabled", "auditd.service"], 20).output.strip()
    except ProgramError:
        return {"running": running, "enabled": None}
    return {"running": running, "enabled": word in (b"enabled", b"enabled-runtime", b"static", b"alias")}
