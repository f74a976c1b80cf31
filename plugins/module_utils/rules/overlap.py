# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Whether the order of two rules of one list matters.

The first rule that matches an event decides, so the order matters if some event may match both rules and they would
treat it differently (see list_semantics.py: on the lists exclude and filesystem, nearly all rules treat an event in
the same way). The answer errs on the safe side: only what certainly excludes a common event is looked at.
"""

from bisect import bisect_left
from typing import Any, Dict, List, Mapping, Sequence, Tuple

from .list_semantics import DROPPED, decision, field_order_counts, no_effect, single_valued
from .model import Rule
from .ranges import ranges

__all__ = ("Scope", "WatchIndex", "must_keep_order")


def must_keep_order(one: Rule, other: Rule) -> bool:
    """Whether some event may match both rules and they would treat it differently.

    Two rules that log under different keys are independent if they watch different paths: an event that touches both
    paths (a rename) is logged in either order, under the key of one of them.
    """
    return Scope(one).overlaps(Scope(other))


class WatchIndex:
    """Finds the rules that may overlap with one that watches a path, without comparing it with every rule.

    These are the rules that watch the same path, one above or one below it, and the rules that watch no path.
    """

    def __init__(self, scopes: Sequence["Scope"]) -> None:
        self._all = range(len(scopes))
        self._everywhere = [place for place, scope in enumerate(scopes) if scope.is_everywhere]
        watches = sorted((scope.node, place) for place, scope in enumerate(scopes) if not scope.is_everywhere)
        self._nodes = [node for node, place in watches]
        self._places = [place for node, place in watches]
        self._trees: Dict[str, List[int]] = {}
        for node, place in watches:
            if scopes[place].is_tree:
                self._trees.setdefault(node, []).append(place)

    def candidates(self, scope: "Scope") -> Sequence[int]:
        """The places of the rules that may overlap with this one, in any order."""
        return self._all if scope.is_everywhere else self.near(scope)

    def near(self, scope: "Scope") -> Sequence[int]:
        """The places of the rules for the same path, one above or one below it, and of those that are everywhere."""
        return self._everywhere + self.watching(scope) if scope.node else self._everywhere

    def watching(self, scope: "Scope") -> List[int]:
        """The places of the rules for the same path, one above or one below it, but for those that are everywhere."""
        node = scope.node
        # Everything below /etc/ sorts before /etc0, because 0 is the character after the slash.
        end = node[:-1] + "0" if scope.is_tree else node + "\0"
        found = self._places[bisect_left(self._nodes, node) : bisect_left(self._nodes, end)]
        above = node.rfind("/", 0, -1)
        while above >= 0:
            found += self._trees.get(node[: above + 1], [])
            above = node.rfind("/", 0, above)
        return found


class Scope:
    """The parts of a rule that decide whether its order matters, computed once to compare it with many."""

    __slots__ = ("has_effect", "is_everywhere", "is_tree", "node", "ranges", "result", "syscalls")

    def __init__(self, rule: Rule) -> None:
        self.result = decision(rule)
        self.has_effect = not no_effect(rule)
        self.syscalls = rule.syscalls
        tree = rule.value("dir")
        self.is_tree = tree is not None
        path = tree if self.is_tree else rule.value("path")
        # With a slash at the end, a directory is a prefix of everything below it. Empty for a rule without a path.
        self.node = "" if path is None else str(path).rstrip("/") + "/"
        #: Whether the path cannot exclude an overlap: the rule has none, or it keeps events out of the log.
        self.is_everywhere = self.result is DROPPED or not self.node
        # A condition limits nothing if the kernel may stop at the rule before or after it.
        limits: Mapping[str, Tuple[Any, Any]] = {}
        self.ranges = limits if field_order_counts(rule) else ranges(rule.fields, single_valued(rule.list))

    def overlaps(self, other: "Scope") -> bool:
        """Whether the order of the two rules matters: must_keep_order() of their rules."""
        if self.result == other.result or not self.has_effect or not other.has_effect:
            return False
        if not (self.is_everywhere or other.is_everywhere) and self._watches_apart_from(other):
            return False
        return self.has_events_of(other)

    def has_events_of(self, other: "Scope") -> bool:
        """Whether calls, and values of which an event has one, let some event match both rules, paths aside."""
        if self.syscalls is not None and other.syscalls is not None and self.syscalls.isdisjoint(other.syscalls):
            return False
        others = other.ranges
        for name, (least, most) in self.ranges.items():
            if name in others and (others[name][0] > most or others[name][1] < least):
                return False
        return True

    @property
    def drops(self) -> bool:
        """Whether the rule keeps the events that it matches out of the log."""
        return self.has_effect and self.result is DROPPED

    def _watches_apart_from(self, other: "Scope") -> bool:
        return not (
            self.node == other.node
            or (self.is_tree and other.node.startswith(self.node))
            or (other.is_tree and self.node.startswith(other.node))
        )
