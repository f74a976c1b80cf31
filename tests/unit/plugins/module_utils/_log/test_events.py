# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events as structures: which field answers which question."""

import itertools

import pytest

import log_stand_ins
from ansible_collections.linux.audit.plugins.module_utils._log.auparse import Interpreter, Record, RecordField, Sentence
from ansible_collections.linux.audit.plugins.module_utils._log.events import event
from ansible_collections.linux.audit.plugins.module_utils._log.files import EventId, event_id
from ansible_collections.linux.audit.plugins.module_utils.rules.values import UNSET
from log_stand_ins import LOGS

JOE, ROOT = {"id": 1000, "name": "joe"}, {"id": 0, "name": "root"}


class Said:
    """An interpreter whose answer is given."""

    def __init__(self, *records, sentence=Sentence(None, None, None, None)):  # noqa: B008
        self.answer = list(records), sentence

    def event(self, _text):
        return self.answer


def record(kind, *fields, **values):
    """A record; fields that are given as a pair have a value and a meaning, the others the same for both."""
    fields += tuple(values.items())
    pairs = [(name, value if isinstance(value, tuple) else (value, value)) for name, value in fields]
    return Record(kind, [RecordField(name, *pair) for name, pair in pairs])


def structure(*records, **options):
    return event(EventId(1769690096, 7, 5, None), b"", Said(*records), **options)


@pytest.fixture(params=["stand-in", "real"])
def recorded(request, monkeypatch):
    """recorded(text): the structure of the event of the log of sid that has this text in it, by either library."""
    if request.param == "stand-in":
        log_stand_ins.put_library(monkeypatch)
    else:
        log_stand_ins.need_real_library()
    lines = [line + b"\n" for line in (LOGS / "sid.log").read_bytes().split(b"\n") if line]
    groups = [(identity, b"".join(group)) for identity, group in itertools.groupby(lines, event_id)]

    def recorded(text, **options):
        identity, lines = next((identity, lines) for identity, lines in groups if text in lines)
        return event(identity, lines, Interpreter(), **options)

    return recorded


def test_a_command(recorded):
    """All arguments as they were given, odd ones included; the caller, the call, the paths."""
    found = recorded(b"type=EXECVE")
    assert found["command"] == ["/bin/echo", "two words", "new\nline", "", "a" * 300]
    assert (found["time"], found["id"], found["node"]) == ("2026-11-25T02:42:59.096Z", 382, None)
    assert found["types"] == ["SYSCALL", "EXECVE", "CWD", "PATH", "PROCTITLE"]
    assert [found[name] for name in ("kind", "action", "object", "how")] == [
        "audit-rule", "executed", "/bin/echo", "/usr/bin/echo",
    ]  # fmt: skip
    assert found["success"] is True
    assert found["subject"] == {
        **dict.fromkeys(("auid", "uid", "euid", "suid", "fsuid", "gid", "egid", "sgid", "fsgid"), JOE),
        "pid": 1088, "ppid": 1087, "session": 2, "comm": "echo", "exe": "/usr/bin/echo", "label": "kernel",
    }  # fmt: skip
    call = dict(found["syscall"])
    assert len(call.pop("arguments")) == 4
    assert call == {"name": "execve", "number": 59, "arch": "x86_64", "exit": 0, "error": None}
    assert found["cwd"] == "/srv"
    assert found["paths"][0] == {
        "name": "/bin/echo", "path": "/bin/echo", "type": "NORMAL", "inode": 489, "device": "62:00",
        "mode": "file,755", "user": ROOT, "group": ROOT, "label": "unlabeled",
    }  # fmt: skip
    assert len(found["paths"]) == 3
    assert (found["addresses"], found["targets"], found["keys"]) == ([], [], ["run"])
    assert [one["type"] for one in found["records"]].count("PATH") == 3
    assert found["records"][2] == {"type": "CWD", "fields": {"cwd": "/srv"}}
    assert "text" not in found


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (b"laddr=127.0.0.1", {"family": "inet", "address": "127.0.0.1", "port": 9, "path": None}),
        (b"laddr=::1", {"family": "inet6", "address": "::1", "port": 9, "path": None}),
        (b"saddr_fam=local", {"family": "local", "address": None, "port": None, "path": "/srv/no socket }"}),
    ],
)
def test_addresses(recorded, text, address):
    """Of every family; a path may have what ends the words of the library in it."""
    found = recorded(text)
    assert found["addresses"] == [address]
    assert found["keys"] == ["net", "out"]
    assert found["success"] is False
    assert found["command"] == ["python3", "-"]
    assert found["syscall"]["error"] == ("ENOENT" if address["path"] else "ECONNREFUSED")


