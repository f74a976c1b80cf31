#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_report
short_description: Summarise the log of the Linux audit system
version_added: 0.1.0
description:
  - Returns the reports and summaries of aureport(8) as data.
  - If the output of aureport is ambiguous, for example because a name contains spaces, the row is taken from the event.
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
      - Changes nothing.
  idempotent:
    support: full
  platform:
    support: full
    platforms: linux
options:
  report:
    description:
      - The report, by the name of the long option of aureport. V(overview) is what aureport prints without an option,
        and V(log) is the period that each file covers.
    type: str
    choices:
      - overview
      - anomaly
      - auth
      - avc
      - comm
      - config
      - crypto
      - event
      - executable
      - file
      - host
      - integrity
      - key
      - log
      - login
      - mac
      - mods
      - pid
      - response
      - syscall
      - terminal
      - tty
      - user
      - virt
    default: overview
  summary:
    description:
      - Return how often each value of the main column of the report occurs, the most frequent first.
      - V(overview), V(log) and V(tty) have no summary.
    type: bool
    default: false
  start:
    description:
      - Only events since this time. Write it in ISO 8601 with a time zone, such as V(2026-01-31T18:00:00Z) or
        V(2026-01-31T20:00:00+02:00), as C(@) and the seconds since 1970, as a time before now, such as
        V(15 minutes ago) or V(-2h), or as one of the words that M(linux.audit.audit_search) takes.
    type: str
  end:
    description: Only events up to this time, written in the same way as O(start).
    type: str
  success:
    description: Only events that succeeded, or only events that failed.
    type: bool
  node:
    description: Only events that were recorded on this host.
    type: str
  config:
    description: Whether to include changes to the configuration of the audit system.
    type: bool
    default: true
  limit:
    description: The largest number of rows to return. V(0) means no limit.
    type: int
    default: 1000
  input_file:
    description:
      - A file, or a directory with C(audit.log) and its rotated files.
      - By default, the log that auditd.conf(5) names is read, with its rotated files.
    type: path
seealso:
  - module: linux.audit.audit_search
  - name: aureport(8)
    description: What the reports mean.
    link: https://man7.org/linux/man-pages/man8/aureport.8.html
"""

EXAMPLES = r"""
- name: Count what has happened since the last boot
  linux.audit.audit_report:
    start: boot
  register: overview

- name: Find the programs that fail most often
  linux.audit.audit_report:
    report: executable
    summary: true
    success: false
    limit: 5

- name: List the logins of the last week
  linux.audit.audit_report:
    report: login
    start: week-ago
"""

RETURN = r"""
rows:
  description:
    - The rows of the report. Each has the C(time), in UTC, and the columns of aureport.
    - With O(summary=true), each row has a C(total) and a C(value).
    - O(report=overview) has one row with all numbers, and O(report=log) has a row for each file.
    - Numbers are integers, C(success) is a boolean, and unknown values are null.
  type: list
  elements: dict
  returned: success
  sample:
    - time: "2026-01-31T18:00:00Z"
      auid: joe
      host: 192.0.2.7
      terminal: ssh
      exe: /usr/sbin/sshd
      success: true
      event: 4711
truncated:
  description: Whether there are more rows than O(limit).
  type: bool
  returned: success
  sample: false
"""

import time

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._log.files import Log
from ansible_collections.linux.audit.plugins.module_utils._log.query import checked_node
from ansible_collections.linux.audit.plugins.module_utils._log.report import NAMES, ReportRequest, read_report
from ansible_collections.linux.audit.plugins.module_utils._log.times import period

ARGUMENTS = {
    "report": {"type": "str", "choices": list(NAMES), "default": "overview"},
    "summary": {"type": "bool", "default": False},
    "start": {"type": "str"},
    "end": {"type": "str"},
    "success": {"type": "bool"},
    "node": {"type": "str"},
    "config": {"type": "bool", "default": True},
    "limit": {"type": "int", "default": 1000},
    "input_file": {"type": "path"},
}


def report(parameters, _mode):
    """Read the report; return the result of the module."""
    start, end = period(parameters["start"], parameters["end"], time.time())
    request = ReportRequest(
        report=parameters["report"],
        summary=parameters["summary"],
        start=start,
        end=end,
        success=parameters["success"],
        node=None if parameters["node"] is None else checked_node(parameters["node"]),
        config=parameters["config"],
        limit=parameters["limit"],
    )
    request.check()
    with Log(parameters["input_file"]) as log:
        found = read_report(log, request)
    return {"changed": False, "rows": found.rows, "truncated": found.truncated}


def main():
    run(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), report)


if __name__ == "__main__":
    main()
