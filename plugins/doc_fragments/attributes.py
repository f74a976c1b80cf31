# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes that the modules of the collection share."""


class ModuleDocFragment:
    """Each module states its support of these."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and tell what would change without changing it.
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode), in lines of auditctl.
  idempotent:
    description: A second run with the same parameters changes nothing.
  platform:
    description: The operating systems that the module runs on.
"""

    ACTIONGROUP_AUDIT = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/linux.audit.audit) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - linux.audit.audit
"""
