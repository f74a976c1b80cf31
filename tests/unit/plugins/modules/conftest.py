# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that are played, for the modules of the daemon."""

import pytest

from acted_host import REMOTE, ActedHost


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """stage(version, runs): a host on which that release of auditd is installed and, if so asked, running."""
    hosts = []

    def stage(version="4.1.2", runs=True):
        hosts.append(ActedHost(tmp_path, monkeypatch, version=version))
        hosts[0].installed(version)
        hosts[0].remote.write_text(REMOTE)
        # As on a host, whatever the umask of who runs the tests.
        hosts[0].remote.chmod(0o640)
        if runs:
            hosts[0].run()
        return hosts[0]

    yield stage
    for host in hosts:
        host.close()


@pytest.fixture
def host(stage):
    """A host on which auditd is running."""
    return stage()
