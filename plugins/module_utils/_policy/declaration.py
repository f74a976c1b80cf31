# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole set of rules and settings, declared as one: the file that holds it, and the kernel in the same order."""

import os
import time
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .._ansible import printable
from .._host.files import Edit, FileError, written
from .._host.host import Host
from .._kernel.netlink import Kernel, KernelError, KernelRule
from ..rules.errors import RuleError
from ..rules.fields import LISTS
from ..rules.model import Rule, canonical, without_keys
from ..rules.overlap import Scope
from ..rules.parse import RulesLine, Statement, parse_file, parse_line
from ..rules.plan import plan
from ..rules.structure import parse_structure
from .boot import loaded_by
from .checks import examine, missing_directory, not_for_files
from .control_lines import (
    SETTINGS,
    Setting,
    Value,
    apply_control,
    current,
    differing_settings,
    set_settings,
    setting_value,
    settings_diff,
)
from .rules_d import HEADER, RulesDirectory, RulesFile, in_augenrules_order
from .single_rules import (
    ApplyError,
    Change,
    Live,
    Options,
    Outcome,
    apply,
    both_types,
    check_rules,
    execute,
    locked,
    make_outcome,
    step_lines,
)

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

__all__ = (
    "RulesetOptions",
    "RulesetOutcome",
    "Sources",
    "add_ruleset",
    "apply_ruleset",
    "read_sources",
    "run_ruleset",
)

_IMMUTABLE = 2


class RulesetOptions(NamedTuple):
    """How far the declaration reaches.

    ``purge``: "file", the file holds nothing else; "all", nor do rules.d, but for the files named in ``keep``, and the
    kernel. ``on_missing``: what becomes of rules whose directory is not there: fail, skip (neither file nor kernel),
    stage (the file alone). ``present``: False takes the set away.
    """

    purge: str = "file"
    on_missing: str = "fail"
    present: bool = True
    keep: Tuple[str, ...] = ()


class RulesetOutcome(NamedTuple):
    """What was done: as for single rules, and settings as lines, rules left out, the folder of files moved aside.

    ``problems``: what would go wrong at the next boot; ``warnings``: the same, with rules that are only superfluous in
    one line.
    """

    rules: Outcome
    settings: List[str]
    left_out: List[str]
    backup: Optional[str]
    problems: List[str]
    warnings: List[str]


class Sources(NamedTuple):
    """The lines of all sources, and what packs left out and why, in words."""

    lines: List[RulesLine]
    notes: List[str]


class _Wanted(NamedTuple):
    """The lines of the file, the rules for the kernel and those for the file alone, settings, what is left out."""

    lines: Tuple[RulesLine, ...]
    statements: Tuple[Statement, ...]
    staged: Tuple[Statement, ...]
    settings: Dict[str, Value]
    left_out: List[str]


def read_sources(sources: Sequence[Mapping[str, Any]], host: Host) -> Sources:
    """The lines of sources in their order: each has a name, and content (the text of a rules file) or rules.

    A source with ``parameters`` is a pack, see packs.py. Several sources are told apart by a comment; a single text is
    taken as it is.
    """
    lines: List[RulesLine] = []
    notes: List[str] = []
    packs = any(source.get("parameters") is not None for source in sources)
    if len(sources) > 1 or packs or any(source.get("content") is None for source in sources):
        lines.append(RulesLine(HEADER, ""))
    for source in sources:
        name = source["name"]
        if not name.isprintable():
            raise ApplyError(f"the name of a source must be one line without control characters, not {name!r}")
        if len(sources) > 1 or packs:
            lines.append(RulesLine(f"## {name}", name))
        if source.get("parameters") is not None:
            from .packs import read_pack

            pack = read_pack(name, source["content"], source["parameters"], host)
            notes += pack.notes
            lines += _not_recorded_yet(pack.lines, lines, notes)
        elif source.get("content") is not None:
            lines += parse_file(source["content"], name, host)
        else:
            for number, item in enumerate(source["rules"] or [], 1):
                lines += _item_lines(item, f"{name}:{number}", host)
    return Sources(lines, notes)


