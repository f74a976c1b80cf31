# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are read whole, and replaced so that nobody ever sees half of one."""

import contextlib
import os
import stat
import tempfile
from contextlib import contextmanager
from typing import Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ..rules.errors import AuditError

__all__ = (
    "Edit",
    "FileError",
    "file_diffs",
    "file_status",
    "read_text",
    "staged",
    "without_waiting",
    "write_atomically",
    "written",
)


class FileError(AuditError):
    """A file or directory cannot be read or written, or is not what it should be."""


class Edit(NamedTuple):
    """A file before and after; None where it does not exist. ``compiled``: it is made of others, as audit.rules is."""

    path: str
    before: Optional[str]
    after: Optional[str]
    compiled: bool = False
    mode: int = 0o640


def read_text(path: str) -> Optional[str]:
    """The text of a regular file, None if there is none. Raises FileError."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="", opener=without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileError(f"{path} is not a regular file")
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FileError(f"{path} cannot be read: {error.strerror}") from error


def file_status(path: str) -> Optional[os.stat_result]:
    """What stat(2) says of a file, None if there is none. Links are followed."""
    try:
        return os.stat(path)
    except OSError:
        return None


def without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe without a writer as well."""
    return os.open(path, flags | os.O_NONBLOCK)


def write_atomically(path: str, text: Optional[str], mode: int = 0o640) -> None:
    """Put a text in the place of a file, owned by root, or remove the file (None). Raises OSError."""
    draft = None if text is None else _write_draft(path, text, mode)
    try:
        _put_in_place(path, draft)
    except BaseException:
        if draft:
            os.unlink(draft)
        raise


@contextmanager
def staged(edits: Iterable[Edit]) -> Iterator[Callable[[], None]]:
    """Write the texts of edits to drafts beside their files; the function that is yielded puts all of them in place.

    So a full disk is found before anything else is done. If the block fails, files that were changed are put back.
    Raises FileError.
    """
    drafts: List[Tuple[Edit, Optional[str]]] = []
    done: List[Edit] = []

    def put_in_place() -> None:
        while drafts:
            edit, draft = drafts[0]
            done.append(edit)
            _put_in_place(edit.path, draft)
            del drafts[0]

    try:
        for edit in edits:
            drafts.append((edit, None if edit.after is None else _write_draft(edit.path, edit.after, edit.mode)))
        yield put_in_place
    except BaseException as problem:
        left = [path for path in map(_put_back, reversed(done)) if path]
        if left:
            raise FileError(f"{problem}; and {', '.join(left)} could not be put back") from problem
        if isinstance(problem, OSError):
            name = os.path.dirname(problem.filename or "") or problem.filename
            raise FileError(f"cannot write to {name}: {problem.strerror}; nothing has changed") from problem
        raise
    finally:
        for _edit, draft in drafts:
            if draft:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(draft)


@contextmanager
def written(edits: Iterable[Edit]) -> Iterator[None]:
    """Make the edits; if that fails, or the block does, put the files back. Raises FileError."""
    with staged(edits) as put_in_place:
        put_in_place()
        yield


def file_diffs(edits: Sequence[Edit]) -> List[Dict[str, str]]:
    """The edits of files in Ansible's form; that of audit.rules, which follows from the others, only if it is alone."""
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


def _write_draft(path: str, text: str, mode: int) -> str:
    """Write a text to a new file in the directory of ``path``; return the new file's path. Raises OSError."""
    directory = os.path.dirname(path)
    os.makedirs(directory, 0o750, exist_ok=True)
    # augenrules, auditctl and auditd's search for plugins read no hidden file.
    handle, draft = tempfile.mkstemp(prefix=".linux-audit.", dir=directory)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            if os.geteuid() == 0:
                os.fchown(file.fileno(), 0, 0)
            _copy_label(path, draft)
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(draft)
        raise
    return draft


def _put_in_place(path: str, draft: Optional[str]) -> None:
    """Put a draft in the place of a file, or remove the file where there is no draft. Raises OSError."""
    if draft is None:
        os.unlink(path)
    else:
        os.rename(draft, path)
    _sync_directory(path)


def _put_back(edit: Edit) -> Optional[str]:
    """Undo an edit; the path if that fails."""
    try:
        if read_text(edit.path) != edit.before:
            write_atomically(edit.path, edit.before, edit.mode)
    except (OSError, FileError):
        return edit.path
    return None


def _copy_label(source: str, target: str) -> None:
    """Keep the SELinux label of a file that is replaced; a new one gets that of its directory."""
    with contextlib.suppress(OSError):
        os.setxattr(target, "security.selinux", os.getxattr(source, "security.selinux"))


def _sync_directory(path: str) -> None:
    handle = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
