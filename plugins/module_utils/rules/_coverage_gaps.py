# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""What is missing of a wanted rule that is covered in part, in words."""

from typing import Any, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Set

from . import syscalls
from ._event_space import CALL, OTHER, PERMISSION, SUCCESS, Box, EventSpace, Variable
from .fields import COMPARISONS
from .model import Rule, syscall_machine
from .permissions import PERMISSIONS, format_permissions
from .tables import arch_machine, arch_name

__all__ = ("Gap", "Loss", "gaps")

_USERS = frozenset("auid uid euid suid fsuid gid egid sgid fsgid obj_uid obj_gid".split())  # noqa: SIM905
_KINDS = ("architecture", "calls", "permission", "users", "path", "condition")


class Gap(NamedTuple):
    """What is missing: ``kind`` is "architecture", "calls", "permission", "users", "path" or "condition"."""

    kind: str
    text: str


class Loss(NamedTuple):
    """Of the events of one architecture: those that are wanted, those that are lost, and those that are covered."""

    space: EventSpace
    wanted: List[Box]
    lost: List[Box]
    kept: List[Box]


def gaps(wanted: Rule, losses: Sequence[Loss], machine: str) -> List[Gap]:
    """What is missing, sorted by kind; of an architecture or a call of which nothing is covered, no details."""
    found: Set[Gap] = set()
    for loss in losses:
        if loss.lost and loss.kept:
            found.update(_of_arch(wanted, loss, machine))
        elif loss.lost:
            found.add(Gap("architecture", _arch_word(loss.space.arch)))
    return sorted(found, key=lambda gap: (_KINDS.index(gap.kind), gap.text))


def _arch_word(arch: Optional[int]) -> str:
    return "others" if arch is OTHER else arch_name(arch) or f"{arch:#x}"


def _of_arch(wanted: Rule, loss: Loss, machine: str) -> Iterable[Gap]:
    space, lost, bits = loss.space, loss.lost, wanted.value("perm")
    if isinstance(bits, int):
        letters = _lost_permissions(bits, loss)
        if letters:
            yield Gap("permission", format_permissions(letters))
        lost = [box for box in lost if any(one & bits & ~letters for one in box.get(PERMISSION, (bits,)))]
    kept = _values(loss.kept, CALL, space)
    calls = _values(lost, CALL, space) - kept
    if calls:
        yield Gap("calls", f"{_arch_word(space.arch)}: {_call_names(calls, kept, wanted, space, machine)}")
    lost = [box for box in lost if box.get(CALL, space.domain(CALL)) - calls]
    variables: Dict[Variable, None] = {
        variable: None for box in lost for variable in box if variable not in (CALL, PERMISSION)
    }
    for variable in variables:
        have, lack = _values(loss.wanted, variable, space), _values(lost, variable, space)
        if lack != have:
            yield _gap(variable, lack)


def _values(boxes: Iterable[Box], variable: Variable, space: EventSpace) -> FrozenSet[Any]:
    return frozenset().union(*(box.get(variable, space.domain(variable)) for box in boxes))


def _call_names(lost: FrozenSet[Any], kept: FrozenSet[Any], wanted: Rule, space: EventSpace, machine: str) -> str:
    """The calls that are lost, by name; if these are all that no rule names, all but those that are kept."""
    table: Optional[str] = syscalls.IO_URING
    if wanted.list != "io_uring":
        table = arch_machine(space.arch) if space.arch is not OTHER else syscall_machine(wanted.fields, machine)
    known = table is not None and (table in syscalls.MACHINES or table == syscalls.IO_URING)
    names: List[str] = []
    for number in sorted(number for number in (kept if OTHER in lost else lost) if number is not OTHER):
        names.append((known and syscalls.name(str(table), number)) or str(number))
    return ("all but " if OTHER in lost else "") + ",".join(names)


def _lost_permissions(bits: int, loss: Loss) -> int:
    """The wanted permissions of which no event is covered that has no other one; 0 if these are all that are wanted."""
    kept = {one & bits for box in loss.kept for one in box.get(PERMISSION, (bits,))}
    lost = {one & bits for box in loss.lost for one in box.get(PERMISSION, (bits,))}
    letters = sum(bit for bit in PERMISSIONS.values() if bit in lost and bit not in kept)
    return 0 if letters == bits else letters


def _gap(variable: Variable, lost: FrozenSet[Any]) -> Gap:
    if variable == SUCCESS:
        return Gap("condition", "calls that succeed" if 1 in lost else "calls that fail")
    if variable[0] == "number":
        return Gap("users" if variable[1] in _USERS else "condition", f"{variable[1]} {_intervals(lost)}")
    met = True in lost
    if variable[0] in ("path", "dir"):
        return Gap("path", ("" if met else "other than ") + variable[1])
    if variable[1] == "field_compare" and 0 < variable[2] <= len(COMPARISONS):
        text = ("=" if met else "!=").join(COMPARISONS[variable[2] - 1])
    elif len(variable) > 3:
        text = f"{'' if met else 'not '}{variable[1]}{variable[3]}{variable[2]}"
    else:
        text = f"{variable[1]}{'=' if met else '!='}{variable[2]}"
    return Gap("users" if variable[1] in _USERS else "condition", text)


def _intervals(cells: Iterable[Any]) -> str:
    found: List[List[int]] = []
    for cell in sorted(cell for cell in cells if cell is not None):
        if found and found[-1][1] + 1 == cell.least:
            found[-1][1] = cell.most
        else:
            found.append([cell.least, cell.most])
    words = [_number(least) if least == most else f"{_number(least)}-{_number(most)}" for least, most in found]
    return ", ".join(words + (["none"] if None in cells else []))


def _number(value: int) -> str:
    return "unset" if value == 0xFFFFFFFF else str(value)
