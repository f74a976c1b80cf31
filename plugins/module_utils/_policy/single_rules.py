# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add or remove single rules, whatever else a host holds."""

from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .._host.host import Host
from .._kernel.netlink import AuditUnavailable, KernelRule
from ..rules.dead_rules import idle
from ..rules.errors import RuleError, shown
from ..rules.fields import LISTS
from ..rules.loaded_forms import loaded_forms
from ..rules.model import Rule, canonical, without_keys
from ..rules.parse import Statement, parse_line
from ..rules.render import render
from ..rules.resolver import Resolver
from .checks import examine, not_for_files
from .named_paths import misnamed
from .options import ARGUMENTS as POLICY_ARGUMENTS
from .options import ChangeError, Options
from .outcome import HostState, Outcome, RulesChange, Transition, plan_list
from .places import places_read_once
from .rules_d import Draft, add_lines, going_on, is_ours, without_needless_continue, written_line
from .transition import Planner, bring_about, files_transition

__all__ = (
    "ARGUMENTS",
    "Change",
    "arrange_files",
    "arrange_kernel",
    "change_rules",
    "read_rules",
    "result_of",
    "warnings_of",
    "without_repetition",
)

# A result has the rules of the task if they are not more: what nobody reads costs every run of every host.
_MOST_SHOWN = 100

#: Parameters of the modules for single rules; documented in the fragment ``rules``.
ARGUMENTS: Dict[str, Dict[str, Any]] = {
    **POLICY_ARGUMENTS,
    "file": {"type": "str", "default": "50-linux-audit.rules"},
    "position": {"type": "str", "choices": ["append", "prepend"], "default": "append"},
}


class Change(NamedTuple):
    """The rules that a task asks for.

    ``present``: rules to hold, under their keys. If the kernel (or the files) already has every rule in ``instead`` and
    none in ``present``, keep the former: they mean the same. ``absent``: rules to remove; if such a rule has no key, it
    is removed whatever key the host has for it. ``absent_keys``: remove the rules that have one of these keys.
    """

    present: Tuple[Statement, ...] = ()
    instead: Tuple[Statement, ...] = ()
    absent: Tuple[Statement, ...] = ()
    absent_keys: Tuple[str, ...] = ()


class _Arrangement(NamedTuple):
    """How a sequence of rules changes: by index, replaced and removed rules; and the rules that are new."""

    replaced: Dict[int, Statement]
    removed: Set[int]
    added: List[Statement]


def change_rules(change: Change, options: Options, host: Host) -> Outcome:
    """Bring kernel and files to what the change asks for. Raises AuditError, see bring_about()."""
    return bring_about(_planner(change, options, host), options, host)


def result_of(wanted: Callable[[Host], Change], options: Options) -> Dict[str, Any]:
    """Change rules, and return the result of the module; ``wanted`` reads the change on the host. Raises AuditError."""
    host = Host()
    change = wanted(host)
    try:
        outcome = change_rules(change, options, host)
    except AuditUnavailable as error:
        raise ChangeError(f"{error}; set live: false to write the rules to {options.rules_dir} alone") from error
    rules = change.present or change.absent
    with outcome.kept_in_mind(options):
        warnings = warnings_of(outcome, host, change.present)
    result = {
        "changed": outcome.changed,
        "added": outcome.added,
        "removed": outcome.removed,
        "pending": outcome.pending,
        "reboot_required": outcome.reboot_required,
        "warnings": warnings + outcome.waiting,
    }
    if len(rules) <= _MOST_SHOWN:
        result["rules"] = [render(canonical(statement.rule), host.machine, host.release) for statement in rules]
    if options.with_diff:
        result["diff"] = outcome.diff
    return result


@places_read_once()
def warnings_of(outcome: Outcome, host: Host, own: Iterable[Statement] = ()) -> List[str]:
    """Why the host records nothing, now or after a boot, and which rules the next boot does not load, or may not.

    ``own``: the rules of the task, of which it is said if they record nothing.
    """
    examined = examine(outcome.files, host)
    found = list(map(str, [*outcome.silent, *(one for one in examined if one.stops or one.silent or one.lost)]))
    return found + _ineffective(own, found)


