#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_rule
short_description: Add or remove rules of the Linux audit system
version_added: 0.1.0
description:
  - Ensures that audit rules are present in the running kernel and in the files of C(rules.d), or absent from both.
  - Rules are compared by their meaning. Spelling, the order of fields, names instead of numbers, or C(-w) instead of
    C(-F path=) do not make a different rule. So a rule is found however it was written, and whoever loaded it.
  - Two rules that match the same events under different keys count as one rule whose key has changed, because the
    kernel would only use the first of them.
  - Other rules and their order in the kernel do not change.
author:
  - The linux.audit contributors (@linux-audit)
extends_documentation_fragment:
  - linux.audit.attributes
  - linux.audit.attributes.actiongroup_audit
  - linux.audit.rules
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    support: full
    platforms: linux
options:
  rule:
    description:
      - One rule as a line of auditctl(8), starting with C(-a), C(-A) or C(-w).
      - As in a rules file, only spaces separate words. Write a space within a word as C(\ ) and a backslash as C(\\).
    type: str
  rules:
    description:
      - Many rules in one task, each a line as in O(rule) or a structure with the keys V(list), V(action), V(arch),
        V(syscalls), V(fields), V(comparisons), V(keys) and V(record_types). The keys mean the same as the parameters of
        these names.
    type: list
    elements: raw
  list:
    description:
      - The filter list of a rule given by parameters.
      - The default is V(exit).
    type: str
    choices: [task, exit, user, exclude, filesystem, io_uring]
  action:
    description:
      - Whether events that the rule matches are recorded.
      - The default is V(always).
    type: str
    choices: [always, never]
  arch:
    description: The architecture, such as V(b64), V(b32) or V(aarch64). Each architecture makes one rule.
    type: list
    elements: str
  syscalls:
    description:
      - System calls by name or number, or V(all). For the list V(io_uring), operations of io_uring.
      - If they are given, they are all that the rule has. Without them, auditctl adds syscalls to a rule with an
        architecture and a permission (C(perm=)) in O(fields), different ones in each release.
    type: list
    elements: str
  fields:
    description: Fields with operator and value, each as after C(-F). All of them must match.
    type: list
    elements: str
  comparisons:
    description: Comparisons of two fields, each as after C(-C).
    type: list
    elements: str
  keys:
    description: Keys by which the records of the rule can be found.
    type: list
    elements: str
  record_types:
    description:
      - Record types by name or number, or categories of types such as V(crypto), which C(docs/packs.md) lists. Each
        type makes one rule with C(msgtype).
      - With this parameter the default of O(list) is V(exclude), and records of these types are not written.
    type: list
    elements: str
  key:
    description:
      - With O(state=absent) and without a rule, remove all rules that have exactly this key, alone or among others.
    type: str
  state:
    description:
      - V(present) adds the rules.
      - V(absent) removes them from the kernel and from all files. If the task gives a rule without a key, the rule is
        removed whatever key the host has for it.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Record changes to the list of users
  linux.audit.audit_rule:
    rule: -a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa -F key=identity

- name: Record changes to the time on both architectures, with parameters
  linux.audit.audit_rule:
    arch: [b64, b32]
    syscalls: [adjtimex, settimeofday, clock_settime]
    keys: [time-change]

- name: Do not write records that nobody reads
  linux.audit.audit_rule:
    record_types: [CRYPTO_KEY_USER, virtual_machines]

- name: Add many rules with one task, to a file that is read early
  linux.audit.audit_rule:
    file: 10-exceptions.rules
    rules:
      - -a never,exit -F arch=b64 -S adjtimex -F auid=unset -F uid=root
      - -a always,exclude -F msgtype=CWD
      - list: exit
        action: always
        arch: [b64]
        syscalls: [execve]
        comparisons: [uid!=euid]
        fields: [euid=0]
        keys: [setuid]

- name: Record connections only until the next boot
  linux.audit.audit_rule:
    rule: -a always,exit -F arch=b64 -S connect -F a2!=110 -k investigation
    persistent: false

