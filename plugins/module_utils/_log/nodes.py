# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of nodes with spaces: ausearch(8) and libauparse(3) take a name for one word, and drop other records.

A hostname may have spaces, and so may what a client sends. The programs get such names with another character, which
no name has, in place of the spaces.
"""

import re

__all__ = ("as_recorded", "as_words", "has_nodes", "one_word")

_SPACE, _SUBSTITUTE = b" ", b"\x1f"
_WITH_SPACE = re.compile(rb"^node=[^ \n]*(?: (?!type=)[^ \n]*)+(?= type=)", re.MULTILINE)
_WITH_SUBSTITUTE = re.compile(rb"^node=[^ \n]*\x1f[^ \n]*", re.MULTILINE)


def has_nodes(lines: bytes) -> bool:
    """Whether a line begins with a node; many others have an inode."""
    return lines.startswith(b"node=") or b"\nnode=" in lines


def as_words(lines: bytes) -> bytes:
    """Whole lines of a log, in which each name of a node is one word."""
    if not has_nodes(lines):
        return lines
    return _WITH_SPACE.sub(lambda found: found.group().replace(_SPACE, _SUBSTITUTE), lines)


def as_recorded(lines: bytes) -> bytes:
    """The same lines as the log has them."""
    if _SUBSTITUTE not in lines:
        return lines
    return _WITH_SUBSTITUTE.sub(lambda found: found.group().replace(_SUBSTITUTE, _SPACE), lines)


def one_word(name: str) -> str:
    """The name of a node as as_words() writes it."""
    return name.replace(_SPACE.decode("ascii"), _SUBSTITUTE.decode("ascii"))
