# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of the tables in keywords.py: keywords, files and plugins, and what has changed between releases."""

import re
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple

__all__ = ("OLDEST", "ByRelease", "ConfigFile", "Constraint", "Keyword", "Plugin", "Version", "Word", "dotted",
           "in_release")  # fmt: skip

Version = Tuple[int, ...]

#: The oldest release that the tables tell of.
OLDEST = (2, 8)
_INT_MAX = 2**31 - 1


class ByRelease:
    """What has changed between releases: pairs of the first release with a value, and the value."""

    def __init__(self, *steps: Tuple[Version, Any]) -> None:
        self.steps = steps

    def __call__(self, version: Version) -> Any:
        """The value in a release; None before the first."""
        value = None
        for since, later in self.steps:
            if version >= since:
                value = later
        return value


def in_release(value: Any, version: Version) -> Any:
    """The value in a release: that of a ByRelease, or the value itself if it is the same in all."""
    return value(version) if isinstance(value, ByRelease) else value


def dotted(version: Version) -> str:
    """A release as people write it."""
    return ".".join(map(str, version))


class Word(NamedTuple):
    """A word that a keyword accepts in releases from ``since`` up to, but not including, ``until``."""

    name: str
    since: Version
    until: Optional[Version]


class Keyword(NamedTuple):
    """A keyword.

    ``kind`` is a name of kinds.KINDS. ``words``: the words that it accepts, instead of or besides other values, with
    their releases (``halt<4.0.4``, ``tls>=4.2``). ``low`` and ``high``: the range of a number. ``default``: the value
    without a line. ``need``: what a running daemon needs to take another value: none, reload or restart; ``grow``: a
    reload for a larger value, a restart for a smaller one; ``enable``: a reload where there was no value and TLS is not
    asked for, otherwise a restart; ``given``: a restart for a value in LOOKED_UP, a reload for any other. ``low``,
    ``default`` and ``need`` may be a ByRelease.
    """

    name: str
    kind: str
    words: str = ""
    low: Any = 0
    high: int = _INT_MAX
    default: Any = None
    need: Any = "reload"
    since: Version = OLDEST
    until: Optional[Version] = None

    def choices(self) -> Tuple[Word, ...]:
        """The words, with their releases."""
        return tuple(_word(text) for text in self.words.split())


class Constraint(NamedTuple):
    """What several keys must fulfil together: a test of their values, and what to say if it fails.

    The values are those of all keywords, with defaults, words in lower case, and None for what is not set.
    """

    keys: Tuple[str, ...]
    holds: Callable[[Mapping[str, Optional[str]]], bool]
    reason: str
    since: Version = OLDEST


class ConfigFile(NamedTuple):
    """A kind of file.

    ``longest``: how long a line may be, in bytes without its newline; ``splits``: whether a longer line, even if
    it is a comment, is read as two and not passed over. ``unended``: whether a last line without a newline is read.
    ``closed``: bits that its mode must not have. ``ahead_of``: keys whose line must come before that of another key.
    """

    name: str
    path: ByRelease
    keywords: Dict[str, Keyword]
    rules: Tuple[Constraint, ...]
    longest: ByRelease
    splits: bool = False
    unended: bool = False
    closed: Any = 0o002
    ahead_of: Mapping[str, str] = {}


class Plugin(NamedTuple):
    """A plugin that comes with the daemon: the name of its file, and what the file says."""

    file: str
    path: str
    type: str = "always"
    args: str = ""
    format: str = "string"


def _word(text: str) -> Word:
    name, sign, number = re.findall(r"^([a-z0-9_]+)(<|>=)?([\d.]*)$", text)[0]
    version = tuple(int(part) for part in number.split(".")) if number else OLDEST
    return Word(name, version if sign == ">=" else OLDEST, version if sign == "<" else None)
