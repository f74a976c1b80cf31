#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_compliance
short_description: Judge by meaning whether a host meets a standard
version_added: 0.1.0
description:
  - Compares what a standard requires with what the host holds, and returns a verdict for each requirement. It changes
    nothing.
  - There are three verdicts. V(kernel) says whether the running kernel records what the requirement asks for, whoever
    wrote its rules and in whatever words. V(files) says the same of the kernel after the next boot. V(text) says
    whether the files hold the rules in the words that scanners compare.
  - A wider rule meets a requirement, and so do several rules together, and a watched directory for a file in it. A rule
    that comes after one that leaves its events out does not. What cannot be decided is V(undecided), and never V(met).
  - Settings of the kernel, of C(auditd.conf), modes of files, the command line of the kernel and the service count
    where the standard asks for them.
  - The module needs root, because only root can read the rules of the kernel.
author:
  - The linux.audit contributors (@linux-audit)
extends_documentation_fragment:
  - linux.audit.attributes
  - linux.audit.attributes.actiongroup_audit
attributes:
  check_mode:
    support: full
    details: The module never changes anything, so check mode makes no difference.
  diff_mode:
    support: none
  idempotent:
    support: full
  platform:
    support: full
    platforms: linux
options:
  standard:
    description:
      - Standards to judge by, each a name, or a dictionary with C(name) and C(parameters). The standards are the rule
        packs of the kind compliance, which C(docs/requirements.md) lists. V(stig) is the STIG of the host's
        distribution.
      - Parameters that only say whether a rule of the standard is wanted (C(immutable), C(panic)) are true by default
        here, because the standard requires them.
    type: list
    elements: raw
  src:
    description:
      - Files on the controller with requirements of your own, in YAML. Each is a dictionary with C(name), C(title),
        C(release), and C(requirements) as in O(requirements). C(docs/compliance.md) shows one.
    type: list
    elements: path
  requirements:
    description:
      - Requirements of your own, each a dictionary with C(id) and further C(title), C(severity) (V(high), V(medium) or
        V(low)), C(rules), C(settings), C(auditd_conf), C(files), C(kernel_arguments) and C(service).
    type: list
    elements: dict
  exceptions:
    description:
      - Requirements that are accepted as not met for some time. They keep their verdict, and
        RV(requirements[].exception) says why it does not count.
    type: list
    elements: dict
    default: []
    suboptions:
      requirement:
        description: The id of the requirement.
        type: str
        required: true
      reason:
        description: Why it is accepted.
        type: str
        required: true
      until:
        description: The last day on which the exception counts, as in V(2026-12-31).
        type: str
        required: true
  evidence:
    description:
      - Return RV(evidence), one text, instead of all other results. Ansible then needs much less memory for a fleet,
        because it wraps each part of a structure.
      - The views that count in it, as for P(linux.audit.compliance_host#filter). An empty list is like no list.
    type: list
    elements: str
    choices: [kernel, files, text]
  today:
    description: The date by which exceptions expire, as in V(2026-12-31). By default it is that of the controller.
    type: str
  rules_dir:
    description: The directory with the rules files.
    type: path
    default: /etc/audit/rules.d
  standards:
    description:
      - Standards in full, as the controller makes them from O(standard), O(src) and O(requirements). You need not use
        it.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the standard.
        type: str
        required: true
      title:
        description: What it is, for readers.
        type: str
      release:
        description: The release of the standard.
        type: str
      sources:
        description: Rule packs.
        type: list
        elements: dict
        suboptions:
          name:
            description: The name of the pack.
            type: str
            required: true
          content:
            description: The text of the pack.
            type: str
            required: true
          parameters:
            description: The values of its placeholders.
            type: dict
            default: {}
          exact:
            description: Whether the text of the rules counts.
            type: bool
            default: false
      includes:
        description: Names of included packs, by the requirement that asks for them.
        type: dict
        default: {}
      requirements:
        description: As in O(requirements).
        type: list
        elements: dict
seealso:
  - module: linux.audit.audit_info
  - module: linux.audit.audit_ruleset
"""

EXAMPLES = r"""
- name: Keep what the evidence of a large fleet needs of the host
  linux.audit.audit_compliance:
    standard: stig_rhel9
    evidence: [kernel, files]
  register: judged

- name: Judge by the STIG
  linux.audit.audit_compliance:
    standard: stig_rhel9
    exceptions:
      - requirement: RHEL-09-654265
        reason: This cluster must not panic; change 4711.
        until: "2027-06-30"
  register: judged

- name: Show what the running kernel does not meet
  ansible.builtin.debug:
    msg: "{{ judged.requirements | selectattr('kernel', 'eq', 'not met') | map(attribute='id') | list }}"

- name: Judge by a requirement of your own
  linux.audit.audit_compliance:
    requirements:
      - id: SITE-1
        title: Changes of users are recorded
        rules: [-w /etc/passwd -p wa, -w /etc/shadow -p wa]
        settings: {enabled: [enabled, immutable]}
"""

RETURN = r"""
evidence:
  description:
    - The entry of the host for P(linux.audit.compliance_document#filter), as P(linux.audit.packed#filter) returns it.
  type: str
  returned: success, with O(evidence); then all results below are left out
  sample: 'packed {"host": "web1", "state": "met"}'
requirements:
  description: The verdicts, in the order of the standards.
  type: list
  elements: dict
  returned: success
  contains:
    standard: {description: The name of the standard., type: str}
    id: {description: The requirement., type: str}
    title: {description: What it says., type: str}
    severity: {description: "V(high), V(medium) or V(low).", type: str}
    kernel:
      description:
        - The verdict by the running kernel, V(met), V(partly met), V(not met), V(undecided) or V(not applicable).
      type: str
    files: {description: "The verdict by the files, so after the next boot.", type: str}
    text: {description: The verdict by the text of the files., type: str}
    rules:
      description:
        - For each rule, C(wanted), and for C(kernel) and C(files) the C(status), the rules C(by) which it is met, with
          the C(keys) that they record, what is C(missing), and the rules C(off_by) which it is switched off.
        - C(text) has the place (C(origin)) of the line, and whether C(auditctl -l) shows it (C(in_auditctl_l)).
      type: list
      elements: dict
    checks:
      description: Settings, files and so on, with what is C(wanted) and C(found).
      type: list
      elements: dict
    left_out:
      description: Rules of the standard that this host cannot have, because it lacks a directory, a user or a syscall.
      type: list
      elements: str
    exception:
      description: The exception with its C(reason), the day C(until) which it counts, and whether it has C(expired).
      type: dict
  sample:
    - standard: stig_rhel9
      id: RHEL-09-654240
      title: ""
      severity: medium
      kernel: met
      files: met
      text: not met
      rules:
        - wanted: -a always,exit -F arch=b64 -F path=/etc/passwd -F perm=wa -F key=identity
          kernel:
            status: met
            by: ["-a always,exit -S all -F dir=/etc -F perm=wa -F key=etc"]
            keys: [etc]
            missing: []
            off_by: []
            reason: ""
          files:
            status: met
            by: ["-a always,exit -S all -F dir=/etc -F perm=wa -F key=etc"]
            keys: [etc]
            missing: []
            off_by: []
            reason: ""
            origins: ["/etc/audit/rules.d/10-etc.rules:1"]
          text: {status: not met, origin: "", in_auditctl_l: false}
      checks: []
      left_out: []
      exception: null
summary:
  description: By view (C(kernel), C(files), C(text)), how many requirements have which verdict, without exceptions.
  type: dict
  returned: success
  sample:
    kernel: {met: 50, partly met: 2, not met: 1, undecided: 0, not applicable: 1, excepted: 1}
standards:
  description: The standards with their titles, their releases and the SHA-256 of what they ask for.
  type: list
  elements: dict
  returned: success
  sample:
    - {name: stig_rhel9, title: DISA STIG for RHEL 9, release: V2R9, sha256: 0f343b0931126a20f133d67c2b018a3b}
proof:
  description:
    - What was judged. This is the rules of the kernel with their SHA-256, its settings, its boot, and the time of the
      host.
  type: dict
  returned: success
  sample:
    time: "2026-11-27T08:25:05Z"
    boot_id: 5f0f6b3e-5b0c-4d6e-9a8b-1f1f0f9f3c11
    kernel: 6.12.48-amd64
    audit: 4.0.2
    distribution: Debian GNU/Linux 13 (trixie)
    enabled: immutable
    lost: 0
    daemon: auditd
    rules: ["-a always,exit -S all -F dir=/etc -F perm=wa -F key=etc"]
    sha256: 2c26b46b68ffc68ff99b453c1d304134
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._daemon.conf_file import read_settings
from ansible_collections.linux.audit.plugins.module_utils._daemon.keywords import AUDITD_CONF
from ansible_collections.linux.audit.plugins.module_utils._daemon.meaning import effective
from ansible_collections.linux.audit.plugins.module_utils._daemon.schema import OLDEST, in_release
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._policy.beside_rules import HostFacts, file_system_size
from ansible_collections.linux.audit.plugins.module_utils._policy.command_line import boot_loader_lines, running_line
from ansible_collections.linux.audit.plugins.module_utils._policy.held_views import read_files, read_kernel
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError
from ansible_collections.linux.audit.plugins.module_utils._policy.requirements import read_standard
from ansible_collections.linux.audit.plugins.module_utils._policy.rules_d import DEFAULT_DIRECTORY
from ansible_collections.linux.audit.plugins.module_utils._policy.verdict_facts import checksum, proof, service_state
from ansible_collections.linux.audit.plugins.module_utils._policy.verdicts import Judge, counted, read_waivers

ARGUMENTS = {
    "standard": {"type": "list", "elements": "raw"},
    "src": {"type": "list", "elements": "path"},
    "requirements": {"type": "list", "elements": "dict"},
    "exceptions": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {name: {"type": "str", "required": True} for name in ("requirement", "reason", "until")},
    },
    "evidence": {"type": "list", "elements": "str", "choices": ["kernel", "files", "text"]},
    "today": {"type": "str"},
    "rules_dir": {"type": "path", "default": DEFAULT_DIRECTORY},
    "standards": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "title": {"type": "str"},
            "release": {"type": "str"},
            "sources": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "name": {"type": "str", "required": True},
                    "content": {"type": "str", "required": True},
                    "parameters": {"type": "dict", "default": {}},
                    "exact": {"type": "bool", "default": False},
                },
            },
            "includes": {"type": "dict", "default": {}},
            "requirements": {"type": "list", "elements": "dict"},
        },
    },
}


