# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host holds, from three points of view: the running kernel, the files after the next boot, and their text."""

import os
from typing import Dict, FrozenSet, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from .._host.files import read_text
from .._host.host import Host
from .._host.mounts import mounts
from .._host.programs import ProgramError
from .._kernel.netlink import Kernel, Status
from .._kernel.settings import Value, read_settings
from ..rules.model import Rule
from ..rules.parse import RulesLine
from .boot import loaded_by
from .checks import examine
from .command_line import boot_loader_problems
from .loading_service import hidden_rules, loaders, why_nothing_loads
from .problem import RulesProblem
from .recording import kernel_problems
from .rules_d import DEFAULT_DIRECTORY, RulesDirectory, in_augenrules_order

__all__ = ("FilesView", "KernelView", "mount_points", "read_files", "read_kernel")


class KernelView(NamedTuple):
    """The running kernel: its rules in order, its settings, and why it records nothing."""

    rules: Sequence[Rule]
    settings: Mapping[str, Value]
    status: Status
    off: Sequence[str]


class FilesView(NamedTuple):
    """A kernel after the next boot: its rules and settings, and why it will record nothing.

    ``lost``: by the origin of a line, why it is not loaded. ``origins``: where each rule is written. ``texts``: the
    lines of rules.d and of audit.rules as they are written, with one space between words, with their places.
    """

    rules: Sequence[Rule]
    settings: Mapping[str, Value]
    off: Sequence[str]
    lost: Mapping[str, str]
    origins: Mapping[Rule, str]
    texts: Mapping[str, str]


def read_kernel(host: Host) -> KernelView:
    """What the kernel holds. Raises KernelError, which says what is needed to read it."""
    with Kernel() as kernel:
        status = kernel.status()
        settings = read_settings(kernel)
        rules = [entry.rule for entry in kernel.rules()]
    # Rules that switch auditing off are seen where each rule is compared with them.
    off = [f"{problem.text}: {problem.reason}" for problem in kernel_problems([], settings, host)]
    return KernelView(rules, settings, status, off)


def read_files(rules_dir: str, host: Host, features: Optional[int]) -> FilesView:
    """What a kernel holds that has loaded the files. Raises FileError."""
    directory = RulesDirectory(rules_dir, host)
    lines = [line for file in directory.files for line in file.lines]
    ordered = in_augenrules_order(lines)
    problems = examine(directory.files, host, features)
    off, hidden = _of_boot(rules_dir, lines)
    lost = _lost_lines(ordered, [*problems, *hidden])
    loaded = loaded_by(line for line in ordered if line.origin not in lost)
    off += [f"{problem.text}: {problem.reason}" for problem in kernel_problems([], loaded.settings, host)]
    origins: Dict[Rule, str] = {}
    for line in ordered:
        if line.statement and line.statement.rule and line.origin not in lost:
            origins.setdefault(line.statement.rule, line.origin)
    return FilesView(loaded.rules, loaded.settings, off, lost, origins, _texts(rules_dir, lines))


def _of_boot(rules_dir: str, lines: List[RulesLine]) -> Tuple[List[str], List[RulesProblem]]:
    """Why the next boot records nothing, and the rules that it hides from their paths."""
    if rules_dir.rstrip("/") != DEFAULT_DIRECTORY:
        return [], []
    why = why_nothing_loads()
    off = [why] if why else []
    off += [f"{problem.origin}: {problem.text} {problem.reason}" for problem in boot_loader_problems()]
    try:
        return off, hidden_rules(lines, loaders())
    except ProgramError:
        return off, []


def _lost_lines(ordered: Sequence[RulesLine], problems: Sequence[RulesProblem]) -> Dict[str, str]:
    """Why lines are not loaded, or do not record, after a boot: by their origins."""
    records = {line.origin for line in ordered if line.statement and line.statement.rule}
    of_rule = [problem for problem in problems if problem.origin in records and not _is_never(ordered, problem)]
    lost = {problem.origin: problem.reason for problem in of_rule if problem.lost or problem.silent}
    stops = {problem.origin: str(problem) for problem in problems if problem.stops}
    stopped = ""
    for line in ordered:
        if stopped or line.error:
            lost.setdefault(line.origin, stopped or str(line.error))
        if line.origin in stops and not stopped:
            lost.setdefault(line.origin, stops[line.origin])
            stopped = f"auditctl stops before it: {stops[line.origin]}"
    return lost


def _is_never(ordered: Sequence[RulesLine], problem: RulesProblem) -> bool:
    """Whether a problem is that a rule keeps events out of the log, which is what the rule says."""
    named = (line.statement.rule for line in ordered if line.origin == problem.origin and line.statement)
    return not problem.lost and any(rule and (rule.action == "never" or rule.list == "exclude") for rule in named)


def _texts(rules_dir: str, lines: Sequence[RulesLine]) -> Dict[str, str]:
    found: Dict[str, str] = {}
    compiled = os.path.join(os.path.dirname(rules_dir.rstrip("/")), "audit.rules")
    for line in lines:
        found.setdefault(" ".join(line.text.split()), line.origin)
    if os.path.basename(rules_dir.rstrip("/")) == "rules.d":
        for number, text in enumerate((read_text(compiled) or "").split("\n"), 1):
            found.setdefault(" ".join(text.split()), f"{compiled}:{number}")
    return found


def mount_points() -> FrozenSet[str]:
    """Where file systems are mounted."""
    return frozenset(mount.point for mount in mounts())
