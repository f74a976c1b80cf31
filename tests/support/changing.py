# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small host: a kernel in memory and a rules.d of its own, with all the ways to change them."""

from __future__ import annotations

import fcntl
import os

from ansible_collections.linux.audit.plugins.module_utils._kernel import lock
from ansible_collections.linux.audit.plugins.module_utils._policy.declaration import (
    Reach,
    add_declaration,
    declare,
    read_declaration,
)
from ansible_collections.linux.audit.plugins.module_utils._policy.options import Options
from ansible_collections.linux.audit.plugins.module_utils._policy.setting_lines import hold_settings
from ansible_collections.linux.audit.plugins.module_utils._policy.single_rules import Change, change_rules
from ansible_collections.linux.audit.plugins.module_utils._policy.sources import read_sources
from effects import record_files
from kernel_double import KernelDouble, connected, statements
from strategies import HOST

__all__ = ("System", "absent", "present")


def present(*lines):
    """The change that adds rules."""
    return Change(present=statements(*lines))


def absent(*lines):
    """The change that removes rules."""
    return Change(absent=statements(*lines))


class System:
    """``kernel`` and the files below ``directory``; Options are given by name."""

    def __init__(self, monkeypatch, tmp_path):
        self.root = tmp_path
        self.directory = tmp_path / "rules.d"
        self.directory.mkdir()
        self.file = self.directory / "50-linux-audit.rules"
        self.kernel = KernelDouble()
        self._monkeypatch = monkeypatch
        connected(monkeypatch, lambda: self.kernel, self.directory)

    def apply(self, change, **options):
        """Change single rules."""
        return change_rules(change, self._options(options), HOST)

    def declare(self, lines, purge="file", present=True, on_missing="fail", keep=(), keep_keys=(), **options):
        """Declare a set of rules and settings; ``purge: none`` only adds."""
        reach = Reach(purge, on_missing, present, tuple(keep), tuple(keep_keys))
        where = self._options(options)
        wanted = read_declaration(read_sources([{"name": "set", "rules": lines}], HOST).lines, reach, where, HOST)
        return (add_declaration if purge == "none" else declare)(wanted, reach, where, HOST)

    def set(self, wanted, **options):
        """Change settings by name."""
        return hold_settings(wanted, self._options(options), HOST)

    def write(self, name, *lines):
        """Write a file of rules.d."""
        path = self.directory / name
        path.write_text("".join(f"{line}\n" for line in lines))
        return path

    def lines_of(self, name):
        """The lines of a file of rules.d."""
        return (self.directory / name).read_text().splitlines()

    def files(self):
        """All texts by their paths."""
        return {str(path.relative_to(self.root)): path.read_text() for path in self.root.rglob("*") if path.is_file()}

    def state(self):
        """Everything that a change can affect: files, rules in their order, settings."""
        return self.files(), self.kernel.lines, self.kernel.settings

    def record(self):
        """From now on, record changes of files in the log of the kernel as well; return the log."""
        self.kernel.forget()
        record_files(self._monkeypatch, self.kernel.log, self.root)
        return self.kernel.log

    def is_locked(self):
        """Whether a run holds the lock: not even a shared lock of the file is granted."""
        (path,) = lock._LOCK_FILES
        handle = os.open(path, os.O_RDONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def _options(self, options):
        return Options(rules_dir=str(self.directory), file=self.file.name)._replace(**options)
