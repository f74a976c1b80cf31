# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of the file of a plugin asks for, and what a program needs to run as a plugin."""

import os
import re
import stat
from typing import Container, Dict, List, Mapping, NamedTuple, Optional

from .._host.files import file_status
from .._host.host import Host
from .._host.processes import programs_below
from .apply import Effect
from .audisp_remote_conf import queue_directories, remote_plugin_problems, remote_settings, runs_remote
from .auditd_conf import plugin_restart_need, reload_need
from .conf_change import ConfRequest, Values
from .conf_file import read_settings
from .errors import ConfError
from .keywords import PLUGIN_CONF, PLUGINS
from .meaning import effective
from .plugins_d import is_active, known_plugin, plugin_directory, read_plugins
from .schema import Plugin, Version

__all__ = ("AskedPlugin", "AudispPlugin", "effect_of_change", "program_problems")

# Changes of these take effect only when the plugin is started again.
_STARTED_WITH = ("path", "type", "args", "format")


class AskedPlugin(NamedTuple):
    """What is asked of a plugin: its name, the folder of its file (None: that of the daemon), and values by key."""

    name: str
    directory: Optional[str] = None
    values: Mapping[str, Optional[str]] = {}
    removed: bool = False


class AudispPlugin(ConfRequest):
    """Values of the file of a plugin, which the daemon reads if it is in the daemon's own folder."""

    def __init__(self, asked: AskedPlugin, version: Version, host: Host) -> None:
        if not re.match(r"[A-Za-z0-9_][A-Za-z0-9_-]*$", asked.name):
            raise ConfError(f"name must be a word of letters, digits, _ and -, not {asked.name!r}")
        self._host = host
        self._own_directory = plugin_directory(version)
        directory = (asked.directory or self._own_directory).rstrip("/")
        self._in_use = directory == self._own_directory
        known = known_plugin(asked.name, version)
        path = os.path.join(directory, f"{known.file if known else asked.name}.conf")
        wanted = {} if asked.removed else _wanted_values(asked, known, read_settings(path), version)
        super().__init__(PLUGIN_CONF, path, wanted, version, asked.removed)

    def effect(self, before: Values, after: Values) -> Effect:
        """That on the daemon, which may run the same program as another plugin."""
        if not self._in_use:
            return Effect("none")
        return effect_of_change(before, after, self.version, self._others())

    def missing(self, before: Values, after: Values, pid: int) -> Effect:
        """A reload, if the daemon does not run the plugin although it is active, or runs it although it is not."""
        path = after.get("path", "")
        if not self._in_use or not path.startswith("/") or is_active(after) == bool(programs_below(pid, [path])):
            return Effect("none")
        if is_active(after):
            return Effect(reload_need(self.version), (path,))
        return Effect("none" if path in self._others() else reload_need(self.version), (), (path,))

    def _others(self) -> List[Optional[str]]:
        """The programs of the other active plugins."""
        found = read_plugins(self._own_directory, self.version)
        return [plugin.values.get("path") for plugin in found if plugin.active and plugin.path != self.path]

    def problems(self, after: Values) -> List[str]:
        """Why the daemon would not run an active plugin, or why the plugin would end at once."""
        return program_problems(after, self.version, self._host) if self._in_use and is_active(after) else []

    def directories(self, after: Values) -> List[str]:
        """That of the queue of audisp-remote."""
        if self._in_use and is_active(after) and runs_remote(after):
            return queue_directories(remote_settings(self.version))
        return []


def _wanted_values(
    asked: AskedPlugin, known: Optional[Plugin], held: Dict[str, str], version: Version
) -> Dict[str, Optional[str]]:
    """The values that are asked for, and the standard ones that are not in the file. Raises ConfError."""
    wanted = dict(asked.values)
    standard: Dict[str, str] = {}
    if not held:
        standard["active"] = "yes"
        if version < (4, 1, 2):
            standard["direction"] = "out"
    if known:
        standard.update({key: getattr(known, key) for key in _STARTED_WITH if getattr(known, key)})
        if held.get("path", "").startswith("builtin_") and not known.path.startswith("builtin_"):
            # The file is from an older release, in which the plugin was a part of the daemon.
            held = {key: value for key, value in held.items() if key not in ("path", "type")}
    elif not held:
        standard.update({"type": "always", "format": "string"})
        if "path" not in wanted:
            names = ", ".join(sorted(PLUGINS))
            raise ConfError(
                f"{asked.name} is not a plugin of audit ({names}); "
                "for a custom one, set plugin to the path of its program"
            )
    for key, value in standard.items():
        if key not in held:
            wanted.setdefault(key, value)
    return {key: wanted[key] for key in PLUGIN_CONF.keywords if key in wanted}


def effect_of_change(before: Values, after: Values, version: Version, others: Container[Optional[str]]) -> Effect:
    """What a change of a plugin's file needs; ``others``: the programs of the other active plugins."""
    was, now = is_active(before), is_active(after)
    programs = (after["path"],) if now and after.get("path", "").startswith("/") else ()
    if was != now:
        ended = [before["path"]] if was and before.get("path") else []
        return Effect(reload_need(version), programs, tuple(path for path in ended if path not in others))
    old, new = (effective(PLUGIN_CONF, held, version) for held in (before, after))
    if not now or all(old[key] == new[key] for key in _STARTED_WITH):
        return Effect("none")
    return Effect(plugin_restart_need(version), programs)


def program_problems(held: Values, version: Version, host: Host) -> List[str]:
    """Why the daemon would not run an active plugin with these values, or why the plugin would end at once."""
    path = held.get("path", "")
    if path.startswith("builtin_"):
        return []
    info = file_status(path)
    if info is None:
        return [f"path = {path}: an active plugin needs its program, and there is no such file"]
    mode = stat.S_IMODE(info.st_mode)
    needed = 0o750 if version < (4, 0, 4) else 0o550
    if not stat.S_ISREG(info.st_mode) or info.st_uid != 0 or mode & needed != needed:
        return [
            f"path = {path}: an active plugin needs a program that is owned by root and has at least mode "
            f"{needed:04o}; this one is owned by user {info.st_uid} and has {mode:04o}"
        ]
    if version >= (4, 2) and mode & 0o022:
        return [f"path = {path}: since audit 4.2 it must not be writable by group or others; it has mode {mode:04o}"]
    return remote_plugin_problems(version, host) if runs_remote(held) else []