def test_a_signal(recorded):
    """The process that got it."""
    assert recorded(b"type=OBJ_PID")["targets"] == [
        {"pid": 1089, "auid": JOE, "uid": JOE, "session": 2, "comm": "python3", "label": "kernel"}
    ]


def test_paths_are_completed(recorded):
    """By the working directory, without what goes up again, without losing bytes that are no UTF-8."""
    paths = [recorded(text)["paths"][-1]["path"] for text in (b'key="secret"', b"6F64642FFFFE", b"odd/../odd/plain")]
    assert paths == ["/srv/secret", "/srv/odd/\udcff\udcfe", "/srv/odd/plain"]


def test_an_event_of_a_program(recorded):
    """It has no call, and says itself whether it was successful."""
    found = recorded(b"type=ADD_USER")
    assert (found["success"], found["syscall"], found["cwd"], found["paths"], found["command"]) == (
        True, None, None, [], [],
    )  # fmt: skip
    assert found["subject"] == {
        "auid": ROOT, "uid": ROOT, "pid": 1071, "session": 1, "exe": "/usr/sbin/useradd", "label": "kernel",
    }  # fmt: skip


def test_the_text_as_it_is_in_the_log(recorded):
    """Line by line; the separator of what auditd adds ends no line."""
    found = recorded(b"type=EXECVE", with_text=True)
    assert len(found["text"]) == len(found["records"])
    assert all(line.startswith("type=") for line in found["text"])
    assert "\x1dARCH=x86_64" in found["text"][0]


def test_bytes_that_are_no_text():
    """In the node and in the lines they become surrogates."""
    found = event(EventId(1, 2, 3, b"n\xff"), b"a\xfe\nb\n", Said(), with_text=True)
    assert found["node"] == "n\udcff"
    assert found["text"] == ["a\udcfe", "b"]
    assert found["time"] == "1970-01-01T00:00:01.002Z"


def test_an_event_that_says_nothing():
    """Everything is there, and empty."""
    found = structure()
    assert {name for name, value in found.items() if value} == {"time", "id"}
    assert (found["success"], found["cwd"], found["syscall"], found["subject"]) == (None, None, None, {})


@pytest.mark.parametrize(
    ("records", "success"),
    [
        ([record("SYSCALL", success="yes"), record("USER", res="failed")], True),
        ([record("USER", res="failed"), record("SYSCALL", success="yes")], True),
        ([record("USER", result="failed"), record("USER", res="1")], True),
        *[([record("USER", res=word)], True) for word in ("yes", "success", "1")],
        *[([record("USER", res=word)], False) for word in ("no", "failed", "0")],
        ([record("USER", result="no")], False),
        ([record("USER", res="maybe"), record("USER", res="no")], False),
        ([record("USER", res="maybe")], None),
        ([record("USER", success=("0", "yes"))], False),
    ],
)
def test_success(records, success):
    """The call itself says it first; what is recorded counts, not what it means."""
    assert structure(*records)["success"] is success


def test_the_subject_is_that_of_the_call():
    """Wherever its record is in the event."""
    assert structure(record("USER", pid="1", uid="1"), record("SYSCALL", pid="2"))["subject"] == {"pid": 2}
    assert structure(record("CWD", cwd="/"), record("USER", pid="1"), record("USER", pid="2"))["subject"] == {"pid": 1}
    assert structure(record("USER", auid=("7", "joe"), uid="x"))["subject"] == {"auid": {"id": 7, "name": "joe"}}
    assert structure(record("USER", comm="x"))["subject"] == {}


