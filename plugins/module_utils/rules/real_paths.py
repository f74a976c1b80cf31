# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Rules with the paths that the kernel finds for them, so that rules for one place compare as such.

The kernel looks up a path when it is given the rule, and follows symbolic links: in a path and exe all but the one in
the last place, and in a dir that one as well if a slash follows it. So a dir without the slash, of which the last word
is a link, is a rule for the link itself, and matches nothing below it.
"""

from typing import Callable

from .model import Field, Rule
from .resolver import Resolver

__all__ = ("meant_rule", "real_rule", "without_slash")


def real_rule(rule: Rule, host: Resolver) -> Rule:
    """The rule with the paths that it has in the kernel of a host, as the host's links are now."""
    return _with_paths(rule, host, _as_held)


def meant_rule(rule: Rule, host: Resolver) -> Rule:
    """The same, but for directories: who asks for a directory means what is in it, be it written as a link or not."""
    return _with_paths(rule, host, _as_meant)


def without_slash(rule: Rule, host: Resolver) -> Rule:
    """The rule without the slash after a directory, if that is no symbolic link, so that the slash means nothing."""
    return _with_paths(rule, host, _without_slash)


def _with_paths(rule: Rule, host: Resolver, changed: Callable[[Field, str, str], Field]) -> Rule:
    fields = []
    for field in rule.fields:
        real = host.real_path(field.text) if field.name in ("path", "dir", "exe") else None
        fields.append(field if real is None else changed(field, real, _unfollowed(field.text, real, host)))
    return rule._replace(fields=tuple(fields))


def _unfollowed(path: str, real: str, host: Resolver) -> str:
    """The real path but for the last word, which may be a link."""
    parent, _slash, name = path.rstrip("/").rpartition("/")
    if name in ("", ".", ".."):
        return real
    return (host.real_path(parent or "/") or parent).rstrip("/") + "/" + name


def _as_held(field: Field, real: str, unfollowed: str) -> Field:
    if field.name == "dir" and (unfollowed == real or field.text.endswith("/")):
        return field._replace(value=real)
    # For the kernel, a link has no path below it.
    return field._replace(name="path" if field.name == "dir" else field.name, value=unfollowed)


def _as_meant(field: Field, real: str, unfollowed: str) -> Field:
    return field._replace(value=real if field.name == "dir" else unfollowed)


def _without_slash(field: Field, real: str, unfollowed: str) -> Field:
    is_plain = field.name == "dir" and unfollowed == real
    return field._replace(value=field.text.rstrip("/") or "/") if is_plain else field
