# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A model of the kernel's filter lists, written after its functions and not after the library.

The integration test test_list_semantics.py proves each fact that it models with events on real kernels; the tests of
the planner use it for thousands of cases.
"""

import itertools
import typing

from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules import wire
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule

COMPARE = {
    "=": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__
}  # fmt: skip
# What audit_filter() evaluates; anything else takes it to unlock_and_return.
AUDIT_FILTER = {"pid", "uid", "gid", "auid", "msgtype", "exe"}
# What audit_filter_rules() finds out without a context.
WITHOUT_CONTEXT = {"pid", "uid", "euid", "gid", "sessionid"}
TMPFS, EXT4 = 0x01021994, 0xEF53
USER_START, USER_LOGIN = 1105, 1112


class Event(typing.NamedTuple):
    """Something that a filter list is asked about; each list looks at some of it."""

    syscall: int = 0
    uid: int = 0
    groups: frozenset = frozenset({0})
    paths: frozenset = frozenset()
    msgtype: int = USER_START
    fstype: int = TMPFS
    pid: int = 77
    a0: int = 0


def events(filter_list):
    """The events that the rules below tell apart on a list."""
    sets_of_groups = [frozenset(groups) for groups in ((0,), (0, 1))]
    sets_of_paths = [frozenset(paths) for paths in ((), ("/a",), ("/a/b",), ("/a/b", "/c"))]
    told_apart = {
        "exit": {"syscall": range(2), "uid": range(3), "groups": sets_of_groups, "paths": sets_of_paths},
        "io_uring": {"syscall": range(2), "uid": range(3), "groups": sets_of_groups, "a0": range(2)},
        "task": {"uid": range(3), "groups": sets_of_groups},
        "filesystem": {"fstype": [TMPFS, EXT4, 1]},
    }.get(filter_list, {"uid": range(3), "msgtype": [USER_START, USER_LOGIN, 1106]})
    return [Event(**dict(zip(told_apart, values, strict=True))) for values in itertools.product(*told_apart.values())]


def decide(rules, event):
    """What a list makes of an event: the keys that it is logged with, None if it is dropped, False if no rule says."""
    for rule in rules:
        answer = ANSWERS[rule.list](rule, event)
        if answer != "no":
            return False if answer == "ends" else treatment(rule)
    return False


def treatment(rule):
    """What becomes of an event that the rule matches."""
    if rule.action == "never" or rule.list == "exclude":
        return None
    return frozenset(rule.keys) if rule.list not in ("user", "filesystem") else frozenset()


def _filter_rules(rule, event):
    """audit_filter_rules(), called by audit_filter_task() without a context and by __audit_filter_op() with a mask."""
    in_mask = rule.list == "task" or rule.syscalls is None or event.syscall in rule.syscalls
    return "yes" if in_mask and all(_holds(field, event, rule.list) for field in rule.fields) else "no"


def _audit_filter(rule, event):
    """audit_filter(): the result of the last field; a field that the function does not know ends it."""
    result = False
    for field in (*rule.fields, *[Field("key", "=", "\x01".join(rule.keys))] * bool(rule.keys)):
        if field.name not in AUDIT_FILTER:
            return "ends"
        result = _holds(field, event, rule.list)
        if not result:
            break
    return "yes" if result else "no"


def _inode_child(rule, event):
    """__audit_inode() and __audit_inode_child(): any field of any rule that says never."""
    met = (COMPARE[operator](event.fstype, value) for name, operator, value in rule.fields if name == "fstype")
    return "yes" if any(met) and rule.action == "never" else "no"


def _holds(field, event, filter_list):
    name, operator, value = field
    if filter_list == "task" and name not in WITHOUT_CONTEXT:
        return False
    if name == "gid" and filter_list not in ("user", "exclude"):
        return (value in event.groups) is (operator == "=")
    if name == "path":
        return value in event.paths
    if name == "dir":
        return any(path == value or path.startswith(value + "/") for path in event.paths)
    actual = {"euid": event.uid, "gid": 0, "sessionid": 0xFFFFFFFF, "auid": 0xFFFFFFFF}
    return COMPARE[operator](actual[name] if name in actual else getattr(event, name), value)


ANSWERS = dict.fromkeys(("exit", "io_uring", "task"), _filter_rules) | {
    "user": _audit_filter, "exclude": _audit_filter, "filesystem": _inode_child,
}  # fmt: skip


class FilterList:
    """One list of the kernel, as audit_data_to_entry(), audit_add_rule() and audit_del_rule() treat it."""

    def __init__(self, rules):
        self.rules = list(rules)

    def apply(self, step):
        """Carry out a step of a plan, as the kernel would."""
        data = wire.encode(step.rule)
        same = [place for place, rule in enumerate(self.rules) if wire.encode(rule) == data]
        if step.operation != "delete":
            assert is_loadable(step.rule), step.rule
        if step.operation == "prepend":
            self.rules.insert(0, step.rule)
        elif step.operation == "append":
            assert not same, "the kernel would refuse it: the rule exists"
            self.rules.append(step.rule)
        else:
            assert same, "the kernel would refuse it: there is no such rule"
            del self.rules[same[0]]


def is_loadable(rule):
    """Whether audit_field_valid() and audit_data_to_entry() accept the fields of a rule, if their values are valid."""
    names = [field.name for field in rule.fields]
    on_list = {
        "filesystem": lambda name: name == "fstype",
        "exclude": lambda name: name != "fstype",
        "user": lambda name: name != "fstype",
        "io_uring": lambda name: name not in ("msgtype", "fstype", "perm"),
    }.get(rule.list, lambda name: name not in ("msgtype", "fstype"))
    objects = [name for name in names if name in ("path", "dir", "inode")]
    return (
        len(names) + bool(rule.keys) <= 64
        and all(map(on_list, names))
        and len(objects) <= 1
        and names.count("exe") <= 1
        and (not objects or rule.list in ("exit", "io_uring"))
    )


def fields(filter_list):
    """Hypothesis strategy: a field that the kernel takes on the list, whether it evaluates it or not."""
    number = st.builds(Field, st.just("uid"), st.sampled_from(sorted(COMPARE)), st.integers(0, 2))
    group = st.builds(Field, st.just("gid"), st.just("="), st.integers(0, 1))
    anything = st.just(Field("pid", ">=", 0))
    kind = st.builds(
        Field, st.just("msgtype"), st.sampled_from(sorted(COMPARE)), st.sampled_from([USER_START, USER_LOGIN])
    )
    effective = st.builds(Field, st.just("euid"), st.just("="), st.integers(0, 1))
    argument = st.builds(Field, st.just("a0"), st.sampled_from(["=", ">="]), st.just(0))
    system = st.builds(Field, st.just("fstype"), st.sampled_from(["=", "!="]), st.sampled_from([TMPFS, EXT4]))
    path = st.builds(Field, st.just("path"), st.just("="), st.sampled_from(["/a", "/a/b", "/c"]))
    tree = st.builds(Field, st.just("dir"), st.just("="), st.sampled_from(["/a", "/c"]))
    return {
        "exit": number | group | path | tree | anything,
        "io_uring": number | group | anything | argument,
        "task": number | group | anything | argument,
        "user": number | group | kind | anything | effective,
        "exclude": number | group | kind | anything | effective,
        "filesystem": system,
    }[filter_list]


def rules(filter_list):
    """Hypothesis strategy: rules of few kinds, so that many of them meet."""
    masked = filter_list in ("exit", "io_uring")
    keyed = [(), ("k",), ("l",)] if filter_list not in ("user", "exclude") else [(), (), (), ("k",)]
    made = st.builds(
        Rule,
        st.just(filter_list),
        st.sampled_from(["always", "never"]),
        st.just(()) | st.lists(fields(filter_list), max_size=3).map(tuple),
        st.none() | st.none() | st.frozensets(st.integers(0, 1), min_size=1, max_size=1) if masked else st.none(),
        st.sampled_from(keyed),
    )
    return made.filter(is_loadable)
