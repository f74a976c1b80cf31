# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""What the library has to know about the host that a rule is for."""

from typing import Any, Dict, Optional, Tuple

__all__ = ("Resolver",)


class Resolver:
    """A host of which only the machine is known. A subclass that knows more about its host overrides more.

    auditctl resolves names when it loads a rule, on the host that loads it. So a rule that contains a name has a
    meaning only together with a host.
    """

    #: What ``uname -m`` prints on the host. It decides what b64, b32 and a rule without an arch mean.
    machine: str = "x86_64"

    #: The release of the host's auditctl, such as (4, 0, 2), or None if it is not known. It decides which names that
    #: auditctl can read, and which syscalls it adds for ``-F perm=`` (see permissions.py); None adds nothing.
    version: Optional[Tuple[int, ...]] = None

    #: What was read for this host: the statements of lines, by line, and parts of them (see parse.py). A subclass whose
    #: host does not change while the resolver is used sets an empty dictionary, so that no line is read twice.
    already_read: Optional[Dict[Any, Any]] = None

    def release(self) -> Optional[Tuple[int, ...]]:
        """The version, for who may not need it: a subclass may have to ask the host."""
        return self.version

    def uid(self, name: str) -> Optional[int]:
        """The id of a user by name, None if there is no such user."""
        return 0 if name == "root" else None

    def gid(self, name: str) -> Optional[int]:
        """The id of a group by name, None if there is no such group."""
        return 0 if name == "root" else None

    def is_directory(self, path: str) -> bool:
        """Whether ``-w path`` watches a directory tree. auditctl finds out with stat(2) when it loads the rule."""
        return path.endswith("/")

    def real_path(self, path: str) -> Optional[str]:
        """The path without symbolic links, as realpath(3) finds it; None if nothing is known of the host's files."""
        return None
