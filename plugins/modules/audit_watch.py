#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_watch
short_description: Watch files and directory trees with the Linux audit system
version_added: 0.1.0
description:
  - Ensures that access to a file, or to everything below a directory, is recorded or not recorded. Changes the running
    kernel and the files of C(rules.d).
  - A watch can have two forms, C(-w /etc/passwd -p wa) or rules with C(-F path=) and C(-F perm=) for each architecture.
    If the host already has the watch in one form, the watch stays in this form.
  - The permissions are part of the identity of a watch. A watch of the same path with other permissions is left alone.
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
  path:
    description:
      - The absolute path of the file or directory.
      - The file does not have to exist, but its directory does.
      - The kernel watches a symbolic link itself and not what it leads to, and knows no wildcards. A warning says so.
    type: str
    required: true
  permissions:
    description:
      - The kinds of access to record, in any order. V(r) is read, V(w) write, V(x) execute, and V(a) a change of
        attributes.
    type: str
    default: rwxa
  keys:
    description: Keys by which the records can be found.
    type: list
    elements: str
    default: []
  type:
    description:
      - V(directory) watches everything below O(path), V(file) only the path itself.
      - V(auto) checks what the path is on the host. A missing path is watched as a file, unless it ends with a slash.
    type: str
    choices: [auto, file, directory]
    default: auto
  style:
    description:
      - The form of a new watch.
      - V(syscall) writes one rule for each architecture of the host, the form that auditctl(8) recommends, with C(-p).
        Unlike C(-F perm=), C(-p) leaves no system call unrecorded on any release of audit.
      - V(watch) writes C(-w).
    type: str
    choices: [syscall, watch]
    default: syscall
  missing:
    description:
      - What to do if the kernel would refuse the watch, because the directory of O(path) is missing (or O(path) itself,
        if it is watched as a directory).
      - V(fail) fails and changes nothing.
      - V(defer) writes the watch to O(file) alone. The next run, or a boot, loads it if the directory exists by then. A
        boot without the directory loses only this watch, because the file begins with C(-i).
    type: str
    choices: [fail, defer]
    default: fail
  state:
    description: Whether the watch must exist. With V(absent) and without O(keys) it is removed whatever its key is.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Record changes to the list of users
  linux.audit.audit_watch:
    path: /etc/passwd
    permissions: wa
    keys: [identity]

- name: Record changes to everything below a directory, in the old form
  linux.audit.audit_watch:
    path: /etc/ssh/
    permissions: wa
    keys: [sshd]
    style: watch

- name: Watch a file of an application that is installed later
  linux.audit.audit_watch:
    path: /opt/application/etc/secret
    permissions: r
    keys: [secret]
    missing: defer

- name: Remove the watch
  linux.audit.audit_watch:
    path: /opt/application/etc/secret
    permissions: r
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

import os

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.linux.audit.plugins.module_utils._ansible import run
from ansible_collections.linux.audit.plugins.module_utils._policy.options import ChangeError, options_of
from ansible_collections.linux.audit.plugins.module_utils._policy.single_rules import (
    ARGUMENTS as RULE_ARGUMENTS,
)
from ansible_collections.linux.audit.plugins.module_utils._policy.single_rules import (
    Change,
    result_of,
)
from ansible_collections.linux.audit.plugins.module_utils.rules.watch import statements

ARGUMENTS = dict(
    RULE_ARGUMENTS,
    path={"type": "str", "required": True},
    permissions={"type": "str", "default": "rwxa"},
    keys={"type": "list", "elements": "str", "default": [], "no_log": False},
    type={"type": "str", "choices": ["auto", "file", "directory"], "default": "auto"},
    style={"type": "str", "choices": ["syscall", "watch"], "default": "syscall"},
    missing={"type": "str", "choices": ["fail", "defer"], "default": "fail"},
    state={"type": "str", "choices": ["present", "absent"], "default": "present"},
)


def is_missing(path, is_directory):
    """Whether the kernel would refuse the watch."""
    return not os.path.isdir(path if is_directory else os.path.dirname(path.rstrip("/")))


def wanted(parameters, is_directory, host):
    """The change that the parameters describe."""
    path, permissions, keys = parameters["path"], parameters["permissions"], parameters["keys"]
    if parameters["state"] == "present":
        present, instead = statements(path, is_directory, permissions, keys, parameters["style"], host)
        return Change(present=present, instead=instead)
    # The path may have been of another type when the watch was added.
    kinds = (True, False) if parameters["type"] == "auto" and path.strip("/") else (is_directory,)
    forms = [form for kind in kinds for form in statements(path, kind, permissions, keys, "syscall", host)]
    return Change(absent=tuple(statement for form in forms for statement in form))


def hold_watch(parameters, mode):
    """Add the watch, or remove it; return the result of the module."""
    path, kind = parameters["path"], parameters["type"]
    is_directory = kind == "directory" or (kind == "auto" and (path.endswith("/") or os.path.isdir(path)))
    options = options_of(parameters, *mode)
    deferred = parameters["state"] == "present" and parameters["missing"] == "defer" and is_missing(path, is_directory)
    if deferred and not options.persistent:
        raise ChangeError(
            f"the watch of {path} cannot be loaded now, and with persistent: false it cannot be deferred; create its "
            "directory first"
        )
    if deferred:
        options = options._replace(live=False)
    result = result_of(lambda host: wanted(parameters, is_directory, host), options)
    if deferred:
        result["warnings"].insert(
            0,
            f"the watch of {path} is only in the files, because its directory does not exist; create the directory "
            "before the next boot, or auditctl will load no rule after the watch",
        )
    return result


def main():
    run(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), hold_watch)


if __name__ == "__main__":
    main()
