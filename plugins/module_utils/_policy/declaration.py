# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declare a whole set of rules and settings: the file holds exactly this set, and the kernel follows it in order."""

import os
from fnmatch import fnmatchcase
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._host.files import Edit, backup_path, is_too_open, kept_mode
from .._host.host import Host
from .._kernel.settings import BY_OPTION, SETTINGS, SettingsChange, Value, setting_value, settings_change
from ..rules.errors import counted
from ..rules.loaded_forms import loaded_forms
from ..rules.model import Rule, canonical, without_keys
from ..rules.parse import RulesLine, Statement, parse_line
from ..rules.render import render
from .boot import loaded_by
from .checks import examine, missing_directory, not_for_files
from .merge import merge
from .options import ChangeError, Options
from .outcome import HostState, Outcome, RulesChange, Transition
from .places import places_read_once
from .rules_d import HEADER, MODE, RulesDirectory, RulesFile, going_on, in_augenrules_order, is_masked
from .transition import bring_about, files_transition

__all__ = ("DEFAULT_FILE", "DeclarationOutcome", "Reach", "add_declaration", "declare", "read_declaration")


#: The file of a task that names none.
DEFAULT_FILE = "40-linux-audit-ruleset.rules"
#: A warning names at most so many rules.
_NAMED = 5
#: Words of the errors of lines with users and groups that the host does not have.
_NOBODY = ("the name of a user on the host", "the name of a group on the host")


class Reach(NamedTuple):
    """How far the declaration reaches.

    ``purge``: "none" adds to what a host holds; "file" removes everything else from the file; "all" also from rules.d,
    except for the files named in ``keep``, and from the kernel, except for rules with keys that ``keep_keys`` match.
    ``on_missing``: what to do with rules whose directory
    does not exist: "fail", "skip" (neither file nor kernel), "stage" (the file alone). ``present``: False removes the
    set.
    """

    purge: str = "file"
    on_missing: str = "fail"
    present: bool = True
    keep: Tuple[str, ...] = ()
    keep_keys: Tuple[str, ...] = ()

    def keeps(self, rule: Rule) -> bool:
        """Whether a rule of the kernel that no file has stays; one without a key has the key "" here."""
        if self.purge != "all":
            return True
        return any(fnmatchcase(key, pattern) for key in rule.keys or ("",) for pattern in self.keep_keys)


class DeclarationOutcome(NamedTuple):
    """What was done: see Outcome. ``backup``: the directory that other files were moved to.

    ``problems``: what would go wrong at the next boot. ``warnings``: the same, but with one line for all rules that are
    merely superfluous.
    """

    outcome: Outcome
    left_out: List[str]
    backup: Optional[str]
    problems: List[str]
    warnings: List[str]


class Declaration(NamedTuple):
    """The lines of the file, the rules for the kernel, the rules for the file alone, settings, and omitted rules.

    ``prepended``: those of the lines that were declared with -A.
    """

    lines: Tuple[RulesLine, ...]
    statements: Tuple[Statement, ...]
    staged: Tuple[Statement, ...]
    settings: Dict[str, Value]
    left_out: List[str]
    prepended: Tuple[RulesLine, ...] = ()


def add_declaration(wanted: Declaration, reach: Reach, options: Options, host: Host) -> DeclarationOutcome:
    """Add the declared rules to what the host has, or remove them. Raises AuditError, see bring_about()."""
    from .single_rules import Change, arrange_files, arrange_kernel, warnings_of

    change = Change(present=wanted.statements) if reach.present else Change(absent=wanted.statements)
    settings = wanted.settings if reach.present else {}

    def plan_additions(state: HostState) -> Transition:
        rules = arrange_kernel(change, state.held, options) if options.live else RulesChange()
        now = settings_change(state.settings, settings)
        if state.directory is None:
            return Transition(rules, now)
        state.directory.require()
        draft = arrange_files(change, state.directory.draft(options.file), options)
        draft = arrange_files(Change(present=wanted.staged), draft, options)
        from .setting_lines import with_settings

        return files_transition(with_settings(draft, settings, host))._replace(rules=rules, settings=now)

    outcome = bring_about(plan_additions, options, host)
    with outcome.kept_in_mind(options):
        problems = warnings_of(outcome, host, change.present)
    return DeclarationOutcome(outcome, wanted.left_out, None, problems, problems)


