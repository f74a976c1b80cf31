# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Audit rules by chance: values, their many spellings, and lines that are wrong.

Each generator takes a ``random.Random``, so that one and the same generator feeds hypothesis (which hands out a Random
of its own and shrinks what it does) and tests that want the same few thousand lines every time.
"""

from hypothesis import strategies as st

from ansible_collections.linux.audit.plugins.module_utils.rules import syscalls, tables
from ansible_collections.linux.audit.plugins.module_utils.rules.fields import BY_NAME, COMPARISONS, FIELDS
from ansible_collections.linux.audit.plugins.module_utils.rules.model import Field, Rule, syscall_machine
from ansible_collections.linux.audit.plugins.module_utils.rules.permissions import format_permissions
from ansible_collections.linux.audit.plugins.module_utils.rules.resolver import Resolver
from ansible_collections.linux.audit.plugins.module_utils.rules.values import UNSET
from ansible_collections.linux.audit.plugins.module_utils.rules.words import quote

# What these generators write exists on every Debian, the parents of the files at least.
FILES = (
    "/etc/passwd",
    "/etc/shadow",
    "/etc/no-such-file",
    "/usr/bin/su",
    "/tmp/with space",
    "/tmp/back\\slash",
    "/etc/ünïcode",
)
DIRECTORIES = ("/", "/etc", "/etc/ssh", "/usr/bin", "/var/log", "/tmp")
KEYS = ("identity", "time-change", "a", "b", "with space", "back\\slash", "k=v", "clé", "x" * 120)
LABELS = ("system_u", "unconfined_t", "s0", "s0:c0.c1023", "a<b", "x")
NUMBERS = (0, 1, 2, 8, 100, 1000, 65535, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
LISTS = ("exit",) * 12 + ("task", "user", "exclude", "filesystem", "io_uring")


class Host(Resolver):
    """A host whose users, groups and directories are given."""

    def __init__(self, machine="x86_64", version=None, users=None, groups=None, directories=DIRECTORIES):
        self.machine = machine
        self.version = version
        self.users = {"root": 0, "daemon": 1} if users is None else users
        self.groups = {"root": 0, "shadow": 42} if groups is None else groups
        self.directories = frozenset(directories)

    def uid(self, name):
        return self.users.get(name)

    def gid(self, name):
        return self.groups.get(name)

    def is_directory(self, path):
        return (path.rstrip("/") or "/") in self.directories


HOST = Host()


def field_value(random, kind, host=HOST):
    """A value that a field of this FieldType can have."""
    if kind.kind in ("number", "argument", "sessionid", "success", "exit"):
        return random.choice(NUMBERS if kind.name not in ("success",) else (0, 1))
    if kind.kind in ("uid", "auid", "gid"):
        names = host.groups if kind.kind == "gid" else host.users
        return random.choice([number for number in NUMBERS if number != UNSET] + list(names.values()))
    words = {
        "arch": [tables.arch_number(word, host.machine) for word in ("b64", "b32")],
        "dir": DIRECTORIES,
        "exe": FILES,
        "filetype": list(tables.FILE_TYPES.values()),
        "fstype": [*tables.FILE_SYSTEMS.values(), 0x01021994],
        "msgtype": [number for name, number in tables.record_types()] + [1999],
        "path": FILES,
        "perm": range(1, 16),
        "saddr_fam": range(46),
        "string": LABELS,
        "comparison": range(1, len(COMPARISONS) + 1),
    }[kind.kind]
    return random.choice([word for word in words if word is not None])


def rule(random, host=HOST, lists=LISTS):
    """A rule that auditctl loads on the host."""
    filter_list = random.choice(lists)
    kinds = [kind for kind in FIELDS if filter_list in kind.lists and kind.name != "key"]
    if filter_list == "filesystem":
        chosen = [BY_NAME["fstype"]]
    else:
        count = random.choice((0, 1, 1, 2, 2, 3, 4, 8))
        chosen = [random.choice(kinds) for _count in range(count)]
    if filter_list == "exit" and random.random() < 0.35:
        chosen += [BY_NAME[random.choice(("path", "dir"))], BY_NAME["perm"]]
    fields, seen = [], set()
    for kind in chosen:
        # The kernel takes one of these per rule; two perm or arch fields would make a rule that says two things.
        group = "object" if kind.name in ("path", "dir", "inode") else kind.name
        if group in seen and group in ("object", "exe", "perm", "arch"):
            continue
        seen.add(group)
        value = field_value(random, kind, host)
        operator = random.choice(kind.operators)
        if kind.name == "auid" and operator in ("=", "!=") and random.random() < 0.4:
            value = UNSET
        fields.append(Field(kind.name, operator, value))
    random.shuffle(fields)
    made = Rule(
        filter_list,
        random.choice(("always", "always", "never")),
        tuple(fields),
        _syscalls(random, filter_list, fields, host),
    )
    if _takes_key(made) and random.random() < 0.7:
        made = made._replace(keys=tuple(random.choice(KEYS) for _count in range(random.choice((1, 1, 1, 2)))))
    return made


def _takes_key(made):
    names = {field.name for field in made.fields}
    # Where -S all cannot be written, something else must let a key in.
    return (
        made.list == "exit"
        or made.syscalls is not None
        or (made.list in BY_NAME["key"].lists and bool(names & {"exe", "fstype"}))
    )


def _syscalls(random, filter_list, fields, host):
    if filter_list not in ("exit", "io_uring") or random.random() < 0.4:
        return None
    if filter_list == "io_uring":
        numbers = list(syscalls.names(syscalls.IO_URING).values())
    else:
        arch = [field.value for field in fields if field.name == "arch"]
        machine = tables.arch_machine(arch[0]) if arch else tables.machine(host.machine)
        numbers = list(syscalls.names(machine).values()) + [999, 2031]
    return frozenset(random.choice(numbers) for _count in range(random.choice((1, 1, 2, 3, 7))))


def number_text(random, number, signed=False):
    """One of the spellings of an unsigned 32 bit number."""
    texts = [str(number), str(number), f"0x{number:x}", f"0X{number:X}", f"0{number:o}"]
    if signed and number & 0x80000000:
        texts += [str(number - 0x100000000)] * 2
    return random.choice(texts)


def any_case(random, word):
    """The word with some letters in upper case, now and then."""
    if random.random() < 0.8:
        return word
    return "".join(random.choice((letter.lower(), letter.upper())) for letter in word)


def value_text(random, kind, value, host=HOST):
    """One of the spellings of a field's value."""
    choice = random.choice
    if kind.kind in ("uid", "auid", "gid"):
        names = [
            name for name, number in (host.groups if kind.kind == "gid" else host.users).items() if number == value
        ]
        if names and random.random() < 0.5:
            return choice(names)
    if kind.kind in ("auid", "sessionid") and value == UNSET and random.random() < 0.4:
        return "unset"
    if kind.kind == "exit" and value - 0x100000000 >= -133 and random.random() < 0.7:
        name = tables.errno_name(0x100000000 - value)
        aliases = [alias for alias, real in tables.ERRNO_ALIASES.items() if real == name]
        return "-" + any_case(random, choice([name, *aliases])) if name else str(value - 0x100000000)
    if kind.kind == "exit" and tables.errno_name(value) and random.random() < 0.5:
        return any_case(random, tables.errno_name(value))
    if kind.kind in ("argument", "uid", "auid", "sessionid", "exit"):
        return number_text(random, value, signed=True)
    if kind.kind == "success":
        return choice(("1", "0x1", "yes") if value else ("0", "no"))
    if kind.kind in ("number", "gid", "saddr_fam", "comparison"):
        return number_text(random, value)
    if kind.kind == "arch":
        words = [f"0x{value:X}", str(value), f"{value:X}", tables.arch_name(value)]
        words += [
            word for word in ("b64", "b32", "i686", "i486") if tables.arch_number(word, host.machine) == value
        ] * 3
        # Bare hexadecimal that starts with a digit is read as decimal.
        return any_case(random, choice([word for word in words if tables.arch_number(word, host.machine) == value]))
    if kind.kind == "msgtype":
        name = tables.record_type_name(value)
        return any_case(random, name) if name and random.random() < 0.7 else choice((str(value), f"UNKNOWN[{value}]"))
    if kind.kind == "perm":
        letters = list(format_permissions(value))
        while len(letters) < 4 and random.random() < 0.2:
            letters.append(choice(letters))
        random.shuffle(letters)
        return any_case(random, "".join(letters))
    if kind.kind == "filetype":
        name = next(name for name, number in tables.FILE_TYPES.items() if number == value)
        return str(value) if random.random() < 0.1 else any_case(random, name)
    if kind.kind == "fstype":
        names = [name for name, number in tables.FILE_SYSTEMS.items() if number == value]
        return any_case(random, names[0]) if names and random.random() < 0.6 else number_text(random, value)
    return value


