# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The events that rules tell apart, as boxes: for each variable of an event, the values that it may have.

A variable that a box does not name may have any value. Numbers are divided into intervals at the values that some rule
names, so each interval is one cell, and rules together are as good as the union of their cells. Whatever is not a
number of which an event has one (a path, a label, the owner of a file) is a condition that is met or not. Conditions
count as independent of each other, except for a path and the directories above it. So a box may have events that cannot
happen, and never lacks one that can.
"""

from typing import AbstractSet, Any, Callable, Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from . import syscalls
from .fields import COMPARISONS
from .model import Field, Rule, normalized
from .permissions import PERMISSIONS, certain_permissions, matchable_syscalls
from .tables import arch_machine

__all__ = (
    "CALL",
    "COMPARE",
    "OTHER",
    "PERMISSION",
    "SUCCESS",
    "Box",
    "EventSpace",
    "Variable",
    "is_file_condition",
    "subjects",
)

#: What is known of an event, by kind and details: ("call",), ("number", "auid"), ("path", "/etc/passwd"), ...
Variable = Tuple[Any, ...]
Box = Dict[Variable, FrozenSet[Any]]

CALL: Variable = ("call",)
PERMISSION: Variable = ("permission",)
SUCCESS: Variable = ("success",)
_EXIT: Variable = ("number", "exit")
#: Every call that no rule names, and an architecture that the machine has no name for.
OTHER = None

_MOST = 0xFFFFFFFF
# AUDITSC_SUCCESS and AUDITSC_FAILURE, which the kernel compares with.
_SUCCEEDED, _FAILED = 1, 2
_FIRST_ERROR = 0xFFFFF001
_NUMBERS = frozenset(
    "pers pid ppid auid uid euid suid fsuid gid egid sgid fsgid sessionid a0 a1 a2 a3 exit msgtype fstype "  # noqa: SIM905
    "saddr_fam".split()
)
#: A call without an address has no family, and no comparison is true of it.
_MAY_BE_ABSENT = frozenset(("saddr_fam",))
_GROUPS = frozenset(("gid", "egid"))
_BITS = frozenset(("&", "&="))
_FILE_FIELDS = frozenset(
    "path dir inode devmajor devminor filetype obj_uid obj_gid obj_user obj_role obj_type obj_lev_low "  # noqa: SIM905
    "obj_lev_high".split()
)
# Calls whose result is an int, so that an error in their exit is an error, and not half of a large number.
_RESULT_IS_INT = frozenset(
    "open_by_handle_at mount umount2 connect accept accept4 kill tkill tgkill init_module finit_module "  # noqa: SIM905
    "delete_module".split()
)
#: Comparisons by their operators, but for those of bits.
COMPARE: Dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}
_ALL_PERMISSIONS = frozenset(range(16))


class Cell(NamedTuple):
    """An interval of numbers that no rule tells apart."""

    least: int
    most: int


def is_file_condition(field: Field) -> bool:
    """Whether a condition is about a file that the call names."""
    return field.name in _FILE_FIELDS or (field.name == "field_compare" and not _compares_process(field))


def subjects(variable: Variable) -> FrozenSet[str]:
    """The names of the fields that a variable is about; conditions about one field may exclude each other."""
    if variable[0] not in ("is", "number"):
        return frozenset()
    if variable[1] == "field_compare" and 0 < variable[2] <= len(COMPARISONS):
        return frozenset(COMPARISONS[variable[2] - 1])
    return frozenset((variable[1],))


def _compares_process(field: Field) -> bool:
    known = field.name == "field_compare" and 0 < field.number <= len(COMPARISONS)
    return known and not any(name.startswith("obj_") for name in COMPARISONS[field.number - 1])


class EventSpace:
    """The events of one list and architecture, divided as finely as some rules tell them apart.

    ``arch``: an AUDIT_ARCH_* number, or OTHER. ``mount_points``: where other file systems may have been mounted after a
    rule for a directory above them was loaded; the directory then does not include what is below them.
    """

    def __init__(
        self, filter_list: str, arch: Optional[int], rules: Sequence[Rule], mount_points: Iterable[str] = ()
    ) -> None:
        self.list = filter_list
        self.arch = arch
        self._mounts = [point.rstrip("/") + "/" for point in mount_points]
        bounds: Dict[str, set] = {}
        calls: set = {OTHER}
        for rule in rules:
            calls.update(rule.syscalls or ())
            for field in rule.fields:
                if self._is_number(field):
                    bounds.setdefault(field.name, {0}).update((field.number, field.number + 1))
        self._cells = {name: _cells(starts, name in _MAY_BE_ABSENT) for name, starts in bounds.items()}
        self._has_permissions = any(field.name == "perm" for rule in rules for field in rule.fields)
        if self._has_permissions and arch is not OTHER:
            calls |= matchable_syscalls(15, arch)
        self._calls = frozenset(calls)
        named = {self._condition(field)[0] for rule in rules for field in rule.fields if field.name in ("path", "dir")}
        self._directories = self._above(named)

    def domain(self, variable: Variable) -> FrozenSet[Any]:
        """All values that a variable may have."""
        if variable == CALL:
            return self._calls
        if variable == PERMISSION:
            return _ALL_PERMISSIONS
        if variable == SUCCESS:
            return frozenset((_SUCCEEDED, _FAILED))
        if variable[0] == "number":
            return frozenset(self._cells[variable[1]])
        return frozenset((True, False))

    def box(self, rule: Rule, leave_out: Callable[[Field], bool] = lambda field: False) -> Optional[Box]:
        """The events that a rule matches, if fields are all to be met; None if it matches none of the architecture."""
        found: Box = {}
        if rule.syscalls is not None and rule.list in ("exit", "io_uring"):
            found[CALL] = rule.syscalls
        for field in rule.fields:
            if leave_out(field):
                continue
            if field.name == "arch" and field.operator in ("=", "!="):
                if (self.arch == field.value) is not (field.operator == "="):
                    return None
                continue
            variable, values = self._condition(field)
            found[variable] = found.get(variable, self.domain(variable)) & values
        return found if all(found.values()) else None

    def is_below(self, variable: Variable, directory: Variable) -> bool:
        """Whether a path that some rule names is in a directory that some rule names."""
        return directory in self._directories.get(variable, ())

    def boxes(self, rule: Rule) -> List[Box]:
        """The events that a rule matches, with all that is known of each of them."""
        box = self.box(rule)
        if box is None:
            return []
        for variable in [one for one in box if one[0] in ("path", "dir")]:
            box.update({directory: frozenset((True,)) for directory in self._directories[variable]})
        return [known for part in self._by_permission(box) for known in self._with_result(part)]

    def divide(self, box: Box, matched: Box) -> Tuple[Optional[Box], List[Box]]:
        """The part of a box that a rule matches, and the parts that it does not."""
        outside: List[Box] = []
        inside = dict(box)
        for variable, values in matched.items():
            have = inside[variable] if variable in inside else self.domain(variable)
            both = have & values
            if not both:
                return None, [box]
            if both != have:
                rest = dict(inside)
                rest[variable] = have - values
                if self._is_possible(rest):
                    outside.append(rest)
                inside[variable] = both
        return (inside, outside) if self._is_possible(inside) else (None, [box])

    def _is_possible(self, box: Box) -> bool:
        if self.list == "exit" and SUCCESS in box and _EXIT in box and not self._has_result(box):
            return False
        return not any(
            True not in box.get(directory, (True,))
            for variable, values in box.items()
            if variable in self._directories and False not in values
            for directory in self._directories[variable]
        )

    def _has_result(self, box: Box) -> bool:
        """Whether some call has one of these results, in what success and exit say of it."""
        if box[SUCCESS] == {_FAILED}:
            return any(cell.most >= _FIRST_ERROR for cell in box[_EXIT])
        errors = all(cell.least >= _FIRST_ERROR for cell in box[_EXIT])
        is_error = errors and box[SUCCESS] == {_SUCCEEDED}
        return not is_error or not all(map(self._returns_int, box.get(CALL, self._calls)))

    def _above(self, named: AbstractSet[Variable]) -> Dict[Variable, List[Variable]]:
        """For each path and directory that rules name, the directories among them that include it."""
        trees: Dict[str, List[Variable]] = {}
        for variable in named:
            if variable[0] == "dir":
                trees.setdefault(variable[1].rstrip("/") + "/", []).append(variable)
        found: Dict[Variable, List[Variable]] = {}
        for variable in named:
            path = variable[1].rstrip("/") + "/"
            ends = [end for end in range(1, len(path) + 1) if path[end - 1] == "/"]
            above = [tree for end in ends for tree in trees.get(path[:end], ())]
            found[variable] = [tree for tree in above if self._includes(tree, variable)]
        return found

    def _includes(self, directory: Variable, other: Variable) -> bool:
        above, below = directory[1].rstrip("/") + "/", other[1].rstrip("/") + "/"
        if above == below and directory[1] != other[1]:
            # If it is a symbolic link, one of the two is for the link, and the other one for what it leads to.
            return False
        return below.startswith(above) and not any(
            point != above and point.startswith(above) and below.startswith(point) for point in self._mounts
        )

    def _is_number(self, field: Field) -> bool:
        if field.name in _GROUPS and self.list not in ("user", "exclude") and field.operator in ("=", "!="):
            return False
        return field.name in _NUMBERS and field.operator not in _BITS

    def _condition(self, field: Field) -> Tuple[Variable, FrozenSet[Any]]:
        name, operator, value = field
        if self._is_number(field):
            met = (cell for cell in self._cells[name] if cell is not None and COMPARE[operator](cell.least, value))
            return ("number", name), frozenset(met)
        if name == "perm":
            return PERMISSION, frozenset(bits for bits in _ALL_PERMISSIONS if bits & field.number)
        if name == "success" and operator in COMPARE:
            wanted = _SUCCEEDED if value else _FAILED
            return SUCCESS, frozenset(one for one in (_SUCCEEDED, _FAILED) if COMPARE[operator](one, wanted))
        if name in ("path", "dir") and operator == "=":
            return (name, normalized(field).text), frozenset((True,))
        negated = name in _GROUPS or name == "filetype" or _compares_process(field)
        if operator in ("=", "!=") and (negated or (name == "exe" and self.list != "task")):
            return ("is", name, value), frozenset((operator == "=",))
        return ("is", name, value, operator), frozenset((True,))

    def _by_permission(self, box: Box) -> List[Box]:
        """The box in parts by what the kernel may, and must, count the calls to, if some rule asks for permissions."""
        if not self._has_permissions or self.arch is OTHER or not matchable_syscalls(15, self.arch):
            return [box]
        certain = certain_permissions(self.arch)
        possible: Dict[int, int] = {}
        for bit in PERMISSIONS.values():
            for number in matchable_syscalls(bit, self.arch):
                possible[number] = possible.get(number, 0) | bit
        groups: Dict[Tuple[int, int], set] = {}
        for number in box.get(CALL, self._calls):
            groups.setdefault((certain.get(number, 0), possible.get(number, 0)), set()).add(number)
        found = []
        for (least, most), numbers in groups.items():
            bits = frozenset(one for one in _ALL_PERMISSIONS if one & least == least and one | most == most)
            both = bits & box.get(PERMISSION, _ALL_PERMISSIONS)
            if both:
                found.append({**box, CALL: frozenset(numbers), PERMISSION: both})
        return found

    def _with_result(self, box: Box) -> List[Box]:
        """The box with what success and exit say of each other."""
        if "exit" not in self._cells or self.list != "exit":
            return [box]
        errors = frozenset(cell for cell in self._cells["exit"] if cell.most >= _FIRST_ERROR)
        if box.get(SUCCESS) == {_FAILED}:
            both = box.get(_EXIT, self.domain(_EXIT)) & errors
            return [{**box, _EXIT: both}] if both else []
        if box.get(_EXIT) and all(cell.least >= _FIRST_ERROR for cell in box[_EXIT]):
            numbers = frozenset(number for number in box.get(CALL, self._calls) if self._returns_int(number))
            rest = box.get(CALL, self._calls) - numbers
            parts = [{**box, CALL: rest}] if rest else []
            failed = box.get(SUCCESS, self.domain(SUCCESS)) & {_FAILED}
            return [*parts, {**box, CALL: numbers, SUCCESS: failed}] if numbers and failed else parts
        return [box]

    def _returns_int(self, number: Any) -> bool:
        """Whether the result of a call fits into an int, so that what looks like an error is one."""
        machine = arch_machine(self.arch) if self.arch is not OTHER else None
        if number is OTHER or machine not in syscalls.MACHINES:
            return False
        # None of the calls with a permission returns more than a size.
        return number in matchable_syscalls(15, self.arch or 0) or syscalls.name(str(machine), number) in _RESULT_IS_INT


def _cells(starts: Iterable[int], may_be_absent: bool) -> List[Any]:
    first = sorted(start for start in set(starts) if start <= _MOST)
    found: List[Any] = [Cell(start, after - 1) for start, after in zip(first, [*first[1:], _MOST + 1])]
    return [*found, None] if may_be_absent else found
