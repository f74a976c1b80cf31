# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the lines of a declaration from its sources: the text of a rules file, a list of rules, or packs."""

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set

from .._host.host import Host
from ..rules.errors import RuleError
from ..rules.model import without_keys
from ..rules.parse import RulesLine, parse_file, parse_line
from .options import ChangeError
from .rules_d import HEADER

__all__ = ("ARGUMENTS", "Sources", "read_sources", "sources_of")

#: Parameters of modules that take whole sets of rules. Their action plugins turn ``src`` and ``packs`` into sources.
ARGUMENTS: Dict[str, Dict[str, Any]] = {
    "rules": {"type": "list", "elements": "raw"},
    "content": {"type": "str"},
    "src": {"type": "list", "elements": "path"},
    "sources": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "rules": {"type": "list", "elements": "raw"},
            "content": {"type": "str"},
            "parameters": {"type": "dict"},
            "exact": {"type": "bool", "default": False},
        },
        "mutually_exclusive": [["rules", "content"]],
        "required_one_of": [["rules", "content"]],
        "required_by": {"parameters": "content"},
    },
    "packs": {"type": "list", "elements": "raw"},
}


class Sources(NamedTuple):
    """The lines of all sources, and notes that say what packs left out, and why.

    ``reasons``: why rules are written otherwise than declared, a sentence for each.
    """

    lines: List[RulesLine]
    notes: List[str]
    reasons: Sequence[str] = ()


def sources_of(parameters: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The sources that a module's parameters name, for read_sources(). Raises ChangeError."""
    if parameters["src"] or parameters["packs"]:
        raise ChangeError("src and packs are read on the controller, by the action plugin of the module")
    if parameters["sources"] is not None:
        return parameters["sources"]
    if parameters["content"] is not None:
        return [{"name": "content", "content": parameters["content"]}]
    return [{"name": "rules", "rules": parameters["rules"]}]


def read_sources(sources: Sequence[Mapping[str, Any]], host: Host, optimise: Optional[bool] = False) -> Sources:
    """The lines of sources in their order: each has a name, and content (the text of a rules file) or rules.

    A source with ``parameters`` is a pack, see packs.py. Of several sources each starts with a comment; a single text
    is used unchanged. An invalid line carries its error. Raises ChangeError.

    ``optimise`` makes the rules cheaper: all of them, none, or (None) those of packs whose text is not ``exact``.
    """
    lines: List[RulesLine] = []
    exact: Set[int] = set()
    notes: List[str] = []
    packs = any(source.get("parameters") is not None for source in sources)
    if len(sources) > 1 or packs or any(source.get("content") is None for source in sources):
        lines.append(RulesLine(HEADER, ""))
    for source in sources:
        name, begin = source["name"], len(lines)
        if not name.isprintable():
            raise ChangeError(f"the name of a source must be one line without control characters, not {name!r}")
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
        if not optimise and (source.get("parameters") is None or source.get("exact")):
            exact.update(range(begin, len(lines)))
    if optimise is False or len(exact) == len(lines):
        return Sources(lines, notes)
    from .optimised import optimised_lines

    found = optimised_lines(lines, exact, host)
    return Sources(found.lines, notes, found.reasons)


def _not_recorded_yet(lines: Sequence[RulesLine], before: Sequence[RulesLine], notes: List[str]) -> List[RulesLine]:
    """Lines of a pack without the rules that earlier lines make superfluous."""
    found = {without_keys(line.statement.rule): line for line in before if line.statement and line.statement.rule}
    kept = []
    for line in lines:
        if not line.statement or not line.statement.rule:
            kept.append(line)
            continue
        first = found.setdefault(without_keys(line.statement.rule), line)
        if first is line:
            kept.append(line)
        elif set(first.statement.rule.keys) != set(line.statement.rule.keys):
            notes.append(f"{line.origin}: left out '{line.text}': '{first.text}' ({first.origin}) records the same")
    return kept


def _item_lines(item: Any, origin: str, host: Host) -> List[RulesLine]:
    try:
        if isinstance(item, Mapping):
            from ..rules.structure import parse_structure

            return [RulesLine(statement.text, origin, statement) for statement in parse_structure(item, host)]
        if not isinstance(item, str):
            raise RuleError(f"must be a line of auditctl or a structure, not {item!r}")
        statement = parse_line(item, host)
        return [RulesLine(statement.text, origin, statement)]
    except RuleError as error:
        return [RulesLine(str(item), origin, None, error.of("", origin))]
