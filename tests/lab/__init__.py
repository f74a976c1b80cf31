# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Disposable Debian guests with an audit kernel of their own, on User-Mode Linux. See README.md beside this file."""

from .cache import RELEASES, BuildError
from .guest import Guest, GuestError
from .images import image
from .laboratory import Lab, sweep

__all__ = ["RELEASES", "BuildError", "Guest", "GuestError", "Lab", "image", "sweep"]
