# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the table of docs/lint.md from the checks of the linter.

Run it as `python tools/lint_table.py`; a unit test fails when the page is out of date.
"""

import importlib
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "support")]

importlib.import_module("conftest")  # makes ansible_collections.linux.audit of this checkout
# ruff: noqa: E402
from ansible_collections.linux.audit.plugins.module_utils.rules.findings import CHECKS

PAGE = ROOT / "docs" / "lint.md"
BEGIN, END = "<!-- BEGIN of what tools/lint_table.py writes -->", "<!-- END -->"


def main():
    """Write the page."""
    PAGE.write_text(page())


def page():
    """The text that the page is to have."""
    before, _begin, rest = PAGE.read_text().partition(BEGIN)
    rows = [(f"`{check.id}`", check.severity, check.finds, check.advice) for check in CHECKS.values()]
    lines = [("Id", "Severity", "Finds", "Why it matters, or what to do"), ("---",) * 4, *rows]
    table = "".join("| " + " | ".join(line) + " |\n" for line in lines)
    return f"{before}{BEGIN}\n\n{table}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    main()
