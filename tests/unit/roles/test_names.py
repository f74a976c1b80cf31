# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which name and key a host gets from the role remote_logging: what the inventory says, never what the host says."""

import pytest

from hostile_host import HostileHosts, failures, shown

KEYS = {"web1": "ab" * 32, "web2": "cd" * 32}
# What a client calls itself that wants to be another one.
CLAIM = {"setup": {"ansible_facts": {
    "ansible_nodename": "web2", "ansible_hostname": "web2", "ansible_fqdn": "web2", "ansible_os_family": "Debian",
}}}  # fmt: skip
SHOW = {"ansible.builtin.debug": {"msg": [
    "{{ __remote_logging_identities }}", "{{ __remote_logging_client_settings.tls_psk_file }}",
    "{{ __remote_logging_client_settings.tls_psk_identity }}", "{{ __remote_logging_auditd_conf.name }}",
]}, "name": "Show"}  # fmt: skip


def play(*steps, gather=True):
    """Steps of the role that run on this controller, and what the role would do with the names."""
    role = {"name": "linux.audit.remote_logging", "public": True}
    tasks = [{"ansible.builtin.include_role": role | {"tasks_from": step}} for step in steps]
    return [{"hosts": "all", "gather_facts": gather, "tasks": [*tasks, SHOW]}]


@pytest.fixture
def hosts(tmp_path):
    """web1, which claims to be web2, and web2."""
    return HostileHosts(tmp_path, {"web1": CLAIM, "web2": {}})


def failed_items(lines):
    return str([line["result"].get("results") for line in lines if line["result"].get("failed")])


def run(hosts, *steps, **extra):
    variables = {
        "remote_logging_transport": "tls", "remote_logging_tls_keys": KEYS, "remote_logging_servers": ["logs"],
        "remote_logging_prove": False,
    }  # fmt: skip
    return hosts.run(play(*(steps or ("names.yml", "check.yml"))), **variables | extra)


def test_a_client_gets_its_own_key_whatever_it_calls_itself(hosts):
    """And writes records under its own name."""
    lines = run(hosts)
    assert failures(lines) == {}
    by_host = {line["host"]: line["result"]["msg"] for line in lines if line["task"] == "Show"}
    for host in KEYS:
        assert by_host[host] == [[host], f"/etc/audit/tls/{host}.key", host, host]


@pytest.mark.parametrize(("name_format", "named"), [("user", True), ("hostname", False), ("fqd", False)])
def test_a_name_is_set_only_in_the_format_that_has_one(hosts, name_format, named):
    """The other formats take the host's own name, which a name of auditd.conf would replace at a reload."""
    show = {"ansible.builtin.debug": {"msg": "{{ __remote_logging_auditd_conf }}"}, "name": "Settings"}
    (one,) = play("names.yml")
    one["tasks"].append(show)
    variables = {"remote_logging_servers": ["logs"], "remote_logging_prove": False}
    variables["remote_logging_name_format"] = name_format
    lines = hosts.run([one], **variables, remote_logging_tls_keys=KEYS, remote_logging_transport="tls")
    held = {line["host"]: line["result"]["msg"] for line in lines if line["task"] == "Settings"}
    for host in KEYS:
        assert (held[host]["name_format"], held[host]["name"]) == (name_format, host if named else None)


@pytest.mark.parametrize(
    "variables", [{"remote_logging_tls_identity": "web2"}, {"remote_logging_node_name": "web2"},
                  {"remote_logging_node_name": "WEB2"}]
)  # fmt: skip
def test_two_hosts_with_one_name_are_refused_before_a_host_is_changed(hosts, variables):
    """The sentence names both hosts."""
    hosts.inventory["all"]["hosts"]["web1"] |= variables
    said = "".join(failures(run(hosts, "names.yml")).values())
    assert "hosts have the same name for remote logging: web2 is the name of web1, web2." in said
    assert "in the inventory" in said


