# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are played, for the tests of the daemon."""

import pytest

from acted_host import ActedHost


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """stage(manager, journal, version): a host on which auditd is installed, and not running yet."""
    hosts = []

    def stage(manager="systemd", journal=True, version="4.1.2"):
        hosts.append(ActedHost(tmp_path, monkeypatch, manager, journal, version))
        hosts[0].installed(version)
        return hosts[0]

    yield stage
    for host in hosts:
        host.close()


@pytest.fixture
def host(stage):
    """A host with systemd whose auditd is running."""
    host = stage()
    host.run()
    return host