def facts_of(host, status):
    """What is read of the host for checks."""
    version = host.version or OLDEST
    written = read_settings(in_release(AUDITD_CONF.path, version))
    conf = effective(AUDITD_CONF, written, version)
    space = file_system_size(conf.get("log_file"))
    return HostFacts(conf, written, space, running_line(), boot_loader_lines(), service_state(status.pid))


def judge(parameters, mode):
    """Judge the host by all standards; return the result of the module."""
    if not parameters["standards"]:
        raise ChangeError("there is nothing to judge by; give standard, src or requirements")
    host = Host()
    kernel = read_kernel(host)
    files = read_files(parameters["rules_dir"], host, kernel.status.features)
    by = Judge(host, kernel, files, facts_of(host, kernel.status))
    waivers = read_waivers(parameters["exceptions"], parameters["today"])
    judged = [
        by.judge(requirement, waivers.get(requirement.id))
        for standard in parameters["standards"]
        for requirement in read_standard(standard, host)
    ]
    unknown = sorted(set(waivers) - {found["id"] for found in judged})
    return {
        "changed": False,
        "requirements": judged,
        "summary": counted(judged),
        "standards": [
            {
                "name": standard["name"],
                "title": standard.get("title") or "",
                "release": str(standard.get("release") or ""),
                "sha256": checksum(standard),
            }
            for standard in parameters["standards"]
        ],
        "proof": proof(kernel, host),
        "warnings": [f"there is no requirement {name}, for which there is an exception" for name in unknown],
    }


def main():
    run(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), judge)


if __name__ == "__main__":
    main()
