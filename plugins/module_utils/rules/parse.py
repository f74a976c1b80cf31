# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Lines of auditctl(8) and of rules files: text to statements.

A line means here what ``auditctl -R`` makes of it (audit.rules(7)). There are two exceptions. This library refuses a
line that auditctl silently reads as something other than what was written (a number followed by letters, a line that
is too long), and a rule that disables others. And it reads a few lines that auditctl, or only the auditctl of this
host, refuses: ``Statement.text`` then has the form that auditctl reads (see _releases.py).
"""

from typing import List, Tuple

from ._control_options import parse_control
from ._rule_options import RULE_OPTIONS, RuleParser
from .errors import MisreadError, RuleError, shown
from .resolver import Resolver
from .statements import RulesLine, Statement
from .words import has_control_character, quote, split

__all__ = ("RulesLine", "Statement", "parse_arguments", "parse_file", "parse_line")

# auditctl reads at most this many bytes of a line, and takes the rest for the next line.
_LINE_MAX = 6143

# As auditctl gives them to getopt_long().
_SHORT_OPTIONS = "hicslDvtC:e:f:r:b:a:A:d:S:F:m:R:w:W:k:p:q:"
_LONG_OPTIONS = (
    "help",
    "loginuid-immutable",
    "backlog_wait_time=",
    "reset-lost",
    "reset_backlog_wait_time_actual",
    "signal=",
)
_WITH_VALUE = frozenset(
    ["-" + _SHORT_OPTIONS[place - 1] for place, char in enumerate(_SHORT_OPTIONS) if char == ":"]
    + ["--" + option[:-1] for option in _LONG_OPTIONS if option.endswith("=")]
)


def parse_file(text: str, name: str, resolver: Resolver) -> List[RulesLine]:
    """All lines of a rules file. A line that is wrong carries its error; its origin is "name:number", from 1 on."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    parsed = []
    known = resolver.already_read or {}
    for number, line in enumerate(lines, 1):
        origin = f"{name}:{number}"
        statement = known.get(line)
        if statement:
            parsed.append(RulesLine(line, origin, statement))
            continue
        error = None
        try:
            if line.strip(" ") and not line.lstrip(" ").startswith("#"):
                statement = parse_line(line, resolver)
            elif _is_too_long(line) and line.strip(" "):
                raise MisreadError(f"is longer than {_LINE_MAX} bytes; auditctl reads the rest of a comment as a line")
        except RuleError as problem:
            error = problem.of(line, origin)
        parsed.append(RulesLine(line, origin, statement, error))
    return parsed


def parse_line(text: str, resolver: Resolver) -> Statement:
    """The statement of one line of a rules file that is neither blank nor a comment. Raises RuleError."""
    known = resolver.already_read
    if known is None:
        return _parse_line(text, resolver)
    if text not in known:
        known[text] = _parse_line(text, resolver)
    return known[text]


def _parse_line(text: str, resolver: Resolver) -> Statement:
    if has_control_character(text):
        for char, name in (("\n", "a line end"), ("\r", "a carriage return"), ("\t", "a tab")):
            if char in text:
                reason = f"contains {name}; a rule is one line, and only spaces separate its words"
                raise MisreadError(reason, rule=text)
        raise MisreadError("contains a control character", rule=text)
    if _is_too_long(text):
        raise MisreadError(f"is longer than {_LINE_MAX} bytes; auditctl takes the rest for another line", rule=text)
    if "\\" in text and "\\" in text.lstrip(" ").partition(" ")[0]:
        raise MisreadError(
            "has a backslash in its first word, which auditctl drops together with the space after it; write the "
            "option and its value as two words",
            rule=text,
        )
    return parse_arguments(split(text), resolver, text)


def _is_too_long(text: str) -> bool:
    return len(text) * 4 > _LINE_MAX and len(text.encode("utf-8", "surrogateescape")) > _LINE_MAX


def parse_arguments(arguments: List[str], resolver: Resolver, text: str = "") -> Statement:
    """The statement of the arguments of one auditctl command.

    Raises RuleError, which names ``text``, or else the arguments, as the rule that is wrong.
    """
    try:
        return _parse_options(arguments, resolver)
    except RuleError as error:
        raise error.of(text or " ".join(map(quote, arguments))) from None


def _parse_options(arguments: List[str], resolver: Resolver) -> Statement:
    options, rest = _options(arguments)
    if rest:
        raise RuleError(
            "does not belong to any option; spaces separate words, and a space inside a word is written '\\ '", rest[0]
        )
    if not options:
        raise RuleError("is empty; a rule starts with -a, -A or -w")
    if not any(option in RULE_OPTIONS for option, value in options) or options[0][0] == "-D":
        return parse_control(options)
    return RuleParser(resolver).parse(options)


def _options(arguments: List[str]) -> Tuple[List[Tuple[str, str]], List[str]]:
    """The pairs of option and value, and the words that belong to no option. Raises RuleError."""
    if len(arguments) % 2 == 0 and _WITH_VALUE.issuperset(arguments[::2]):
        # As nearly all lines are written; getopt would take ten times as long to say the same.
        return list(zip(arguments[::2], arguments[1::2])), []
    if arguments in (["-D"], ["-i"], ["-c"]):
        return [(arguments[0], "")], []
    import getopt

    try:
        return getopt.gnu_getopt(arguments, _SHORT_OPTIONS, list(_LONG_OPTIONS))
    except getopt.GetoptError as error:
        raise RuleError(f"auditctl does not accept this ({shown(str(error))})", error.opt) from None
