#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: auditd_conf
short_description: Set keywords of auditd.conf, the configuration of the audit daemon
version_added: 0.1.0
description:
  - Sets keywords of auditd.conf(5). Before the file is written, it is checked against the release of the daemon that is
    installed. Then the change is put into effect with a reload if that is enough, otherwise with a restart.
  - A daemon that finds one keyword or value that it does not know does not start. It has no option to check its
    configuration in advance.
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
      - The file. Audit 2.8 also has C(/etc/audisp/audispd.conf).
      - A file that the daemon does not read is checked and written, but has no effect on the daemon.
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
- name: Keep ten logs of 50 MB and warn before the disk is full
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

- name: Accept no records from other hosts
  linux.audit.auditd_conf:
    option: tcp_listen_port
    state: absent

- name: Lengthen the queue, but reload the daemon some other time
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
  description: The old values of the keywords that have changed. A keyword without a line is null.
  type: dict
  returned: success
  sample: {num_logs: "5"}
after:
  description: The new values of these keywords.
  type: dict
  returned: success
  sample: {num_logs: "10"}
action:
  description: What was done to put the change into effect, one of V(none), V(reload) and V(restart).
  type: str
  returned: success
  sample: reload
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
  description: Whether a value of the file, from this task or an earlier one, waits for a restart.
  type: bool
  returned: success
  sample: false
created:
  description: Directories that the task has made.
  type: list
  elements: str
  returned: success
  sample: []
backup_file:
  description: The path of the copy of the old file.
  type: str
  returned: O(backup=true), and a file that existed has changed
  sample: /etc/audit/auditd.conf.before-2026-01-31T12-00-00Z
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
from ansible_collections.linux.audit.plugins.module_utils._daemon.auditd_conf import AuditdConf
from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_change import change_conf
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host

ARGUMENTS = {
    **CONF_ARGUMENTS,
    **SETTINGS_ARGUMENTS,
    "path": {"type": "path", "default": "/etc/audit/auditd.conf"},
}


def auditd_conf(parameters, mode):
    host = Host()
    version = asked_version(parameters, host)
    settings = asked_settings(parameters)
    return change_conf(
        lambda: AuditdConf(parameters["path"], settings, version), asked_options(parameters), host, *mode
    )


def main():
    module = AnsibleModule(
        ARGUMENTS,
        required_one_of=[["settings", "option"]],
        mutually_exclusive=[["settings", "option"], ["settings", "value"]],
        supports_check_mode=True,
    )
    run(module, auditd_conf)


if __name__ == "__main__":
    main()
