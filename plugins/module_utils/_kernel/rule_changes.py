# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Add rules to the kernel and delete them, several with one message to it.

A message costs a switch to the kernel and back, and in between whatever the record of the change wakes up. One for each
of thousands of rules costs more than the changes themselves.
"""

import errno
import os
import struct
import time
from typing import Container, Dict, NamedTuple, Sequence

from ..rules import wire
from ..rules.list_semantics import DROPPED, decision
from ..rules.model import Rule
from ..rules.render import render
from .errors import KernelError
from .netlink import IMMUTABLE, Kernel, KernelRule
from .reasons import refusal

__all__ = ("RuleChange", "RuleRefused", "appended", "change_rules", "deleted", "prepended")

_ADD_RULE, _DEL_RULE = 1011, 1012
# A message has at most so many bytes of rules. All others who have something for the audit system wait until the kernel
# has done what is in it, a login among them; so there is less in the next one if it took longer than so many seconds.
_MOST_BYTES = 1 << 15
_LONG = 0.01


class RuleRefused(KernelError):
    """The kernel refused a rule. ``code`` is the errno, ``rule`` the rule."""

    def __init__(self, rule: Rule, code: int, reason: str, action: str) -> None:
        line = render(rule, os.uname().machine)
        super().__init__(f"the kernel refuses to {action} the audit rule '{line}': {reason}")
        self.rule = rule
        self.code = code
        self.reason = reason


class RuleChange(NamedTuple):
    """A request to add or to delete a rule: its kind, the bytes of the rule, and the rule."""

    kind: int
    data: bytes
    rule: Rule


def appended(rule: Rule) -> RuleChange:
    """Add the rule after all rules of its list."""
    return RuleChange(_ADD_RULE, wire.encode(rule), rule)


def prepended(rule: Rule) -> RuleChange:
    """Add the rule before all rules of its list, even if the list already holds it."""
    data = wire.encode(rule)
    flags = struct.pack("=I", struct.unpack_from("=I", data)[0] | wire.PREPEND)
    return RuleChange(_ADD_RULE, flags + data[4:], rule)


def deleted(held: KernelRule) -> RuleChange:
    """Delete the first rule that is identical to the given rule."""
    return RuleChange(_DEL_RULE, held.data, held.rule)


def change_rules(kernel: Kernel, changes: Sequence[RuleChange], ignored: Container[int] = ()) -> None:
    """Make changes in their order.

    Raises RuleRefused for the first that the kernel refuses with an errno that is not ``ignored``. Then some of those
    after it may have been made.
    """
    done, most = 0, 1
    while done < len(changes):
        portion = _portion(changes, done, most)
        began = time.monotonic()
        for place, code in sorted(_refused(kernel, portion).items()):
            if code not in ignored:
                raise _refusal(kernel, portion[place], code)
        done += len(portion)
        most = 2 * most if time.monotonic() - began < _LONG else max(1, len(portion) // 2)


def _portion(changes: Sequence[RuleChange], first: int, most: int) -> Sequence[RuleChange]:
    """The changes from the first on that go in one message: at least one, and at most so many.

    The kernel goes on after a change that it refuses. So a rule that keeps events out of the log is sent alone: it is
    not added if a rule before it was refused, and no rule after it is deleted if it was not.
    """
    size, after = len(changes[first].data), first + 1
    while after < len(changes) and after - first < most and not any(map(_drops, changes[after - 1 : after + 1])):
        size += len(changes[after].data)
        if size > _MOST_BYTES:
            break
        after += 1
    return changes[first:after]


def _drops(change: RuleChange) -> bool:
    return decision(change.rule) is DROPPED


def _refused(kernel: Kernel, portion: Sequence[RuleChange]) -> Dict[int, int]:
    """Make changes with one message; the errno of those that the kernel refused, by their place."""
    try:
        return kernel.request_all([(change.kind, change.data) for change in portion])
    except OSError as error:
        if error.errno is None:
            raise
        if error.errno == errno.EMSGSIZE and len(portion) > 1:
            # Nothing was sent: this host lets a socket have less room (net.core.wmem_default).
            half = len(portion) // 2
            refused = _refused(kernel, portion[:half])
            refused.update((half + place, code) for place, code in _refused(kernel, portion[half:]).items())
            return refused
        if error.errno != errno.ENOBUFS:
            return {0: error.errno}
    # The kernel may have made a change although its answer was lost.
    held = {entry.rule for entry in kernel.rules()}
    not_done = [place for place, (kind, _data, rule) in enumerate(portion) if (rule in held) is not (kind == _ADD_RULE)]
    return dict.fromkeys(not_done, errno.ENOBUFS)


def _refusal(kernel: Kernel, change: RuleChange, code: int) -> RuleRefused:
    reason = refusal(code, change.rule)
    if code == errno.EPERM:
        # A process that may not read the status fails here, with a reason of its own.
        is_immutable = kernel.status().enabled == IMMUTABLE
        reason = (
            "the audit system is immutable until the next boot (enabled 2)" if is_immutable else "permission denied"
        )
    elif change.kind == _DEL_RULE and code == errno.ENOENT:
        reason = "there is no such rule"
    return RuleRefused(change.rule, code, reason, "add" if change.kind == _ADD_RULE else "delete")