def _not_recorded_yet(lines: Sequence[RulesLine], before: Sequence[RulesLine], notes: List[str]) -> List[RulesLine]:
    """Lines of a pack without the rules that the lines before them make superfluous, as packs are put together."""
    found = {without_keys(line.statement.rule): line for line in before if line.statement and line.statement.rule}
    kept = []
    for line in lines:
        first = (
            found.setdefault(without_keys(line.statement.rule), line)
            if line.statement and line.statement.rule
            else line
        )
        if first is line:
            kept.append(line)
        elif set(first.statement.rule.keys) != set(line.statement.rule.keys):
            notes.append(f"{line.origin}: without '{line.text}': '{first.text}' ({first.origin}) records the same")
    return kept


def _item_lines(item: Any, origin: str, host: Host) -> List[RulesLine]:
    try:
        if isinstance(item, Mapping):
            return [RulesLine(statement.text, origin, statement) for statement in parse_structure(item, host)]
        if not isinstance(item, str):
            raise RuleError(f"must be a line of auditctl or a structure, not {item!r}")
        statement = parse_line(item, host)
        return [RulesLine(statement.text, origin, statement)]
    except RuleError as error:
        return [RulesLine(str(item), origin, None, error.of("", origin))]


def add_ruleset(lines: Sequence[RulesLine], ruleset: RulesetOptions, options: Options, host: Host) -> RulesetOutcome:
    """Add what the declaration has to what is there (``purge: none``), or take that away.

    Raises ApplyError, KernelError or FileError.
    """
    wanted = _read(lines, ruleset, options, host)
    if not ruleset.present:
        outcome = apply(Change(absent=wanted.statements), options, host)
        return RulesetOutcome(outcome, [], wanted.left_out, None, *[list(outcome.problems)] * 2)
    outcome = apply(Change(present=wanted.statements), options, host)
    if wanted.staged and options.persistent:
        staged = apply(Change(present=wanted.staged), options._replace(live=False), host)
        outcome = outcome.joined_with(staged)
    settings: List[str] = []
    if wanted.settings:
        control = apply_control(wanted.settings, options, host)
        settings = [line for line in control.lines if line]
        outcome = outcome.joined_with(Outcome(control.changed, [], [], control.pending, control.diff))
    return RulesetOutcome(outcome, settings, wanted.left_out, None, *[list(outcome.problems)] * 2)


def apply_ruleset(lines: Sequence[RulesLine], ruleset: RulesetOptions, options: Options, host: Host) -> RulesetOutcome:
    """Bring the file and the kernel to the declaration. Raises ApplyError, KernelError or FileError."""
    with locked(options):
        kernel = Kernel() if options.live else None
        try:
            return _apply(_read(lines, ruleset, options, host), ruleset, options, host, kernel)
        finally:
            if kernel:
                kernel.close()


