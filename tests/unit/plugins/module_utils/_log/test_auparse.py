# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of libauparse, and what becomes of its answers."""

import functools
import itertools

import pytest

import log_stand_ins
from ansible_collections.linux.audit.plugins.module_utils._log import auparse
from ansible_collections.linux.audit.plugins.module_utils._log.auparse import (
    Interpreter,
    InterpreterMissing,
    Record,
    RecordField,
    Sentence,
)
from ansible_collections.linux.audit.plugins.module_utils._log.files import event_id
from log_stand_ins import LOGS

RELEASES = ("bullseye", "bookworm", "sid")


def recorded(release):
    """The events of a recorded log, each as its lines."""
    lines = [line + b"\n" for line in (LOGS / f"{release}.log").read_bytes().split(b"\n") if line]
    return [b"".join(group) for _identity, group in itertools.groupby(lines, event_id)]


def one(text):
    """The event of the log of sid that has this text in it."""
    return next(event for event in recorded("sid") if text in event)


@pytest.fixture(params=["stand-in", "real"])
def interpreter(request, monkeypatch):
    """An interpreter on the stand-in, and on the real library where it is installed."""
    if request.param == "stand-in":
        log_stand_ins.put_library(monkeypatch)
    else:
        log_stand_ins.need_real_library()
    return Interpreter()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"type=ADD_GROUP", ("user-account", "added-group-account-to", "joe", "/usr/sbin/useradd")),
        (b"type=ADD_USER", ("user-account", "added-user-account", "joe", "/usr/sbin/useradd")),
        (b"type=LOGIN", ("user-login", "changed-login-id-to", "joe", None)),
        (b"type=EXECVE", ("audit-rule", "executed", "/bin/echo", "/usr/bin/echo")),
        (b"laddr=::1", ("audit-rule", "connected-to", "{ saddr_fam=inet6 laddr=::1 lport=9 }", "python3")),
        (b'key="secret"', ("audit-rule", "opened-file", "secret", "python3")),
        (b"type=OBJ_PID", ("audit-rule", "killed-list-of-pids", None, "python3")),
    ],
)
def test_an_event_in_words(interpreter, text, sentence):
    """What kind of event it is, what was done, to what, and how."""
    assert interpreter.event(one(text))[1] == Sentence(*sentence)


def test_records_and_fields_are_in_order(interpreter):
    """Fields have what is recorded and what it means; those that the records share are left out."""
    records, _sentence = interpreter.event(one(b"laddr=127.0.0.1"))
    assert [record.type for record in records] == ["SYSCALL", "SOCKADDR", "PROCTITLE"]
    call, address, title = records
    assert [field.name for field in call.fields[:6]] == ["arch", "syscall", "success", "exit", "a0", "a1"]
    assert call.fields[:2] == [RecordField("arch", "c000003e", "x86_64"), RecordField("syscall", "42", "connect")]
    assert call.get("auid") == RecordField("auid", "1000", "joe")
    assert [field.meaning for field in call.fields if field.name == "key"] == ["net", "out"]
    assert call.get("key").meaning == "net"
    assert call.get("no such field") is None
    meaning = "{ saddr_fam=inet laddr=127.0.0.1 lport=9 }"
    assert address.fields == [
        RecordField("saddr", "020000097F0000010000000000000000", meaning, ("inet", "127.0.0.1", "9"))
    ]
    assert title.fields == [RecordField("proctitle", "707974686F6E33002D", "python3 -")]


def test_what_an_address_does_not_have_is_empty(interpreter):
    """A local socket has neither an address nor a port."""
    records, _sentence = interpreter.event(one(b"saddr_fam=local"))
    (field,) = next(record for record in records if record.type == "SOCKADDR").fields
    assert field.address == ("local", "", "")


def test_texts_are_not_escaped(interpreter):
    """The end of a line and bytes that are no UTF-8 arrive as they were recorded."""
    names = [
        record.get("name").meaning
        for event in recorded("sid")
        for record in interpreter.event(event)[0]
        if record.type == "PATH"
    ]
    assert "odd/na me\nof two lines" in names
    assert "odd/\udcff\udcfe" in names


def test_an_event_has_nothing_of_the_one_before(interpreter):
    """Each call returns its own records and its own sentence."""
    first, second = one(b"type=EXECVE"), one(b"type=ADD_USER")
    alone = interpreter.event(second)
    interpreter.event(first)
    assert interpreter.event(second) == alone
    assert [record.type for record in alone[0]] == ["ADD_USER"]


