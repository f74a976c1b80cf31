# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: changes of rules that go to the kernel several with one message.

`together ROUNDS SEED` makes random changes with messages of any length, and the same ones with a message each: what the
kernel refuses and holds must not differ. `replaced TIMES SEED` replaces random sets by one another while others change
rules, and while the process is ended at any moment by any signal, so many times halfway: the kernel holds what both
sets hold, and the next run makes it whole. Prints counts.
"""

import collections
import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import Kernel, KernelRule
from ansible_collections.linux.audit.plugins.module_utils._kernel.rule_changes import appended, deleted, prepended
from ansible_collections.linux.audit.plugins.module_utils._policy.declaration import Reach, declare, read_declaration
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError, Options
from ansible_collections.linux.audit.plugins.module_utils._policy.sources import read_sources
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.overlap import Scope
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line

HOST = Host()
FILE = "40-linux-audit-ruleset.rules"
# Of each list.
LINES = (
    *(f"-w /etc/file{number} -p wa -k files" for number in range(6)),
    *(f"-w /etc/{name} -p r -k trees" for name in ("default", "systemd")),
    *(f"-a always,exit -F arch=b64 -S mount -F auid={number} -F key=mounts" for number in range(8)),
    *(f"-a never,exit -F arch=b64 -S umount2 -F auid={number}" for number in range(3)),
    # Messages of root are heard: one says when all is in the log.
    *(f"-a never,user -F uid={number}" for number in range(5, 8)),
    *(f"-a always,exclude -F msgtype={kind}" for kind in ("CWD", "EOE")),
    "-a never,task -F uid=77",
    f"-a always,exit -F exe=/usr/bin/true -F key={'long' * 60}",
)
# These the kernel does not take.
REFUSED = (
    *(f"-w /nowhere/file{number} -p wa -k refused" for number in range(2)),
    "-a always,exit -F dir=/nowhere -F perm=wa -F key=refused",
)
# What the probe of probe.py asks for; of getpriority, nothing else is logged.
EVENTS = [f"-a always,exit -F arch=b64 -S getpriority -F a0={place:#X}" for place in (1001, 1002, 1003)]
EXCEPTION = "-a never,exit -F arch=b64 -S getpriority"
# A record fewer for each event lets the guest keep pace.
SHORTER = "-a always,exclude -F msgtype=PROCTITLE"
FOREIGN = [f"-a always,exit -F arch=b64 -S acct -F auid={number} -F key=foreign" for number in range(4)]
ENDS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def rule(line):
    return parse_line(line, HOST).rule


def same(lines):
    """What lines mean, without their order."""
    return {canonical(rule(line)) for line in lines}


def held():
    """What the kernel's rules mean, in their order."""
    with Kernel() as kernel:
        return [canonical(entry.rule) for entry in kernel.rules()]


def together(rounds, chance):
    """Any changes, in any portions; counts of them and of what was refused."""
    taken, refused = list(map(rule, LINES)), list(map(rule, REFUSED))
    counts: collections.Counter = collections.Counter()
    for _round in range(rounds):
        base = [appended(one) for one in chance.sample(taken, chance.randrange(len(taken)))]
        changes = [_change(chance, chance.choice(taken + refused)) for _number in range(chance.randrange(1, 120))]
        apart = _made([*base, *changes], [1] * (len(base) + len(changes)))
        sizes = [1] * len(base) + [chance.choice((1, 2, 5, 30, 120)) for _change in changes]
        assert _made([*base, *changes], sizes) == apart, (base, changes, sizes)
        counts.update(changes=len(changes), refused=len(apart[0]))
    subprocess.run(["auditctl", "-D"], check=True, stdout=subprocess.DEVNULL)
    return counts


def _change(chance, one):
    change = chance.choice((appended, appended, prepended, deleted))
    return change(KernelRule(one, wire.encode(one)) if change is deleted else one)


