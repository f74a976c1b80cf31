# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""What the kernel makes of a rule on each filter list: one table, which model, lint, overlap, order and plan follow.

Each list is read by a function of its own, and each function reads rules in its own way:

exit, io_uring
    audit_filter_syscall(), audit_filter_uring() and audit_filter_inodes() in kernel/auditsc.c call
    audit_filter_rules() for each rule whose mask has the syscall or operation. All fields must match, their order does
    not count, and the first rule that matches decides. A rule without fields matches everything. (The rules of both
    lists have one common sequence, ``prio``, which matters only for an operation that io_uring_enter() runs itself.)
task
    audit_filter_task() calls audit_filter_rules() when a process starts. The process has no audit context yet, so a
    field that looks into the context (arch, a0, success, path, ...) never matches. The mask is not read.
    audit_exe_compare() answers for the running process alone since Linux 6.7 (and the stable releases of that time),
    so ``exe=`` never matches here and ``exe!=`` always does; before, it compared the program of the parent.
user, exclude
    audit_filter() in kernel/auditfilter.c, since Linux 4.8. The result of a rule is that of its last field, so a rule
    without fields matches nothing. A field that the function does not know, the key among them, ends the search when it
    is reached: the record is logged, and no later rule is read. A label (subj_user, ...) that no security module
    understands leaves the result of the field before it. So the order of these fields counts. On exclude, a rule that
    matches drops the record whatever its action is.
filesystem
    __audit_inode() and __audit_inode_child() in kernel/auditsc.c, since Linux 4.16, look for a rule with the action
    never of which any field matches. So fields are alternatives; a rule with the action always, and a rule without
    fields, have no effect; and the order of rules does not count. audit_field_valid() refuses all fields but fstype and
    key. The kernel forgets the path, so that no rule with a path or dir matches it, and no PATH record is made.
entry
    audit_to_entry_common() refuses this list since Linux 4.17; before, its rules were read when a syscall starts.
