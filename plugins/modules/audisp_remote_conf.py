#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audisp_remote_conf
short_description: Set how audit records are sent to another host
version_added: 0.1.0
description:
  - Sets keywords of audisp-remote.conf(5), checks the file against the release that is installed before it is written,
    and has the plugin take it if it is active.
  - Whether it is active is said with M(linux.audit.audisp_plugin).
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
      - The file. Without it that of the release, C(/etc/audit/audisp-remote.conf), or before audit 3.0
        C(/etc/audisp/audisp-remote.conf).
      - Another one is written and checked, and not put into effect.
    type: path
notes:
  - The plugin reads its file when it is started. Before audit 4.2 only a restart of the daemon starts it anew.
  - The directory of C(queue_file) is made if C(mode) is V(forward) and it is missing, since the plugin does not make
    it, and without it ends as often as it is started.
  - While the plugin is active C(remote_server) must have a value. The file of the packages has none.
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

- name: Hold more of them
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
  description: The values before, of the keys that have changed. A key without a line is null.
  type: dict
  returned: success
  sample: {mode: immediate}
after:
  description: The values of these keys now.
  type: dict
  returned: success
  sample: {mode: forward}
action:
  description: What was done for the daemon to take it, one of V(none), V(reload) and V(restart).
  type: str
  returned: success
  sample: restart
pid:
  description: The process id of the daemon, V(0) if it does not run or was not asked for.
  type: int
  returned: success
  sample: 812
reload_required:
  description: Whether the daemon takes the change only after a reload that was not done.
  type: bool
  returned: success
  sample: false
restart_required:
  description: Whether the daemon takes the change only after a restart that was not done.
  type: bool
  returned: success
  sample: false
created:
  description: Directories that were made.
  type: list
  elements: str
  returned: success
  sample: [/var/spool/audit]
backup_file:
  description: Where the old file is kept.
  type: str
  returned: O(backup=true), and the file was there and has changed
  sample: /etc/audit/audisp-remote.conf.before-2026-01-31T12-00-00Z
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_module import ARGUMENTS, SETTINGS_ARGUMENTS, run
from ansible_collections.linux.audit.plugins.module_utils._daemon.dispatcher import remote_request


def main():
    module = AnsibleModule(
        argument_spec={**ARGUMENTS, **SETTINGS_ARGUMENTS},
        required_one_of=[["settings", "option"]],
        mutually_exclusive=[["settings", "option"], ["settings", "value"]],
        supports_check_mode=True,
    )
    run(module, remote_request)


if __name__ == "__main__":
    main()
