# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory rules.d, and the audit.rules that augenrules(8) compiles from it."""

import os
import re
import shutil
import subprocess
from typing import Callable, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from .._host.files import Edit, FileError, configuration_mode, is_too_open, read_text
from ..rules.augenrules import continues, in_augenrules_order, version_key
from ..rules.parse import RulesLine, Statement, parse_file
from ..rules.resolver import Resolver

__all__ = (
    "Draft",
    "RulesDirectory",
    "RulesFile",
    "add_lines",
    "awk_knows_white_space",
    "compile_rules",
    "continues",
    "going_on",
    "in_augenrules_order",
    "is_masked",
    "is_ours",
    "version_key",
    "without_needless_continue",
    "written_line",
)

DEFAULT_DIRECTORY = "/etc/audit/rules.d"
HEADER = "## Rules set with the Ansible collection linux.audit; other lines of this file are left alone."
# auditctl stops at the first line that the kernel refuses (the watch of a directory that is gone, say), unless this
# line is before it. With -c it continues too, but exits with 1, and auditd of audit 4.0 to 4.0.2 then does not start.
CONTINUE = "-i"
# Only root reads the files of rules.d; benchmarks want this mode.
MODE = 0o600
# Release of audit since which augenrules strips carriage returns.
_RETURNS_STRIPPED = (3, 1, 1)


class RulesFile(NamedTuple):
    """One file: its path, its text (None if it does not exist) and its lines."""

    path: str
    text: Optional[str]
    lines: Tuple[RulesLine, ...]


class RulesDirectory:
    """The rules files of a directory, in the order in which augenrules joins them."""

    def __init__(self, path: str, resolver: Resolver) -> None:
        if not path.startswith("/"):
            raise FileError(f"rules_dir must be an absolute path, not '{path}'")
        self.path = path.rstrip("/") or "/"
        self.files = [_load(name, self.path, resolver) for name in _names(self.path)]
        self.resolver = resolver

    def require(self) -> None:
        """Raise FileError if there is no such directory."""
        if not os.path.isdir(self.path):
            raise FileError(
                f"the directory {self.path} does not exist: install the audit package (auditd), name another "
                "rules_dir, or set persistent: false"
            )

    def file(self, name: str) -> RulesFile:
        """The file of that name, even if it does not exist yet. Raises FileError for a name that augenrules ignores."""
        if "/" in name or name.startswith(".") or not name.endswith(".rules") or not name.isprintable() or " " in name:
            raise FileError(
                "file must be a plain name that ends in .rules and contains no space, because augenrules reads no "
                f"other files from {self.path}; it is '{name}'"
            )
        path = os.path.join(self.path, name)
        for file in self.files:
            if file.path == path:
                return file
        return RulesFile(path, None, ())

    def draft(self, name: str) -> "Draft":
        """The present files as a draft; new lines go to the file of that name. Raises FileError."""
        target = self.file(name)
        return Draft(self, target.path, {file.path: file for file in [target, *self.files]})

    def with_file(self, new: RulesFile) -> List[RulesFile]:
        """All files in order, with the new file instead of the present one of the same name."""
        files = [file for file in self.files if file.path != new.path] + [new]
        return sorted(files, key=lambda file: version_key(os.path.basename(file.path)))

    def edits(self, changed: Iterable[RulesFile]) -> List[Edit]:
        """The edits that replace the present lines with these; a file that holds only our head is removed.

        augenrules joins the files byte by byte. If a file lacks its final newline, the first line of the next file
        would be appended to its last line. So a newline is added.
        """
        before = {file.path: file.text for file in self.files}
        after = dict(before)
        for file in changed:
            lines = [line.text for line in file.lines]
            ours_alone = is_ours(file) and not any(line.strip() and line not in (HEADER, CONTINUE) for line in lines)
            after[file.path] = None if ours_alone else "".join(line + "\n" for line in lines)
        filled = {path: text for path, text in after.items() if text}
        for path in sorted(filled, key=version_key)[:-1]:
            after[path] = filled[path] if filled[path].endswith("\n") else filled[path] + "\n"
        texts = ((path, text) for path, text in after.items() if text != before.get(path))
        return [Edit(path, before.get(path), text, mode=MODE) for path, text in texts]

    def compiled(self, edits: Iterable[Edit]) -> Optional[Edit]:
        """The edit of audit.rules that follows from the edits of the files, None if it does not change.

        Only a directory named rules.d has an audit.rules, beside it.
        """
        if os.path.basename(self.path) != "rules.d":
            return None
        texts = {file.path: file.text for file in self.files}
        texts.update((edit.path, edit.after) for edit in edits)
        names = sorted((os.path.basename(path) for path, text in texts.items() if text is not None), key=version_key)
        path = os.path.join(os.path.dirname(self.path), "audit.rules")
        before = read_text(path)
        filled = [texts[os.path.join(self.path, name)] or "" for name in names]
        old = any("\r" in text for text in filled) and (self.resolver.version or _RETURNS_STRIPPED) < _RETURNS_STRIPPED
        after = compile_rules(filled, awk_knows_white_space, old)
        mode = configuration_mode()
        # Where benchmarks do not ask for a stricter mode, that of augenrules stays.
        as_is = before == after and (mode == Edit(path, None, None).mode or not is_too_open(path, mode))
        return None if as_is else Edit(path, before, after, compiled=True, mode=mode)


