# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ausearch(8) and aureport(8) on the parts of the log that matter."""

import fcntl
import re
import subprocess
import threading
from contextlib import suppress
from typing import Any, Callable, Iterable, Iterator, List, Optional, Sequence

from .._host.programs import SEARCH_PATH, find_program
from ..rules.errors import AuditError
from .files import Part
from .nodes import as_words

__all__ = ("LogTool", "LogToolError")

# How much of what a program complains about is kept for the error message, in bytes.
_MOST_COMPLAINTS = 2000
# What the programs print to standard error although nothing is wrong. They do not need auditd.conf here, but complain
# if it is missing or the user may not read it. What else they say about its lines, only a control can tell.
_CHATTER = re.compile(rb"^NOTE|^<no matches>|auditd\.conf|^Unparsed type:-?\d+$|^$")
# What follows a type that ausearch does not look into, such as EOE: the end of a line that the next one may continue.
_PASSED = b" - skipped"

# How much is given to a program, and taken from it, at once; the constant of fcntl(2) that Python has from 3.10 on.
_BUFFER, _F_SETPIPE_SZ = 1 << 18, 1031
# How much of what it prints is looked at as one: so little that most has nothing that is wanted.
_OUTPUT = 1 << 15

# A record that ausearch finds if it works at all.
_CONTROL = b"type=USER msg=audit(1000000000.123:1): pid=1 uid=0 auid=0 ses=1 msg='op=control res=success'\n"


class LogToolError(AuditError):
    """ausearch or aureport is missing, or has failed."""


class LogTool:
    """A run of ausearch or aureport: iterate over the lines that it prints, as bytes. Raises LogToolError.

    The program only gets records between ``start`` and ``end``, because times in its arguments would have to be written
    in the format of the locale. In the lines that it prints, the name of a node is one word (nodes.py).
    ``skipped``: how many records it has not understood so far.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        parts: Iterable[Part],
        start: Optional[float] = None,
        end: Optional[float] = None,
    ) -> None:
        self._name = name
        self._arguments = arguments
        self._parts = parts
        self._bounds = (start, end)
        self.skipped = 0

    def __enter__(self) -> "LogTool":
        # Its streams are pipes, which type checkers cannot follow.
        self._process: Any = self._start(self._arguments, subprocess.Popen, stdin=subprocess.PIPE, bufsize=_BUFFER)
        with suppress(OSError):
            fcntl.fcntl(self._process.stdin, _F_SETPIPE_SZ, _BUFFER)
        self._complaints = b""
        self._problem: Optional[BaseException] = None
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._feed, self._listen)]
        for thread in self._threads:
            thread.start()
        return self

    def _start(self, arguments: Sequence[str], start: Callable[..., Any], **options: Any) -> Any:
        program = find_program(self._name)
        if program is None:
            raise LogToolError(f"{self._name} is not installed; it comes with auditd (package auditd, or audit)")
        return start(
            # The pipe is named as a file: a program that reads standard input gives up if nothing arrives for seconds.
            [program, "-if", "/dev/stdin", "--debug", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": SEARCH_PATH, "LC_ALL": "C", "TZ": "UTC"},
            **options,
        )

    def __iter__(self) -> Iterator[bytes]:
        lines = False
        for line in self._process.stdout:
            lines = True
            yield line
        self._end(lines)

    def blocks(self) -> Iterator[bytes]:
        """The same lines, many at a time."""
        lines = False
        pieces: List[bytes] = []
        for piece in iter(lambda: self._process.stdout.read1(_OUTPUT), b""):
            lines = True
            cut = piece.rfind(b"\n") + 1
            if cut:
                yield b"".join([*pieces, piece[:cut]])
                pieces = []
            pieces.append(piece[cut:])
        if any(pieces):
            yield b"".join(pieces)
        self._end(lines)

    def _end(self, lines: bool) -> None:
        """Await the end of the program, which has printed some lines or none. Raises what went wrong."""
        status = self._process.wait()
        self._join()
        if self._problem:
            raise self._problem
        # The status is also 1 if nothing was found.
        if status not in (0, 1) or (status and not lines and not self._complains_always()):
            complaints = self._complaints.decode("utf-8", "surrogateescape").strip()
            raise LogToolError(f"{self._name} failed ({status}): {complaints}")

    def _complains_always(self) -> bool:
        """Whether the program says the same when it finds what it is given, so that it is no reason for a failure.

        Both programs read auditd.conf, and warn about lines in it that do not matter here, such as a freq beside a
        flush that ignores it.
        """
        if not self._complaints:
            return True
        control = self._start(["--raw"], subprocess.run, input=_CONTROL)
        usual = set(control.stderr.splitlines())
        return control.stdout == _CONTROL and usual.issuperset(self._complaints.splitlines())

    def __exit__(self, *exception: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.stdout.close()
        self._process.wait()
        self._join()
        self._process.stderr.close()

    def _join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _feed(self) -> None:
        try:
            with self._process.stdin as pipe:
                for part in self._parts:
                    if self._bounds == (None, None):
                        part = part.copy(pipe.fileno())
                    for block in part.blocks(*self._bounds):
                        pipe.write(as_words(block))
        except BrokenPipeError:
            # The program has ended by itself and says why, or was ended because its output is no longer wanted.
            pass
        except BaseException as problem:
            self._problem = problem

    def _listen(self) -> None:
        for line in self._process.stderr:
            while line.startswith(_PASSED):
                line = line[len(_PASSED) :]
            if line.startswith(b"Malformed event"):
                self.skipped += 1
            elif len(self._complaints) < _MOST_COMPLAINTS and not _CHATTER.search(line):
                self._complaints += line
