# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running host, as the rule library sees it."""

import grp
import os
import pwd
import re
from typing import Any, Dict, Optional, Tuple

from ..rules.resolver import Resolver
from .programs import ProgramError, find_program, run_program

__all__ = ("Host",)


class Host(Resolver):
    """Names, paths and the machine of this host; each name and each path is looked up once."""

    def __init__(self) -> None:
        self.machine = os.uname().machine
        #: The release of the kernel, as in (6, 1)
        self.kernel = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
        # A run reads the same lines as parameters, in rules.d and in audit.rules.
        self.already_read: Dict[Any, Any] = {}
        self._uids: Dict[str, Optional[int]] = {}
        self._gids: Dict[str, Optional[int]] = {}
        self._real_paths: Dict[str, Optional[str]] = {}
        self._version: Optional[Tuple[int, ...]] = None
        self._version_known = False

    # An attribute of Resolver; here it costs the run of a program, so it waits until somebody asks.
    @property
    def version(self) -> Optional[Tuple[int, ...]]:  # type: ignore[override]
        """The release of audit that is installed, None without one; looked up only when something depends on it."""
        if not self._version_known:
            self._version = _auditctl_version()
            self._version_known = True
        return self._version

    def uid(self, name: str) -> Optional[int]:
        """The user id of a name, None when there is no such user."""
        if name not in self._uids:
            try:
                self._uids[name] = pwd.getpwnam(name).pw_uid
            except (KeyError, ValueError, UnicodeError):
                self._uids[name] = None
        return self._uids[name]

    def gid(self, name: str) -> Optional[int]:
        """The group id of a name, None when there is no such group."""
        if name not in self._gids:
            try:
                self._gids[name] = grp.getgrnam(name).gr_gid
            except (KeyError, ValueError, UnicodeError):
                self._gids[name] = None
        return self._gids[name]

    def is_directory(self, path: str) -> bool:
        """Whether a watch of the path would now be a watch of a directory tree."""
        try:
            return os.path.isdir(path)
        except (ValueError, UnicodeError):
            return False

    def real_path(self, path: str) -> Optional[str]:
        """The path without symbolic links, as they are now; None if no file can have such a name."""
        if path not in self._real_paths:
            try:
                self._real_paths[path] = os.path.realpath(path)
            except (ValueError, UnicodeError):
                self._real_paths[path] = None
        return self._real_paths[path]


def _auditctl_version() -> Optional[Tuple[int, ...]]:
    # auditctl does not even print its version without audit in the kernel, or to users other than root. ausearch comes
    # with the same release, and does.
    for name, option in (("ausearch", "--version"), ("auditctl", "-v")):
        program = find_program(name)
        found = re.search(rb"version (\d+(?:\.\d+)*)", _output(program, option) if program else b"")
        if found:
            return tuple(int(part) for part in found.group(1).split(b"."))
    return None


def _output(program: str, option: str) -> bytes:
    try:
        return run_program([program, option], 10).output
    except ProgramError:
        return b""
