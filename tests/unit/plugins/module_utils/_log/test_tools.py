# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How ausearch and aureport are run: what they get, what they say, how they end."""

import json
import os
import threading

import pytest

import log_stand_ins
from ansible_collections.linux.audit.plugins.module_utils._host import programs
from ansible_collections.linux.audit.plugins.module_utils._log import files as log_files
from ansible_collections.linux.audit.plugins.module_utils._log.files import Log
from ansible_collections.linux.audit.plugins.module_utils._log.tools import LogTool, LogToolError

SEARCH_PATH = programs.SEARCH_PATH
LINE = "type=SYSCALL msg=audit({}.123:{}): arch=c000003e\n"
# Read all and print it.
CAT = "import sys; data = sys.stdin.buffer.read(); sys.stdout.buffer.write(data)\n"


@pytest.fixture
def log(tmp_path):
    """A log of three events, of the seconds 1, 2 and 3."""
    path = tmp_path / "audit.log"
    path.write_text("".join(LINE.format(number, number) for number in (1, 2, 3)))
    with Log(str(path)) as log:
        yield log


@pytest.fixture
def run(tmp_path, monkeypatch, log):
    """run(body, arguments): the lines that a program with this body prints, and how many records it skipped."""
    monkeypatch.setattr(programs, "SEARCH_PATH", str(tmp_path))

    def run(body, arguments=(), parts=None, **bounds):
        log_stand_ins.program(tmp_path, "ausearch", body)
        with LogTool("ausearch", arguments, log.parts() if parts is None else parts, **bounds) as tool:
            return list(tool), tool.skipped

    return run


def serials(lines):
    return [int(line.partition(b".123:")[2].partition(b")")[0]) for line in lines]


def test_it_gets_the_log_as_a_file_that_is_a_pipe(run):
    """With its own arguments, and after them those that are given; the locale and the time zone are settled."""
    body = "import json, os, sys; sys.stdin.read(); print(json.dumps([sys.argv[1:], dict(os.environ)]))"
    (line,), skipped = run(body, ["-i", "--key"])
    arguments, environment = json.loads(line)
    assert arguments == ["-if", "/dev/stdin", "--debug", "-i", "--key"]
    environment.pop("LC_CTYPE", None)  # Python's own
    assert environment == {"PATH": SEARCH_PATH, "LC_ALL": "C", "TZ": "UTC"}
    assert skipped == 0


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({}, [1, 2, 3]),
        ({"start": 2.123}, [2, 3]),
        ({"start": 2.124}, [3]),
        ({"end": 2.123}, [1, 2]),
        ({"end": 2.122}, [1]),
        ({"start": 2, "end": 3}, [2]),
    ],
)
def test_it_gets_what_lies_between_two_times(run, bounds, expected):
    """Both included, to the millisecond."""
    lines, _skipped = run(CAT, **bounds)
    assert serials(lines) == expected


def test_it_gets_all_parts_in_order(run, log):
    """One after another."""
    (part,) = log.parts()
    assert serials(run(CAT, parts=[part, part])[0]) == [1, 2, 3, 1, 2, 3]
    assert run(CAT, parts=[]) == ([], 0)


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("sys.exit(1)", 0),
        ("print('a'); sys.exit(0)", 1),
        ("sys.stderr.write('<no matches>\\n'); sys.exit(1)", 0),
        ("sys.stderr.write('NOTE - using built-in logs\\n'); sys.exit(1)", 0),
        ("sys.stderr.write('Malformed event skipped\\n'); sys.exit(1)", 0),
        # What it complains about, and yet prints lines.
        ("print('a'); sys.stderr.write('odd\\n'); sys.exit(1)", 1),
        ("sys.stderr.write('odd\\n'); sys.exit(0)", 0),
    ],
)
def test_what_is_no_failure(run, body, lines):
    """1 is for nothing found, too; and it chatters."""
    assert len(run(f"import sys; sys.stdin.read(); {body}")[0]) == lines


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("sys.exit(2)", r"^ausearch failed \(2\): $"),
        ("print('a'); sys.exit(2)", r"^ausearch failed \(2\): $"),
        ("sys.stderr.write(' odd\\n'); sys.exit(1)", r"^ausearch failed \(1\): odd$"),
        ("sys.stderr.write('a NOTE\\nand <no matches>\\n'); sys.exit(1)", "^ausearch failed .1.: a NOTE\nand <no"),
        ("sys.stderr.write('NOTE\\nodd\\nMalformed event\\nmore\\n'); sys.exit(1)", "^ausearch failed .1.: odd\nmore$"),
        ("sys.stderr.buffer.write(b'\\xff\\n'); sys.exit(3)", "^ausearch failed .3.: \udcff$"),
        ("import os; sys.stderr.flush(); os.kill(os.getpid(), 9)", r"^ausearch failed \(-9\): $"),
    ],
)
def test_failures(run, body, message):
    """With what it said, and how it ended."""
    with pytest.raises(LogToolError, match=message):
        run(f"import sys; sys.stdin.read(); {body}")


