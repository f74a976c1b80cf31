# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role remote_logging with Kerberos and with TLS: who may send is heard, who may not is refused, and told so."""

import json

import pytest

from lab.kernel import LEGACY_NETFILTER
from lab.packages import install
from legacy_netfilter import needs_legacy_netfilter
from remote_logging import plays

KRB5_CONF = """\
[libdefaults]
  default_realm = AUDIT.TEST
  dns_canonicalize_hostname = false
  dns_lookup_kdc = false
  rdns = false
[realms]
  AUDIT.TEST = {{
    kdc = {server}
  }}
  OTHER.TEST = {{
    kdc = {server}
  }}
"""

KDC_CONF = """\
[realms]
  AUDIT.TEST = {
    database_name = /var/lib/krb5kdc/principal
    key_stash_file = /etc/krb5kdc/stash
  }
"""

MAKE_REALM = """
set -e
kdb5_util create -s -P secret -r AUDIT.TEST
for principal in {principals}; do
    kadmin.local -q "addprinc -randkey auditd/$principal"
    kadmin.local -q "ktadd -k /root/$principal.keytab auditd/$principal"
done
systemctl unmask krb5-kdc
systemctl start krb5-kdc
"""

RESTART = "service auditd stop; service auditd start"

pytestmark = pytest.mark.fleet


class Logging:
    """A server and a client that the role has set up."""

    def __init__(self, server, client, playbook, path):
        self.server, self.client, self._playbook, self._path = server, client, playbook, path

    def run(self, *tasks_from, **variables) -> list[dict]:
        """Run the role, or only some of its tasks on the client; return the results that failed."""
        playbook = plays(self.server, [self.client], remote_logging_prove_seconds=8, **variables)
        if tasks_from:
            tasks = [
                {"ansible.builtin.include_role": {"name": "linux.audit.remote_logging", "tasks_from": name}}
                for name in tasks_from
            ]
            playbook = [{name: value for name, value in playbook[1].items() if name != "roles"} | {"tasks": tasks}]
        self._path.write_text(json.dumps(playbook))
        lines = self._playbook(self._path, limit=f"{self.server.name},{self.client.name}")
        return [line["result"] for line in lines if line["result"].get("failed")]

    def delivers(self, **variables):
        """The role succeeds, and the server has the client's mark, in the server's own words."""
        failed = self.run(**variables)
        assert not failed, failed[-1].get("msg")
        found = self.server.run(f"ausearch --input-logs --raw --node {self.client.name} --message USER").stdout
        assert f"remote logging of {self.client.name}" in found

    def refuses(self, *words, **variables):
        """The proof fails, and says what client and server said, with one of these words in it."""
        *_others, last = self.run("prove", **variables)
        assert f"no record of {self.client.name}" in last["msg"]
        assert any(word in last["msg"] for word in words), last["msg"]


@pytest.fixture(scope="module")
def realm(lab, playbook, tmp_path_factory):
    """A server that is a KDC as well, and a client; their keytabs on this machine."""
    server, client = (lab.boot(release, name=f"krb5-{release}") for release in ("bookworm", "trixie"))
    directory = tmp_path_factory.mktemp("krb5")
    for guest in (server, client):
        guest.run("cat > /etc/krb5.conf", input=KRB5_CONF.format(server=server.address))
        guest.run("cat >> /etc/hosts", input="".join(f"{each.address} {each.name}\n" for each in (server, client)))
    server.run("mkdir -p /etc/krb5kdc && cat > /etc/krb5kdc/kdc.conf", input=KDC_CONF)
    server.run(MAKE_REALM.format(principals=f"{server.name} {client.name}"))
    for guest in (server, client):
        server.get(f"/root/{guest.name}.keytab", directory / f"{guest.name}.keytab")
    yield Logging(server, client, playbook, directory / "play.yml")
    for guest in (server, client):
        guest.stop()


@pytest.fixture(scope="module")
def tls(lab, playbook, tmp_path_factory):
    """A server and a client of audit 4.2."""
    server, client = (lab.boot("sid", name=f"tls-{part}") for part in ("server", "client"))
    yield Logging(server, client, playbook, tmp_path_factory.mktemp("tls") / "play.yml")
    for guest in (server, client):
        guest.stop()


def test_krb5_delivers(realm):
    keytab = str(realm._path.parent / "{{ inventory_hostname }}.keytab")
    realm.delivers(
        remote_logging_transport="krb5",
        remote_logging_servers=[realm.server.name],
        remote_logging_krb5_server_keytab_src=keytab,
        remote_logging_krb5_client_keytab_src=keytab,
    )
    assert realm.client.run("stat -c '%a %U' /etc/audit/audisp-remote.key").stdout == "400 root\n"
    assert realm.server.run("stat -c '%a %U' /etc/audit/audit.key").stdout == "400 root\n"


def test_krb5_refuses_another_realm(realm):
    change = "sed -i 's/default_realm = {}/default_realm = {}/' /etc/krb5.conf; " + RESTART
    realm.client.run(change.format("AUDIT", "OTHER"), timeout=300)
    try:
        realm.refuses("krb5 error", "GSS", remote_logging_transport="krb5")
    finally:
        realm.client.run(change.format("OTHER", "AUDIT"), timeout=300)


def test_tcp_refuses_an_unknown_client(realm):
    tcp = "sed -i '/^\\(krb5\\|transport\\)/d'"
    realm.client.run(f"{tcp} /etc/audit/audisp-remote.conf; {RESTART}", timeout=300)
    realm.server.run(
        f"{tcp} /etc/audit/auditd.conf; echo 'tcp_client_ports = 1-1023' >>/etc/audit/auditd.conf; {RESTART}"
    )
    realm.refuses("rejected")