@pytest.mark.parametrize("nothing", ["", "?", "(none)", "(null)"])
def test_what_is_nothing_is_left_out(nothing):
    """In texts, names, keys and the working directory."""
    found = structure(
        record("SYSCALL", pid="1", tty=nothing, terminal="t", comm=nothing, uid=("5", nothing), key=nothing),
        record("CWD", cwd=nothing),
        record("PATH", name=nothing, nametype="NORMAL"),
    )
    # The first of the names of a field counts, whatever it says.
    assert found["subject"] == {"pid": 1, "uid": {"id": 5, "name": None}}
    assert (found["cwd"], found["keys"], found["paths"]) == (None, [], [{"type": "NORMAL"}])


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({"tty": "pts0", "terminal": "ssh"}, "terminal", "pts0"),
        ({"terminal": "ssh"}, "terminal", "ssh"),
        ({"hostname": "a", "addr": "b"}, "hostname", "a"),
        ({"hostname": "a", "addr": "b"}, "address", "b"),
        ({"subj": "unconfined"}, "label", "unconfined"),
        ({"ses": "7"}, "session", 7),
        ({"ses": str(UNSET)}, "session", None),
        ({"ses": "x"}, "session", None),
        ({"ppid": "8"}, "ppid", 8),
        ({"sgid": ("9", "g")}, "sgid", {"id": 9, "name": "g"}),
    ],
)
def test_fields_of_the_subject(fields, name, value):
    """By what the structure calls them."""
    assert structure(record("SYSCALL", pid="1", **fields))["subject"].get(name) == value


@pytest.mark.parametrize(
    ("fields", "call"),
    [
        ({"arch": ("c000003e", "x86_64"), "syscall": ("257", "x")}, {"name": "openat", "number": 257}),
        ({"arch": ("c00000b7", "aarch64"), "syscall": ("56", "x")}, {"name": "openat", "number": 56}),
        ({"arch": ("c000003e", "x86_64"), "syscall": ("9999", "new")}, {"name": "new", "number": 9999}),
        ({"arch": ("ffff", "vax"), "syscall": ("1", "x")}, {"name": "x", "arch": "vax"}),
        ({"syscall": ("1", "x"), "exit": "-13"}, {"name": "x", "arch": None, "error": "EACCES", "exit": -13}),
        ({"arch": ("c000003e", "x"), "syscall": ("zz", "?")}, {"name": None, "number": None}),
        ({"arch": ("c000003e", "x"), "syscall": ("0", "x"), "exit": "0"}, {"name": "read", "error": None, "exit": 0}),
        ({"exit": "5"}, {"error": None, "exit": 5}),
        ({"exit": "-1"}, {"error": "EPERM", "exit": -1}),
        ({"a0": ("0", "0x0"), "a2": ("1", "x")}, {"arguments": ["0x0", None, "x", None]}),
        ({"a3": "d"}, {"arguments": [None, None, None, "d"]}),
    ],
)
def test_calls(fields, call):
    """By the number on its machine, as libraries know other names than this; else by the name that it has."""
    found = structure(record("PATH"), record("SYSCALL", **fields))["syscall"]
    assert {name: found[name] for name in call} == call


@pytest.mark.parametrize(("arch", "error"), [("c0000015", "EDEADLOCK"), ("c000003e", None)])
def test_an_error_is_that_of_the_machine(arch, error):
    """Numbers of errors differ between machines, as those of calls do."""
    assert structure(record("SYSCALL", arch=arch, exit="-58"))["syscall"]["error"] == error


def test_keys_are_those_of_all_records_once():
    """Several may be in one field, which older libraries do not take apart."""
    found = structure(record("SYSCALL", ("key", "b\x01a"), ("key", "c")), record("CONFIG", ("key", "a"), ("key", "d")))
    assert found["keys"] == ["b", "a", "c", "d"]