- name: Prepare an image, without changing the running kernel
  linux.audit.audit_rule:
    rule: -w /etc/sudoers -p wa -k actions
    live: false

- name: Remove a rule, whichever file has it
  linux.audit.audit_rule:
    rule: -a always,exclude -F msgtype=CWD
    state: absent

- name: Remove all rules that have a key
  linux.audit.audit_rule:
    key: investigation
    state: absent
"""

RETURN = r"""
added:
  description:
    - Rules that the kernel or a file did not hold before, in canonical form.
    - Rules that mean the same have the same canonical form, however they are written.
  type: list
  elements: str
  returned: success
  sample: ["-a always,exit -F path=/etc/passwd -F perm=wa -F key=identity"]
removed:
  description: Rules that the kernel or a file no longer holds, in canonical form.
  type: list
  elements: str
  returned: success
  sample: ["-a always,exit -F path=/etc/passwd -F perm=wa -F key=passwd"]
rules:
  description:
    - The rules that were asked for, in canonical form.
    - Left out if there are more than 100, because each run on each host would pay for a list that few tasks read.
      M(linux.audit.audit_info) lists all rules of a host.
  type: list
  elements: str
  returned: success, if the task asks for at most 100 rules
  sample: ["-a always,exit -F path=/etc/passwd -F perm=wa -F key=identity"]
pending:
  description: Changes that an immutable kernel lacks until the next boot, as auditctl arguments.
  type: list
  elements: str
  returned: success
  sample: []
reboot_required:
  description: Whether the kernel needs a boot before it holds what was asked for.
  type: bool
  returned: success
  sample: false
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError, options_of
from ansible_collections.linux.audit.plugins.module_utils._policy.single_rules import (
    ARGUMENTS as RULE_ARGUMENTS,
)
from ansible_collections.linux.audit.plugins.module_utils._policy.single_rules import (
    Change,
    read_rules,
    result_of,
    without_repetition,
)

FORMS = ["rule", "rules", "key"]
#: The keys of a structure (see rules/structure.py) as parameters.
STRUCTURE = {
    "list": {"type": "str", "choices": ["task", "exit", "user", "exclude", "filesystem", "io_uring"]},
    "action": {"type": "str", "choices": ["always", "never"]},
    "arch": {"type": "list", "elements": "str"},
    "syscalls": {"type": "list", "elements": "str"},
    "fields": {"type": "list", "elements": "str"},
    "comparisons": {"type": "list", "elements": "str"},
    "keys": {"type": "list", "elements": "str", "no_log": False},
    "record_types": {"type": "list", "elements": "str"},
}
ARGUMENTS = dict(
    RULE_ARGUMENTS,
    rule={"type": "str"},
    rules={"type": "list", "elements": "raw"},
    **STRUCTURE,
    key={"type": "str", "no_log": False},
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
)


def wanted(parameters, host):
    """The change that the parameters describe."""
    structure = {key: parameters[key] for key in STRUCTURE if parameters[key] is not None}
    items = [parameters["rule"]] if parameters["rule"] is not None else parameters["rules"] or []
    statements = without_repetition(read_rules(items + ([structure] if structure else []), host))
    if parameters["state"] == "present":
        return Change(present=statements)
    return Change(absent=statements, absent_keys=(parameters["key"],) if parameters["key"] else ())


def hold_rules(parameters, mode):
    """Add the rules, or remove them; return the result of the module."""
    if parameters["key"] is not None and (parameters["state"] != "absent" or not parameters["key"]):
        raise ChangeError(
            "key selects rules to remove: it needs state: absent and must not be empty; to give a rule keys, use keys"
        )
    return result_of(lambda host: wanted(parameters, host), options_of(parameters, *mode))


def main():
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_one_of=[FORMS + list(STRUCTURE)],
        mutually_exclusive=[FORMS] + [[form, option] for form in FORMS for option in STRUCTURE],
        supports_check_mode=True,
    )
    run(module, hold_rules)


if __name__ == "__main__":
    main()
