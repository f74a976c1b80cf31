# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the audit system of the kernel refuses a connection or a rule, in words."""

import errno
import os
from typing import Dict

from ..rules.model import Rule
from .errors import AuditUnavailable, KernelError, PermissionDenied

__all__ = ("connection_error", "refusal")

_CAP_AUDIT_CONTROL = 30


def connection_error(error: OSError) -> KernelError:
    """The error for a connection that the kernel refuses, or breaks off."""
    if error.errno in (errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT):
        return AuditUnavailable("this host has no audit system: its kernel was built without it or booted with audit=0")
    if error.errno == errno.ECONNREFUSED:
        return AuditUnavailable(
            "cannot reach the audit system: it is disabled (booted with audit=0), or this is a container, whose rules "
            "are those of its host"
        )
    if error.errno in (errno.EPERM, errno.EACCES):
        if os.geteuid() != 0:
            return PermissionDenied("only root can read and change audit rules (become: true)")
        if not _capable():
            return PermissionDenied(
                "reading and changing audit rules needs the capability CAP_AUDIT_CONTROL, which this root does not "
                "have (a container?)"
            )
        return PermissionDenied(
            "the kernel refuses audit requests from outside the initial process namespace (a container?)"
        )
    return KernelError(f"cannot reach the audit system: {error.strerror or error}")


def refusal(code: int, rule: Rule) -> str:
    """Why the kernel refuses to add a rule, in words (audit_add_rule() and what it calls)."""
    path = rule.value("path") or rule.value("dir") or rule.value("exe")
    if code == errno.ENOENT and path:
        if rule.value("dir"):
            return f"the directory {path} does not exist"
        return f"the directory of {path} does not exist"
    return _REFUSALS.get(code) or f"{os.strerror(code)} (error {code})"


_REFUSALS: Dict[int, str] = {
    errno.EEXIST: "the rule exists",
    errno.EINVAL: "this kernel does not support its list, or one of its fields, operators or values",
    errno.EOPNOTSUPP: "no security module of this host supports labels (fields subj_* and obj_*)",
    errno.ENOTDIR: "a part of the path is not a directory",
    errno.ENAMETOOLONG: "the path is too long",
    errno.ENOMEM: "the kernel has no memory left for it",
}


def _capable() -> bool:
    try:
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            effective = [line.split()[1] for line in status if line.startswith("CapEff:")]
    except OSError:
        return True
    return not effective or bool(int(effective[0], 16) >> _CAP_AUDIT_CONTROL & 1)
