#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audisp_plugin
short_description: Set which programs get the records of the audit daemon
version_added: 0.1.0
description:
  - Sets the file of a plugin in the folder from which the daemon reads its plugins, and has the daemon start, stop or
    restart the plugin.
  - Plugins that come with audit are known by name, with their path, arguments and format in each release.
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
      - A custom plugin has the name of its file without C(.conf).
    type: str
    required: true
  state:
    description: Whether the plugin has a file.
    type: str
    choices: [present, absent]
    default: present
  active:
    description: Whether the daemon runs the plugin. In a new file the default is V(true).
    type: bool
  direction:
    description: In which direction records go. Audit 4.1.2 and newer ignore it.
    type: str
    choices: [out]
  plugin:
    description: The path of the program. A custom plugin needs it in a new file.
    type: path
  type:
    description: Whether the plugin is a program (V(always)) or a part of the daemon (V(builtin)).
    type: str
    choices: [always, builtin]
  args:
    description:
      - Arguments of the program. An empty list removes the arguments that the file has.
      - Before audit 4.0.1 a plugin has at most two arguments.
    type: list
    elements: str
  format:
    description: The format in which the program gets records.
    type: str
    choices: [string, binary]
  directory:
    description:
      - The folder of plugins. The default is the folder that the daemon reads, which C(plugin_dir) in C(auditd.conf)
        may name.
      - In any other folder the file is checked and written, but has no effect on the daemon.
    type: path
notes:
  - Before audit 4.2 a change of the path, the arguments or the format of a running plugin needs a restart of the
    daemon. A reload would do nothing.
  - A plugin counts as running if the daemon has a child that runs its path, as a program or as a script. So a script
    must not replace itself with another program by C(exec).
seealso:
  - module: linux.audit.audisp_remote_conf
  - module: linux.audit.auditd_conf
  - name: auditd-plugins(5)
    description: The files of plugins.
    link: https://man7.org/linux/man-pages/man5/auditd-plugins.5.html
"""

EXAMPLES = r"""
- name: Send records to syslog too, at the level notice
  linux.audit.audisp_plugin:
    name: syslog
    active: true
    args: [LOG_NOTICE]

- name: Offer records to programs on a socket
  linux.audit.audisp_plugin:
    name: af_unix
    active: true

- name: Remove a custom plugin
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
  description: The old values of the keywords that have changed. A keyword without a line is null.
  type: dict
  returned: success
  sample: {active: "no"}
after:
  description: The new values of these keywords.
  type: dict
  returned: success
  sample: {active: "yes"}
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
  description: Whether the change takes effect only after a restart, which the task has not done.
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
  sample: /etc/audit/plugins.d/syslog.conf.before-2026-01-31T12-00-00Z
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._daemon.arguments import (
    CONF_ARGUMENTS,
    asked_options,
    asked_version,
    text_of,
)
from ansible_collections.linux.audit.plugins.module_utils._daemon.audisp_plugin import AskedPlugin, AudispPlugin
from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_change import change_conf
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host

ARGUMENTS = {
    **CONF_ARGUMENTS,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "active": {"type": "bool"},
    "direction": {"type": "str", "choices": ["out"]},
    "plugin": {"type": "path"},
    "type": {"type": "str", "choices": ["always", "builtin"]},
    "args": {"type": "list", "elements": "str"},
    "format": {"type": "str", "choices": ["string", "binary"]},
    "directory": {"type": "path"},
}
# Keywords of the file whose parameter has another name.
_PARAMETERS = {"path": "plugin"}


def asked_plugin(parameters):
    """What the parameters ask for. An empty list of arguments asks for no line."""
    if parameters["state"] == "absent":
        return AskedPlugin(parameters["name"], parameters["directory"], removed=True)
    values = {}
    for key in ("active", "direction", "path", "type", "format"):
        name = _PARAMETERS.get(key, key)
        if parameters[name] is not None:
            values[key] = text_of(name, parameters[name])
    if parameters["args"] is not None:
        values["args"] = text_of("args", " ".join(parameters["args"])) if parameters["args"] else None
    return AskedPlugin(parameters["name"], parameters["directory"], values)


def audisp_plugin(parameters, mode):
    host = Host()
    version = asked_version(parameters, host)
    asked = asked_plugin(parameters)
    return change_conf(lambda: AudispPlugin(asked, version, host), asked_options(parameters), host, *mode)


def main():
    run(AnsibleModule(ARGUMENTS, supports_check_mode=True), audisp_plugin)


if __name__ == "__main__":
    main()