def _read(lines: Sequence[RulesLine], ruleset: RulesetOptions, options: Options, host: Host) -> _Wanted:
    """Check the declaration as a whole; all that is wrong in one error."""
    problems = [str(line.error) for line in lines if line.error]
    found: Dict[Rule, RulesLine] = {}
    settings: Dict[str, Value] = {}
    kept: List[RulesLine] = []
    in_front: List[RulesLine] = []
    statements: List[Statement] = []
    staged: List[Statement] = []
    left_out: List[str] = []
    for line in lines:
        statement = line.statement
        if statement and statement.operation == "delete":
            problems.append(f"{line.origin}: '{line.text}' deletes a rule; a declaration only says what is there")
        elif statement and statement.control:
            setting = _setting(statement)
            if setting:
                settings[setting.name] = setting_value(statement.control[1])
            elif statement.control[0] not in ("-D", "-i", "-c") or statement.control[1]:
                problems.append(f"{line.origin}: '{line.text}' is an action, and has no place in a declaration")
        elif statement and statement.rule:
            first = found.setdefault(without_keys(statement.rule), line)
            if first is not line:
                if set(first.statement.rule.keys) != set(statement.rule.keys):
                    problems.append(
                        f"{line.origin}: '{line.text}' would never be looked at: '{first.text}' ({first.origin}) "
                        "matches the same events under another key; give one rule both keys"
                    )
                continue
            missing = missing_directory(statement.rule) if options.live and ruleset.present else None
            if missing and ruleset.on_missing == "fail":
                problems.append(
                    f"{line.origin}: '{line.text}': the directory {missing} does not exist, and the kernel takes no "
                    "such rule without it; create it first, or see on_missing"
                )
            elif missing:
                left_out.append(statement.text)
                if ruleset.on_missing == "skip":
                    continue
                staged.append(statement)
            else:
                statements.append(statement)
            unfit = not_for_files(statement, host) if options.persistent else None
            if unfit:
                problems.append(f"{line.origin}: '{line.text}': {unfit}")
            line = line._replace(text=statement.text, statement=statement._replace(unread=()))
            if statement.operation == "prepend":
                # Some releases read -A as -d, so it is written as -a, in its place.
                in_front.insert(0, line._replace(statement=line.statement._replace(operation="append")))
                continue
        kept.append(line)
    if problems:
        raise ApplyError("nothing was changed, because of\n" + "\n".join(problems))
    first_rule = next((place for place, line in enumerate(kept) if line.statement and line.statement.rule), len(kept))
    kept[first_rule:first_rule] = in_front
    return _Wanted(tuple(kept), tuple(statements), tuple(staged), settings, left_out)


def _setting(statement: Statement) -> Optional[Setting]:
    return next((setting for setting in SETTINGS if setting.option == statement.control[0]), None)


def _apply(
    wanted: _Wanted, ruleset: RulesetOptions, options: Options, host: Host, kernel: Optional[Kernel]
) -> RulesetOutcome:
    held = kernel.rules() if kernel else []
    directory = RulesDirectory(options.rules_dir, host)
    if options.persistent and not os.path.isdir(options.rules_dir):
        raise ApplyError(
            f"the directory {options.rules_dir} does not exist: install the audit package (auditd), name another "
            "rules_dir, or set persistent: false"
        )
    target = directory.file(options.file)
    new = target._replace(lines=wanted.lines if ruleset.present else ())
    files = _order(directory, new, ruleset)
    immutable = bool(kernel) and kernel.status().enabled == _IMMUTABLE
    if immutable and options.persistent and options.stage_when_immutable:
        # A boot leaves what files hold. So it does not matter what of it an earlier run has staged.
        reach = ruleset._replace(purge="all")
    else:
        reach = ruleset
    live = _compare(held, wanted, target, files, reach) if kernel else Live([], [], [])
    now, later = [], []
    values: Dict[str, Value] = {}
    if kernel and ruleset.present:
        values = current(kernel)
        now, later = differing_settings(values, wanted.settings)
    pending = (step_lines(live.steps, host) if immutable else []) + [
        setting.line(wanted.settings[setting.name]) or setting.option for setting in later
    ]
    if pending and not options.stage_when_immutable:
        raise ApplyError("the kernel takes this only after a boot (enabled 2): " + "; ".join(pending))
    if pending and not options.persistent:
        raise ApplyError(
            "the kernel takes this only after a boot (enabled 2), and without persistent: true nothing would be left "
            "of it then: " + "; ".join(pending)
        )
    if kernel and not immutable:
        added = [step.rule for step, _held in live.steps if step.operation != "delete"]
        check_rules(added, kernel.status().features, host)
    edits, backup = _edits(directory, target, new, files, ruleset) if options.persistent else ([], None)
    file_changes = _changed_statements(target, new, edits)
    outcome = make_outcome(live, edits, file_changes, immutable, options, host)._replace(pending=pending)
    if now and options.with_diff:
        outcome.diff.append(settings_diff(now, values, wanted.settings))
    if not options.check:

        def last() -> None:
            # Not before the kernel is done: what the file held is how the next run knows, if this one is killed, which
            # rules are to go.
            with written(edits):
                set_settings(kernel, now, values, wanted.settings)

        execute(kernel, held, [] if immutable else live.steps, [], last)
        # Where there was nothing to do, the comparison is the proof.
        if live.steps and not immutable:
            _prove(_compare(kernel.rules(), wanted, target._replace(lines=new.lines), files, ruleset), host)
    return RulesetOutcome(
        outcome._replace(changed=outcome.changed or bool(now)),
        [setting.line(wanted.settings[setting.name]) or "" for setting in now],
        wanted.left_out,
        backup,
        *(_problems(files, target.path, wanted.settings, host, kernel) if ruleset.present else ([], [])),
    )


