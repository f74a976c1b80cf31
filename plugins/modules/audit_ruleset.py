#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_ruleset
short_description: Declare the audit rules and settings of a host as a whole
version_added: 0.1.0
description:
  - Sees to it that a file of C(rules.d) holds a set of rules and settings and nothing else, and that the running kernel
    holds the same rules in the same order.
  - The kernel is changed without a moment in which an event that both the old and the new rules log goes unlogged. As
    deleting a rule is what costs the kernel time, as few as possible are deleted.
  - All that is wrong in the declaration is reported at once, with file and line, before anything is changed.
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
    support: full
  platform:
    support: full
    platforms: linux
options:
  rules:
    description:
      - Rules and settings in order, each a line as in a rules file, or a structure as in M(linux.audit.audit_rule).
    type: list
    elements: raw
  content:
    description: The text of a rules file, which is written with its comments.
    type: str
  src:
    description: Rules files on the controller, which are put one behind the other.
    type: list
    elements: path
  sources:
    description: Several sources in order.
    type: list
    elements: dict
    suboptions:
      name:
        description: A name for errors and for the comment above the source in the file.
        type: str
        required: true
      rules:
        description: As O(rules).
        type: list
        elements: raw
      content:
        description: As O(content).
        type: str
      parameters:
        description:
          - Makes O(sources[].content) a rule pack, and says what its placeholders stand for.
          - So a pack of your own is written; C(docs/packs.md) tells how.
        type: dict
  packs:
    description:
      - Rule packs of this collection, each of which answers a question. C(docs/packs.md) lists them and says what each
        has been seen to find.
      - An item is a name, or a dictionary with C(name) and C(parameters).
      - They stand behind the rules of O(rules), O(content), O(src) or O(sources), V(exclusions) first, then compliance
        sets, then the others in the order given.
      - What a host does not know is left out of a pack, and told in RV(notes) - a rule of a directory that does not
        exist, of an unknown user, of a feature that its kernel or its audit lacks, and one that an earlier rule makes
        superfluous.
    type: list
    elements: raw
  purge:
    description:
      - How far the declaration reaches.
      - V(none) adds what is not there, in the manner of M(linux.audit.audit_rule) and M(linux.audit.audit_control).
      - V(file) makes O(file) hold exactly this. Rules that it held before and no other file holds leave the kernel.
        What the kernel holds beside that stays.
      - V(all) makes all of O(rules_dir) and of the kernel exactly this. Other files are moved to a folder beside
        O(rules_dir) that augenrules does not read.
    type: str
    choices: [none, file, all]
    default: file
  keep:
    description:
      - Files of O(rules_dir), by name, that stay where they are with O(purge=all), and so do the rules that they name.
      - For what another task writes, as the lock of the role P(linux.audit.immutable#role).
    type: list
    elements: str
    default: []
  on_missing:
    description:
      - What becomes of a rule that the kernel cannot take, because a directory of it does not exist.
      - V(fail) changes nothing at all, V(skip) leaves the rule out, V(stage) writes it to the file alone.
    type: str
    choices: [fail, skip, stage]
    default: fail
  state:
    description:
      - V(absent) removes O(file), and its rules from the kernel unless another file holds them.
      - With O(purge=none) it removes the rules that are named, wherever they are.
    type: str
    choices: [present, absent]
    default: present
  live:
    description: Whether the running kernel is brought to what is asked for.
    type: bool
    default: true
  persistent:
    description: Whether the files of O(rules_dir) are brought to what is asked for.
    type: bool
    default: true
  file:
    description: The file of O(rules_dir) that holds the set. Its name must end in V(.rules).
    type: str
    default: 40-linux-audit-ruleset.rules
  rules_dir:
    description:
      - The directory of rules files that augenrules(8) reads.
      - If it is named C(rules.d), the file C(audit.rules) beside it is made anew from it, as augenrules does.
    type: path
    default: /etc/audit/rules.d
  immutable:
    description:
      - What to do when the kernel takes no change until the next boot (C(enabled 2)) and lacks what is asked for.
      - V(stage) writes the files and returns RV(reboot_required) and RV(pending).
      - V(fail) fails and changes nothing.
    type: str
    choices: [stage, fail]
    default: stage
notes:
  - The settings C(-b), C(-f), C(-r), C(--backlog_wait_time), C(--loginuid-immutable) and C(-e) of the declaration are
    set in the running kernel as well. C(-e 2) is always the last thing that is done.
seealso:
  - module: linux.audit.audit_rule
  - module: linux.audit.audit_control
"""

EXAMPLES = r"""
- name: The rules of this host
  linux.audit.audit_ruleset:
    rules:
      - -D
      - -b 8192
      - -a never,exit -F arch=b64 -S adjtimex -F auid=unset -F uid=root
      - -a always,exit -F arch=b64 -S adjtimex,settimeofday -F key=time-change
      - -w /etc/passwd -p wa -k identity

- name: Several sources in one file, leaving out what does not exist on this host
  linux.audit.audit_ruleset:
    file: 30-site.rules
    on_missing: skip
    sources:
      - name: base
        content: |
          # Who becomes root
          -w /etc/sudoers -p wa -k actions
          -w /etc/sudoers.d -p wa -k actions
      - name: application
        rules:
          - arch: [b64, b32]
            syscalls: [connect]
            fields: [a2!=110]
            keys: [network]

- name: Answer three questions, without what time daemons and one of our programs do
  linux.audit.audit_ruleset:
    file: 30-packs.rules
    packs:
      - exclusions
      - firewall_changes
      - name: network_connections
        parameters:
          exclude_users: [unset]
          exclude_programs: [/usr/sbin/sshd]
      - process_kills

- name: Two more questions, with our own rules in front
  linux.audit.audit_ruleset:
    file: 30-packs.rules
    rules:
      - -b 8192
      - -a never,exit -S all -F exe=/usr/bin/find
    packs: [time_changes, kernel_modules]

- name: Take the packs away again
  linux.audit.audit_ruleset:
    file: 30-packs.rules
    state: absent

- name: Take the set away again
  linux.audit.audit_ruleset:
    file: 30-site.rules
    state: absent
"""

RETURN = r"""
added:
  description: Rules that the kernel or the file did not hold before, in canonical form.
  type: list
  elements: str
  returned: success
  sample: ["-a always,exit -F path=/etc/passwd -F perm=wa -F key=identity"]
removed:
  description: Rules that the kernel or the file does not hold any more, in canonical form.
  type: list
  elements: str
  returned: success
  sample: []
settings:
  description: Settings of the kernel that were changed, as arguments of auditctl.
  type: list
  elements: str
  returned: success
  sample: ["-b 8192"]
left_out:
  description: Rules that the kernel was not given, because a directory is missing.
  type: list
  elements: str
  returned: success
  sample: []
notes:
  description: What packs left out on this host, and why.
  type: list
  elements: str
  returned: success
  sample: ["exclusions: this host does not have the users or groups chrony, _chrony"]
backup:
  description: The folder that other files were moved to.
  type: str
  returned: when files were moved
  sample: /etc/audit/rules.d.before-2026-11-23T10-00-00Z
problems:
  description:
    - What is wrong in the files of O(rules_dir) and would go wrong at the next boot, with file and line. Lines that are
      not understood, or not by the auditctl of the host, which stops there; rules that are there twice, or never looked
      at, as another one matches first; missing directories; a lock (C(-e 2)) before other rules; a file that ends
      within a line.
    - Settings of other files that are read after those of the set, and so count at the next boot.
  type: list
  elements: str
  returned: success
  sample: []
pending:
  description: What the kernel lacks until the next boot, as arguments of auditctl.
  type: list
  elements: str
  returned: success
  sample: []
reboot_required:
  description: Whether the kernel will hold what was asked for only after a boot.
  type: bool
  returned: success
  sample: false
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._policy.declaration import (
    Reach,
    add_declaration,
    declare,
    read_declaration,
)
from ansible_collections.linux.audit.plugins.module_utils._policy.options import (
    ARGUMENTS as POLICY_ARGUMENTS,
)
from ansible_collections.linux.audit.plugins.module_utils._policy.options import (
    ChangeError,
    options_of,
)
from ansible_collections.linux.audit.plugins.module_utils._policy.sources import read_sources

ARGUMENTS = dict(
    POLICY_ARGUMENTS,
    rules={"type": "list", "elements": "raw"},
    content={"type": "str"},
    src={"type": "list", "elements": "path"},
    sources={
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str", "required": True},
            "rules": {"type": "list", "elements": "raw"},
            "content": {"type": "str"},
            "parameters": {"type": "dict"},
        },
        "mutually_exclusive": [["rules", "content"]],
        "required_one_of": [["rules", "content"]],
        "required_by": {"parameters": "content"},
    },
    packs={"type": "list", "elements": "raw"},
    purge={"type": "str", "choices": ["none", "file", "all"], "default": "file"},
    keep={"type": "list", "elements": "str", "default": []},
    on_missing={"type": "str", "choices": ["fail", "skip", "stage"], "default": "fail"},
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    file={"type": "str", "default": "40-linux-audit-ruleset.rules"},
)


