# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A model of what the kernel records of events that have everything rules ask for, written after audit_filter_rules().

It extends list_model.py by architectures, permissions, results and users, and by the list exclude after the others.
"""

import itertools
import typing

from hypothesis import strategies as st

import list_model
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule

B64, B32 = 0xC000003E, 0x40000003
SYSCALL = 1300
UNSET, EACCES = 0xFFFFFFFF, 0x100000000 - 13
# By architecture: the number of each call, and the permissions (AUDIT_PERM_*) that one call may have. No rule names
# the last ones: execveat, fchmod, creat and readlink, which have permissions, and lseek, whose result may look like an
# error.
CALLS = {
    B64: {257: (4, 2, 6), 90: (8,), 59: (1,), 82: (2,), 62: (0,), 322: (1,), 91: (8,), 85: (2,), 89: (4,), 8: (0,)},
    B32: {295: (4, 2, 6), 15: (8,), 11: (1,), 38: (2,), 37: (0,), 358: (1,), 94: (8,), 8: (2,), 85: (4,), 19: (0,)},
}
SEEKS = ((B64, 8), (B32, 19))
NAMED = {arch: list(calls)[:5] for arch, calls in CALLS.items()}
PATHS = ("/a", "/a/b", "/c")
PROGRAMS = ("/bin/one", "/bin/two", "/bin/three")
# The kernel compares programs by inode (audit_exe_compare()), which two names may share.
PROGRAM_NAMES = (*(frozenset((name,)) for name in PROGRAMS), frozenset(PROGRAMS[:2]))
USERS = (0, 999, 1000, 4000, 5000, 6000, UNSET)


class Event(typing.NamedTuple):
    """A system call that ends, and all that rules ask of it."""

    arch: int
    call: int
    permission: int
    auid: int
    euid: int
    exit: int
    failed: bool
    paths: frozenset
    exe: frozenset
    group: bool


RESULTS = (
    *((0, False), (2, False), (3, False), (9, False), (EACCES, True), (EACCES, False)),
    *((EACCES - 1, True), (EACCES + 1, True), (0xFFFFFFFF, True)),
)
NAMES = tuple(frozenset((*some, "/x")) for number in range(4) for some in itertools.combinations(PATHS, number)) + (
    frozenset(("/a/z",)),
    frozenset(("/c/z",)),
    frozenset(("/a/z", "/c")),
    frozenset(("/a/b", "/c/z")),
)


def events(rules):
    """The events that some rules tell apart."""
    asked = {field.name for rule in rules for field in rule.fields}
    told_apart = (
        (USERS, {"auid"}),
        ((0, 999, 1000, 1001), {"euid"}),
        (RESULTS, {"exit", "success"}),
        (NAMES, {"path", "dir"}),
        (PROGRAM_NAMES, {"exe"}),
        ((False, True), {"gid"}),
    )
    values = [some if names & asked else some[:1] for some, names in told_apart]
    for arch, calls in CALLS.items():
        for number, permissions in calls.items():
            for permission in permissions:
                for auid, euid, (result, failed), names, exe, group in itertools.product(*values):
                    if failed or result != EACCES or (arch, number) in SEEKS:
                        yield Event(arch, number, permission, auid, euid, result, failed, names, exe, group)


def is_recorded(rules, event):
    """Whether the kernel records the event, and keeps the record of the call."""
    first = next((rule for rule in rules if rule.list == "exit" and matches(rule, event)), None)
    if first is None or first.action == "never":
        return False
    return not any(rule.list == "exclude" and _is_excluded(rule, event) for rule in rules)


def matches(rule, event):
    """audit_filter_rules() with the mask of the rule."""
    return (rule.syscalls is None or event.call in rule.syscalls) and all(_holds(field, event) for field in rule.fields)


def _is_excluded(rule, event):
    """audit_filter() for a record of the type SYSCALL; the rules of this model have no field that ends the search."""
    actual = {"msgtype": SYSCALL, "auid": event.auid}
    return bool(rule.fields) and all(
        list_model.COMPARE[field.operator](actual[field.name], field.value) for field in rule.fields
    )


def _holds(field, event):
    name, operator, value = field
    if name == "perm":
        return bool(event.permission & value)
    if name == "path":
        return value in event.paths
    if name == "dir":
        return any(path == value or path.startswith(value + "/") for path in event.paths)
    if name == "success":
        return (not event.failed) is (bool(value) is (operator == "="))
    if name == "exe":
        return (value in event.exe) is (operator == "=")
    if name == "gid":
        return event.group is (operator == "=")
    return list_model.COMPARE[operator](getattr(event, name), value)


def _numbers(name, values):
    return st.builds(Field, st.just(name), st.sampled_from(sorted(list_model.COMPARE)), st.sampled_from(values))


CONDITIONS = {
    "auid": _numbers("auid", (0, 1000, 5000))
    | st.builds(Field, st.just("auid"), st.sampled_from(["=", "!="]), st.just(UNSET)),
    "euid": _numbers("euid", (0, 1000)),
    "exit": st.just(Field("exit", "=", EACCES)) | _numbers("exit", (0, 3)),
    "success": st.builds(Field, st.just("success"), st.sampled_from(["=", "!="]), st.integers(0, 1)),
    "path": st.builds(Field, st.just("path"), st.just("="), st.sampled_from(PATHS))
    | st.builds(Field, st.just("dir"), st.just("="), st.sampled_from(["/a", "/c"])),
    "perm": st.builds(Field, st.just("perm"), st.just("="), st.integers(1, 15)),
    "exe": st.builds(Field, st.just("exe"), st.sampled_from(["=", "!="]), st.sampled_from(PROGRAMS[:2])),
    "gid": st.builds(Field, st.just("gid"), st.sampled_from(["=", "!="]), st.just(7)),
}  # fmt: skip


@st.composite
def rules(draw, actions=("always",)):
    """Hypothesis strategy: rules of the list exit as people write them."""
    names = draw(st.lists(st.sampled_from(sorted(CONDITIONS)), max_size=3, unique=True))
    fields = [draw(CONDITIONS[name]) for name in names]
    if draw(st.booleans()) and "auid" in names:
        fields.append(Field("auid", "!=", UNSET))
    calls = None
    arch = draw(st.sampled_from([B64, B64, B32, None]))
    if arch is not None:
        fields.insert(0, Field("arch", "=", arch))
        if draw(st.integers(0, 2)):
            numbers = NAMED[arch]
            calls = draw(st.frozensets(st.sampled_from(numbers), min_size=1))
    key = draw(st.sampled_from(["", "k", "l"]))
    return Rule("exit", draw(st.sampled_from(actions)), tuple(fields), calls, (key,) if key else ())


@st.composite
def _covering(draw, wanted):
    """Rules that cover a wanted one, or nearly: wider ones, or parts that are wider, in any order."""
    fields = [field for field in wanted.fields if draw(st.integers(0, 9)) > 1 or field.name == "arch"]
    wide = wanted._replace(fields=tuple(fields), keys=("wide",))
    how = draw(st.sampled_from(["wider", "calls", "users", "directory", "archs", "results"]))
    if how == "calls" and wide.syscalls:
        some = draw(st.frozensets(st.sampled_from(sorted(wide.syscalls))))
        parts = [some, wide.syscalls - some]
        return [wide._replace(syscalls=part) for part in parts if part]
    if how == "users":
        bound = draw(st.sampled_from((1000, 5000)))
        return [
            wide._replace(fields=(*fields, Field("auid", operator, bound)))
            for operator in draw(st.permutations(("<", ">=")))
        ]
    if how == "directory":
        return [
            wide._replace(
                fields=tuple(Field("dir", "=", "/a") if one.value in ("/a", "/a/b") else one for one in fields)
            )
        ]
    if how == "archs" and wanted.arch is None:
        return [wide._replace(fields=(Field("arch", "=", arch), *fields)) for arch in draw(st.permutations((B64, B32)))]
    if how == "results":
        return [
            wide._replace(fields=(*fields, Field("success", "=", value))) for value in draw(st.permutations((0, 1)))
        ]
    return [wide]


@st.composite
def cases(draw):
    """Hypothesis strategy: a wanted rule and a list of rules, among which often are some that cover the wanted one."""
    wanted = draw(rules())
    held = draw(st.lists(rules(("always", "always", "always", "never")), max_size=3))
    if draw(st.integers(0, 3)):
        for rule in draw(_covering(wanted)):
            held.insert(draw(st.integers(0, len(held))), rule)
    if not draw(st.integers(0, 9)):
        fields = draw(st.sampled_from([(Field("msgtype", "=", SYSCALL),), (Field("msgtype", "=", 1307),)]))
        held.append(Rule("exclude", "always", (*fields, *draw(st.lists(CONDITIONS["auid"], max_size=1)))))
    return wanted, held
