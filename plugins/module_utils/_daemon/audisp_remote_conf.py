# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of audisp-remote.conf asks for, and what its plugin needs to run."""

import os
from typing import List, Mapping, Optional, Sequence

from .._host.files import read_text
from .._host.host import Host
from .._host.processes import programs_below
from .apply import Effect
from .auditd_conf import plugin_restart_need
from .conf_change import ConfRequest, Values
from .conf_file import parse, read_settings, values
from .keywords import REMOTE_CONF
from .plugins_d import PluginFile, installed_plugins
from .schema import Version
from .taken import is_older_than
from .target import target_on
from .validation import check

__all__ = ("REMOTE_PROGRAM", "AudispRemoteConf", "queue_directories", "remote_plugin_problems", "remote_settings",
           "runs_remote")  # fmt: skip

REMOTE_PROGRAM = "audisp-remote"


class AudispRemoteConf(ConfRequest):
    """Values of audisp-remote.conf, or of another file like it, which has no effect on the daemon."""

    program = REMOTE_PROGRAM

    def __init__(self, path: Optional[str], wanted: Mapping[str, Optional[str]], version: Version) -> None:
        standard = REMOTE_CONF.path(version)
        super().__init__(REMOTE_CONF, path or standard, wanted, version)
        #: The active plugins that read the file.
        self.plugins: Sequence[PluginFile] = ()
        if self.path == standard:
            plugins = installed_plugins(version)
            self.plugins = [plugin for plugin in plugins if plugin.active and runs_remote(plugin.values)]

    def effect(self, before: Values, after: Values) -> Effect:
        """The plugin reads its file when it is started, and not on HUP."""
        if not self.plugins:
            return Effect("none")
        return Effect(plugin_restart_need(self.version), tuple(plugin.values["path"] for plugin in self.plugins))

    def missing(self, before: Values, after: Values, pid: int) -> Effect:
        """A new plugin, if the one that runs was started before the file was last changed."""
        running = programs_below(pid, [plugin.values["path"] for plugin in self.plugins])
        old = tuple(path for path, number in running.items() if is_older_than(number, self.path))
        return Effect(plugin_restart_need(self.version), old) if old else Effect("none")

    def may_lack_value(self) -> Sequence[str]:
        """The file of the packages has a remote_server without a value."""
        return () if self.plugins else ("remote_server",)

    def problems(self, after: Values) -> List[str]:
        """Without a server an active plugin would end at once."""
        if self.plugins and not after.get("remote_server"):
            return [f"remote_server must have a value while {self.plugins[0].path} has the plugin active"]
        return []

    def directories(self, after: Values) -> List[str]:
        """That of the queue."""
        return queue_directories(after)


def runs_remote(plugin: Values) -> bool:
    """Whether the file of a plugin with these values is that of audisp-remote."""
    return os.path.basename(plugin.get("path", "")) == REMOTE_PROGRAM


def remote_settings(version: Version) -> Values:
    """The values of audisp-remote.conf. Raises FileError."""
    return read_settings(REMOTE_CONF.path(version), REMOTE_CONF.unended)


def queue_directories(held: Values) -> List[str]:
    """The directory in which audisp-remote with these values keeps its queue, and which it does not make."""
    if held.get("mode", "").lower() != "forward":
        return []
    return [os.path.dirname(held.get("queue_file") or REMOTE_CONF.keywords["queue_file"].default)]


def remote_plugin_problems(version: Version, host: Host) -> List[str]:
    """Why audisp-remote would end at once with its file as it is. Raises FileError."""
    path = REMOTE_CONF.path(version)
    lines = parse(read_text(path) or "", REMOTE_CONF.unended)
    problems = check(REMOTE_CONF, lines, target_on(host, version, REMOTE_PROGRAM))
    reasons = [problem.at(path) for problem in problems if problem.key != "remote_server"]
    if not values(lines).get("remote_server"):
        reasons.append(f"{path} has no remote_server, without which the plugin ends at once; set it first")
    return reasons
