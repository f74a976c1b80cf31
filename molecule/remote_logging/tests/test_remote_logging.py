# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the server has received from its clients, according to its own tools."""

import pytest

testinfra_hosts = ["ansible://bookworm"]


@pytest.mark.parametrize("node", ["bullseye", "trixie", "sid"])
def test_records_of_a_client_are_found_by_its_name(ausearch, node):
    found = ausearch(f"--node {node} --message USER")
    assert f"remote logging of {node}" in found
    assert "after the reboot of the server" in found


def test_no_record_has_another_name(host):
    nodes = host.check_output("grep -oh '^node=[^ ]*' /var/log/audit/audit.log* | sort -u").split()
    assert set(nodes) == {f"node={name}" for name in ("bookworm", "bullseye", "trixie", "sid")}


def test_server_listens_and_has_what_it_needs_at_boot(host):
    assert host.check_output("ss -Hltn 'sport = :60'")
    assert "StartLimitIntervalSec=0" in host.check_output("systemctl cat auditd")
    assert host.check_output("systemctl is-system-running") == "running"
