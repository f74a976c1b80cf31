# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures for the testinfra tests of all scenarios."""

import pytest


@pytest.fixture
def ausearch(host):
    """ausearch(options): the records that it finds in the host's log; it waits, and without any the test fails."""

    def ausearch(options: str) -> str:
        search = f"ausearch --input-logs --raw {options}"
        found = host.run(f"timeout 20 sh -c 'until {search}; do sleep 0.2; done'")
        assert found.rc == 0, f"{host.backend.hostname}: {search} finds nothing: {found.stderr}"
        return found.stdout

    return ausearch
