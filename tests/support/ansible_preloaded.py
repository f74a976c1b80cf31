# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-core imports and reads before a command does anything; for the process of AnsibleForks alone."""

import importlib
import warnings

from ansible.plugins import loader

for name in ("ansible.cli.adhoc", "ansible.cli.playbook", "ansible.executor.task_queue_manager"):
    importlib.import_module(name)

# Each command asks for it once more.
warnings.filterwarnings("ignore", "AnsibleCollectionFinder has already been configured")
loader.init_plugin_loader()

for plugins, name in (
    (loader.action_loader, "normal"),
    (loader.become_loader, "sudo"),
    (loader.cache_loader, "memory"),
    (loader.callback_loader, "results"),
    (loader.connection_loader, "ssh"),
    (loader.inventory_loader, "yaml"),
    (loader.shell_loader, "sh"),
    (loader.strategy_loader, "linear"),
):
    plugins.get(name, class_only=True)
