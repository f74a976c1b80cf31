# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation that the modules for the daemon's files share."""


class ModuleDocFragment:
    """See module_utils/_daemon/conf_module.py for the parameters."""

    DOCUMENTATION = r"""
options:
  version:
    description:
      - The release of audit whose daemon is to take the file, as V(3.0.9). Without it that of the installed one.
      - A host on which audit is not installed needs it.
    type: str
  apply:
    description:
      - What is done for a daemon that runs to take what has changed. One that does not run is not started.
      - V(auto) does what the change needs, a reload or a restart, and nothing where nothing is needed.
      - V(reload) does no more than a reload. RV(restart_required) tells what is left.
      - V(restart) restarts after any change.
      - V(none) writes the file alone. RV(reload_required) and RV(restart_required) tell what is left.
      - The daemon, and a plugin that the task is about, is looked at afterwards. If it does not run, the old files are
        put back, it is started with those, and the task fails with its own words.
    type: str
    choices: [auto, reload, restart, none]
    default: auto
  validate:
    description: Whether everything is checked against what the release takes, before anything is written.
    type: bool
    default: true
  strict:
    description:
      - Whether a keyword that the release does not know makes the task fail, as it would make the daemon.
      - With V(false) it is warned of.
    type: bool
    default: true
  repair:
    description:
      - Whether lines of the file that the daemon does not take are mended, that is written with the spaces that it
        wants, or else turned into comments.
      - Without it the task fails and names them. A line whose key is set by the task is none of them.
    type: bool
    default: false
  backup:
    description: Whether the old file is kept beside the new one, under a name that the daemon does not read.
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
  - Comments, blank lines, the order of lines, and lines that the task does not name are kept.
  - Values are compared by what they mean, so that V(ROTATE) and V(rotate) are the same.
  - The file is replaced as a whole, owned by root, with its mode and its SELinux label.
"""

    SETTINGS = r"""
options:
  settings:
    description:
      - Keywords and their values. V(true) and V(false) are written as C(yes) and C(no), and a keyword that is null is
        taken out.
      - With O(state=absent) the values do not matter.
    type: dict
  option:
    description: One keyword.
    type: str
  value:
    description: The value of O(option).
    type: raw
  state:
    description: Whether the keywords are to have the values, or no line, so that what the daemon has built in holds.
    type: str
    choices: [present, absent]
    default: present
  path:
    description: The file. Another one than that of the daemon is written and checked, and not put into effect.
    type: path
"""
