# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule packs on hosts of many kinds, without a look at this machine."""

from __future__ import annotations

from ansible_collections.linux.audit.plugins.module_utils._policy import packs as expansion
from ansible_collections.linux.audit.plugins.module_utils._policy.packs import read_pack
from ansible_collections.linux.audit.plugins.plugin_utils import packs
from strategies import Host

__all__ = ("PackHost", "expanded", "hide_this_machine", "rules")


class PackHost(Host):
    """A host on which every directory exists."""

    def __init__(self, machine="x86_64", version=(3, 0, 9), kernel=(6, 1)):
        super().__init__(machine, version)
        self.kernel = kernel

    def is_directory(self, path):
        """One path is a directory."""
        return path == "/srv/data"


def hide_this_machine(monkeypatch):
    """Let no directory be missing, two programs be setuid, and no other disk be mounted, whatever this machine has."""
    monkeypatch.setattr(expansion, "missing_directory", lambda rule: None)
    monkeypatch.setattr(expansion, "privileged_programs", lambda directories: ["/usr/bin/su", "/opt/a b"])
    monkeypatch.setattr(expansion, "unsearched_file_systems", lambda directories: [])


def expanded(name, host, **parameters):
    """The rules of a pack on a host, without the packs that it includes."""
    (source,) = [
        source for source in packs.sources([{"name": name, "parameters": parameters}]) if source["name"] == name
    ]
    return read_pack(name, source["content"], source["parameters"], host)


def rules(pack):
    """The rules of an expanded pack; none of its lines may be invalid."""
    assert [str(line.error) for line in pack.lines if line.error] == []
    return [line.statement.rule for line in pack.lines if line.statement and line.statement.rule]
