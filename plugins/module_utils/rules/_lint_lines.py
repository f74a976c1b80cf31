# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Checks of linter.py that look at one line alone."""

import difflib
import re
from typing import Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

from . import syscalls, tables
from ._typical import matched_values
from .dead_rules import idle
from .errors import RuleError, shown
from .fields import BY_NAME
from .findings import Found
from .model import Rule
from .permissions import matchable_syscalls
from .resolver import Resolver
from .statements import RulesLine, Statement
from .values import UNSET
from .watch import statements as watch_statements
from .words import split

__all__ = ("CHECKS", "FIRST_GUESSED", "TWINS", "depends_on_machine", "named_users", "of_error", "reason")

#: Numbers from here on stand for users and groups of which only the name is known.
FIRST_GUESSED = 0xFFFE0000
#: Machines whose 32-bit programs every distribution's kernel runs and every auditctl can name.
TWINS = ("x86_64", "ppc64", "s390x")

# Ids of errors by words of their reasons.
_ERRORS = (
    ("unknown-syscall", "auditctl knows no syscall of that name"),
    ("unknown-errno", "nor the name of an error"),
    ("unknown-user", "nor the name of a user"),
    ("unknown-user", "nor the name of a group"),
    ("unknown-field", "there is no field of that name"),
    ("retired", "no longer exists"),
)
_OF_MACHINE = re.compile("auditctl knows no syscall of that name|is not an arch that auditctl knows")
# Calls that a busy host makes hundreds of times a second.
_FREQUENT = frozenset(
    "read write readv writev pread pwrite open openat close stat fstat lstat newfstatat statx lseek "  # noqa: SIM905
    "access faccessat poll select epoll_wait mmap munmap mprotect brk futex ioctl fcntl recvfrom recvmsg sendto "
    "sendmsg clock_gettime nanosleep rt_sigaction rt_sigprocmask getpid gettid".split()
)
_KEY_BYTES = 31
_SIMILAR = 0.7


def reason(error: RuleError) -> str:
    """What is wrong with a line, without the line."""
    return str(RuleError(error.reason, error.part))


def depends_on_machine(error: RuleError) -> bool:
    """Whether a line with this error may be right on another machine."""
    return bool(_OF_MACHINE.search(error.reason))


def of_error(error: RuleError, host: Resolver) -> Found:
    """The finding for an error of the parser."""
    check = next((name for name, words in _ERRORS if words in error.reason), "syntax")
    similar = _similar(check, error, host)
    hint = f" Similar: {', '.join(similar)}." if similar else ""
    return check, f"{reason(error)}.{hint}", None


def _similar(check: str, error: RuleError, host: Resolver) -> List[str]:
    """Names that the misspelt one may be meant to be."""
    words: Dict[str, Callable[[], Iterable[str]]] = {
        "unknown-syscall": lambda: syscalls.names(tables.machine(host.machine) or "x86_64"),
        "unknown-errno": tables.errno_names,
        "unknown-field": lambda: BY_NAME,
    }
    if check not in words:
        return []
    wanted = re.split("[=<>&!]", error.part)[-1 if check == "unknown-errno" else 0].replace("-F ", "").lstrip("-")
    known = {name.lower(): name for name in words[check]()}
    return [known[name] for name in difflib.get_close_matches(wanted.lower(), known, 3, _SIMILAR)]


def named_users(line: RulesLine, names: Mapping[int, str]) -> Iterator[Found]:
    """Names of users and groups, by the numbers that stand for them."""
    rule = line.statement.rule if line.statement else None
    for field in rule.fields if rule else ():
        if isinstance(field.value, int) and field.value in names:
            yield (
                "named-user",
                f"The rule needs the {shown(names[field.value])}; auditctl refuses the rule on a host without it, and "
                "loads no line after it.",
                None,
            )


