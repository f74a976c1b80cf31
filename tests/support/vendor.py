# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The oracle for rules: auditctl and the kernel of a guest, which load lines and say what they hold."""

import base64
import re
import zlib

import strategies
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from paths import MODULE_UTILS

__all__ = ("FIRST", "Vendor", "refused_lines")

# The rule that is loaded first: auditctl complains on stderr only once it has sent a rule, before that to syslog.
FIRST = "-a always,exit -S all -F a3=0xABCDEF -k the-first-of-all"

DUMP = """
import base64, zlib
from module_utils._kernel.netlink import Kernel
with Kernel() as kernel:
    rules = "\\n".join(held.data.hex() for held in kernel.rules())
print(base64.b64encode(zlib.compress(rules.encode())).decode())
"""


def refused_lines(errors):
    """What `auditctl -R` says of the lines that it refuses, by place: lines come after -c and FIRST."""
    refused, reasons = {}, []
    for message in errors.splitlines():
        found = re.match(r"There was an error in line (\d+) of", message)
        if found:
            refused[int(found.group(1)) - 3] = " ".join(reasons)
            reasons = []
        elif not re.search(r"warning|slower|while processing", message, re.IGNORECASE):
            reasons.append(message)
    return refused


class Vendor:
    """auditctl and the kernel of a guest."""

    def __init__(self, guest):
        self.guest = guest
        guest.run("systemctl stop auditd; auditctl -e 0")
        guest.put(MODULE_UTILS, "/root/module_utils")
        version = re.search(r"version ([\d.]+)", guest.run("auditctl -v").stdout).group(1)
        self.host = strategies.Host(
            version=tuple(map(int, version.split("."))),
            users=self._ids("/etc/passwd"),
            groups=self._ids("/etc/group"),
            directories=guest.run("find / /dev /run -xdev -maxdepth 5 -xtype d").stdout.splitlines(),
        )

    def _ids(self, path):
        rows = (line.split(":") for line in self.guest.run(f"cat {path}").stdout.splitlines())
        return {row[0]: int(row[2]) for row in rows}

    def load(self, lines):
        """Load the lines into an empty kernel; the lines that were refused, by place, with auditctl's reason."""
        self.guest.run("auditctl -D")
        done = self.guest.run(
            "cat > /root/all.rules; auditctl -R /root/all.rules",
            input="\n".join(["-c", FIRST, *lines, ""]),
            check=False,
            timeout=300,
        )
        refused = refused_lines(done.stderr)
        assert done.returncode == bool(refused), done.stderr[-2000:]
        return refused

    def rules(self):
        """What the kernel holds, as bytes, without the first of all."""
        text = self.guest.run("PYTHONPATH=/root python3 -", input=DUMP).stdout
        rules = [bytes.fromhex(line) for line in zlib.decompress(base64.b64decode(text)).decode().splitlines()]
        rules.remove(wire.encode(parse_line(FIRST, self.host).rule))
        return rules
