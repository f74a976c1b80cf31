#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_ruleset
short_description: Declare the audit rules and settings of a host as a whole
version_added: 0.1.0
description:
  - Ensures that a file of C(rules.d) holds exactly a set of rules and settings, and that the running kernel holds the
    same rules in the same order.
  - An event that both the old and the new rules log is also logged during the change. Because deleting a rule costs the
    kernel time, the module deletes as few rules as possible.
  - All errors in the declaration are reported together, with file and line, before anything is changed.
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
    description: The text of a rules file. Its comments are written too.
    type: str
  src:
    description: Rules files on the controller, in the order in which they are joined.
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
          - Makes O(sources[].content) a rule pack, and gives the values of its placeholders.
          - Use it for a custom pack; C(docs/packs.md) explains how.
        type: dict
      exact:
        description:
          - For a rule pack. Whether its rules are written as its text has them, because somebody compares the text.
          - O(optimise=true) overrides it.
        type: bool
        default: false
  packs:
    description:
      - Rule packs of this collection. Each pack answers a question. C(docs/packs.md) lists the packs, and what each of
        them was seen to find.
      - An item is a name, or a dictionary with C(name) and C(parameters).
      - Packs come after the rules of O(rules), O(content), O(src) or O(sources). V(exclusions) comes first, then
        compliance sets, then the other packs in the given order.
      - Rules that the host cannot have are left out of a pack, and RV(notes) lists them. These are rules of a missing
        directory, of an unknown user, or of a feature that the kernel or audit lacks, and rules that an earlier rule
        makes superfluous.
    type: list
    elements: raw
  optimise:
    description:
      - Whether to write fewer and cheaper rules that record the same events under the same keys. C(docs/cost.md)
        tells how, and what it saves.
      - V(true) does this with all rules of the set, V(false) with none.
      - By default, only rules of packs are optimised, and not those of the standards, because scanners compare their
        text. Rules that a task writes itself are left alone, because whoever wrote them looks for them in the file.
      - The file and the kernel get the same rules, so RV(optimised) is all that tells how they differ from those of the
        set. To remove rules with O(state=absent) and O(purge=none), use the same value.
    type: bool
  cost_budget:
    description:
      - Warn if the rules of the set add more nanoseconds than this to every system call, and return RV(cost).
      - The figure is an estimate; C(docs/cost.md) tells where it comes from.
    type: int
  purge:
    description:
      - How far the declaration reaches.
      - V(none) adds what is missing, like M(linux.audit.audit_rule) and M(linux.audit.audit_control).
      - V(file) makes O(file) hold exactly this set. Rules that the file held before, and that no other file holds, are
        deleted from the kernel. The kernel keeps all its other rules.
      - V(all) makes all of O(rules_dir) and the kernel hold exactly this set. Other files are moved to a folder beside
        O(rules_dir) that augenrules does not read. A set without a rule is refused, unless O(rules) is V([]).
    type: str
    choices: [none, file, all]
    default: file
  keep:
    description:
      - Names of files of O(rules_dir) that O(purge=all) does not move, and whose rules stay in the kernel.
      - Use it for files that another task writes, such as the lock of the role P(linux.audit.immutable#role).
    type: list
    elements: str
    default: []
  keep_keys:
    description:
      - Keys of rules that O(purge=all) leaves in the kernel although no file has them, with C(*) and C(?) as wildcards.
        An empty text stands for rules without a key.
      - Use it for agents that load rules by themselves. Wazuh uses the key C(wazuh_fim), osquery loads rules without a
        key, and Auditbeat those of its own configuration.
    type: list
    elements: str
    default: []
  on_missing:
    description:
      - What to do with a rule that the kernel would refuse, because its directory does not exist, and with a rule that
        names a user or group that does not exist.
      - V(fail) changes nothing at all, V(skip) leaves the rule out.
      - V(stage) writes the rule to the file alone. The next run, or a boot, loads it if the directory, user or group
        exists by then. Otherwise a boot loses only this rule, because the file begins with C(-i).
    type: str
    choices: [fail, skip, stage]
    default: fail
  lint:
    description:
      - Whether to look for rules that do not do what they seem to, such as rules for 64 bits alone, rules that fill the
        log, and exclusions that come too late. C(docs/lint.md) lists all checks.
      - V(warn) returns RV(lint), and warns of everything that is no mere note. What RV(problems) names is not repeated.
      - V(fail) changes nothing if anything is found that is no mere note.
      - "A comment C(# lint: ignore ID) in O(content) or O(src) keeps the line after it from being found."
    type: str
    choices: ["off", "warn", "fail"]
    default: "off"
  state:
    description:
      - V(absent) removes O(file), and its rules from the kernel unless another file holds them.
      - With O(purge=none) it removes the named rules, whichever file has them.
    type: str
    choices: [present, absent]
    default: present
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
      - The file of O(rules_dir) that holds the set. Its name must end in V(.rules).
      - Each file holds one set. If two tasks declare sets, give each a file of its own; without one, each run of either
        task replaces the rules of the other. A warning names rules of the default file that other rules replace.
    type: str
    default: 40-linux-audit-ruleset.rules
  rules_dir:
    description:
      - The directory of rules files that augenrules(8) reads.
      - If the directory is named C(rules.d), the file C(audit.rules) beside it is compiled from it, as augenrules does.
    type: path
    default: /etc/audit/rules.d
  immutable:
    description:
      - What to do if the kernel refuses all changes until the next boot (C(enabled 2)), and must change.
      - V(stage) writes the files and returns RV(reboot_required) and RV(pending).
      - V(fail) fails and changes nothing.
    type: str
    choices: [stage, fail]
    default: stage
notes:
  - The settings C(-b), C(-f), C(-r), C(--backlog_wait_time), C(--loginuid-immutable) and C(-e) of the declaration are
    also set in the running kernel. C(-e 2) is always done last.
seealso:
  - module: linux.audit.audit_rule
  - module: linux.audit.audit_control
"""

EXAMPLES = r"""
- name: Declare the rules of this host
  linux.audit.audit_ruleset:
    rules:
      - -D
      - -b 8192
      - -a never,exit -F arch=b64 -S adjtimex -F auid=unset -F uid=root
      - -a always,exit -F arch=b64 -S adjtimex,settimeofday -F key=time-change
      - -w /etc/passwd -p wa -k identity

- name: Join several sources in one file, without rules of missing directories
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

- name: Answer three questions, but ignore time daemons and one of our programs
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

- name: Answer two more questions, after our own rules
  linux.audit.audit_ruleset:
    file: 30-packs.rules
    rules:
      - -b 8192
      - -a never,exit -S all -F exe=/usr/bin/find
    packs: [time_changes, kernel_modules]

- name: Record what a standard asks for at the least cost, and warn if it is more than expected
  linux.audit.audit_ruleset:
    file: 30-packs.rules
    packs: [pci_dss_v4]
    optimise: true
    cost_budget: 200

- name: Remove the packs
  linux.audit.audit_ruleset:
    file: 30-packs.rules
    state: absent

- name: Remove the set
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
  description: Rules that the kernel or the file no longer holds, in canonical form.
  type: list
  elements: str
  returned: success
  sample: []
settings:
  description: Settings of the kernel that were changed, as auditctl arguments.
  type: list
  elements: str
  returned: success
  sample: ["-b 8192"]
left_out:
  description: Rules that were not loaded into the kernel, because their directory, user or group is missing.
  type: list
  elements: str
  returned: success
  sample: []
lint:
  description: What was found in the declaration, as by the filter P(linux.audit.lint_rules#filter).
  type: list
  elements: dict
  returned: unless O(lint=off)
  sample:
    - id: positive-errno
      severity: warning
      message: "'exit=EACCES' is a positive number, and a call that fails returns a negative one."
      path: site.rules
      line: 1
      text: -a always,exit -F arch=b64 -S openat -F exit=EACCES -k access
      repair: -a always,exit -F arch=b64 -S openat -F exit=-EACCES -k access
notes:
  description: Rules that packs left out on this host, and why; and if there were too many rules to compare all of them.
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
    - What would go wrong with the files of O(rules_dir) at the next boot, with file and line. Problems are invalid
      lines, lines that the auditctl of the host cannot read, repeated rules, rules that are never evaluated because
      another rule matches first, missing directories, a lock (C(-e 2)) before other rules, and a file without a newline
      at its end.
    - Settings of other files that override settings of the set, because they are read later.
  type: list
  elements: str
  returned: success
  sample: []
optimised:
  description: Why rules of the set are written otherwise, a sentence for each. In diff mode only.
  type: list
  elements: str
  returned: in diff mode
  sample:
    - "'-w /etc/ssh -p wa -k ssh' is changed: only calls that its permission can mean"
cost:
  description: What the rules of the set cost each system call, as RV(linux.audit.audit_info#module:cost).
  type: dict
  returned: if O(cost_budget) is given
  sample: {"rules": 54, "by_inode": 104, "nanoseconds": 76, "calls": {}}
pending:
  description: Changes that the kernel lacks until the next boot, as auditctl arguments.
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
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._policy.declaration import (
    DEFAULT_FILE,
    Reach,
    add_declaration,
    declare,
    read_declaration,
)
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ARGUMENTS as POLICY_ARGUMENTS
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError, options_of
from ansible_collections.linux.audit.plugins.module_utils._policy.sources import ARGUMENTS as SOURCE_ARGUMENTS
from ansible_collections.linux.audit.plugins.module_utils._policy.sources import read_sources, sources_of
from ansible_collections.linux.audit.plugins.module_utils.rules.errors import counted

ARGUMENTS = dict(
    dict(POLICY_ARGUMENTS, **SOURCE_ARGUMENTS),
    optimise={"type": "bool"},
    cost_budget={"type": "int"},
    purge={"type": "str", "choices": ["none", "file", "all"], "default": "file"},
    keep={"type": "list", "elements": "str", "default": []},
    keep_keys={"type": "list", "elements": "str", "default": [], "no_log": False},
    on_missing={"type": "str", "choices": ["fail", "skip", "stage"], "default": "fail"},
    lint={"type": "str", "choices": ["off", "warn", "fail"], "default": "off"},
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
    file={"type": "str", "default": DEFAULT_FILE},
)


def reach_of(parameters):
    """How far the declaration reaches."""
    if parameters["state"] == "absent" and parameters["purge"] == "all":
        raise ChangeError("purge: all cannot be used with state: absent; to remove all rules, declare rules: []")
    return Reach(
        parameters["purge"],
        parameters["on_missing"],
        parameters["state"] == "present",
        tuple(parameters["keep"]),
        tuple(parameters["keep_keys"]),
    )


def check_not_empty(declaration, parameters):
    """Raise ChangeError if an empty set would remove all rules of the host, and the task does not say so."""
    if declaration.statements or declaration.left_out or parameters["purge"] != "all" or parameters["rules"] == []:
        return
    raise ChangeError(
        "the declaration has no rule, and purge: all would remove every rule of the host; if this is what you want, "
        "write rules: [] (settings can be set with audit_control)"
    )


def lint_of(lines, parameters, host):
    """What is found in the lines of the declaration; None if the task does not ask."""
    if parameters["lint"] == "off" or parameters["state"] == "absent":
        return None
    # Imported where it is needed: most tasks do not lint, and the linter is long.
    from ansible_collections.linux.audit.plugins.module_utils._policy.linting import lint_declaration

    examined = parameters["persistent"] and parameters["purge"] != "none"
    return lint_declaration(lines, host, parameters["lint"] == "fail", examined)


def hold_ruleset(parameters, mode):
    """Bring the host to the declaration; return the result of the module."""
    options, reach, host = options_of(parameters, *mode), reach_of(parameters), Host()
    sources = read_sources(sources_of(parameters), host, parameters["optimise"])
    declaration = read_declaration(sources.lines, reach, options, host)
    check_not_empty(declaration, parameters)
    linted = lint_of(sources.lines, parameters, host)
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
        "warnings": [
            *declared.warnings,
            *(linted.warnings if linted else ()),
            *outcome.waiting,
            *_left_out(declared.left_out),
        ],
    }
    if linted:
        result["lint"] = linted.findings
    if parameters["cost_budget"] is not None and reach.present:
        from ansible_collections.linux.audit.plugins.module_utils.rules.cost import described

        result["cost"] = described([statement.rule for statement in declaration.statements], host.machine)
        result["warnings"] += above_budget(result["cost"], parameters)
    if declared.backup:
        result["backup"] = declared.backup
    if mode.diff:
        result.update(diff=outcome.diff, optimised=list(sources.reasons))
    return result


def _left_out(rules):
    if not rules:
        return []
    return [
        f"{counted(len(rules), 'rule', 'are')} not in the kernel, because the host lacks a directory or a user; see "
        "left_out"
    ]


def above_budget(cost, parameters):
    """A warning if the set costs more than the task allows."""
    budget = parameters["cost_budget"]
    if cost["nanoseconds"] <= budget:
        return []
    hint = "" if parameters["optimise"] else "; optimise: true makes them fewer where no event is lost"
    return [
        f"the rules add about {cost['nanoseconds']} ns to every system call, and cost_budget allows {budget}: "
        f"the kernel walks past {counted(cost['rules'], 'rule')} at the end of each{hint}"
    ]


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
