# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""The options of one rule (-a -A -d -w -W -p -S -F -C -k), read in order as setopt() of auditctl reads them."""

from typing import Any, FrozenSet, List, Optional, Tuple

from . import syscalls
from ._conditions import (
    LIMITED,
    Condition,
    check_combination,
    check_list,
    parse_comparison,
    parse_condition,
    split_condition,
)
from ._releases import DEPENDENT, is_newer, is_unknown, readable_value, unread_list_option
from .errors import MisreadError, RuleError
from .fields import ACTIONS, BY_NAME, LISTS
from .model import Field, Rule, syscall_machine
from .permissions import format_permissions, permission_syscalls, permission_syscalls_refused
from .resolver import Resolver
from .statements import Statement
from .values import KINDS, parse_number
from .words import is_digit, lower, quote

__all__ = ("RULE_OPTIONS", "RuleParser")

# AUDIT_MAX_FIELDS is 64, but auditctl adds no field to a rule that has 63.
_FIELDS_MAX = 63
# AUDIT_MAX_KEY_LEN
_KEYS_MAX = 256
# The bits of the syscall mask from here on are classes of syscalls (AUDIT_SYSCALL_CLASSES): the kernel expands or
# drops them.
_FIRST_CLASS_BIT = 2032

# The option that says what to do with the rule, and the operation of the statement.
_OPERATIONS = {"-a": "append", "-A": "prepend", "-d": "delete", "-w": "append", "-W": "delete"}
# auditctl accepts a key after -S, and after any of these fields.
_KEY_MAY_FOLLOW = frozenset(("path", "dir", "perm", "exe", "fstype"))
_BEFORE_KEY = "a syscall (-S) or a path, dir, perm, exe or fstype"