@pytest.mark.parametrize(
    ("records", "command"),
    [
        ([record("EXECVE", a1="b", a0="a", argc="2"), record("PROCTITLE", proctitle="7A")], ["a", "b"]),
        ([record("EXECVE", ("a10", "k"), ("a9", "j"), ("a0", "x"))], ["x", "j", "k"]),
        ([record("EXECVE", ("a0", "x"), ("a1[0]", "one"), ("a1[1]", "two"), ("a1_len", "6"))], ["x", "onetwo"]),
        ([record("EXECVE", ("a0", "x")), record("EXECVE", ("a1", "y"))], ["x", "y"]),
        ([record("PATH"), record("PROCTITLE", proctitle=("6100622000", "a b "))], ["a", "b "]),
        ([record("PROCTITLE", proctitle=("61FF", "z"))], ["a\udcff"]),
        ([record("PROCTITLE", proctitle="6158")], ["aX"]),
        ([record("PROCTITLE", proctitle=('"x"', "x"))], ["x"]),
        ([record("SYSCALL", pid="1")], []),
    ],
)
def test_commands(records, command):
    """What the program was given, or else what the process shows."""
    assert structure(*records)["command"] == command


@pytest.mark.parametrize(
    ("name", "cwd", "path"),
    [
        ("x", "/srv", "/srv/x"),
        ("/x", "/srv", "/x"),
        ("x", None, None),
        ("../x", "/srv/a", "/srv/x"),
        ("//x//y/./", None, "/x/y"),
        ("x", "//srv", "/srv/x"),
        ("/", "/srv", "/"),
    ],
)
def test_paths_are_absolute_or_none(name, cwd, path):
    """A name that is not complete needs the working directory."""
    records = [record("CWD", cwd=cwd)] if cwd else []
    (found,) = structure(record("PATH", name=name), *records)["paths"]
    assert (found["name"], found.get("path")) == (name, path)


def test_fields_of_a_path():
    """What is there, by what the structure calls it."""
    (found,) = structure(
        record("PATH", inode="5", dev="08:01", mode="file,644", ouid=("1", "a"), ogid=("2", "b"), obj="l")
    )["paths"]
    assert found == {
        "inode": 5, "device": "08:01", "mode": "file,644", "user": {"id": 1, "name": "a"},
        "group": {"id": 2, "name": "b"}, "label": "l",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("address", "meaning", "found"),
    [
        (("inet", "192.0.2.1", "80"), "x", ("inet", "192.0.2.1", 80, None)),
        (("", "", ""), "x", (None, None, None, None)),
        (("inet", "192.0.2.1", "http"), "{ path=/no }", ("inet", "192.0.2.1", None, None)),
        (("local", "", ""), "{ saddr_fam=local path=/a\nb }", ("local", None, None, "/a\nb")),
        (("local", "", ""), "{ path=/a }", ("local", None, None, "/a")),
        (("local", "", ""), "{ saddr_fam=local }", ("local", None, None, None)),
    ],
)
def test_addresses_that_are_odd(address, meaning, found):
    """What is missing is None."""
    plain = RecordField("other", "x", "x")
    addresses = structure(Record("SOCKADDR", [plain, RecordField("saddr", "00", meaning, address)]))["addresses"]
    assert [tuple(one[name] for name in ("family", "address", "port", "path")) for one in addresses] == [found]


def test_a_target_of_no_session():
    """As daemons are; what is not recorded is left out."""
    found = structure(record("OBJ_PID", opid="5", oses=str(UNSET)), record("OBJ_PID", oses="3", ocomm="x"))
    assert found["targets"] == [{"pid": 5}, {"session": 3, "comm": "x"}]


def test_of_fields_of_one_name_the_first_is_shown():
    """In words."""
    (found,) = structure(record("SYSCALL", ("uid", ("0", "root")), ("uid", ("1", "bin")), ("a", "b")))["records"]
    assert found == {"type": "SYSCALL", "fields": {"uid": "root", "a": "b"}}


def test_types_are_named_once():
    """In the order of the records."""
    assert structure(record("PATH"), record("CWD"), record("PATH"))["types"] == ["PATH", "CWD"]
