# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory rules.d, and the audit.rules that augenrules(8) makes of it."""

import contextlib
import os
import re
import shutil
import stat
import subprocess
import tempfile
from contextlib import contextmanager
from typing import Callable, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from .rules.resolver import Resolver
from .rules.syntax import Line, parse_file

__all__ = (
    "Edit",
    "RulesDirectory",
    "RulesFile",
    "RulesFileError",
    "compile_rules",
    "read_text",
    "write_atomically",
    "written",
)

DEFAULT_DIRECTORY = "/etc/audit/rules.d"
HEADER = "## Rules set with the Ansible collection linux.audit; other lines of this file are left alone."
_MODE = 0o640
# Release of audit whose augenrules takes carriage returns away.
_RETURNS_STRIPPED = (3, 1, 1)


class RulesFileError(Exception):
    """A file or directory of rules cannot be read or written, or is not what it should be."""


class RulesFile(NamedTuple):
    """One file: its path, its text (None: it does not exist) and its lines."""

    path: str
    text: Optional[str]
    lines: Tuple[Line, ...]


class Edit(NamedTuple):
    """A file before and after; None where it does not exist. ``compiled``: it is made of others, as audit.rules is."""

    path: str
    before: Optional[str]
    after: Optional[str]
    compiled: bool = False


class RulesDirectory:
    """The rules files of a directory, in the order in which augenrules puts them together."""

    def __init__(self, path: str, resolver: Resolver) -> None:
        if not path.startswith("/"):
            raise RulesFileError(f"rules_dir must be an absolute path, not '{path}'")
        self.path = path.rstrip("/") or "/"
        self.files = [_load(name, self.path, resolver) for name in _names(self.path)]
        self._resolver = resolver

    def file(self, name: str) -> RulesFile:
        """The file of that name, also if it does not exist yet. Raises RulesFileError for an unfit name."""
        if "/" in name or name.startswith(".") or not name.endswith(".rules") or not name.isprintable() or " " in name:
            raise RulesFileError(
                f"file must be a plain name that ends in .rules and has no space in it, as augenrules reads no other "
                f"from {self.path}, not '{name}'"
            )
        path = os.path.join(self.path, name)
        for file in self.files:
            if file.path == path:
                return file
        return RulesFile(path, None, ())

    def with_file(self, new: RulesFile) -> List[RulesFile]:
        """All files in order, with that one in the place of the one of its name."""
        files = [file for file in self.files if file.path != new.path] + [new]
        return sorted(files, key=lambda file: version_key(os.path.basename(file.path)))

    def edits(self, changed: Iterable[RulesFile]) -> List[Edit]:
        """The edits that put these lines in the place of the present ones; a file of nothing but our header goes.

        Files are put together as they are. Of one without a final newline, the last line would become one line with
        the first of the next file, so it gets its newline.
        """
        before = {file.path: file.text for file in self.files}
        after = dict(before)
        for file in changed:
            lines = [line.text for line in file.lines]
            ours_alone = HEADER in (file.text or HEADER) and not any(line.strip() and line != HEADER for line in lines)
            after[file.path] = None if ours_alone else "".join(line + "\n" for line in lines)
        filled = sorted((path for path, text in after.items() if text), key=version_key)
        after.update((path, after[path] + "\n") for path in filled[:-1] if not after[path].endswith("\n"))
        return [Edit(path, before.get(path), text) for path, text in after.items() if text != before.get(path)]

    def compiled(self, edits: Iterable[Edit]) -> Optional[Edit]:
        """The edit of audit.rules that goes with the edits of the files, None when there is none to make.

        Only for a directory named rules.d, whose parent holds audit.rules, and only where that exists or would be
        made by augenrules.
        """
        if os.path.basename(self.path) != "rules.d":
            return None
        texts = {file.path: file.text for file in self.files}
        texts.update((edit.path, edit.after) for edit in edits)
        names = sorted((os.path.basename(path) for path, text in texts.items() if text is not None), key=version_key)
        path = os.path.join(os.path.dirname(self.path), "audit.rules")
        before = read_text(path)
        filled = [texts[os.path.join(self.path, name)] or "" for name in names]
        old = any("\r" in text for text in filled) and (self._resolver.version or _RETURNS_STRIPPED) < _RETURNS_STRIPPED
        after = compile_rules(filled, _awk_knows_white_space, old)
        return None if before == after else Edit(path, before, after, compiled=True)


def add_lines(file: RulesFile, texts: Iterable[str], prepend: bool) -> RulesFile:
    """The file with lines behind all others, or before its first rule."""
    lines = list(file.lines) if file.text is not None else [Line(HEADER, file.path)]
    place = len(lines)
    if prepend:
        rules = [place for place, line in enumerate(lines) if line.statement and line.statement.rule]
        place = rules[0] if rules else place
    lines[place:place] = [Line(text, file.path) for text in texts]
    return file._replace(lines=tuple(lines))