def test_no_text_is_no_event(interpreter):
    """Nothing said is nothing understood."""
    interpreter.event(one(b"type=EXECVE"))
    assert interpreter.event(b"") == ([], Sentence(None, None, None, None))


def test_a_record_after_the_usual_last_one_belongs_to_the_event(interpreter):
    """The library tells of such an event twice; its words are those of the first time."""
    event = one(b'key="secret"')
    late = event.splitlines(True)[0].replace(b"type=SYSCALL", b"type=LOGIN").partition(b": ")[0] + b": pid=1 auid=5\n"
    records, sentence = interpreter.event(event + late)
    assert [record.type for record in records] == ["SYSCALL", "CWD", "PATH", "PROCTITLE", "LOGIN"]
    assert sentence.action == "opened-file"


def large_event(records):
    """An event with this many records of paths, after that of the system call, and with a last one."""
    header = "type={} msg=audit(5.123:7): "
    call = header.format("SYSCALL") + 'arch=c000003e syscall=257 exit=3 pid=1 exe="/bin/x"\x1dSYSCALL=openat\n'
    paths = [header.format("PATH") + f'item={number} name="/a\r{number}" mode=0100644\n' for number in range(records)]
    return (call + "".join(paths) + header.format("PROCTITLE") + "proctitle=78\n").encode()


@pytest.mark.parametrize("records", [997, 998, 999, 1000, 2500])
def test_all_records_of_a_large_event_are_read_in_order(interpreter, records):
    """It is read in portions; its words are those of the first, which has the system call."""
    found, sentence = interpreter.event(large_event(records))
    assert [record.type for record in found] == ["SYSCALL", *["PATH"] * records, "PROCTITLE"]
    assert [record.get("item").value for record in found[1:-1]] == [str(number) for number in range(records)]
    assert (sentence.kind, sentence.action) == ("audit-rule", "opened-file")


