#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audisp_plugin
short_description: Set which programs the audit daemon hands its records to
version_added: 0.1.0
description:
  - Sets the file of a plugin, in the folder of the release that is installed, and has the daemon start or stop it, or
    start it anew.
  - Those that come with audit are known by their names, with the path, the arguments and the format of each release.
author:
  - The linux.audit contributors (@linux-audit)
extends_documentation_fragment:
  - linux.audit.attributes
  - linux.audit.attributes.actiongroup_audit
  - linux.audit.daemon
options:
  name:
    description:
      - The plugin. V(syslog), V(af_unix), V(au-remote), V(filter), V(ids), V(statsd) and V(zos-remote) come with audit.
        Not every release and not every package has all of them.
      - Another one has the name of its file without C(.conf).
    type: str
    required: true
  state:
    description: Whether the plugin is to have a file.
    type: str
    choices: [present, absent]
    default: present
  active:
    description: Whether the daemon is to run it. A file that is made is active unless this says otherwise.
    type: bool
  direction:
    description: Which way records go. Audit 4.1.2 and newer do not look at it.
    type: str
    choices: [out]
  plugin:
    description: The path of the program. Needed for one that does not come with audit, when its file is made.
    type: path
  type:
    description: Whether it is a program or a part of the daemon.
    type: str
    choices: [always, builtin]
  args:
    description:
      - Arguments of the program. An empty list takes out those that are there.
      - Before audit 4.0.1 there are no more than two.
    type: list
    elements: str
  format:
    description: How the program gets the records.
    type: str
    choices: [string, binary]
  directory:
    description:
      - The folder of plugins. Without it the one that the daemon reads, which C(plugin_dir) of C(auditd.conf) may name.
      - In another one the file is written and checked, and not put into effect.
    type: path
notes:
  - Before audit 4.2 a change of the path, the arguments or the format of a plugin that runs takes a restart of the
    daemon. A reload would do nothing.
  - A plugin is taken to run if the daemon has a child that runs its path, as program or as script. So a script must not
    put another program in its place with C(exec).
seealso:
  - module: linux.audit.audisp_remote_conf
  - module: linux.audit.auditd_conf
  - name: auditd-plugins(5)
    description: The files of plugins.
    link: https://man7.org/linux/man-pages/man5/auditd-plugins.5.html
"""

EXAMPLES = r"""
- name: Send records to syslog as well, under a level of their own
  linux.audit.audisp_plugin:
    name: syslog
    active: true
    args: [LOG_NOTICE]

- name: Offer records to programs by a socket
  linux.audit.audisp_plugin:
    name: af_unix
    active: true

- name: Have no plugin of one's own any more
  linux.audit.audisp_plugin:
    name: site-alerts
    state: absent
"""

RETURN = r"""
file:
  description: The file.
  type: str
  returned: success
  sample: /etc/audit/plugins.d/syslog.conf
version:
  description: The release that the file was checked against.
  type: str
  returned: success
  sample: 3.0.9
before:
  description: The values before, of the keys that have changed. A key without a line is null.
  type: dict
  returned: success
  sample: {active: "no"}
after:
  description: The values of these keys now.
  type: dict
  returned: success
  sample: {active: "yes"}
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
  sample: /etc/audit/plugins.d/syslog.conf.before-2026-01-31T12-00-00Z
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_module import ARGUMENTS, run
from ansible_collections.linux.audit.plugins.module_utils._daemon.dispatcher import plugin_request


def main():
    module = AnsibleModule(
        argument_spec={
            **ARGUMENTS,
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "active": {"type": "bool"},
            "direction": {"type": "str", "choices": ["out"]},
            "plugin": {"type": "path"},
            "type": {"type": "str", "choices": ["always", "builtin"]},
            "args": {"type": "list", "elements": "str"},
            "format": {"type": "str", "choices": ["string", "binary"]},
            "directory": {"type": "path"},
        },
        supports_check_mode=True,
    )
    run(module, plugin_request)


if __name__ == "__main__":
    main()