def compile_rules(texts: Iterable[str], white_space: Callable[[], bool], keep_returns: bool = False) -> str:
    r"""What augenrules writes to audit.rules for these files.

    ``white_space`` tells whether this host's awk understands ``\s``: mawk takes it for the letter s, and so leaves an
    indented ``-e 2`` where it is. It is only asked when a line depends on it. ``keep_returns``: releases before 3.1.1
    leave carriage returns at the ends of lines.
    """
    text = "".join(texts)
    special = dict.fromkeys(("-D", "-b", "-f", "-e"), "")
    rules: List[str] = []
    known: List[str] = []

    def space() -> str:
        if not known:
            known.append(r"\s*" if white_space() else "s*")
        return known[0]

    for line in text.split("\n")[: -1 if text.endswith("\n") else None]:
        if line.endswith("\r") and not keep_returns:
            line = line[:-1]
        bare = re.sub("^" + space(), "", line) if line[:1] in tuple(" \ts\v\f\r") else line
        option = bare[:2]
        if not line or bare[:1] == "#":
            continue
        if option in special and (option != "-D" or not bare[2:] or re.fullmatch(space(), bare[2:])):
            special[option] = line
        else:
            rules.append(line)
    head = f"## This file is automatically generated from {DEFAULT_DIRECTORY}"
    return "\n".join([head, special["-D"], special["-b"], special["-f"], *rules, special["-e"], ""])


def version_key(name: str) -> tuple:
    """The sort key of ls -v and sort -V: numbers by value, ~ before the end, letters before other characters.

    What looks like a suffix counts only between names that are the same otherwise.
    """
    return _versions(re.sub(r"(?:\.[A-Za-z~][A-Za-z0-9~]*)*$", "", name)), _versions(name), name


def _versions(text: str) -> tuple:
    parts = []
    for letters, digits in re.findall(r"([^0-9]*)([0-9]*)", text):
        order = tuple(-1 if char == "~" else ord(char) + (0 if char.isalpha() else 256) for char in letters)
        parts.append(((*order, 0), int(digits or 0)))
    return tuple(parts)


def write_atomically(path: str, text: Optional[str]) -> None:
    """Put a text in the place of a file, mode 0640 and owned by root, or remove the file (None). Raises OSError."""
    if text is None:
        os.unlink(path)
        _sync_directory(path)
        return
    directory = os.path.dirname(path)
    os.makedirs(directory, 0o750, exist_ok=True)
    # augenrules and auditctl read no hidden file.
    handle, temporary = tempfile.mkstemp(prefix=".linux-audit.", dir=directory)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), _MODE)
            if os.geteuid() == 0:
                os.fchown(file.fileno(), 0, 0)
            _copy_label(path, temporary)
            os.fsync(file.fileno())
        os.rename(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise
    _sync_directory(path)


@contextmanager
def written(edits: Iterable[Edit]) -> Iterator[None]:
    """Make the edits; if that fails, or what is done meanwhile does, put the files back. Raises RulesFileError."""
    done: List[Edit] = []
    try:
        for edit in edits:
            done.append(edit)
            write_atomically(edit.path, edit.after)
        yield
    except BaseException as problem:
        left = [path for path in map(_put_back, reversed(done)) if path]
        if left:
            raise RulesFileError(f"{problem}; and {', '.join(left)} could not be put back") from problem
        if isinstance(problem, OSError):
            name = os.path.dirname(problem.filename or "") or problem.filename
            raise RulesFileError(f"cannot write to {name}: {problem.strerror}; nothing has changed") from problem
        raise


def _put_back(edit: Edit) -> Optional[str]:
    """Undo an edit; the path if that fails."""
    try:
        if read_text(edit.path) != edit.before:
            write_atomically(edit.path, edit.before)
    except (OSError, RulesFileError):
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


def _names(directory: str) -> List[str]:
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RulesFileError(f"{directory} cannot be read: {error.strerror}") from error
    return sorted((name for name in names if name.endswith(".rules") and not name.startswith(".")), key=version_key)


def _load(name: str, directory: str, resolver: Resolver) -> RulesFile:
    path = os.path.join(directory, name)
    text = read_text(path)
    return RulesFile(path, text, tuple(parse_file(text or "", path, resolver)))


def read_text(path: str) -> Optional[str]:
    """The text of a regular file, None if there is none. Raises RulesFileError."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RulesFileError(f"{path} is not a regular file")
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RulesFileError(f"{path} cannot be read: {error.strerror}") from error


def _awk_knows_white_space() -> bool:
    awk = shutil.which("awk")
    return bool(awk) and subprocess.call([awk, r'BEGIN { exit !match(" ", "^\\s$") }'], stdin=subprocess.DEVNULL) == 0
