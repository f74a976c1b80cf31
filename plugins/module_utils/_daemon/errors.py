# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the audit daemon, or a change of its files, can fail with."""

from ..rules.errors import AuditError

__all__ = ("ConfError", "DaemonError", "OtherDaemon", "PluginsStalled")


class DaemonError(AuditError):
    """The daemon did not do what was asked. The message has the daemon's own words, if it said any."""


class OtherDaemon(DaemonError):
    """The kernel sends its records to another program than auditd."""


class PluginsStalled(DaemonError):
    """The daemon passes no records to its plugins until it is restarted."""


class ConfError(AuditError):
    """The daemon would not accept what is asked for. The message says what, where and why."""
