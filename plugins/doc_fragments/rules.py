# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that the modules for single rules share."""


class ModuleDocFragment:
    """The parameters are defined in module_utils/_policy/single_rules.py."""

    DOCUMENTATION = r"""
options:
  live:
    description:
      - Whether to change the rules of the running kernel.
      - With V(false) the module does not contact the kernel, so it can prepare hosts without an audit system.
    type: bool
    default: true
  persistent:
    description:
      - Whether to change the files of O(rules_dir), so that the change survives a boot.
      - A rule that any file of the directory already has, in any spelling, is left as it is.
    type: bool
    default: true
  file:
    description:
      - The file of O(rules_dir) that new rules are written to. Its name must end in V(.rules).
      - The kernel evaluates the rules of a list in the order of the file names, and the first rule that matches an
        event decides.
    type: str
    default: 50-linux-audit.rules
  rules_dir:
    description:
      - The directory of rules files that augenrules(8) reads.
      - If the directory is named C(rules.d), the file C(audit.rules) beside it is compiled from it, as augenrules does.
    type: path
    default: /etc/audit/rules.d
  position:
    description:
      - Whether a new rule goes after or before all other rules of its list, in the kernel and in O(file).
      - Files are read in the order of their names. If an earlier file has a rule that a prepended rule must precede,
        the line is written with C(-A), so that a boot puts the rule first, too. audit 4.0.4 to 4.1.0 takes C(-A) for
        C(-d); there, name a O(file) that sorts first.
    type: str
    choices: [append, prepend]
    default: append
  immutable:
    description:
      - What to do if the kernel refuses all changes until the next boot (C(enabled 2)), and must change.
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
    description: How the files of rules.d are joined.
    link: https://man7.org/linux/man-pages/man8/augenrules.8.html
notes:
  - The module reads and changes rules over netlink. It neither needs nor runs auditctl or augenrules. It only asks
    audit's tools for their version, if the meaning of a rule depends on it (C(-S) with C(-F perm=) after an arch).
  - A container has the rules of its host, and usually cannot reach them.
  - A warning names each line of O(rules_dir) at which auditctl would stop at the next boot, whoever wrote the line.
  - Everything is checked before anything is written or loaded. If the kernel refuses a rule, everything is put back.
"""
