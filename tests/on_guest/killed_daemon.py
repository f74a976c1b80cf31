# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a guest: sets a keyword of auditd.conf or restarts the daemon, and kills itself at a chosen moment.

`write`: after the file is replaced, before the daemon is told. `restart`: after the daemon has been told to end, before
another one is started. `set KEY VALUE`: not at all.
"""

import os
import signal
import sys

from ansible_collections.linux.audit.plugins.module_utils._daemon import auditd
from ansible_collections.linux.audit.plugins.module_utils._daemon.auditd_conf import AuditdConf
from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_change import ConfOptions, change_conf
from ansible_collections.linux.audit.plugins.module_utils._daemon.service import ServiceRequest, manage_daemon
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host

CONF = "/etc/audit/auditd.conf"


def kill_before(name):
    """Have the process killed when this method of the daemon is called."""

    def killed(self, *arguments):
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(auditd.Daemon, name, killed)


def change(key, value):
    host = Host()
    change_conf(lambda: AuditdConf(CONF, {key: value}, host.version), ConfOptions(), host, False, False)


def main(what, *words):
    if what == "write":
        kill_before("reload")
        change("freq", "33")
    elif what == "restart":
        kill_before("_await_end")
        manage_daemon(ServiceRequest(state="restarted"), Host(), False)
    else:
        change(*words)


if __name__ == "__main__":
    main(*sys.argv[1:])
