# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ausearch(8) and aureport(8), fed with the part of the log that is of interest."""

import re
import shutil
import subprocess
import threading
from typing import Any, Iterator, Optional, Sequence

from ..rules.errors import AuditError
from .files import Part

__all__ = ("LogTool", "LogToolError")

_PATH = "/sbin:/usr/sbin:/bin:/usr/bin:/usr/local/sbin"
_MUCH = 2000
# What they say where nothing is wrong: to users who may not read auditd.conf, which is not needed, as well.
_CHATTER = re.compile(rb"^NOTE|^<no matches>|auditd\\.conf")


class LogToolError(AuditError):
    """The program is missing, or failed."""


class LogTool:
    """A run of one of them: iterate over the lines that it prints, as bytes. Raises LogToolError.

    It gets records between two times alone, so that it need not be told a time, which it would take in the format of
    the locale. ``skipped``: how many records it did not understand so far.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        parts: Sequence[Part],
        start: Optional[float] = None,
        end: Optional[float] = None,
    ) -> None:
        self._name = name
        self._arguments = arguments
        self._parts = parts
        self._bounds = (start, end)
        self.skipped = 0

    def __enter__(self) -> "LogTool":
        program = shutil.which(self._name, path=_PATH)
        if program is None:
            raise LogToolError(f"{self._name} is not installed; it comes with auditd (package auditd, or audit)")
        # The pipe is given as a file, as with a pipe for its input it gives up when nothing arrives for some seconds.
        # AnsibleModule.run_command cannot feed a program while it reads what the program says.
        # Any: that its pipes are there is decided here, which type checkers do not see.
        self._process: Any = subprocess.Popen(  # pylint: disable=ansible-bad-function
            [program, "-if", "/dev/stdin", "--debug", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": _PATH, "LC_ALL": "C", "TZ": "UTC"},
        )
        self._said = b""
        self._problem: Optional[BaseException] = None
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._feed, self._listen)]
        for thread in self._threads:
            thread.start()
        return self

    def __iter__(self) -> Iterator[bytes]:
        lines = 0
        for line in self._process.stdout:
            lines += 1
            yield line
        status = self._process.wait()
        self._join()
        if self._problem:
            raise self._problem
        # 1 is for nothing found as well.
        if status not in (0, 1) or (status and not lines and self._said):
            said = self._said.decode("utf-8", "surrogateescape").strip()
            raise LogToolError(f"{self._name} failed ({status}): {said}")

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
                    for block in part.blocks(*self._bounds):
                        pipe.write(block)
        except BrokenPipeError:
            # It has ended, and says why, or nobody wants more.
            pass
        except BaseException as problem:
            self._problem = problem

    def _listen(self) -> None:
        for line in self._process.stderr:
            if line.startswith(b"Malformed event"):
                self.skipped += 1
            elif len(self._said) < _MUCH and not _CHATTER.search(line):
                self._said += line
