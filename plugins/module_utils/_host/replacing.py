# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files are replaced atomically: nobody ever reads half of one."""

import contextlib
import glob
import os
import re
import stat
import tempfile
from contextlib import contextmanager
from typing import Callable, Iterable, Iterator, List, Optional, Tuple

from .files import Edit, FileError, file_status, kept_mode, read_text
from .processes import start_time

__all__ = ("drafted", "staged", "write_atomically", "written")

# augenrules, auditctl and auditd's search for plugins ignore hidden files. The name tells which process made the draft.
_DRAFT = ".linux-audit.{pid}.{start}."
_DRAFTS = re.compile(r"\.linux-audit\.(\d+)\.(\d+)\.")
# Digests and signatures, which IMA and EVM make of the content: those of the old text do not fit the new one.
_OF_CONTENT = ("security.evm", "security.ima")


def write_atomically(path: str, text: Optional[str], mode: int = 0o640) -> None:
    """Replace a file with a text, owned by root, or remove the file (None). Raises OSError."""
    draft = None if text is None else _write_draft(path, text, mode)
    try:
        _put_in_place(path, draft)
    except BaseException:
        if draft:
            os.unlink(draft)
        raise


def drafted(path: str, text: str, mode: int = 0o640) -> Callable[[], None]:
    """Write a text to a draft beside a file; return the function that moves it over the file. Both raise OSError."""
    draft = _write_draft(path, text, mode)
    return lambda: _put_in_place(path, draft)


@contextmanager
def staged(edits: Iterable[Edit]) -> Iterator[Callable[[], None]]:
    """Write the texts of edits to drafts beside their files; yield the function that moves all drafts over the files.

    A full disk is found before the block does anything. A file that no longer has the text that its edit was planned
    from is not replaced. If the block fails, changed files are put back, unless something else has changed them since.
    Raises FileError, which tells what has become of the files.
    """
    drafts: List[Tuple[Edit, Optional[str]]] = []
    done: List[Tuple[Edit, Optional[int]]] = []
    edits = list(edits)
    new_directories = {os.path.dirname(edit.path) for edit in edits if not os.path.isdir(os.path.dirname(edit.path))}

    def put_in_place() -> None:
        while drafts:
            edit, draft = drafts[0]
            _refuse_lost_changes(edit)
            done.append((edit, _mode_of(edit.path)))
            with _errors_that_name(edit.path):
                _put_in_place(edit.path, draft)
            del drafts[0]

    try:
        for edit in edits:
            with _errors_that_name(edit.path):
                drafts.append((edit, None if edit.after is None else _write_draft(edit.path, edit.after, edit.mode)))
        yield put_in_place
    except BaseException as problem:
        left = [reason for reason in (_put_back(edit, mode) for edit, mode in reversed(done)) if reason]
        _remove_drafts(drafts)
        for directory in new_directories:
            with contextlib.suppress(OSError):
                os.rmdir(directory)
        if left:
            raise FileError(f"{problem}; and {', and '.join(left)}") from problem
        if isinstance(problem, OSError):
            name = os.path.dirname(problem.filename or "") or problem.filename
            raise FileError(f"cannot write to {name}: {problem.strerror}; no file has changed") from problem
        raise
    _remove_drafts(drafts)


@contextmanager
def written(edits: Iterable[Edit]) -> Iterator[None]:
    """Make the edits; if that fails, or the block does, put the files back. Raises FileError."""
    with staged(edits) as put_in_place:
        put_in_place()
        yield


def _write_draft(path: str, text: str, mode: int) -> str:
    """Write a text to a new file in the directory of ``path``; return the new file's path. Raises OSError."""
    directory = os.path.dirname(path)
    os.makedirs(directory, 0o750, exist_ok=True)
    _remove_leftovers(directory)
    backup = re.match(r"(.*)\.before-", directory)
    for other in glob.glob(f"{glob.escape(backup.group(1))}.before-*") if backup else ():
        _remove_leftovers(other)
    pid = os.getpid()
    handle, draft = tempfile.mkstemp(prefix=_DRAFT.format(pid=pid, start=start_time(pid) or 0), dir=directory)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
            file.flush()
            if os.geteuid() == 0:
                os.fchown(file.fileno(), 0, _kept_group(path))
            _copy_attributes(path, draft)
            # Last, because the group's part of the mode is the mask of an access control list.
            os.fchmod(file.fileno(), kept_mode(path, mode))
            os.fsync(file.fileno())
    except BaseException:
        os.unlink(draft)
        raise
    return draft


def _remove_leftovers(directory: str) -> None:
    """Remove the drafts of runs that were killed."""
    with contextlib.suppress(OSError):
        for name in os.listdir(directory):
            found = _DRAFTS.match(name)
            if found and start_time(int(found.group(1))) != found.group(2):
                with contextlib.suppress(OSError):
                    os.unlink(os.path.join(directory, name))


def _put_in_place(path: str, draft: Optional[str]) -> None:
    """Move a draft over a file, or remove the file if there is no draft. Raises OSError."""
    if draft is None:
        os.unlink(path)
    else:
        os.rename(draft, path)
    _sync_directory(path)


@contextmanager
def _errors_that_name(path: str) -> Iterator[None]:
    """Give an OSError of the block a path if it has none: write(2) and fsync(2) know only a descriptor."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or path
        raise


def _remove_drafts(drafts: Iterable[Tuple[Edit, Optional[str]]]) -> None:
    for _edit, draft in drafts:
        if draft:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft)


def _refuse_lost_changes(edit: Edit) -> None:
    """Raise FileError if a file no longer has the text that its edit was planned from."""
    found = read_text(edit.path)
    if found != edit.before:
        what = "has been removed" if found is None else "has been changed" if edit.before is not None else "was made"
        raise FileError(
            f"{edit.path} {what} by something else while this run was at work; that change is kept, and nothing of "
            "this run is: run it again"
        )


def _mode_of(path: str) -> Optional[int]:
    status = file_status(path)
    return stat.S_IMODE(status.st_mode) if status else None


def _put_back(edit: Edit, mode: Optional[int]) -> Optional[str]:
    """Undo an edit, unless something else has changed the file since; if it is not undone, say why.

    ``mode``: that of the file before the edit.
    """
    try:
        found = read_text(edit.path)
        if found == edit.after:
            write_atomically(edit.path, edit.before, edit.mode)
            if mode is not None:
                # A draft is at most as open as the file that it replaces, which the edit may have made stricter.
                os.chmod(edit.path, mode)
        elif found != edit.before:
            return f"{edit.path} was not put back, because something else has changed it since"
    except (OSError, FileError):
        return f"{edit.path} could not be put back"
    return None


def _copy_attributes(source: str, target: str) -> None:
    """Keep the extended attributes of a file that is replaced: its SELinux label, access control list and all others.

    A new file has the label of its directory, and nothing to keep.
    """
    with contextlib.suppress(OSError):
        for name in os.listxattr(source):
            if name not in _OF_CONTENT:
                with contextlib.suppress(OSError):
                    os.setxattr(target, name, os.getxattr(source, name))


def _kept_group(path: str) -> int:
    """The group of a file that is replaced, if it belongs to root; otherwise that of root."""
    status = file_status(path)
    return status.st_gid if status and status.st_uid == 0 else 0


def _sync_directory(path: str) -> None:
    handle = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
