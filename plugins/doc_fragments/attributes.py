# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes that all modules of the collection share."""


class ModuleDocFragment:
    """Each module states how it supports these attributes."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what would change, without changing anything.
  diff_mode:
    description: Returns what has changed (in C(check_mode), what would change) as lines of auditctl or of files.
  idempotent:
    description: A second run with the same parameters changes nothing.
  platform:
    description: The operating systems on which the module runs.
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