def declare(wanted: Declaration, reach: Reach, options: Options, host: Host) -> DeclarationOutcome:
    """Bring the file and the kernel to the declaration. Raises AuditError, see bring_about()."""
    backups: List[str] = []
    replaced: List[Rule] = []

    def plan_declaration(state: HostState) -> Transition:
        settings = settings_change(state.settings, wanted.settings) if reach.present else SettingsChange()
        directory = state.directory or RulesDirectory(options.rules_dir, host)
        old = directory.file(options.file)
        new = old._replace(lines=wanted.lines if reach.present else ())
        files = _remaining_files(directory, new, reach)
        if new.lines and wanted.prepended:
            from .precedence import with_precedence

            place = files.index(new)
            lines = with_precedence(new.lines, wanted.prepended, new.path, files[:place], host)
            files[place] = new = new._replace(lines=tuple(lines))
        rules = _kernel_change(state, wanted, reach, old, files, options) if options.live else RulesChange()
        if state.directory is None:
            return Transition(rules, settings, files=files)
        directory.require()
        edits, backup = _edits(directory, new, files, reach)
        # The proof plans once more, when the directory of the backup exists.
        backups.extend([backup] if backup and not backups else [])
        added, removed = _changed_rules(old, new) if edits else ([], [])
        replaced[:] = _replaced(added, removed)
        return Transition(rules, settings, edits, files, added, removed)

    outcome = bring_about(plan_declaration, options, host)
    with outcome.kept_in_mind(options):
        problems, warnings = _problems(outcome, wanted, options, host) if reach.present else ([], [])
        warnings += _of_another_task(replaced, options, host)
    silent = list(map(str, outcome.silent))
    problems, warnings = silent + problems, silent + warnings
    return DeclarationOutcome(outcome, wanted.left_out, backups[0] if backups else None, problems, warnings)


def read_declaration(lines: Sequence[RulesLine], reach: Reach, options: Options, host: Host) -> Declaration:
    """Check the declaration as a whole. Raises ChangeError with everything that is wrong."""
    reader = _Reader(reach, options, host)
    with places_read_once():
        for line in lines:
            reader.read(line)
    if reader.problems:
        raise ChangeError("nothing was changed, because of\n" + "\n".join(reader.problems))
    return reader.declaration()