"""

from functools import lru_cache
from typing import Any, Dict, FrozenSet, NamedTuple, Optional

__all__ = (
    "DROPPED",
    "SEMANTICS",
    "ListSemantics",
    "action_counts",
    "decision",
    "ends_search",
    "field_order_counts",
    "is_always_met",
    "is_never_met",
    "no_effect",
    "single_valued",
)

#: The decision of a rule that keeps an event out of the log; other decisions are the keys that it is logged with.
DROPPED = None

# A model.Rule: model.py follows this table, so it imports this module, and not the other way round.
Rule = Any

# What becomes of an event that matches a rule, by its action.
_RECORDED, _PASSED, _DROPPED, _NOTHING = "recorded with keys", "recorded", "dropped", "nothing"
# What a field does that the list does not evaluate.
_NEVER_MATCHES, _ENDS_SEARCH, _REFUSED = "never matches", "ends the search", "is refused by the kernel"


class ListSemantics(NamedTuple):
    """How the kernel reads the rules of one list; the docstring of the module names its functions.

    ``without_fields``: whether a rule without fields matches everything; if not, it matches nothing. ``always`` and
    ``never``: what a rule with that action does to an event that it matches. ``alternatives``: whether one matching
    field suffices. ``evaluated``: the fields that are compared. ``others``: what any other field does. ``key``: what a
    key does there. ``syscalls``: whether the mask of syscalls (of operations on io_uring) is read.
    """

    without_fields: bool
    always: str
    never: str
    alternatives: bool
    evaluated: FrozenSet[str]
    others: str
    key: str
    syscalls: bool


_LABELS = frozenset(("subj_user", "subj_role", "subj_type", "subj_sen", "subj_clr"))
_OF_ANY_PROCESS = frozenset(("pid", "uid", "gid", "auid", "exe")) | _LABELS
_OF_TASK = _OF_ANY_PROCESS | frozenset(
    "euid suid fsuid egid sgid fsgid sessionid pers field_compare".split()  # noqa: SIM905
)
_OF_CONTEXT = frozenset(
    "arch ppid exit success a0 a1 a2 a3 saddr_fam devmajor devminor inode path dir perm filetype "  # noqa: SIM905
    "obj_uid obj_gid obj_user obj_role obj_type obj_lev_low obj_lev_high".split()
)
_OF_RECORD = _OF_ANY_PROCESS | frozenset(("msgtype",))

#: The rows of the table, by the name of the list.
SEMANTICS: Dict[str, ListSemantics] = {
    "task": ListSemantics(True, _RECORDED, _DROPPED, False, _OF_TASK, _NEVER_MATCHES, _RECORDED, False),
    "exit": ListSemantics(True, _RECORDED, _DROPPED, False, _OF_TASK | _OF_CONTEXT, _REFUSED, _RECORDED, True),
    "io_uring": ListSemantics(
        True, _RECORDED, _DROPPED, False, _OF_TASK | _OF_CONTEXT - {"perm"}, _REFUSED, _RECORDED, True
    ),
    "user": ListSemantics(False, _PASSED, _DROPPED, False, _OF_RECORD, _ENDS_SEARCH, _ENDS_SEARCH, False),
    "exclude": ListSemantics(False, _DROPPED, _DROPPED, False, _OF_RECORD, _ENDS_SEARCH, _ENDS_SEARCH, False),
    "filesystem": ListSemantics(False, _NOTHING, _DROPPED, True, frozenset(("fstype",)), _REFUSED, _NOTHING, False),
}

# The lists whose search a rule may end, and on which the order of fields may count; most rules are on others.
_MAY_END_SEARCH = frozenset(name for name, row in SEMANTICS.items() if _ENDS_SEARCH in (row.others, row.key))

# The lists on which a rule with the action always records what it matches.
_RECORDING = frozenset(name for name, row in SEMANTICS.items() if row.always == _RECORDED)

_SINGLE_VALUED = frozenset(
    "arch msgtype fstype pers pid ppid auid uid euid suid fsuid sgid fsgid sessionid a0 a1 a2 a3 "  # noqa: SIM905
    "subj_user subj_role subj_type".split()
)
_MOST = 0xFFFFFFFF
# Fields that compare a number which every event has, where they are evaluated. A device or the owner of a file is not
# among them, because an event may be about no file.
_ALWAYS_THERE = frozenset(
    "pid ppid uid euid suid fsuid gid egid sgid fsgid auid sessionid pers msgtype exit a0 a1 a2 a3 arch".split()  # noqa: SIM905
)
# Comparisons of unsigned numbers that are always true, and those that never are.
_ALWAYS = ((">=", 0), ("<=", _MOST), ("&=", 0))
_NEVER = (("<", 0), (">", _MOST), ("&", 0))
_NEVER_OPERATORS = frozenset(operator for operator, _value in _NEVER)


def is_always_met(filter_list: str, name: str, operator: str, value: Any) -> bool:
    """Whether every event that the list is asked about meets the condition."""
    known = name in _ALWAYS_THERE and name in SEMANTICS[filter_list].evaluated
    return known and (operator, value) in _ALWAYS


def is_never_met(filter_list: str, name: str, operator: str, value: Any) -> bool:
    """Whether no event meets the condition. (audit_comparator() compares unsigned numbers: exit<0 is never true.)"""
    row = SEMANTICS[filter_list]
    if row.others == _NEVER_MATCHES and name in _OF_CONTEXT:
        # audit_filter_rules() negates the answer for these two even if it has no context to look into.
        return name not in ("perm", "filetype") or operator == "="
    return name in row.evaluated and name in _ALWAYS_THERE and (operator, value) in _NEVER


def ends_search(rule: Rule) -> bool:
    """Whether the kernel may stop at the rule and read no later rule of the list, though the rule does not match."""
    if rule.list not in _MAY_END_SEARCH:
        return False
    row = SEMANTICS[rule.list]
    if row.others == _ENDS_SEARCH and any(field.name not in row.evaluated for field in rule.fields):
        return True
    return row.key == _ENDS_SEARCH and bool(rule.keys)


def field_order_counts(rule: Rule) -> bool:
    """Whether the order of the fields of a rule, or a repetition, may change which events it matches."""
    if rule.list not in _MAY_END_SEARCH:
        return False
    others = SEMANTICS[rule.list].others
    return ends_search(rule) or (others == _ENDS_SEARCH and any(field.name in _LABELS for field in rule.fields))


def action_counts(rule: Rule) -> bool:
    """Whether the rule with the other action would do something else."""
    row = SEMANTICS[rule.list]
    matches = bool(rule.fields) or row.without_fields
    return row.always != row.never and matches and not ends_search(rule)


def single_valued(filter_list: str) -> FrozenSet[str]:
    """The fields of which an event has one value, so that two different values exclude each other in a rule.

    gid and egid are not among them, because the kernel compares them with supplementary groups as well, nor is exe,
    because a file can have several paths.
    """
    return _SINGLE_VALUED - _LABELS if SEMANTICS[filter_list].others == _ENDS_SEARCH else _SINGLE_VALUED


def decision(rule: Rule) -> Optional[FrozenSet[str]]:
    """What becomes of an event that the rule matches: DROPPED, or the keys that the event is logged with."""
    if rule.list in _RECORDING and rule.action != "never":
        return frozenset(rule.keys)
    row = SEMANTICS[rule.list]
    effect = row.never if rule.action == "never" else row.always
    if ends_search(rule) or effect in (_PASSED, _NOTHING):
        return frozenset()
    return DROPPED


@lru_cache(maxsize=1 << 16)
def no_effect(rule: Rule) -> str:
    """Why the rule never has an effect, as a clause for a message; empty if it may have one."""
    row = SEMANTICS[rule.list]
    if ends_search(rule):
        return ""
    if (row.never if rule.action == "never" else row.always) == _NOTHING:
        return f"the action {rule.action} does nothing on the list {rule.list}"
    if not rule.fields and not row.without_fields:
        return f"a rule without a field matches nothing on the list {rule.list}"
    if row.syscalls and rule.syscalls is not None and not rule.syscalls:
        return "it has no syscall"
    if row.alternatives:
        return ""
    others_never_match = row.others == _NEVER_MATCHES
    for name, operator, value in rule.fields:
        if (others_never_match or operator in _NEVER_OPERATORS) and is_never_met(rule.list, name, operator, value):
            where = f" on the list {rule.list}" if others_never_match else ""
            return f"{name}{operator} never matches{where}" if where else f"{name}{operator}{value} never matches"
    return ""
