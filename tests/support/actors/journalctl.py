# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays journalctl: the entries of a file of JSON, by matches of fields and from a cursor on; see acted_host.py."""

import json
import pathlib
import sys

ROOT = pathlib.Path(sys.argv[0]).absolute().parent.parent


def main():
    arguments = sys.argv[1:]
    with open(ROOT / "calls", "a", encoding="utf-8") as file:
        file.write(f"journalctl {' '.join(arguments)}\n")
    late = ROOT / "journal.late"
    if "--sync" in arguments:
        with open(ROOT / "journal", "a", encoding="utf-8") as file:
            file.write(late.read_text() if late.exists() else "")
        late.unlink(missing_ok=True)
        return
    entries = [json.loads(line) for line in (ROOT / "journal").read_text().splitlines()]
    if "--show-cursor" in arguments:
        print(f"-- cursor: s={len(entries) - 1}")
        return
    (begin,) = (int(word.partition("s=")[2]) for word in arguments if word.startswith("--cursor="))
    # As in the real one: fields are joined by and, several values of one field by or.
    wanted = {}
    for field, sign, value in (word.partition("=") for word in arguments if not word.startswith("-")):
        if sign:
            wanted.setdefault(field, set()).add(value)
    for number, entry in enumerate(entries):
        if number >= begin and all(entry.get(field) in values for field, values in wanted.items()):
            print(json.dumps({"__CURSOR": f"s={number}", **entry}))


main()