class _Reader:
    """Reads a declaration line by line, and collects all errors."""

    def __init__(self, reach: Reach, options: Options, host: Host) -> None:
        self.problems: List[str] = []
        self._reach, self._options, self._host = reach, options, host
        self._first: Dict[Rule, RulesLine] = {}
        self._settings: Dict[str, Value] = {}
        self._kept: List[RulesLine] = []
        self._prepended: List[RulesLine] = []
        self._statements: List[Statement] = []
        self._staged: List[Statement] = []
        self._left_out: List[str] = []

    def read(self, line: RulesLine) -> None:
        """Read the next line of the declaration."""
        statement = line.statement
        if line.error and self._reach.on_missing != "fail" and _names_nobody(line):
            self._left_out.append(line.text)
            if self._reach.on_missing == "stage":
                self._kept.append(line)
        elif line.error:
            self.problems.append(str(line.error))
        elif statement and statement.operation == "delete":
            self.problems.append(f"{line.origin}: '{line.text}' deletes a rule; a declaration lists rules to hold")
        elif statement and statement.control:
            self._read_control(line, *statement.control)
        elif statement and statement.rule:
            self._read_rule(line, statement)
        else:
            self._kept.append(line)

    def declaration(self) -> Declaration:
        """What was read; rules with -A come before the first other rule, the last of them first."""
        rules = (number for number, line in enumerate(self._kept) if line.statement and line.statement.rule)
        first = next(rules, len(self._kept))
        lines = [*self._kept[:first], *self._prepended, *self._kept[first:]]
        if any(line.statement for line in lines):
            if self._reach.purge == "all" and not any(_deletes_all(line) for line in lines):
                # The file that had this line may be moved away, and augenrules --load would then only add rules.
                lines.insert(1 if lines[0].text == HEADER else 0, RulesLine("-D", "", parse_line("-D", self._host)))
            lines = going_on(lines, "")
        return Declaration(
            tuple(lines),
            tuple(self._statements),
            tuple(self._staged),
            self._settings,
            self._left_out,
            tuple(self._prepended),
        )

    def _read_control(self, line: RulesLine, option: str, value: str) -> None:
        if option in BY_OPTION:
            self._settings[BY_OPTION[option].name] = setting_value(value)
        elif option not in ("-D", "-i", "-c") or value:
            self.problems.append(f"{line.origin}: '{line.text}' is an action; a declaration has rules and settings")
        self._kept.append(line)

    def _read_rule(self, line: RulesLine, statement: Statement) -> None:
        first = self._first.setdefault(without_keys(statement.rule), line)
        keys, of_first = set(statement.rule.keys), set(first.statement.rule.keys)
        # A rule that has a part of the first one's keys loses none, and may be there for scanners, which compare text.
        if first is not line and not keys < of_first:
            if keys != of_first:
                self.problems.append(
                    f"{line.origin}: '{line.text}' would never be evaluated: '{first.text}' ({first.origin}) "
                    "matches the same events under another key; give one rule both keys"
                )
            return
        if self._is_left_out(line, statement):
            return
        reason = not_for_files(statement, self._host) if self._options.persistent else None
        if reason:
            self.problems.append(f"{line.origin}: '{line.text}': {reason}")
        kept = statement._replace(unread=())
        if statement.operation == "prepend":
            # Some releases read -A as -d. At this position in the file, -a means the same; see precedence.py.
            self._prepended.insert(0, line._replace(text=statement.text, statement=kept._replace(operation="append")))
        else:
            self._kept.append(line._replace(text=statement.text, statement=kept))

    def _is_left_out(self, line: RulesLine, statement: Statement) -> bool:
        """Whether the rule goes to neither kernel nor file; otherwise record it for the kernel, or the file alone."""
        missing = missing_directory(statement.rule) if self._options.live and self._reach.present else None
        if missing and self._reach.on_missing == "fail":
            self.problems.append(
                f"{line.origin}: '{line.text}': the directory {missing} does not exist, and the kernel refuses the "
                "rule without it; create the directory first, or leave the rule out with on_missing: skip"
            )
            return False
        if missing:
            self._left_out.append(statement.text)
            if self._reach.on_missing == "stage":
                self._staged.append(statement)
            return self._reach.on_missing == "skip"
        self._statements.append(statement)
        return False


def _names_nobody(line: RulesLine) -> bool:
    """Whether all that is wrong with a line is that the host has no such user or group."""
    return line.error is not None and any(words in line.error.reason for words in _NOBODY)


def _deletes_all(line: RulesLine) -> bool:
    return bool(line.statement and line.statement.control == ("-D", ""))


def _remaining_files(directory: RulesDirectory, new: RulesFile, reach: Reach) -> List[RulesFile]:
    """The files that remain in rules.d, in the order in which they are read at boot, with the new file."""
    files = directory.with_file(new)
    if reach.purge == "all":
        return [file for file in files if file is new or os.path.basename(file.path) in reach.keep]
    return files


def _kernel_change(
    state: HostState, wanted: Declaration, reach: Reach, old: RulesFile, files: Sequence[RulesFile], options: Options
) -> RulesChange:
    in_files = loaded_by(in_augenrules_order(line for file in files for line in file.lines)).rules
    # The kernel holds a rule as its line was loaded then: a file may have become a directory, or auditctl a newer one.
    named = [*_statements(old), *wanted.statements]
    dropped = {canonical(rule) for statement in named for rule in loaded_forms(statement)}
    declared = [statement.rule for statement in wanted.statements] if reach.present else []
    # A boot loads only what the files hold, so what an earlier run has staged does not matter.
    at_boot = state.is_immutable and options.persistent and options.stage_when_immutable
    kept = (lambda rule: False) if at_boot else reach.keeps
    return merge(state.held, in_files, declared, dropped - set(map(canonical, in_files)), kept)


def _statements(file: RulesFile) -> List[Statement]:
    return [
        line.statement for line in file.lines if line.statement and line.statement.operation in ("append", "prepend")
    ]


