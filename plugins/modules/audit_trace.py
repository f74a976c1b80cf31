#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_trace
short_description: Record the system calls of a command or of a process
version_added: 0.1.0
description:
  - Runs a command, or watches a process for some time, and returns the system calls that the audit system records.
  - The module does what autrace(8) does, but it deletes no other rule. It adds two rules before all others, one for the
    process and one for its children. It removes both rules at the end, even if a signal ends the module. If the module
    is killed with C(SIGKILL), the next trace removes them.
  - The children of its children are not recorded, because the kernel has no rule for them.
author:
  - The linux.audit contributors (@linux-audit)
extends_documentation_fragment:
  - linux.audit.attributes
  - linux.audit.attributes.actiongroup_audit
attributes:
  check_mode:
    support: full
    details:
      - The module checks whether a trace is possible. It runs and records nothing.
  diff_mode:
    support: N/A
    details:
      - The rules are removed before the module returns.
  idempotent:
    support: N/A
    details:
      - A command runs each time, and then RV(ignore:changed) is true. Watching a process changes nothing.
  platform:
    support: full
    platforms: linux
options:
  command:
    description:
      - The program to run and its arguments. No shell is involved.
      - One of O(command) and O(pid) is required.
    type: list
    elements: str
  chdir:
    description: The working directory of the command.
    type: path
  pid:
    description: The process to watch.
    type: int
  duration:
    description: For how many seconds to watch the process O(pid), or after how many seconds to kill the O(command).
    type: int
    default: 30
  syscall:
    description: The 64-bit system calls to record, by name or number. Without this parameter all calls are recorded.
    type: list
    elements: str
  limit:
    description: Return only the first calls, up to this number. V(0) returns all calls.
    type: int
    default: 1000
  raw:
    description: Also return the records of each call as they are in the log, as C(text).
    type: bool
    default: false
notes:
  - The first rule that matches a call decides. During the trace, the calls of the process are recorded under the key of
    the trace, not under the keys of other rules, and even if a C(never) rule would match them.
  - Each call is recorded and written to the log. A busy process can fill the log.
  - The module fails in immutable mode (C(enabled 2)), if auditing is off, and if the kernel has the rule
    C(-a never,task).
seealso:
  - module: linux.audit.audit_search
  - name: autrace(8)
    description: The tool that this module replaces.
    link: https://man7.org/linux/man-pages/man8/autrace.8.html
"""

EXAMPLES = r"""
- name: Trace which files a program opens
  linux.audit.audit_trace:
    command: [/usr/bin/id, root]
    syscall: [open, openat]
  register: trace

- name: Show the files
  ansible.builtin.debug:
    msg: "{{ trace.calls | map(attribute='paths') | flatten | map(attribute='name') | unique }}"

- name: Trace what the first process does in two seconds
  linux.audit.audit_trace:
    pid: 1
    duration: 2
"""

RETURN = r"""
calls:
  description: The calls in order, each in the form of RV(linux.audit.audit_search#module:events).
  type: list
  elements: dict
  returned: success
  sample:
    - time: "2026-01-31T18:00:00.123Z"
      id: 4711
      types: [SYSCALL, CWD, PATH, PROCTITLE]
      success: true
      syscall:
        name: openat
        number: 257
        arch: x86_64
        exit: 3
        error: null
        arguments: [AT_FDCWD, "0x7f0c", O_RDONLY|O_CLOEXEC, "0x0"]
      subject: {pid: 815, ppid: 801, comm: id, exe: /usr/bin/id}
      paths:
        - name: /etc/passwd
          path: /etc/passwd
          type: NORMAL
truncated:
  description: Whether there are more calls than O(limit).
  type: bool
  returned: success
  sample: false
lost:
  description: How many records of any process the kernel lost during the trace.
  type: int
  returned: success
  sample: 0
removed:
  description: How many rules of killed traces were found and removed.
  type: int
  returned: success
  sample: 0
key:
  description: The key with which the calls are recorded.
  type: str
  returned: success
  sample: linux-audit-trace.799.12345
pid:
  description: The process that was traced.
  type: int
  returned: success, except in check mode
  sample: 815
result:
  description:
    - How the command ended. C(rc) is its exit status, or the negative number of the signal that killed it. C(stdout)
      and C(stderr) are the first 64 KiB of its output. C(timed_out) tells whether it was killed after O(duration). The
      task does not fail if the command fails.
  type: dict
  returned: with O(command)
  sample:
    rc: 0
    stdout: "uid=0(root) gid=0(root) groups=0(root)"
    stderr: ""
    timed_out: false
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._host.host import Host
from ansible_collections.linux.audit.plugins.module_utils._log.trace import check_parameters, trace

ARGUMENTS = {
    "command": {"type": "list", "elements": "str"},
    "chdir": {"type": "path"},
    "pid": {"type": "int"},
    "duration": {"type": "int", "default": 30},
    "syscall": {"type": "list", "elements": "str"},
    "limit": {"type": "int", "default": 1000},
    "raw": {"type": "bool", "default": False},
}


def trace_calls(parameters, mode):
    """Trace the command or process; return the result of the module."""
    check_parameters(parameters)
    return dict(trace(parameters, Host(), mode.check), changed=bool(parameters["command"]))


def main():
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_one_of=[["command", "pid"]],
        mutually_exclusive=[["command", "pid"]],
        supports_check_mode=True,
    )
    run(module, trace_calls)


if __name__ == "__main__":
    main()
