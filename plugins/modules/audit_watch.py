#!/usr/bin/python
# Copyright (c) 2026 The linux.audit contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

DOCUMENTATION = r"""
module: audit_watch
short_description: Watch files and directory trees with the Linux audit system
version_added: 0.1.0
description:
  - Sees to it that access to a file, or to everything below a directory, is recorded, in the running kernel and by the
    files of C(rules.d), or that it is not.
  - A watch is the same watch as C(-w /etc/passwd -p wa) and as rules with C(-F path=) and C(-F perm=) for each
    architecture. One that is held in either form is left in it.
  - The permissions are a part of what a watch is. Another watch of the same path with other permissions is left alone.
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
      - The file need not exist, but its directory must.
    type: str
    required: true
  permissions:
    description:
      - The kinds of access to record, V(r) (read), V(w) (write), V(x) (execute) and V(a) (change of attributes), in any
        order.
    type: str
    default: rwxa
  keys:
    description: Keys that the records can be found by.
    type: list
    elements: str
    default: []
  type:
    description:
      - V(directory) watches everything below O(path), V(file) the path alone.
      - V(auto) looks what is there. A path where nothing is becomes a file, unless it ends with a slash.
    type: str
    choices: [auto, file, directory]
    default: auto
  style:
    description:
      - The form that a new watch is written in.
      - V(syscall) writes rules with an arch, which cost the kernel less, one for each that the host has.
      - V(watch) writes C(-w).
    type: str
    choices: [syscall, watch]
    default: syscall
  missing:
    description:
      - What to do when the kernel cannot take the watch, because the directory of O(path) is missing (or O(path)
        itself, if it is to be watched as a directory).
      - V(fail) fails and changes nothing.
      - V(defer) writes the watch to O(file) alone. Mind that C(auditctl -R) stops at the first rule that cannot be
        loaded, so the directory has to be there at the next boot.
    type: str
    choices: [fail, defer]
    default: fail
  state:
    description: Whether the watch is to be there. With V(absent) and no O(keys) it is removed whatever its key.
    type: str
    choices: [present, absent]
    default: present
"""

EXAMPLES = r"""
- name: Record changes of the list of users
  linux.audit.audit_watch:
    path: /etc/passwd
    permissions: wa
    keys: [identity]

- name: Record changes of everything below a directory, in the old form
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

- name: Do not watch it any more
  linux.audit.audit_watch:
    path: /opt/application/etc/secret
    permissions: r
    state: absent
"""

RETURN = r"""
added:
  description:
    - Rules that the kernel or a file did not hold before, in canonical form.
    - Rules that are the same have the same canonical form, however they are written.
  type: list
  elements: str
  returned: success
  sample: ["-a always,exit -F path=/etc/passwd -F perm=wa -F key=identity"]
removed:
  description: Rules that the kernel or a file does not hold any more, in canonical form.
  type: list
  elements: str
  returned: success
  sample: ["-a always,exit -F path=/etc/passwd -F perm=wa -F key=passwd"]
rules:
  description: The rules that were asked for, in canonical form.
  type: list
  elements: str
  returned: success
  sample: ["-a always,exit -F path=/etc/passwd -F perm=wa -F key=identity"]
pending:
  description: What an immutable kernel lacks until the next boot, as arguments of auditctl.
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
    """The change that the parameters ask for."""
    path, permissions, keys = parameters["path"], parameters["permissions"], parameters["keys"]
    if parameters["state"] == "present":
        present, instead = statements(path, is_directory, permissions, keys, parameters["style"], host)
        return Change(present=present, instead=instead)
    # What was there when the watch was made may be gone.
    kinds = (True, False) if parameters["type"] == "auto" and path.strip("/") else (is_directory,)
    forms = [form for kind in kinds for form in statements(path, kind, permissions, keys, "syscall", host)]
    return Change(absent=tuple(statement for form in forms for statement in form))


def hold_watch(parameters, mode):
    """Hold the watch, or remove it; return the result of the module."""
    path, kind = parameters["path"], parameters["type"]
    is_directory = kind == "directory" or (kind == "auto" and (path.endswith("/") or os.path.isdir(path)))
    options = options_of(parameters, mode)
    deferred = parameters["state"] == "present" and parameters["missing"] == "defer" and is_missing(path, is_directory)
    if deferred and not options.persistent:
        raise ChangeError(f"the watch of {path} cannot be loaded now, and with persistent: false it cannot be deferred")
    if deferred:
        options = options._replace(live=False)
    result = result_of(lambda host: wanted(parameters, is_directory, host), options)
    if deferred:
        result["warnings"].insert(
            0, f"the watch of {path} is in the files alone: the kernel can take it once its directory exists"
        )
    return result


def main():
    run(AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True), hold_watch)


if __name__ == "__main__":
    main()