def sources_of(parameters):
    """What the declaration is made of, as read_sources() takes it."""
    if parameters["src"] or parameters["packs"]:
        raise ChangeError("src and packs are read on the controller, by the action plugin of audit_ruleset")
    if parameters["sources"] is not None:
        return parameters["sources"]
    if parameters["content"] is not None:
        return [{"name": "content", "content": parameters["content"]}]
    return [{"name": "rules", "rules": parameters["rules"]}]


def reach_of(parameters):
    """How far the declaration reaches."""
    if parameters["state"] == "absent" and parameters["purge"] == "all":
        raise ChangeError("purge: all declares all rules of a host, and so has no state: absent; declare no rules")
    return Reach(
        parameters["purge"], parameters["on_missing"], parameters["state"] == "present", tuple(parameters["keep"])
    )


def hold_ruleset(parameters, mode):
    """Bring the host to the declaration; return the result of the module."""
    options, reach, host = options_of(parameters, mode), reach_of(parameters), Host()
    sources = read_sources(sources_of(parameters), host)
    declaration = read_declaration(sources.lines, reach, options, host)
    declared = (add_declaration if reach.purge == "none" else declare)(declaration, reach, options, host)
    outcome = declared.outcome
    result = {
        "changed": outcome.changed,
        "added": outcome.added,
        "removed": outcome.removed,
        "settings": outcome.settings.lines,
        "left_out": declared.left_out,
        "notes": sources.notes,
        "problems": declared.problems,
        "pending": outcome.pending,
        "reboot_required": outcome.reboot_required,
        "warnings": declared.warnings,
    }
    if declared.backup:
        result["backup"] = declared.backup
    if mode.diff:
        result["diff"] = outcome.diff
    return result


def main():
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        mutually_exclusive=[["rules", "content", "src", "sources"]],
        required_if=[("state", "present", ["rules", "content", "src", "sources", "packs"], True)],
        supports_check_mode=True,
    )
    run(module, hold_ruleset)


if __name__ == "__main__":
    main()
