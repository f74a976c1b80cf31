# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults of remote logging, and how many of a client's records arrive in spite of them."""

import subprocess
import time
from typing import NamedTuple

from paths import ON_GUEST

LOAD = ON_GUEST / "load.py"
LOG = "/var/log/audit/audit.log"
AUDITD_CONF = "/etc/audit/auditd.conf"
RATE = 20  # records a second


class Counted(NamedTuple):
    """Records that a client made and logged itself, different ones that the server has, and how many it has twice."""

    made: int
    arrived: int
    repeated: int


def plays(server, clients, **variables) -> list[dict]:
    """A playbook that sets up a server and its clients, guests of a lab, with the role remote_logging."""
    common = {
        "remote_logging_server_hosts": [server.name],
        "remote_logging_servers": [server.address],
        "remote_logging_manage_packages": False,
    }
    role = [{"role": "linux.audit.remote_logging"}]
    return [
        {"hosts": ",".join(names), "gather_facts": False, "vars": common | variables, "roles": role}
        for names in ([server.name], [client.name for client in clients])
    ]


def numbers(guest, name: str) -> list[int]:
    """The numbers of the records of one load in a guest's logs."""
    found = guest.run(f"cat {LOG}* | grep -o 'load={name} number=[0-9]*\\.' || true").stdout
    return [int(line.rpartition("=")[2].rstrip(".")) for line in found.splitlines()]


class Faults:
    """A server and a client of it, to which things happen while the client makes records; each returns Counted."""

    def __init__(self, lab, server, client, *, seconds: float):
        """`seconds`: how long faults last."""
        self.lab, self.server, self.client, self.seconds = lab, server, client, seconds
        client.put(LOAD, "/root/load.py")

    def none(self) -> Counted:
        """Nothing happens."""
        return self._under_load("none", lambda: time.sleep(self.seconds))

    def server_stopped(self) -> Counted:
        """The server's auditd is stopped, and started again."""

        def fault():
            self._run(self.server, "service auditd stop")
            time.sleep(self.seconds)
            self._run(self.server, "service auditd start")

        return self._under_load("stopped", fault)

    def server_rebooted(self) -> Counted:
        """The server is booted."""
        return self._under_load("rebooted", self.server.reboot)

    def server_crashed(self) -> Counted:
        """The server loses its power for a while, and what it had not written."""

        def fault():
            self.server.stop()
            time.sleep(self.seconds)
            self.server.start()

        return self._under_load("crashed", fault)

    def client_rebooted(self) -> Counted:
        """The client is booted. What it makes is counted in its own log."""
        self._start("client")
        time.sleep(2)
        self.client.reboot()
        return self._settled("client", len(set(numbers(self.client, "client"))))

    def cable_cut(self) -> Counted:
        """The client is unplugged, and plugged in again."""

        def fault():
            self.client.cut()
            time.sleep(self.seconds)
            self.client.join()

        return self._under_load("cut", fault)

    def disk_full(self) -> Counted:
        """The server's disk, a small one, is full, and logging suspended, until somebody makes room and resumes it."""
        # What the role sets about space is about larger disks.
        small = "s/^space_left = .*/space_left = 3/; s/^admin_space_left = .*/admin_space_left = 2/"
        self._run(
            self.server,
            f"service auditd stop; cp {AUDITD_CONF} {AUDITD_CONF}.kept; sed -i '{small}' {AUDITD_CONF}; "
            "mount -t tmpfs -o size=8m,mode=0750 tmpfs /var/log/audit; service auditd start",
        )

        def fault():
            self._run(self.server, "dd if=/dev/zero of=/var/log/audit/full bs=64k 2>/dev/null || true")
            time.sleep(self.seconds)
            self._run(self.server, "rm /var/log/audit/full; kill -USR2 $(pidof auditd)")

        try:
            return self._under_load("full", fault)
        finally:
            restore = f"umount /var/log/audit; mv {AUDITD_CONF}.kept {AUDITD_CONF}"
            self._run(self.server, f"service auditd stop; {restore}; service auditd start")

    def queue_full(self, depth: int) -> Counted:
        """The server is stopped until the client has made twice as many records as its queue holds."""
        conf = "/etc/audit/audisp-remote.conf"
        change = "cp {0} {0}.kept && sed -i 's/^queue_depth = .*/queue_depth = {1}/' {0}"
        queue = "rm -f /var/spool/audit/*"
        self._run(self.client, f"service auditd stop; {change.format(conf, depth)}; {queue}; service auditd start")
        self._run(self.server, "service auditd stop")
        try:
            made = self._make("queue", depth * 2 / RATE)
            self._run(self.server, "service auditd start")
            self._run(self.client, "auditctl -m reconnect")
            return self._settled("queue", made)
        finally:
            self._run(self.client, f"service auditd stop; mv {conf}.kept {conf}; {queue}; service auditd start")

    @staticmethod
    def _run(guest, command):
        """A daemon that ends writes its queue first, which takes its time on a machine that is busy."""
        guest.run(command, timeout=300)

    def _under_load(self, name, fault):
        """Make records while something happens, and for a while before and afterwards."""
        process = self._start(name)
        time.sleep(3)
        fault()
        time.sleep(3)
        process.stdin.close()
        made = int(process.stdout.read())
        process.wait()
        return self._settled(name, made)

    def _start(self, name):
        return subprocess.Popen(
            ["ssh", "-F", self.lab.ssh_config, self.client.name, f"python3 /root/load.py {name} {RATE}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _make(self, name, seconds):
        process = self._start(name)
        time.sleep(seconds)
        process.stdin.close()
        made = int(process.stdout.read())
        process.wait()
        return made

    def _settled(self, name, made):
        """Count when all have arrived, or no more come for as long as the plugin may take to connect again."""
        arrived, since = [], time.monotonic()
        while len(set(arrived)) < made and time.monotonic() - since < 30:
            time.sleep(2)
            count = len(arrived)
            arrived = numbers(self.server, name)
            if len(arrived) != count:
                since = time.monotonic()
        return Counted(made, len(set(arrived)), len(arrived) - len(set(arrived)))
