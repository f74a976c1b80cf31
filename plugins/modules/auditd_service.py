#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: auditd_service
short_description: Start, stop, reload or restart the audit daemon, or send it another signal
version_added: 0.1.0
description:
  - Works where C(systemctl stop auditd) and C(systemctl restart auditd) are refused, and where there is no C(service).
  - Sends signals to the process that gets the records of the kernel. So the daemon's own records of a reload or an end
    name the user who asked for it.
  - After a start, the kernel must name a new process that stays alive. If the daemon does not start, or rejects its
    files at a reload, the task fails with the daemon's own words. If it does not say that it has read its files, the
    task warns.
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
      - O(state=reloaded), O(state=restarted) and O(rotate=true) act, and report a change, on every run.
  platform:
    support: full
    platforms: linux
options:
  state:
    description:
      - V(started) and V(stopped) do nothing if the daemon is in that state already.
      - V(reloaded) has the daemon read its files again, which is enough for most changes of them. No event is lost.
      - V(restarted) ends the daemon and starts it again. Events in between are lost, unless the kernel was booted with
        C(audit=1).
      - V(reloaded) and V(restarted) start a daemon that is not running.
    type: str
    choices: [started, stopped, reloaded, restarted]
  enabled:
    description: Whether the daemon starts at boot. Needs systemd.
    type: bool
  rotate:
    description: Have the daemon rotate its log files, whatever their size.
    type: bool
  resume:
    description: Have the daemon resume logging if it has suspended it, for example because the disk was full.
    type: bool
  report:
    description: Ask the daemon for a report of its state, and return the report.
    type: bool
  validate:
    description:
      - Whether C(/etc/audit/auditd.conf) is checked before a running daemon is reloaded or restarted.
      - With a mistake in this file the daemon would not start again, and audit 4.1 ends even at a reload.
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

# As a handler. This is enough for most changes of its files.
- name: Reload auditd
  linux.audit.auditd_service:
    state: reloaded

# For settings that need more than a reload.
- name: Restart auditd
  linux.audit.auditd_service:
    state: restarted

- name: Begin a new log file
  linux.audit.auditd_service:
    rotate: true

- name: Resume logging after the disk was full, and see how much space is left
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
confirmed:
  description:
    - Whether the daemon has said that it has read its files, or is a new process. V(true) if nothing was asked of it.
    - If this is V(false), the task warns.
  type: bool
  returned: success
  sample: true
pid:
  description: The process that the kernel sends its records to, V(0) if the daemon is not running.
  type: int
  returned: success
  sample: 812
enabled:
  description: Whether the daemon starts at boot; null if systemd does not manage it.
  type: bool
  returned: success
  sample: true
manager:
  description: What manages the daemon, one of V(systemd), V(sysvinit) and V(none).
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
    - The values of the report by name. Yes and no are booleans.
    - Which values there are depends on the release.
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

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._daemon.errors import DaemonError
from ansible_collections.linux.audit.plugins.module_utils._daemon.service import ServiceRequest, manage_daemon
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host

ARGUMENTS = {
    "state": {"type": "str", "choices": ["started", "stopped", "reloaded", "restarted"]},
    "enabled": {"type": "bool"},
    # Without defaults, so that a task that asks for nothing is told from one that says false.
    "rotate": {"type": "bool"},
    "resume": {"type": "bool"},
    "report": {"type": "bool"},
    "validate": {"type": "bool", "default": True},
}


def auditd_service(parameters, mode):
    if os.geteuid() != 0:
        raise DaemonError("only root can talk to the audit daemon: use become: true")
    return manage_daemon(ServiceRequest(**{name: parameters[name] for name in ARGUMENTS}), Host(), mode.check)


def main():
    module = AnsibleModule(
        ARGUMENTS,
        required_one_of=[["state", "enabled", "rotate", "resume", "report"]],
        supports_check_mode=True,
    )
    run(module, auditd_service)


if __name__ == "__main__":
    main()
