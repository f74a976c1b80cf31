#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_control
short_description: Set what the kernel's audit system does as a whole
version_added: 0.1.0
description:
  - Brings the settings of the running kernel, and the lines of C(rules.d) that set them at boot, to what is asked for.
  - Settings that are not named are left as they are.
author:
  - The linux.audit contributors (@linux-audit)
extends_documentation_fragment:
  - linux.audit.attributes
  - linux.audit.attributes.actiongroup_audit
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details:
      - A O(user_message) is recorded on every run, and O(reset_lost) changes what has been lost since the last run.
  platform:
    support: full
    platforms: linux
options:
  enabled:
    description:
      - Whether audit events are recorded.
      - V(immutable) also keeps rules and settings from being changed. It is the last thing that is set, and only a boot
        undoes it.
    type: str
    choices: [disabled, enabled, immutable]
  failure:
    description: What the kernel does when it cannot record an event.
    type: str
    choices: [silent, printk, panic]
  backlog_limit:
    description: How many records may wait for the daemon.
    type: int
  backlog_wait_time:
    description: How long the kernel waits when that many records wait, in jiffies.
    type: int
  rate_limit:
    description: How many records a second are taken, V(0) for any number.
    type: int
  loginuid_immutable:
    description:
      - Whether the login uid of a process cannot be changed once it is set.
      - It is locked together with being set, so that only a boot undoes it.
    type: bool
  reset_lost:
    description: Set the counter of lost records to 0.
    type: bool
  user_message:
    description: A text to record, as a record of the type USER (C(auditctl -m)).
    type: str
  live:
    description: Whether the running kernel is brought to what is asked for.
    type: bool
    default: true
  persistent:
    description: Whether the files of O(rules_dir) are brought to what is asked for.
    type: bool
    default: true
  file:
    description:
      - The file of O(rules_dir) that settings are written to which no file has yet. Its name must end in V(.rules).
      - A setting that stands in a file is changed there. Of several lines the last one counts.
    type: str
    default: 99-linux-audit-control.rules
  rules_dir:
    description:
      - The directory of rules files that augenrules(8) reads.
      - If it is named C(rules.d), the file C(audit.rules) beside it is made anew from it, as augenrules does.
    type: path
    default: /etc/audit/rules.d
  immutable:
    description:
      - What to do when the kernel takes a setting only after a boot.
      - V(stage) writes the files and returns RV(reboot_required) and RV(pending).
      - V(fail) fails and changes nothing.
    type: str
    choices: [stage, fail]
    default: stage
seealso:
  - module: linux.audit.audit_rule
  - name: auditctl(8)
    description: The settings and their values.
    link: https://man7.org/linux/man-pages/man8/auditctl.8.html
"""

EXAMPLES = r"""
- name: Let many records wait, and print a message when that is not enough
  linux.audit.audit_control:
    backlog_limit: 8192
    failure: printk

- name: Mark the log, and start counting lost records
  linux.audit.audit_control:
    user_message: maintenance begins
    reset_lost: true

- name: From the next boot on, let nobody change the rules
  linux.audit.audit_control:
    enabled: immutable
    live: false
"""

RETURN = r"""
before:
  description: The settings of the kernel before the task.
  type: dict
  returned: O(live=true)
  sample:
    backlog_limit: 64
    backlog_wait_time: 15000
    enabled: enabled
    failure: printk
    loginuid_immutable: false
    rate_limit: 0
after:
  description: The settings of the kernel after the task.
  type: dict
  returned: O(live=true)
  sample:
    backlog_limit: 8192
    backlog_wait_time: 15000
    enabled: enabled
    failure: printk
    loginuid_immutable: false
    rate_limit: 0
lost:
  description: How many records the kernel had lost, before the counter was reset.
  type: int
  returned: O(live=true)
  sample: 0
pending:
  description: What the kernel takes only after a boot, as arguments of auditctl.
  type: list
  elements: str
  returned: success
  sample: []
reboot_required:
  description: Whether the kernel will have what was asked for only after a boot.
  type: bool
  returned: success
  sample: false
immutable:
  description: Whether the kernel takes no change of rules and settings; only a boot undoes that.
  type: bool
  returned: O(live=true)
  sample: false
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._policy.control_lines import SETTINGS, run_control
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import DEFAULT_DIRECTORY


def main():
    module = AnsibleModule(
        argument_spec={
            "enabled": {"type": "str", "choices": ["disabled", "enabled", "immutable"]},
            "failure": {"type": "str", "choices": ["silent", "printk", "panic"]},
            "backlog_limit": {"type": "int"},
            "backlog_wait_time": {"type": "int"},
            "rate_limit": {"type": "int"},
            "loginuid_immutable": {"type": "bool"},
            "reset_lost": {"type": "bool"},
            "user_message": {"type": "str"},
            "live": {"type": "bool", "default": True},
            "persistent": {"type": "bool", "default": True},
            "file": {"type": "str", "default": "99-linux-audit-control.rules"},
            "rules_dir": {"type": "path", "default": DEFAULT_DIRECTORY},
            "immutable": {"type": "str", "choices": ["stage", "fail"], "default": "stage"},
        },
        required_one_of=[[setting.name for setting in SETTINGS] + ["reset_lost", "user_message"]],
        supports_check_mode=True,
    )
    run_control(module)


if __name__ == "__main__":
    main()
