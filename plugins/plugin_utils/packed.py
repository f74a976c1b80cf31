# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Structures as texts, for facts of many hosts.

Ansible wraps each part of a structure that is in a fact, and looks at each part again whenever a filter reads it. For
the evidence of a host, this took 7 MB, and a quarter of a second for each filter. A text is one part.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ("pack", "unpack")

# So that Ansible does not take the text for a structure and make one of it.
_HEAD = "packed "
# In JSON these are only within texts, where another spelling of the brace means the same.
_OPENING = ("{{", "{%", "{#")


def pack(value: Any) -> str:
    """A text in which nothing looks like a template. Raises TypeError or ValueError for what JSON does not have."""
    text = json.dumps(value, ensure_ascii=True)
    for brace in _OPENING:
        text = text.replace(brace, "\\u007b" + brace[1].replace("{", "\\u007b"))
    return _HEAD + text


def unpack(value: Any) -> Any:
    """The structure that was packed; any other value is as it was. Raises ValueError for a damaged text."""
    if isinstance(value, str) and value.startswith(_HEAD):
        return json.loads(value[len(_HEAD) :])
    return value
