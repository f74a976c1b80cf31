# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for ausearch(8), aureport(8) and libauparse(3), so that tests need neither auditd nor root.

On the logs in tests/data they do what the real ones do. Where the real ones are installed, the same tests run with them
as well and show that the stand-ins are right.
"""

import functools
import ipaddress
import os
import re
import sys

import pytest

from ansible_collections.linux.audit.plugins.module_utils._host import programs
from ansible_collections.linux.audit.plugins.module_utils._log import auparse
from paths import DATA

LOGS, REPORTS = DATA / "logs", DATA / "reports"
CONFIGURATION = "/etc/audit/auditd.conf"

# Numbers of record types, as ausearch -m takes them.
_TYPES = {1006: "LOGIN", 1107: "USER_AVC", 1112: "USER_LOGIN", 1300: "SYSCALL", 1302: "PATH", 1309: "EXECVE"}

_AUSEARCH = r"""
import re, sys
TYPES = {types}
HEADER = re.compile(rb"(?:node=(\S+) )?type=(\S+) msg=audit\((\d+)\.(\d+):(\d+)\): ")
options = sys.argv[1:]
assert options[:4] == ["-if", "/dev/stdin", "--debug", "--raw"], options
asked = {"-a": [], "-m": [], "-n": []}
for option, value in zip(options[4::2], options[5::2]):
    asked[option].append(value)
types = [TYPES.get(int(number), "?").encode() for text in asked["-m"] for number in text.split(",")]
events = {}
for line in sys.stdin.buffer.read().split(b"\n")[:-1]:
    found = HEADER.match(line)
    if not found:
        sys.stderr.write("Malformed event skipped, rc=7\n")
        continue
    node, kind, seconds, milliseconds, serial = found.groups()
    events.setdefault((node, seconds, milliseconds, serial), []).append((kind, line))
found = False
for (node, _seconds, _milliseconds, serial), records in events.items():
    if asked["-a"] and serial.decode() not in asked["-a"] or asked["-n"] and (node or b"").decode() not in asked["-n"]:
        continue
    if types and not any(kind in types for kind, _line in records):
        continue
    found = True
    for _kind, line in records:
        sys.stdout.buffer.write(line + b"\n")
if not found:
    sys.stderr.write("<no matches>\n")
    sys.exit(1)