class Draft(NamedTuple):
    """The files of a directory while they are changed, by path; ``target`` is the file that new lines go to.

    ``added`` and ``removed``: statements that the draft adds to the files, and that it removes from them.
    """

    directory: RulesDirectory
    target: str
    files: Dict[str, RulesFile]
    added: Tuple[Statement, ...] = ()
    removed: Tuple[Statement, ...] = ()

    def with_files(self, *files: RulesFile) -> "Draft":
        """The draft with some files replaced."""
        return self._replace(files={**self.files, **{file.path: file for file in files}})

    def edits(self) -> List[Edit]:
        """The edits of the files whose lines have changed."""
        before = {file.path: file.lines for file in self.directory.files}
        return self.directory.edits(file for path, file in self.files.items() if file.lines != before.get(path, ()))

    def in_order(self) -> List[RulesFile]:
        """All files in the order in which they are read at boot."""
        return sorted(self.files.values(), key=lambda file: version_key(os.path.basename(file.path)))


def is_masked(path: str) -> bool:
    """Whether the file is a link to /dev/null, which augenrules reads as an empty file."""
    return os.path.islink(path) and os.path.realpath(path) == os.devnull


def is_ours(file: RulesFile) -> bool:
    """Whether this collection has made the file, or would make it."""
    return HEADER in (file.text or HEADER)


def add_lines(file: RulesFile, statements: Iterable[Statement], prepend: bool) -> RulesFile:
    """The file with the lines of statements added at its end, or before its first rule; with -A, after all others.

    auditctl goes on after each of them, see going_on(); lines of others before them are read as they were.
    """
    lines = list(file.lines) if file.lines or file.text is not None else [RulesLine(HEADER, file.path)]
    if is_ours(file):
        lines = going_on(lines, file.path)
    index = len(lines)
    if prepend:
        rules = [number for number, line in enumerate(lines) if line.statement and line.statement.rule]
        index = rules[0] if rules else index
    new = [written_line(statement, file.path) for statement in statements]
    if new and new[0].statement.operation == "prepend":
        first = [
            number for number, line in enumerate(lines) if line.statement and line.statement.operation == "prepend"
        ]
        index = first[-1] + 1 if first else index
    lines[index:index] = new if any(map(continues, lines[:index])) else [_continue(file.path), *new]
    return file._replace(lines=tuple(lines))


def written_line(statement: Statement, path: str) -> RulesLine:
    """The line of a statement in a file. Its text is written such that auditctl of the host can read all of it."""
    return RulesLine(statement.text, path, statement._replace(unread=()) if statement.unread else statement)


def going_on(lines: Iterable[RulesLine], path: str) -> List[RulesLine]:
    """The lines, at whose head auditctl is told to go on after errors, unless it is told before the first rule."""
    lines = list(lines)
    rules = (number for number, line in enumerate(lines) if line.error or (line.statement and line.statement.rule))
    if not any(map(continues, lines[: next(rules, len(lines))])):
        lines.insert(1 if lines and lines[0].text == HEADER else 0, _continue(path))
    return lines


def without_needless_continue(before: Sequence[RulesFile], after: Sequence[RulesFile]) -> List[RulesFile]:
    """The files, all of them in their order, without a line -i that governs nothing any more.

    With the last of our rules, the -i that was written before it leaves the file of somebody else. Nobody knows who
    wrote a line -i, so it goes only if it changes nothing: it is the last line of its file, it was not the last before,
    and every rule of later files comes after a -i or -c of its own. To keep the line is safe: it costs no rule at a
    boot, which its removal might.
    """
    texts = {file.path: file.text for file in before}
    lines_before = {file.path: _saying(file) for file in before}
    kept = []
    for number, file in enumerate(after):
        said = _saying(file)
        former = lines_before.get(file.path, [])
        is_last = bool(said) and said[-1].text.strip() == CONTINUE
        changed = is_last and bool(former) and former[-1].text.strip() != CONTINUE
        if changed and texts.get(file.path) is not None and not is_ours(file) and not _governs(after[number + 1 :]):
            lines = list(file.lines)
            del lines[max(place for place, line in enumerate(lines) if line is said[-1])]
            file = file._replace(lines=tuple(lines))
        kept.append(file)
    return kept


def _saying(file: RulesFile) -> List[RulesLine]:
    return [line for line in file.lines if line.statement or line.error]


def _governs(files: Sequence[RulesFile]) -> bool:
    """Whether a line in these files is read as it is only because of a -i before them."""
    for line in (line for file in files for line in _saying(file)):
        if continues(line):
            return False
        if line.error or line.statement.rule:
            return True
    return False


def _continue(path: str) -> RulesLine:
    return RulesLine(CONTINUE, path, Statement("control", CONTINUE, control=(CONTINUE, "")))


def compile_rules(texts: Iterable[str], white_space: Callable[[], bool], keep_returns: bool = False) -> str:
    r"""What augenrules writes to audit.rules for these files.

    ``white_space`` tells whether this host's awk understands ``\s``: mawk reads it as the letter s, so it does not
    move an indented ``-e 2``. It is called only if a line depends on it. ``keep_returns``: releases before 3.1.1 leave
    carriage returns at the ends of lines.
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


def _names(directory: str) -> List[str]:
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise FileError(f"{directory} cannot be read: {error.strerror}") from error
    return sorted((name for name in names if name.endswith(".rules") and not name.startswith(".")), key=version_key)


def _load(name: str, directory: str, resolver: Resolver) -> RulesFile:
    path = os.path.join(directory, name)
    text = None if is_masked(path) else read_text(path)
    return RulesFile(path, text, tuple(parse_file(text or "", path, resolver)))


def awk_knows_white_space() -> bool:
    r"""Whether this host's awk reads ``\s`` as white space; mawk reads it as the letter s."""
    awk = shutil.which("awk")
    if awk is None:
        return False
    question = [awk, r'BEGIN { exit !match(" ", "^\\s$") }']
    # AnsibleModule.run_command belongs to the module, which this box does not know.
    return subprocess.call(question, stdin=subprocess.DEVNULL) == 0  # pylint: disable=ansible-bad-function
