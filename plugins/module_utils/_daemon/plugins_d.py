# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of the daemon's plugins, as it reads it."""

import os
import re
from typing import Dict, List, NamedTuple, Optional, Tuple

from .._host.files import FileError, read_text
from .conf_file import parse, values

__all__ = ("PluginFile", "installed_plugins", "is_read", "read_plugins")


class PluginFile(NamedTuple):
    """A plugin's file and what it says."""

    name: str
    path: str
    values: Dict[str, str]

    @property
    def active(self) -> bool:
        """Whether the daemon is to run it."""
        return self.values.get("active", "").lower() == "yes"


def is_read(name: str, version: Tuple[int, ...]) -> bool:
    """Whether the daemon takes a file of this name for one of a plugin."""
    if name.startswith(".") or name.count(".") > 1:
        return False
    return version < (4, 0, 3) or "." not in name or name.endswith(".conf")


def read_plugins(directory: str, version: Optional[Tuple[int, ...]]) -> List[PluginFile]:
    """The plugins of a folder, by name; without a version, those that any release reads. Raises FileError."""
    try:
        names = sorted(os.listdir(directory))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise FileError(f"{directory} cannot be read: {error.strerror}") from error
    found = []
    for name in names:
        path = os.path.join(directory, name)
        if is_read(name, version or ()) and os.path.isfile(path):
            found.append(PluginFile(re.sub(r"\.conf$", "", name), path, values(parse(read_text(path) or ""))))
    return found


# Of audit 3.0 and newer, and of older releases.
_DIRECTORIES = ("/etc/audit/plugins.d", "/etc/audisp/plugins.d")


def installed_plugins(version: Optional[Tuple[int, ...]]) -> List[PluginFile]:
    """The plugins of the daemon, by name. Raises FileError."""
    return [plugin for directory in _DIRECTORIES for plugin in read_plugins(directory, version)]
