# Copyright (c) 2026 The linux.audit contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run modules in the process of the tests: from real arguments, through AnsibleModule, to the result."""

from __future__ import annotations

import contextlib
import io
import json
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common import warnings

__all__ = ("run_module",)


def run_module(main, params, check=False, diff=False):
    """The result that a module prints for these parameters; ``main`` is the module's function of that name.

    The result has all keys that the controller would get, including ``failed`` and ``warnings``; warnings are texts.
    """
    arguments = dict(params, _ansible_check_mode=check, _ansible_diff=diff, _ansible_remote_tmp="/tmp")
    text = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
    output = io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(basic, "_ANSIBLE_ARGS", text))
        # Ansible before 2.19 has no profiles.
        stack.enter_context(mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy", create=True))
        stack.enter_context(contextlib.redirect_stdout(output))
        # Other imports from Ansible must not turn this process into a controller, which prints warnings at once.
        if hasattr(warnings, "_internal"):
            stack.enter_context(mock.patch.object(warnings._internal, "is_controller", False))
        # Ansible keeps warnings for the life of a process, because a process usually runs one module.
        for name in ("_global_warnings", "_global_deprecations"):
            stack.enter_context(mock.patch.object(warnings, name, type(getattr(warnings, name))()))
        try:
            main()
        except SystemExit as ended:
            status = ended.code
        else:
            raise AssertionError("the module ended without a result")
    result = json.loads(output.getvalue().splitlines()[-1])
    assert bool(status) == bool(result.get("failed")), (status, result)
    if "warnings" in result:
        # ansible-core 2.19 and later wrap each text.
        result["warnings"] = [text if isinstance(text, str) else text["event"]["msg"] for text in result["warnings"]]
    return result