def spelling(random, made, host=HOST):
    """A line that says what the rule says, in one of many ways."""
    words = _watch(random, made, host) if random.random() < 0.6 else None
    # auditctl drops the last of many short words, as of "-w / -p x -k a".
    if words is None or len(words) > len(" ".join(words)) // 3 + 1:
        words = _arguments(random, made, host)
    separator = " " if random.random() < 0.9 else "  "
    return separator.join(quote(word) for word in words)


def _keys(random, keys, options=("-k", "-F")):
    """Words for the keys; -k must follow what lets it in, -F key= need not."""
    return [["-k", key] if random.choice(options) == "-k" else ["-F", f"key={key}"] for key in keys]


def _watch(random, made, host):
    objects = [field for field in made.fields if field.name in ("path", "dir")]
    perms = [field for field in made.fields if field.name == "perm"]
    rest = [field for field in made.fields if field.name not in ("path", "dir", "perm")]
    if (
        made.list != "exit"
        or made.action != "always"
        or made.syscalls is not None
        or not (objects and perms)
        or len(perms) > 1
    ):
        return None
    if any(field.name == "arch" for field in rest) or (objects[0].name == "dir") != host.is_directory(objects[0].value):
        return None
    path = objects[0].value
    words = ["-w", path + "/" * (len(path) > 1 and objects[0].name == "dir" and random.choice((0, 1)))]
    if perms[0].value != 15 or random.random() < 0.5:
        words += ["-p", value_text(random, BY_NAME["perm"], perms[0].value)]
    tail = [_field(random, field, host) for field in rest] + _keys(random, made.keys)
    random.shuffle(tail)
    return words + [word for words in tail for word in words]


