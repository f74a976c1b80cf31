# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Whether rules that are held record what a wanted rule records, in whatever words.

A wider rule covers a narrower one, several rules together cover one, and a watched directory covers the paths below it.
The first rule that matches an event decides, so a rule that is held may be without effect because of an earlier one.
"Covered" is said only if no event of the wanted rule is left; where this library cannot know, the answer says so.

What a wanted rule leaves out of the log (the action never, the list exclude) is covered if it is left out.
"""

from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple, Union

from ._coverage_gaps import Gap, Loss, gaps
from ._deciding_rules import (
    AS_WANTED,
    OTHERWISE,
    UNKNOWN,
    DecidingRule,
    deciding_rules,
    doubt,
    exclusions,
    is_beside,
    is_dropped,
    switching_off,
)
from ._event_space import CALL, OTHER, PERMISSION, Box, EventSpace, subjects
from ._held_rules import HeldRules
from .dead_rules import implied, includes
from .list_semantics import SEMANTICS, field_order_counts, no_effect
from .model import Rule
from .tables import arch_number

__all__ = ("COVERED", "NOT_COVERED", "PARTLY", "SWITCHED_OFF", "UNDECIDED", "Coverage", "Gap", "HeldRules", "coverage")

COVERED = "covered"
PARTLY = "partly covered"
NOT_COVERED = "not covered"
SWITCHED_OFF = "switched off"
UNDECIDED = "undecided"

# More parts than the rules that people write divide the events of one into, and more rules that may decide about them.
_MOST_PARTS = 2000
_MOST_RULES = 1000


class Coverage(NamedTuple):
    """How far a wanted rule is covered.

    ``by``: the rules that record events of it, in the order of the kernel, and ``keys`` the keys that these rules
    record. ``gaps``: what is missing of a rule that is covered in part. ``off_by``: rules because of which events of
    it are not recorded. ``reason``: for UNDECIDED, why.
    """

    status: str
    by: Tuple[Rule, ...] = ()
    keys: Tuple[str, ...] = ()
    gaps: Tuple[Gap, ...] = ()
    off_by: Tuple[Rule, ...] = ()
    reason: str = ""


class _Decided(NamedTuple):
    """The events of the wanted rule in one architecture: parts with the rule that decides, and those without a rule."""

    space: EventSpace
    wanted: List[Box]
    parts: List[Tuple[DecidingRule, Box]]
    left: List[Box]

    def with_effect(self, effect: str) -> List[Tuple[DecidingRule, Box]]:
        """The parts of which that becomes."""
        return [part for part in self.parts if part[0].effect == effect]


class _TooMany(Exception):
    """More rules or parts than are looked at; the argument says of what."""


def coverage(
    wanted: Rule, held: Union[HeldRules, Sequence[Rule]], machine: str = "x86_64", mount_points: Iterable[str] = ()
) -> Coverage:
    """How far the rules that are held, in the order of the kernel, cover a wanted one on a ``machine``.

    ``held``: as HeldRules if more than one rule is wanted of them. ``machine``: as ``uname -m`` prints it.
    ``mount_points``: directories on which file systems are mounted. Whether a rule for a directory above one of them
    includes what is below it depends on which was there first. Where there may be symbolic links, give the rules of
    real_paths.real_rule(), and of meant_rule() for the wanted one.
    """
    reason = no_effect(wanted) or (field_order_counts(wanted) and "the order of its fields counts on its list")
    if reason:
        return Coverage(UNDECIDED, reason=f"the wanted rule cannot be judged, because {reason}")
    held = held if isinstance(held, HeldRules) else HeldRules(held)
    off = switching_off(wanted, held.of("task"))
    if off:
        return Coverage(SWITCHED_OFF, off_by=(off,))
    mounts = list(mount_points)
    try:
        decided = [_decided(wanted, held, arch, mounts) for arch in _archs(wanted, machine)]
    except _TooMany as error:
        return Coverage(UNDECIDED, reason=str(error))
    decided = [one for one in decided if one.wanted]
    if not decided:
        return Coverage(
            UNDECIDED, reason="the wanted rule cannot be judged, because no event of this machine matches it"
        )
    return _summed_up(wanted, held, decided, machine)


def _archs(wanted: Rule, machine: str) -> List[Optional[int]]:
    """The architectures that events of a list may have on a machine; OTHER where none is looked at, or is known."""
    if "arch" not in SEMANTICS[wanted.list].evaluated:
        return [OTHER]
    known = [arch_number(word, machine) for word in ("b64", "b32")]
    return [arch for arch in known if arch is not None] or [OTHER]


def _decided(wanted: Rule, held: HeldRules, arch: Optional[int], mounts: Sequence[str]) -> _Decided:
    excluded = exclusions(wanted, held.of("exclude"))
    space, boxes, steps = _read(wanted, excluded, held.near(wanted), arch, mounts)
    known = {variable for box in boxes for variable in box}
    needed = [step for step in steps if step.effect != AS_WANTED or not is_beside(space, step, known)]
    found = _divided(space, boxes, needed)
    if all(step.effect == AS_WANTED for step, _box in found.parts):
        return found
    # What a rule leaves out may have been recorded before, because of another path that the event names.
    try:
        return _divided(*_read(wanted, excluded, held.about(wanted), arch, mounts))
    except _TooMany:
        if found.left:
            return found
        raise


def _read(
    wanted: Rule, excluded: Sequence[Rule], rules: Sequence[Rule], arch: Optional[int], mounts: Sequence[str]
) -> Tuple[EventSpace, List[Box], List[DecidingRule]]:
    """The events of an architecture as these rules tell them apart, those that are wanted, and what decides."""
    rules = _until_all_is_decided(wanted, rules)
    if len(excluded) + len(rules) > _MOST_RULES:
        raise _TooMany(f"more than {_MOST_RULES} rules may decide about its events")
    space = EventSpace(wanted.list, arch, [wanted, *excluded, *rules], mounts)
    parts = [wanted]
    if SEMANTICS[wanted.list].alternatives:
        parts = [wanted._replace(fields=(field,)) for field in wanted.fields]
    boxes = [box for part in parts for box in space.boxes(part)]
    return space, boxes, deciding_rules(space, wanted, excluded, rules) if boxes else []


def _until_all_is_decided(wanted: Rule, rules: Sequence[Rule]) -> Sequence[Rule]:
    """The rules up to the first one that certainly matches all events of the wanted one; later ones decide nothing."""
    facts = implied(wanted.fields, frozenset())
    for place, rule in enumerate(rules):
        if includes(rule, wanted, facts) and not no_effect(rule) and not field_order_counts(rule):
            return rules[: place + 1]
    return rules


def _divided(space: EventSpace, boxes: List[Box], rules: Iterable[DecidingRule]) -> _Decided:
    parts: List[Tuple[DecidingRule, Box]] = []
    left = boxes
    for step in rules:
        for matched in step.boxes:
            rest: List[Box] = []
            for box in left:
                inside, outside = space.divide(box, matched)
                if inside is not None:
                    parts.append((step, inside))
                rest += outside
            left = rest
        if len(left) + len(parts) > _MOST_PARTS:
            raise _TooMany("the rules divide its events into too many parts")
        if not left:
            break
    return _Decided(space, boxes, parts, left)


def _summed_up(wanted: Rule, held: HeldRules, decided: Sequence[_Decided], machine: str) -> Coverage:
    by, off = _rules(decided, AS_WANTED), _rules(decided, OTHERWISE)
    keys = tuple(dict.fromkeys(key for rule in by for key in rule.keys if key))
    losses = [_loss(wanted, one) for one in decided]
    lost = any(loss.lost for loss in losses)
    some = any(loss.kept for loss in losses)
    unknown = _rules(decided, UNKNOWN)
    if not lost:
        reason = doubt(wanted, by, [*held.of("task"), *held.of("filesystem")])
        if unknown:
            reason = "it is not known which events a rule matches that may keep them out of the log"
        return Coverage(UNDECIDED if reason else COVERED, by, keys, (), unknown, reason)
    if not any(_is_possible(wanted, one, box) for one, loss in zip(decided, losses) for box in loss.lost):
        return Coverage(UNDECIDED, by, keys, (), off, "it is not known whether the events that are left can happen")
    if some:
        return Coverage(PARTLY, by, keys, tuple(gaps(wanted, losses, machine)), off)
    left = any(one.left for one in decided)
    return Coverage(NOT_COVERED if left else SWITCHED_OFF, off_by=off)


def _rules(decided: Iterable[_Decided], effect: str) -> Tuple[Rule, ...]:
    found: Dict[Rule, None] = {}
    for one in decided:
        found.update((step.rule, None) for step, _box in one.with_effect(effect))
    return tuple(found)


def _loss(wanted: Rule, decided: _Decided) -> Loss:
    """What is lost, and what is not; what no rule matches is left out of the log, except on the list user."""
    lost = [box for _step, box in decided.with_effect(OTHERWISE)]
    kept = [box for _step, box in decided.with_effect(AS_WANTED)]
    if is_dropped(wanted) is (wanted.list in ("exit", "io_uring", "task")):
        kept += decided.left
    else:
        lost += decided.left
    return Loss(decided.space, decided.wanted, lost, kept)


def _is_possible(wanted: Rule, decided: _Decided, box: Box) -> bool:
    """Whether events of a box certainly can happen: nothing that rules add to the wanted one can contradict it."""
    given = decided.space.box(wanted) or {}
    added = [
        one for one in box if one not in (CALL, PERMISSION) and box[one] != given.get(one, decided.space.domain(one))
    ]
    for variable in added:
        names = subjects(variable)
        if any(names & subjects(other) for other in box if other != variable):
            return False
    return True
