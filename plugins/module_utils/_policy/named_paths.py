# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules whose path names something else than what is meant: a symbolic link itself, or a name with a wildcard.

The kernel looks up a path when it is given the rule, and does not follow a symbolic link in the last place
(kern_path_locked() for path and exe, kern_path() without LOOKUP_FOLLOW for dir). An access through the link is one to
the file that it leads to, which has another inode, so the rule does not match it. A link in any other place is
followed, and so is one with a slash after it, which auditctl takes off for -w alone. Neither auditctl nor the kernel
knows wildcards; auditctl warns of them, for -w alone.
"""

import os
from typing import NamedTuple, Optional

from ..rules.model import Rule, path_fields
from .places import is_link

__all__ = ("Misnamed", "misnamed")

#: Links of which only the replacement matters, and the manual page that says so.
_MEANT = {"/etc/localtime": "localtime(5): the time zone is changed by replacing this link"}
# The permission x. Linux (6.12 and 7.2 were asked) has both inodes in the event of a program started through a link,
# so that rules for either match.
_EXECUTE = 1


class Misnamed(NamedTuple):
    """What is wrong with a path of a rule, as a predicate of the rule, and what the rule records all the same.

    ``nothing``: the rule records nothing. ``tree``: it is the rule of a directory, of which it records nothing.
    """

    reason: str
    nothing: bool = False
    tree: bool = False


def misnamed(rule: Rule) -> Optional[Misnamed]:
    """What the paths of a rule do not name, as the host is now; None if they name what they seem to."""
    for field in path_fields(rule):
        name, operator, path = field.name, field.operator, field.text
        link = is_link(path)
        if link is None and ("*" in path or "?" in path):
            reason = f"names no file: auditctl and the kernel know no wildcards, and {path} does not exist"
            return Misnamed(reason, nothing=operator == "=")
        if link and path not in _MEANT and not (name == "path" and rule.value("perm") == _EXECUTE):
            return _of_link(rule, name, operator, path)
    return None


def _of_link(rule: Rule, name: str, operator: str, path: str) -> Misnamed:
    target = os.path.realpath(path)
    if name == "dir":
        reason = f"records nothing below {target}, because {path} is a symbolic link, which the kernel does not follow"
        return Misnamed(f"{reason}; name {target} instead", nothing=True, tree=True)
    if name == "exe" and operator == "=":
        reason = f"never matches, because {path} is a symbolic link, and the kernel compares with the link itself"
        return Misnamed(f"{reason}; name {target} instead", nothing=True)
    if name == "exe":
        return Misnamed(f"matches {target} as well, because {path} is a symbolic link to it; name {target} instead")
    reason = f"records changes of the symbolic link {path} itself, and not what happens to {target}, which it leads to"
    return Misnamed(f"{reason}; name {target} as well")
