# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: BSD-2-Clause
"""Rules with the paths that the kernel finds for them, so that rules for one place compare as such.

The kernel looks up a path when it is given the rule, and follows symbolic links: in a path and exe all but the one in
the last place, and in a dir that one as well if a slash follows it. So a dir without the slash, of which the last word
is a link, is a rule for the link itself, and matches nothing below it.
"""

from typing import Callable, Optional

from .model import Field, Rule, path_fields
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


def _with_paths(rule: Rule, host: Resolver, changed: Callable[[Field, Resolver], Field]) -> Rule:
    named = path_fields(rule)
    real = [changed(field, host) for field in named]
    if real == [*named]:
        return rule
    new = dict(zip(named, real))
    return rule._replace(fields=tuple(new.get(field, field) for field in rule.fields))


def _unfollowed(path: str, host: Resolver) -> Optional[str]:
    """The real path but for the last word, which may be a link; None if nothing is known of it."""
    parent, _slash, name = path.rstrip("/").rpartition("/")
    if name in ("", ".", ".."):
        return host.real_path(path)
    real = host.real_path(parent or "/")
    return None if real is None else real.rstrip("/") + "/" + name


def _of_file(field: Field, host: Resolver) -> Field:
    # The last word need not be looked up, and many rules have their files in one directory.
    unfollowed = _unfollowed(field.text, host)
    return field if unfollowed in (None, field.value) else field._replace(value=unfollowed)


def _as_held(field: Field, host: Resolver) -> Field:
    if field.name != "dir":
        return _of_file(field, host)
    real, unfollowed = host.real_path(field.text), _unfollowed(field.text, host)
    if real is None or unfollowed is None:
        return field
    if unfollowed == real or field.text.endswith("/"):
        return field._replace(value=real)
    # For the kernel, a link has no path below it.
    return field._replace(name="path", value=unfollowed)


def _as_meant(field: Field, host: Resolver) -> Field:
    if field.name != "dir":
        return _of_file(field, host)
    return field._replace(value=host.real_path(field.text) or field.value)


def _without_slash(field: Field, host: Resolver) -> Field:
    if field.name != "dir" or not field.text.endswith("/"):
        return field
    real = host.real_path(field.text)
    is_plain = real is not None and _unfollowed(field.text, host) == real
    return field._replace(value=field.text.rstrip("/") or "/") if is_plain else field