""".replace("{types}", repr(_TYPES))

# It leaves its arguments and its input in files beside the program.
_AUREPORT = r"""
import json, pathlib, sys
directory = pathlib.Path(sys.argv[0]).parent
(directory / "asked").write_text(json.dumps(sys.argv[1:]))
(directory / "got").write_bytes(sys.stdin.buffer.read())
printed = {path.name.partition("-")[0] for path in directory.iterdir()}
report = next((word[2:] for word in sys.argv[4:] if word[:2] == "--" and word[2:] in printed), "overview")
summary = "-summary" if "--summary" in sys.argv else ""
sys.stdout.write((directory / (report + summary)).read_text())
"""


def program(directory, name, body):
    """Write a program in Python; it is found by this name if the directory is the search path."""
    path = directory / name
    path.write_text(f"#!{sys.executable} -IS\n{body}")
    path.chmod(0o755)
    return path


def put_ausearch(directory, monkeypatch):
    """Let programs be found in a directory that has a stand-in for ausearch and nothing else."""
    program(directory, "ausearch", _AUSEARCH)
    monkeypatch.setattr(programs, "SEARCH_PATH", str(directory))


def put_aureport(directory, monkeypatch, release="sid"):
    """Let a program be found that prints what aureport printed on that release."""
    for path in REPORTS.glob(f"{release}-*.txt"):
        (directory / path.stem.partition("-")[2]).write_text(path.read_text())
    program(directory, "aureport", _AUREPORT)
    monkeypatch.setattr(programs, "SEARCH_PATH", str(directory))


def put_library(monkeypatch, library=None):
    """Let Interpreter find the stand-in for libauparse, or another library that is given."""
    library = library or Library()
    monkeypatch.setattr(auparse.ctypes, "CDLL", lambda name: library)
    return library


def take_library(monkeypatch):
    """Let Interpreter find no libauparse."""

    def missing(name):
        raise OSError(f"{name}: cannot open shared object file")

    monkeypatch.setattr(auparse.ctypes, "CDLL", missing)


def need_real_library():
    """Skip the test if libauparse is not installed."""
    try:
        auparse.Interpreter()
    except auparse.InterpreterMissing as problem:
        pytest.skip(f"the real library cannot be tried: {problem}")


def need_real_program(name):
    """Skip the test if a program is not installed, or would complain about the configuration of auditd."""
    if not os.access(CONFIGURATION, os.R_OK):
        pytest.skip(f"{CONFIGURATION} cannot be read, so {name} cannot be tried")
    if programs.find_program(name) is None:
        pytest.skip(f"{name} is not installed, so it cannot be tried")


# Fields that the kernel writes in hexadecimal digits if they contain special characters.
_ENCODED = {"name", "proctitle", "comm", "ocomm", "exe", "key", "cwd", "acct"}
_WORDS = {"uid": {"0": "root", "4294967295": "unset"}, "res": {"1": "yes", "0": "no"}}
_IDS = re.compile(r"(?:old-|o|e|s|fs|a)?[ug]id")
_KINDS = {"10": "file", "04": "dir"}
_ACTIONS = {
    "execve": "executed", "connect": "connected-to", "openat": "opened-file", "kill": "killed-list-of-pids",
}  # fmt: skip
_ALONE = {
    "ADD_GROUP": ("user-account", "added-group-account-to", "acct"),
    "ADD_USER": ("user-account", "added-user-account", "acct"),
    "LOGIN": ("user-login", "changed-login-id-to", "auid"),
}


class Library:
    """The functions of libauparse that Interpreter calls; like those of ctypes they take a restype and argtypes."""

    def __init__(self):
        self.fed, self.records, self.record, self.field, self.escape = b"", [], 0, 0, None
        self.said = (None, None, None, None)
        for name in dir(type(self)):
            if name.startswith("auparse_"):
                setattr(self, name, functools.partial(getattr(self, name)))

    def auparse_init(self, source, _text):
        return 4711 if source == 7 else None

    def auparse_set_escape_mode(self, _state, mode):
        self.escape = mode

    def auparse_add_callback(self, _state, callback, _data, _destroy):
        self.callback = callback

    def auparse_feed(self, state, text, length):
        assert state == 4711
        self.fed += text[:length]

    def auparse_flush_feed(self, state):
        """Tell of the records; a record after the one that usually ends an event begins another event."""
        lines, self.fed = self.fed.split(b"\n")[:-1], b""
        groups = [[]]
        for line in lines:
            groups[-1].append(_record(line))
            if groups[-1][-1][0] == "PROCTITLE":
                groups.append([])
        for group in groups:
            if group:
                self.records, self.record, self.field = group, 0, 0
                self.callback(state, 0, None)

    def auparse_first_record(self, _state):
        self.record = 0
        return 1 if self.records else 0

    def auparse_next_record(self, _state):
        self.record += 1
        return 1 if self.record < len(self.records) else 0

    def auparse_get_type_name(self, _state):
        kind = self.records[self.record][0]
        return None if kind.startswith("UNKNOWN") else kind.encode()

    def auparse_get_type(self, _state):
        return int(re.search(r"\d+", self.records[self.record][0]).group())

    def auparse_first_field(self, _state):
        self.field = 0
        return 1

    def auparse_next_field(self, _state):
        self.field += 1
        return 1 if self.field < len(self.records[self.record][1]) else 0

    @property
    def current(self):
        return self.records[self.record][1][self.field]

    def auparse_get_field_name(self, _state):
        return self.current[0].encode()

    def auparse_get_field_str(self, _state):
        return self.current[1]

    def auparse_get_field_type(self, _state):
        return 9 if self.current[0] == "saddr" else 0

    def auparse_interpret_field(self, _state):
        meaning = self.current[2]
        return meaning if self.escape == 0 else meaning.replace(b"\n", b"\\012")

    def auparse_interpret_sock_family(self, _state):
        return _address(self.current[1])[0]

    def auparse_interpret_sock_address(self, _state):
        return _address(self.current[1])[1]

    def auparse_interpret_sock_port(self, _state):
        return _address(self.current[1])[2]

    def auparse_normalize(self, _state, option):
        """Put the event in words, and leave the cursor at the object."""
        assert option == 1
        kinds = [kind for kind, _fields in self.records]
        self.record, self.object = 0, None
        if kinds[0] in _ALONE:
            kind, action, name = _ALONE[kinds[0]]
            self.said = (kind, action, self._find(kinds[0], "exe"))
            self.object = self._find(kinds[0], name) and (self.record, self.field)
        elif "SYSCALL" in kinds:
            how = self._find("SYSCALL", "exe")
            if b"python" in how:
                how = self._find("SYSCALL", "comm")
            action = _ACTIONS.get(self._find("SYSCALL", "syscall").decode(), "triggered-unknown-audit-rule")
            self.said = ("audit-rule", action, how)
            place = self._find("SOCKADDR", "saddr") or self._find("PATH", "name")
            self.object = place and (self.record, self.field)
        else:
            self.said = ("unknown", None, None)
        return 0

    def _find(self, kind, name):
        for record, (found, fields) in enumerate(self.records):
            for place, field in enumerate(fields):
                if found == kind and field[0] == name:
                    self.record, self.field = record, place
                    return field[2]
        return None

    def auparse_normalize_get_event_kind(self, _state):
        return self.said[0].encode()

    def auparse_normalize_get_action(self, _state):
        return self.said[1] and self.said[1].encode()

    def auparse_normalize_how(self, _state):
        return self.said[2]

    def auparse_normalize_object_primary(self, _state):
        if not self.object:
            return 0
        self.record, self.field = self.object
        return 1


def _record(line):
    """The type of a record, and of each field the name, the value and the meaning."""
    head, _separator, rest = line.partition(b": ")
    body, _separator, added = rest.partition(b"\x1d")
    names = dict(re.findall(rb'(\S+?)=(?:"([^"]*)")', added))
    names.update(re.findall(rb"(\S+?)=([^\s\"]+)", added))
    node, kind = re.match(rb"(?:node=(\S+) )?type=(\S+)", head).groups()
    fields = [("node", node, node)] if node else []
    fields.append(("type", kind, kind))
    body = body.replace(b"msg='", b"").rstrip(b"'")
    for name, value in re.findall(rb'(\S+?)=("[^"]*"|\S*)', body):
        name = name.decode()
        for text in _split_keys(name, value):
            fields.append((name, text, _meaning(kind.decode(), name, text, names.get(name.upper().encode()))))
    return kind.decode(), fields


def _split_keys(name, value):
    if name == "key" and re.fullmatch(rb"[0-9A-F]+", value):
        return [b'"' + key + b'"' for key in bytes.fromhex(value.decode()).split(b"\x01")]
    return [value]


def _meaning(kind, name, value, added):
    text = value.decode()
    if added and name != "saddr":
        return added
    if value[:1] == b'"':
        return value.strip(b'"')
    if (name in _ENCODED or kind == "EXECVE") and re.fullmatch(r"(?:[0-9A-F]{2})+", text):
        data = bytes.fromhex(text)
        return data.replace(b"\0", b" ") if name == "proctitle" else data
    if kind == "SYSCALL" and re.fullmatch("a[0-3]", name):
        return b"0x" + value
    if name == "mode":
        return f"{_KINDS[text[-6:-4].zfill(2)]},{text[-3:]}".encode()
    if name == "saddr":
        family, address, port = _address(value)
        if family == b"local":
            return b"{ saddr_fam=local path=" + bytes.fromhex(text)[2:].rstrip(b"\0") + b" }"
        return b"{ saddr_fam=%s laddr=%s lport=%s }" % (family, address, port)
    known = _WORDS["uid" if _IDS.fullmatch(name) else name] if _IDS.fullmatch(name) or name in _WORDS else {}
    return known.get(text, text).encode()


def _address(value):
    """Family, address and port of an address of a socket."""
    data = bytes.fromhex(value.decode())
    family = int.from_bytes(data[:2], "little")
    port = str(int.from_bytes(data[2:4], "big")).encode()
    if family == 2:
        return b"inet", str(ipaddress.ip_address(data[4:8])).encode(), port
    if family == 10:
        return b"inet6", str(ipaddress.ip_address(data[8:24])).encode(), port
    return b"local", None, None
