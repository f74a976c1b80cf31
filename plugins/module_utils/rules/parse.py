# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Lines of auditctl(8) and of rules files: text to values.

A line means here what ``auditctl -R`` makes of it. Where auditctl silently reads something else than was written (a
number with a tail, a line that is too long), or loads a rule that disables others, this refuses instead. What it reads
more widely than auditctl stands in ``_rewritten``: such a line is written to files in the form that auditctl reads.
"""

import getopt
from typing import List, NamedTuple, Optional, Tuple

from . import syscalls, tables
from .errors import RuleError, shown
from .fields import ACTIONS, BY_NAME, COMPARISONS, LISTS, OPERATORS
from .model import Field, Rule, syscall_machine
from .resolver import Resolver
from .values import KINDS, format_permissions
from .words import quote, split

__all__ = ("RulesLine", "Statement", "parse_arguments", "parse_file", "parse_line")

# auditctl reads at most this many bytes of a line and takes the rest for the next one.
_LINE_MAX = 6143
_FIELDS_MAX = 63
# What the tables say of names that every release knows: for these a host need not be asked for its release.
_OLDEST = (2, 8)
_KEYS_MAX = 256
# Bits from here on stand for classes of syscalls: the kernel expands or drops them.
_FIRST_CLASS_BIT = 2032

_SHORT = "hicslDvtC:e:f:r:b:a:A:d:S:F:m:R:w:W:k:p:q:"
_LONG = (
    "help",
    "loginuid-immutable",
    "backlog_wait_time=",
    "reset-lost",
    "reset_backlog_wait_time_actual",
    "signal=",
)
_LIST_OPTIONS = {"-a": "append", "-A": "prepend", "-d": "delete", "-w": "append", "-W": "delete"}
_RULE_OPTIONS = frozenset(_LIST_OPTIONS) | {"-S", "-F", "-C", "-k", "-p"}
# Control options of a rules file: the least and greatest number that each takes, or None where it takes no number.
_CONTROL_OPTIONS = {
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
# These make a field that auditctl accepts a key behind; so does -S.
_ALLOW_KEY = frozenset(("path", "dir", "perm", "exe", "fstype"))


class Statement(NamedTuple):
    """What one line says.

    ``operation`` is append, prepend, delete (with ``rule``) or control (with ``control``, a pair of option and value).
    ``text`` is the line as it is to stand in a rules file. ``watch`` tells that the rule is written with -w or -W:
    whether it is then a path or a dir is decided when it is loaded. ``unread`` are the parts of the line as it was
    written that the host's auditctl refuses, or takes for something else.
    """

    operation: str
    text: str
    rule: Optional[Rule] = None
    control: Optional[Tuple[str, str]] = None
    watch: bool = False
    unread: Tuple[str, ...] = ()


class RulesLine(NamedTuple):
    """One line of a rules file; comments and blank lines have neither a statement nor an error."""

    text: str
    origin: str
    statement: Optional[Statement] = None
    error: Optional[RuleError] = None


def parse_file(text: str, name: str, resolver: Resolver) -> List[RulesLine]:
    """The lines of a rules file, each with its origin ``name:number``; a line that is wrong carries its error."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    parsed = []
    for number, line in enumerate(lines, 1):
        origin = f"{name}:{number}"
        statement = error = None
        try:
            if line.strip(" ") and not line.lstrip(" ").startswith("#"):
                statement = parse_line(line, resolver)
        except RuleError as problem:
            error = problem.of(line, origin)
        parsed.append(RulesLine(line, origin, statement, error))
    return parsed