def _ineffective(statements: Iterable[Statement], said: Sequence[str]) -> List[str]:
    """Which of a task's own rules record nothing, or less than they seem to, as far as that is not ``said`` yet."""
    found: List[str] = []
    for statement in statements:
        idle_reason, path = idle(statement.rule), misnamed(statement.rule)
        if not idle_reason and not path:
            continue
        reasons = [f"has no effect: {idle_reason}"] if idle_reason else []
        reasons += [path.reason] if path else []
        # The rules of one watch, for each arch, have the same reason.
        new = [reason for reason in reasons if not any(reason in one for one in [*said, *found])]
        found += [f"'{shown(statement.text)}' {reason}" for reason in new]
    return found


def read_rules(items: Iterable[Any], resolver: Resolver) -> List[Statement]:
    """Statements of rules given as lines or structures. Raises RuleError for the first invalid rule."""
    statements = []
    for number, item in enumerate(items, 1):
        try:
            if isinstance(item, str):
                statements.append(parse_line(item, resolver))
            elif isinstance(item, Mapping):
                from ..rules.structure import parse_structure

                statements += parse_structure(item, resolver)
            else:
                raise RuleError(f"must be a line of auditctl or a structure, not {item!r}")
        except RuleError as error:
            raise error.of("", f"rule {number}") from None
    for statement in statements:
        if statement.operation == "control":
            raise RuleError("is a setting, not a rule", statement.text, statement.text)
        if statement.operation == "delete":
            raise RuleError("deletes a rule; write it with -a (or -w) and set state: absent", rule=statement.text)
    return statements


def without_repetition(statements: Iterable[Statement]) -> Tuple[Statement, ...]:
    """Each rule once. Raises RuleError if two differ only in their keys: the kernel would only use the first."""
    found: Dict[Rule, Statement] = {}
    for statement in statements:
        first = found.setdefault(without_keys(statement.rule), statement)
        if first is not statement and set(first.rule.keys) != set(statement.rule.keys):
            raise RuleError(
                f"matches the same events as '{first.text}' under another key, so the kernel would never evaluate it; "
                "give one rule both keys",
                rule=statement.text,
            )
    return tuple(found.values())


def _planner(change: Change, options: Options, host: Host) -> Planner:
    def plan_change(state: HostState) -> Transition:
        rules = arrange_kernel(change, state.held, options) if options.live else RulesChange()
        if state.directory is None:
            return Transition(rules)
        for statement in change.present:
            reason = not_for_files(statement, host)
            if reason:
                raise ChangeError(f"audit rule '{statement.text}': {reason}")
        state.directory.require()
        draft = arrange_files(change, state.directory.draft(options.file), options)
        return files_transition(draft)._replace(rules=rules)

    return plan_change


def _arrange(change: Change, current: Sequence[Rule]) -> _Arrangement:
    """How these rules change; rules that differ only in their keys count as the same rule."""
    positions: Dict[Rule, List[int]] = {}
    for position, rule in enumerate(current):
        positions.setdefault(without_keys(rule), []).append(position)
    replaced: Dict[int, Statement] = {}
    removed: Set[int] = set()
    added: List[Statement] = []
    for statement in _wanted_form(change, positions):
        same_match = positions.get(without_keys(statement.rule), [])
        if len(same_match) == 1 and current[same_match[0]].keys == statement.rule.keys:
            continue
        keys = set(statement.rule.keys)
        same = [position for position in same_match if set(current[position].keys) == keys]
        if same:
            removed.update(position for position in same_match if position not in same)
        elif same_match:
            replaced[same_match[0]] = statement
            removed.update(same_match[1:])
        else:
            added.append(statement)
    for statement in change.absent:
        for rule in loaded_forms(statement):
            keys = set(rule.keys)
            same_match = positions.get(without_keys(rule), [])
            removed.update(position for position in same_match if not keys or set(current[position].keys) == keys)
    if change.absent_keys:
        wanted = set(change.absent_keys)
        removed.update(position for position, rule in enumerate(current) if wanted.intersection(rule.keys))
    return _Arrangement(replaced, removed, added)


