# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""From the rules that a filter list holds to the rules that are wanted, without a moment in which events are lost.

The kernel can append a rule to a list, prepend one and delete one; it cannot insert, move or replace. The first rule
that matches an event decides, so the order of two rules counts where both can match one event and would treat it
differently. Such an order is kept; of what does not depend on order, nothing is moved. A deletion costs the kernel a
thousand times what an addition does, so the plan is the one with the fewest.

Additions come first, then rules that keep events out of the log are deleted, then the others: an event that both the
old and the new rules log is logged after every single step. It is safe as long as no rule with the action never is
prepended before a rule that has to stand before it.
"""

from bisect import bisect, bisect_left
from collections import deque
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple

from .model import ANYTHING, Field, Rule, match

__all__ = ("Sight", "Step", "must_keep_order", "plan", "variant")

# More pairs of rules than this are not compared (a few tenths of a second); then more may move than has to.
_MOST_PAIRS = 500000

# The place of a rule, and the question: 0, whether it is kept or at the back; 1, whether it is at the back.
_Answer = Tuple[int, int]


class Step(NamedTuple):
    """One request to the kernel: ``operation`` is append, prepend or delete.

    ``held`` is the place of the rule in the list as it was at the beginning, for the deletion of what stood there.
    """

    operation: str
    rule: Rule
    held: Optional[int] = None


def plan(current: Sequence[Rule], wanted: Sequence[Tuple[Rule, Optional[int]]]) -> List[Step]:
    """The steps that lead from one filter list to another.

    ``wanted`` has each rule with its place in ``current``, None for a rule that is not there. What ``current`` has and
    ``wanted`` does not name is deleted.
    """
    wanted = _last_copies(current, wanted)
    alive, dead = _first_of_each_match([rule for rule, held in wanted])
    front, back = _Order([wanted[place][0] for place in alive], [wanted[place][1] for place in alive]).ends()
    front, back = {alive[place] for place in front}, {alive[place] for place in back}
    for place, first in dead.items():
        held, before = wanted[place][1], wanted[first][1]
        if held is None or first in back or (first not in front and held < before):
            back.add(place)
    taken = set(current)
    steps = [Step("prepend", _copy(*wanted[place], taken)) for place in sorted(front, reverse=True)]
    steps += [Step("append", _copy(*wanted[place], taken)) for place in sorted(back)]
    kept = {held for place, (rule, held) in enumerate(wanted) if place not in front and place not in back}
    deleted = [place for place in range(len(current)) if place not in kept]
    deleted.sort(key=lambda place: current[place].action != "never")
    return steps + [Step("delete", current[place], place) for place in deleted]


def _last_copies(
    current: Sequence[Rule], wanted: Sequence[Tuple[Rule, Optional[int]]]
) -> Sequence[Tuple[Rule, Optional[int]]]:
    """Of several copies of a rule the last ones are kept, since the kernel deletes the first."""
    if len(set(current)) == len(current):
        return wanted
    places: Dict[Rule, List[int]] = {}
    for place, rule in enumerate(current):
        places.setdefault(rule, []).append(place)
    named: Dict[Rule, int] = {}
    for _rule, held in wanted:
        if held is not None:
            named[current[held]] = named.get(current[held], 0) + 1
    left = {rule: iter(places[rule][-count:]) for rule, count in named.items()}
    return [(rule, None if held is None else next(left[current[held]])) for rule, held in wanted]


def _first_of_each_match(rules: Sequence[Rule]) -> Tuple[List[int], Dict[int, int]]:
    """The places of the rules that the kernel looks at; of each other, the place of the first that matches the same.

    The others need no place in an order, as long as they are behind the first.
    """
    alive: List[int] = []
    dead: Dict[int, int] = {}
    first: Dict[Rule, int] = {}
    for place, rule in enumerate(rules):
        found = first.setdefault(match(rule), place)
        if found == place:
            alive.append(place)
        else:
            dead[place] = found
    return alive, dead


def variant(rule: Rule) -> Rule:
    """The same rule to us and another one to the kernel, so that both can be held at a time.

    The first fields stay, as people look for arch and path there. The variant of a variant is the rule itself.
    """
    if rule.fields in ((), (ANYTHING,)):
        return rule._replace(fields=() if rule.fields else (ANYTHING,))
    before, last = rule.fields[:-1], rule.fields[-1:]
    if before[-1:] == last:
        return rule._replace(fields=before)
    # Listings of auditctl garble a perm before a path.
    if not before or before[-1].name in ("path", "dir"):
        return rule._replace(fields=before + last + last)
    return rule._replace(fields=before[:-1] + last + before[-1:])


def _copy(rule: Rule, held: Optional[int], taken: Set[Rule]) -> Rule:
    """What to add for a wanted rule: itself if it is new, a copy that the kernel tells from it if it has to move."""
    if held is None:
        return rule
    copy = variant(rule)
    while copy in taken:
        copy = copy._replace(fields=copy.fields + (copy.fields or (ANYTHING,))[-1:])
    taken.add(copy)
    return copy


class _Order:
    """Which rules of a wanted list stay where they are, which have to be prepended and which appended.

    Each rule is in front, kept or at the back. Of two rules that must keep their order the first must not come to a
    later part than the second; a new rule cannot be kept, nor can both of two rules that have to change places. Every
    rule that is held and not kept is a deletion. The fewest deletions are a minimum cut: for each rule ask "is it
    kept or at the back?" and "is it at the back?"; every condition above is an implication between two such answers,
    and every deletion an answer that costs 1.
    """

    def __init__(self, rules: Sequence[Rule], held: Sequence[Optional[int]]) -> None:
        self._rules = rules
        self._held = held
        self._sights = [Sight(rule) for rule in rules]
        self._watches = _Watches(self._sights)
        self._known: Dict[Tuple[int, int], List[int]] = {}
        self._pairs = 0

    def ends(self) -> Tuple[Set[int], Set[int]]:
        """The places of the rules to prepend, and of those to append."""
        try:
            return self._fewest_moves()
        except _TooManyPairs:
            return self._around_longest_run()

    def _fewest_moves(self) -> Tuple[Set[int], Set[int]]:
        new = [place for place, held in enumerate(self._held) if held is None]
        swapped = self._swapped()
        if not new and not swapped:
            return set(), set()
        before = self._closure(new + [first for first, second in swapped], -1)
        behind = self._closure(new + [second for first, second in swapped], +1)
        implied: Dict[_Answer, List[_Answer]] = {}
        for place in before:
            implied[place, 0] = [(other, 0) for other in self._next(place, +1) if other in before]
        for place in behind:
            implied[place, 1] = [(other, 1) for other in self._next(place, +1)]
            if place in before:
                implied[place, 1].append((place, 0))
        for place in new:
            implied[place, 0].append((place, 1))
        for first, second in swapped:
            implied[first, 0].append((second, 1))
        costs_to_deny = {(place, 0) for place in before if self._held[place] is not None}
        costs_to_affirm = {(place, 1) for place in behind if self._held[place] is not None}
        given = {(place, 0) for place in before if not self._may_be_prepended(place)}
        denied = _cut(implied, given, costs_to_deny, costs_to_affirm)
        front = {place for place in before if (place, 0) in denied}
        return front, {place for place in behind if (place, 1) not in denied}

    def _next(self, place: int, direction: int) -> List[int]:
        """The rules behind (+1) or before (-1) one that must stay there."""
        if (place, direction) not in self._known:
            sight = self._sights[place]
            others = [other for other in self._watches.near(sight) if (other - place) * direction > 0]
            self._look_at(len(others))
            self._known[place, direction] = [other for other in others if sight.meets(self._sights[other])]
        return self._known[place, direction]

    def _look_at(self, pairs: int) -> None:
        self._pairs += pairs
        if self._pairs > _MOST_PAIRS:
            raise _TooManyPairs

    def _may_be_prepended(self, place: int) -> bool:
        """Not if it kept events out of the log until a rule is prepended that has to stand before it."""
        return self._rules[place].action != "never" or all(
            self._rules[other].action == "never" for other in self._next(place, -1)
        )

    def _swapped(self) -> List[Tuple[int, int]]:
        """Pairs of places whose rules have to change their order."""
        pairs: List[Tuple[int, int]] = []
        seen: List[Tuple[int, int]] = []
        for second, held in enumerate(self._held):
            if held is None:
                continue
            place = bisect(seen, (held, second))
            sight = self._sights[second]
            # What is held in the wanted order, and that is nearly always all, costs no look.
            if place < len(seen):
                near = self._watches.near(sight)
                if len(near) < len(seen) - place:
                    later = [first for first in near if first < second and (self._held[first] or 0) > held]
                else:
                    later = [first for _held, first in seen[place:]]
                self._look_at(len(later))
                pairs += [(first, second) for first in later if sight.meets(self._sights[first])]
            seen.insert(place, (held, second))
        return pairs

    def _around_longest_run(self) -> Tuple[Set[int], Set[int]]:
        """Without looking at pairs: keep the longest part of the list that stands as it is, move all other rules."""
        best, start = (0, 0), 0
        # Nothing that keeps events out of the log is prepended.
        most = next((place for place, rule in enumerate(self._rules) if rule.action == "never"), len(self._rules))
        for place, held in enumerate(self._held):
            in_order = held is not None and place and self._held[place - 1] is not None and held > self._held[place - 1]
            if not in_order:
                start = place if held is not None else place + 1
            if place + 1 - start > best[1] - best[0] and start <= most:
                best = (start, place + 1)
        return set(range(best[0])), set(range(best[1], len(self._rules)))

    def _closure(self, places: Iterable[int], direction: int) -> Set[int]:
        found = set(places)
        todo = list(found)
        while todo:
            for other in self._next(todo.pop(), direction):
                if other not in found:
                    found.add(other)
                    todo.append(other)
        return found


def _cut(
    implied: Dict[_Answer, List[_Answer]], given: Set[_Answer], sources: Set[_Answer], sinks: Set[_Answer]
) -> Set[_Answer]:
    """The answers to deny at the least cost, as few as can be affirmed are denied.

    ``given`` are affirmed. An affirmed answer affirms what it implies. To deny one of ``sources`` costs 1, and so does
    to affirm one of ``sinks``. (Ford and Fulkerson: the flow is grown along shortest paths.)
    """
    flow: Dict[_Answer, Dict[_Answer, int]] = {node: {} for node in implied}
    sources, sinks = set(sources), set(sinks)
    while True:
        came_from: Dict[_Answer, Optional[_Answer]] = dict.fromkeys(sources | given)
        todo = deque(came_from)
        end = next((node for node in todo if node in sinks), None)
        while todo and end is None:
            node = todo.popleft()
            # Forward without a limit, backward as far as something flows.
            for other in implied[node] + [before for before, amount in flow[node].items() if amount]:
                if other not in came_from:
                    came_from[other] = node
                    todo.append(other)
                    if other in sinks:
                        end = other
                        break
        if end is None:
            break
        sinks.remove(end)
        node = end
        while came_from[node] is not None:
            before = came_from[node]
            if flow[before].get(node):
                flow[before][node] -= 1
            else:
                flow[node][before] = flow[node].get(before, 0) + 1
            node = before
        sources.discard(node)
    # What can still reach a sink is denied; the rest is affirmed, so that what may be appended is.
    reaching, todo = set(sinks), list(sinks)
    backward: Dict[_Answer, List[_Answer]] = {node: [] for node in implied}
    for node, others in implied.items():
        for other in others:
            backward[other].append(node)
        for before, amount in flow[node].items():
            if amount:
                backward[before].append(node)
    while todo:
        for other in backward[todo.pop()]:
            if other not in reaching:
                reaching.add(other)
                todo.append(other)
    return reaching


def must_keep_order(one: Rule, other: Rule) -> bool:
    """Whether some event may match both, and would be treated differently by them.

    Two rules that log and differ in their key alone are independent if they watch different paths: an event that
    touches both (a rename) is logged either way, under the key of one of them.
    """
    return Sight(one).meets(Sight(other))


class _TooManyPairs(Exception):
    pass


class _Watches:
    """Which rules can meet one that watches a path: those that watch it, or above or below it, or have no path."""

    def __init__(self, sights: Sequence["Sight"]) -> None:
        self._all = range(len(sights))
        self._everywhere = [place for place, sight in enumerate(sights) if sight.is_everywhere]
        watches = sorted((sight.node, place) for place, sight in enumerate(sights) if not sight.is_everywhere)
        self._nodes = [node for node, place in watches]
        self._places = [place for node, place in watches]
        self._trees: Dict[str, List[int]] = {}
        for node, place in watches:
            if sights[place].is_tree:
                self._trees.setdefault(node, []).append(place)

    def near(self, sight: "Sight") -> Sequence[int]:
        """The places of these rules, in any order."""
        if sight.is_everywhere:
            return self._all
        node = sight.node
        # What is below /etc/ stands before /etc0, as 0 is the sign that follows the slash.
        behind = node[:-1] + "0" if sight.is_tree else node + "\0"
        found = self._places[bisect_left(self._nodes, node) : bisect_left(self._nodes, behind)]
        above = node.rfind("/", 0, -1)
        while above >= 0:
            found += self._trees.get(node[: above + 1], [])
            above = node.rfind("/", 0, above)
        return self._everywhere + found


class Sight:
    """What decides whether the order of two rules counts, computed once for each of them."""

    __slots__ = ("is_tree", "never", "node", "ranges", "result", "syscalls")

    def __init__(self, rule: Rule) -> None:
        self.never = rule.action == "never"
        self.result = None if self.never else frozenset(rule.keys)
        self.syscalls = rule.syscalls
        tree = rule.value("dir")
        self.is_tree = tree is not None
        path = tree if self.is_tree else rule.value("path")
        # With a slash at its end, which makes it the beginning of all that is below it.
        self.node = None if path is None else path.rstrip("/") + "/"
        self.ranges = _ranges(rule.fields)

    def meets(self, other: "Sight") -> bool:
        """See must_keep_order()."""
        if self.result == other.result:
            return False
        if self.syscalls is not None and other.syscalls is not None and self.syscalls.isdisjoint(other.syscalls):
            return False
        if not self.is_everywhere and not other.is_everywhere and self._watches_apart_from(other):
            return False
        ranges = other.ranges
        for name, (least, most) in self.ranges.items():
            if name in ranges and (ranges[name][0] > most or ranges[name][1] < least):
                return False
        return True

    @property
    def is_everywhere(self) -> bool:
        """Whether paths do not tell it from others: it watches none, or keeps events out of the log."""
        return self.never or self.node is None

    def _watches_apart_from(self, other: "Sight") -> bool:
        return not (
            self.node == other.node
            or (self.is_tree and other.node.startswith(self.node))
            or (other.is_tree and self.node.startswith(other.node))
        )


# Fields of which an event has one value, so that two rules may exclude each other by them. Not so gid and egid, which
# are compared with supplementary groups as well, and exe, as one file may have several paths.
_SINGLE = frozenset(
    "arch msgtype fstype pers pid ppid auid uid euid suid fsuid sgid fsgid sessionid a0 a1 a2 a3 "  # noqa: SIM905
    "subj_user subj_role subj_type".split()
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
