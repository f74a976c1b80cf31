# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets of rules under a probe that makes an audited event every millisecond, and what the log has of its events."""

import contextlib
import json
import subprocess
from typing import NamedTuple

from paths import ON_GUEST

PROBE = ON_GUEST / "probe.py"
EVENT = "-a always,exit -F arch=b64 -S getpriority -F a0={} -F key={}"

# What a log of every event costs must not be what loses them: a queue that is long enough, files that are not removed,
# and nobody else (the journal) who reads along.
_PREPARE = """
systemctl mask --now systemd-journald-audit.socket 2>/dev/null
systemctl restart systemd-journald
sed -i 's/^log_format.*/log_format = RAW/; s/^num_logs.*/num_logs = 99/' /etc/audit/auditd.conf
sed -i 's/^flush.*/flush = NONE/' /etc/audit/auditd.conf
auditctl -b 60000 >/dev/null
service auditd reload
"""
# As `service auditd rotate`, which sid does not have.
_EMPTY = (
    "cd /var/log/audit && rm -f audit.log.* && kill -USR1 $(auditctl -s | sed -n 's/^pid //p') && "
    "until [ -e audit.log.1 ]; do sleep 0.1; done && rm -f audit.log.* && auditctl --reset-lost"
)
# What auditd was too slow for waits in another queue than that of the backlog, so a last record says when all is there.
_SETTLE = (
    "auditctl -m settled$$; until cat /var/log/audit/audit.log* | grep -q settled$$; do sleep 0.2; done; "
    "until auditctl -s | grep -q '^backlog 0'; do sleep 0.1; done; sleep 0.5"
)


class Probed(NamedTuple):
    """Events made and logged, by place of their rule how many are missing, and records that the kernel lost itself.

    ``seconds`` that the probe ran, and how often it had the processor.
    """

    made: int
    logged: int
    missing: dict[str, int]
    lost: int
    seconds: float
    wakes: int


def rule_set(size: int, *, first: int = 0, key: str = "k", backwards: bool = False) -> list[str]:
    """A set of that many rules, with the rules of the probe in the first place, in the middle and near the end.

    At the end is a rule that keeps the probe's events out of the log, were it ever looked at before the others. Between
    them are watches, rules that overlap and so have to keep their order, and exceptions. `first`: the number of the
    first of them; sets with other numbers have no rule in common but the probe's.
    """
    forms = (
        "-w /etc/file{0} -p wa -k {1}{0}",
        "-a always,exit -F arch=b64 -S openat,unlinkat -F auid>={0} -F auid!=unset -F key={1}{0}",
        "-a always,exit -F arch=b64 -S mount -F uid={0} -F key={1}{0}",
        "-a never,exit -F arch=b64 -S unlinkat -F auid={0}",
    )
    others = [forms[number % len(forms)].format(number, key) for number in range(first, first + size - 4)]
    events = [EVENT.format(f"0x{place:X}", key) for place in (1001, 1002, 1003)]
    if backwards:
        others.reverse()
        events.reverse()
    middle = len(others) // 2
    exception = "-a never,exit -F arch=b64 -S getpriority"
    return [events[0], *others[:middle], events[1], *others[middle:], events[2], exception]


def prepare(guest) -> None:
    """Bring the probe to a guest, and see to it that auditd can log all that it does."""
    guest.run(_PREPARE)
    guest.put(PROBE, "/root/probe.py")


class Probe:
    """The counts, once the block of probing() has ended."""

    result: Probed


@contextlib.contextmanager
def probing(lab, guest):
    """Run the probe during the block."""
    guest.run(_EMPTY)
    process = subprocess.Popen(
        ["ssh", "-F", lab.ssh_config, guest.name, "python3 /root/probe.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    probe = Probe()
    try:
        yield probe
    finally:
        output, _nothing = process.communicate()
    made = json.loads(output)
    guest.run(_SETTLE, timeout=300)
    counted = json.loads(guest.run(f"python3 /root/probe.py count {made['made']}").stdout)
    assert counted["unknown"] == 0
    status = dict(line.rsplit(" ", 1) for line in guest.run("auditctl -s").stdout.splitlines())
    probe.result = Probed(
        made["made"], counted["logged"], counted["missing"], int(status["lost"]), made["seconds"], made["wakes"]
    )