def _wanted_form(change: Change, positions: Mapping[Rule, List[int]]) -> Tuple[Statement, ...]:
    def held(statement: Statement) -> bool:
        return without_keys(statement.rule) in positions

    if change.instead and all(map(held, change.instead)) and not any(map(held, change.present)):
        return change.instead
    return change.present


def _goes_first(statement: Statement, options: Options) -> bool:
    return options.prepend or statement.operation == "prepend"


def arrange_kernel(change: Change, held: Sequence[KernelRule], options: Options) -> RulesChange:
    """The change to the kernel's rules, list by list."""
    current_rules = [entry.rule for entry in held]
    arrangement = _arrange(change, current_rules)
    if not any(arrangement):
        return RulesChange(held, current_rules)
    wanted_rules: List[Rule] = []
    steps: List[Any] = []
    for filter_list in LISTS:
        positions = [position for position, entry in enumerate(held) if entry.rule.list == filter_list]
        current = [held[position] for position in positions]
        wanted: List[Tuple[Rule, Optional[int]]] = []
        for index, position in enumerate(positions):
            if position in arrangement.replaced:
                wanted.append((arrangement.replaced[position].rule, None))
            elif position not in arrangement.removed:
                wanted.append((held[position].rule, index))
        added = [statement for statement in arrangement.added if statement.rule.list == filter_list]
        first, last = (
            [(statement.rule, None) for statement in added if _goes_first(statement, options) is goes_first]
            for goes_first in (True, False)
        )
        wanted = [*first, *wanted, *last]
        wanted_rules += [rule for rule, _index in wanted]
        if len(wanted) != len(current) or any(index is None for _rule, index in wanted):
            steps += plan_list(current, wanted)
    return RulesChange(held, wanted_rules, steps)


def arrange_files(change: Change, draft: Draft, options: Options) -> Draft:
    """The change to the files: lines are replaced where they are, new lines go to the draft's target."""
    lines = {path: list(file.lines) for path, file in draft.files.items()}
    held: List[Tuple[str, int, Statement]] = [
        (path, number, line.statement)
        for path in lines
        for number, line in enumerate(lines[path])
        if line.statement and line.statement.operation in ("append", "prepend")
    ]
    arrangement = _arrange(change, [statement.rule for _path, _number, statement in held])
    added, removed = list(arrangement.added), []
    # From the last line to the first, so that the numbers of the other lines stay valid.
    for position in sorted(arrangement.replaced.keys() | arrangement.removed, reverse=True):
        path, number, statement = held[position]
        removed.append(statement)
        if position in arrangement.replaced:
            statement = arrangement.replaced[position]
            added.append(statement)
            line = _in_place_of(held[position][2], statement, draft.directory.resolver)
            lines[path][number : number + 1] = [written_line(line, path)]
        else:
            del lines[path][number]
    changed = draft.with_files(*(file._replace(lines=tuple(lines[path])) for path, file in draft.files.items()))
    first, last = (
        [statement for statement in arrangement.added if _goes_first(statement, options) is goes_first]
        for goes_first in (True, False)
    )
    if first:
        from .precedence import put_first

        changed = put_first(changed, first)
    changed = changed.with_files(add_lines(changed.files[draft.target], last, False)) if last else changed
    target = changed.files[draft.target]
    if change.present and target.text is not None and is_ours(target):
        # Files of releases that did not write this line yet get it at once: without it, a boot may lose the rules.
        changed = changed.with_files(target._replace(lines=tuple(going_on(target.lines, target.path))))
    if removed:
        changed = changed.with_files(*without_needless_continue(draft.in_order(), changed.in_order()))
    return changed._replace(added=(*draft.added, *added), removed=(*draft.removed, *removed))


def _in_place_of(old: Statement, new: Statement, resolver: Resolver) -> Statement:
    """The new statement of a line that goes first (-A) if the old one did, unless the host's auditctl misreads -A."""
    if old.operation == "prepend" and not old.unread:
        from .precedence import first_form

        return first_form(new, resolver)
    return new._replace(operation="append")
