# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of lines ``key = value``, as auditd.conf(5), edited in place: comments, order and blank lines stay."""

import re
from typing import Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._host.files import read_text

__all__ = ("SettingLine", "edited", "parse", "read_settings", "render", "respaced", "values")


class SettingLine(NamedTuple):
    """A line without its newline. ``key`` is in lower case, and empty for a comment, a blank line and what has none.

    ``value``: words with one space between them. ``error``: why the daemon does not read the line as a setting.
    """

    text: str
    key: str = ""
    value: str = ""
    error: str = ""


def parse(text: str, unended: bool = False) -> Tuple[SettingLine, ...]:
    """The lines of a file. ``unended``: whether the daemon reads a last line without a newline."""
    texts = text.split("\n")
    last = texts.pop()
    lines = [_line(line) for line in texts]
    if last:
        line = _line(last)
        if not unended and (line.key or line.error):
            line = SettingLine(last, line.key or _key_of(last), "", "has no newline at its end, and so is not read")
        lines.append(line)
    return tuple(lines)


def render(lines: Iterable[SettingLine]) -> str:
    """The text of a file, each line ended."""
    return "".join(line.text + "\n" for line in lines)


def values(lines: Iterable[SettingLine]) -> Dict[str, str]:
    """The settings by key; of several lines of one key the last one counts."""
    return {line.key: line.value for line in lines if line.key and not line.error}


def read_settings(path: str, unended: bool = False) -> Dict[str, str]:
    """The settings that the daemon reads from a file, by key; none if the file does not exist. Raises FileError.

    ``unended``: whether the daemon reads a last line without a newline.
    """
    return values(parse(read_text(path) or "", unended))


def edited(
    lines: Sequence[SettingLine], changes: Mapping[str, Optional[str]], ahead_of: Optional[Mapping[str, str]] = None
) -> Tuple[SettingLine, ...]:
    """The lines with other values for some keys; None takes away every line of a key.

    A key that has a line keeps its place. A new one comes behind a line that has it as a comment, otherwise to the end.
    ``ahead_of``: keys whose line must stand before that of another key, wherever it stood.
    """
    result = list(lines)
    for key, value in changes.items():
        places = [number for number, line in enumerate(result) if line.key == key]
        if value is None:
            result = [line for line in result if line.key != key]
            continue
        line = SettingLine(f"{key} = {value}", key, value)
        other = _first(result, (ahead_of or {}).get(key))
        if other is not None and (not places or places[-1] > other):
            result = [old for old in result if old.key != key]
            result.insert(_first(result, (ahead_of or {})[key]) or 0, line)
        elif places:
            result[places[-1]] = line
        else:
            result.insert(_place(result, key), line)
    return tuple(result)


def respaced(line: SettingLine) -> SettingLine:
    """A line with one space round its sign and between its words; it may have an error still."""
    key, sign, value = line.text.replace("\t", " ").replace("\r", " ").partition("=")
    words = " ".join(value.split())
    return _line(f"{key.strip()} = {words}") if sign else line


def _first(lines: Sequence[SettingLine], key: Optional[str]) -> Optional[int]:
    return next((number for number, line in enumerate(lines) if key and line.key == key), None)


def _place(lines: Sequence[SettingLine], key: str) -> int:
    comment = re.compile(rf"\s*#+\s*{re.escape(key)}\s*=", re.IGNORECASE)
    return next((number + 1 for number, line in enumerate(lines) if comment.match(line.text)), len(lines))


def _line(text: str) -> SettingLine:
    # Only spaces stand between words. Of a comment nothing is looked at.
    words: List[str] = [word for word in text.split(" ") if word]
    if not words or words[0].startswith("#"):
        return SettingLine(text)
    if re.search(r"[\x00-\x1f\x7f]", text):
        name = {"\t": "a tab", "\r": "a carriage return"}
        found = [word for sign, word in name.items() if sign in text] or ["a control character"]
        return SettingLine(text, _key_of(text), "", f"has {found[0]}, where the daemon knows spaces alone")
    if len(words) == 1 or words[1] != "=":
        return SettingLine(
            text, _key_of(text), "", "needs a space on both sides of the =" if "=" in text else "has no ="
        )
    if len(words) == 2:
        return SettingLine(text, words[0].lower(), "", "has no value")
    return SettingLine(text, words[0].lower(), " ".join(words[2:]))


def _key_of(text: str) -> str:
    """The key that a line is meant to set, though the daemon does not see it."""
    found = re.match(r"\s*([A-Za-z0-9_]+)\s*=", text)
    return found.group(1).lower() if found else ""
