# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: replaces a set of rules by another in a process that kills itself before its nth step, for any n.

A step is a request to the kernel or a change of a directory or a file. Afterwards another process does all of it.
Prints for each n the step, what kernel and files held after the kill, and what of it should not be.
"""

import glob
import json
import os
import shutil
import signal
import subprocess
import sys

from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import Kernel
from ansible_collections.linux.audit.plugins.module_utils._policy.declaration import Reach, declare, read_declaration
from ansible_collections.linux.audit.plugins.module_utils._policy.options import Options
from ansible_collections.linux.audit.plugins.module_utils._policy.sources import read_sources
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line

DIRECTORY = "/etc/audit/rules.d"
COMPILED = "/etc/audit/audit.rules"
FILE = f"{DIRECTORY}/40-linux-audit-ruleset.rules"
OTHER = f"{DIRECTORY}/20-other.rules"
STEPS = ("socket.sendto", "tempfile.mkstemp", "os.mkdir", "os.chmod", "os.chown", "os.rename", "os.remove")

THEIRS = ["-w /etc/hosts -p wa -k hosts"]
OLD = [
    "-a never,exit -F arch=b64 -S mount -F auid=7",
    "-a always,exit -F arch=b64 -S mount,umount2 -F key=mounts",
    "-a always,exit -F arch=b64 -S umount2 -F key=umounts",
    "-w /etc/passwd -p wa -k identity",
]
NEW = [
    OLD[2],
    OLD[1],
    "-w /etc/passwd -p wa -k users",
    "-a always,exit -F arch=b64 -S sethostname -F key=name",
    "-w /etc/hosts -p wa -k hosts",
]


def sources(rules, backlog):
    return [{"name": "set", "content": "\n".join(["-D", f"-b {backlog}", *rules]) + "\n"}]


def apply(rules, backlog, purge):
    host = Host()
    reach, options = Reach(purge), Options(file=os.path.basename(FILE))
    wanted = read_declaration(read_sources(sources(rules, backlog), host).lines, reach, options, host)
    return declare(wanted, reach, options, host)


def files():
    """Texts by path; of what augenrules and auditctl read, so not of drafts that a kill has left."""
    found = {}
    for path in [COMPILED, *glob.glob(f"{DIRECTORY}/*.rules")]:
        with open(path, encoding="utf-8") as file:
            found[path] = file.read()
    return found


def held():
    with Kernel() as kernel:
        return [canonical(entry.rule) for entry in kernel.rules()], kernel.status().backlog_limit


def reset():
    """The old set, without help from what is tested."""
    for path in [DIRECTORY, *glob.glob(f"{DIRECTORY}.before-*")]:
        shutil.rmtree(path)
    os.mkdir(DIRECTORY, 0o750)
    # What a kill leaves has a name that nothing reads.
    for path in glob.glob("/etc/audit/.linux-audit.*"):
        os.unlink(path)
    for path, rules in ((OTHER, THEIRS), (FILE, ["-D", "-b 8192", *OLD])):
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(rules) + "\n")
    for command in (["augenrules"], ["auditctl", "-R", COMPILED]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def in_child(work):
    """Do it in a process of its own; what killed it, if something did."""
    child = os.fork()
    if not child:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or status == 0, "the apply has failed"
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else None


def killed_at(number, purge):
    """Apply up to a step; the name of the step before which it was killed, None if it came to its end."""
    reader, writer = os.pipe()

    def work():
        count = 0

        def watch(event, arguments):
            nonlocal count
            if event in STEPS:
                count += 1
                if count == number:
                    os.write(writer, event.encode())
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        apply(NEW, 9000, purge)

    killed = in_child(work)
    os.close(writer)
    step = os.read(reader, 100).decode()
    os.close(reader)
    return step if killed else None


def what_counts(state):
    """What is held, and the order of rules that one event may match; that of watches of several paths is free."""
    rules, backlog = state
    return sorted(rules), [rule for rule in rules if rule.syscalls], backlog


def phase(now, old, new):
    return "old" if now == old else "new" if now == new else "between"


def main(purge):
    host = Host()

    def rules(lines):
        return [canonical(parse_line(line, host).rule) for line in lines]

    os.umask(0o027)
    reset()
    old_files, old = files(), held()
    apply(NEW, 9000, purge)
    new_files, new = files(), held()
    assert sorted(new[0]) == sorted(rules(NEW))
    kills = []
    while True:
        reset()
        assert (files(), held()) == (old_files, old)
        step = killed_at(len(kills) + 1, purge)
        if step is None:
            break
        now_files, now = files(), held()
        problems = [
            f"{path} is neither old nor new"
            for path in {**old_files, **new_files, **now_files}
            if now_files.get(path) not in (old_files.get(path), new_files.get(path))
        ]
        problems += [f"{rule} is not held" for rule in set(old[0]) & set(new[0]) - set(now[0])]
        problems += [f"{rule} was not asked for" for rule in set(now[0]) - set(old[0]) - set(new[0])]
        in_child(lambda: apply(NEW, 9000, purge))
        if (files(), what_counts(held())) != (new_files, what_counts(new)):
            problems.append("the next run has not made it whole")
        again = apply(NEW, 9000, purge)
        if again.outcome.changed:
            problems.append("the run after it has found something to do")
        kills.append(
            {
                "step": step,
                "kernel": phase(sorted(now[0]), sorted(old[0]), sorted(new[0])),
                "files": phase(now_files, old_files, new_files),
                "problems": problems,
            }
        )
    reset()
    print(json.dumps(kills))


if __name__ == "__main__":
    main(sys.argv[1])
