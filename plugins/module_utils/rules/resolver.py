# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""What the library must be told of the host that a rule is for."""

from typing import Optional, Tuple

__all__ = ("Resolver",)


class Resolver:
    """A host of which only the machine is known; whoever knows more overrides more.

    auditctl resolves names when it loads a rule, on the host that loads it, so a rule with a name in it has a meaning
    only together with a host.
    """

    #: uname -m of the host: what b64, b32 and a rule without an arch refer to
    machine: str = "x86_64"

    #: release of the host's auditctl, as in (4, 0, 2): releases with load-time expansion of ``-F perm=`` load another
    #: rule than the older ones where ``-S`` is given as well. None: a release without it.
    version: Optional[Tuple[int, ...]] = None

    def uid(self, name: str) -> Optional[int]:
        """The user id of a name, None when there is no such user."""
        return 0 if name == "root" else None

    def gid(self, name: str) -> Optional[int]:
        """The group id of a name, None when there is no such group."""
        return 0 if name == "root" else None

    def is_directory(self, path: str) -> bool:
        """Whether ``-w path`` watches a tree: auditctl looks, following links, when it loads the rule."""
        return path.endswith("/")
