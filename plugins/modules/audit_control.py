#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_control
short_description: Change the settings of the kernel's audit system
version_added: 0.1.0
description:
  - Changes the settings of the running kernel, and the lines of C(rules.d) that set them at boot.
  - Settings that the task does not name do not change.
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
      - A O(user_message) is recorded on every run, and O(reset_lost) resets what was lost since the last run.
  platform:
    support: full
    platforms: linux
options:
  enabled:
    description:
      - Whether audit events are recorded.
      - V(immutable) also locks rules and settings. It is set last, and only a boot undoes it.
    type: str
    choices: [disabled, enabled, immutable]
  failure:
    description: What the kernel does if it cannot record an event.
    type: str
    choices: [silent, printk, panic]
  backlog_limit:
    description: How many records may wait for the daemon.
    type: int
  backlog_wait_time:
    description: How long the kernel waits if the backlog is full, in jiffies.
    type: int
  rate_limit:
    description: How many records the kernel accepts each second. V(0) sets no limit.
    type: int
  loginuid_immutable:
    description:
      - Whether the login uid of a process can no longer change once it is set.
      - The kernel locks this setting as soon as it is set, so only a boot undoes it.
    type: bool
  reset_lost:
    description: Set the counter of lost records to 0.
    type: bool
  user_message:
    description: A text to record, in a record of the type USER (C(auditctl -m)).
    type: str
  live:
    description: Whether to change the running kernel.
    type: bool
    default: true
  persistent:
    description: Whether to change the files of O(rules_dir).
    type: bool
    default: true
  file:
    description:
      - The file of O(rules_dir) for settings that no file has yet. Its name must end in V(.rules).
      - A setting that a file already has is changed there. If several lines set it, the last line counts.
    type: str
    default: 99-linux-audit-control.rules
  rules_dir:
    description:
      - The directory of rules files that augenrules(8) reads.
      - If the directory is named C(rules.d), the file C(audit.rules) beside it is compiled from it, as augenrules does.
    type: path
    default: /etc/audit/rules.d
  immutable:
    description:
      - What to do if the kernel takes a setting only after a boot.
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
- name: Enlarge the backlog, and print a message when it overflows
  linux.audit.audit_control:
    backlog_limit: 8192
    failure: printk

- name: Mark the log, and restart the count of lost records
  linux.audit.audit_control:
    user_message: maintenance begins
    reset_lost: true

- name: Lock the rules from the next boot on
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
  description: How many records the kernel had lost before the counter was reset.
  type: int
  returned: O(live=true)
  sample: 0
pending:
  description: Changes that the kernel takes only after a boot, as auditctl arguments.
  type: list
  elements: str
  returned: success
  sample: []
reboot_required:
  description: Whether the kernel needs a boot before it has what was asked for.
  type: bool
  returned: success
  sample: false
immutable:
  description: Whether rules and settings are locked; only a boot unlocks them.
  type: bool
  returned: O(live=true)
  sample: false
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._kernel.netlink import IMMUTABLE, Kernel, KernelError
from ansible_collections.linux.audit.plugins.module_utils._kernel.settings import SETTINGS
from ansible_collections.linux.audit.plugins.module_utils._policy.options import (
    ARGUMENTS as POLICY_ARGUMENTS,
)
from ansible_collections.linux.audit.plugins.module_utils._policy.options import (
    ChangeError,
    options_of,
)
from ansible_collections.linux.audit.plugins.module_utils._policy.setting_lines import hold_settings
from ansible_collections.linux.audit.plugins.module_utils._policy.single_rules import warnings_of

ARGUMENTS = dict(
    POLICY_ARGUMENTS,
    enabled={"type": "str", "choices": ["disabled", "enabled", "immutable"]},
    failure={"type": "str", "choices": ["silent", "printk", "panic"]},
    backlog_limit={"type": "int"},
    backlog_wait_time={"type": "int"},
    rate_limit={"type": "int"},
    loginuid_immutable={"type": "bool"},
    reset_lost={"type": "bool"},
    user_message={"type": "str"},
    file={"type": "str", "default": "99-linux-audit-control.rules"},
)


def wanted(parameters):
    """The wanted values of settings, by name, in the kernel's numbers."""
    found = {}
    for setting in SETTINGS:
        value = parameters[setting.name]
        if value is None:
            continue
        if setting.words:
            value = setting.words.index(value)
        # The loginuid is locked or not; all else is a number, and for Python true is one.
        is_switch = isinstance(value, bool)
        if is_switch and setting.name != "loginuid_immutable":
            raise ChangeError(f"{setting.name} must be a number from 0 to 4294967295, not {str(value).lower()}")
        if not is_switch and not 0 <= value <= 0xFFFFFFFF:
            raise ChangeError(f"{setting.name} must be a number from 0 to 4294967295, not {value}")
        found[setting.name] = value
    return found


def check_actions(parameters):
    """Raise ChangeError for invalid actions (unlike settings, actions have no lasting value)."""
    text = parameters["user_message"]
    if not parameters["live"] and (parameters["reset_lost"] or text is not None):
        raise ChangeError("reset_lost and user_message act on the running kernel, so they need live: true")
    if text is not None and (not text or not text.isprintable()):
        raise ChangeError("user_message must be a text without control characters, because it becomes one record")


def act(parameters, check):
    """Record the message and reset the counter; return how many records were lost."""
    with Kernel() as kernel:
        lost = kernel.status().lost
        if not check:
            if parameters["user_message"] is not None:
                kernel.message(parameters["user_message"])
            if parameters["reset_lost"]:
                try:
                    lost = kernel.reset_lost()
                except KernelError as error:
                    done = "" if parameters["user_message"] is None else "; the message was recorded before that"
                    raise ChangeError(f"{error}{done}") from error
        return lost


def control(parameters, mode):
    """Change the settings, then do the actions; return the result of the module."""
    check_actions(parameters)
    host = Host()
    options = options_of(parameters, *mode)
    outcome = hold_settings(wanted(parameters), options, host)
    result = {"changed": outcome.changed, "pending": outcome.pending, "reboot_required": outcome.reboot_required}
    with outcome.kept_in_mind(options):
        warnings = warnings_of(outcome, host) + outcome.waiting
        lost = act(parameters, mode.check) if parameters["live"] else 0
    if parameters["live"]:
        if parameters["user_message"] is not None or (parameters["reset_lost"] and lost):
            result["changed"] = True
        result.update(lost=lost, **live_settings(outcome.settings))
        warnings = lock_warnings(outcome.settings) + warnings
    if warnings:
        result["warnings"] = warnings
    if mode.diff:
        result["diff"] = outcome.diff
    return result


def live_settings(change):
    """The kernel's settings before and after, in words, and whether they lock it."""
    before = {setting.name: setting.word(change.before[setting.name]) for setting in SETTINGS}
    after = dict(before, **{setting.name: setting.word(change.after[setting.name]) for setting in change.now})
    return {"before": before, "after": after, "immutable": after["enabled"] == "immutable"}


def lock_warnings(change):
    """A warning if the change locks the kernel."""
    if not any(setting.name == "enabled" and change.after["enabled"] == IMMUTABLE for setting in change.now):
        return []
    return ["rules and settings are locked now; only a boot unlocks them"]


def main():
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_one_of=[[setting.name for setting in SETTINGS] + ["reset_lost", "user_message"]],
        supports_check_mode=True,
    )
    run(module, control)


if __name__ == "__main__":
    main()