def parse_line(text: str, resolver: Resolver) -> Statement:
    """One line of a rules file. Raises RuleError."""
    if not text.isprintable():
        for char, name in (("\n", "a line end"), ("\r", "a carriage return"), ("\t", "a tab")):
            if char in text:
                raise RuleError(f"has {name} in it; a rule is one line, and only spaces separate its words", rule=text)
        if any(ord(char) < 32 or ord(char) == 127 for char in text):
            raise RuleError("has a control character in it", rule=text)
    if len(text) * 4 > _LINE_MAX and len(text.encode("utf-8", "surrogateescape")) > _LINE_MAX:
        raise RuleError(f"is longer than the {_LINE_MAX} bytes of a line that auditctl reads", rule=text)
    return parse_arguments(split(text), resolver, text)


def parse_arguments(arguments: List[str], resolver: Resolver, text: str = "") -> Statement:
    """The arguments of one auditctl command. ``text`` is named in errors. Raises RuleError."""
    try:
        return _parse(arguments, resolver)
    except RuleError as error:
        raise error.of(text or " ".join(map(quote, arguments))) from None


def _parse(arguments: List[str], resolver: Resolver) -> Statement:
    try:
        options, rest = getopt.gnu_getopt(arguments, _SHORT, list(_LONG))
    except getopt.GetoptError as error:
        raise RuleError(f"auditctl would not understand it ({shown(str(error))})", error.opt) from None
    if rest:
        raise RuleError(
            "stands there without an option; spaces separate words, a space inside of one is written '\\ '", rest[0]
        )
    if not options:
        raise RuleError("is empty: a rule starts with -a, -A or -w")
    if not any(option in _RULE_OPTIONS for option, value in options) or options[0][0] == "-D":
        return _control(options)
    return _RuleParser(resolver).parse(options)


def _control(options: List[Tuple[str, str]]) -> Statement:
    (option, value), more = options[0], options[1:]
    if option not in _CONTROL_OPTIONS:
        raise RuleError("is no option for a rules file", option)
    if option == "-D" and len(more) == 1 and more[0][0] == "-k" and more[0][1]:
        value, more = more[0][1], []
    if more:
        raise RuleError("one line holds one rule or one setting", more[0][0])
    bounds = _CONTROL_OPTIONS[option]
    if bounds:
        number = KINDS["number"].parse(value, Resolver())
        # auditctl looks at the text of -e and -f, and refuses 0x1.
        if not bounds[0] <= number <= bounds[1] or (option in ("-e", "-f") and value != str(number)):
            raise RuleError(f"must be a number from {bounds[0]} to {bounds[1]}", f"{option} {value}")
    if option == "-q" and (value.count(",") != 1 or value[0] == "," or value[-1] == ","):
        raise RuleError("must be a mount point and a subtree with a comma between them", f"-q {value}")
    words = [option] + (["-k", value] if option == "-D" and value else [value] if value else [])
    return Statement("control", " ".join(map(quote, words)), control=(option, value))


