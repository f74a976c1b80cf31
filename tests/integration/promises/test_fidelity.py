# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule library against the vendor's auditctl and a real kernel: the same lines, the same bytes, the same refusals.

Thousands of lines, the same ones in every run, are loaded by ``auditctl -R`` on a guest. What it loads, the kernel
must hold as wire.encode(parse(line)), byte for byte and in that order; what it refuses, the library must refuse.
Wherever the two differ on purpose there is a row in one of the tables below, and each row says why.
"""

import random
import re
from collections import Counter
from typing import NamedTuple

import pytest

import strategies
from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import MisreadError, RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import LISTS
from ansible_collections.linux.audit.plugins.module_utils.rules.model import canonical, equivalent
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import Statement, parse_file, parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from ansible_collections.linux.audit.plugins.module_utils.rules.structure import parse_structure, to_structure
from paths import DATA
from releases import releases
from vendor import Vendor

# Right lines and wrong lines that are generated for a release of Debian, beside those of tests/data.
RELEASES = {"bookworm": (3000, 2000), "trixie": (1500, 1000), "sid": (1500, 1000)}

# Lines that the library understands and auditctl refuses, by what auditctl says; Statement.text is what it reads.
ACCEPTED_BY_US = {
    r"value should be number for success": "yes and no are what half the world's documentation writes",
    r"unknown file type": "auditctl lists file types as numbers, and refuses to read them again",
    r"(Syscall name|io_uring op) unknown": "a name of a newer release, written as a number for this one",
    r"file system type is unknown|unknown message type": "a name of a newer release, written as a number for this one",
    r"bad keyword (\w+,io_uring|io_uring,\w+)": "releases before 3.1 do not know the list",
    r"value is too large for field: saddr_fam": "releases before 3.0.8 do not know the family 45",
    r"arch must be before -S": "the syscalls that auditctl adds because of a perm count as -S",
    r"arch elf mapping not found": "a machine or a word for one that newer releases know",
    r"bad keyword (?-i:\w+,[A-Z]\w+|[A-Z]\w+,\w+)": "releases before 3.1 know lists in lower case only",
    r"delete rule data request \(No such file or directory\)": "there is no such rule in the kernel at that time",
    r"add rule data request \(No such file or directory\)": "the kernel looks for the directory, the library does not",
}

# Lines that the library refuses and auditctl loads, by what the library says of which part.
REFUSED_BY_US = {
    r"[-\d]\S* must be .*nothing after it": "a number with a tail or of more than 32 bits: auditctl reads another one",
    r"\d\S*: must be .*nothing after it": "the same, of a syscall",
    r"-F (?i:sessionid)\W.* must be unset or a number": "auditctl takes any word for 0",
    r"-F (?i:saddr_fam)\W.* must be the number of an address family": "auditctl takes any word for 0",
    r"-F (?i:arch)\W+[\da-f].* is not an arch": "a number with a tail",
    r"in its first word": "auditctl drops the backslash and the space, and so takes another path",
    r"does not work on the list task": "the kernel has no context there to look into, so the rule never matches",
    r"20\d\d: .* classes of syscalls": "such a number is a class of syscalls to the kernel",
    r"the action possible no longer exists": "auditctl drops the rule and reports success",
    r"exactly one of": "-w and -a in one line",
    r"must come after the list": "-S before -a passes auditctl's check of the list",
    r"so many short words": "auditctl before 4.2 drops the last words",
    r"a key can only be set": "the kernel holds key!=x and ignores it; KEY=x, unlike key=x, must come after -S",
    r"^/.*take it for the operator": "such a path can be watched, and never be listed in a form that is read again",
    r"ends the evaluation of the list": "the rule never matches, and no later rule of the list does",
    r"field_compare does not work on the list \w+": "there is no -C to write it with",
    r"obj_[ug]id does not work on the list io_uring": "an operation of io_uring is about no file of its own",
    r"perm does not work on the list exclude": "the kernel does not look at it",
    r"only one perm field": "an event would have to meet both, or the syscalls are those of the one that -p replaces",
    r"-p needs a watch": "-p on a list without files",
    r"contains a tab|contains a carriage return": "auditctl makes it a part of the last word",
    r"-S needs the name": "-S and a comma: a rule that matches no syscall",
    r"for all of them, leave out -S": "-S all on io_uring means the operations that the host's auditctl has a name for",
}

# Lines that set something: whether auditctl takes them. (What they do is not compared.)
SETTINGS = {
    "-b 8192": True,
    "-b 0x400": True,
    "-b -1": False,
    "-b": False,
    "-b x": False,
    "-f 0": True,
    "-f 1": True,
    "-f 3": False,
    "-f 0x1": False,
    "-e 0": True,
    "-e 01": False,
    "-e yes": False,
    "-r 100": True,
    "-r 0": True,
    "-r many": False,
    "--backlog_wait_time 60000": True,
    "--backlog_wait_time=0": True,
    "--backlog_wait_time": False,
    "--reset-lost": True,
    "--reset_backlog_wait_time_actual": True,
    "--no-such-setting": False,
    "-D": True,
    "-D -k some-key": True,
    "-D -k": False,
    "-D some-key": False,
    "-c": True,
    "-i": True,
    "-t": True,
    "-q /tmp": False,
    "-q /tmp,": False,
    "-z": False,
}


class Entry(NamedTuple):
    """A line, and what the library says of it."""

    line: str
    statement: Statement | None
    error: RuleError | None


@pytest.fixture(scope="module", params=releases("bookworm", fleet=("trixie", "sid")))
def vendor(request, lab):
    # Without a security module, because one without a policy refuses every label.
    guest = lab.boot(request.param, name=f"fidelity-{request.param}", kernel_args="lsm=capability selinux=0")
    try:
        yield Vendor(guest)
    finally:
        guest.stop()


@pytest.fixture(scope="module")
def entries(vendor):
    """Every line once, and of those that make the same rule the first."""
    right, wrong = RELEASES[vendor.guest.release]
    host = vendor.host
    lines = [
        line.text
        for path in sorted(DATA.glob("*.rules"))
        for line in parse_file(path.read_bytes().decode(), path.name, host)
        if line.statement or line.error
    ]
    # What hangs from these lists are the files of tests/data, before 3.1.
    lists = [name for name in strategies.LISTS if name != "io_uring" or host.version >= (3, 1)]
    chance = random.Random(20260101)
    for number in range(right + wrong):
        line = strategies.spelling(chance, strategies.rule(chance, host, lists), host)
        lines.append(line if number < right else strategies.broken(chance, line))
    found, rules, held = [], set(), set()
    for line in dict.fromkeys(lines):
        entry = _entry(line, host)
        if line.lstrip().startswith("#") or not line.strip() or len(line.encode()) > 6143 or _is_setting(line):
            continue
        if entry.statement and entry.statement.rule:
            data = wire.encode(entry.statement.rule)
            if entry.statement.operation == "append" and data in held:
                continue
            (held.discard if entry.statement.operation == "delete" else held.add)(data)
            rules.add(data)
        found.append(entry)
    return found


def _entry(line, host):
    try:
        return Entry(line, parse_line(line, host), None)
    except RuleError as error:
        return Entry(line, None, error)


def _is_setting(line):
    """Whether auditctl might do more than to add or delete a rule."""
    return bool(re.search(r"(^| )-[^aAdwWSFCkp \d]", line))


def _explain(text, table):
    return next((pattern for pattern in table if re.search(pattern, text, re.IGNORECASE)), None)


def _in_kernel_order(statements):
    """The rules that the kernel holds when it was given the statements in that order."""
    held = {name: [] for name in LISTS}
    for statement in statements:
        rules = held[statement.rule.list]
        if statement.operation == "append":
            rules.append(statement.rule)
        elif statement.operation == "prepend":
            rules.insert(0, statement.rule)
        else:
            rules.remove(next(rule for rule in rules if wire.encode(rule) == wire.encode(statement.rule)))
    return [rule for name in sorted(held, key=LISTS.get) for rule in held[name]]


def _compare(vendor, statements):
    """How many rules are equal; fails for the first that is not, but for a key that is empty."""
    rules, counts = vendor.rules(), Counter()
    expected = _in_kernel_order(statements)
    assert len(rules) == len(expected)
    for data, rule in zip(rules, expected, strict=True):
        if data == wire.encode(rule):
            counts["equal bytes"] += 1
            continue
        held = wire.decode(data)
        assert "" in held.keys, f"{rule}\nis in the kernel\n{held}"
        assert equivalent(held, rule), f"{rule}\nis in the kernel\n{held}"
        counts["equivalent, with an empty key"] += 1
    return counts


def _report(vendor, what, counts):
    print(f"\nauditctl {'.'.join(map(str, vendor.host.version))}: {what}")
    for name, count in counts.items():
        print(f"{count:8} {name}")


def test_lines_that_we_accept(vendor, entries):
    accepted = [entry for entry in entries if entry.statement]
    refused = vendor.load([entry.line for entry in accepted])
    counts = Counter({"lines": len(accepted), "unexplained": 0})
    unexplained = []
    for place, message in refused.items():
        reason = _explain(message, ACCEPTED_BY_US)
        if reason is None:
            unexplained.append((accepted[place].line, message))
        counts["refused: " + ACCEPTED_BY_US.get(reason, "unexplained")] += 1
    assert not unexplained
    counts.update(_compare(vendor, [entry.statement for place, entry in enumerate(accepted) if place not in refused]))
    _report(vendor, "lines that we accept", counts)
    assert counts["equal bytes"] > 0.9 * len(accepted)


def test_lines_that_we_refuse(vendor, entries):
    ours = [entry for entry in entries if entry.error]
    refused = vendor.load([entry.line for entry in ours])
    counts = Counter({"lines": len(ours), "refused by both": len(refused), "unexplained": 0})
    unexplained = []
    for place, entry in enumerate(ours):
        if place not in refused:
            assert isinstance(entry.error, MisreadError), entry
            reason = _explain(f"{entry.error.part}: {entry.error.reason}", REFUSED_BY_US)
            if reason is None:
                unexplained.append((entry.line, str(entry.error)))
            counts["loaded: " + REFUSED_BY_US.get(reason, "unexplained")] += 1
    assert not unexplained
    _report(vendor, "lines that we refuse", counts)


def test_what_we_write_into_files_is_read(vendor, entries):
    """Statement.text is accepted without exception, but for what the host lacks, and is the same rule."""
    statements = [entry.statement for entry in entries if entry.statement]
    refused = vendor.load([statement.text for statement in statements])
    lacking = r"delete rule data request|request \(No such file or directory\)|bad keyword (\w+,io_uring|io_uring,\w+)"
    assert not [(statements[place], message) for place, message in refused.items() if not re.search(lacking, message)]
    # Where a rule of a file goes is said by its place there, so -A is written as -a.
    loaded = [statement for place, statement in enumerate(statements) if place not in refused]
    counts = _compare(vendor, [_entry(statement.text, vendor.host).statement for statement in loaded])
    _report(vendor, "lines that we write", counts)


def test_what_we_render_is_read(vendor, entries):
    """Each rule that the kernel holds, written for this release, is accepted and is the same bytes again."""
    vendor.load([entry.line for entry in entries if entry.statement])
    held, host = vendor.rules(), vendor.host
    lines = [render(wire.decode(data), host.machine, host.version) for data in held]
    refused = vendor.load(lines)
    assert not [(lines[place], message) for place, message in refused.items()]
    again = vendor.rules()
    different = [(line, one, two) for line, one, two in zip(lines, held, again, strict=True) if one != two]
    # auditctl reads an arch, and with it what is rendered before -S, only before -S.
    moved = [entry for entry in different if sorted(_fields(entry[1])) == sorted(_fields(entry[2]))]
    assert [entry for entry in different if entry not in moved] == []
    assert len(moved) < 0.01 * len(held)
    _report(vendor, "rules that we render", {"lines": len(lines), "equal bytes": len(held) - len(moved)})


def test_canonical_rules_that_we_render_are_read(vendor, entries):
    """A rule of the kernel, in canonical form and written as text, is accepted and is equivalent."""
    vendor.load([entry.line for entry in entries if entry.statement])
    host = vendor.host
    wanted = {}
    for data in vendor.rules():
        rule = canonical(wire.decode(data))
        wanted.setdefault(parse_line(render(rule, host.machine, host.version), host).text, rule)
    refused = vendor.load(wanted)
    assert not [(list(wanted)[place], message) for place, message in refused.items()]
    rules = [canonical(wire.decode(data)) for data in vendor.rules()]
    assert rules == sorted(wanted.values(), key=lambda rule: LISTS[rule.list])
    _report(vendor, "canonical rules that we render", {"lines": len(wanted), "equivalent": len(rules)})


def test_structures_of_what_the_kernel_holds_are_read(vendor, entries):
    """Each rule that the kernel holds, as a structure, is the same rule to this release and to every other."""
    vendor.load([entry.line for entry in entries if entry.statement])
    held, host = vendor.rules(), vendor.host
    lines = []
    for data in held:
        (statement,) = parse_structure(to_structure(wire.decode(data), host.machine, host.version), host)
        lines.append(statement.text)
    # Rules that differ in the order of their fields alone have one structure.
    first = dict(reversed(list(zip(lines, held, strict=True))))
    refused = vendor.load(first)
    assert not [(list(first)[place], message) for place, message in refused.items()]
    again = list(dict.fromkeys(vendor.rules()))
    assert len(again) == len(first)
    for data, found in zip(sorted(first.values(), key=_list_of), again, strict=True):
        assert equivalent(wire.decode(data), wire.decode(found))
    _report(vendor, "structures of rules", {"lines": len(first), "equivalent": len(again)})


def _list_of(data):
    return LISTS[wire.decode(data).list]


def _fields(data):
    rule = wire.decode(data)
    return [repr(rule._replace(fields=())), *map(repr, rule.fields)]


def test_settings(vendor):
    theirs, ours = {}, {}
    for line in SETTINGS:
        done = vendor.guest.run("cat > /root/one.rules; auditctl -R /root/one.rules", input=line + "\n", check=False)
        theirs[line] = done.returncode == 0
        ours[line] = _entry(line, vendor.host).error is None
    assert theirs == SETTINGS
    assert ours == SETTINGS


def test_a_line_that_is_too_long_is_a_broader_rule_to_auditctl(vendor):
    """The reason why the library refuses it."""
    head = "-a always,exit -S open"
    line = f"{head}{' ' * 6143} -F uid=0"
    assert vendor.load([line])
    assert vendor.rules() == [wire.encode(parse_line(head, vendor.host).rule)]
    with pytest.raises(RuleError, match="longer than"):
        parse_line(line, vendor.host)


def test_the_longest_line(vendor):
    line = "-a always,exit -S open {}-k x"
    line = line.format(" " * (6143 - len(line) + len("{}")))
    assert len(line) == 6143
    assert not vendor.load([line])
    assert vendor.rules() == [wire.encode(parse_line(line, vendor.host).rule)]


# Words that the lines above have seldom, or never together.
BEGINNINGS = (
    "-a always,exit", "-a exit,always", "-a never,exit", "-A always,exit", "-a always,EXIT", "-a always,io_uring",
    "-a never,user", "-a always,exclude", "-a never,filesystem", "-a never,task", "-w /etc/passwd", "-w /etc/ssh/",
    "-w /etc/with\\ space", "-w/etc/with\\ space", "-w /etc/*", "-w /etc/../etc/hosts",
)  # fmt: skip
INGREDIENTS = (
    "-F arch=b64", "-F arch=b32", "-F arch!=b64", "-F arch=x86_64", "-F arch=riscv64", "-F arch=armv8l",
    "-F arch=C000003E", "-F arch=c000003ex", "-F arch=3221225534", "-F arch=b65", "-S openat", "-S mseal", "-S 9999",
    "-S 999", "-S 2040", "-S all", "-S all,openat", "-S openat,", "-S ,", "-S \u212aill", "-p wa", "-p x", "-p WA",
    "-F perm=wa", "-F perm=X", "-F perm=r", "-F perm=wwa", "-F path=/etc/passwd", "-F path=/etc/..", "-F dir=/etc/ssh",
    "-F dir=/etc/ssh/", "-F exe=/usr/bin/id", "-F exe!=/usr/bin/id", "-F filetype=file", "-F filetype=32768",
    "-F success=yes", "-F success=no", "-F success=2", "-F exit=-EPERM", "-F exit=--EPERM", "-F exit=EACESS",
    "-F exit=0xffffffff", "-F saddr_fam=45", "-F saddr_fam=46", "-F saddr_fam<=44", "-F saddr_fam=ipv4",
    "-F sessionid=unset", "-F sessionid=-1", "-F sessionid=x", "-F auid=unset", "-F auid>=unset", "-F loginuid!=-1",
    "-F uid=-1", "-F uid=-2", "-F uid=4294967294", "-F gid=-1", "-F gid=4294967294", "-F a0&=0x10", "-F a0=-1",
    "-F fstype=cgroup", "-F fstype=tracefs", "-F fstype=0x1021994", "-F msgtype=DM_EVENT", "-F msgtype=UNKNOWN[1999]",
    "-F msgtype=1300", "-F msgtype>=USER_AUTH", "-F msgtype=nothing", "-C uid!=euid", "-C loginuid!=euid",
    "-C obj_uid=auid", "-C uid=gid", "-F field_compare=11", "-F obj_uid=0", "-F obj_gid=0", "-F pers=0", "-F ppid=1",
    "-F devmajor=8", "-F inode=2", "-F inode!=2", "-k key", "-F key=a", "-F key=", "-k a\\ b", "-F KEY=c", "-F key!=d",
)  # fmt: skip


def new_ingredients(chance, count):
    """Lines that are made of these words, in nearly any order."""
    for _number in range(count):
        words = chance.sample(INGREDIENTS, chance.choice((1, 2, 2, 3, 3, 4, 6)))
        if chance.random() < 0.6:
            words.sort(key=lambda word: (not word.startswith("-F arch"), word.startswith(("-k", "-F key"))))
        yield " ".join([chance.choice(BEGINNINGS), *words])


def check_lines(vendor, lines):
    """Compare what both make of the lines, and of what we write for them; how many were of which kind."""
    entries, held = [], set()
    for entry in (_entry(line, vendor.host) for line in dict.fromkeys(lines)):
        data = wire.encode(entry.statement.rule) if entry.statement else None
        if data is None or entry.statement.operation == "prepend" or data not in held:
            entries.append(entry)
        held.add(data)
    accepted, ours = ([entry for entry in entries if bool(entry.statement) is kind] for kind in (True, False))
    refused = vendor.load([entry.line for entry in accepted])
    wrong = [
        (accepted[place].line, message)
        for place, message in refused.items()
        if not (accepted[place].statement.unread and _explain(message, ACCEPTED_BY_US))
        and not re.search(r"request \((No such file or directory|Invalid argument)\)", message)
    ]
    loaded = [entry.statement for place, entry in enumerate(accepted) if place not in refused]
    counts = Counter({"accepted": len(accepted), "refused by us": len(ours)}) + _compare(vendor, loaded)
    refused_too = vendor.load([entry.line for entry in ours])
    for place, entry in enumerate(ours):
        known = _explain(f"{entry.error.part}: {entry.error.reason}", REFUSED_BY_US)
        if place not in refused_too and not (known and isinstance(entry.error, MisreadError)):
            wrong.append((entry.line, str(entry.error)))
    readable = [one.statement for one in accepted if not parse_line(one.statement.text, vendor.host).unread]
    texts = list(dict.fromkeys(statement.text for statement in readable))
    for place, message in vendor.load(texts).items():
        if "request (" not in message:
            wrong.append((texts[place], message))
    return counts, wrong


def test_lines_of_words_that_are_seldom_together(vendor):
    counts, wrong = check_lines(vendor, new_ingredients(random.Random(20260401), 1500))
    assert wrong == []
    _report(vendor, "lines of words that are seldom together", counts)
    assert counts["equal bytes"] > 100
