# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another value in the place of any part of a structure, for tests here and on guests."""


def size_of(node):
    """How many parts a structure has, itself included."""
    inner = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return 1 + sum(map(size_of, inner))


def replaced(node, left, value):
    """The structure with the value in the place of the part that is the ``left``th when one counts depth first."""
    left[0] -= 1
    if left[0] == -1:
        return value
    if isinstance(node, dict):
        return {key: replaced(item, left, value) for key, item in node.items()}
    return [replaced(item, left, value) for item in node] if isinstance(node, list) else node