def _arguments(random, made, host):
    archs = [_field(random, field, host) for field in made.fields if field.name == "arch"]
    others = [_field(random, field, host) for field in made.fields if field.name != "arch"]
    random.shuffle(others)
    pair = [made.action, made.list]
    random.shuffle(pair)
    calls = _syscall_words(random, made, host)
    words = [["-a", ",".join(pair)]] + archs + calls + _keys(random, made.keys, ("-k", "-F") if calls else ("-F",))
    for other in others:
        words.insert(random.randint(1, len(words)), other)
    return [word for words in words for word in words]


def _field(random, field, host):
    kind = BY_NAME[field.name]
    if field.name == "field_compare" and random.random() < 0.8:
        pair = list(COMPARISONS[field.value - 1])
        random.shuffle(pair)
        return ["-C", field.operator.join(any_case(random, name) for name in pair)]
    name = random.choice(("auid", "loginuid")) if field.name == "auid" else field.name
    return ["-F", any_case(random, name) + field.operator + value_text(random, kind, field.value, host)]


def _syscall_words(random, made, host):
    if made.list not in ("exit", "io_uring"):
        return []
    if made.syscalls is None:
        return [["-S", "all"]] if made.list == "exit" and (made.keys or random.random() < 0.5) else []
    machine = syscalls.IO_URING if made.list == "io_uring" else syscall_machine(made.fields, host.machine)
    names = []
    for number in made.syscalls:
        name = syscalls.name(machine, number)
        names += [any_case(random, name) if name and random.random() < 0.8 else number_text(random, number)]
        names += names[-1:] * random.choice((0, 0, 0, 1))
    random.shuffle(names)
    if random.random() < 0.5:
        return [["-S", ",".join(names)]]
    return [["-S", name] for name in names]


