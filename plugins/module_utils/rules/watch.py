# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Watches of a path in their two forms: ``-w``, and rules with a path or dir and a perm for each arch.

Both forms log the same events. auditctl(8) recommends the second, because -w slows down every syscall.
"""

from typing import List, Sequence, Tuple

from . import tables
from .errors import RuleError
from .parse import Statement, parse_arguments
from .permissions import permission_syscalls_refused
from .resolver import Resolver

__all__ = ("archs", "permission_words", "statements")


def statements(
    path: str, is_directory: bool, permissions: str, keys: Sequence[str], style: str, resolver: Resolver
) -> Tuple[Tuple[Statement, ...], Tuple[Statement, ...]]:
    """The statements of a watch in one style ("syscall" or "watch"), and those in the other style.

    ``permissions`` are letters of rwxa. With -w, auditctl decides whether the path is a directory when it loads the
    rule. If what it finds is not what ``is_directory`` says, -w cannot express the watch: there are no statements in
    the style "watch", and asking for it raises RuleError.
    """
    path = path.rstrip("/") or "/" if path.startswith("/") else path
    key_words = [word for key in keys for word in ("-F", f"key={key}")]
    watch: Tuple[Statement, ...] = (
        parse_arguments(["-w", path, "-p", permissions] + [word for key in keys for word in ("-k", key)], resolver),
    )
    if (watch[0].rule.fields[0].name == "dir") is not is_directory:
        if style == "watch":
            raise RuleError(
                f"-w would watch {path} as a {'file' if is_directory else 'directory'}, because that is what it is on "
                "the host now; use style: syscall",
                rule=watch[0].text,
            )
        watch = ()
    field = "dir" if is_directory else "path"
    syscall_rules = tuple(
        parse_arguments(
            [
                "-a",
                "always,exit",
                "-F",
                f"arch={arch}",
                "-F",
                f"{field}={path}",
                # Not -F perm=, to which auditctl adds syscalls, fewer than the kernel can match (see permissions.py).
                "-p",
                permissions,
                *key_words,
            ],
            resolver,
        )
        for arch in archs(resolver.machine)
    )
    return (syscall_rules, watch) if style == "syscall" else (watch, syscall_rules)


def archs(machine: str) -> List[str]:
    """Those of the words b64 and b32 that ``-F arch=`` accepts on a host of that machine."""
    return [arch for arch in ("b64", "b32") if tables.arch_number(arch, machine) is not None]


def permission_words(permissions: str, arch: str, resolver: Resolver) -> List[str]:
    """The permissions of a rule with that arch as the host's auditctl reads them: ``-F perm=``, or else ``-p``.

    Some releases refuse ``-F perm=`` after an arch because of syscalls that the machine does not have, even with
    ``-S all`` (see permissions.py). Every release reads ``-p`` after a field.
    """
    machine = tables.arch_machine(tables.arch_number(arch, resolver.machine) or 0)
    # Asking a host for its release takes time, and the other machines have every one of these syscalls.
    if machine in ("aarch64", "riscv64", "arm", "riscv32") and permission_syscalls_refused(
        permissions, machine, resolver.version
    ):
        return ["-p", permissions]
    return ["-F", f"perm={permissions}"]
