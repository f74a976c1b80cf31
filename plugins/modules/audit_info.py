#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_info
short_description: Read the state of the Linux audit system, and how it differs from its files
version_added: 0.1.0
description:
  - Returns the rules and settings of the running kernel and of the files of C(rules.d), and how the two differ.
  - Rules are compared by the events that they match and by their keys, not by their spelling.
  - The files are interpreted as augenrules(8) and C(auditctl -R) load them. Later lines for a setting override earlier
    lines, C(-d) and C(-W) delete rules, C(-A) puts a rule first. An invalid line is ignored, but with it RV(in_sync) is
    false.
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
      - The module changes nothing.
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
  retention:
    description: Also read all of the log of auditd, and return how much of it each key has, as RV(retention).
    type: bool
    default: false
notes:
  - The module does not fail if the audit system cannot be reached (in a container, on a kernel booted with C(audit=0),
    as a user who is not root). Then it returns RV(available=false), and no value that needs the kernel, such as
    RV(in_sync).
  - Each RV(rules[].rule) can be given to M(linux.audit.audit_rule) and M(linux.audit.audit_ruleset).
seealso:
  - module: linux.audit.audit_rule
  - module: linux.audit.audit_ruleset
  - module: linux.audit.audit_control
  - name: augenrules(8)
    description: How the files of rules.d are joined.
    link: https://man7.org/linux/man-pages/man8/augenrules.8.html
"""

EXAMPLES = r"""
- name: Read the state of the audit system
  linux.audit.audit_info:
  register: audit

- name: Show what was changed by hand since the rules were loaded
  ansible.builtin.debug:
    var: audit.drift
  when: not audit.in_sync | default(true)

- name: Show invalid lines of rules files
  ansible.builtin.debug:
    msg: "{{ audit.files | selectattr('error', 'defined') }}"

- name: Read how much each key logs
  linux.audit.audit_info:
    retention: true
  register: logged

- name: Show the five keys that log most, and how many days the logs reach back
  ansible.builtin.debug:
    msg: "{{ logged.retention.days }} days, {{ logged.retention['keys'][:5] }}"
"""

RETURN = r"""
available:
  description: Whether the kernel's audit system could be reached.
  type: bool
  returned: success
  sample: true
reason:
  description: Why the audit system could not be reached.
  type: str
  returned: when RV(available=false)
  sample: "only root can read and change audit rules (become: true)"
status:
  description: The status of the kernel, as C(auditctl -s) shows it. A value that an older kernel lacks is V(0).
  type: dict
  returned: when RV(available=true)
  contains:
    enabled:
      description: V(disabled), V(enabled) or V(immutable).
      type: str
    failure:
      description: What the kernel does if it cannot record an event, V(silent), V(printk) or V(panic).
      type: str
    pid:
      description: The process that receives the records, or V(0).
      type: int
    rate_limit:
      description: How many records the kernel accepts each second. V(0) is no limit.
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
      description: The features of this kernel, as the names of C(AUDIT_FEATURE_BITMAP_) in lower case.
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
cost:
  description:
    - What the rules of the kernel cost each system call. The figures are estimates from constants that were measured;
      C(docs/cost.md) gives them.
  type: dict
  returned: when RV(available=true)
  contains:
    rules:
      description: How many rules the kernel walks past at the end of each system call.
      type: int
    by_inode:
      description: How many rules it keeps by inode. They are looked at only for calls on files.
      type: int
    nanoseconds:
      description: What the rules add to a call that no rule watches.
      type: int
    calls:
      description:
        - The same for common calls, by their name. C(walked) rules, of which C(evaluated) have the call in their mask,
          C(by_inode) rules that are evaluated if the call is on their file, and C(nanoseconds).
      type: dict
  sample:
    rules: 54
    by_inode: 104
    nanoseconds: 76
    calls:
      openat: {walked: 54, evaluated: 18, by_inode: 46, nanoseconds: 202}
loginuid_immutable:
  description: Whether login uids can no longer change once they are set.
  type: bool
  returned: when RV(available=true)
  sample: false