def _order(directory: RulesDirectory, new: RulesFile, ruleset: RulesetOptions) -> List[RulesFile]:
    """The files that stay, in the order in which they are read at boot, with the new lines in place of the old."""
    files = directory.with_file(new)
    if ruleset.purge == "all":
        return [file for file in files if file is new or os.path.basename(file.path) in ruleset.keep]
    return files


def _compare(
    held: List[KernelRule], wanted: _Wanted, old: RulesFile, files: Sequence[RulesFile], ruleset: RulesetOptions
) -> Live:
    """What the kernel is to hold: the rules of the set, and the others that it holds, in the order of the files."""
    ours = {canonical(statement.rule): statement.rule for statement in wanted.statements} if ruleset.present else {}
    by_match = {without_keys(rule) for rule in ours.values()}
    in_files = loaded_by(in_augenrules_order(line for file in files for line in file.lines)).rules
    still_wanted = set(map(canonical, in_files))
    # A watch whose path has become a directory, or has ceased to be one, is held as what it was.
    named = _statements(old) + list(wanted.statements)
    dropped = {canonical(rule) for statement in named for rule in both_types(statement)} - still_wanted
    steps, all_wanted = [], []
    for filter_list in LISTS:
        current_rules = [entry for entry in held if entry.rule.list == filter_list]
        places: Dict[Rule, int] = {}
        for place, entry in enumerate(current_rules):
            places.setdefault(canonical(entry.rule), place)
        order: List[Tuple[Rule, Optional[int]]] = []
        used: Set[int] = set()
        seen: Set[Rule] = set()
        for rule in in_files:
            same = canonical(rule)
            if rule.list != filter_list or same in seen:
                continue
            seen.add(same)
            if same in places:
                used.add(places[same])
                order.append((current_rules[places[same]].rule, places[same]))
            elif same in ours:
                order.append((rule, None))
        if ruleset.purge != "all":
            others = [
                place
                for place, entry in enumerate(current_rules)
                if place not in used
                and canonical(entry.rule) not in dropped
                and canonical(entry.rule) not in ours
                and without_keys(entry.rule) not in by_match
            ]
            declared = order
            order = _with_others(declared, current_rules, _nearest(declared, others))
        rules = [entry.rule for entry in current_rules]
        list_steps = plan(rules, order)
        if list_steps and ruleset.purge != "all":
            order = _with_others(declared, current_rules, _where_order_is_kept(declared, current_rules, others))
            list_steps = plan(rules, order)
        all_wanted += [rule for rule, place in order]
        steps += [(step, None if step.held is None else current_rules[step.held]) for step in list_steps]
    return Live(held, all_wanted, steps)


