# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The main() of a module, called with a real AnsibleModule in the process of the tests."""

import importlib
import json

import pytest
from ansible.module_utils import _internal, basic
from ansible.module_utils.common import warnings


def call(name, arguments, monkeypatch, capsys, check_mode=False):
    """What the module returns for these arguments; its exit status must say whether it failed."""
    internal = {"_ansible_check_mode": check_mode, "_ansible_remote_tmp": "/nonexistent"}
    monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments | internal}).encode())
    # ansible-core 2.19 and later ask for it.
    monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy", raising=False)
    module = importlib.import_module(f"ansible_collections.linux.audit.plugins.modules.{name}")
    # Other tests have imported what makes a process one of the controller, which shows warnings instead.
    monkeypatch.setattr(_internal, "is_controller", False)
    # Warnings are kept for the whole process, which is that of one module otherwise.
    monkeypatch.setattr(warnings, "_global_warnings", type(warnings._global_warnings)())
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        module.main()
    # The last line, as more may be printed before it.
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert ended.value.code == (1 if result.get("failed") else 0)
    result.pop("invocation", None)
    if "warnings" in result:
        result["warnings"] = [text if isinstance(text, str) else text["event"]["msg"] for text in result["warnings"]]
    return result
