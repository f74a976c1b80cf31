# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a change of auditd.conf asks for, or of the audispd.conf of audit 2.8."""

import os
from typing import Mapping, Optional

from .apply import Effect
from .conf_change import ConfRequest, Values
from .conf_file import read_settings
from .keywords import AUDISPD_CONF, AUDITD_CONF, AUDITD_CONF_PATH
from .meaning import forgets_name, need
from .schema import Version
from .taken import file_now, has_read_its_file, remember

__all__ = ("AuditdConf", "plugin_restart_need", "reload_need")


class AuditdConf(ConfRequest):
    """Values of auditd.conf, or of another file like it, which has no effect on the daemon."""

    def __init__(self, path: str, wanted: Mapping[str, Optional[str]], version: Version) -> None:
        file = AUDISPD_CONF if os.path.basename(path) == AUDISPD_CONF.name else AUDITD_CONF
        super().__init__(file, path, wanted, version)

    def effect(self, before: Values, after: Values) -> Effect:
        """By the table of keywords."""
        return Effect(need(self.file, before, after, self.version) if self._in_use else "none")

    def missing(self, after: Values, pid: int) -> Effect:
        """A reload, if the daemon has not read the file since it last changed."""
        if not self._is_main or has_read_its_file(pid):
            return Effect("none")
        return Effect(reload_need(self.version))

    def taken(self, pid: int) -> None:
        """The daemon need not read a change again that means nothing to it."""
        if self._is_main:
            remember(pid, file_now())

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