def _with_others(
    declared: List[Tuple[Rule, Optional[int]]], current_rules: List[KernelRule], behind: Dict[int, int]
) -> List[Tuple[Rule, Optional[int]]]:
    """The declared rules and the others; ``behind``: by the place of each of these, which declared one it follows."""
    following: Dict[int, List[Tuple[Rule, Optional[int]]]] = {}
    for place, index in behind.items():
        following.setdefault(index, []).append((current_rules[place].rule, place))
    merged = list(following.get(-1, []))
    for index, entry in enumerate(declared):
        merged += [entry, *following.get(index, [])]
    return merged


def _nearest(declared: List[Tuple[Rule, Optional[int]]], others: Sequence[int]) -> Dict[int, int]:
    """For each of the others the declared rule (its index, -1 for none) that it stands behind in the kernel."""
    indices = {held: index for index, (rule, held) in enumerate(declared) if held is not None}
    behind: Dict[int, int] = {}
    nearest = -1
    for place in sorted([*indices, *others]):
        if place in indices:
            nearest = indices[place]
        else:
            behind[place] = nearest
    return behind


def _where_order_is_kept(
    declared: List[Tuple[Rule, Optional[int]]], current_rules: List[KernelRule], others: Sequence[int]
) -> Dict[int, int]:
    """As _nearest(), or as near to it as is behind the rules that each must stay behind, and before the next such.

    So the answer is the same when the change has been made, however rules that do not matter to each other stand then.
    """
    nearest = _nearest(declared, others)
    scopes = [Scope(entry.rule) for entry in current_rules]
    indices = {held: index for index, (rule, held) in enumerate(declared) if held is not None}
    behind: Dict[int, int] = {}
    for place in others:
        scope = scopes[place]
        meeting = {held: index for held, index in indices.items() if scope.overlaps(scopes[held])}
        least = [index for held, index in meeting.items() if held < place]
        least += [index for other, index in behind.items() if scopes[other].overlaps(scope)]
        first = max(least, default=-1)
        last = min((index for index in meeting.values() if index > first), default=len(declared)) - 1
        behind[place] = max(first, min(nearest[place], last))
    return behind


def _statements(file: RulesFile) -> List[Statement]:
    return [
        line.statement for line in file.lines if line.statement and line.statement.operation in ("append", "prepend")
    ]


def _edits(
    directory: RulesDirectory, old: RulesFile, new: RulesFile, files: Sequence[RulesFile], ruleset: RulesetOptions
) -> Tuple[List[Edit], Optional[str]]:
    """The edits of the file, and of those that do not stay and are moved aside; the folder that they go to."""
    after = "".join(line.text + "\n" for line in new.lines) if ruleset.present else None
    edits = [] if after == old.text else [Edit(old.path, old.text, after)]
    stay = {file.path for file in files}
    others = [file for file in directory.files if file.path not in stay]
    backup = None
    if others:
        # augenrules reads no folder but rules.d.
        backup = time.strftime(f"{directory.path}.before-%Y-%m-%dT%H-%M-%SZ", time.gmtime())
        edits = [Edit(os.path.join(backup, os.path.basename(file.path)), None, file.text) for file in others] + edits
        edits += [Edit(file.path, file.text, None) for file in others]
    compiled = directory.compiled([edit for edit in edits if os.path.dirname(edit.path) == directory.path])
    return edits + ([compiled] if compiled else []), backup


def _changed_statements(
    old: RulesFile, new: RulesFile, edits: Sequence[Edit]
) -> Tuple[List[Statement], List[Statement]]:
    if not edits:
        return [], []
    before, after = (
        {
            canonical(line.statement.rule): line.statement
            for line in file.lines
            if line.statement and line.statement.rule
        }
        for file in (old, new)
    )
    return (
        [statement for rule, statement in after.items() if rule not in before],
        [statement for rule, statement in before.items() if rule not in after],
    )


