# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of the daemon's plugins, as the daemon reads it, and the plugins that come with audit."""

import os
import re
from typing import Dict, List, Mapping, NamedTuple, Optional

from .._host.files import FileError
from .conf_file import read_settings
from .errors import ConfError
from .keywords import AUDISPD_CONF, AUDITD_CONF, PLUGIN_CONF, PLUGINS
from .schema import Plugin, Version, dotted

__all__ = ("PluginFile", "installed_plugins", "is_active", "is_read", "known_plugin", "plugin_directory",
           "read_plugins")  # fmt: skip


class PluginFile(NamedTuple):
    """The file of a plugin, and what it says."""

    name: str
    path: str
    values: Dict[str, str]

    @property
    def active(self) -> bool:
        """Whether the daemon is to run the plugin."""
        return is_active(self.values)


def is_active(values: Mapping[str, str]) -> bool:
    """Whether a plugin with these values is to run."""
    return values.get("active", "").lower() == "yes"


def is_read(name: str, version: Version) -> bool:
    """Whether the daemon reads a file of this name in the folder of plugins."""
    if name.startswith(".") or name.count(".") > 1:
        return False
    return version < (4, 0, 3) or "." not in name or name.endswith(".conf")


def plugin_directory(version: Version) -> str:
    """The folder from which the daemon reads its plugins, which its configuration may name. Raises FileError."""
    file = AUDITD_CONF if version >= (3, 0) else AUDISPD_CONF
    return read_settings(file.path(version)).get("plugin_dir", PLUGIN_CONF.path(version)).rstrip("/")


def read_plugins(directory: str, version: Optional[Version]) -> List[PluginFile]:
    """The plugins in a folder, by name; without a version, those that any release reads. Raises FileError."""
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
            found.append(PluginFile(re.sub(r"\.conf$", "", name), path, read_settings(path)))
    return found


def installed_plugins(version: Optional[Version]) -> List[PluginFile]:
    """The plugins in the folder of the daemon. Raises FileError.

    Without a version, those in the folders of all releases and in those that the configuration names.
    """
    if version is not None:
        return read_plugins(plugin_directory(version), version)
    releases = [since for since, _path in PLUGIN_CONF.path.steps]
    directories = [PLUGIN_CONF.path(release) for release in releases] + list(map(plugin_directory, releases))
    return [plugin for directory in dict.fromkeys(directories) for plugin in read_plugins(directory, None)]


def known_plugin(name: str, version: Version) -> Optional[Plugin]:
    """A plugin that comes with audit, by its name or that of its file; None for any other name. Raises ConfError."""
    for known, history in PLUGINS.items():
        files = {plugin.file for _since, plugin in history.steps}
        if name == known or name in files:
            plugin = history(version)
            if plugin is None:
                since = dotted(history.steps[0][0])
                raise ConfError(f"the plugin {known} comes with audit since {since}; this is audit {dotted(version)}")
            return plugin
    return None
