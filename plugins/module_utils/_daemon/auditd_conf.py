# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of auditd.conf asks for, or of the audispd.conf of audit 2.8."""

import os
from typing import Mapping, Optional

from .apply import Effect
from .conf_change import ConfRequest, Values
from .conf_file import read_settings
from .keywords import AUDISPD_CONF, AUDITD_CONF, AUDITD_CONF_PATH
from .meaning import forgets_name, need, values_after_reload, waiting_for_restart
from .schema import Version
from .taken import file_now, has_read_its_file, remember, remember_values, running_values

__all__ = ("AuditdConf", "plugin_restart_need", "reload_need")


class AuditdConf(ConfRequest):
    """Values of auditd.conf, or of another file like it, which has no effect on the daemon."""

    def __init__(self, path: str, wanted: Mapping[str, Optional[str]], version: Version) -> None:
        file = AUDISPD_CONF if os.path.basename(path) == AUDISPD_CONF.name else AUDITD_CONF
        super().__init__(file, path, wanted, version)
        self._running: Optional[Values] = None

    def effect(self, before: Values, after: Values) -> Effect:
        """By the table of keywords."""
        return Effect(need(self.file, before, after, self.version) if self._in_use else "none")

    def missing(self, before: Values, after: Values, pid: int) -> Effect:
        """A restart for values that it takes no other way, or a reload if it has not read the file since it changed."""
        if not self._is_main:
            return Effect("none")
        self._running = running_values(pid, before)
        is_read = has_read_its_file(pid)
        if self._running is not None and waiting_for_restart(self.file, self._running, after, self.version):
            return Effect("restart", reloads=not is_read)
        return Effect("none" if is_read else reload_need(self.version))

    def done(self, action: str, need: str, after: Values, pid: int) -> None:
        """The daemon need not read a change again that means nothing to it; what it does not run with is noted."""
        if not self._is_main:
            return
        if need == "none":
            remember(pid, file_now())
        if self._running is not None and action == "reload":
            remember_values(pid, values_after_reload(self.file, self._running, after, self.version))
        elif self._running is not None and action == "none":
            remember_values(pid, self._running)

    @property
    def _in_use(self) -> bool:
        return self.path == self.file.path(self.version)

    @property
    def _is_main(self) -> bool:
        return self._in_use and self.path == AUDITD_CONF_PATH


def reload_need(version: Version) -> str:
    """What has the daemon read its files again: a reload, or a restart if a reload would make it forget its name."""
    return "restart" if forgets_name(read_settings(AUDITD_CONF_PATH), version) else "reload"


def plugin_restart_need(version: Version) -> str:
    """What ends a running plugin and starts it again: since audit 4.2 a reload does."""
    return reload_need(version) if version >= (4, 2) else "restart"
