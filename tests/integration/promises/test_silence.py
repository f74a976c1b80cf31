# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that are said to switch auditing off, and others, in a real kernel: whether a watch still records."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules.overruled import overruled
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.silence import silences
from strategies import HOST

EXIT, ARCH = "-a never,exit -S all", "-a never,exit -F arch=b64 -S all"
# With each set, the watch below is the last rule, and a program that root starts reads the file.
SETS = (
    [],
    ["-a never,task"],
    ["-a never,task -F pid>1"],
    ["-a never,task -F auid!=1000"],
    ["-a never,task -F uid=1000"],
    [EXIT],
    [ARCH],
    [f"{EXIT} -F pid!=0"],
    [f"{EXIT} -F auid!=4294967294"],
    [f"{EXIT} -F uid=0", f"{EXIT} -F uid!=0"],
    [f"{EXIT} -F uid=1000"],
    [f"{EXIT} -F success=0", f"{EXIT} -F success=1"],
    [f"{EXIT} -F success=0"],
    [f"{EXIT} -F success=1"],
    [f"{EXIT} -F exit!=-EPERM"],
    [f"{EXIT} -F pers=0"],
    [f"{EXIT} -F a0!=110"],
    [f"{EXIT} -F a0&=0"],
    [f"{EXIT} -F exe!=/usr/bin/id"],
    [f"{EXIT} -F exe=/usr/bin/id"],
    [f"{EXIT} -F dir=/"],
    [f"{EXIT} -F dir=/srv"],
    [f"{EXIT} -F perm=rwxa"],
    [f"{EXIT} -F perm=wa", f"{EXIT} -F perm=rx"],
    [f"{EXIT} -F perm=wa"],
    [f"{EXIT} -F devmajor>=0"],
    [f"{EXIT} -C uid=euid"],
    [f"{EXIT} -C uid!=euid"],
    [f"{EXIT} -C auid=uid", f"{EXIT} -C auid!=uid"],
    ["-a always,exclude -F msgtype=SYSCALL"],
    ["-a always,exclude -F msgtype=CWD"],
    ["-a always,exclude -F msgtype!=CWD"],
    ["-a never,exclude -F pid>=0"],
    ["-a always,exclude -F uid=0", "-a always,exclude -F uid!=0"],
    ["-a never,exclude"],
    ["-a never,filesystem -F fstype=0xef53"],
    ["-a never,filesystem -F fstype!=tracefs"],
    ["-a always,filesystem -F fstype=0xef53"],
    ["-a never,filesystem -F fstype=tracefs"],
    # These leave out nothing but what the watch records.
    [f"{EXIT} -F perm=r"],
    [f"{EXIT} -F perm=w"],
    [f"{ARCH} -F perm=rw"],
    [f"{EXIT} -F filetype=file"],
    [f"{EXIT} -F filetype=dir"],
    [f"{EXIT} -F filetype!=dir"],
    [f"{EXIT} -F perm=r -F success=0", f"{EXIT} -F perm=r -F success=1"],
    ["-a never,exit -F arch=b64 -S openat"],
    ["-a never,exit -F arch=b64 -S unlinkat"],
    ["-a always,exit -S all -F path=/etc/passwd -F perm=r", f"{EXIT} -F perm=r"],
)
WATCH = "-w /etc/hosts -p r"
SCRIPT = f"""
auditctl -D >/dev/null
while IFS='|' read -r number rules; do
    printf '%s\\n{WATCH} -k seen-%s\\n' "$rules" "$number" | tr ';' '\\n' >/tmp/set.rules
    auditctl -R /tmp/set.rules >/dev/null
    cat /etc/hosts >/dev/null
    auditctl -D >/dev/null
done
auditctl -m all-done
until grep -q all-done /var/log/audit/audit.log; do sleep 0.1; done
grep '^type=SYSCALL' /var/log/audit/audit.log | grep -o 'key="seen-[0-9]*"' | tr -dc '0-9\\n' | sort -un
"""


@pytest.fixture
def recorded(guest):
    """The numbers of the sets with which the watch has recorded that the file was read."""
    # The daemon deletes and loads rules as well when it starts; nothing of that is asked here.
    guest.run("systemctl start auditd; auditctl -D >/dev/null; >/var/log/audit/audit.log")
    lines = "".join(f"{number}|{';'.join(rules)}\n" for number, rules in enumerate(SETS))
    done = guest.run(f"cat >/tmp/sets; {{ {SCRIPT} }} </tmp/sets", input=lines, timeout=120)
    yield [int(number) for number in done.stdout.split() if number.isdigit()]
    guest.run("augenrules --load >/dev/null; auditctl -D >/dev/null")


def test_a_set_that_is_said_to_switch_auditing_off_records_nothing_and_others_record(recorded):
    sets = [[parse_line(line, HOST).rule for line in (*rules, WATCH)] for rules in SETS]
    said = [bool(silences(rules[:-1]) or overruled(rules)[0]) for rules in sets]
    differing = [rules for number, rules in enumerate(SETS) if said[number] is (number in recorded)]
    assert differing == []
    assert True in said
    assert False in said
