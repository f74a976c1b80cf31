# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule library against auditctl of other machines: the same lines, the same bytes, the same refusals.

Debian's own auditctl of each machine and release runs on a guest, under qemu-user. It reads the same lines in one file:
what people and chance write, what the library writes of each rule into files, and what it renders. The rules that it
would send to the kernel are read from its memory. (What a kernel of the machine would refuse is not seen here.)
"""

import json
import random
import re
import struct
from collections import Counter

import pytest

import strategies
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.model import equivalent
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_file, parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from lab.machines import RELEASES, install_machines, root_of
from paths import DATA, ON_GUEST
from vendor import FIRST, refused_lines

VERSIONS = {"bullseye": (3, 0), "bookworm": (3, 0, 9), "trixie": (4, 0, 2), "sid": (4, 2, 1)}
# What `uname -m` prints, where auditctl has another word for the machine.
UNAME = {"arm": "armv7l"}
LINES = 120

# About permissions, which make the difference between the machines.
PERMISSIONS = [
    f"-a always,exit {words}"
    for permissions in ("r", "w", "x", "a", "rwxa")
    for words in (
        f"-F arch=b64 -F path=/etc/passwd -F perm={permissions} -k x",
        f"-F arch=b64 -S openat -F perm={permissions}",
        f"-F arch=b64 -S openat -p {permissions}",
        f"-F perm={permissions} -F arch=b64 -S openat",
        f"-S openat -F perm={permissions}",
        f"-S all -F perm={permissions} -k x",
        f"-F perm={permissions} -S openat",
        f"-F path=/etc/passwd -S openat -F perm={permissions}",
        f"-F arch=b64 -F path=/etc/passwd -F perm={permissions} -F arch=b64",
        f"-F arch=b32 -F dir=/etc -F perm={permissions}",
    )
]

# Lines that the library reads and auditctl refuses, by what auditctl says; Statement.text is what it reads.
ACCEPTED_BY_US = (
    r"value should be number for success",
    r"unknown file type",
    r"(Syscall name|io_uring op) unknown",
    r"file system type is unknown|unknown message type",
    r"bad keyword (\w+,io_uring|io_uring,\w+)",
    r"value is too large for field: saddr_fam",
    r"bad keyword (?-i:\w+,[A-Z]\w+|[A-Z]\w+,\w+)",
    r"arch must be before -S",
    r"Error adding syscalls for perm filtering",
)


def _cases():
    """Every machine with a release that expands permissions; the rest for `./dev fleet`."""
    for release, machines in RELEASES.items():
        for machine in machines:
            marks = () if (release, machine) in (("trixie", "aarch64"), ("sid", "s390x")) else (pytest.mark.fleet,)
            yield pytest.param(release, machine, id=f"{release}-{machine}", marks=marks)


@pytest.fixture(scope="module")
def machines(lab):
    """A guest with auditctl of all machines."""
    guest = lab.boot("bookworm", name="machines")
    install_machines(guest)
    guest.put(ON_GUEST / "foreign_auditctl.py", "/root/foreign_auditctl.py")
    try:
        yield guest
    finally:
        guest.stop()


def _host(guest, release, machine):
    def ids(path):
        rows = (line.split(":") for line in guest.run(f"cat {path}").stdout.splitlines())
        return {row[0]: int(row[2]) for row in rows}

    directories = guest.run("find / /dev /run -xdev -maxdepth 5 -xtype d").stdout.splitlines()
    return strategies.Host(
        UNAME.get(machine, machine), VERSIONS[release], ids("/etc/passwd"), ids("/etc/group"), directories
    )


def _lines(host):
    """Lines of rules that people and chance write, right and wrong ones."""
    lines = [
        line.text
        for path in sorted(DATA.glob("*.rules"))
        for line in parse_file(path.read_bytes().decode(), path.name, host)
        if line.statement or line.error
    ] + PERMISSIONS
    chance = random.Random(20260102)
    for number in range(LINES):
        line = strategies.spelling(chance, strategies.rule(chance, host), host)
        lines.append(strategies.broken(chance, line) if number % 3 == 0 else line)
    # Neither settings, nor the one line that auditctl drops without a word of its own.
    wanted = (line for line in dict.fromkeys(lines) if not re.search(r"(^| )-[^aAdwWSFCkp \d]|possible", line))
    # Of a line that is too long, auditctl reads the rest as another one.
    return [line for line in wanted if line.strip(" #") and line.lstrip(" ")[0] != "#" and len(line.encode()) <= 6143]


def _load(guest, release, machine, lines):
    """For each line the bytes that auditctl would send, or None, and what it says."""
    guest.run("cat > /root/foreign.rules", input="\n".join(["-c", FIRST, *lines, ""]))
    command = f"python3 /root/foreign_auditctl.py {machine} {root_of(machine, release)} /root/foreign.rules"
    result = json.loads(guest.run(command, timeout=600).stdout)
    refused = refused_lines(result["errors"])
    rules = [_native(bytes.fromhex(rule), machine) for rule in result["rules"]][1:]
    assert len(rules) == len(lines) - len(refused)
    sent = iter(rules)
    return [(None, refused[place]) if place in refused else (next(sent), "") for place in range(len(lines))]


def _native(data, machine):
    """The bytes as the kernel of this machine would list them."""
    words = list(struct.unpack_from((">" if machine == "s390x" else "<") + "260I", data))
    words[0] &= ~wire.PREPEND
    if words[3:67] == [0xFFFFFFFF] * 64:
        words[66] = 0x0000FFFF  # the kernel clears the classes of syscalls
    return struct.pack("=260I", *words) + data[1040:]


@pytest.mark.parametrize(("release", "machine"), list(_cases()))
def test_the_same_lines_are_the_same_rules(machines, release, machine):
    host = _host(machines, release, machine)
    lines = _lines(host)
    entries = [(line, *_entry(line, host)) for line in lines]
    accepted = [statement for _line, statement, _error in entries if statement]
    known = [statement for statement in accepted if _is_readable(statement, host)]
    written = [statement.text for statement in known]
    rendered = [render(statement.rule, host.machine, host.version) for statement in known]
    loaded = _load(machines, release, machine, [line for line, *_rest in entries] + written + rendered)
    counts, wrong = Counter(), []
    for (line, statement, error), (data, reason) in zip(entries, loaded, strict=False):
        if statement and data and statement.unread and data != wire.encode(statement.rule):
            counts["read by us alone"] += 1
        elif statement and data:
            wrong += _difference(line, data, statement.rule, counts)
        elif statement:
            counts["read by us alone"] += 1
            explained = statement.unread and any(re.search(row, reason, re.IGNORECASE) for row in ACCEPTED_BY_US)
            wrong += [] if explained else [(line, reason)]
        else:
            counts["refused by both" if data is None else f"refused by us: {type(error).__name__}"] += 1
    for text, statement, (data, reason) in zip(written + rendered, known + known, loaded[len(entries) :], strict=True):
        wrong += _difference(text, data, statement.rule, counts) if data else [(text, reason)]
    print(f"\n{release} {machine}: {dict(counts)}")
    assert not wrong
    assert counts["equal bytes"] > 0.8 * (len(accepted) + 2 * len(known))


def _entry(line, host):
    try:
        return parse_line(line, host), None
    except RuleError as error:
        return None, error


def _difference(line, data, rule, counts):
    if data == wire.encode(rule):
        counts["equal bytes"] += 1
        return []
    # auditctl chooses the syscalls of a rule with arch and perm and without -S.
    counts["equivalent"] += 1
    return [] if equivalent(wire.decode(data), rule) else [(line, wire.decode(data), rule)]


def _is_readable(statement, host):
    """Whether the library says that the host's auditctl can read the rule, in some form at least."""
    return not parse_line(statement.text, host).unread
