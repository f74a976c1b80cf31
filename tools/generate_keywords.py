# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the tables of docs/daemon.md from plugins/module_utils/_daemon/keywords.py."""

import importlib
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "daemon.md"
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "support")]
    importlib.import_module("conftest")  # makes ansible_collections.linux.audit of this checkout

# ruff: noqa: E402
from ansible_collections.linux.audit.plugins.module_utils._daemon.keywords import FILES, PLUGINS
from ansible_collections.linux.audit.plugins.module_utils._daemon.schema import OLDEST, ByRelease

KINDS = {
    "action": "{words}; `exec PATH`",
    "args": "words; before 4.0.1 no more than two",
    "group": "a group, or its number",
    "log file": "an absolute path in a directory that exists",
    "mail account": "an account or an address",
    "number": "{low} to {high}{words}",
    "path": "an absolute path",
    "plugin path": "an absolute path",
    "ports": "a port, or two with a dash between them",
    "remote action": "{words}; `exec PATH`",
    "space": "MB, or (2.8.5) 0% to 99%",
    "text": "a word",
    "time": "seconds, or a number with m, h, d or (4.1.4) s; up to 40d",
    "word": "{words}",
    "yes or no": "yes, no",
}
NEEDS = {
    "none": "nothing",
    "grow": "reload; smaller: restart",
    "enable": "reload if there was none and without tls; otherwise restart",
    "given": "reload; hostname, fqd, numeric: restart",
}


def dotted(version):
    return ".".join(map(str, version))


def history(value, show=str):
    """A value, or what it has been since when."""
    if not isinstance(value, ByRelease):
        return "" if value is None else show(value)
    first, *later = value.steps
    return ", ".join([show(first[1]), *(f"{show(new)} since {dotted(since)}" for since, new in later)])


def word(choice):
    until = f" (before {dotted(choice.until)})" if choice.until else ""
    since = f" ({dotted(choice.since)})" if choice.since != OLDEST else ""
    return choice.name + since + until


def row(keyword):
    words = ", ".join(word(choice) for choice in keyword.choices() if choice.name != "exec")
    if keyword.kind == "number" and words:
        words = f", {words}"
    values = KINDS[keyword.kind].format(words=words, low=history(keyword.low), high=keyword.high)
    release = "" if keyword.since == OLDEST else dotted(keyword.since)
    need = history(keyword.need, lambda need: NEEDS.get(need, need))
    return f"| `{keyword.name}` | {values} | {history(keyword.default)} | {release} | {need} |"


def table(file):
    head = "| Keyword | Values | Without a line | Since | A change takes |\n|---|---|---|---|---|\n"
    return head + "\n".join(row(keyword) for keyword in file.keywords.values()) + "\n"


def plugins():
    rows = ["| Name | File | Since | Program and arguments |", "|---|---|---|---|"]
    for name, known in PLUGINS.items():
        for since, plugin in known.steps:
            command = f"`{plugin.path} {plugin.args}`".replace(" `", "`")
            file = f"`{plugin.file}.conf`"
            release = "" if since == OLDEST else dotted(since)
            rows.append(f"| `{name}` | {file} | {release} | {command}, {plugin.format} |")
    return "\n".join(rows) + "\n"


def generate(page):
    """The page with its tables as they should be."""
    tables = {file.name: table(file) for file in FILES} | {"plugins": plugins()}
    for name, text in tables.items():
        block = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->\n)", re.DOTALL)
        page, count = block.subn(lambda found, text=text: found[1] + text + found[2], page)
        assert count == 1, name
    return page


if __name__ == "__main__":
    PAGE.write_text(generate(PAGE.read_text()))
