# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The format of rule packs: rules files whose paragraphs say in comments what they need and what asks for them.

Blank lines separate paragraphs. A comment of two signs and a word (``## when: selinux``) annotates its paragraph.
"""

import re
from typing import Dict, Iterator, List, NamedTuple, Tuple

__all__ = ("Paragraph", "paragraphs")

_ANNOTATION = re.compile(r"## ?([a-z]+)(?:: *(.*))?$")


class Paragraph(NamedTuple):
    """Annotations by name, comment lines, and rules with the numbers of their lines."""

    annotations: Dict[str, str]
    comments: List[str]
    rules: List[Tuple[int, str]]


def paragraphs(text: str) -> Iterator[Paragraph]:
    """The paragraphs of a pack that have rules."""
    paragraph = Paragraph({}, [], [])
    for number, line in enumerate(text.split("\n") + [""], 1):
        annotation = _ANNOTATION.match(line)
        if annotation:
            paragraph.annotations[annotation.group(1)] = annotation.group(2) or ""
        elif line.startswith("#"):
            paragraph.comments.append(line)
        elif line.strip(" "):
            paragraph.rules.append((number, line))
        else:
            if paragraph.rules:
                yield paragraph
            paragraph = Paragraph({}, [], [])
