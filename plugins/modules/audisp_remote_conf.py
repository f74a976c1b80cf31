#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audisp_remote_conf
short_description: Set how audit records are sent to another host
version_added: 0.1.0
description:
  - Sets keywords of audisp-remote.conf(5). Before the file is written, it is checked against the release that is
    installed. Then the plugin au-remote is started again if it is active, because it reads the file only at its start.
  - Use M(linux.audit.audisp_plugin) to make the plugin active.
author:
  - The linux.audit contributors (@linux-audit)
extends_documentation_fragment:
  - linux.audit.attributes
  - linux.audit.attributes.actiongroup_audit
  - linux.audit.daemon
  - linux.audit.daemon.settings
options:
  path:
    description:
      - The file. The default is C(/etc/audit/audisp-remote.conf), and before audit 3.0
        C(/etc/audisp/audisp-remote.conf).
      - Any other file is checked and written, but has no effect on the plugin.
    type: path
notes:
  - Before audit 4.2 only a restart of the daemon starts the plugin again. Since audit 4.2 a reload is enough.
  - If C(mode) is V(forward), the directory of C(queue_file) is made if it is missing. The plugin does not make it, and
    without it ends each time it is started.
  - While the plugin is active, C(remote_server) must have a value. In the file of the packages it has no value.
seealso:
  - module: linux.audit.audisp_plugin
  - module: linux.audit.auditd_conf
  - name: audisp-remote.conf(5)
    description: The keywords.
    link: https://man7.org/linux/man-pages/man5/audisp-remote.conf.5.html
"""

EXAMPLES = r"""
- name: Send records to another host, and keep them while it cannot be reached
  linux.audit.audisp_remote_conf:
    settings:
      remote_server: 192.0.2.10
      port: 60
      mode: forward
      network_failure_action: warn_once
      heartbeat_timeout: 20

- name: Keep more records in the queue
  linux.audit.audisp_remote_conf:
    option: queue_depth
    value: 20000
"""

RETURN = r"""
file:
  description: The file.
  type: str
  returned: success
  sample: /etc/audit/audisp-remote.conf
version:
  description: The release that the file was checked against.
  type: str
  returned: success
  sample: 3.0.9
before:
  description: The old values of the keywords that have changed. A keyword without a line is null.
  type: dict
  returned: success
  sample: {mode: immediate}
after:
  description: The new values of these keywords.
  type: dict
  returned: success
  sample: {mode: forward}
action:
  description: What was done to put the change into effect, one of V(none), V(reload) and V(restart).
  type: str
  returned: success
  sample: restart
confirmed:
  description:
    - Whether the daemon has said that it has read its files, or is a new process. V(true) if nothing was asked of it.
    - If this is V(false), the task warns, and the next run asks the daemon again.
  type: bool
  returned: success
  sample: true
pid:
  description: The process id of the daemon, V(0) if it is not running or nothing has changed.
  type: int
  returned: success
  sample: 812
reload_required:
  description:
    - Whether the change takes effect only after a reload, which the task has not done.
    - This stays V(true) in later runs until the daemon has read its files, also if these runs change nothing.
  type: bool
  returned: success
  sample: false
restart_required:
  description: Whether the change takes effect only after a restart, which the task has not done.
  type: bool
  returned: success
  sample: false
created:
  description: Directories that the task has made.
  type: list
  elements: str
  returned: success
  sample: [/var/spool/audit]
backup_file:
  description: The path of the copy of the old file.
  type: str
  returned: O(backup=true), and a file that existed has changed
  sample: /etc/audit/audisp-remote.conf.before-2026-01-31T12-00-00Z
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._daemon.arguments import (
    CONF_ARGUMENTS,
    SETTINGS_ARGUMENTS,
    asked_options,
    asked_settings,
    asked_version,
)
from ansible_collections.linux.audit.plugins.module_utils._daemon.audisp_remote_conf import AudispRemoteConf
from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_change import change_conf
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host

ARGUMENTS = {**CONF_ARGUMENTS, **SETTINGS_ARGUMENTS}


def audisp_remote_conf(parameters, mode):
    host = Host()
    version = asked_version(parameters, host)
    settings = asked_settings(parameters)
    return change_conf(
        lambda: AudispRemoteConf(parameters["path"], settings, version), asked_options(parameters), host, *mode
    )


def main():
    module = AnsibleModule(
        ARGUMENTS,
        required_one_of=[["settings", "option"]],
        mutually_exclusive=[["settings", "option"], ["settings", "value"]],
        supports_check_mode=True,
    )
    run(module, audisp_remote_conf)


if __name__ == "__main__":
    main()
