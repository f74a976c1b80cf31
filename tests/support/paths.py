# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where things are in a checkout, so that a test that moves needs no other path."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
MODULE_UTILS = PLUGINS / "module_utils"
TESTS = ROOT / "tests"
DATA = TESTS / "data"
ON_GUEST = TESTS / "on_guest"
"""Programs that tests copy to a guest and run there."""
