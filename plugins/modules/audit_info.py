#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_info
short_description: Read what the Linux audit system does, and where it differs from its files
version_added: 0.1.0
description:
  - Returns the rules and settings of the running kernel, those of the files of C(rules.d), and where the two differ.
  - Rules are compared by what they match and by their keys, not by how they are written.
  - The files are taken as augenrules(8) and C(auditctl -R) load them. Later lines for a setting replace earlier ones,
    C(-d) and C(-W) take away, C(-A) puts first. A line that is not understood counts for nothing, and keeps
    RV(in_sync) from being true.
author:
  - The linux.audit contributors (@linux-audit)
extends_documentation_fragment:
  - linux.audit.attributes
  - linux.audit.attributes.actiongroup_audit
attributes:
  check_mode:
    support: full
  diff_mode:
    support: N/A
    details:
      - It changes nothing.
  idempotent:
    support: full
  platform:
    support: full
    platforms: linux
options:
  rules_dir:
    description: The directory of rules files that augenrules(8) reads.
    type: path
    default: /etc/audit/rules.d
notes:
  - A host whose audit system cannot be asked (a container, a kernel booted with C(audit=0), a user who is not root) is
    no failure. It has RV(available=false), and no value that needs the kernel, RV(in_sync) among them.
  - Each RV(rules[].rule) can be given to M(linux.audit.audit_rule) and M(linux.audit.audit_ruleset).
seealso:
  - module: linux.audit.audit_rule
  - module: linux.audit.audit_ruleset
  - module: linux.audit.audit_control
  - name: augenrules(8)
    description: How the files of rules.d are put together.
    link: https://man7.org/linux/man-pages/man8/augenrules.8.html
"""

EXAMPLES = r"""
- name: Look at the audit system
  linux.audit.audit_info:
  register: audit

- name: Tell what was changed by hand since the rules were loaded
  ansible.builtin.debug:
    var: audit.drift
  when: not audit.in_sync | default(true)

- name: Find rules files that auditctl does not load
  ansible.builtin.debug:
    msg: "{{ audit.files | selectattr('error', 'defined') }}"
"""

RETURN = r"""
available:
  description: Whether the audit system of the kernel could be asked.
  type: bool
  returned: success
  sample: true
reason:
  description: Why it could not be asked.
  type: str
  returned: when RV(available=false)
  sample: "only root can read and change audit rules (become: true)"
status:
  description: The status of the kernel, as C(auditctl -s) shows it. Values that an older kernel does not know are V(0).
  type: dict
  returned: when RV(available=true)
  contains:
    enabled:
      description: V(disabled), V(enabled) or V(immutable).
      type: str
    failure:
      description: What happens when an event cannot be recorded, V(silent), V(printk) or V(panic).
      type: str
    pid:
      description: The process that gets the records, V(0) for none.
      type: int
    rate_limit:
      description: How many records a second are taken, V(0) for any number.
      type: int
    backlog_limit:
      description: How many records may wait for the daemon.
      type: int
    lost:
      description: How many records were lost.
      type: int
    backlog:
      description: How many records wait.
      type: int
    features:
      description: What this kernel can do, the names of C(AUDIT_FEATURE_BITMAP_) in lower case.
      type: list
      elements: str
    backlog_wait_time:
      description: How long the kernel waits when the backlog is full, in jiffies.
      type: int
    backlog_wait_time_actual:
      description: How long it has waited, in jiffies.
      type: int
  sample:
    enabled: enabled
    failure: printk
    pid: 412
    rate_limit: 0
    backlog_limit: 8192
    lost: 0
    backlog: 0
    features: [backlog_limit, backlog_wait_time, executable_path, exclude_extend, sessionid_filter, lost_reset]
    backlog_wait_time: 15000
    backlog_wait_time_actual: 0
loginuid_immutable:
  description: Whether login uids cannot be changed once they are set.
  type: bool
  returned: when RV(available=true)
  sample: false
rules:
  description: The rules that the kernel holds, in its order.
  type: list
  elements: dict
  returned: when RV(available=true)
  contains:
    text:
      description: The canonical form, which is the same for all rules that mean the same.
      type: str
    rule:
      description: The same as a structure.
      type: dict
  sample:
    - text: -a always,exit -F path=/etc/passwd -F perm=wa -F key=identity
      rule:
        list: exit
        action: always
        arch: []
        syscalls: []
        fields: [path=/etc/passwd, perm=wa]
        comparisons: []
        keys: [identity]
files:
  description:
    - The lines of the files of O(rules_dir), in the order of their names, without comments.
    - If the directory cannot be read there is one entry for it, with RV(files[].error).
  type: list
  elements: dict
  returned: success
  contains:
    path:
      description: The file.
      type: str
    line:
      description: The number of the line.
      type: int
    text:
      description: The line as it is written.
      type: str
    operation:
      description: What the line does, V(append), V(prepend), V(delete) or V(control).
      type: str
      returned: when the line is understood
    rule:
      description: The rule as a structure, with values as they are resolved on the host.
      type: dict
      returned: when the line is about a rule
    setting:
      description:
        - The C(option) and C(value) of a control line, with the C(name) that M(linux.audit.audit_control) gives to the
          setting if it is one.
      type: dict
      returned: when the line is a control line
    error:
      description: What is wrong with the line.
      type: str
      returned: when the line is not understood
  sample:
    - path: /etc/audit/rules.d/audit.rules
      line: 6
      text: -b 8192
      operation: control
      setting:
        option: -b
        name: backlog_limit
        value: 8192
    - path: /etc/audit/rules.d/30-site.rules
      line: 2
      text: -w /etc/passwd -p wb
      error: "'wb': must be one to four of the letters r (read), w (write), x (execute), a (attributes)"