def _edits(
    directory: RulesDirectory, new: RulesFile, files: Sequence[RulesFile], reach: Reach
) -> Tuple[List[Edit], Optional[str]]:
    """The edits of the file, and of the files that are moved to a backup directory; the path of that directory."""
    after = "".join(line.text + "\n" for line in new.lines) if reach.present else None
    as_is = after == new.text and (after is None or not is_too_open(new.path, MODE))
    edits = [] if as_is else [Edit(new.path, new.text, after, mode=MODE)]
    remaining = {file.path for file in files}
    others = [file for file in directory.files if file.path not in remaining and not is_masked(file.path)]
    if not others:
        return edits, None
    # augenrules reads no other directory than rules.d.
    backup = backup_path(directory.path)
    # A link to nothing has no text to keep.
    moved = [
        Edit(os.path.join(backup, os.path.basename(file.path)), None, file.text, mode=kept_mode(file.path))
        for file in others
        if file.text is not None
    ]
    removed = [Edit(file.path, file.text, None, mode=kept_mode(file.path)) for file in others]
    return [*moved, *edits, *removed], backup if moved else None


def _changed_rules(old: RulesFile, new: RulesFile) -> Tuple[List[Rule], List[Rule]]:
    """The rules that were added to a file, and the rules that were removed from it."""
    before, after = (
        {
            canonical(line.statement.rule): line.statement.rule
            for line in file.lines
            if line.statement and line.statement.rule
        }
        for file in (old, new)
    )
    added = [rule for same, rule in after.items() if same not in before]
    return added, [rule for same, rule in before.items() if same not in after]


def _replaced(added: Sequence[Rule], removed: Sequence[Rule]) -> List[Rule]:
    """The removed rules, if other rules were added; a rule whose key alone changed is neither."""
    before, after = set(map(without_keys, removed)), set(map(without_keys, added))
    return [rule for rule in removed if without_keys(rule) not in after] if after - before else []


def _of_another_task(rules: Sequence[Rule], options: Options, host: Host) -> List[str]:
    """A warning of replaced rules that another task may have declared, which names no file either."""
    if not rules or options.file != DEFAULT_FILE:
        return []
    named = [f"'{render(rule, host.machine, host.release)}'" for rule in rules[:_NAMED]]
    more = [f"{len(rules) - _NAMED} more"] if len(rules) > _NAMED else []
    return [
        f"other rules replace {counted(len(rules), 'rule')} that an earlier run has declared in {options.file}: "
        f"{', '.join(named + more)}; if another task declares them, give each task a file of its own"
    ]


def _problems(outcome: Outcome, wanted: Declaration, options: Options, host: Host) -> Tuple[List[str], List[str]]:
    """What would go wrong at the next boot, including overridden settings; and a shorter form for warnings."""
    found = examine(outcome.files, host, outcome.features)
    dead = [str(problem) for problem in found if problem.dead]
    partial = [str(problem) for problem in found if problem.partial]
    problems = [str(problem) for problem in found if not problem.dead and not problem.partial]
    target = os.path.join(options.rules_dir.rstrip("/") or "/", options.file)
    problems += _settings_read_later(outcome.files, target, wanted.settings)
    problems += _without_deletion([line for file in outcome.files for line in file.lines if line.statement])
    summary = [f"{counted(len(dead), 'rule', 'never take')} effect; see problems"] if dead else []
    if partial:
        summary.append(f"{counted(len(partial), 'rule', 'record')} less than the path seems to say; see problems")
    return problems + dead + partial, problems + summary


def _without_deletion(lines: Sequence[RulesLine]) -> List[str]:
    """What happens when the files are loaded into a kernel that holds rules, if no line deletes these first."""
    controls = [line.statement.control for line in lines]
    if ("-D", "") in controls:
        return []
    first = next((place for place, line in enumerate(lines) if line.statement.rule), len(lines))
    if ("-i", "") in controls[:first]:
        return ["no file has the line -D: augenrules --load deletes no rule that the kernel holds, it only adds rules"]
    return ["no file has the line -D: augenrules --load fails if the kernel already holds one of the rules"]


def _settings_read_later(files: Sequence[RulesFile], target: str, settings: Mapping[str, Value]) -> List[str]:
    """Lines of other files that override a declared setting at the next boot."""
    found = []
    for setting in SETTINGS:
        lines = [
            (file.path, line)
            for file in files
            for line in file.lines
            if line.statement and line.statement.control and line.statement.control[0] == setting.option
        ]
        if setting.name in settings and lines:
            path, last = lines[-1]
            if path != target and setting_value(last.statement.control[1]) != settings[setting.name]:
                found.append(f"{last.origin}: '{last.text}' is read after the set, so it wins at the next boot")
    return found