class _RuleParser:
    """Follows auditctl through the options of one rule, from left to right."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.operation = ""
        self.list = ""
        self.action = ""
        self.fields: List[Field] = []
        self.keys: List[str] = []
        self.numbers: set = set()
        self.all = False
        self.syscalls_given = False
        self.watch = False
        self.key_allowed = False
        self.expanded = False
        self.words: List[str] = []
        self.unread: List[str] = []

    def parse(self, options: List[Tuple[str, str]]) -> Statement:
        lists = [option for option, value in options if option in _LIST_OPTIONS]
        if len(lists) != 1:
            raise RuleError("a rule has exactly one of -a, -A, -d, -w and -W", " ".join(lists))
        for option, value in options:
            if option == "-S" and not self.list:
                # auditctl reads it here as well, and so accepts it for lists that have no syscalls.
                raise RuleError("must come after the list (-a, -A, -d)", f"-S {value}")
            handler = self._HANDLERS.get(option)
            if handler is None:
                raise RuleError("one line holds one rule or one setting", option)
            handler(self, option, value)
        return self._statement()

    def _list(self, option: str, value: str) -> None:
        words = value.split(",")
        lowered = [word.lower() for word in words]
        action = [word for word in words if word in ACTIONS]
        filters = [word for word in lowered if word in LISTS]
        if len(words) != 2 or len(action) != 1 or len(filters) != 1:
            hint = ""
            if "possible" in lowered:
                hint = "; the action possible is gone, and auditctl drops such a rule without an error"
            elif "entry" in lowered:
                hint = "; the list entry is gone, use exit"
            raise RuleError(
                f"must be an action ({', '.join(sorted(ACTIONS))}) and a list ({', '.join(LISTS)}) "
                f"with a comma between them{hint}",
                f"{option} {value}",
            )
        self.operation, self.action, self.list = _LIST_OPTIONS[option], action[0], filters[0]
        if option == "-A" or value != value.lower() or self.list == "io_uring":
            self._note_releases(option, value)
        # Where a rule of a file goes is said by its place there.
        self.words += ["-a" if option == "-A" else option, ",".join(w if w in ACTIONS else w.lower() for w in words)]

    def _note_releases(self, option: str, value: str) -> None:
        """Releases before 3.1 know neither io_uring nor lists in upper case, and -A deletes in 4.0.4 to 4.1.0."""
        version = self.resolver.version
        if version is None:
            return
        if version < (3, 1) and (self.list == "io_uring" or value != value.lower()):
            self.unread.append(f"{option} {value}")
        elif option == "-A" and (4, 0, 4) <= version < (4, 1, 1):
            self.unread.append(option)

    def _watch(self, option: str, value: str) -> None:
        if self.list or self.fields:
            raise RuleError("must stand first, without -a, -A or -d", f"{option} {value}")
        path = value.rstrip("/") or "/" if len(value) > 2 else value
        if not path.startswith("/") or len(path.rpartition("/")[2].encode("utf-8", "surrogateescape")) > 255:
            raise RuleError("must be an absolute path, with a last part of at most 255 bytes", f"{option} {value}")
        name = "dir" if path == "/" or self.resolver.is_directory(value) else "path"
        self.operation, self.action, self.list, self.watch = _LIST_OPTIONS[option], "always", "exit", True
        self.key_allowed = self.all = self.syscalls_given = True
        self.fields += [Field(name, "=", KINDS[name].parse(path, self.resolver)), Field("perm", "=", 15)]
        self.words += [option, quote(path)]

    def _permissions(self, option: str, value: str) -> None:
        if self.list != "exit" or not self.fields:
            raise RuleError("-p needs a watch (-w) or a field of the list exit before it", f"-p {value}")
        field = Field("perm", "=", KINDS["perm"].parse(value, self.resolver))
        places = [place for place, other in enumerate(self.fields) if other.name == "perm"]
        if places:
            self.fields[places[0]] = field
        else:
            self.fields.append(field)
        self.key_allowed = True
        self.words += [option, value]

    def _syscalls(self, option: str, value: str) -> None:
        if self.list not in ("exit", "io_uring"):
            raise RuleError(f"the list {self.list} has no syscalls (-S)", f"-S {value}")
        names = [name for name in value.split(",") if name]
        if not names:
            raise RuleError("-S needs the name or number of a syscall, or all", f"-S {value}")
        words = []
        for name in names:
            if name == "all" and self.list == "exit":
                self.all = True
                words.append(name)
            else:
                number, word = self._syscall(name)
                self.numbers.add(number)
                words.append(word)
                if word != name:
                    self.unread.append(f"-S {name}")
        self.key_allowed = self.syscalls_given = True
        self.words += [option, ",".join(words)]

    def _syscall(self, name: str) -> Tuple[int, str]:
        """The number of a syscall, and the word that the host's auditctl reads for it."""
        if name[0].isdigit():
            number = KINDS["number"].parse(name, self.resolver)
            if number >= _FIRST_CLASS_BIT:
                raise RuleError(
                    f"a syscall number is less than {_FIRST_CLASS_BIT}; the kernel takes greater ones for classes of "
                    "syscalls",
                    name,
                )
            return number, name
        machine = syscalls.IO_URING if self.list == "io_uring" else self._machine()
        if machine is None:
            raise RuleError("there is no table of syscalls for this arch; give the number", name)
        number = syscalls.number(machine, name)
        if number is None and machine == syscalls.IO_URING:
            raise RuleError("is no io_uring operation that auditctl knows; for all of them, leave out -S", name)
        if number is None:
            raise RuleError(f"there is no syscall of that name on {machine}", name)
        return number, str(number) if _newer(syscalls.since(machine, number), self.resolver) else name

    def _machine(self) -> Optional[str]:
        return syscall_machine(self.fields, self.resolver.machine)

    def _field(self, option: str, value: str) -> None:
        if not self.list:
            raise RuleError("the list (-a, -A, -d) must come before the fields", f"-F {value}")
        if value.startswith("key="):
            self._keys(option, value[4:], "key=")
            return
        name, operator, text = _split_field(value)
        kind = BY_NAME[name.lower()]
        if kind.name == "arch" and self.syscalls_given:
            raise RuleError("arch must come before the syscalls (-S)", f"-F {value}")
        if kind.name == "key":
            raise RuleError("a key can only be set (key=NAME); the kernel does not compare it", f"-F {value}")
        if operator not in kind.operators:
            raise RuleError(f"{kind.name} can be compared with {' '.join(kind.operators)} only", f"-F {value}")
        if self.list not in kind.lists:
            raise RuleError(_wrong_list(self.list, kind), f"-F {value}")
        try:
            number = KINDS[kind.kind].parse(text, self.resolver)
        except RuleError as error:
            reason = f"{shown(error.part)} {error.reason}" if error.part else error.reason
            raise RuleError(reason, f"-F {value}") from None
        field = Field(kind.name, operator, number)
        self._add(field, f"-F {value}")
        if kind.name == "perm":
            self._expand(number)
        self.key_allowed = self.key_allowed or kind.name in _ALLOW_KEY
        written = _rewritten(field, text, self.resolver)
        if written != text:
            self.unread.append(f"-F {value}")
        self.words += [option, quote(f"{name}{operator}{written}")]

    def _compare(self, option: str, value: str) -> None:
        for operator in ("!=", "="):
            left, found, right = value.partition(operator)
            if found:
                break
        pair = tuple("auid" if name.lower() == "loginuid" else name.lower() for name in (left, right))
        both = [place for place, known in enumerate(COMPARISONS, 1) if known in (pair, pair[::-1])]
        if self.list != "exit" or not found or not both:
            raise RuleError(
                "-C compares, on the list exit, two different ones of auid uid euid suid fsuid obj_uid, "
                "or of gid egid sgid fsgid obj_gid, by = or !=",
                f"-C {value}",
            )
        self._add(Field("field_compare", operator, both[0]), f"-C {value}")
        self.words += [option, value]

    def _add(self, field: Field, part: str) -> None:
        once = ("path", "dir", "inode") if field.name in ("path", "dir", "inode") else ("exe",)
        if field.name in once and any(other.name in once for other in self.fields):
            raise RuleError(
                f"a rule can have only one of {', '.join(once)}" if len(once) > 1 else "is given twice", part
            )
        if field.name == "auid" and field.value == 0xFFFFFFFF and field.operator not in ("=", "!="):
            raise RuleError("an unset auid can only be compared by = and !=", part)
        self.fields.append(field)

    def _expand(self, permissions: int) -> None:
        """Load-time expansion of ``-F perm=`` where -S came before it; without -S it makes no difference."""
        if self.resolver.version and (self.numbers or any(field.name == "arch" for field in self.fields)):
            machine = self._machine()
            if machine:
                self.expanded = True
                self.numbers |= tables.permission_syscalls(
                    format_permissions(permissions), machine, self.resolver.version
                )

    def _key(self, option: str, value: str) -> None:
        if not self.key_allowed:
            raise RuleError(
                "-k needs a syscall (-S), a path, dir, perm or exe before it; write -S all if every syscall is meant",
                f"-k {value}",
            )
        self._keys(option, value)

    def _keys(self, option: str, value: str, prefix: str = "") -> None:
        if self.list not in BY_NAME["key"].lists:
            raise RuleError(_wrong_list(self.list, BY_NAME["key"]), value)
        KINDS["key"].parse(value, self.resolver)
        if value:
            self.keys.append(value)
            self.words += [option, quote(prefix + value)]
        if len("\x01".join(self.keys).encode("utf-8", "surrogateescape")) > _KEYS_MAX:
            raise RuleError(f"the keys of a rule must not have more than {_KEYS_MAX} bytes together", value)

    _HANDLERS = {
        "-a": _list,
        "-A": _list,
        "-d": _list,
        "-w": _watch,
        "-W": _watch,
        "-p": _permissions,
        "-S": _syscalls,
        "-F": _field,
        "-C": _compare,
        "-k": _key,
    }

    def _statement(self) -> Statement:
        if self.keys and not self.key_allowed:
            raise RuleError(
                "a key needs a syscall (-S), a path, dir, perm or exe in the rule; write -S all if every syscall is "
                "meant",
                f"-F key={self.keys[0]}",
            )
        if len(self.fields) + bool(self.keys) > _FIELDS_MAX:
            raise RuleError(f"a rule can have at most {_FIELDS_MAX} fields, the key included")
        text = " ".join(self.words)
        if len(self.words) > len(text.encode("utf-8", "surrogateescape")) // 3 + 1:
            raise RuleError(
                "has so many short words that auditctl would drop the last ones: it makes room for one word in three "
                "bytes; give the syscalls in one -S, with commas between them, or choose longer keys"
            )
        everything = self.all or not self.syscalls_given
        rule = Rule(
            self.list,
            self.action,
            tuple(self.fields),
            None if everything else frozenset(self.numbers),
            tuple(self.keys),
        )
        return Statement(self.operation, text, rule, watch=self.watch, unread=tuple(self.unread))


