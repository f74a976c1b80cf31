#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: auditd_service
short_description: Start, stop, reload and restart the audit daemon, and ask it for what it does on a signal
version_added: 0.1.0
description:
  - Works where C(systemctl stop auditd) and C(systemctl restart auditd) are refused, and needs no C(service).
  - The daemon is told by signals to the process that the kernel sends its records to, so that its own records of them
    name who asked for it.
  - After a start the kernel must name a new process that stays alive, after a reload the daemon must say that it has
    read its files. Otherwise the task fails with the daemon's own words.
author:
  - The linux.audit contributors (@linux-audit)
extends_documentation_fragment:
  - linux.audit.attributes
  - linux.audit.attributes.actiongroup_audit
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: partial
    details:
      - The states V(reloaded) and V(restarted), and O(rotate), are done on every run.
  platform:
    support: full
    platforms: linux
options:
  state:
    description:
      - V(started) and V(stopped) do nothing where it is so.
      - V(reloaded) has the daemon read its files again, and is all that most changes of them need. No event is lost.
      - V(restarted) ends the daemon and starts it anew. Events are lost meanwhile, unless the kernel was booted with
        C(audit=1).
      - A daemon that does not run is started by V(reloaded) and V(restarted).
    type: str
    choices: [started, stopped, reloaded, restarted]
  enabled:
    description: Whether a boot starts the daemon. Needs systemd.
    type: bool
  rotate:
    description: Have the log files rotated, whatever their size.
    type: bool
    default: false
  resume:
    description: Have logging resumed if it has been suspended, as when the disk was full.
    type: bool
    default: false
  report:
    description: Ask the daemon for a report of its state, and return it.
    type: bool
    default: false
  validate:
    description:
      - Whether C(/etc/audit/auditd.conf) is checked before a daemon that runs is reloaded or restarted.
      - With a mistake in it the daemon would not be started again, and audit 4.1 ends even on a reload.
    type: bool
    default: true
seealso:
  - module: linux.audit.auditd_conf
  - name: auditd(8)
    description: The signals.
    link: https://man7.org/linux/man-pages/man8/auditd.8.html
"""

EXAMPLES = r"""
- name: Run the audit daemon, now and after every boot
  linux.audit.auditd_service:
    state: started
    enabled: true

# As a handler: all that most changes of its files need.
- name: Reload auditd
  linux.audit.auditd_service:
    state: reloaded

# For the settings that a reload does not reach.
- name: Restart auditd
  linux.audit.auditd_service:
    state: restarted

- name: Begin a new log file
  linux.audit.auditd_service:
    rotate: true

- name: Log again after a full disk, and see how much room is left
  linux.audit.auditd_service:
    resume: true
    report: true
  register: auditd
"""

RETURN = r"""
action:
  description: What was done to reach O(state), one of V(none), V(start), V(stop), V(reload) and V(restart).
  type: str
  returned: success
  sample: reload
pid:
  description: The process that the kernel sends its records to, V(0) if the daemon does not run.
  type: int
  returned: success
  sample: 812
enabled:
  description: Whether a boot starts the daemon; null where systemd does not run it.
  type: bool
  returned: success
  sample: true
manager:
  description: What starts the daemon, one of V(systemd), V(sysvinit) and V(none).
  type: str
  returned: success
  sample: systemd
version:
  description: The release of audit that is installed.
  type: str
  returned: success
  sample: 3.0.9
report:
  description:
    - The state of the daemon by name, as it reports it; yes and no as booleans.
    - Which there are depends on the release.
  type: dict
  returned: O(report=true)
  sample:
    current_log_size: 31 KB
    logging_suspended: false
    max_log_size: 8192 KB
    number_of_active_plugins: 0
    plugin_queue_overflow_detected: false
    space_left_on_partition: true
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._daemon.service import run_service


def main():
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["started", "stopped", "reloaded", "restarted"]},
            "enabled": {"type": "bool"},
            "rotate": {"type": "bool", "default": False},
            "resume": {"type": "bool", "default": False},
            "report": {"type": "bool", "default": False},
            "validate": {"type": "bool", "default": True},
        },
        required_one_of=[["state", "enabled", "rotate", "resume", "report"]],
        supports_check_mode=True,
    )
    run_service(module)


if __name__ == "__main__":
    main()
