# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""On which releases of Debian a test runs, and when."""

import pytest


def releases(*names: str, fleet: tuple[str, ...]) -> list:
    """Parameters: releases that `./dev test` takes, and others that `./dev fleet` takes."""
    return [*names, *(pytest.param(name, marks=pytest.mark.fleet) for name in fleet)]
