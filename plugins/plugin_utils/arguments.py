# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Arguments of tasks that are used on the controller, before a module checks them."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail

__all__ = ("items", "texts")


def items(name: str, value: Any) -> list[Any]:
    """A list, which may also be a single text, or not given. Raises AnsibleActionFail for anything else."""
    if not value:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, (list, tuple)):
        raise AnsibleActionFail(f"{name} must be a list, not {value!r}")
    return list(value)


def texts(name: str, value: Any) -> list[str]:
    """The same, of texts alone."""
    found = items(name, value)
    for item in found:
        if not isinstance(item, str):
            raise AnsibleActionFail(f"{name} must be a list of texts, and has {item!r}")
    return found
