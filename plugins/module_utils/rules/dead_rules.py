# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Rules that never take effect: because an earlier rule of their list matches all that they match, or by themselves."""

from collections import Counter
from functools import lru_cache
from typing import AbstractSet, Dict, FrozenSet, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .fields import LISTS
from .list_semantics import SEMANTICS, field_order_counts, no_effect, single_valued
from .model import ANYTHING, Field, Rule, canonical, without_keys
from .ranges import ranges
from .real_paths import real_rule
from .resolver import Resolver
from .statements import RulesLine

__all__ = ("Shadow", "idle", "implied", "includes", "shadow_reason", "shadowed_lines", "shadows")

# What is wrong with a shadowed rule, by its sameness with the earlier rule.
_SHADOWED = {
    "identical": "repeats an earlier rule",
    "equivalent": "means the same as an earlier rule",
    "same match": "is never evaluated: an earlier rule matches the same events under another key",
    "": "is never evaluated: an earlier rule matches every event that it matches",
}


class Shadow(NamedTuple):
    """A rule that the kernel never reaches: the rule at ``place`` in a sequence, shadowed by the earlier one at ``by``.

    ``sameness`` says how the two compare (see model.py): "identical" (the kernel would answer EEXIST), "equivalent",
    "same match", or "" if the rule at ``by`` matches more.
    """

    place: int
    by: int
    sameness: str


@lru_cache(maxsize=1 << 16)
def idle(rule: Rule) -> str:
    """Why a rule never has an effect, whatever the other rules are, as a clause for a message; empty if it may have."""
    reason = no_effect(rule)
    if reason or SEMANTICS[rule.list].alternatives or field_order_counts(rule):
        return reason
    for name, (least, most) in ranges(rule.fields, single_valued(rule.list)).items():
        if least > most:
            return f"no event meets all of its conditions of {name}, and all must be met"
        if least == most and Field(name, "!=", least) in rule.fields:
            return f"no event meets both of its conditions of {name}, = and != of the same value"
    return ""


def shadowed_lines(lines: Sequence[RulesLine], host: Resolver) -> List[Shadow]:
    """The shadowed rules among lines in the order in which they are loaded; the places are those of the lines.

    A rule that a later line puts first (-A) may shadow the rules of the lines before it. Paths are compared as they are
    on the host, if that is known.
    """
    return [
        Shadow(some[place], some[by], _sameness(lines[some[by]].statement.rule, lines[some[place]].statement.rule))
        for some in _in_kernel_order(lines)
        for place, by, _sameness_of_real in shadows([real_rule(lines[place].statement.rule, host) for place in some])
    ]


def shadow_reason(shadow: Shadow) -> str:
    """What is wrong with a shadowed rule, as a clause for a message."""
    if shadow.sameness == "identical" and shadow.by > shadow.place:
        return "is never evaluated: the same rule is put first"
    return _SHADOWED[shadow.sameness]


def _in_kernel_order(lines: Sequence[RulesLine]) -> Iterable[List[int]]:
    """For each list, the places of the lines whose rules it then has, in its order."""
    by_list: Dict[str, List[int]] = {name: [] for name in LISTS}
    for place, line in enumerate(lines):
        statement = line.statement
        if statement is None:
            continue
        if statement.operation == "append":
            by_list[statement.rule.list].append(place)
        elif statement.operation == "prepend" and not statement.unread:
            # auditctl of some releases, which cannot read -A, deletes the rule instead.
            by_list[statement.rule.list].insert(0, place)
        elif statement.operation == "delete" or (statement.control or ("",))[0] == "-D":
            # The rules before this line may be gone.
            by_list = {name: [] for name in LISTS}
    return by_list.values()


def shadows(rules: Sequence[Rule]) -> List[Shadow]:
    """Every shadowed rule of a sequence, each with the first rule that shadows it.

    A rule shadows a later one of the same list if the later rule has all its conditions: each field, and no syscall
    that the first rule does not have. A watched directory includes the paths below it, and permissions include any
    subset of them; where there may be symbolic links, give the rules of real_paths.real_rule(). Ranges of numbers are
    not compared. So each shadow found is certain, but some may not be found. A rule that has no effect, or in which the
    order of the fields counts, shadows only the rules with the same match.
    """
    matches = [without_keys(rule) for rule in rules]
    common = Counter(field for rule in matches for field in rule.fields)
    # What no rule asks for need not be implied.
    asked = {field.name for field in common}
    # Places of rules by the rarest field of each, so that a rule is compared only with few others.
    candidates: Dict[Optional[Field], List[int]] = {}
    same: Dict[Rule, int] = {}
    found = []
    for place, rule in enumerate(matches):
        first = same.setdefault(rule, place)
        if not no_effect(rules[place]) and not field_order_counts(rules[place]):
            facts = implied(rule.fields, asked)
            shared = candidates.keys() & {None, *facts}
            others = sorted({other for field in shared for other in candidates[field]}) if shared else ()
            first = next((other for other in others if includes(matches[other], rule, facts)), first)
            for field in _indexed(rule, common):
                candidates.setdefault(field, []).append(place)
        if first != place:
            found.append(Shadow(place, first, _sameness(rules[first], rules[place])))
    return found


def _indexed(rule: Rule, common: Mapping[Field, int]) -> Sequence[Optional[Field]]:
    """The fields of which a rule that this one shadows has one at least."""
    if SEMANTICS[rule.list].alternatives:
        return rule.fields
    return (min(rule.fields, key=common.__getitem__, default=None),)


def includes(first: Rule, second: Rule, facts: Set[Field]) -> bool:
    """Whether a rule matches all that a second one of its list matches, of whose fields the facts are implied()."""
    if first.list != second.list:
        return False
    if SEMANTICS[first.list].alternatives:
        return set(second.fields) <= set(first.fields)
    return facts.issuperset(first.fields) and (first.syscalls is None or _is_subset(second.syscalls, first.syscalls))


def _is_subset(some: Optional[FrozenSet[int]], more: FrozenSet[int]) -> bool:
    return some is not None and some <= more


def implied(fields: Sequence[Field], asked: AbstractSet[str] = frozenset({"dir"})) -> Set[Field]:
    """All conditions that every event meets which meets these ones, as far as each follows from one of them alone.

    ``asked``: the names of the fields that are of interest; without dir, the directories of a path are left out.
    """
    found = {ANYTHING, *fields}
    for field in fields if "dir" in asked or "perm" in asked else ():
        if field.name in ("path", "dir") and field.operator == "=" and "dir" in asked:
            below = field.text.rstrip("/")
            found.update(_directories(below.rpartition("/")[0]) if below else ())
            if field.name == "path":
                found.add(Field("dir", "=", field.text))
        elif field.name == "perm":
            held = field.number
            found.update(Field("perm", "=", bits) for bits in range(16) if bits & held == held)
    return found


# Many rules have their files in one directory. A hostile path has thousands of directories, so few are remembered.
@lru_cache(maxsize=64)
def _directories(directory: str) -> Tuple[Field, ...]:
    """The conditions that what is below a directory meets: it and each directory above it, with a slash or without."""
    found = [Field("dir", "=", "/")]
    while directory:
        found += (Field("dir", "=", directory), Field("dir", "=", directory + "/"))
        directory = directory.rpartition("/")[0]
    return tuple(found)


def _sameness(first: Rule, second: Rule) -> str:
    if first == second:
        return "identical"
    if canonical(first) == canonical(second):
        return "equivalent"
    return "same match" if without_keys(first) == without_keys(second) else ""