rules:
  description: The rules that the kernel holds, in the order of the kernel.
  type: list
  elements: dict
  returned: when RV(available=true)
  contains:
    text:
      description: The canonical form, which is the same for all rules that mean the same.
      type: str
    rule:
      description: The rule as a structure.
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
    - If the directory cannot be read, the list has one entry for it, with RV(files[].error).
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
      returned: when the line is valid
    rule:
      description: The rule as a structure, with values as the host resolves them.
      type: dict
      returned: when the line adds or deletes a rule
    setting:
      description:
        - The C(option) and C(value) of a control line. If the line sets a setting of M(linux.audit.audit_control), also
          the C(name) of the setting.
      type: dict
      returned: when the line is a control line
    error:
      description: What is wrong with the line.
      type: str
      returned: when the line is invalid
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
    - Problems are invalid lines, lines that the auditctl of the host cannot read, repeated rules, rules that are never
      evaluated because another rule matches first, paths that are symbolic links (the kernel watches the link itself)
      or have wildcards, missing directories, fields that the kernel does not support, a lock (C(-e 2)) before other
      rules or undone by a later C(-e), and a file without a newline at its end.
    - Rules and settings that switch auditing off for all or nearly all events are a problem too, and a warning.
      Examples are C(-a never,task), C(-e 0), C(-r 1), C(audit=0) on the command line of a boot loader, and two rules
      that leave out C(uid=0) and C(uid!=0). If the running kernel has it, RV(problems[].path) is V(kernel).
  type: list
  elements: dict
  returned: when the files can be read or RV(available=true)
  contains:
    path:
      description: The file, or V(kernel) for the running kernel.
      type: str
    line:
      description: The number of the line, V(0) for the whole file and the kernel.
      type: int
    text:
      description: The line as it is written.
      type: str
    reason:
      description: What is wrong with the line.
      type: str
    stops_loading:
      description: Whether auditctl stops at the line, and loads none of the lines after it.
      type: bool
    lost_at_boot:
      description: Whether the next boot does not load what the line says, or may not.
      type: bool
    stops_recording:
      description:
        - Whether it switches auditing off, or is a rule that will record nothing after a boot (RV(loading_drop_ins)),
          or one for a symbolic link to a directory, which records nothing below that directory.
      type: bool
  sample:
    - path: /etc/audit/rules.d/30-site.rules
      line: 7
      text: -w /etc/passwd -p wa -k id
      reason: "repeats an earlier rule (/etc/audit/rules.d/10-base.rules:3: '-w /etc/passwd -p wa -k id')"
      stops_loading: true
      lost_at_boot: false
      stops_recording: false
loading_drop_ins:
  description:
    - For each service that loads the rules at boot in a mount namespace in which the path of a rule is something else,
      so that the rule records nothing after a boot, a part of its unit (C(UNIT.d/NAME.conf)) that mends it.
    - The command that loads the rules is then started outside of the namespace (C(+)); the other processes of the unit
      are started as before.
  type: list
  elements: dict
  returned: when RV(available=true)
  contains:
    unit: {description: The service., type: str}
    text: {description: The text of the part., type: str}
drift:
  description: How the kernel differs from the files. Rules are in canonical form.
  type: dict
  returned: when kernel and files could be read
  contains:
    missing:
      description: Rules that the files have but the kernel does not.
      type: list
      elements: str
    extra:
      description: Rules that the kernel has but the files do not.
      type: list
      elements: str
    other_key:
      description: Rules that both have, under other keys, as a C(file) and a C(kernel) rule.
      type: list
      elements: dict
    out_of_order:
      description:
        - Pairs of rules that the files have in the order C(first), C(second) and the kernel in the opposite order, if
          an event can match both and would be treated differently.
        - For each rule, only the first of the rules that it must follow.
      type: list
      elements: dict
    settings:
      description: Settings that differ, with their C(name), and the values of C(file) and C(kernel).
      type: list
      elements: dict
  sample:
    missing: ["-a always,exit -F path=/etc/shadow -F perm=wa -F key=identity"]
    extra: []
    other_key:
      - file: -a always,exit -F path=/etc/passwd -F perm=wa -F key=identity
        kernel: -a always,exit -F path=/etc/passwd -F perm=wa -F key=passwd
    out_of_order: []
    settings:
      - name: backlog_limit
        file: 8192
        kernel: 64
origins:
  description:
    - Where the files have what RV(drift) names, as C(FILE:LINE), by the canonical form of the rule, or by the name of
      the setting.
  type: dict
  returned: when kernel and files could be read
  sample:
    "-a always,exit -F path=/etc/shadow -F perm=wa -F key=identity": /etc/audit/rules.d/30-site.rules:3
    backlog_limit: /etc/audit/rules.d/audit.rules:6
recording:
  description:
    - Whether the kernel records what its rules say. It does not if auditing is switched off, by a setting
      (C(enabled 0)) or by a rule. RV(problems) says by which.
    - A host can be in sync and yet record nothing, because its files switch auditing off too.
  type: bool
  returned: when RV(available=true)
  sample: true
in_sync:
  description: Whether there is no drift, and no invalid line in the files.
  type: bool
  returned: when kernel and files could be read
  sample: false
pending:
  description:
    - Changes that an immutable kernel (C(enabled 2)) lacks until the next boot, as auditctl arguments.
    - Rules whose directory is missing are not listed, because the kernel would refuse them at a boot too.
  type: list
  elements: str
  returned: when kernel and files could be read
  sample: []
reboot_required:
  description: Whether the kernel needs a boot before it matches the files.
  type: bool
  returned: when kernel and files could be read
  sample: false