def _unreadable(line: RulesLine, statement: Statement, host: Resolver) -> Iterator[Found]:
    if statement.unread:
        release = "".join(f" {'.'.join(map(str, version))}" for version in [host.version] if version)
        parts = ", ".join(f"'{shown(part)}'" for part in statement.unread)
        repair = statement.text if statement.text != line.text else None
        yield "unreadable", f"auditctl{release} cannot read {parts}.", repair


def _never_matches(_line: RulesLine, statement: Statement, _host: Resolver) -> Iterator[Found]:
    rule = statement.rule
    if any(isinstance(field.value, int) and FIRST_GUESSED <= field.value < UNSET for field in rule.fields):
        # Nothing follows from a number that stands for a name.
        return
    why = idle(rule) or _without_common_syscall(statement)
    if why:
        yield "never-matches", f"The rule has no effect: {why}.", None


def _without_common_syscall(statement: Statement) -> str:
    """Why no syscall of the rule has its permission; empty if one may have it, or if auditctl adds those that have."""
    rule, permissions = statement.rule, statement.rule.value("perm")
    if rule.list != "exit" or permissions is None or not rule.syscalls or rule.arch is None:
        return ""
    matchable = matchable_syscalls(permissions, rule.arch)
    if statement.named_syscalls is None and matchable and rule.syscalls.isdisjoint(matchable):
        return "none of its system calls has the permission that it wants"
    return ""


def _positive_errno(line: RulesLine, _statement: Statement, _host: Resolver) -> Iterator[Found]:
    for word in split(line.text):
        match = re.fullmatch(r"exit(!?=|[<>]=?)([A-Za-z]\w*)", word)
        if match:
            repair = line.text.replace(word, f"exit{match.group(1)}-{match.group(2)}")
            yield (
                "positive-errno",
                f"'{word}' is a positive number, and a call that fails returns a negative one.",
                repair,
            )


def _without_arch(line: RulesLine, statement: Statement, host: Resolver) -> Iterator[Found]:
    rule, machine = statement.rule, tables.machine(host.machine)
    if rule.list != "exit" or not rule.syscalls or machine not in TWINS:
        return
    # The kernel knows the machine of a call when it looks for a permission.
    if any(field.name in ("arch", "perm") for field in rule.fields):
        return
    twin = tables.MACHINES[machine].b32 or machine
    for number in sorted(rule.syscalls):
        meant, other = syscalls.name(machine, number), syscalls.name(twin, number)
        if meant != other:
            message = (
                f"Without an arch, the rule also records {other or 'nothing'} of 32-bit programs instead of {meant}."
            )
            yield "syscalls-without-arch", message, _by_arch(line, rule, machine, twin)
            return


def _by_arch(line: RulesLine, rule: Rule, machine: str, twin: str) -> Optional[str]:
    """The rule once for each arch, if both have all of its calls by the names that the line has."""
    words = split(line.text)
    if any(syscalls.name(machine, number) not in syscalls.names(twin) for number in rule.syscalls or ()):
        return None
    if words[0] != "-a" or any(part.isdigit() for name in _values(words, "-S") for part in name.split(",")):
        return None
    head, tail = " ".join(words[:2]), line.text.split(words[1], 1)[1]
    return "\n".join(f"{head} -F arch={arch}{tail}" for arch in ("b64", "b32"))


def _values(words: List[str], option: str) -> List[str]:
    return [value for word, value in zip(words, words[1:]) if word == option]


def _noisy(_line: RulesLine, statement: Statement, host: Resolver) -> Iterator[Found]:
    rule = statement.rule
    if rule.list != "exit" or rule.action != "always" or _is_of_32_bits(rule, host):
        return
    if any(field.name in ("path", "dir", "inode", "exe", "field_compare") for field in rule.fields):
        return
    permissions = rule.value("perm")
    if isinstance(permissions, int) and not permissions & 6:
        return
    bare = rule._replace(fields=tuple(field for field in rule.fields if field.name != "perm"), syscalls=None)
    matched = matched_values(bare)
    if matched is None or any(values != everything for values, everything in matched.values()):
        return
    machine = tables.arch_machine(rule.arch or 0) or tables.machine(host.machine)
    known: Mapping[int, str] = {}
    if machine in syscalls.MACHINES:
        known = {number: name for name, number in syscalls.names(machine).items()}
    frequent = [name for name in (known.get(number) for number in sorted(rule.syscalls or ())) if name in _FREQUENT]
    if rule.syscalls is None or frequent:
        calls = ", ".join(map(str, frequent[:5])) if rule.syscalls is not None else "every system call"
        yield "noisy", f"The rule records {calls} of all programs, because no condition limits it.", None