KEYS = {"tls-client": "ab" * 32, "tls-other": "cd" * 32}


def test_tls_delivers(tls):
    tls.delivers(remote_logging_transport="tls", remote_logging_tls_keys=KEYS)
    assert tls.client.run("ls /etc/audit/tls").stdout == "tls-client.key\n"
    assert tls.client.run("stat -c '%a %U' /etc/audit/tls/tls-client.key").stdout == "400 root\n"


def test_a_client_that_calls_itself_by_another_name_gets_its_own_key(tls):
    """And its records keep their name."""
    tls.client.run("rm -r /etc/audit/tls; hostname tls-other")
    try:
        tls.delivers(remote_logging_transport="tls", remote_logging_tls_keys=KEYS)
        assert tls.client.run("ls /etc/audit/tls").stdout == "tls-client.key\n"
        assert "tls_psk_identity = tls-client\n" in tls.client.run("cat /etc/audit/audisp-remote.conf").stdout
        assert tls.server.run("ausearch --input-logs --raw --node tls-other || true").stdout == ""
    finally:
        tls.client.run("hostname tls-client")


def test_tls_refuses_a_wrong_key(tls):
    key = "/etc/audit/tls/tls-client.key"
    tls.client.run(f"cp -p {key} /root/kept; printf '%s\\n' {'ef' * 32} > {key}; {RESTART}", timeout=300)
    try:
        tls.refuses("TLS", "tls", remote_logging_transport="tls")
    finally:
        tls.client.run(f"cp -p /root/kept {key}; {RESTART}", timeout=300)


def test_tls_refuses_an_unknown_client(tls):
    tls.server.run(f"sed -i '/^tls-client/d' /etc/audit/tls/clients; {RESTART}", timeout=300)
    tls.refuses("TLS", "tls", remote_logging_transport="tls")


def test_tls_needs_audit_4_2(realm):
    failed = realm.run(remote_logging_transport="tls", remote_logging_tls_keys={realm.client.name: "ab" * 32})
    assert "The transport tls needs audit 4.2 or newer, and krb5-bookworm has 3.0.9" in json.dumps(failed)


def test_a_relay_passes_records_on(lab, playbook, tmp_path):
    """A host without a way to the last server sends to one that has; of two addresses the first does not answer."""
    top, relay, leaf = (
        lab.boot(release, name=name) for name, release in (("top", "bookworm"), ("relay", "trixie"), ("leaf", "sid"))
    )
    nobody = top.address.rpartition(".")[0] + ".250"
    modes = {
        top.name: {"mode": "server", "server_hosts": [top.name]},
        relay.name: {"mode": "both", "servers": [top.address], "server_hosts": [top.name]},
        leaf.name: {"mode": "client", "servers": [nobody, relay.address], "server_hosts": [relay.name]},
    }
    path = tmp_path / "play.yml"
    path.write_text(json.dumps([
        {
            "hosts": name,
            "gather_facts": False,
            "vars": {f"remote_logging_{key}": value for key, value in variables.items()}
            | {"remote_logging_manage_packages": False},
            "roles": [{"role": "linux.audit.remote_logging"}],
        }
        for name, variables in modes.items()
    ]))  # fmt: skip
    first, second = (playbook(path, limit=",".join(modes)) for _run in range(2))
    assert [line for line in first + second if line["result"].get("failed")] == []
    assert [(line["host"], line["task"]) for line in second if line["result"].get("changed")] == []
    found = top.run("sleep 2; ausearch --input-logs --raw --message USER").stdout
    for name in (relay.name, leaf.name):
        assert f"remote logging of {name}" in found
        assert f"node={name} " in found
    for guest in (top, relay, leaf):
        guest.stop()


LEGACY = "for name in iptables ip6tables; do update-alternatives --set $name /usr/sbin/$name-legacy; done; "
# By firewall: what closes the server for all but ssh, and what tells what is let through.
WALLS = {
    "iptables": (LEGACY + "iptables -A INPUT -i vec1 -p tcp -j DROP", "iptables -S INPUT"),
    "firewalld": (
        LEGACY + "systemctl stop firewalld; sed -i 's/^FirewallBackend=.*/FirewallBackend=iptables/;"
        " s/^IPv6_rpfilter=.*/IPv6_rpfilter=no/; s/^IndividualCalls=.*/IndividualCalls=yes/'"
        " /etc/firewalld/firewalld.conf; systemctl start firewalld",
        "firewall-cmd --list-rich-rules; firewall-cmd --permanent --list-rich-rules",
    ),
}


@needs_legacy_netfilter
@pytest.mark.parametrize("firewall", WALLS)
def test_a_firewall_lets_clients_through(lab, playbook, tmp_path, firewall):
    close, tell = WALLS[firewall]
    names = [(f"{firewall}-{part}", release) for part, release in (("server", "bookworm"), ("client", "trixie"))]
    server, client = lab.boot_all(names, kernel=LEGACY_NETFILTER)
    logging = Logging(server, client, playbook, tmp_path / "play.yml")
    if firewall == "firewalld":
        install(server, "firewalld")
    server.run(close)
    *_others, last = logging.run()
    assert f"no record of {client.name}" in last["msg"]
    variables = {"remote_logging_firewall": firewall, "remote_logging_firewall_sources": [client.address]}
    logging.delivers(**variables)
    told = server.run(tell).stdout
    assert client.address in told
    logging.delivers(**variables)
    assert server.run(tell).stdout == told
    for guest in (server, client):
        guest.stop()
