# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules of the daemon wait for each other, and for changes of rules."""

import os

import pytest

from acted_host import failure
from ansible_collections.linux.audit.plugins.module_utils._kernel.lock import locked
from ansible_collections.linux.audit.plugins.modules import (
    audisp_plugin,
    audisp_remote_conf,
    auditd_conf,
    auditd_service,
)
from running import run_module


@pytest.mark.parametrize(
    ("module", "parameters"),
    [
        (auditd_conf, lambda host: {"settings": {"freq": 7}, "path": str(host.conf)}),
        (audisp_plugin, lambda host: {"name": "site", "plugin": "/bin/true", "active": False}),
        (audisp_remote_conf, lambda host: {"settings": {"port": 61}}),
        (auditd_service, lambda host: {"state": "restarted"}),
    ],
)
def test_a_module_waits_for_another_run_and_check_mode_does_not(host, module, parameters):
    host.constant("_LOCK_SECONDS", 0.2)
    with locked():
        assert f"another run (pid {os.getpid()}) is changing" in failure(run_module(module.main, parameters(host)))
        assert run_module(module.main, parameters(host), check=True)["changed"]
    assert run_module(module.main, parameters(host))["changed"]
