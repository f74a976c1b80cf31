# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""What one line may have been loaded as: the host, or its auditctl, may have been another one then."""

from typing import Iterator

from .model import Rule, syscall_machine
from .permissions import format_permissions, permission_variants
from .statements import Statement

__all__ = ("loaded_forms",)


def loaded_forms(statement: Statement) -> Iterator[Rule]:
    """The rule, and what the same line was loaded as before if something else on the host has changed since.

    The path of -w may have been a directory, or not; and auditctl may have been of another release, which adds other
    syscalls because of a permission.
    """
    yield statement.rule
    named = statement.named_syscalls
    machine = None if named is None else syscall_machine(statement.rule.fields, "")
    if named is not None and machine:
        letters = format_permissions(*(field.number for field in statement.rule.fields if field.name == "perm"))
        for added in permission_variants(letters, machine):
            yield statement.rule._replace(syscalls=(named | added) or None)
    if statement.watch:
        first = statement.rule.fields[0]
        other = first._replace(name="dir" if first.name == "path" else "path")
        yield statement.rule._replace(fields=(other, *statement.rule.fields[1:]))