def _prove(live: Live, host: Host) -> None:
    if live.steps:
        raise ApplyError(
            "the kernel took every change and does not hold what was asked for; something else changes its rules at "
            "the same time. It still needs: " + "; ".join(step_lines(live.steps, host))
        )


def _problems(
    files: Sequence[RulesFile], target: str, settings: Mapping[str, Value], host: Host, kernel: Optional[Kernel]
) -> Tuple[List[str], List[str]]:
    """What would go wrong at the next boot, with the settings that we set as well; and what to warn of, in short."""
    others = [line for file in files if file.path != target for line in file.lines]
    found = examine(files, host, kernel.status().features if kernel else None)
    dead = [str(problem) for problem in found if problem.dead]
    problems = [str(problem) for problem in found if not problem.dead]
    controls = [line for file in files for line in file.lines if line.statement and line.statement.control]
    for setting in SETTINGS:
        if setting.name in settings:
            last = [line for line in controls if line.statement.control[0] == setting.option][-1:]
            if last and last[0] in others and setting_value(last[0].statement.control[1]) != settings[setting.name]:
                problems.append(
                    f"{last[0].origin}: '{last[0].text}' is read after the set, and so counts at the next boot"
                )
    if not any(line.statement.control == ("-D", "") for line in controls):
        problems.append(
            "no file has the line -D: augenrules --load fails where the kernel holds one of the rules already"
        )
    summary = [f"{len(dead)} rules are never looked at, as others match first; see problems"] if dead else []
    return problems + dead, problems + summary


def run_ruleset(module: "AnsibleModule") -> None:
    """Do what the parameters of the module audit_ruleset ask for, and leave the module with its result."""
    parameters = module.params
    if not parameters["live"] and not parameters["persistent"]:
        module.fail_json(msg="live: false and persistent: false together leave nothing to do; set one of them to true")
    if parameters["state"] == "absent" and parameters["purge"] == "all":
        module.fail_json(msg="purge: all declares all rules of a host, and so has no state: absent; declare no rules")
    if parameters["src"] or parameters["packs"]:
        module.fail_json(msg="src and packs are read on the controller, by the action plugin of audit_ruleset")
    options = Options(
        live=parameters["live"],
        persistent=parameters["persistent"],
        file=parameters["file"],
        rules_dir=parameters["rules_dir"],
        stage_when_immutable=parameters["immutable"] == "stage",
        check=module.check_mode,
        with_diff=module._diff,
    )
    ruleset = RulesetOptions(
        parameters["purge"], parameters["on_missing"], parameters["state"] == "present", tuple(parameters["keep"])
    )
    host = Host()
    try:
        sources = read_sources(_sources(parameters), host)
        outcome = (add_ruleset if ruleset.purge == "none" else apply_ruleset)(sources.lines, ruleset, options, host)
    except (ApplyError, KernelError, FileError) as error:
        module.fail_json(msg=printable(str(error)))
    except OSError as error:
        module.fail_json(msg=f"{error.filename or options.rules_dir}: {error.strerror}")
    for warning in outcome.warnings:
        module.warn(printable(warning))
    result = {
        "changed": outcome.rules.changed,
        "added": outcome.rules.added,
        "removed": outcome.rules.removed,
        "settings": outcome.settings,
        "left_out": outcome.left_out,
        "notes": sources.notes,
        "problems": outcome.problems,
        "pending": outcome.rules.pending,
        "reboot_required": outcome.rules.reboot_required,
    }
    if outcome.backup:
        result["backup"] = outcome.backup
    if options.with_diff:
        result["diff"] = outcome.rules.diff
    module.exit_json(**printable(result))


def _sources(parameters: Mapping[str, Any]) -> List[Mapping[str, Any]]:
    if parameters["sources"] is not None:
        return parameters["sources"]
    if parameters["content"] is not None:
        return [{"name": "content", "content": parameters["content"]}]
    return [{"name": "rules", "rules": parameters["rules"]}]