def test_a_host_that_is_not_in_the_play_keeps_its_name_too(hosts):
    """As with --limit."""
    hosts.inventory["all"]["hosts"]["web1"] |= {"remote_logging_node_name": "web2"}
    hosts.inventory["all"]["children"] = {"audit_clients": {"hosts": {"web1": {}, "web2": {}}}}
    lines = hosts.run(play("names.yml"), "--limit", "web1")
    assert "web2 is the name of web1, web2." in failures(lines)["web1"]
    assert shown(lines, "Show") == []


@pytest.mark.parametrize("fact", ["remote_logging_node_name", "remote_logging_tls_identity", "__remote_logging_names"])
def test_a_host_that_claims_a_name_by_a_fact_fails_alone(tmp_path, fact):
    """The host whose name it claims goes on."""
    claimed = {"node": "web2", "identity": "web2"} if fact == "__remote_logging_names" else "web2"
    hosts = HostileHosts(tmp_path, {"web1": {"setup": {"ansible_facts": {fact: claimed}}}, "web2": {}})
    steps = play("names.yml", "check.yml")
    first = {"name": "linux.audit.auditd", "tasks_from": "facts.yml"}
    steps[0]["tasks"].insert(0, {"ansible.builtin.include_role": first})
    variables = {"remote_logging_transport": "tls", "remote_logging_tls_keys": KEYS, "remote_logging_servers": ["logs"]}
    lines = hosts.run(steps, remote_logging_prove=False, **variables)
    assert list(failures(lines)) == ["web1"]
    assert fact in failures(lines)["web1"]
    assert [line["host"] for line in lines if line["task"] == "Show"] == ["web2"]


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ("remote_logging_node_name", "remote_logging_node_name must start with a letter or digit"),
        ("remote_logging_tls_identity", "are names of files. They must start with a letter or digit"),
    ],
)
def test_a_name_that_is_not_safe_as_a_file_name_is_refused(tmp_path, variable, message):
    """For each of several hosts that have one such name each, and not for the one that has none."""
    names = ["../web2", "web 2", "web2\n", "-x", "a/b", "", "x" * 201, "web\u202e"]
    bad = {f"bad{number}": name for number, name in enumerate(names)}
    hosts = HostileHosts(tmp_path, {host: {} for host in [*bad, "good"]})
    for host, name in bad.items():
        hosts.inventory["all"]["hosts"][host] |= {variable: name}
    keys = {host: f"{number:064x}" for number, host in enumerate([*bad, "good"])}
    lines = run(hosts, remote_logging_tls_keys=keys)
    said = {host: failed_items(line for line in lines if line["host"] == host) for host in [*bad, "good"]}
    assert [host for host in said if message in said[host]] == list(bad), said


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (KEYS | {"../x": "ef" * 32}, "are names of files"),
        (KEYS | {"web3": "AB" * 32}, "have the same key"),
        (KEYS | {"web3": "ef" * 32 + "\n"}, "at least 64 hexadecimal digits"),
        ({"web2": "ab" * 32}, "has no key for the identity web1"),
    ],
)
def test_wrong_keys_are_refused(hosts, keys, message):
    assert message in failed_items(run(hosts, remote_logging_tls_keys=keys))


def test_a_server_does_not_choose_by_a_fact_where_clients_send_their_records(tmp_path):
    """The address is that of the inventory."""
    claim = {"setup": {"ansible_facts": {
        "ansible_host": "192.0.2.66", "ansible_ssh_host": "192.0.2.66", "ansible_os_family": "Debian",
        "inventory_hostname": "x", "groups": {}, "ansible_play_hosts_all": [],
    }}}  # fmt: skip
    hosts = HostileHosts(tmp_path, {"web1": {}, "logs": claim})
    hosts.inventory["all"]["hosts"]["logs"]["ansible_host"] = "192.0.2.1"
    hosts.inventory["all"]["children"] = {"audit_servers": {"hosts": {"logs": {}}}}
    show = {"ansible.builtin.debug": {"msg": "{{ remote_logging_servers }}"}, "name": "Servers"}
    (one,) = play("names.yml")
    one["tasks"][-1] = show
    lines = hosts.run([one])
    assert failures(lines) == {}
    assert shown(lines, "Servers") == [["192.0.2.1"]] * 2
