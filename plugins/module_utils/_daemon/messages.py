# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the daemon says, in the journal or syslog, and what it records about itself in its log file."""

import json
import os
import re
from typing import Dict, Iterable, List, Optional, Sequence, Tuple

from .._host.files import file_status
from .._host.programs import find_program, run_program
from .conf_file import read_settings
from .errors import DaemonError
from .keywords import AUDITD_CONF, AUDITD_CONF_PATH

__all__ = ("DaemonRecords", "Stamp", "SystemLog", "complaints_in", "file_stamp", "recorded_reloads",
           "said_in_journal", "said_in_syslog", "with_words")  # fmt: skip

_LOG_FILE = AUDITD_CONF.keywords["log_file"].default
_SYSLOGS = ("/var/log/syslog", "/var/log/messages", "/var/log/daemon.log")
_JOURNAL_SECONDS = 30.0
# What the daemon says when all is well.
_ROUTINE = re.compile(
    "Started dispatcher|Audit daemon rotating|"
    "The audit daemon is exiting|Init complete|No plugins found|audit dispatcher initialized|config change requested|"
    "Terminating plugins|Dispatcher plugins cleaned up"
)
Stamp = Tuple[int, int, int]


class SystemLog:
    """What programs say from now on: in the journal or, without one, in the files of syslog."""

    def __init__(self) -> None:
        self._cursor: Optional[str] = None
        self._sizes: Dict[str, int] = {}
        if find_program("journalctl") and os.path.isdir("/run/systemd/journal"):
            found = re.search(r"-- cursor: (\S+)", _journalctl("-q", "-n", "0", "--show-cursor"))
            self._cursor = found.group(1) if found else None
        if not self._cursor:
            self._sizes = {path: os.path.getsize(path) for path in _SYSLOGS if os.path.isfile(path)}

    def words(self, programs: Sequence[str] = ("auditd",)) -> List[str]:
        """What the programs say, line by line, without repetitions."""
        if self._cursor:
            # Not --after-cursor: with filters, old releases of journalctl leave out one entry too many.
            # _UID=0, because anybody may write to the journal under any name.
            names = ["_UID=0", *[f"SYSLOG_IDENTIFIER={name}" for name in programs]]
            lines = said_in_journal(_journalctl("-q", "-o", "json", f"--cursor={self._cursor}", *names), self._cursor)
        else:
            texts = [_text_from(path, size) for path, size in self._sizes.items()]
            lines = [line for text in texts for line in said_in_syslog(text, programs)]
        return list(dict.fromkeys(lines))

    def synced(self) -> "SystemLog":
        """Itself, once everything that has been said can be read: a busy journal is late."""
        if self._cursor:
            # Before systemd 228 there is no such option, and no need for it.
            _journalctl("--sync")
        return self

    def error(self, what: str) -> DaemonError:
        """An error with the daemon's complaints."""
        return DaemonError(with_words(what, self.synced().complaints()))

    def complaints(self) -> List[str]:
        """What the daemon says only if something is wrong."""
        return complaints_in(self.words())


class DaemonRecords:
    """What the daemon records about itself from now on, in the log file that its configuration names."""

    def __init__(self) -> None:
        self._path = _log_file()
        self._before = file_stamp(self._path)

    def rotated(self) -> bool:
        """Whether another file has taken the place of the log file."""
        after = file_stamp(self._path)
        return after is not None and self._before is not None and after[0] != self._before[0]

    def results(self, kind: str) -> List[str]:
        """The result of each record of a type: success or failed."""
        offset = self._before[2] if self._before and not self.rotated() else 0
        text = _text_from(self._path, offset)
        return re.findall(rf"^(?:node=\S+ )?type={kind} .* res=(success|failed)", text, re.MULTILINE)


def recorded_reloads() -> List[float]:
    """When the daemon has read its files again, as far as its log file tells."""
    record = re.compile(r"(?:node=\S+ )?type=DAEMON_CONFIG msg=audit\((\d+\.\d+):.* res=success")
    found = map(record.match, _text_from(_log_file(), 0).splitlines())
    return [float(match.group(1)) for match in found if match]


def complaints_in(words: Iterable[str]) -> List[str]:
    """Those of the daemon's words that it says only if something is wrong."""
    return [line for line in words if not _ROUTINE.match(line)]


def said_in_journal(text: str, cursor: str) -> List[str]:
    """The messages in journalctl's JSON, without that of the entry at the cursor."""
    entries = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    messages = [entry.get("MESSAGE") for entry in entries if entry.get("__CURSOR") != cursor]
    # A message that is not text is a list of bytes.
    return [message for message in messages if isinstance(message, str)]


def said_in_syslog(text: str, programs: Sequence[str]) -> List[str]:
    """The messages of programs in lines of a syslog file."""
    names = "|".join(map(re.escape, programs))
    # The time is one word, or three in the old format.
    return re.findall(rf"^(?:\S+ +\d+ )?\S+ \S+ (?:{names})(?:\[\d+\])?: (.*)$", text, re.MULTILINE)


def with_words(what: str, words: Iterable[str]) -> str:
    """A message, followed by what has been said about it."""
    said = "; ".join(" ".join(word.split()) for word in words if word.strip())
    return f"{what}: {said}" if said else what


def file_stamp(path: str) -> Optional[Stamp]:
    """What differs if a file has been replaced or written to; None if there is no file."""
    found = file_status(path)
    return (found.st_ino, found.st_mtime_ns, found.st_size) if found else None


def _log_file() -> str:
    return read_settings(AUDITD_CONF_PATH).get("log_file") or _LOG_FILE or ""


def _journalctl(*words: str) -> str:
    ended = run_program([find_program("journalctl") or "journalctl", *words], _JOURNAL_SECONDS, errors_too=True)
    return ended.output.decode("utf-8", "replace").strip()


def _text_from(path: str, offset: int) -> str:
    """The text of a file from an offset on, or all of it if the file has become shorter than that."""
    try:
        with open(path, "rb") as file:
            file.seek(offset if os.fstat(file.fileno()).st_size >= offset else 0)
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
