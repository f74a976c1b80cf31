# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines of a declaration, made cheaper by rules/optimise.py: the file gets the rules that the kernel gets."""

from typing import AbstractSet, Dict, List, NamedTuple, Sequence

from .._host.host import Host
from ..rules.model import Rule, canonical
from ..rules.optimise import Optimised, Reason, optimise
from ..rules.parse import RulesLine, Statement, parse_line
from ..rules.real_paths import without_slash
from ..rules.render import render
from .places import may_be_missing_at_boot

__all__ = ("OptimisedLines", "optimised_lines")


_TOO_MANY = "the set has so many rules that not all were compared to make it cheaper; fewer rules may do"


class OptimisedLines(NamedTuple):
    """Lines, and why they differ from those that were declared, a sentence for each rule; and what to note of all."""

    lines: List[RulesLine]
    reasons: List[str]
    notes: Sequence[str] = ()


def optimised_lines(lines: Sequence[RulesLine], exact: AbstractSet[int], host: Host) -> OptimisedLines:
    """The lines with cheaper rules; comments stay where they are. ``exact``: the places of lines that must not change.

    A set that has a rule with -A stays as it is, because such a rule goes before rules that are not in the set.
    """
    places = [place for place, line in enumerate(lines) if line.statement and line.statement.rule]
    statements = [lines[place].statement for place in places]
    fixed = frozenset(
        number for number, place in enumerate(places) if place in exact or _has_to_stay(statements[number])
    )
    if len(fixed) == len(places) or any(statement.operation != "append" for statement in statements):
        return OptimisedLines(list(lines), [])
    found = optimise([_meant(statement, host) for statement in statements], host.machine, fixed)
    texts = [lines[place].text for place in places]
    made = {
        item.place: lines[places[item.place]] if item.place in fixed else _line(item, lines, places, host)
        for item in found.rules
        if item.place is not None
    }
    return OptimisedLines(
        _in_order([item.place for item in found.rules if item.place is not None], made, lines, places),
        [_sentence(reason, texts) for reason in found.reasons],
        () if found.is_complete else (_TOO_MANY,),
    )


def _has_to_stay(statement: Statement) -> bool:
    """Whether the text of a rule means more than its rule does.

    auditctl decides when it loads a -w whether it is for a file or a directory, and adds syscalls, different ones in
    each release, to those that a rule with a permission names.
    """
    if statement.named_syscalls:
        return True
    if not statement.watch:
        return False
    directory = statement.rule.value("dir")
    return directory is None or may_be_missing_at_boot(str(directory)) is not None


def _meant(statement: Statement, host: Host) -> Rule:
    """The rule of a statement, without what means nothing on this host.

    That are the syscalls that only this release of auditctl adds for a permission, and a slash after a directory.
    """
    rule = statement.rule if statement.named_syscalls is None else statement.rule._replace(syscalls=None)
    return without_slash(rule, host)


def _line(item: Optimised, lines: Sequence[RulesLine], places: Sequence[int], host: Host) -> RulesLine:
    """The line of a rule: as it was if the rule is the same, or else written as auditctl of the host reads it."""
    line = lines[places[item.place or 0]]
    if item.rule == _meant(line.statement, host):
        return line
    text = render(item.rule, host.machine, host.release)
    statement = parse_line(text, host)
    # What is written must be what was found; render() promises it, and this is where a breach would lose events.
    if canonical(statement.rule) != canonical(item.rule):
        raise AssertionError(f"'{text}' is not the rule {item.rule}")
    return line._replace(text=statement.text, statement=statement)


def _in_order(
    order: Sequence[int], made: Dict[int, RulesLine], lines: Sequence[RulesLine], places: Sequence[int]
) -> List[RulesLine]:
    """All lines: a rule that was moved forward is written before the first rule that it precedes now."""
    of_place = {place: number for number, place in enumerate(places)}
    rank = {number: position for position, number in enumerate(order)}
    written = 0
    kept: List[RulesLine] = []
    for place, line in enumerate(lines):
        number = of_place.get(place)
        if number is None:
            kept.append(line)
        elif number in rank and rank[number] >= written:
            kept += [made[other] for other in order[written : rank[number] + 1]]
            written = rank[number] + 1
    return kept


def _sentence(reason: Reason, texts: Sequence[str]) -> str:
    others = " and ".join(f"'{texts[place]}'" for place in reason.by)
    return f"'{texts[reason.place]}' is {reason.text.replace('{by}', others)}"
