#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_trace
short_description: Record the system calls of a command or of a process
version_added: 0.1.0
description:
  - Runs a command, or looks at a process for some time, and returns its system calls as the audit system records them.
  - This is what autrace(8) does, but no other rule is deleted. Two rules are put in front of all others, one for the
    process and one for its children, and are removed when it is over, or when the module is ended by a signal. Rules of
    a run that was killed are removed by the next one.
  - What the children of its children do is not recorded, as the kernel has no rule for that.
author:
  - The linux.audit contributors (@linux-audit)
extends_documentation_fragment:
  - linux.audit.attributes
  - linux.audit.attributes.actiongroup_audit
attributes:
  check_mode:
    support: full
    details:
      - It says whether a trace is possible, and runs and records nothing.
  diff_mode:
    support: N/A
    details:
      - The rules are gone when it returns.
  idempotent:
    support: N/A
    details:
      - A command is run each time, and RV(ignore:changed) is true then. Looking at a process changes nothing.
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
    description: The directory to run it in.
    type: path
  pid:
    description: The process to look at.
    type: int
  duration:
    description: How long to look at the process O(pid), or after how many seconds the O(command) is killed.
    type: int
    default: 30
  syscall:
    description: The system calls to record, by name or number, those of 64 bit. All are recorded without this.
    type: list
    elements: str
  limit:
    description: Return at most so many calls, the first, V(0) for any number.
    type: int
    default: 1000
  raw:
    description: Return the records as they stand in the log as well, as C(text) of each call.
    type: bool
    default: false
notes:
  - The first rule that matches a call decides. So what the process does meanwhile is recorded under the key of the
    trace, and not under the keys of other rules, nor left out because of a C(never) rule.
  - Each call is recorded and written to the log. A busy process fills it.
  - In immutable mode (C(enabled 2)), where auditing is off, and where C(-a never,task) is in place, it fails and says
    so.
seealso:
  - module: linux.audit.audit_search
  - name: autrace(8)
    description: The tool that it stands for.
    link: https://man7.org/linux/man-pages/man8/autrace.8.html
"""

EXAMPLES = r"""
- name: See which files a program opens
  linux.audit.audit_trace:
    command: [/usr/bin/id, root]
    syscall: [open, openat]
  register: trace

- name: Show them
  ansible.builtin.debug:
    msg: "{{ trace.calls | map(attribute='paths') | flatten | map(attribute='name') | unique }}"

- name: See what the first process does in two seconds
  linux.audit.audit_trace:
    pid: 1
    duration: 2
"""

RETURN = r"""
calls:
  description: The calls, in their order, as RV(linux.audit.audit_search#module:events) has them.
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
  description: How many records the kernel lost meanwhile, of whatever process.
  type: int
  returned: success
  sample: 0
removed:
  description: How many rules of runs that were killed were found and removed.
  type: int
  returned: success
  sample: 0
key:
  description: The key under which the calls are recorded.
  type: str
  returned: success
  sample: linux-audit-trace.799.12345
pid:
  description: The process.
  type: int
  returned: success, but for check mode
  sample: 815
result:
  description:
    - How the command ended. Its exit status C(rc), negative if it was ended by that signal, the first 64 KiB of its
      C(stdout) and C(stderr), and C(timed_out) if it was killed after O(duration). A command that fails is no failure
      of the task.
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