def test_the_cost_of_an_event_grows_with_its_records(monkeypatch):
    """The library passes all records that it has of an event for each one that it is given."""
    library = log_stand_ins.put_library(monkeypatch)
    interpreter = Interpreter()
    flush, passed = library.auparse_flush_feed, []

    def count_and_flush(state):
        lines = library.fed.count(b"\n")
        passed.append(lines * (lines - 1) // 2)
        return flush(state)

    library.auparse_flush_feed = functools.partial(count_and_flush)
    costs = []
    for records in (4000, 8000):
        passed.clear()
        interpreter.event(large_event(records))
        costs.append(sum(passed))
    assert costs[0] < costs[1] < 2.1 * costs[0]


def test_a_type_that_the_library_does_not_know_has_its_number(interpreter):
    """As auditd writes it; the sentence says that it is unknown."""
    records, sentence = interpreter.event(b"type=UNKNOWN[1999] msg=audit(5.123:7): pid=1 uid=0\n")
    assert [record.type for record in records] == ["UNKNOWN[1999]"]
    assert records[0].get("pid") == RecordField("pid", "1", "1")
    assert sentence == Sentence("unknown", None, None, None)


def test_an_event_that_cannot_be_put_in_words(monkeypatch):
    """The library says so; what it remembers of another event is not asked for."""
    library = log_stand_ins.put_library(monkeypatch)
    interpreter = Interpreter()
    interpreter.event(one(b"type=ADD_USER"))
    library.auparse_normalize = lambda _state, _option: 1
    records, sentence = interpreter.event(one(b"type=EXECVE"))
    assert records and sentence == Sentence(None, None, None, None)


def test_the_node_and_the_type_are_no_fields(interpreter):
    """Both are told elsewhere."""
    records, _sentence = interpreter.event(b"node=a.example " + one(b"type=ADD_USER"))
    assert [field.name for field in records[0].fields][:3] == ["pid", "uid", "auid"]


@pytest.mark.parametrize("release", RELEASES)
def test_the_stand_in_says_what_the_library_says(release, monkeypatch):
    """All of the recorded logs, record by record, but what the real library alone has tables for."""
    log_stand_ins.need_real_library()
    real = [Interpreter().event(event) for event in recorded(release)]
    log_stand_ins.put_library(monkeypatch)
    ours = [Interpreter().event(event) for event in recorded(release)]

    def plain(records):
        odd = ("exit", "a1", "a2", "a0")
        return [
            (record.type, [field for field in record.fields if field.name not in odd and field.name[:4] != "cap_"])
            for record in records
        ]

    assert [plain(records) for records, _sentence in ours] == [plain(records) for records, _sentence in real]
    # Of a new account some releases say the number, which may have any name where this runs.
    called = [place for place, (records, _sentence) in enumerate(ours) if any(r.type == "SYSCALL" for r in records)]
    assert len(called) > 8
    assert [ours[place][1] for place in called] == [real[place][1] for place in called]


def test_a_library_that_is_missing(monkeypatch):
    """The message names it and says what it comes with."""
    log_stand_ins.take_library(monkeypatch)
    with pytest.raises(InterpreterMissing, match=r"libauparse\.so\.0 is not installed.*libauparse0 or audit-libs"):
        Interpreter()


def test_the_library_is_asked_for_by_its_name_of_the_abi(monkeypatch):
    """The name without a version is that of the package for developers."""
    asked = []
    library = log_stand_ins.Library()
    monkeypatch.setattr(auparse.ctypes, "CDLL", lambda name: asked.append(name) or library)
    Interpreter()
    assert asked == ["libauparse.so.0"]


def test_functions_are_declared(monkeypatch):
    """Pointers are cut to 32 bits otherwise."""
    library = log_stand_ins.put_library(monkeypatch)
    Interpreter()
    for name in (name for name in dir(library) if name.startswith("auparse_") and name != "auparse_init"):
        assert getattr(library, name).argtypes[0] is auparse.ctypes.c_void_p, name
    assert library.auparse_init.restype is auparse.ctypes.c_void_p
    assert library.auparse_init.argtypes == [auparse.ctypes.c_int, auparse.ctypes.c_char_p]
    assert library.auparse_feed.argtypes[1:] == [auparse.ctypes.c_char_p, auparse.ctypes.c_size_t]
    assert library.auparse_interpret_field.restype is auparse.ctypes.c_char_p
    assert library.auparse_set_escape_mode.restype is None


def test_no_memory(monkeypatch):
    """auparse_init() returns nothing then."""
    library = log_stand_ins.put_library(monkeypatch)
    library.auparse_init = type("Init", (), {"__call__": lambda self, *_arguments: None})()
    with pytest.raises(MemoryError, match="auparse_init"):
        Interpreter()


def test_an_error_in_what_the_library_calls_is_raised(monkeypatch):
    """ctypes would print it, and the event would be empty; the next event is read as if nothing had been."""
    library = log_stand_ins.put_library(monkeypatch)
    interpreter = Interpreter()
    get = library.auparse_get_field_str

    def fail(_state):
        raise KeyboardInterrupt

    library.auparse_get_field_str = fail
    with pytest.raises(KeyboardInterrupt):
        interpreter.event(one(b"type=EXECVE"))
    library.auparse_get_field_str = get
    assert [record.type for record in interpreter.event(one(b"type=ADD_USER"))[0]] == ["ADD_USER"]


def test_answers_that_are_missing(monkeypatch):
    """A field without a name or a value is left out; one that is not interpreted means what it says."""
    library = log_stand_ins.put_library(monkeypatch)
    interpreter = Interpreter()
    name, value, meaning = (
        library.auparse_get_field_name, library.auparse_get_field_str, library.auparse_interpret_field,
    )  # fmt: skip
    library.auparse_get_field_name = lambda state: None if name(state) == b"uid" else name(state)
    library.auparse_get_field_str = lambda state: None if name(state) == b"auid" else value(state)
    library.auparse_interpret_field = lambda state: None if name(state) == b"acct" else meaning(state)
    (record,), _sentence = interpreter.event(one(b"type=ADD_USER"))
    assert [field.name for field in record.fields][:3] == ["pid", "ses", "subj"]
    assert record.get("acct") == RecordField("acct", '"joe"', '"joe"')


def test_the_first_field_of_a_name_counts():
    """A record may have a name twice."""
    first, second = RecordField("uid", "1", "one"), RecordField("uid", "2", "two")
    record = Record("SYSCALL", [RecordField("pid", "3", "3"), first, second])
    assert record.get("uid") is first