# What people get wrong, and what only tests write.
_MISTAKES = (
    *(
        "abc",
        "4294967296",
        "99999999999",
        "-1",
        "-2",
        "08",
        "0x",
        "1000abc",
        "unset",
        "root",
        "nobody-here",
        "yes",
        "none",
    ),
    *(
        "UNKNOWN[",
        "ipv4",
        "ENOTSUP",
        "--EPERM",
        "b64",
        "x86",
        "/",
        "/etc/",
        "relative/path",
        "/x/y/z",
        "rwxar",
        "q",
        "possible",
    ),
    *(
        "!=",
        ">=",
        "&",
        "&=",
        "<",
        "all",
        "2032",
        "2047",
        "2048",
        "entry",
        "always,exit",
        "always",
        "exit",
        "key=",
        "UID",
        ",",
        "\\",
    ),
)
_EXTRA = ("-S", "-F", "-k", "-p", "-C", "-w", "-a", "-D", "-e", "-d", "-A", "-z", "#", "-", "--", "junk")


def broken(random, line, host=HOST):
    """The line with one or two mistakes in it; now and then it is right nevertheless."""
    words = line.split(" ")
    for _count in range(random.choice((1, 1, 2))):
        place = random.randrange(len(words))
        word = words[place]
        how = random.randrange(9)
        if how == 0:
            del words[place]
        elif how == 1:
            words.insert(place, random.choice(_EXTRA))
        elif how == 2:
            other = random.randrange(len(words))
            words[place], words[other] = words[other], word
        elif how == 3:
            words[place] = word + random.choice(_MISTAKES)
        elif how == 4 and "=" in word:
            words[place] = word.partition("=")[0] + "=" + random.choice(_MISTAKES)
        elif how == 5 and "=" in word:
            words[place] = word.replace("=", random.choice(("!=", ">", "<", ">=", "<=", "&", "&=", " ", "==")), 1)
        elif how == 6 and "=" in word:
            words[place] = random.choice(FIELDS).name + "=" + word.partition("=")[2]
        elif how == 7:
            words[place] = random.choice(_MISTAKES)
        else:
            at = random.randrange(len(word) + 1)
            words[place] = word[:at] + word[at + 1 :]
        if not words:
            words = [""]
    return " ".join(words)


def _drawn(generator):
    return st.randoms(use_true_random=False).map(generator)


def rules(host=HOST):
    """Hypothesis strategy: rules."""
    return _drawn(lambda random: rule(random, host))


def spelled_rules(host=HOST):
    """Hypothesis strategy: pairs of a rule and a line that says the same."""

    def pair(random):
        made = rule(random, host)
        return made, spelling(random, made, host)

    return _drawn(pair)


def wrong_lines(host=HOST):
    """Hypothesis strategy: lines that are nearly right."""
    return _drawn(lambda random: broken(random, spelling(random, rule(random, host), host), host))


def hostile_lines():
    """Hypothesis strategy: text of any kind, mixed with words of the grammar."""
    words = st.sampled_from(
        ("-a", "always,exit", "-F", "-S", "-k", "-w", "-p", "-C", "arch=b64", "path=", "msgtype=", "key=", "uid=")
    )
    characters = st.characters() | st.sampled_from("\x00\x01\t\r\n\x1b\x7f\u202e\u2066\udc80\udcff²٣\\ ,=!<>&")
    return st.lists(words | st.text(characters, max_size=40), max_size=8).map(" ".join)
