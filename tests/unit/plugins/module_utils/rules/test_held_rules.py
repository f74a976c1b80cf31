# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules as a kernel holds them, whoever loaded them: written for each release and machine, they are the same rules."""

import random
import re

import pytest

from ansible_collections.linux.audit.plugins.module_utils.rules import tables, wire
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import RuleError
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule, equivalent
from ansible_collections.linux.audit.plugins.module_utils.rules.parse import parse_line
from ansible_collections.linux.audit.plugins.module_utils.rules.permissions import (
    format_permissions,
    permission_variants,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.render import render
from ansible_collections.linux.audit.plugins.module_utils.rules.structure import parse_structure, to_structure
from strategies import Host, rule

RELEASES = [(3, 0), (3, 0, 9), (3, 1, 2), (3, 1, 5), (4, 0, 2), (4, 0, 4), (4, 1, 2), (4, 2, 1)]
MACHINES = ["x86_64", "i686", "aarch64", "armv7l", "ppc64le", "s390x", "riscv64"]
NARROW = ("i686", "armv7l")
READ_AS_A_LONG = ("gid", "egid", "sgid", "fsgid", "obj_gid", "pid", "ppid", "pers", "devmajor", "devminor")


def held_rules(machine, count):
    """Rules by chance; those with a permission often have the syscalls that a release adds, or nearly these."""
    chance, host = random.Random(f"{machine} {count}"), Host(machine)
    for _number in range(count):
        made = rule(chance, host)
        bits = made.value("perm")
        if made.list == "exit" and bits and made.arch is not None and chance.random() < 0.7:
            variants = permission_variants(format_permissions(bits), tables.arch_machine(made.arch))
            added = sorted(variants, key=sorted)
            syscalls = chance.choice(added) | chance.choice((frozenset(), frozenset({999})))
            made = made._replace(syscalls=syscalls or None)
        yield wire.decode(wire.encode(made))


def is_unwritable(part, held, machine):
    """Whether old releases refuse a part of a rule in all its forms: the list io_uring, RISC-V, the family 45.

    Or auditctl of a machine of 32 bits reads another number.
    """
    digits = re.fullmatch(r"-F (\w+)\W+(\d+)", part)
    return (
        bool(digits and int(digits[2]) > 0x7FFFFFFF and digits[1] in READ_AS_A_LONG and machine in NARROW)
        or (held.list == "io_uring" and part.startswith("-a "))
        or (part.startswith("-F arch") and tables.arch_machine(held.value("arch")) in ("riscv32", "riscv64"))
        or (part.startswith("-F saddr_fam") and held.value("saddr_fam") == 45)
    )


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("release", RELEASES)
def test_a_rendered_rule_is_the_same_bytes_and_has_only_names_that_the_release_knows(machine, release):
    host, moved = Host(machine, release), 0
    for held in held_rules(machine, 200):
        line = render(held, machine, release)
        statement = parse_line(line, host)
        assert [part for part in statement.unread if not is_unwritable(part, held, machine)] == []
        assert statement.text == line
        if wire.encode(statement.rule) != wire.encode(held):
            # Only the order of fields, because arch is read before -S.
            moved += 1
            assert sorted(map(repr, statement.rule.fields)) == sorted(map(repr, held.fields))
            assert statement.rule._replace(fields=()) == held._replace(fields=())
    assert moved < 20


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("release", RELEASES)
def test_a_structure_is_the_same_rule_on_its_release_and_on_every_other(machine, release):
    for held in held_rules(machine, 100):
        for version in (None, release):
            structure = to_structure(held, machine, version)
            for other in (None, release, RELEASES[0], RELEASES[-1]):
                (statement,) = parse_structure(structure, Host(machine, other))
                assert equivalent(statement.rule, held), structure


B64, PATH = Field("arch", "=", 0xC000003E), Field("path", "=", "/etc/passwd")
READ, WRITE = Field("perm", "=", 4), Field("perm", "=", 2)


@pytest.mark.parametrize("syscalls", [None, frozenset({2, 257})])
@pytest.mark.parametrize("release", RELEASES)
def test_a_repeated_permission_is_written_once(release, syscalls):
    """As the planner makes it, so that the kernel can hold a rule twice for a moment."""
    held = Rule("exit", "always", (B64, PATH, WRITE, WRITE), syscalls)
    assert wire.decode(wire.encode(held)) == held
    assert equivalent(parse_line(render(held, "x86_64", release), Host(version=release)).rule, held)


@pytest.mark.parametrize("release", RELEASES)
def test_a_rule_with_two_permissions_is_listed_as_auditctl_reads_it(release):
    """Others can load it, and auditctl can; nothing here reads it from a line."""
    held = wire.decode(wire.encode(Rule("exit", "always", (B64, PATH, READ, WRITE), frozenset({257}))))
    line = render(held, "x86_64", release)
    assert line == "-a always,exit -F perm=r -F perm=w -F arch=b64 -S openat -F path=/etc/passwd"
    with pytest.raises(RuleError, match="only one perm field"):
        parse_line(line, Host(version=release))


@pytest.mark.parametrize(
    ("line", "release", "written"),
    [
        ("-a always,exit -F arch=b64 -S mseal", (3, 0, 9), "-S 462"),
        ("-a always,exit -F arch=b64 -S mseal", (4, 0, 1), "-S 462"),
        ("-a always,exit -F arch=b64 -S mseal", (4, 0, 2), "-S mseal"),
        ("-a always,exit -F arch=b64 -S mseal,open", (3, 0, 9), "-S open,462"),
        ("-a always,exclude -F msgtype=OPENAT2", (3, 0, 6), "msgtype=1337"),
        ("-a always,exclude -F msgtype=OPENAT2", (3, 0, 7), "msgtype=OPENAT2"),
        ("-a always,io_uring -S ftruncate", (3, 1), "-S 55"),
        ("-a always,io_uring -S ftruncate", (4, 0, 4), "-S ftruncate"),
        ("-a never,filesystem -F fstype=cgroup2", (4, 0, 2), "fstype=0x63677270"),
    ],
)
def test_names_that_are_newer_than_the_release_are_numbers(line, release, written):
    found = parse_line(line, Host()).rule
    assert written in render(found, "x86_64", release)
    structure = to_structure(found, "x86_64", release)
    assert written.rpartition(" ")[2] in (*structure["fields"], ",".join(structure["syscalls"]))