def _is_of_32_bits(rule: Rule, host: Resolver) -> bool:
    """Whether the rule is for 32-bit programs on a host of 64 bits, which makes few such calls."""
    machine = tables.machine(host.machine)
    return rule.arch is not None and tables.arch_machine(rule.arch) not in (machine, None)


def _old_watch(_line: RulesLine, statement: Statement, host: Resolver) -> Iterator[Found]:
    if not statement.watch or statement.operation != "append":
        return
    rule = statement.rule
    name, path = rule.fields[0].name, rule.fields[0].text
    repair = None
    if name == "dir" and len(rule.fields) == 2:
        permissions = "".join(letter for letter, bit in zip("rwxa", (4, 2, 1, 8)) if rule.fields[1].number & bit)
        # Only the host knows whether a path without a slash at its end is a directory, but this one surely is.
        repair = "\n".join(one.text for one in watch_statements(path, True, permissions, rule.keys, "syscall", host)[0])
    yield "old-watch", "-w is deprecated; write -a always,exit with path or dir, perm and an arch.", repair


def _every_syscall(_line: RulesLine, statement: Statement, _host: Resolver) -> Iterator[Found]:
    rule = statement.rule
    if rule.list != "exit" or rule.syscalls is not None or statement.named_syscalls is not None:
        return
    names = {field.name for field in rule.fields}
    if "path" not in names and names & {"dir", "perm"}:
        yield "every-syscall", "The kernel looks at the rule in every system call, because it names none with -S.", None


def _unset_auid(line: RulesLine, statement: Statement, _host: Resolver) -> Iterator[Found]:
    rule = statement.rule
    auids = [field for field in rule.fields if field.name == "auid"]
    if rule.action == "always" and auids and all(field.operator in (">", ">=") for field in auids):
        word = next((word for word in split(line.text) if re.match("(?i)(auid|loginuid)>", word)), "")
        repair = line.text.replace(word, f"{word} -F auid!=unset", 1) if word else None
        yield "unset-auid", "The rule also matches processes without an auid, whose auid is 4294967295.", repair


def _long_key(_line: RulesLine, statement: Statement, _host: Resolver) -> Iterator[Found]:
    for key in statement.rule.keys:
        size = len(key.encode("utf-8", "surrogateescape"))
        if size > _KEY_BYTES:
            yield "long-key", f"The key {shown(key)} has {size} bytes; auditctl(8) promises {_KEY_BYTES}.", None


def _panic(line: RulesLine, _host: Resolver) -> Iterator[Found]:
    if line.statement and line.statement.control == ("-f", "2"):
        yield "panic", "-f 2 makes the kernel panic when it cannot record an event.", None


def _of_rules(
    check: Callable[[RulesLine, Statement, Resolver], Iterator[Found]],
) -> Callable[[RulesLine, Resolver], Iterator[Found]]:
    """The check for lines that add a rule alone."""

    def of_line(line: RulesLine, host: Resolver) -> Iterator[Found]:
        statement = line.statement
        return (
            check(line, statement, host)
            if statement and statement.rule and statement.operation != "delete"
            else iter(())
        )

    return of_line


#: The checks of a line that is not wrong.
CHECKS: Tuple[Callable[[RulesLine, Resolver], Iterator[Found]], ...] = (
    *map(
        _of_rules,
        (_unreadable, _never_matches, _positive_errno, _without_arch, _noisy, _old_watch, _every_syscall, _unset_auid,
         _long_key),
    ),
    _panic,
)  # fmt: skip
