#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_trial
short_description: Try audit rules for some seconds, and count what they would record
version_added: 0.1.0
description:
  - Loads rules for some seconds, and returns how many events, records and bytes each of them makes, which programs,
    users and files make most of them, and how far the logs of the host would reach back.
  - The rules are appended to what the kernel holds. So nothing changes of what is recorded already, because the first
    rule that matches an event decides. A rule that would record nothing new makes nothing.
  - Each rule has a key of its own, which begins with C(linux-audit-trial). Records are counted as the kernel sends
    them to its multicast group. The daemon is not touched; it writes the records of the trial to its log.
  - The module removes its rules at the end, even if a signal ends it. If it is killed with C(SIGKILL), the next trial
    removes them.
author:
  - The linux.audit contributors (@linux-audit)
extends_documentation_fragment:
  - linux.audit.attributes
  - linux.audit.attributes.actiongroup_audit
attributes:
  check_mode:
    support: full
    details:
      - The module returns which rules it would try. It loads none.
  diff_mode:
    support: N/A
    details:
      - The rules are removed before the module returns.
  idempotent:
    support: N/A
    details:
      - The module changes nothing that lasts.
  platform:
    support: full
    platforms: linux
options:
  rules:
    description: As O(linux.audit.audit_ruleset#module:rules).
    type: list
    elements: raw
  content:
    description: As O(linux.audit.audit_ruleset#module:content).
    type: str
  src:
    description: As O(linux.audit.audit_ruleset#module:src).
    type: list
    elements: path
  sources:
    description: As O(linux.audit.audit_ruleset#module:sources).
    type: list
    elements: dict
    suboptions:
      name:
        description: A name for errors.
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
        description: Makes O(sources[].content) a rule pack, and gives the values of its placeholders.
        type: dict
      exact:
        description: Accepted because M(linux.audit.audit_ruleset) has it. A trial takes all rules as they are written.
        type: bool
        default: false
  packs:
    description: As O(linux.audit.audit_ruleset#module:packs).
    type: list
    elements: raw
  seconds:
    description: How long to count.
    type: int
    default: 30
  rate_limit:
    description: The trial stops at once if its rules record more events than this within a second.
    type: int
    default: 1000
  top:
    description: How many programs, users and files to return for each rule.
    type: int
    default: 3
notes:
  - Only rules of the lists C(exit) and C(io_uring) are tried. Rules of other lists drop records, so they would change
    what is recorded already.
  - C(bytes) are those of records as the kernel sends them. The rates by the hour and the day are those of the log,
    whose lines are longer in the enriched format (C(log_format=ENRICHED)); RV(factor) is by how much.
  - The calls of the module itself are not counted. Those of Ansible's connection are, as on every other day.
  - The module fails in immutable mode (C(enabled 2)), if auditing is off, without an audit daemon, without the
    capability C(CAP_AUDIT_READ), before Linux 3.16, and if the kernel has the rule C(-a never,task).
seealso:
  - module: linux.audit.audit_ruleset
  - module: linux.audit.audit_trace
"""

EXAMPLES = r"""
- name: Find out what these rules would record here
  linux.audit.audit_trial:
    rules:
      - -a always,exit -F arch=b64 -S openat -F exit=-EACCES -F key=access
      - -a always,exit -F arch=b64 -S connect -F key=network
    seconds: 5
  register: trial

- name: Show the noisiest one
  ansible.builtin.debug:
    msg: "{{ trial.rules | default([]) | first | default('nothing was tried') }}"
"""

RETURN = r"""
rules:
  description:
    - What each rule made, those with most bytes first. C(share) is its part of the bytes of the set.
    - C(exclusion) names the program and user whose events are most of those of the rule, if they are a fifth or more
      of at least ten. C(fields) are the conditions of a C(never) rule that would leave these out.
  type: list
  elements: dict
  returned: success, except in check mode, if a rule was tried
  sample:
    - rule: -a always,exit -F arch=b64 -S openat -F exit=-EACCES -F key=access
      events: 120
      records: 600
      bytes: 96000
      events_per_second: 4.0
      bytes_per_hour: 11520000
      megabytes_per_day: 263.67
      share: 0.92
      programs: [{name: /usr/sbin/chronyd, events: 97, share: 0.8083}]
      users: [{name: unset, events: 97, share: 0.8083}]
      paths: [{name: /etc/shadow, events: 97, share: 0.8083}]
      exclusion:
        exe: /usr/sbin/chronyd
        auid: unset
        share: 0.8083
        fields: [exe=/usr/sbin/chronyd, auid=unset]
        sentence: "81% of them: exe=/usr/sbin/chronyd, auid unset"
set:
  description: The sums over all rules that were tried.
  type: dict
  returned: with RV(rules)
  sample:
    events: 130
    records: 650
    bytes: 104000
    events_per_second: 4.333
    bytes_per_hour: 12480000
    megabytes_per_day: 285.64
others:
  description: What was recorded meanwhile without the trial.
  type: dict
  returned: with RV(rules)
  sample: {events: 3, records: 3, bytes: 600, events_per_second: 0.1, bytes_per_hour: 72000, megabytes_per_day: 1.65}
factor:
  description: By how much the lines of the log are longer than the records, at the end of the log.
  type: float
  returned: with RV(rules)
  sample: 1.0
retention:
  description:
    - How many days the logs of the daemon reach back at the rates of the trial, without and with the rules that were
      tried. C(capacity_megabytes) follows from C(max_log_file), C(num_logs) and the space on the disk.
    - Values that are not known, such as days without a record, are null.
  type: dict
  returned: with RV(rules)
  sample: {capacity_megabytes: 40.0, days_without: 24.27, days_with: 0.14}
tried:
  description: The rules that were tried, or would be, as lines, in the order in which they are loaded.
  type: list
  elements: str
  returned: success
  sample: ["-a always,exit -F arch=b64 -S openat -F exit=-EACCES -F key=access"]
left_out:
  description: Rules that were not tried, and why.
  type: list
  elements: dict
  returned: success
  sample: [{rule: "-w /etc/passwd -p wa -k identity", reason: the kernel has a rule that matches the same}]
notes:
  description: Rules that packs left out on this host, and why.
  type: list
  elements: str
  returned: success
  sample: []
stopped:
  description:
    - Why the trial ended early. V(rate_limit) is because of O(rate_limit), V(lost) because the kernel lost records,
      V(unread) because records came faster than the module could read them, so that the counts are too low.
    - Null if it ran for O(seconds).
  type: str
  returned: success
  sample: null
seconds:
  description: How long was counted.
  type: float
  returned: success
  sample: 30.0
lost:
  description: How many records of any process the kernel lost during the trial.
  type: int
  returned: success
  sample: 0
removed:
  description: How many rules of killed trials were found and removed.
  type: int
  returned: success
  sample: 0
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._log.trial import TrialError, try_rules
from ansible_collections.linux.audit.plugins.module_utils._policy.sources import ARGUMENTS as SOURCE_ARGUMENTS
from ansible_collections.linux.audit.plugins.module_utils._policy.sources import sources_of

ARGUMENTS = dict(
    SOURCE_ARGUMENTS,
    seconds={"type": "int", "default": 30},
    rate_limit={"type": "int", "default": 1000},
    top={"type": "int", "default": 3},
)


def try_set(parameters, mode):
    """Try the rules of the task; return the result of the module."""
    if parameters["seconds"] < 1 or parameters["rate_limit"] < 1 or parameters["top"] < 0:
        raise TrialError("seconds and rate_limit must be 1 or more, and top 0 or more")
    result = try_rules(sources_of(parameters), parameters, Host(), mode.check)
    if result["stopped"]:
        result["warnings"] = [f"the trial ended after {result['seconds']} seconds ({result['stopped']})"]
    return result


def main():
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        mutually_exclusive=[["rules", "content", "src", "sources"]],
        required_one_of=[["rules", "content", "src", "sources", "packs"]],
        supports_check_mode=True,
    )
    run(module, try_set)


if __name__ == "__main__":
    main()
