# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are read as a whole, and what must change in them. See replacing.py for how they change."""

import itertools
import os
import stat
import time
from typing import Dict, List, NamedTuple, Optional, Sequence

from ..rules.errors import AuditError

__all__ = (
    "Edit",
    "FileError",
    "backup_path",
    "configuration_mode",
    "file_diffs",
    "file_status",
    "is_too_open",
    "kept_mode",
    "read_text",
    "without_waiting",
)


#: A file that Red Hat and the distributions made from it have.
_RED_HAT = "/etc/redhat-release"


class FileError(AuditError):
    """A file or directory cannot be read or written, or is not what it should be."""


class Edit(NamedTuple):
    """A file before and after; None where it does not exist. ``compiled``: made from other files, like audit.rules."""

    path: str
    before: Optional[str]
    after: Optional[str]
    compiled: bool = False
    mode: int = 0o640


def read_text(path: str) -> Optional[str]:
    """The text of a regular file, None if the file does not exist. Raises FileError."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="", opener=without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileError(f"{path} is not a regular file")
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error
    except ValueError:
        raise FileError(f"{path!r} is not the path of a file: it has a zero byte") from None


def file_status(path: str) -> Optional[os.stat_result]:
    """What stat(2) says of a file, None if there is none. Links are followed."""
    try:
        return os.stat(path)
    except OSError:
        return None


def kept_mode(path: str, mode: int = 0o640) -> int:
    """The mode, without permissions that the file at the path lacks: a file that was made stricter stays so."""
    status = file_status(path)
    return mode & stat.S_IMODE(status.st_mode) if status else mode


def is_too_open(path: str, mode: int) -> bool:
    """Whether a file at the path has permissions that the mode does not have."""
    status = file_status(path)
    return bool(status and stat.S_IMODE(status.st_mode) & ~mode)


def configuration_mode() -> int:
    """The mode of auditd.conf and audit.rules: 0640 as packages have it; benchmarks for Red Hat's systems want 0600."""
    return 0o600 if os.path.exists(_RED_HAT) else 0o640


def without_waiting(path: str, flags: int) -> int:
    """Open a file without blocking, even if it is a pipe that has no writer."""
    return os.open(path, flags | os.O_NONBLOCK)


def backup_path(path: str) -> str:
    """A path beside a file or directory for its backup, with the time in its name; nothing has this path yet."""
    first = time.strftime(f"{path}.before-%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    # Two changes within one second have two backups.
    candidates = itertools.chain([first], (f"{first}-{number}" for number in itertools.count(2)))
    return next(candidate for candidate in candidates if not os.path.lexists(candidate))


def file_diffs(edits: Sequence[Edit]) -> List[Dict[str, str]]:
    """The edits of files as Ansible's diff; audit.rules, which follows from the others, only if it changes alone."""
    shown = [edit for edit in edits if not edit.compiled] or edits
    return [
        {
            "before_header": edit.path,
            "after_header": edit.path,
            "before": edit.before or "",
            "after": edit.after or "",
        }
        for edit in shown
    ]
