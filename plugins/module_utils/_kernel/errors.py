# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of the kernel's audit system."""

from ..rules.errors import AuditError

__all__ = ("AuditUnavailable", "KernelError", "PermissionDenied")


class KernelError(AuditError):
    """The kernel did not do what it was asked to do."""


class AuditUnavailable(KernelError):
    """The audit system cannot be reached: it is missing, disabled, or belongs to the host of a container."""


class PermissionDenied(KernelError):
    """The process may not control the audit system."""
