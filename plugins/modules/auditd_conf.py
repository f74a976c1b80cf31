#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: auditd_conf
short_description: Set what the audit daemon is told by auditd.conf
version_added: 0.1.0
description:
  - Sets keywords of auditd.conf(5), checks the file against the release of the daemon that is installed before it is
    written, and has the daemon take it by the cheapest way that works.
  - A daemon that finds one keyword or value that it does not know does not start, and nothing but this check tells
    before.
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
      - The file. A daemon of audit 2.8 also has C(/etc/audisp/audispd.conf).
      - Another one than that of the daemon is written and checked, and not put into effect.
    type: path
    default: /etc/audit/auditd.conf
seealso:
  - module: linux.audit.audisp_plugin
  - module: linux.audit.audisp_remote_conf
  - module: linux.audit.auditd_service
  - name: auditd.conf(5)
    description: The keywords.
    link: https://man7.org/linux/man-pages/man5/auditd.conf.5.html
"""

EXAMPLES = r"""
- name: Keep ten logs of 50 MB, and stop the host from logging no more without a word
  linux.audit.auditd_conf:
    settings:
      num_logs: 10
      max_log_file: 50
      max_log_file_action: rotate
      space_left: 20%
      space_left_action: syslog
      admin_space_left: 10%
      disk_full_action: suspend

- name: Name this host in every record
  linux.audit.auditd_conf:
    option: name_format
    value: hostname

- name: Take records from no other host
  linux.audit.auditd_conf:
    option: tcp_listen_port
    state: absent

- name: Write a longer queue now, and restart the daemon some other time
  linux.audit.auditd_conf:
    settings: {q_depth: 4000}
    apply: none
    backup: true
"""

RETURN = r"""
file:
  description: The file.
  type: str
  returned: success
  sample: /etc/audit/auditd.conf
version:
  description: The release that the file was checked against.
  type: str
  returned: success
  sample: 3.0.9
before:
  description: The values before, of the keys that have changed. A key without a line is null.
  type: dict
  returned: success
  sample: {num_logs: "5"}
after:
  description: The values of these keys now.
  type: dict
  returned: success
  sample: {num_logs: "10"}
action:
  description: What was done for the daemon to take it, one of V(none), V(reload) and V(restart).
  type: str
  returned: success
  sample: reload
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
  sample: []
backup_file:
  description: Where the old file is kept.
  type: str
  returned: O(backup=true), and the file was there and has changed
  sample: /etc/audit/auditd.conf.before-2026-01-31T12-00-00Z
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_module import ARGUMENTS, SETTINGS_ARGUMENTS, run
from ansible_collections.linux.audit.plugins.module_utils._daemon.dispatcher import auditd_request


def main():
    module = AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            **SETTINGS_ARGUMENTS,
            "path": {"type": "path", "default": "/etc/audit/auditd.conf"},
        },
        required_one_of=[["settings", "option"]],
        mutually_exclusive=[["settings", "option"], ["settings", "value"]],
        supports_check_mode=True,
    )
    run(module, auditd_request)


if __name__ == "__main__":
    main()
