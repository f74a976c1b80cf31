# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: the CPU time of searches and reports, beside that of ausearch and aureport for the same.

Arguments: the program that runs a module without Ansible (tests/support/direct.py). Prints JSON. `pairs`: what was
done, our seconds besides the start of Python and the rival's, the goal, and kibibytes of memory; `large events`: the
number of records, seconds, kibibytes. With further arguments, which are sizes of logs in megabytes: by size and what
was done, our seconds, the rival's, and kibibytes.
"""

import json
import resource
import subprocess
import sys

LOG = "/root/bench.log"
EVENT = """\
type=SYSCALL msg=audit({stamp}): arch=c000003e syscall=257 success=yes exit=3 a0=ffffff9c a1=7ffd5c2e a2=0 a3=0 \
items=1 ppid=812 pid={pid} auid=1000 uid=1000 gid=1000 euid=1000 suid=1000 fsuid=1000 egid=1000 sgid=1000 fsgid=1000 \
tty=pts0 ses=3 comm="cat" exe="/usr/bin/cat" subj=unconfined key="{key}"
type=CWD msg=audit({stamp}): cwd="/home/joe"
type=PATH msg=audit({stamp}): item=0 name="/srv/data/file{file}" inode={file} dev=fe:01 mode=0100644 ouid=0 ogid=0 \
rdev=00:00 nametype=NORMAL cap_fp=0 cap_fi=0 cap_fe=0 cap_fver=0 cap_frootid=0
type=PROCTITLE msg=audit({stamp}): proctitle=636174002F7372762F646174612F66696C65
"""
PATH = 'type=PATH msg=audit(1769882400.123:7): item={item} name="/srv/{item}" inode=1 dev=fe:01 nametype=NORMAL\n'
RAW = "ausearch -if {log} -k wanted --raw"
SOME, MANY = 4000, 5
# An event of a block has a time that begins like this, and that of the next block begins with the next number.
FIRST_TIME = 17698
LATEST = RAW + " | tail -n 4000 >/root/last; ausearch -if /root/last -i"


def write(events, every):
    """A log in which one of ``every`` events has the key that is wanted."""
    with open(LOG, "w", encoding="ascii") as file:
        for number in range(events):
            key = "wanted" if number % every == every // 2 else f"file-access-{number % 7}"
            stamp = f"{1769882400 + number // 100}.{number % 100:02d}0:{number + 1000}"
            file.write(EVENT.format(stamp=stamp, pid=2000 + number % 300, key=key, file=number % 200 + 10))


def write_megabytes(megabytes):
    """A log of blocks that differ in their times: one event in 4,000 has the key rare, one in 5 the key wanted."""
    with open(LOG, "w", encoding="ascii") as file:
        write_block(file, megabytes * 10**6)
        file.seek(0)
    with open(LOG, encoding="ascii") as file:
        block = file.read()
    with open(LOG, "a", encoding="ascii") as file:
        for number in range(1, megabytes * 10**6 // len(block)):
            file.write(block.replace(f"audit({FIRST_TIME}", f"audit({FIRST_TIME + number}"))


def write_block(file, most):
    """Ten megabytes, or fewer if no more are asked for."""
    for number in range(10**7):
        key = "rare" if number % SOME == 1 else "wanted" if number % MANY == 2 else f"file-access-{number % 7}"
        stamp = f"{FIRST_TIME}{number // 100:05d}.{number % 100:02d}0:{number + 1000}"
        file.write(EVENT.format(stamp=stamp, pid=2000 + number % 300, key=key, file=number % 200 + 10))
        if file.tell() >= min(most, 10**7):
            return


def write_large_event(records):
    with open(LOG, "w", encoding="ascii") as file:
        file.writelines(PATH.format(item=item) for item in range(records))


def cpu(command, text=""):
    """The seconds of CPU time that a command takes, and what it prints."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        command, shell=isinstance(command, str), input=text, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout


def ours(direct, module, request):
    """The seconds of a module on the log besides the start of Python, and kibibytes of memory."""
    python = min(cpu([sys.executable, "-c", "import json, resource, subprocess, types"])[0] for _round in range(3))
    seconds, printed = cpu([sys.executable, direct, module], json.dumps([dict(request, input_file=LOG)]))
    result = json.loads(printed)
    assert not result.get("failed"), result
    return seconds - python, result["kibibytes"]


def main(direct):
    pairs = []

    def note(name, module, request, rival, goal):
        seconds, kibibytes = ours(direct, module, request)
        pairs.append([name, seconds, cpu(rival.format(log=LOG))[0], goal, kibibytes])

    wanted = {"key": ["wanted"]}
    for events in (4, 40):
        write(160_000, 160_000 // events)
        note(f"search: a key that {events} of 160,000 events have / ausearch -k --raw", "audit_search", wanted, RAW, 2)
    for events in (160_000, 480_000):
        write(events, 5)
        name = (
            f"search: the last 1,000 of {events // 5:,} events with a key, of {events:,} / ausearch -k --raw | tail; -i"
        )
        note(name, "audit_search", dict(wanted, latest=True, limit=1000), LATEST, 2)
    for report, option in (("overview", ""), ("key", "--key --summary")):
        request = {"report": report, "summary": report != "overview"}
        name = f"report: {report} of 480,000 events / aureport"
        note(name, "audit_report", request, f"aureport -if {{log}} {option} -i", 1.1)
    large = []
    for records in (5_000, 50_000, 200_000):
        write_large_event(records)
        large.append([records, *ours(direct, "audit_search", {})])
    print(json.dumps({"pairs": pairs, "large events": large}))


def growth(direct, sizes):
    """By size and what was done: our seconds, the rival's, and kibibytes; of small logs the least of three rounds."""
    found = {}
    for megabytes in sizes:
        write_megabytes(megabytes)
        found[megabytes] = {}
        for name, module, request, rival in (
            ("a key that one event in 4,000 has", "audit_search", {"key": ["rare"]}, RAW.replace("wanted", "rare")),
            ("the last 1,000", "audit_search", {"key": ["wanted"], "latest": True, "limit": 1000}, LATEST),
            ("overview", "audit_report", {"report": "overview"}, "aureport -if {log} -i"),
        ):
            rounds = []
            for _round in range(3 if megabytes <= 100 else 1):
                seconds, kibibytes = ours(direct, module, request)
                rounds.append([seconds, cpu(rival.format(log=LOG))[0], kibibytes])
            found[megabytes][name] = list(map(min, zip(*rounds, strict=True)))
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[2:]:
        growth(sys.argv[1], [int(word) for word in sys.argv[2:]])
    else:
        main(sys.argv[1])
