# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file of the daemon is checked against: a release, how its programs were built, and what is on the host."""

import os
from typing import Callable, FrozenSet, NamedTuple, Optional

from .._host.files import file_status
from .._host.host import Host
from .._host.programs import find_program
from .schema import Version

__all__ = ("LIBRARIES", "Target", "built_with", "target_on")

#: Optional features of a program of audit, by the library that a program with the feature names.
LIBRARIES = {"krb5": b"libgssapi_krb5", "tls": b"libssl"}


class Target(NamedTuple):
    """A release; which of LIBRARIES its program was built with, None if that is not known; and the host.

    ``stat`` gives what stat(2) says of a path, None without a file; ``gid`` the id of a group, None without a group.
    """

    version: Version
    built: Optional[FrozenSet[str]] = None
    stat: Callable[[str], Optional[os.stat_result]] = lambda path: None
    gid: Callable[[str], Optional[int]] = lambda name: None


def target_on(host: Host, version: Version, program: str) -> Target:
    """A target on this host. How the program was built is known only if the release is the one that is installed."""
    path = find_program(program) if version == host.version else None
    return Target(version, built_with(path) if path else None, file_status, host.gid)


def built_with(program: str) -> Optional[FrozenSet[str]]:
    """Which of krb5 and tls a program was built with; None if it cannot be read."""
    try:
        with open(program, "rb") as file:
            content = file.read()
    except OSError:
        return None
    return frozenset(name for name, library in LIBRARIES.items() if library in content)
