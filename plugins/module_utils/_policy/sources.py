# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the lines of a declaration from its sources: the text of a rules file, a list of rules, or packs."""

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from .._host.host import Host
from ..rules.errors import RuleError
from ..rules.model import Rule, without_keys
from ..rules.parse import RulesLine, parse_file, parse_line
from ..rules.words import quote
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
    cheaper = False
    notes: List[str] = []
    packs = {source["name"] for source in sources if source.get("parameters") is not None}
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
            lines += _not_recorded_yet(pack.lines, lines, notes, packs, host)
        elif source.get("content") is not None:
            lines += parse_file(source["content"], name, host)
        else:
            for number, item in enumerate(source["rules"] or [], 1):
                lines += _item_lines(item, f"{name}:{number}", host)
        if not optimise and (source.get("parameters") is None or source.get("exact")):
            exact.update(range(begin, len(lines)))
        else:
            cheaper = optimise is not False
    if not cheaper:
        return Sources(lines, notes)
    from .optimised import optimised_lines

    found = optimised_lines(lines, exact, host)
    return Sources(found.lines, [*notes, *found.notes], found.reasons)


def _not_recorded_yet(
    lines: Sequence[RulesLine], before: List[RulesLine], notes: List[str], packs: Set[str], host: Host
) -> List[RulesLine]:
    """Lines of a pack without the rules that earlier lines make superfluous.

    The earlier rule of another pack, in ``before``, gets the keys of the later one as well: whoever searches for the
    key of a standard finds all that the standard asks for.
    """
    kept: List[RulesLine] = []
    found: Dict[Rule, Tuple[List[RulesLine], int]] = {}
    for number, line in enumerate(before):
        if line.statement and line.statement.rule:
            found.setdefault(without_keys(line.statement.rule), (before, number))
    for line in lines:
        if not line.statement or not line.statement.rule:
            kept.append(line)
            continue
        same = without_keys(line.statement.rule)
        if same not in found:
            found[same] = (kept, len(kept))
            kept.append(line)
            continue
        where, number = found[same]
        first = where[number]
        if set(first.statement.rule.keys) >= set(line.statement.rule.keys):
            continue
        both = _with_keys(first, line, host) if first.origin.partition(":")[0] in packs else None
        if both:
            where[number] = both
            if line.statement.rule.value("path"):
                # Scanners take a rule of one path for wrong if it has two keys. To the kernel, this line costs nothing:
                # it looks at such a rule only when somebody uses the path.
                kept.append(line)
        else:
            notes.append(f"{line.origin}: left out '{line.text}': '{first.text}' ({first.origin}) records the same")
    return kept


def _with_keys(line: RulesLine, other: RulesLine, host: Host) -> Optional[RulesLine]:
    """The line with the keys of another line as well; None if they are too long for one rule, or it records nothing."""
    held, more = line.statement.rule.keys, other.statement.rule.keys
    if not held or not more:
        return None
    words = [word for key in more if key not in held for word in ("-k", quote(key))]
    try:
        statement = parse_line(" ".join([line.text, *words]), host)
    except RuleError:
        return None
    return line._replace(text=statement.text, statement=statement)


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
