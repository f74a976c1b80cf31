# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to be covered is logged: each pair of rules is loaded in turn, and the same things are done."""

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules.coverage import COVERED, coverage
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver

TREE = "/etc/covered"
# Each by a copy of a program whose name is that of the event.
ACTIONS = f"""
c-chmod u+x {TREE}/sub/file
c-chown 0 {TREE}/sub/file
c-write {TREE}/sub/file
c-read {TREE}/sub/file
c-mv {TREE}/sub/file {TREE}/other
c-mv2 {TREE}/other {TREE}/sub/file
c-rm -f {TREE}/sub/extra
c-mkdir {TREE}/sub/new
c-denied {TREE}/sub/file
"""
PROGRAMS = "chmod:chmod chown:chown write:truncate read:cat mv:mv mv2:mv rm:rm mkdir:mkdir denied:cat"
B64 = "-a always,exit -F arch=b64 "
FILE = f"-w {TREE}/sub/file -p wa -k k"
RULES = {
    "file": [FILE],
    "directory": [f"-w {TREE} -p wa -k k"],
    "files by syscalls": [B64 + f"-S chmod,fchmodat,fchownat,rename,renameat2,openat -F dir={TREE}/sub -k k"],
    "writes": [f"-w {TREE}/sub -p w -k k"],
    "attributes": [f"-w {TREE}/sub -p a -k k"],
    "both in two": [f"-w {TREE}/sub -p w -k k", f"-w {TREE} -p a -k k"],
    "never first": [f"-a never,exit -F dir={TREE}/sub", FILE],
    "never later": [FILE, f"-a never,exit -F dir={TREE}/sub"],
    "users": [B64 + f"-S all -F dir={TREE} -F perm=wa -F auid=0 -k k", B64 + f"-S all -F dir={TREE} -F auid!=0 -k k"],
    "results": [B64 + f"-S all -F dir={TREE} -F success=1 -k k", B64 + f"-S all -F dir={TREE} -F success=0 -k k"],
    "changes of modes": [B64 + "-S chmod,fchmod,fchmodat -k k"],
    "all attributes": [B64 + "-F perm=a -k k"],
    "no program": ["-a never,exit -F exe=/usr/local/bin/c-chmod", FILE],
    "no record": [FILE, "-a always,exclude -F msgtype=SYSCALL"],
    "all but one program": [B64 + f"-S all -F dir={TREE} -F exe!=/usr/local/bin/c-mv -k k"],
}


@pytest.fixture
def logged(guest):
    """logged(rules): the names of the actions that are found under the key."""
    copies = "".join(
        f"cp /usr/bin/{program} /usr/local/bin/c-{name}; "
        for name, program in (pair.split(":") for pair in PROGRAMS.split())
    )
    guest.run(f"auditctl -e 1 >/dev/null; auditctl -D >/dev/null; mkdir -p {TREE}; {copies}")

    def logged(rules):
        actions = ACTIONS.replace("c-write ", "c-write -s 3 ").replace("c-denied", "setpriv --reuid 65534 c-denied")
        program = f"""
        auditctl -D >/dev/null; rm -rf {TREE}/*; mkdir -p {TREE}/sub; echo x >{TREE}/sub/file; touch {TREE}/sub/extra
        chmod 600 {TREE}/sub/file
        """
        program += "".join(f"auditctl {rule} >/dev/null\n" for rule in rules)
        program += "begin=$(date '+%H:%M:%S'); sleep 1; begin=$(date '+%H:%M:%S')\n"
        program += f"{{ {actions} }} >/dev/null\nauditctl -D >/dev/null\n"
        search = "ausearch --raw -k k -ts today $begin </dev/null"
        program += search + " | sed -n 's/.* comm=\"c-\\([a-z0-9]*\\)\".*/\\1/p' | sort -u"
        return set(guest.run(program, check=False).stdout.split())

    yield logged
    guest.run(f"auditctl -D >/dev/null; rm -rf {TREE} /usr/local/bin/c-*")


class Bookworm(Resolver):
    """The guest."""

    version = (3, 0, 9)

    def is_directory(self, path):
        return path in (TREE, f"{TREE}/sub")


def test_pairs_of_rules(logged):
    """Prints what each set of rules has logged, and how many pairs were covered."""
    found = {name: logged(rules) for name, rules in RULES.items()}
    print("\n" + "\n".join(f"{name}: {' '.join(sorted(events))}" for name, events in found.items()))
    host = Bookworm()
    parsed = {name: [parse_line(line, host).rule for line in lines] for name, lines in RULES.items()}
    said = {}
    for wanted, rules in parsed.items():
        if len(rules) > 1:
            continue
        for held, others in parsed.items():
            answer = coverage(rules[0], others)
            said[wanted, held] = answer.status
            if answer.status == COVERED:
                assert found[wanted] <= found[held], (wanted, held)
    covered = sum(status == COVERED for status in said.values())
    print(f"{len(said)} pairs, {covered} covered")
    assert found["file"] >= {"chmod", "chown", "write", "mv"}
    assert found["never first"] == found["no record"] == set()
    assert covered > len(parsed)