def _split_field(text: str) -> Tuple[str, str, str]:
    for operator in OPERATORS:
        name, found, value = text.partition(operator)
        if found:
            if name.lower() not in BY_NAME:
                raise RuleError("there is no field of that name; see auditctl(8)", name or f"-F {text}")
            if not value and name != "key":
                raise RuleError("the value is missing", f"-F {text}")
            return name, operator, value
    raise RuleError("a field needs an operator: one of " + " ".join(OPERATORS), f"-F {text}")


def _wrong_list(name: str, kind) -> str:
    if name in ("exclude", "user") and kind.name not in ("path", "dir", "perm"):
        return (
            f"{kind.name} ends the evaluation of the list {name} in the kernel, and so disables the rules behind it; "
            f"it works on {', '.join(kind.lists)}"
        )
    return f"{kind.name} does not work on the list {name}, only on {', '.join(kind.lists)}"


def _rewritten(field: Field, text: str, resolver: Resolver) -> str:
    """The value of a field as the host's auditctl reads it, where that refuses what is understood here."""
    if field.name == "success" and text in ("yes", "no"):
        return str(field.value)
    if (field.name == "filetype" and text.isdigit()) or (field.name == "fstype" and not text[0].isdigit()):
        return KINDS[field.name].format(field.value)
    if field.name == "msgtype" and not text[0].isdigit():
        known = tables.record_type_name(field.value) == text.upper()
        return text if known and not _newer(tables.record_type_since(text), resolver) else str(field.value)
    return text


def _newer(since: Tuple[int, ...], resolver: Resolver) -> bool:
    """Whether the host's auditctl is too old to know a name."""
    return since > _OLDEST and resolver.version is not None and since > resolver.version
