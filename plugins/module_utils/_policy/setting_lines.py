# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the kernel's audit system: in the running kernel, and as control lines in rules files."""

from typing import List, Mapping, Optional, Tuple

from .._host.host import Host
from .._kernel.settings import SETTINGS, Setting, Value, setting_value, settings_change
from ..rules.parse import RulesLine, Statement, parse_line
from ..rules.resolver import Resolver
from .options import Options
from .outcome import HostState, Outcome, Transition
from .rules_d import Draft, RulesFile, add_lines
from .transition import bring_about, files_transition

__all__ = ("hold_settings", "with_settings")


def hold_settings(wanted: Mapping[str, Value], options: Options, host: Host) -> Outcome:
    """Bring settings, by name, to the wanted values. Raises AuditError, see bring_about()."""

    def plan_settings(state: HostState) -> Transition:
        settings = settings_change(state.settings, wanted)
        if state.directory is None:
            return Transition(settings=settings)
        draft = with_settings(state.directory.draft(options.file), wanted, host)
        return files_transition(draft)._replace(settings=settings)

    return bring_about(plan_settings, options, host)


def with_settings(draft: Draft, wanted: Mapping[str, Value], resolver: Resolver) -> Draft:
    """The draft with wanted values in the last line of each setting, because the last line counts."""
    for setting in SETTINGS:
        if setting.name in wanted:
            draft = _with_setting(draft, setting, wanted[setting.name], resolver)
    return draft


def _with_setting(draft: Draft, setting: Setting, value: Value, resolver: Resolver) -> Draft:
    text = setting.line(value)
    positions = _positions(draft, setting)
    statement = None if text is None else parse_line(text, resolver)
    if not positions:
        return (
            draft if statement is None else draft.with_files(add_lines(draft.files[draft.target], [statement], False))
        )
    if statement is None:
        # From the last line to the first, so that the numbers of the other lines stay valid.
        for path, number in reversed(positions):
            draft = draft.with_files(_with_line(draft.files[path], number, None))
        return draft
    path, number = positions[-1]
    if _value(draft.files[path].lines[number]) == _value(RulesLine("", "", statement)):
        return draft
    return draft.with_files(_with_line(draft.files[path], number, statement))


def _positions(draft: Draft, setting: Setting) -> List[Tuple[str, int]]:
    """The lines of a setting, as paths and indices, in the order in which the files are read."""
    return [
        (file.path, number)
        for file in draft.in_order()
        for number, line in enumerate(file.lines)
        if line.statement and line.statement.control and line.statement.control[0] == setting.option
    ]


def _value(line: RulesLine) -> Value:
    return setting_value(line.statement.control[1] if line.statement and line.statement.control else "")


def _with_line(file: RulesFile, number: int, statement: Optional[Statement]) -> RulesFile:
    lines = list(file.lines)
    lines[number : number + 1] = [] if statement is None else [RulesLine(statement.text, file.path, statement)]
    return file._replace(lines=tuple(lines))
