# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that the modules for the daemon's files share."""


class ModuleDocFragment:
    """See module_utils/_daemon/arguments.py for the parameters."""

    DOCUMENTATION = r"""
options:
  version:
    description:
      - The release of audit for which the file is checked, such as V(3.0.9). The default is the release that is
        installed.
      - On a host without audit this option is required.
    type: str
  apply:
    description:
      - How a change is put into effect in a running daemon. A daemon that is not running is not started.
      - V(auto) does what the change needs, a reload, a restart or nothing.
      - V(reload) reloads at most. RV(restart_required) tells whether a restart is still needed.
      - V(restart) restarts the daemon after any change.
      - V(none) only writes the file. RV(reload_required) and RV(restart_required) tell what is still needed.
      - Afterwards the daemon, and the plugin that the task is about, must be running. Otherwise the old files are put
        back, the daemon runs with them again, and the task fails with the daemon's own words.
    type: str
    choices: [auto, reload, restart, none]
    default: auto
  validate:
    description: Whether everything is checked against what the release accepts, before anything is written.
    type: bool
    default: true
  strict:
    description:
      - Whether the task fails because of a keyword that the release does not know, as the daemon would.
      - With V(false) the task only warns.
    type: bool
    default: true
  repair:
    description:
      - Whether to mend lines of the file that the daemon rejects. They get the spaces that the daemon needs or, if that
        does not help, become comments. A wrong owner or mode of the file is mended too.
      - Otherwise the task fails and names these lines. Lines that the task sets are replaced in any case.
    type: bool
    default: false
  backup:
    description: Whether to keep a copy of the old file next to the new one, under a name that the daemon does not read.
    type: bool
    default: false
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
notes:
  - Comments, blank lines, the order of lines, and lines that the task does not set are kept.
  - Values are compared by what they mean, so V(ROTATE) and V(rotate) are the same.
  - The file is replaced as a whole. It is owned by root and keeps its mode and its SELinux label.
"""

    SETTINGS = r"""
options:
  settings:
    description:
      - Keywords and their values. V(true) and V(false) are written as C(yes) and C(no). The line of a keyword that is
        null is removed.
      - With O(state=absent) the values do not matter.
    type: dict
  option:
    description: One keyword.
    type: str
  value:
    description: The value of O(option).
    type: raw
  state:
    description: Whether the keywords have these values, or no line, so that the default of the daemon applies.
    type: str
    choices: [present, absent]
    default: present
  path:
    description: The file. A file that the daemon does not read is checked and written, but has no effect on the daemon.
    type: path
"""