versions:
  description:
    - The releases of auditctl and of the kernel.
    - C(audit) is null if auditctl is not installed. Some tools tell their release only to root, and only on a kernel
      with an audit system.
  type: dict
  returned: success
  sample:
    audit: 4.0.2
    kernel: 6.12.48-amd64
daemon:
  description:
    - The process to which the kernel sends its records. Without a process, C(pid) is V(0) and C(name) is null.
    - C(problems) has a sentence for everything that is wrong with auditd as it runs now, as far as its files, its
      process and its plugins show it. The daemon is not asked; C(report) of M(linux.audit.auditd_service) does so.
  type: dict
  returned: when RV(available=true)
  sample:
    pid: 412
    running: true
    name: auditd
    problems: ["the plugin syslog is active, but auditd does not run /sbin/audisp-syslog"]
plugins:
  description:
    - The plugins of the daemon in C(/etc/audit/plugins.d) and C(/etc/audisp/plugins.d).
    - C(running) says whether the daemon runs the plugin. It is missing where RV(available=false).
  type: list
  elements: dict
  returned: when their files can be read
  sample:
    - name: syslog
      path: /etc/audit/plugins.d/syslog.conf
      active: false
      running: false
retention:
  description:
    - How much the log of auditd has, with its rotated files, and how far back it reaches. In Jinja, write
      C(retention['keys']), because C(retention.keys) is a method.
  type: dict
  returned: when O(retention=true) and there is a log
  contains:
    bytes:
      description: The size of all records.
      type: int
    oldest:
      description: When the first record of the log was made. Null if it has none.
      type: str
    newest:
      description: When the last record of the log was made. Null if it has none.
      type: str
    bytes_a_day:
      description: The C(bytes), divided by the time between C(oldest) and C(newest). Null if that is no time.
      type: int
    capacity:
      description:
        - How many bytes auditd keeps, C(max_log_file) times C(num_logs) of auditd.conf(5) if it rotates logs. Not more
          than the log has now, and what is free on its file system.
      type: int
    free:
      description: How many bytes are free on the file system of the log.
      type: int
    disk:
      description: How many bytes this file system has.
      type: int
    days:
      description:
        - How many days a full log (C(capacity)) reaches back if as much is logged as in the time of this log. Null if
          C(bytes_a_day) is null.
      type: float
    keys:
      description:
        - For each key, or null for events without one, the number of C(events), their C(bytes) and C(bytes_a_day). The
          largest comes first.
        - An event with several keys counts for each of them, so the sum may be more than all C(bytes).
      type: list
      elements: dict
  sample:
    bytes: 41943040
    oldest: "2026-01-24T00:00:01.004Z"
    newest: "2026-01-31T00:00:01.004Z"
    bytes_a_day: 5991863
    capacity: 41943040
    free: 8589934592
    disk: 21474836480
    days: 7.0
    keys:
      - key: identity
        events: 64000
        bytes: 40000000
        bytes_a_day: 5714286
      - key: null
        events: 4000
        bytes: 1943040
        bytes_a_day: 277577
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._daemon.health import daemon_problems, is_running
from ansible_collections.linux.audit.plugins.module_utils._daemon.plugins_d import installed_plugins
from ansible_collections.linux.audit.plugins.module_utils._host.files import FileError
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import DEFAULT_DIRECTORY
from ansible_collections.linux.audit.plugins.module_utils._policy.survey import gather

ARGUMENTS = {
    "rules_dir": {"type": "path", "default": DEFAULT_DIRECTORY},
    "retention": {"type": "bool", "default": False},
}


def plugins(version, pid):
    """The plugins of the daemon; whether they run is known where the kernel is."""
    return [
        dict(
            {"name": plugin.name, "path": plugin.path, "active": plugin.active},
            **({} if pid is None else {"running": is_running(plugin, pid)}),
        )
        for plugin in installed_plugins(version)
    ]


def logged(warnings):
    """What the log of auditd has, or one more warning. Imported here, because it is rarely asked for."""
    from ansible_collections.linux.audit.plugins.module_utils._log.files import Log
    from ansible_collections.linux.audit.plugins.module_utils._log.retention import retention

    try:
        with Log(None) as log:
            return {"retention": retention(log)}
    except FileError as error:
        return {"warnings": [*warnings, str(error)]}


def info(parameters, mode):
    """Read the state of the host; return the result of the module."""
    host = Host()
    result = dict(gather(parameters["rules_dir"], host), changed=False)
    if parameters["retention"]:
        result.update(logged(result.get("warnings", ())))
    daemon = result.get("daemon")
    try:
        result["plugins"] = plugins(host.version, daemon["pid"] if daemon else None)
        if daemon:
            daemon["problems"] = daemon_problems(daemon["pid"], host)
    except FileError as error:
        result["warnings"] = [*result.get("warnings", ()), str(error)]
    return result


def main():
    run(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), info)


if __name__ == "__main__":
    main()
