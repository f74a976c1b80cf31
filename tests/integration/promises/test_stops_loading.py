# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to stop the loading of rules at a boot stops it, and nothing else does, in each release of auditctl.

Every kind of line that auditctl cannot read, or the kernel refuses, is between two rules in a real rules.d, without -i
and -c and after them. augenrules loads it all, and the kernel tells whether the last rule is there.
"""

import json

import pytest

from paths import MODULE_UTILS, ON_GUEST
from releases import releases

FIRST, LAST = "-w /etc/passwd -p wa -k first", "-w /etc/group -p wa -k last"
NEXT_FILE = "-w /etc/hosts -p wa -k next\n"
# Each is a line; some are right.
LINES = {
    "nothing wrong": "-w /etc/shadow -p wa -k line",
    # What auditctl does not know.
    "unknown user": "-a always,exit -S mount -F uid=nobody-here",
    "unknown group": "-a always,exit -S mount -F gid=nobody-here",
    "misspelt errno": "-a always,exit -S open -F exit=-EACESS",
    "unknown syscall": "-a always,exit -F arch=b64 -S opne",
    "unknown field": "-a always,exit -S open -F usr=0",
    "unknown arch": "-a always,exit -F arch=b65 -S open",
    "unknown record type": "-a always,exclude -F msgtype=CWDD",
    "unknown file type": "-a always,exit -S open -F filetype=fil",
    "unknown file system": "-a never,filesystem -F fstype=tracfs",
    "unknown list": "-a always,exiit -S open",
    "unknown action": "-a alwys,exit -S open",
    "unknown option": "-z",
    "unknown permission": "-w /etc/shadow -p wb",
    "five permissions": "-w /etc/shadow -p rwxar",
    "unknown comparison": "-a always,exit -S open -C uid=gid",
    "unknown operator": "-a always,exit -S open -F path>/etc/x",
    "junk at the end": "-w /etc/shadow -p wa junk",
    "no option": "w /etc/shadow",
    "no value": "-a always,exit -S open -F uid=",
    "no rule": "-F uid=0",
    "relative watch": "-w etc/shadow -p wa",
    "long name": f"-w /etc/{'a' * 256} -p wa",
    "long key": f"-w /etc/shadow -p wa -k {'k' * 257}",
    "key alone": "-a always,exit -F uid=0 -k key",
    "arch after a syscall": "-a always,exit -S open -F arch=b64",
    "syscall on a list without them": "-a always,user -S open",
    "wrong setting": "-e 3",
    "no number": "-b many",
    "no number of failures": "-f many",
    "settings together": "-b 100 -f 1",
    "permissions alone": "-p wa",
    "syscall alone": "-S open",
    "comparison alone": "-C uid=euid",
    "word of a session": "-a always,exit -S open -F sessionid=many",
    "word of an argument": "-a always,exit -S open -F a0=many",
    # What only some releases know.
    "yes": "-a always,exit -S open -F success=yes",
    "number of a file type": "-a always,exit -S open -F filetype=32768",
    "io_uring": "-a always,io_uring -S openat",
    "list in capitals": "-a always,EXIT -S open",
    "new syscall": "-a always,exit -F arch=b64 -S mseal",
    "new family": "-a always,exit -S connect -F saddr_fam=45",
    "new file system": "-a never,filesystem -F fstype=cgroup",
    "new record type": "-a always,exclude -F msgtype=DM_EVENT",
    "arch again": "-a always,exit -F arch=b64 -F path=/etc/shadow -F perm=wa -F arch=b64",
    "prepended": "-A always,exit -F path=/etc/shadow -F perm=wa",
    # What the kernel refuses.
    "the same rule": FIRST,
    "no directory": "-w /no/such/directory -p wa",
    "no tree": "-a always,exit -F dir=/no/such -F perm=wa",
    "two paths": "-a always,exit -F path=/etc/a -F path=/etc/b",
    "parent": "-a always,exit -F path=/etc/.. -F perm=wa",
    "unset user": "-a always,exit -S open -F uid=-1",
    "deletes nothing": "-d always,exit -S swapon -F uid=77",
    "removes no watch": "-W /etc/nothing -p wa",
    "deletes nothing by key": "-D -k no-such-key",
    # What auditctl reads as something else.
    "tail": "-a always,exit -S open -F uid=0x",
    "tab": "-w /etc/shadow\t-p wa",
    "carriage return": "-w /etc/shadow -p wa\r",
    "long line": "-w /etc/shadow -p wa" + " " * 6130 + "-k line",
    "long comment": "#" + "x" * 6142 + "-z",
    "class of syscalls": "-a always,exit -S 2040",
    "possible": "-a exit,possible -S open",
    "syscall first": "-S open -a always,exit",
    "two permissions": "-a always,exit -F path=/etc/shadow -F perm=w -F perm=a",
    "ends the list": "-a never,user -F euid=5",
    "backslash": "-w/etc/with\\ space -p wa",
    "letter that folds": "-a always,exit -S \u212aill",
    # Settings and orders.
    "setting": "-b 8192",
    "comment": "# -z",
    "list": "-l",
    "status": "-s",
    "help": "-h",
    "version": "-v",
    "another file": "-R /etc/audit/audit.rules",
    "message": "-m text",
}
# What is at the head of the first file.
HEADS = ("", "-i\n", "-c\n")


# In the short form, few lines come after -i or -c.
_SHORT = ("nothing wrong", "unknown user", "no directory", "the same rule", "no number", "no number of failures", "tab")


@pytest.fixture(scope="module", params=releases("bookworm", fleet=("bullseye", "trixie", "sid")))
def outcomes(request, lab):
    """By name of the line and by head: what the kernel holds, and what is said."""
    guest = lab.boot(request.param, name=f"stops-{request.param}")
    guest.put(MODULE_UTILS, "/root/module_utils")
    guest.put(ON_GUEST / "stopped.py", "/root/stopped.py")
    cases = {
        (name, head): line
        for head in HEADS
        for name, line in LINES.items()
        if not head or name in _SHORT or request.param != "bookworm"
    }
    texts = [[f"{head}{FIRST}\n{line}\n{LAST}\n", NEXT_FILE] for (_name, head), line in cases.items()]
    done = guest.run("PYTHONPATH=/root python3 /root/stopped.py", input=json.dumps(texts), timeout=580)
    guest.stop()
    return dict(zip(cases, json.loads(done.stdout), strict=True))


def test_what_is_said_to_stop_the_loading_stops_it_and_nothing_else_does(outcomes):
    wrong = {}
    for case, outcome in outcomes.items():
        loaded = {"last", "next"} <= set(outcome["keys"])
        unknown = outcome["misread"] and not outcome["stops"]
        if loaded is bool(outcome["stops"]) and not unknown:
            wrong[case] = outcome
    assert wrong == {}


def test_only_what_augenrules_puts_before_it_stops_in_spite_of_a_line_that_says_to_go_on(outcomes):
    stopping = {name for (name, head), outcome in outcomes.items() if head and outcome["stops"]}
    assert stopping == {"no number", "no number of failures"}
    assert len([name for (name, head), outcome in outcomes.items() if not head and outcome["stops"]]) > 30
