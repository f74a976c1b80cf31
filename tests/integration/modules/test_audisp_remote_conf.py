# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audisp_remote_conf on the real plugin, which sends to a port of the guest itself."""

import pytest

from audited import assert_message, task
from daemon_host import PLUGINS_D, REMOTE, DaemonHost
from releases import releases

# What a change takes while the plugin is active.
RELEASES = {"bookworm": "restart", "sid": "reload"}
QUEUE = "/var/spool/audit"

# Takes connections, and says by which port they came.
_LISTENER = """
cat >/root/listener.py <<'END'
import select, socket
listeners = [socket.create_server(("127.0.0.1", port)) for port in (1060, 1061)]
held = []
while True:
    for listener in select.select(listeners, [], [])[0]:
        held.append(listener.accept()[0])
        with open("/root/connected", "a") as file:
            print(listener.getsockname()[1], file=file)
END
setsid python3 /root/listener.py >/dev/null 2>&1 </dev/null &
"""
CONNECTED = """
for i in $(seq 80); do auditctl -m hello; grep -q {} /root/connected 2>/dev/null && exit; sleep 0.2; done
exit 1
"""


@pytest.fixture(scope="module", params=releases("sid", fleet=("bookworm",)))
def sending(lab, request):
    """A guest of each of the releases, with something to send to."""
    guest = lab.boot(request.param, name=f"{request.param}-sending")
    guest.run(_LISTENER)
    yield guest
    guest.stop()


@pytest.fixture
def host(sending, playbook, tmp_path):
    """That guest, with the files of the packages."""
    return DaemonHost(sending, playbook, tmp_path)


def test_sending(host):
    """First the file, then the plugin, then another port; the plugin sends where its file says."""
    pid = host.pid
    settings = {"remote_server": "127.0.0.1", "port": 1060, "mode": "forward", "network_failure_action": "syslog"}
    result, state = host.four_times("audisp_remote_conf", {"settings": settings})
    assert (result["action"], result["created"], host.pid) == ("none", [QUEUE], pid)
    assert host.guest.run(f"stat -c '%a %U:%G' {QUEUE}").stdout == "700 root:root\n"
    assert "\nremote_server = 127.0.0.1\nport = 1060\n##local_port" in state.files[REMOTE]
    assert {key: host.settings(REMOTE)[key] for key in settings} == {key: str(value) for key, value in settings.items()}

    result, _state = host.four_times("audisp_plugin", {"name": "au-remote", "active": True})
    assert (result["action"], list(host.children())) == ("reload", ["/sbin/audisp-remote"])
    host.guest.run(CONNECTED.format(1060))
    before = host.children()

    result, _state = host.four_times("audisp_remote_conf", {"option": "port", "value": 1061})
    assert result["action"] == RELEASES[host.guest.release]
    assert list(host.children()) == ["/sbin/audisp-remote"]
    assert host.children() != before
    host.guest.run(CONNECTED.format(1061))

    host.fails("audisp_remote_conf", {"option": "remote_server", "state": "absent"}, "remote_server", "au-remote.conf")
    host.fails("audisp_remote_conf", {"settings": {"remote_server": ""}}, "remote_server must have a value")
    host.guest.run(f"rm -r {QUEUE}")
    (made,) = host.tasks(task("audisp_remote_conf", {"option": "port", "value": 1061}))
    assert (made["changed"], made["created"]) == (True, [QUEUE])
    assert list(host.children()) == ["/sbin/audisp-remote"]

    if RELEASES[host.guest.release] == "reload":
        # It reads all files of plugins or none.
        host.guest.run(f"echo 'active = perhaps' >{PLUGINS_D}/broken.conf")
        before = host.state()
        (failed,) = host.tasks(task("audisp_remote_conf", {"option": "port", "value": 1060}))
        assert_message(failed["msg"], "has not ended its plugin", "broken.conf", "auditd runs again as before")
        assert host.state() == before


def test_the_plugin_is_not_started_without_what_it_needs(host):
    """As it would end again and again while auditd stays active."""
    plugin = task("audisp_plugin", {"name": "au-remote", "active": True})
    host.fails("audisp_plugin", {"name": "au-remote", "active": True}, "has no remote_server")
    host.guest.run(f"sed -i 's/^remote_server.*/remote_server = 127.0.0.1/; s/^mode.*/mode = forward/' {REMOTE}")
    result, _state = host.four_times("audisp_plugin", {"name": "au-remote", "active": True})
    assert (result["created"], list(host.children())) == ([QUEUE], ["/sbin/audisp-remote"])
    off, broken, on = host.tasks(
        task("audisp_plugin", {"name": "au-remote", "active": False}),
        f"echo 'port = 99999' >>{REMOTE}",
        plugin,
    )
    assert (off["action"], broken) == ("reload", "")
    assert on["failed"]
    assert "port = 99999" in on["msg"]


def test_what_is_wrong_is_named_and_costs_nothing(host):
    cases = [
        ({"settings": {"port": 65536}}, REMOTE, "port = 65536", "0 to 65535"),
        ({"settings": {"mode": "forward", "format": "ascii"}}, "mode forward needs format managed"),
        ({"settings": {"transport": "udp"}}, "one of tcp, krb5"),
        ({"settings": {"transport": "tls"}}, "tls"),
        ({"settings": {"startup_failure_action": "stop"}}, "startup_failure_action = stop", "warn_once_continue"),
        ({"settings": {"network_failure_action": "exec /root/none"}}, "there is no file /root/none"),
        ({"settings": {"queue_file": "spool"}}, "absolute path"),
        ({"settings": {"servers": "a"}}, "servers is not a keyword of audisp-remote.conf"),
        ({"settings": {"krb5_principal": "n" * 130}}, "longer than the 126 bytes"),
    ]
    if host.guest.release == "bookworm":
        words = "audit 4.2 added tls_psk_file to audisp-remote.conf; this is audit 3.0.9"
        cases.append(({"settings": {"tls_psk_file": "/etc/audit/psk"}}, words))
    host.refused("audisp_remote_conf", *cases)
    assert host.settings(f"{PLUGINS_D}/au-remote.conf")["active"] == "no"