class RuleParser:
    """Follows auditctl through the options of one rule, from left to right. Each instance reads one rule."""

    _operation = ""
    _list = ""
    _action = ""
    _syscalls: FrozenSet[int] = frozenset()
    _every_syscall = False
    _syscalls_given = False
    # The place in the words of a -F perm= for which some release adds syscalls, and those that the host's adds.
    _adding_place: Optional[int] = None
    _added_syscalls: FrozenSet[int] = frozenset()
    _is_watch = False
    _key_allowed = False

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._known = resolver.already_read if resolver.already_read is not None else {}
        self._fields: List[Field] = []
        self._keys: List[str] = []
        self._words: List[str] = []
        self._unread: List[str] = []

    def parse(self, options: List[Tuple[str, str]]) -> Statement:
        """The statement of one line, from its pairs of option and value. Raises RuleError."""
        if sum(map(_OPERATIONS.__contains__, next(zip(*options)))) != 1:
            operations = [option for option, value in options if option in _OPERATIONS]
            # Without any, auditctl refuses the first option that needs a list or a watch before it.
            kind = MisreadError if operations or options[0][0] == "-S" else RuleError
            raise kind("a rule has exactly one of -a, -A, -d, -w and -W", " ".join(operations))
        for option, value in options:
            reader = _READERS.get(option)
            if reader is None:
                raise MisreadError("one line holds one rule or one setting; write this on a line of its own", option)
            reader(self, option, value)
        return self._statement()

    def _read_list(self, option: str, value: str) -> None:
        known = self._known.get((option, value))
        if known is None:
            known = self._look_at_list(option, value)
            if not known[3]:
                self._known[option, value] = known
        self._action, self._list, words, unread = known
        self._operation = _OPERATIONS[option]
        self._unread += unread
        # In a single file, the place of the line decides where its rule goes, so -A becomes -a.
        self._words += ["-a" if option == "-A" else option, words]

    def _look_at_list(self, option: str, value: str) -> Tuple[str, str, str, List[str]]:
        """The action, the list, the value as it is written, and what the host's auditctl does not read."""
        words = value.split(",")
        lowered = [lower(word) for word in words]
        action = [word for word in words if word in ACTIONS]
        filters = [word for word in lowered if word in LISTS]
        if len(words) != 2 or len(action) != 1 or len(filters) != 1:
            hint = ""
            if "possible" in lowered:
                hint = "; the action possible no longer exists, and auditctl drops such a rule without an error"
            elif "entry" in lowered:
                hint = "; the list entry no longer exists: use exit"
            raise (MisreadError if "possible" in lowered else RuleError)(
                f"must be an action ({', '.join(sorted(ACTIONS))}) and a list ({', '.join(LISTS)}), "
                f"separated by a comma{hint}",
                f"{option} {value}",
            )
        unread = unread_list_option(option, value, filters[0], self._resolver)
        return action[0], filters[0], ",".join(word if word in ACTIONS else lower(word) for word in words), unread

    def _read_watch(self, option: str, value: str) -> None:
        if self._list or self._fields:
            raise RuleError("must come first, and without -a, -A or -d", f"{option} {value}")
        # Like audit_setup_watch_name(), which takes slashes off the end only from a third character on.
        path = value.rstrip("/") or "/" if len(value) > 2 else value
        if not path.startswith("/") or len(path.rpartition("/")[2].encode("utf-8", "surrogateescape")) > 255:
            raise RuleError("must be an absolute path, with a last part of at most 255 bytes", f"{option} {value}")
        name = "dir" if not path.strip("/") or self._resolver.is_directory(value) else "path"
        self._operation, self._action, self._list, self._is_watch = _OPERATIONS[option], "always", "exit", True
        self._key_allowed = self._every_syscall = self._syscalls_given = True
        self._fields += [Field(name, "=", KINDS[name].parse(path, self._resolver)), Field("perm", "=", 15)]
        # As it was written, because scanners look for the slash after a directory.
        self._words += [option, quote(value)]

    def _read_permissions(self, option: str, value: str) -> None:
        if self._list != "exit" or not self._fields:
            raise MisreadError("-p needs a watch (-w), or a field of a rule on the list exit, before it", f"-p {value}")
        field = Field("perm", "=", KINDS["perm"].parse(value, self._resolver))
        places = [place for place, other in enumerate(self._fields) if other.name == "perm"]
        if places and self._adding_place is not None:
            # The syscalls that auditctl has added for the first one match none of these permissions, or too few.
            check_combination(self._fields, field, f"-p {value}")
        if places:
            self._fields[places[0]] = field
        else:
            self._fields.append(field)
        self._key_allowed = True
        self._words += [option, value]

    def _read_syscalls(self, option: str, value: str) -> None:
        if not self._list:
            # auditctl accepts -S here, and then even for lists that have no syscalls.
            raise MisreadError("must come after the list (-a, -A, -d)", f"-S {value}")
        if self._list not in ("exit", "io_uring"):
            raise RuleError(
                f"the list {self._list} has no syscalls (-S); only exit and io_uring have them", f"-S {value}"
            )
        # Many rules have the same syscalls.
        place = ("-S", value, self._list, self._machine())
        known = self._known.get(place)
        if known is None:
            known = self._look_at_syscalls(value)
            if not known[3]:
                self._known[place] = known
        numbers, every, words, unread = known
        self._syscalls = self._syscalls | numbers if self._syscalls else numbers
        self._every_syscall = self._every_syscall or every
        self._unread += unread
        self._key_allowed = self._syscalls_given = True
        self._words += [option, words]

    def _look_at_syscalls(self, value: str) -> Tuple[FrozenSet[int], bool, str, List[str]]:
        """The numbers of the syscalls, whether they are all, the words to write, and what the host does not read."""
        names = [name for name in value.split(",") if name]
        if not names:
            raise MisreadError("-S needs the name or number of a syscall, or all", f"-S {value}")
        every = self._list == "exit" and "all" in names
        found = [(name, *self._look_up_syscall(name)) for name in names if not (every and name == "all")]
        words = {name: word for name, _number, word in found}
        unread = [f"-S {name}" for name, _number, word in found if word != name]
        numbers = frozenset(number for _name, number, _word in found)
        return numbers, every, ",".join(words.get(name, name) for name in names), unread

    def _look_up_syscall(self, name: str) -> Tuple[int, str]:
        """The number of a syscall, and the word that the host's auditctl reads for it."""
        if is_digit(name):
            number = parse_number(name)
            if number >= _FIRST_CLASS_BIT:
                raise MisreadError(
                    f"a syscall number must be less than {_FIRST_CLASS_BIT}; to the kernel, greater numbers are "
                    "classes of syscalls",
                    name,
                )
            return number, name
        machine = syscalls.IO_URING if self._list == "io_uring" else self._machine()
        if machine is None:
            raise RuleError("the names of this arch's syscalls are not known here; write the number", name)
        found = syscalls.number(machine, name)
        if found is None and machine == syscalls.IO_URING:
            raise MisreadError("is not an io_uring operation that auditctl knows; for all of them, leave out -S", name)
        if found is None:
            raise RuleError(
                f"auditctl knows no syscall of that name on {machine}; check the spelling, or write the number", name
            )
        return found, str(found) if is_newer(syscalls.since(machine, found), self._resolver) else name

    def _machine(self) -> Optional[str]:
        return syscall_machine(self._fields, self._resolver.machine)

    def _read_field(self, option: str, value: str) -> None:
        if not self._list:
            raise RuleError("the list (-a, -A, -d) must come before the fields", f"-F {value}")
        # Many rules have the same fields, which are read once, unless the host may have changed in between.
        known: Any = self._known.get((self._list, value))
        if known is None and value.startswith("key="):
            self._add_key(option, value[4:], "key=")
            return
        condition = None if known else split_condition(value)
        name = condition.type.name if condition else known[0].name
        if name == "arch":
            self._check_place_of_arch(value)
        field, word = self._look_at_field(condition, value) if condition else known
        if name in LIMITED:
            check_combination(self._fields, field, f"-F {value}")
        self._fields.append(field)
        if name in _KEY_MAY_FOLLOW:
            self._key_allowed = True
        if name == "perm":
            if self._permissions_refused(field.number):
                self._unread.append(f"-F {value}")
                self._write_unexpanded(split_condition(value).value)
                return
            self._expand(field.number)
        if not word:
            self._unread.append(f"-F {value}")
            word = self._readable_word(field, split_condition(value))
        self._words += (option, word)

    def _check_place_of_arch(self, value: str) -> None:
        if self._syscalls_given:
            raise RuleError("arch must come before the syscalls (-S)", f"-F {value}")
        if self._added_syscalls:
            self._unread.append(f"-F {value}")
            self._add_no_syscalls()

    def _look_at_field(self, condition: Condition, value: str) -> Tuple[Field, str]:
        """The field, and the word that the host's auditctl reads for it; no word if it may not read this one."""
        field = parse_condition(condition, self._list, self._resolver)
        if field.name in DEPENDENT and (
            self._readable_word(field, condition) != quote(value) or is_unknown(field, self._resolver)
        ):
            return field, ""
        self._known[self._list, value] = known = field, quote(value)
        return known

    def _readable_word(self, field: Field, condition: Condition) -> str:
        readable = readable_value(field, condition.value, self._resolver)
        return quote(f"{condition.name}{condition.operator}{readable}")

    def _read_comparison(self, option: str, value: str) -> None:
        self._fields.append(parse_comparison(value, self._list))
        self._words += [option, value]

    def _expand(self, permissions: int) -> None:
        """Add the syscalls that auditctl adds for ``-F perm=`` after an arch or -S."""
        machine = self._expanding_machine()
        if machine is None or self._permissions_refused(permissions):
            return
        self._adding_place = len(self._words)
        if self._resolver.version:
            letters = format_permissions(permissions)
            self._added_syscalls = permission_syscalls(letters, machine, self._resolver.version)

    def _add_no_syscalls(self) -> None:
        """Write -p for the -F perm= that adds syscalls: after it, auditctl takes another arch."""
        permissions = next(format_permissions(field.number) for field in self._fields if field.name == "perm")
        place = len(self._words) if self._adding_place is None else self._adding_place
        self._words[place : place + 2] = ["-p", permissions]
        self._adding_place, self._added_syscalls = None, frozenset()

    def _write_unexpanded(self, permissions: str) -> None:
        """Write the permissions that have just been read such that auditctl adds no syscalls: it refuses some of them.

        That is -p, which needs a field before it; or else -F perm= before -S.
        """
        if len(self._fields) > 1:
            self._words += ["-p", permissions]
        else:
            self._words[2:2] = ["-F", f"perm={permissions}"]

    def _expanding_machine(self) -> Optional[str]:
        """The machine whose syscalls a release that adds any would add for a ``-F perm=`` here; None if none would."""
        named = self._syscalls_given and not self._is_watch
        if named or any(field.name == "arch" for field in self._fields):
            return self._machine()
        return None

    def _permissions_refused(self, permissions: int) -> bool:
        """Whether the host's auditctl refuses a ``-F perm=`` here, because the machine lacks a syscall to be added."""
        machine = self._expanding_machine()
        letters = format_permissions(permissions)
        return bool(machine and permission_syscalls_refused(letters, machine, self._resolver.version))

    def _read_key(self, option: str, value: str) -> None:
        if not self._key_allowed:
            raise RuleError(
                f"-k needs {_BEFORE_KEY} before it; to match every syscall, write -S all",
                f"-k {value}",
            )
        self._add_key(option, value)

    def _add_key(self, option: str, value: str, prefix: str = "") -> None:
        check_list(BY_NAME["key"], self._list, value)
        KINDS["key"].parse(value, self._resolver)
        if value:
            self._keys.append(value)
            self._words += [option, quote(prefix + value)]
        joined = "\x01".join(self._keys)
        # A character has at most four bytes.
        if len(joined) * 4 > _KEYS_MAX and len(joined.encode("utf-8", "surrogateescape")) > _KEYS_MAX:
            raise RuleError(f"the keys of a rule can have at most {_KEYS_MAX} bytes together", value)

    def _statement(self) -> Statement:
        if self._keys and not self._key_allowed:
            raise RuleError(
                f"a key needs {_BEFORE_KEY} in the rule; to match every syscall, write -S all",
                f"-F key={self._keys[0]}",
            )
        if len(self._fields) + bool(self._keys) > _FIELDS_MAX:
            raise RuleError(f"a rule can have at most {_FIELDS_MAX} fields, including the key")
        text = " ".join(self._words)
        words = len(self._words)
        suspicious = words > len(text) // 3 + 1 or not text.isprintable()
        if suspicious and words > len(text.encode("utf-8", "surrogateescape")) // 3 + 1:
            raise MisreadError(
                "has so many short words that auditctl would drop the last ones, because it has room for one word in "
                "three bytes; give all syscalls in one -S, separated by commas, or choose longer keys"
            )
        chosen = self._syscalls | self._added_syscalls if self._added_syscalls else self._syscalls
        everything = self._every_syscall or not (self._syscalls_given or chosen)
        rule = Rule(
            self._list,
            self._action,
            tuple(self._fields),
            None if everything else chosen,
            tuple(self._keys),
        )
        named = self._syscalls if self._adding_place is not None and not self._every_syscall else None
        return Statement(self._operation, text, rule, None, self._is_watch, tuple(self._unread), named)


_READERS = {
    "-a": RuleParser._read_list,
    "-A": RuleParser._read_list,
    "-d": RuleParser._read_list,
    "-w": RuleParser._read_watch,
    "-W": RuleParser._read_watch,
    "-p": RuleParser._read_permissions,
    "-S": RuleParser._read_syscalls,
    "-F": RuleParser._read_field,
    "-C": RuleParser._read_comparison,
    "-k": RuleParser._read_key,
}

#: The options that make a line a rule, and not a setting.
RULE_OPTIONS = frozenset(_READERS)
