# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several processes change one file of the daemon at once: every setting that was reported is in the file."""

import subprocess
import sys

from paths import PLUGINS, ROOT

CHANGE = """
import sys
import pytest
sys.path[:0] = sys.argv[1].split(":")
from module_utils._daemon.auditd_conf import AuditdConf
from module_utils._daemon.conf_change import ConfOptions, change_conf
from module_utils._host.host import Host
from module_utils._kernel import lock
from played_root import play_root
play_root(pytest.MonkeyPatch())
lock._LOCK_FILES = (sys.argv[2],)
sys.stdin.readline()
for number in range(1, 31):
    request = lambda: AuditdConf(sys.argv[3], {sys.argv[4]: str(number)}, (4, 1, 2))
    assert change_conf(request, ConfOptions(apply="none"), Host(), False, False)["changed"]
"""
BASE = "space_left = 75\nadmin_space_left = 50\n"


def test_of_changes_at_once_none_is_lost(tmp_path):
    """Without a common lock, each would write the text that it read before the others wrote theirs."""
    file = tmp_path / "auditd.conf"
    file.write_text(BASE)
    file.chmod(0o640)
    keys = ["num_logs", "max_log_file", "freq"]
    # Under another name, the package does not need Ansible.
    modules = f"{PLUGINS}:{ROOT / 'tests' / 'support'}"
    commands = [[sys.executable, "-c", CHANGE, modules, tmp_path / "lock", file, key] for key in keys]
    running = [subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for words in commands]
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    assert [(process.communicate(timeout=120)[1], process.returncode) for process in running] == [("", 0)] * 3
    assert sorted(file.read_text().splitlines()) == sorted([*BASE.splitlines(), *[f"{key} = 30" for key in keys]])
