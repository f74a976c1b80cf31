# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scanners' word on hosts that the roles have brought to standards: CIS beside the STIG, and with remote logging."""

import json

import pytest

from distributions import disguise
from remote_logging import plays
from scanned_host import ScannedHost
from scans import BY_ROLES

pytestmark = pytest.mark.fleet

CLIENTS = ("stig_rhel9", "stig_ubuntu2204")
#: By client, what its STIG wants of remote logging: where names in records come from, and what the server is called.
LOGGING = {
    "stig_rhel9": {"remote_logging_name_format": "hostname"},
    "stig_ubuntu2204": {"remote_logging_servers": ["logcollector"]},
}
#: By client, the keys under which the change of a file is found.
CHANGE = "touch /etc/sudoers.d/scanned; rm /etc/sudoers.d/scanned"
KEYS = {"stig_rhel9": ("scope", "identity"), "stig_ubuntu2204": ("privilege_modification",)}


@pytest.fixture(scope="module")
def site(lab, playbook, tmp_path_factory):
    """A server, and its clients by the STIG of their distribution; both roles have run on them, and changed all."""
    names = [(name.replace("_", "-"), "bookworm") for name in ("log_server", *CLIENTS)]
    server, *guests = lab.boot_all(names)
    hosts = {}
    for standard, guest in zip(CLIENTS, guests, strict=True):
        hosts[standard] = ScannedHost(guest, playbook, tmp_path_factory.mktemp(standard))
        disguise(guest, standard)
        guest.run(f"echo {server.address} logcollector >>/etc/hosts")
    book = tmp_path_factory.mktemp("site") / "site.yml"
    book.write_text(
        json.dumps([play for standard in CLIENTS for play in _plays(server, hosts[standard].guest, standard)])
    )
    limit = ",".join(guest.name for guest in (server, *guests))

    def run():
        lines = playbook(book, limit=limit)
        assert [line for line in lines if line["result"].get("failed")] == []
        return [(line["host"], line["task"]) for line in lines if line["result"].get("changed")]

    assert run()
    yield server, hosts, run
    for guest in (server, *guests):
        guest.stop()


def _plays(server, client, standard):
    """Remote logging to the server, and on the client the standards of the scans."""
    items = next(scan.items for scan in BY_ROLES if standard in dict(scan.items))
    both = plays(server, [client])
    auditd = {
        "auditd_manage_packages": False,
        "auditd_rule_packs": [],
        "auditd_standards": [
            {"name": name.replace(standard, "stig"), "parameters": parameters} for name, parameters in items
        ],
        "auditd_purge": "all",
        "auditd_remote_logging": True,
    }
    both[1]["vars"] = both[1]["vars"] | LOGGING[standard] | auditd
    both[1]["roles"] = [{"role": "linux.audit.auditd"}, *both[1]["roles"]]
    return both


@pytest.mark.parametrize("scan", BY_ROLES, ids=[scan.title for scan in BY_ROLES])
def test_each_rule_passes_or_its_failure_is_explained(scan, site):
    host = site[1][next(name for name in CLIENTS if name in dict(scan.items))]
    assert host.unexplained(scan) == []


@pytest.mark.parametrize("standard", CLIENTS)
def test_the_server_finds_the_event_by_the_host_and_the_keys_of_all_standards(standard, site):
    server, hosts, _run = site
    guest = hosts[standard].guest
    guest.run(CHANGE)
    for key in KEYS[standard]:
        search = f"ausearch --input-logs --raw --node {guest.name} --key {key} | grep -c sudoers.d/scanned"
        found = server.run(f"for second in 1 2 3 4 5 6 7 8 9 10; do {search} && break; sleep 1; done").stdout
        assert int(found.split()[-1]) > 0, key


def test_a_second_run_changes_nothing(site):
    assert site[2]() == []
