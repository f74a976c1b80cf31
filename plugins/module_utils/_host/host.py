# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The running host, as the rule library sees it."""

import grp
import os
import pwd
import re
import shutil
import subprocess
from typing import Dict, List, Optional, Tuple

from ..rules.resolver import Resolver

__all__ = ("Host",)


class Host(Resolver):
    """Names, paths and the machine of this host; each name is looked up once."""

    def __init__(self) -> None:
        self.machine = os.uname().machine
        #: The release of the kernel, as in (6, 1)
        self.kernel = tuple(map(int, re.findall(r"\d+", os.uname().release)[:2]))
        self._uids: Dict[str, Optional[int]] = {}
        self._gids: Dict[str, Optional[int]] = {}
        self._version: Optional[Tuple[int, ...]] = None
        self._version_known = False

    @property
    def version(self) -> Optional[Tuple[int, ...]]:
        """The release of the installed auditctl, None without one. Asked for by the few rules that depend on it."""
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


def _auditctl_version() -> Optional[Tuple[int, ...]]:
    # Without audit in the kernel, and to other users than root, auditctl does not even tell its version; ausearch, of
    # the same release, does.
    for command in (["ausearch", "--version"], ["auditctl", "-v"]):
        program = shutil.which(command[0], path="/sbin:/usr/sbin:/bin:/usr/bin:/usr/local/sbin")
        found = re.search(rb"version (\d+(?:\.\d+)*)", _output([program, command[1]]) if program else b"")
        if found:
            return tuple(int(part) for part in found.group(1).split(b"."))
    return None


def _output(command: List[str]) -> bytes:
    try:
        return subprocess.run(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            timeout=10,
            check=False,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return b""
