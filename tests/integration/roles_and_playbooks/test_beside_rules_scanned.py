# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""OpenSCAP's word on what STIGs ask for beside rules: values of auditd.conf, and modes and owners of files.

A host has each of them spoiled in turn; requirements of which the scanner says that they fail are not met by our word.
"""

import re

import pytest

from audited import task
from scanned_host import content
from scans import SCANS
from scap import references

pytestmark = pytest.mark.fleet

WANTED = "auditd_(?!audispd|offload)|(file|directory)_.*audit"
ID = re.compile(r"(RHEL|UBTU)-\d\d-\d{6}")
COMPARED = ("stig_rhel8", "stig_rhel9", "stig_ubuntu2004")
STIGS = [
    scan._replace(wanted=WANTED)
    for scan in SCANS
    if scan.profile == "stig" and len(scan.items) == 1 and scan.items[0][0] in COMPARED
]
CONF = "/etc/audit/auditd.conf"
RULES = "/etc/audit/rules.d/40-linux-audit-ruleset.rules"
LOG = "/var/log/audit"


def conf(**values):
    """A command that gives auditd.conf values."""
    return "; ".join(
        f"sed -i '/^{name} *=/d' {CONF}; echo '{name} = {value}' >>{CONF}" for name, value in values.items()
    )


#: By name, what is done to a host that meets the standard: of what one requirement asks for, one thing at a time.
SPOILED = {
    "nothing": "true",
    "other values": conf(
        disk_full_action="syslog", disk_error_action="syslog", overflow_action="single", name_format="fqd",
        space_left="30%", admin_space_left="6%", admin_space_left_action="halt",
    ),
    "more values": conf(
        disk_full_action="single", disk_error_action="single", overflow_action="halt", name_format="numeric",
        max_log_file_action="keep_logs",
    ),
    "wrong values": conf(
        disk_full_action="suspend", disk_error_action="suspend", overflow_action="ignore", name_format="none",
        space_left="24%", admin_space_left="4%", space_left_action="syslog", admin_space_left_action="syslog",
        max_log_file_action="ignore", action_mail_acct="nobody", local_events="no", log_format="raw", write_logs="no",
    ),
    "modes": f"chmod o+r {CONF} {LOG}/audit.log; chmod g+w {LOG} /sbin/auditctl",
    "mode of rules": f"chmod o+r {RULES}",
    "owners": f"chown bin {CONF} {LOG} {LOG}/audit.log /sbin/auditctl",
    "more owners": f"chown bin {RULES} /sbin/ausearch",
    "groups": f"chgrp bin {CONF} {LOG} {LOG}/audit.log /sbin/auditctl",
    "more groups": f"chgrp bin {RULES} /sbin/augenrules",
}  # fmt: skip
GOOD = ("nothing", "other values", "more values")
KEEP = f"cd / && tar -cpf /root/kept.tar etc/audit && mkdir -p {LOG}"
RESTORE = (
    f"tar -C / -xpf /root/kept.tar; chown root:root {LOG} {LOG}/* /sbin/au*; chmod 600 {LOG}/*; chmod 700 {LOG};"
    "chmod 755 /sbin/auditctl"
)


@pytest.mark.parametrize("scan", STIGS, ids=[scan.title for scan in STIGS])
def test_verdicts_are_those_of_the_scanner(scan, scanned):
    host = scanned(scan.guest)
    host.apply(scan)
    ((name, parameters),) = scan.items
    asked, evaluate = host.prepare_scan(scan)
    called = references(content(scan))
    judge = task("audit_compliance", {"standard": {"name": name, "parameters": parameters}})
    # The distributions of STIGs have that group, and Debian has another one.
    host.guest.run(f"{conf(log_group='root')}; {RESTORE.partition(';')[2]}; {KEEP}")
    steps = [step for spoil in SPOILED.values() for step in (f"{RESTORE}; {spoil}; {evaluate}", judge)]
    done = host.tasks(*steps)
    compared = set()
    differ = []
    for spoil, output, judged in zip(SPOILED, done[::2], done[1::2], strict=True):
        ours = {found["id"]: found for found in judged["requirements"] if found["checks"] and not found["rules"]}
        results = asked.results(output)
        assert spoil in GOOD or not all(results.values()), spoil
        for rule, passed in results.items():
            for requirement in sorted(one for one in called[rule] if ID.fullmatch(one)):
                if requirement not in ours:
                    differ.append(f"{requirement} ({rule}) is not judged")
                    continue
                compared.add(requirement)
                met = ours[requirement]["text"] == "met"
                if met and not passed:
                    differ.append(f"{spoil}: {requirement} ({rule}) fails, and we say that it is met")
                elif passed and spoil == "nothing" and not met:
                    differ.append(f"{spoil}: {requirement} passes, and we say {ours[requirement]['checks']}")
    assert len(compared) > 10
    assert sorted(set(differ)) == []
