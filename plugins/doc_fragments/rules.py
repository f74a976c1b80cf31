# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that the modules which set rules share."""


class ModuleDocFragment:
    """See module_utils/_policy/single_rules.py for the parameters."""

    DOCUMENTATION = r"""
options:
  live:
    description:
      - Whether the rules of the running kernel are brought to what is asked for.
      - With V(false) the kernel is not asked, so that hosts without an audit system can be prepared.
    type: bool
    default: true
  persistent:
    description:
      - Whether the files of O(rules_dir) are brought to what is asked for, so that it holds after a boot as well.
      - A rule that stands in any file of the directory, in any spelling, is taken as it is.
    type: bool
    default: true
  file:
    description:
      - The file of O(rules_dir) that new rules are written to. Its name must end in V(.rules).
      - The kernel looks at the rules of a list in the order of the names of the files, and the first one that matches
        an event decides.
    type: str
    default: 50-linux-audit.rules
  rules_dir:
    description:
      - The directory of rules files that augenrules(8) reads.
      - If it is named C(rules.d), the file C(audit.rules) beside it is made anew from it, as augenrules does.
    type: path
    default: /etc/audit/rules.d
  position:
    description:
      - Where a new rule goes, behind all rules of its list or before them, in the kernel and in O(file).
      - Which file is read first is said by its name, so give rules that have to come first a file that sorts first.
    type: str
    choices: [append, prepend]
    default: append
  immutable:
    description:
      - What to do when the kernel takes no change until the next boot (C(enabled 2)) and lacks what is asked for.
      - V(stage) writes the files and returns RV(reboot_required) and RV(pending).
      - V(fail) fails and changes nothing.
    type: str
    choices: [stage, fail]
    default: stage
seealso:
  - name: auditctl(8)
    description: Rules and their fields.
    link: https://man7.org/linux/man-pages/man8/auditctl.8.html
  - name: augenrules(8)
    description: How the files of rules.d are put together.
    link: https://man7.org/linux/man-pages/man8/augenrules.8.html
notes:
  - Rules are read and changed over netlink. Neither auditctl nor augenrules is needed or run. The tools of audit are
    only asked for their version, where the meaning of a rule depends on it (C(-S) with C(-F perm=) behind an arch).
  - In a container the rules are those of its host and can mostly not be reached from within.
  - A warning names each line of O(rules_dir) at which auditctl would stop at the next boot, whoever wrote it.
  - Nothing is written or loaded before everything is checked. If the kernel refuses a rule, everything is put back.
"""
