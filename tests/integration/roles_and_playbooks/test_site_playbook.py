# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook site: three roles on one fleet, with variables as an INI inventory gives them."""

import pytest

pytestmark = pytest.mark.fleet

# A number and booleans as strings, and a keyword of auditd.conf that remote logging owns.
INVENTORY = """\
[audit_servers]
{server}
[audit_clients]
{client}
[audit_locked]
{client}
[audit_servers:vars]
remote_logging_server_settings={{"space_left": 90}}
[all:vars]
auditd_manage_packages=false
auditd_log_space="256"
auditd_settings={{"freq": 20, "q_depth": 3000}}
immutable_loginuid=false
remote_logging_manage_packages=false
remote_logging_heartbeat="3"
remote_logging_prove_seconds="20"
remote_logging_servers=["{address}"]
"""


@pytest.fixture(scope="module")
def fleet(lab, tmp_path_factory):
    """A server and a client, and the inventory that puts them into groups."""
    server, client = lab.boot_all([("site-server", "bookworm"), ("site-client", "trixie")])
    inventory = tmp_path_factory.mktemp("site") / "inventory.ini"
    inventory.write_text(INVENTORY.format(server=server.name, client=client.name, address=server.address))
    yield server, client, inventory
    for guest in (server, client):
        guest.stop()


def test_site_changes_nothing_the_second_time(fleet, results):
    """Neither a keyword that two roles could set, nor a string where a role expects a number, changes anything."""
    server, client, inventory = fleet
    words = ("ansible-playbook", "linux.audit.site", "-i", str(inventory), "--limit", f"{server.name},{client.name}")
    first, second = results(*words), results(*words)
    assert [line for line in first + second if line["result"].get("failed")] == []
    assert any(line["result"].get("changed") for line in first)
    assert [(line["host"], line["task"]) for line in second if line["result"].get("changed")] == []

    def settings(guest):
        lines = guest.run("cat /etc/audit/auditd.conf").stdout.splitlines()
        return dict(line.split(" = ", 1) for line in lines if " = " in line)

    # What each role owns, and what the user set for either.
    held = settings(server)
    assert (held["flush"].lower(), held["tcp_client_max_idle"], held["space_left"]) == ("data", "90", "90")
    for guest in (server, client):
        held = settings(guest)
        assert (held["name_format"].lower(), held["name"]) == ("user", guest.name)
        assert (held["freq"], held["num_logs"]) == ("20", "8")
    assert settings(client)["q_depth"] == "10000"
    assert settings(server)["q_depth"] == "3000"
    assert settings(client)["flush"].lower() == "incremental_async"
    assert "enabled 2" in client.run("auditctl -s").stdout
    (said,) = {line["result"]["msg"] for line in second if "auditd_settings has no effect" in str(line["result"])}
    assert said.startswith(f"{client.name}: auditd_settings has no effect on q_depth, because the role remote_logging")


def test_an_unknown_os_family_is_named_with_what_to_set(fleet, results, tmp_path):
    """One sentence, instead of an error about an undefined variable."""
    server, _client, _inventory = fleet
    path = tmp_path / "play.yml"
    facts = "{ansible_facts: {os_family: Plan9, cmdline: {}, nodename: x}}"
    for role in ("auditd", "remote_logging"):
        path.write_text(
            f"- hosts: {server.name}\n  gather_facts: false\n  tasks:\n"
            f"    - ansible.builtin.set_fact: {facts}\n"
            f"    - ansible.builtin.include_role: {{name: linux.audit.{role}}}\n"
            f"      vars: {{remote_logging_server_hosts: [{server.name}]}}\n"
        )
        (failed,) = [line["result"] for line in results("ansible-playbook", str(path)) if line["result"].get("failed")]
        assert failed["msg"] == (
            f"{server.name}: the names of the packages are known for the OS families Debian, RedHat, Suse, and not for "
            f"Plan9. Set {role}_packages to the packages of audit and its plugins, or {role}_manage_packages to false "
            "if they are already installed."
        )
