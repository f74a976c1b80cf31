# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of modules: paths and lines of files are bytes, results are text."""

from typing import Any

__all__ = ("visible",)


def visible(value: Any) -> Any:
    r"""The same with bytes that are no UTF-8 as \xff: a result that has them is refused by the controller."""
    if isinstance(value, dict):
        return {key: visible(item) for key, item in value.items()}
    if isinstance(value, list):
        return [visible(item) for item in value]
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return value
