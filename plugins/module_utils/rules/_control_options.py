# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Control options of auditctl(8): the settings that a rules file can hold beside its rules, such as -b and -e."""

from typing import List, Tuple

from .errors import MisreadError, RuleError
from .statements import Statement
from .values import parse_number
from .words import quote

__all__ = ("parse_control",)

# Each control option with the least and the greatest number that it takes, or None if it takes no number.
_BOUNDS = {
    "-D": None,
    "-b": (0, 0xFFFFFFFF),
    "-c": None,
    "-e": (0, 2),
    "-f": (0, 2),
    "-i": None,
    "-m": None,
    "-q": None,
    "-r": (0, 0xFFFFFFFF),
    "-s": None,
    "-t": None,
    "--backlog_wait_time": (0, 0xFFFFFFFF),
    "--loginuid-immutable": None,
    "--reset-lost": None,
    "--reset_backlog_wait_time_actual": None,
    "--signal": None,
}
# Options after which auditctl of some release reads the next line, though they are of no use in a file.
_DONE_AND_READ_ON = ("-h", "-l", "-v")


def parse_control(options: List[Tuple[str, str]]) -> Statement:
    """The control statement of one line, from its pairs of option and value. Raises RuleError."""
    (option, value), more = options[0], options[1:]
    if option not in _BOUNDS:
        raise (MisreadError if option in _DONE_AND_READ_ON else RuleError)("is not an option for a rules file", option)
    if option == "-D" and len(more) == 1 and more[0][0] == "-k" and more[0][1]:
        value, more = more[0][1], []
    if more:
        raise MisreadError("one line holds one rule or one setting; write this on a line of its own", more[0][0])
    bounds = _BOUNDS[option]
    if bounds:
        number = parse_number(value)
        # auditctl compares the text of -e and -f, so it refuses 0x1.
        if not bounds[0] <= number <= bounds[1] or (option in ("-e", "-f") and value != str(number)):
            raise RuleError(f"must be a number from {bounds[0]} to {bounds[1]}", f"{option} {value}")
    if option == "-q" and (value.count(",") != 1 or value[0] == "," or value[-1] == ","):
        raise RuleError("must be a mount point and a subtree, separated by a comma", f"-q {value}")
    words = [option] + (["-k", value] if option == "-D" and value else [value] if value else [])
    return Statement("control", " ".join(map(quote, words)), control=(option, value))