@pytest.mark.parametrize(
    "text",
    ["Error opening /etc/audit/auditd.conf (Permission denied)", "Config file /etc/audit/auditd.conf doesn't exist"],
)
def test_chatter_about_a_file_that_it_does_not_need(run, text):
    """To users who may not read auditd.conf, and on hosts that have none."""
    assert run(f"import sys; sys.stdin.read(); sys.stderr.write({text!r} + '\\n'); sys.exit(1)") == ([], 0)


# Warns on every run, as ausearch does about a line of auditd.conf, and prints records of the type USER alone.
WARNS = """
import sys
sys.stderr.write("Warning - freq is non-zero and incremental flushing not selected.\\n")
found = [line for line in sys.stdin if line.startswith("type=USER ")]
sys.stdout.writelines(found)
sys.exit(not found)
"""


def test_warnings_that_it_always_gives_are_no_failure(run):
    """Nothing is found, although it finds what there is."""
    assert run(WARNS) == ([], 0)


@pytest.mark.parametrize(
    "body",
    [
        # It says more than usual.
        WARNS.replace("sys.exit(", "found or sys.stderr.write('Out of memory\\n'); sys.exit("),
        # It finds nothing at all.
        WARNS.replace("type=USER", "type=NONE"),
    ],
)
def test_warnings_hide_no_failure(run, body):
    """The message has all that it says."""
    with pytest.raises(LogToolError, match=r"^ausearch failed \(1\): Warning - freq is non-zero"):
        run(body)


def test_what_it_says_is_cut(run):
    """A program that complains about each record would fill the memory."""
    with pytest.raises(LogToolError) as problem:
        run("import sys; sys.stdin.read(); sys.stderr.write(('x' * 99 + '\\n') * 5000); sys.exit(1)")
    assert 1900 < len(str(problem.value)) < 2200


def test_records_that_it_skips_are_counted(run):
    """However many there are."""
    body = "import sys; sys.stdin.read(); sys.stderr.write('Malformed event skipped, rc=7\\n' * 20000); print('a')"
    assert run(body) == ([b"a\n"], 20000)


def test_a_program_that_is_missing(tmp_path, monkeypatch):
    """The message names it, and the packages that have it."""
    monkeypatch.setattr(programs, "SEARCH_PATH", str(tmp_path))
    with pytest.raises(LogToolError, match=r"^aureport is not installed; it comes with auditd \(package auditd, or"):
        LogTool("aureport", [], []).__enter__()


def test_a_file_that_cannot_be_executed_is_no_program(tmp_path, monkeypatch):
    """The search path is looked through as a shell does it."""
    monkeypatch.setattr(programs, "SEARCH_PATH", str(tmp_path))
    log_stand_ins.program(tmp_path, "ausearch", CAT).chmod(0o644)
    with pytest.raises(LogToolError, match="ausearch is not installed"):
        LogTool("ausearch", [], []).__enter__()


def test_the_usual_directories_are_looked_through():
    """Whatever the PATH of the user is."""
    assert {"/sbin", "/usr/sbin", "/bin", "/usr/bin"} <= set(SEARCH_PATH.split(":"))


