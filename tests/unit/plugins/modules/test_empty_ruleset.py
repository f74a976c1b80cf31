# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""audit_ruleset with a declaration that has no rule."""

import pytest

from ansible_collections.linux.audit.plugins.modules import audit_ruleset
from changing import System
from running import run_module

PASSWD, SHADOW = "-w /etc/passwd -p wa -k passwd", "-w /etc/shadow -p wa -k shadow"


@pytest.mark.parametrize("empty", [{"content": ""}, {"content": "-D\n# nothing\n-b 5\n"}, {"sources": []}])
def test_an_empty_set_removes_all_rules_only_if_the_task_says_so(monkeypatch, tmp_path, empty):
    host = System(monkeypatch, tmp_path)
    host.kernel.load(PASSWD)
    host.write("10-other.rules", SHADOW)
    state = host.state()
    usual = {"rules_dir": str(host.directory), "purge": "all"}
    for check in (True, False):
        refused = run_module(audit_ruleset.main, {**usual, **empty}, check)
        assert "purge: all would remove every rule of the host" in refused["msg"]
    assert host.state() == state
    assert run_module(audit_ruleset.main, {**usual, "rules": []})["changed"]
    assert host.kernel.lines == []
