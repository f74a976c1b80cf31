# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order in which a process writes, syncs and removes files, as a log of its system calls."""

from __future__ import annotations

import os

__all__ = ("record_files",)


def record_files(monkeypatch, log, root):
    """Append to the log what happens to files below the root: ("write", name), ("remove", name), ("sync", name).

    Names are relative to the root. A draft, whose name is random, is called "temporary", so that logs can be compared.
    """

    def name(path):
        relative = os.path.relpath(os.path.realpath(path), os.path.realpath(root))
        return "temporary" if os.path.basename(relative).startswith(".linux-audit.") else relative

    def is_below(path):
        return not name(path).startswith("..")

    def wrap(function, describe):
        real = getattr(os, function)

        def recorded(*args, **options):
            entry, path = describe(*args)
            if is_below(path):
                log.append(entry)
            return real(*args, **options)

        monkeypatch.setattr(os, function, recorded)

    def of_descriptor(descriptor):
        path = os.readlink(f"/proc/self/fd/{descriptor}")
        return ("sync", name(path)), path

    for function in ("rename", "replace"):
        wrap(function, lambda source, target, *rest: (("write", name(target)), target))
    for function in ("unlink", "remove"):
        wrap(function, lambda path, *rest: (("remove", name(path)), path))
    for function in ("fsync", "fdatasync"):
        wrap(function, of_descriptor)