problems:
  description:
    - What would go wrong with the files at the next boot, in the order of their lines.
    - Lines that are not understood, or not by the auditctl of the host; rules that are there twice, or never looked at,
      as another one matches first; directories that are missing; fields that the kernel does not know; a lock (C(-e 2))
      before other rules; a file that ends within a line.
  type: list
  elements: dict
  returned: when the files can be read
  contains:
    path:
      description: The file.
      type: str
    line:
      description: The number of the line, V(0) for the file as a whole.
      type: int
    text:
      description: The line as it is written.
      type: str
    reason:
      description: What is wrong with it.
      type: str
    stops_loading:
      description: Whether auditctl loads nothing of what is behind the line.
      type: bool
  sample:
    - path: /etc/audit/rules.d/30-site.rules
      line: 7
      text: -w /etc/passwd -p wa -k id
      reason: "repeats an earlier rule (/etc/audit/rules.d/10-base.rules:3: '-w /etc/passwd -p wa -k id')"
      stops_loading: true
drift:
  description: How the kernel differs from the files. Rules are in canonical form.
  type: dict
  returned: when kernel and files could be read
  contains:
    missing:
      description: Rules that the files have and the kernel has not.
      type: list
      elements: str
    extra:
      description: Rules that the kernel has and the files have not.
      type: list
      elements: str
    other_key:
      description: Rules that both have, under other keys, as a C(file) and a C(kernel) rule.
      type: list
      elements: dict
    out_of_order:
      description:
        - Pairs of rules which the files have in the order C(first), C(second) and the kernel has the other way round,
          if some event may match both and would be treated differently.
        - For each rule, the first of those that it is to stand behind.
      type: list
      elements: dict
    settings:
      description: Settings that differ, with their C(name), and the values of C(file) and C(kernel).
      type: list
      elements: dict
  sample:
    missing: [-a always,exit -F path=/etc/shadow -F perm=wa -F key=identity]
    extra: []
    other_key:
      - file: -a always,exit -F path=/etc/passwd -F perm=wa -F key=identity
        kernel: -a always,exit -F path=/etc/passwd -F perm=wa -F key=passwd
    out_of_order: []
    settings:
      - name: backlog_limit
        file: 8192
        kernel: 64
in_sync:
  description: Whether there is no drift, and nothing in the files that is not understood.
  type: bool
  returned: when kernel and files could be read
  sample: false
pending:
  description:
    - What an immutable kernel (C(enabled 2)) lacks until the next boot, as arguments of auditctl.
    - Not among them are rules which the kernel would not take at a boot either, as a directory is missing.
  type: list
  elements: str
  returned: when kernel and files could be read
  sample: []
reboot_required:
  description: Whether the kernel takes what it lacks only at a boot.
  type: bool
  returned: when kernel and files could be read
  sample: false
versions:
  description:
    - The release of auditctl and that of the kernel.
    - The former is none where auditctl is not installed. It does not tell its release to users other than root, nor
      where the kernel has no audit system.
  type: dict
  returned: success
  sample:
    audit: 4.0.2
    kernel: 6.12.48-amd64
daemon:
  description: The process that the kernel sends its records to. Without one, C(pid) is V(0) and C(name) is none.
  type: dict
  returned: when RV(available=true)
  sample:
    pid: 412
    running: true
    name: auditd
plugins:
  description: The plugins of the daemon in C(/etc/audit/plugins.d) and C(/etc/audisp/plugins.d).
  type: list
  elements: dict
  returned: when they can be read
  sample:
    - name: syslog
      path: /etc/audit/plugins.d/syslog.conf
      active: false
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._daemon.plugins_d import installed_plugins
from ansible_collections.linux.audit.plugins.module_utils._host.files import FileError
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import DEFAULT_DIRECTORY
from ansible_collections.linux.audit.plugins.module_utils._policy.survey import gather

ARGUMENTS = {"rules_dir": {"type": "path", "default": DEFAULT_DIRECTORY}}


def plugins(version):
    """The plugins of the daemon."""
    return [
        {"name": plugin.name, "path": plugin.path, "active": plugin.active} for plugin in installed_plugins(version)
    ]


def info(parameters, mode):
    """What the host holds; the result of the module."""
    host = Host()
    result = dict(gather(parameters["rules_dir"], host), changed=False)
    try:
        result["plugins"] = plugins(host.version)
    except FileError as error:
        result["warnings"] = [str(error)]
    return result


def main():
    run(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), info)


if __name__ == "__main__":
    main()
