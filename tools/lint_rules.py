#!/usr/bin/env python3
# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lint rules files from a checkout that lies anywhere, without Ansible: tools/lint_rules.py [OPTION...] PATH..."""

import pathlib
import sys
import types

ROOT = pathlib.Path(__file__).resolve().parent.parent
for name, path in (("", None), (".linux", None), (".linux.audit", str(ROOT))):
    package = types.ModuleType(f"ansible_collections{name}")
    package.__path__ = [path] if path else []
    sys.modules[package.__name__] = package

# ruff: noqa: E402
from ansible_collections.linux.audit.plugins.plugin_utils.lint_command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