def _made(changes, sizes):
    """Make changes in portions; the errors by the number of their change, and what the kernel holds afterwards."""
    refused, left = {}, [(kind, data) for kind, data, _rule in changes]
    with Kernel() as kernel:
        # auditctl -D of audit 3.0 takes a second.
        for entry in kernel.rules():
            kernel.request_all([deleted(entry)[:2]])
        assert not kernel.rules()
        for size in sizes:
            if left:
                first = len(changes) - len(left)
                refused.update((first + place, code) for place, code in kernel.request_all(left[:size]).items())
                left = left[size:]
        return refused, [entry.data for entry in kernel.rules()]


def replaced(rounds, chance):
    """Sets, one after the other, until so many runs have ended halfway; counts of how they ended."""
    counts: collections.Counter = collections.Counter()
    _apply(_set(chance))
    while counts["halfway"] < rounds:
        new = _set(chance)
        before = set(held())
        ended, theirs = _interfered(chance, new)
        now = set(held())
        assert not (before & same(new)) - now - theirs, (ended, new, before, now)
        assert now <= before | same([*new, *FOREIGN]), (ended, new, before, now)
        if ended == "done" and not theirs:
            _assert_held(new)
        counts.update({ended: 1, "halfway": ended != "done" and not same(new) <= now})
        _apply(new)
        _assert_held(new)
        assert not _apply(new).outcome.changed
    return counts


def _set(chance):
    """Rules in any order, but for those of the probe, after which comes what drops its events."""
    lines = chance.sample(LINES, chance.randrange(4, len(LINES)))
    events = [f"{line} -F key={chance.choice('abc')}" for line in EVENTS]
    for line in events:
        lines.insert(chance.randrange(len(lines) + 1), line)
    last = max(number for number, line in enumerate(lines) if "getpriority" in line)
    lines.insert(chance.randrange(last + 1, len(lines) + 1), EXCEPTION)
    return [SHORTER, *lines]


def _apply(lines):
    reach, options = Reach("file"), Options(file=FILE)
    sources = read_sources([{"name": "set", "content": "\n".join(["-D", "-b 60000", *lines]) + "\n"}], HOST)
    return declare(read_declaration(sources.lines, reach, options, HOST), reach, options, HOST)


def _assert_held(lines):
    """All of them, and where the order of two decides, in their order."""
    places = {one: place for place, one in enumerate(held())}
    wanted = [canonical(rule(line)) for line in lines]
    assert not set(wanted) - set(places), set(wanted) - set(places)
    scopes = list(map(Scope, wanted))
    for second, scope in enumerate(scopes):
        for first in range(second):
            if wanted[first].list == wanted[second].list and scopes[first].overlaps(scope):
                assert places[wanted[first]] < places[wanted[second]], (lines[first], lines[second])


def _interfered(chance, lines):
    """Apply a set while something happens; how it ended, and which of its rules others have deleted meanwhile."""
    theirs, commands = set(), []
    if chance.random() < 0.5:
        for line in chance.sample(FOREIGN, 2):
            commands.append(["auditctl", *line.replace("-a", chance.choice(("-a", "-d")), 1).split()])
        if chance.random() < 0.5:
            gone = chance.choice(
                [line for line in lines if line.startswith("-a") and not re.search("getpriority|PROCTITLE", line)]
            )
            commands.append(["auditctl", *gone.replace("-a", "-d", 1).split()])
            theirs = same([gone])
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        _be_run(lines, writer)
    os.read(reader, 1)
    os.close(reader)
    os.close(writer)
    number = chance.choice((None, *ENDS))
    for command in commands:
        time.sleep(chance.random() * 0.02)
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if number:
        time.sleep(chance.random() * 0.08)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name, theirs
    ended = {0: "done", 3: "failed", 4: "SIGINT"}[os.WEXITSTATUS(status)]
    assert ended != "failed" or commands, "nothing has interfered, and the run has failed"
    return ended, theirs


def _be_run(lines, ready):
    for number in ENDS[1:]:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    code = 1
    try:
        os.write(ready, b"1")
        _apply(lines)
        code = 0
    except ChangeError:
        code = 3
    except KeyboardInterrupt:
        code = 4
    finally:
        os._exit(code)


if __name__ == "__main__":
    os.umask(0o027)
    name, rounds, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(json.dumps({"together": together, "replaced": replaced}[name](rounds, random.Random(seed))))
