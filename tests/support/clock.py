# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the time of a test run goes."""

import collections
import contextlib
import time

spent: dict[str, float] = collections.defaultdict(float)
"""Seconds by what they went into."""


@contextlib.contextmanager
def measured(what: str):
    """Add the time that the block takes."""
    began = time.monotonic()
    try:
        yield
    finally:
        spent[what] += time.monotonic() - began
