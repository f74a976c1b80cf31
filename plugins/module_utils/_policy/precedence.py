# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that must come first (``-A``, ``position: prepend``), in a file that is read after others.

Before the first rule of its file, a line with ``-a`` says the same as ``-A``, and auditctl of every release reads it.
But a boot loads the rules of earlier files before it. Where their order counts, the line keeps ``-A``.
"""

from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from ..rules.fields import LISTS
from ..rules.overlap import Scope, WatchIndex
from ..rules.parse import RulesLine, Statement
from ..rules.render import render
from ..rules.resolver import Resolver
from .options import ChangeError
from .rules_d import Draft, RulesFile, add_lines, in_augenrules_order

__all__ = ("first_form", "put_first", "with_precedence")

#: A rule that must come first, and a line that a boot puts before it although their order counts.
_Late = Tuple[Statement, RulesLine]


def put_first(draft: Draft, statements: Sequence[Statement]) -> Draft:
    """The draft with new rules in its target, such that a boot puts them before all rules that they must precede.

    Raises ChangeError where no line of the target does that.
    """
    resolver = draft.directory.resolver
    # As they are written, which is how _late() finds them again.
    plain = [statement._replace(operation="append", unread=()) for statement in statements]
    changed = draft.with_files(add_lines(draft.files[draft.target], plain, True))
    late = _late(changed.in_order(), plain)
    if late is None:
        return changed
    _refuse_unread(late, draft.target, resolver)
    # Each -A goes before the earlier ones.
    forms = [first_form(statement, resolver) for statement in reversed(statements)]
    changed = draft.with_files(add_lines(draft.files[draft.target], forms, True))
    late = _late(changed.in_order(), forms)
    if late is not None:
        raise ChangeError(
            f"audit rule '{late[0].text}' must come first, but a boot puts '{late[1].text}' ({late[1].origin}) before "
            "it; name a file that sorts after that one (file: 99-linux-audit.rules)"
        )
    return changed


def with_precedence(
    lines: Sequence[RulesLine], prepended: Sequence[RulesLine], path: str, earlier: Iterable[RulesFile], host: Resolver
) -> List[RulesLine]:
    """The lines of the file at ``path``, of which ``prepended`` come first; as -A if rules of earlier files overlap.

    Raises ChangeError if the host's auditctl cannot read -A.
    """
    own = RulesFile(path, None, tuple(prepended))
    late = _late([*earlier, own], [line.statement for line in prepended])
    if late is None:
        return list(lines)
    _refuse_unread(late, path, host)
    places = {id(line) for line in prepended}
    forms = [first_form(line.statement, host) for line in reversed(prepended)]
    first = next(number for number, line in enumerate(lines) if id(line) in places)
    others = [line for line in lines[first:] if id(line) not in places]
    return [*lines[:first], *(RulesLine(form.text, path, form) for form in forms), *others]


def first_form(statement: Statement, resolver: Resolver) -> Statement:
    """The statement as a line with -A."""
    # The option -w has no form that goes first.
    text = render(statement.rule, resolver.machine, resolver.release) if statement.watch else statement.text
    return statement._replace(operation="prepend", text=f"-A{text[2:]}", watch=False, unread=())


def _refuse_unread(late: _Late, path: str, resolver: Resolver) -> None:
    """Raise ChangeError if auditctl of the host reads -A as -d."""
    version = resolver.version
    if version is not None and (4, 0, 4) <= version < (4, 1, 1):
        release = ".".join(map(str, version))
        raise ChangeError(
            f"audit rule '{late[0].text}' must come before '{late[1].text}' ({late[1].origin}), which is read before "
            f"{path}; auditctl {release} of this host takes -A for -d, so name a file that sorts first "
            "(file: 00-linux-audit.rules)"
        )


def _late(files: Iterable[RulesFile], statements: Sequence[Statement]) -> Optional[_Late]:
    """The first of these statements that a boot puts after a rule that it must precede, and that rule's line."""
    ours = {id(statement) for statement in statements}
    used = {statement.rule.list for statement in statements}
    by_list: Dict[str, List[RulesLine]] = {name: [] for name in LISTS if name in used}
    for line in _as_evaluated(line for file in files for line in file.lines):
        by_list.get(line.statement.rule.list, []).append(line)
    for lines in by_list.values():
        last = max(place for place, line in enumerate(lines) if id(line.statement) in ours)
        scopes = [Scope(line.statement.rule) for line in lines[: last + 1]]
        index = WatchIndex(scopes)
        for place, line in enumerate(lines[: last + 1]):
            if id(line.statement) not in ours:
                continue
            for other in sorted(index.candidates(scopes[place])):
                before = other < place and id(lines[other].statement) not in ours
                if before and scopes[place].overlaps(scopes[other]):
                    return line.statement, lines[other]
    return None


def _as_evaluated(lines: Iterable[RulesLine]) -> List[RulesLine]:
    """The lines that add rules, in the order in which the kernel evaluates the rules after a boot."""
    ordered = in_augenrules_order(lines)
    first, last = (
        [line for line in ordered if line.statement and line.statement.operation == operation]
        for operation in ("prepend", "append")
    )
    return first[::-1] + last
