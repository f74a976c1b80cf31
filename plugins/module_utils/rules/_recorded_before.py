# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Which rules record something that a later exclusion leaves out, without a look at each pair of rules."""

from typing import Any, Dict, FrozenSet, List, Optional, Sequence, Tuple

from ._bits import bits, lowest
from ._bounds import Bounds
from ._call_sets import CallSets
from .list_semantics import single_valued
from .model import Field, Rule
from .overlap import Scope, WatchIndex
from .permissions import matchable_syscalls
from .ranges import ranges

__all__ = ("RecordedBefore",)

_Calls = Optional[FrozenSet[int]]
# A call that names a file has nearly always one of the permissions.
_ANY_PERMISSION = 15
_SINGLE = single_valued("exit")


class RecordedBefore:
    """Rules of the list exit with the action always, by their numbers in their order."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        by_field: Dict[Field, List[int]] = {}
        by_limits: Dict[str, Dict[Tuple[Any, Any], List[int]]] = {}
        by_arch: Dict[Optional[int], List[int]] = {}
        for number, rule in enumerate(rules):
            for field in rule.fields:
                by_field.setdefault(field, []).append(number)
            for name, limits in ranges(rule.fields, _SINGLE).items():
                by_limits.setdefault(name, {}).setdefault(limits, []).append(number)
            by_arch.setdefault(rule.arch, []).append(number)
        self._by_arch = {arch: (numbers, bits(numbers)) for arch, numbers in by_arch.items()}
        self._watches = WatchIndex([Scope(rule) for rule in rules])
        self._unequal = {field: bits(numbers) for field, numbers in by_field.items() if field.operator == "!="}
        programs = [_programs(rule) for rule in rules]
        self._with_programs = bits(number for number, some in enumerate(programs) if some)
        self._with_several = bits(number for number, some in enumerate(programs) if len(some) > 1)
        by_program: Dict[FrozenSet[str], List[int]] = {}
        for number, some in enumerate(programs):
            by_program.setdefault(some, []).append(number)
        self._by_programs = {some: bits(numbers) for some, numbers in by_program.items()}
        self._bounds = {name: Bounds.of_limits(found) for name, found in by_limits.items()}
        self._calls: Dict[Tuple[Optional[int], Optional[int]], CallSets] = {}
        self._near: Dict[Tuple[str, bool], int] = {}

    def first(self, exclusion: Rule, count: int) -> Optional[int]:
        """The first of the first so many rules that may match a call which the exclusion matches."""
        scope = Scope(exclusion)
        found = (1 << count) - 1
        if scope.node:
            if (scope.node, scope.is_tree) not in self._near:
                self._near[scope.node, scope.is_tree] = bits(self._watches.near(scope))
            found &= self._near[scope.node, scope.is_tree]
        for name, (least, most) in ranges(exclusion.fields, _SINGLE).items():
            if name in self._bounds:
                found &= ~self._bounds[name].apart(least, most)
        for field in exclusion.fields:
            if field.operator == "=":
                found &= ~self._unequal.get(field._replace(operator="!="), 0)
        found &= ~self._of_other_programs(exclusion)
        for arch in self._by_arch if found else ():
            found &= ~self._without_calls(exclusion, arch)
        return lowest(found) if found else None

    def _of_other_programs(self, exclusion: Rule) -> int:
        """The rules that, with this one, are for more than one program."""
        asked = _programs(exclusion)
        if len(asked) > 1:
            return -1
        return self._with_programs & ~self._by_programs.get(asked, 0) if asked else self._with_several

    def _without_calls(self, exclusion: Rule, arch: Optional[int]) -> int:
        """The rules of an arch that have no call of this one."""
        numbers, rules = self._by_arch[arch]
        common = arch or exclusion.arch
        asked = _calls(exclusion, common)
        if asked is None:
            return 0
        if (arch, common) not in self._calls:
            by_calls: Dict[_Calls, List[int]] = {}
            for number in numbers:
                by_calls.setdefault(_calls(self._rules[number], common), []).append(number)
            self._calls[arch, common] = CallSets(by_calls)
        return rules & ~self._calls[arch, common].sharing(asked)


def _programs(rule: Rule) -> FrozenSet[str]:
    return frozenset(field.text for field in rule.fields if field.name == "exe" and field.operator == "=")


def _calls(rule: Rule, arch: Optional[int]) -> _Calls:
    """The system calls that a rule may match on an arch; None for all."""
    permissions = rule.value("perm")
    if permissions is None and any(field.name in ("path", "dir") for field in rule.fields):
        permissions = _ANY_PERMISSION
    if not isinstance(permissions, int) or arch is None:
        return rule.syscalls
    matchable = matchable_syscalls(permissions, arch)
    return matchable if rule.syscalls is None else rule.syscalls & matchable