class Endless:
    """A part of a log that never ends; ``problem`` is raised after some blocks."""

    def __init__(self, problem=None):
        self.problem, self.blocks_read, self.bounds = problem, 0, None

    def copy(self, _pipe):
        return self

    def blocks(self, *bounds):
        self.bounds = bounds
        while self.problem is None or self.blocks_read < 3:
            self.blocks_read += 1
            yield LINE.format(1, 1).encode() * 1000
        raise self.problem


def test_a_program_that_reads_no_further(run):
    """It has ended, and says why: that its pipe is broken is no problem of its own."""
    with pytest.raises(LogToolError, match=r"^ausearch failed \(4\): enough$"):
        run("import sys; sys.stdin.readline(); sys.stderr.write('enough\\n'); sys.exit(4)", parts=[Endless()])
    assert run("import sys; sys.stdin.readline(); print('a')", parts=[Endless()]) == ([b"a\n"], 0)


def test_a_log_that_cannot_be_read(run):
    """What happened meanwhile is raised, though the program found its end in order."""
    with pytest.raises(OSError, match="unreadable"):
        run(CAT, parts=[Endless(OSError("unreadable"))])


def test_nobody_wants_more(tmp_path, monkeypatch):
    """A program is ended that would go on, its pipes are closed, no thread is left."""
    monkeypatch.setattr(programs, "SEARCH_PATH", str(tmp_path))
    log_stand_ins.program(tmp_path, "ausearch", "import os, sys\nprint(os.getpid(), flush=True)\n" + CAT)
    part = Endless()
    threads, files = set(threading.enumerate()), sorted(os.listdir("/proc/self/fd"))
    with LogTool("ausearch", [], [part], 1.0, 2.0) as tool:
        pid = int(next(iter(tool)))
    assert set(threading.enumerate()) == threads
    assert sorted(os.listdir("/proc/self/fd")) == files
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert part.bounds == (1.0, 2.0)


def test_what_it_left_is_closed_after_a_whole_run_as_well(run):
    """And after one that failed."""
    files = sorted(os.listdir("/proc/self/fd"))
    run(CAT)
    with pytest.raises(LogToolError):
        run("import sys; sys.exit(9)")
    assert sorted(os.listdir("/proc/self/fd")) == files


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("ausearch", ["--raw", "-a", "382"], b"type=EXECVE msg=audit(1795574579.096:382): argc=5"),
        ("aureport", ["-i", "--key"], b"9. 11/25/26 02:42:59 kill yes /usr/bin/python3.14"),
    ],
)
def test_the_real_ones(name, arguments, text):
    """They take the log as it is given."""
    log_stand_ins.need_real_program(name)
    with Log(str(log_stand_ins.LOGS / "sid.log")) as log, LogTool(name, arguments, log.parts()) as tool:
        assert text in b"".join(tool)


@pytest.mark.parametrize(
    "texts",
    [
        ["type=A msg=audit(1.000:1): inode=1 name=node=x\n" * 9],
        [
            "type=A msg=audit(1.000:1): x\n" * 9,
            "node=a b type=A msg=audit(1.000:2): x\n",
            "type=A msg=audit(1.000:3): x\n",
        ],
        ["node=a b type=A msg=audit(1.000:2): x\n", "type=A msg=audit(1.000:3): x\n"],
        ["type=A msg=audit(1.000:1): x\n", "\0" * 5000 + "\n", "type=A msg=audit(1.000:3): x\n"],
    ],
)
def test_the_program_gets_the_log_as_it_is_but_for_nodes(run, tmp_path, monkeypatch, texts):
    """Most of it is not copied by this process, whatever comes in between."""
    monkeypatch.setattr(log_files, "_SEARCHED", 100)
    path = tmp_path / "audit.log"
    path.write_text("".join(texts))
    with Log(str(path)) as log:
        printed, _skipped = run("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())", parts=log.parts())
    assert b"".join(printed).decode() == "".join(texts).replace("node=a b", "node=a\x1fb")
