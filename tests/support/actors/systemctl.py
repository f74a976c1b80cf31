# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays systemctl, for a unit whose properties are in a file, and which runs the auditd next to it; see acted_host.py.

A property that is a list has its next value each time it is asked for, until one is left.
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[0]).absolute().parent.parent


def read(unit):
    path = ROOT / f"{unit}.json"
    return json.loads(path.read_text()) if path.exists() else {"LoadState": "not-found"}


def write(unit, **properties):
    (ROOT / f"{unit}.json").write_text(json.dumps({**read(unit), **properties}))


def show(names, unit):
    properties = read(unit)
    for name in names.split(","):
        value = properties.get(name, "")
        if isinstance(value, list):
            if len(value) > 1:
                write(unit, **{name: value[1:]})
            value = value[0]
        print(f"{name}={value}")
    return 0


def start(*words):
    unit, properties = words[-1], read(words[-1])
    needed = properties.get("Requires", "").split() if "--job-mode=ignore-dependencies" not in words else []
    if any(read(other).get("Result", "success") != "success" for other in needed):
        print(f"A dependency job for {unit} failed.")
        return 1
    status = subprocess.run([ROOT / "bin/auditd"], check=False).returncode
    write(unit, ExecMainStatus=str(status))
    if status:
        print(f"Job for {unit} failed.")
    return min(status, 1)


def enable(word, unit):
    if read(unit).get("Refuses"):
        print(f"Failed to {word} unit: {read(unit)['Refuses']}")
        return 1
    write(unit, UnitFileState=f"{word}d")
    return 0


def main():
    command, *words = sys.argv[1:]
    with open(ROOT / "calls", "a", encoding="utf-8") as file:
        file.write(f"systemctl {' '.join(sys.argv[1:])}\n")
    if command == "show":
        return show(words[1], words[2])
    if command == "start":
        return start(*words)
    if command == "is-enabled":
        print(read(words[0]).get("UnitFileState") or f"Failed to get unit file state for {words[0]}: No such file")
        return 0
    return enable(command, words[0]) if command in ("enable", "disable") else 0


sys.exit(main())
