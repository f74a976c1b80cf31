# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""From the rules that a filter list holds to the rules that are wanted, without a moment in which events are lost.

The kernel can append a rule to a list, prepend one and delete one; it cannot insert, move or replace. The first rule
that matches an event decides, so the order of two rules counts where both can match one event and would treat it
differently. Such an order is kept; of what does not depend on order, nothing is moved.

Additions come first, then rules that keep events out of the log are deleted, then the others: an event that both the
old and the new rules log is logged after every single step. It is safe as long as no rule with the action never is
prepended before a rule that has to stand before it, which ``_allowed_in_front`` sees to.
"""

from typing import Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from .model import Field, Rule

__all__ = ("Step", "plan", "variant")


class Step(NamedTuple):
    """One request to the kernel: ``operation`` is append, prepend or delete.

    ``held`` is the place of the rule in the list as it was at the beginning, for the deletion of what stood there.
    """

    operation: str
    rule: Rule
    held: Optional[int] = None


def plan(current: Sequence[Rule], wanted: Sequence[Tuple[Rule, Optional[int]]]) -> List[Step]:
    """The steps that lead from one filter list to another.

    ``wanted`` has each rule with its place in ``current``, None for a rule that is not there; those that are there
    have to stand in their present order. What ``current`` has and ``wanted`` does not name is deleted.
    """
    rules = [rule for rule, held in wanted]
    front, back = _ends(rules, [place for place, (rule, held) in enumerate(wanted) if held is None])
    steps = [Step("prepend", _copy(rules[place], wanted[place][1], current)) for place in sorted(front, reverse=True)]
    steps += [Step("append", _copy(rules[place], wanted[place][1], current)) for place in sorted(back)]
    kept = {held for place, (rule, held) in enumerate(wanted) if place not in front and place not in back}
    deleted = [place for place in range(len(current)) if place not in kept]
    deleted.sort(key=lambda place: current[place].action != "never")
    return steps + [Step("delete", current[place], place) for place in deleted]


def variant(rule: Rule) -> Rule:
    """The same rule to us and another one to the kernel, so that both can be held at a time.

    The first fields stay, as people look for arch and path there.
    """
    if len(rule.fields) > 1 and rule.fields[-1] != rule.fields[-2]:
        return rule._replace(fields=(*rule.fields[:-2], rule.fields[-1], rule.fields[-2]))
    return rule._replace(fields=rule.fields + rule.fields[-1:])


def _copy(rule: Rule, held: Optional[int], current: Sequence[Rule]) -> Rule:
    """What to add for a wanted rule: itself if it is new, a copy that the kernel tells from it if it has to move."""
    return rule if held is None else variant(current[held])


def _ends(rules: Sequence[Rule], new: Sequence[int]) -> Tuple[Set[int], Set[int]]:
    """The places of the rules to prepend, and of those to append: new ones, and with each what must stay beyond it."""
    front: Set[int] = set()
    back: Set[int] = set()
    conflicts = _Conflicts(rules)
    for place in new:
        if place in front or place in back:
            continue
        behind = conflicts.closure(place, +1) - back
        before = conflicts.closure(place, -1) - front
        if before & back or (len(behind) <= len(before) or not _allowed_in_front(before, rules, conflicts)):
            back |= conflicts.closure(place, +1)
        else:
            front |= before
    # What stands between the two ends must not be on both.
    for place in sorted(back):
        front -= conflicts.closure(place, +1)
    return front, back


def _allowed_in_front(places: Set[int], rules: Sequence[Rule], conflicts: "_Conflicts") -> bool:
    return not any(
        rules[place].action == "never" and any(rules[other].action != "never" for other in conflicts.next(place, -1))
        for place in places
    )


class _Conflicts:
    """Which rules of a list must keep their order."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._known: Dict[Tuple[int, int], List[int]] = {}

    def next(self, place: int, direction: int) -> List[int]:
        """The rules behind (+1) or before (-1) one that must stay there."""
        if (place, direction) not in self._known:
            rule = self._rules[place]
            others = range(place + 1, len(self._rules)) if direction > 0 else range(place)
            self._known[place, direction] = [other for other in others if must_keep_order(rule, self._rules[other])]
        return self._known[place, direction]

    def closure(self, place: int, direction: int) -> Set[int]:
        """The rule itself and all that must stay behind (+1) or before (-1) it, directly or by others."""
        found, todo = {place}, [place]
        while todo:
            for other in self.next(todo.pop(), direction):
                if other not in found:
                    found.add(other)
                    todo.append(other)
        return found


def must_keep_order(one: Rule, other: Rule) -> bool:
    """Whether some event may match both, and would be treated differently by them.

    Two rules that log and differ in their key alone are independent if they watch different paths: an event that
    touches both (a rename) is logged either way, under the key of one of them.
    """
    if one.action == other.action and (one.action == "never" or one.keys == other.keys):
        return False
    if one.syscalls is not None and other.syscalls is not None and not one.syscalls & other.syscalls:
        return False
    if one.action == other.action and _watch_apart(one, other):
        return False
    ranges = _ranges(one.fields)
    for name, (least, most) in _ranges(other.fields).items():
        if name in ranges and (ranges[name][0] > most or ranges[name][1] < least):
            return False
    return True


def _watch_apart(one: Rule, other: Rule) -> bool:
    paths = [(rule.value("path") or rule.value("dir"), rule.value("dir") is not None) for rule in (one, other)]
    if None in (paths[0][0], paths[1][0]):
        return False
    (first, first_is_tree), (second, second_is_tree) = paths
    return not (
        first == second
        or (first_is_tree and second.startswith(first.rstrip("/") + "/"))
        or (second_is_tree and first.startswith(second.rstrip("/") + "/"))
    )


# Fields of which an event has one value, so that two rules may exclude each other by them.
_SINGLE = frozenset(
    [
        "arch",
        "msgtype",
        "fstype",
        "pers",
        "pid",
        "ppid",
        "auid",
        "uid",
        "euid",
        "suid",
        "fsuid",
        "gid",
        "egid",
        "sgid",
        "fsgid",
        "sessionid",
        "a0",
        "a1",
        "a2",
        "a3",
        "exe",
        "subj_user",
        "subj_role",
        "subj_type",
    ]
)
_MOST = 0xFFFFFFFF


def _ranges(fields: Sequence[Field]) -> Dict[str, tuple]:
    """The least and the greatest value that each field of an event may have."""
    ranges: Dict[str, tuple] = {}
    for name, operator, value in fields:
        if name not in _SINGLE or operator not in ("=", "<", "<=", ">", ">="):
            continue
        if operator == "=":
            least, most = value, value
        elif operator[0] == ">":
            least, most = value + (operator == ">"), _MOST
        else:
            least, most = 0, value - (operator == "<")
        if name in ranges and type(ranges[name][0]) is type(least):
            least, most = max(least, ranges[name][0]), min(most, ranges[name][1])
        ranges[name] = (least, most)
    return ranges
