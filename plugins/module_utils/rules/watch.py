# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""A watch of a path in the two forms that mean the same: -w, and rules with path or dir and perm for each arch."""

from typing import List, Sequence, Tuple

from . import tables
from .errors import RuleError
from .parse import Statement, parse_arguments
from .resolver import Resolver

__all__ = ("archs", "perm_syscalls", "statements")


def statements(
    path: str, is_directory: bool, permissions: str, keys: Sequence[str], style: str, resolver: Resolver
) -> Tuple[Tuple[Statement, ...], Tuple[Statement, ...]]:
    """The statements of the style ``syscall`` or ``watch``, and those of the other one. Raises RuleError.

    There is no form with -w for a path whose type is not what -w would find there.
    """
    path = path.rstrip("/") or "/" if path.startswith("/") else path
    key_words = [word for key in keys for word in ("-F", f"key={key}")]
    watch: Tuple[Statement, ...] = (
        parse_arguments(["-w", path, "-p", permissions] + [word for key in keys for word in ("-k", key)], resolver),
    )
    if (watch[0].rule.fields[0].name == "dir") is not is_directory:
        if style == "watch":
            raise RuleError(
                f"with -w {path} is watched as a {'file' if is_directory else 'directory'}, as that is what is there; "
                "use style: syscall",
                rule=watch[0].text,
            )
        watch = ()
    field = "dir" if is_directory else "path"
    modern = tuple(
        parse_arguments(
            [
                "-a",
                "always,exit",
                "-F",
                f"arch={arch}",
                *perm_syscalls(permissions, arch, resolver),
                "-F",
                f"{field}={path}",
                "-F",
                f"perm={permissions}",
                *key_words,
            ],
            resolver,
        )
        for arch in archs(resolver.machine)
    )
    return (modern, watch) if style == "syscall" else (watch, modern)


def archs(machine: str) -> List[str]:
    """The words b64 and b32, as far as a host of that machine has them."""
    return [arch for arch in ("b64", "b32") if tables.arch_number(arch, machine) is not None]


def perm_syscalls(permissions: str, arch: str, resolver: Resolver) -> List[str]:
    """-S all where the host's auditctl would refuse the rule at boot, for a syscall that the machine does not have."""
    machine = tables.arch_machine(tables.arch_number(arch, resolver.machine) or 0)
    if machine not in ("aarch64", "riscv64", "arm", "riscv32"):
        return []
    refused = tables.permission_syscalls_refused(permissions, machine, resolver.version)
    return ["-S", "all"] if refused else []
