# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests on which scanners run."""

import pytest

from scanned_host import ScannedHost


@pytest.fixture(scope="module")
def scanned(lab, playbook, tmp_path_factory, request):
    """scanned(release): a guest with OpenSCAP, for the tests of one file."""
    hosts = {}

    def scanned(release):
        if release not in hosts:
            guest = lab.boot(release, name=f"{request.path.stem.replace('_', '-')}-{release}")
            hosts[release] = ScannedHost(guest, playbook, tmp_path_factory.mktemp(release))
        return hosts[release]

    yield scanned
    for host in hosts.values():
        host.guest.stop()
